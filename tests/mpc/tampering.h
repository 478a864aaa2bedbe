/* Runs of the whole protocol with one corrupted party, for the tampering matrix. The corrupted
 * party runs the honest code; a deviation called from its hooks changes what it sends or computes,
 * a list of faults what its channel does. */
#ifndef TESTS_MPC_TAMPERING_H
#define TESTS_MPC_TAMPERING_H

#include <pthread.h>

#include "support/test.h"

#include "mpc/engine_run.h"
#include "mpc/triple/zero_check.h"
#include "support/faulty.h"

#define TAMPER_PARTIES 3
#define TAMPER_INPUTS  4 /* bits of each party */
#define TAMPER_GATES   4 /* AND gates on input wires: h takes wires h and TAMPER_INPUTS + h */
#define TAMPER_TRIPLES ((size_t)1 << 14) /* at least those of a batch */

/* A large run: more of everything than any part of the protocol handles at once. */
#define TAMPER_LARGE_ANDS    6000
#define TAMPER_LARGE_SEGMENT 3000

typedef struct attack attack;

/* Called at every hook of the corrupted party, see hook.h. */
typedef void (*deviation)(attack *a, session *s, const char *name, size_t peer, uint8_t *data,
                          size_t len);

/* What one party saw; its own thread writes it, others read it after the run. */
typedef struct tamper_view {
    block delta;
    uint8_t x[TAMPER_TRIPLES];        /* x of the first batch's triples */
    uint8_t q[ZERO_CHECK_BLIND_BITS]; /* of the last batch */
    uint8_t masked[TAMPER_PARTIES * TAMPER_INPUTS];
    block zero_share, zero_sum; /* of the last batch: T_i, and what all openings add up to */
    const char *sent[512];      /* phase of every message, in order */
    size_t sent_to[512];
    size_t sent_len[512];
    size_t n_sent;
    uint8_t bot1[32], coin[64];
    bool has_bot1, has_coin;
} tamper_view;

struct attack {
    size_t n;
    size_t cheater;                      /* session index; n: who sits on the dealer's line */
    const test_preparation *preparation; /* NULL: test_cot */
    uint64_t seed;
    unsigned k;
    uint64_t segment_ands; /* 0: one segment */
    bool xor_only;
    bool large;          /* gates and segments as above */
    uint32_t timeout_ms; /* 0: nobody has to wait for what never comes */
    deviation deviate;   /* may be NULL */
    void *user;
    fault *faults;
    size_t n_faults;

    tamper_view views[TAMPER_PARTIES + 1]; /* the dealer's is number n */
    test_run run;
    pt_circuit *circuit;
    uint8_t inputs[TAMPER_PARTIES * TAMPER_INPUTS];
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* Runs it and asserts what holds whatever the corrupted party does: every honest party ends, with
 * the right output or as peers and channels fail, and blames the corrupted party or nobody; who
 * failed has wiped Delta and the trees. Fill the first part; release with tamper_clear. */
void tamper_run(attack *a);
void tamper_clear(attack *a);

/* Honest parties by session index, as bits; not the dealer. */
unsigned tamper_honest(const attack *a);

/* Messages of a phase, stream frames included, that a party sent to any one peer at most. */
size_t tamper_sent(const attack *a, size_t party, const char *phase);

/* In a deviation, rushing: waits until an honest party has fixed its part of BOT1 (the coin's
 * commitment) or of the first COIN_O (seed and nonce), and copies it. */
void tamper_await_commitment(attack *a, size_t party, uint8_t ret_commitment[32]);
void tamper_await_coin(attack *a, size_t party, uint8_t ret_opening[64]);

/* A row of a matrix at n parties, as a test of its own: one that fails does not hide the others. */
typedef struct tamper_case {
    const void *row;
    size_t n;
    char name[96];
} tamper_case;

struct CMUnitTest tamper_case_init(tamper_case *ret_case, const void *row, const char *target,
                                   size_t n, CMUnitTestFunction test);

#endif
