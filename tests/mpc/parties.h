/* n parties of one session as threads of this process over a memory mesh, for tests of the mpc
 * layer. Each party's generator is seeded with its number, so runs repeat. */
#ifndef TESTS_MPC_PARTIES_H
#define TESTS_MPC_PARTIES_H

#include "mpc/session/session.h"
#include "mpc/session/wave.h"

#define PARTIES_MAX 8

/* What one party does; a failure is followed by session_abort, as in the engine. */
typedef pt_status (*party_fn)(session *s, void *user, pt_error *error);

typedef struct parties {
    size_t n;
    bool has_dealer;
    pt_channel channels[PARTIES_MAX + 1]; /* by the caller's party number, then the dealer's */
    session sessions[PARTIES_MAX];        /* by session index */
    session dealer;                       /* if the options want one */
    pt_status status[PARTIES_MAX];        /* by session index, of the last parties_run */
    pt_error errors[PARTIES_MAX];
    pt_status dealer_status;
    pt_error dealer_error;
} parties;

/* Options of party `party` (caller's number); `base` gives everything but party and parties, NULL:
 * defaults. */
void parties_open(parties *p, size_t n, const pt_mpc_options *base);
/* The same with an inactivity timeout other than a minute; 0 is a minute. */
void parties_open_timed(parties *p, size_t n, const pt_mpc_options *base, uint32_t timeout_ms);
/* Opens each with options of its own: options[i] is for caller's party i. */
void parties_open_each(parties *p, size_t n, const pt_mpc_options *options);
/* `hook` is called by every party with `user`; s->me tells who. */
void parties_hook(parties *p, mpc_hook_fn hook, void *user);

/* Runs fn(session, user) at every party and dealer_run at the dealer, each in its own thread, and
 * waits for all. The dealer closes its channel when it is done. */
void parties_run(parties *p, party_fn fn, void *user);
/* The same with a different user pointer for each: users + index * stride. */
void parties_run_each(parties *p, party_fn fn, void *users, size_t stride);

/* parties_run where everybody must succeed; prints the error of who does not. */
void parties_run_ok(parties *p, party_fn fn, void *user);

/* session_hello on a fixed small circuit (an AND of two bits, and one input more), and then
 * abit_setup: what most tests start with. */
pt_status parties_hello(session *s, pt_error *error);
pt_status parties_setup(session *s, pt_error *error);
const pt_circuit *parties_circuit(void);

/* Ideal stand-ins, for tests above the real sub-protocol. Both draw every party's Delta, pins
 * applied, if it is still zero.
 *
 * parties_deal fills `count` random shared bits: shares[i] (count * n blocks) for session index i,
 * keys[i] (count * (n-1) blocks; keys NULL: not wanted). */
void parties_deal(parties *p, block *const *shares, block *const *keys, size_t count);
/* The value of a shared bit from everybody's share, after checking that it is shared at all:
 * x Delta_i = R_i[x] xor sum of M_i[x^j], and x^i stands in every block of share i. */
unsigned parties_value(size_t n, const block *deltas, const block *const *shares);
/* What abit_setup does, with ideal base OTs; the first coin commitments are exchanged by
 * parties_first_coin, to be run by every party. */
void parties_deal_trees(parties *p);
pt_status parties_first_coin(session *s, pt_error *error);

/* The Delta check on shares, each step in a wave of its own, to be run by every party. */
pt_status parties_delta_check(session *s, const block *shares, pt_error *error);

/* Nobody in `set` (bits by session index) may have succeeded, and all must have failed as peers or
 * by a closed channel do. */
void parties_assert_failed(const parties *p, unsigned set);

/* Index of the party whose status it is, or PARTIES_MAX. */
size_t parties_find(const parties *p, pt_status status);

void parties_close(parties *p);

#endif
