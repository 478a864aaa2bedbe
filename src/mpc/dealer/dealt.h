/* A party's side of the trusted dealer's preprocessing: it replaces abit_setup and and_shares_make
 * (protocol spec, section 7). Layer: mpc. The messages are in dealing.h.
 *
 * Of the checks on the other parties, the dealer's digests of their corrections take the place of
 * ABCHK and DC, and its triples need no zero check; openings with tags, EV1 and EV2 and the release
 * rules are as without a dealer. The linear part is section 4.7 (A). */
#ifndef MPC_DEALER_DEALT_H
#define MPC_DEALER_DEALT_H

#include "mpc/run.h"

/* Seed, Delta and trees from the dealer: asks for segment 0 and takes DLSEED. PT_PEER_MALFORMED
 * when it is damaged. */
MUST_CHECK pt_status dealt_setup(session *s, pt_error *error);

/* Blocks of the run's pool that a segment of `n_and` gates or fewer takes. Inputs take none. */
uint64_t dealt_shares_blocks(const session *s, uint64_t n_and, uint64_t n_inputs);

/* What the bits of such a segment are made in. */
uint64_t dealt_work_bytes(const session *s, uint64_t n_and);

/* What and_shares_make does: masks of the segment's wires and [s] of its gates, all verified. Waves
 * COT, in segment 0 COIN_O, and OPEN; frames DLREQ and DEAL. PT_PEER_ABIT for a party whose
 * corrections are not those it was dealt. */
MUST_CHECK pt_status dealt_shares_make(mpc_run *r, segment *g, pt_error *error);

#endif
