/* The zero check on a batch of leaky ANDs (protocol spec, section 4.4). Layer: mpc.
 *
 * The parties' T_i = sum over h of chi^h (S_{i,h} xor d_h lo64(Delta_i)) add up to zero exactly if
 * every d is right, except with negligible probability. They are committed to (ZC) and opened (ZO).
 *
 * A failing check shows lo64 of the honest Delta. Before the first INL wave of a session that only
 * costs keys that never protected an input. From then on old U and GC messages would turn it into
 * inputs, so the blinded form opens q V in place of V = sum of T_i, with secret one-time q. */
#ifndef MPC_TRIPLE_ZERO_CHECK_H
#define MPC_TRIPLE_ZERO_CHECK_H

#include "mpc/session/session.h"
#include "mpc/session/wave.h"

#define ZERO_CHECK_BLIND_BITS 128 /* q_0 .. q_127 */

/* What everybody sends everybody in ZB, ZC and ZO. */
#define ZERO_CHECK_ZB_BYTES (ZERO_CHECK_BLIND_BITS * sizeof(block))
#define ZERO_CHECK_ZC_BYTES 32
#define ZERO_CHECK_ZO_BYTES 48

/* The own T_i over `n` values, for a chi_z opened after all TRS of the batch arrived. */
block zero_check_sum(const uint64_t *sums, size_t n, block chi);

/* Waves [ZB,] ZC, ZO; `along`, or NULL, travels along with ZC. With q (and q_keys, NULL for n = 2)
 * the blinded form, mandatory once s->first_inl_sent; q: fresh shares of ZERO_CHECK_BLIND_BITS
 * bits, used for nothing else. Nothing else may be sent until this returns. PT_PEER_COMMITMENT,
 * PT_PEER_ZERO_CHECK. */
MUST_CHECK pt_status zero_check(session *s, block t, const block *q, const block *q_keys,
                                const wave_along *along, pt_error *error);

#endif
