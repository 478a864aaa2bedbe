/* Connecting to peers directly, as far as that goes. Layer: channel.
 *
 * Both sides connect to each other's candidates again and again, and accept: whoever is reachable
 * is reached; and where both are behind routers that drop what comes unasked, each side's attempt
 * opens its own router for the other's (TCP simultaneous open, RFC 5128, section 3.4).
 *
 * Who connects says who it is at once, who accepts once it knows that of the other:
 *
 *     hello     "PTp4" | from u32 | tag 32
 *     choice    1 u8, by the party of the higher number, on the first connection with a good hello,
 *               once it can receive on it
 *
 * The tag is a keyed hash of who says it to whom; its key comes from the nonces that the two
 * exchanged through the relay. So strangers, crossed connections and addresses that mean another
 * machine in this network are told apart. It is no proof against the relay, which knows the nonces:
 * the secure channel above is there for that.
 *
 * One thread at a time. */
#ifndef CHANNEL_P2P_PUNCH_H
#define CHANNEL_P2P_PUNCH_H

#include "channel/p2p/candidate.h"
#include "polytune/status.h"

typedef struct punch punch;

#define PUNCH_CHOICE 1 /* the choice's byte */

/* Opens ports for connections between `parties`. */
MUST_CHECK pt_status punch_new(punch **ret_punch, size_t party, size_t parties, pt_error *error);
void punch_free(punch *p);

/* Where this party may be reached. Asks the relay, for at most so long per address family. `tls_ca`
 * as in pt_relay_options. */
void punch_gather(candidates *ret_candidates, punch *p, const char *relay, const char *tls_ca,
                  uint64_t timeout_ms);

/* From now on connects to and accepts `peer`. */
MUST_CHECK pt_status punch_add(punch *p, size_t peer, const offer *own, const offer *theirs,
                               pt_error *error);

/* Does what is due, waits until something happens, `wake_fd` can be read, or clock_ms() is
 * `until_ms`, and deals with it. */
void punch_turn(punch *p, int wake_fd, uint64_t until_ms);

/* That peer is late, or out of reach: tries seldom, and after a minute only accepts. */
void punch_slow_down(punch *p, size_t peer);

bool punch_has(const punch *p, size_t peer);
/* No connection to that peer any more. */
void punch_give_up(punch *p, size_t peer);
/* The connection, which must be there: a non-blocking socket that the caller closes. */
MUST_CHECK int punch_take(punch *p, size_t peer, candidate *ret_remote);

#endif
