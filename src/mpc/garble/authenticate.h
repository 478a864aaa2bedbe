/* Circuit authentication: EV1 and EV2 (protocol spec, section 6.4). Layer: mpc.
 *
 * EV1, P_1 -> P_i:  Lambda_gamma of the segment's gates (packed) | seed, 16 B | tag_i, 16 B
 * EV2, P_i -> P_1:  m_i, 16 B
 * Segments are authenticated strictly in order; one without AND gates has neither message. */
#ifndef MPC_GARBLE_AUTHENTICATE_H
#define MPC_GARBLE_AUTHENTICATE_H

#include "base/bits.h"
#include "mpc/run.h"
#include "mpc/session/wave.h"

static inline size_t authenticate_ev1_bytes(size_t n_and)
{
    return bits_bytes(n_and) + 2 * sizeof(block);
}
#define AUTHENTICATE_EV2_BYTES sizeof(block)

/* Runs both waves; `along`, or NULL, travels along with EV2. A garbler checks P_1's tag before it
 * computes anything from Lambda, then fills g->masked and carries r->masked to the segment's end;
 * P_1 checks the sum of the m_i. On success r->verified.evaluation advances. PT_PEER_EVALUATOR,
 * PT_PEER_GARBLER. */
MUST_CHECK pt_status authenticate_segment(mpc_run *r, segment *g, const wave_along *along,
                                          pt_error *error);

#endif
