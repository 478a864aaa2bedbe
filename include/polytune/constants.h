/* The external constants of a program that several parties supply, each its own.
 *
 * A program's PARTY_1::ROWS is party 1's to give. Before compiling, the parties tell each other
 * what they give; then all compile the same program with the same constants:
 *
 *      pt_program_inspect       how many parties there are
 *      open the channel
 *      pt_constants_exchange    everybody's constants
 *      pt_program_compile, pt_literal_parse
 *      pt_constants_confirm     everybody saw the same and is ready
 *      pt_mpc_run               with the digest in its session data
 *
 * Constants are public: every party, and the network, sees them. Other parties choose theirs as
 * they like, and so how large the program gets. A program that uses no external constants needs
 * none of this. */
#ifndef POLYTUNE_CONSTANTS_H
#define POLYTUNE_CONSTANTS_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"
#include "polytune/program.h"
#include "polytune/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PT_CONSTANTS_DIGEST_BYTES 32

typedef struct pt_constants pt_constants;

/* Sends `given` to every party and receives theirs: one round. `given` may hold
 *
 * - this party's own: PARTY_<its number>::NAME;
 * - others', PARTY_<number>::NAME: the same text must come from that party;
 * - any other PARTY::NAME: all parties must give it with the same text.
 *
 * *ret_constants is the caller's on success and untouched otherwise. PT_ERR_CONSTANT when `given`
 * has a name that is none, a name twice, text that is not printable ASCII, or too much of it;
 * PT_PEER_SETUP when the parties disagree (the error names who, what and both texts),
 * PT_PEER_MALFORMED; PT_PEER_ABORT or PT_ERR_STOPPED when another party stopped; the channel's
 * errors. After a failure the other parties have been told to stop. */
PT_API PT_MUST_CHECK pt_status pt_constants_exchange(pt_constants **ret_constants,
                                                     const pt_channel *channel, size_t party,
                                                     size_t parties, const pt_constant *given,
                                                     size_t n_given, pt_error *error);

/* Everybody's constants, each once, in the same order at all parties; owned by the set. */
PT_API const pt_constant *pt_constants_list(size_t *ret_count, const pt_constants *constants);

/* Ends the agreement: one round. Tells the others what was received from whom, so that a party that
 * sent different constants to different parties is found out: PT_PEER_TRANSCRIPT.
 * `own` other than PT_OK says that this party cannot go on, because the program does not compile,
 * say: the others' calls fail with PT_ERR_STOPPED, this one returns `own` without waiting and
 * leaves `error` as it is. */
PT_API PT_MUST_CHECK pt_status pt_constants_confirm(const pt_constants *constants,
                                                    const pt_channel *channel, pt_status own,
                                                    pt_error *error);

/* A digest of all that was sent, equal at all parties. In pt_mpc_options.session it makes the
 * protocol fail should the parties' views differ after all. */
PT_API void pt_constants_digest(uint8_t ret_digest[PT_CONSTANTS_DIGEST_BYTES],
                                const pt_constants *constants);

/* Accepts NULL. */
PT_API void pt_constants_free(pt_constants *constants);

#ifdef __cplusplus
}
#endif
#endif
