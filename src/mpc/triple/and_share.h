/* AND shares for the gates of a segment: bits, leaky triples, zero check, bucketing, y-in-place
 * (protocol spec, sections 3.1, 4.2, 4.5 and 4.7 B). Layer: mpc. */
#ifndef MPC_TRIPLE_AND_SHARE_H
#define MPC_TRIPLE_AND_SHARE_H

#include "mpc/run.h"
#include "mpc/triple/bucket.h"

/* Blocks of the run's pool that a segment of `n_and` gates or fewer takes; `n_inputs`: the bits of
 * all inputs. */
uint64_t and_shares_blocks(const session *s, uint64_t n_and, uint64_t n_inputs);

/* How much of each a batch of `n_and` gates is. */
typedef struct and_share_size {
    uint64_t bits;    /* of the batch, verified together */
    uint64_t triples; /* leaky ANDs */
    uint64_t opened;  /* bits in OPEN */
} and_share_size;

/* `n_inputs`: the bits of all inputs, in the first batch; `blinded`: its zero check is. */
and_share_size and_shares_size(const session *s, uint64_t n_and, uint64_t n_inputs, bool first,
                               bool blinded);

/* Makes the batch of a segment: masks of its wires (those of the inputs too, in segment 0) and [s]
 * of its gates, all verified. Fills g->lambda_alpha, g->lambda_beta and g->masked_s, advances
 * r->masks to the segment's end and r->verified. Stream COT, COIN_O, ABCHK; then TRU, TRS, COIN_O,
 * [ZB,] ZC, ZO, OPEN, unless the segment has no AND gate. In segment 0 DC1 .. DC3 (n >= 3) travel
 * along with TRU .. COIN_O, and the inputs (r->inputs) with ZC and OPEN; without an AND gate DC has
 * waves of its own. */
MUST_CHECK pt_status and_shares_make(mpc_run *r, segment *g, pt_error *error);

/* What is public of buckets: d of all triples, [z] = [r] xor d, and what is opened, e_1 .. e_{B-1}
 * and x-hat of `n_and` gates, packed in this order. */
typedef struct bucket_view {
    const bucket_map *map;
    size_t n_and;
    const uint8_t *d;
    const uint8_t *opened;
} bucket_view;

/* [s] of each gate, into r[0]: Z xor x-hat [lambda_beta] with
 * Z = z_0 xor sum over c >= 1 of (z_c xor e_c x_c). x[0] is not read; y_0 = lambda_beta. */
void and_shares_combine(const session *s, const bucket_view *b, block *const *r, block *const *x,
                        const block *y_0);

#endif
