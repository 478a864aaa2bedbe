/* Coins: F_Rand by commit and open (protocol spec, section 0.7). Layer: mpc.
 *
 * A party commits to its part of coin m+1 in the message that opens coin m, so each coin costs one
 * wave. The first commitment travels with BOT1 or, when there is a dealer, with the BARRIER after
 * HELLO. A party opens only after it has received every message that the coin is to challenge:
 * callers run coin_toss at that point and never before. */
#ifndef MPC_SESSION_COIN_H
#define MPC_SESSION_COIN_H

#include "mpc/session/session.h"
#include "mpc/session/wave.h"

#define COIN_BYTES            32
#define COIN_COMMITMENT_BYTES 32 /* what coin_commit_first appends */
#define COIN_O_ALL_BYTES      96 /* what everybody sends everybody in coin_toss */

/* Appends the first COIN_C to the "all" payload of a wave about to run, and reads the peers' after
 * it. `offset` is where the commitment stands in each peer's "all" payload. */
void coin_commit_first(session *s, wave *w);
void coin_commit_first_received(session *s, const wave *w, size_t offset);

/* COIN_O: one wave that opens the pending coin and commits to the next. `along` travels along, or
 * NULL. */
MUST_CHECK pt_status coin_toss(session *s, uint8_t ret_coin[COIN_BYTES], const wave_along *along,
                               pt_error *error);

/* RO_16("mpcag/sub"; sid, coin, name, index): "chi", "Stri", "Sgc", "chiz", "shift". */
block coin_sub(const session *s, const uint8_t coin[COIN_BYTES], const char *name, uint64_t index);

#endif
