/* Preparation: all that a session and its segments need before anything is garbled. Layer: mpc.
 *
 * There are two ways to get it: correlated OT between the parties (protocol spec, sections 1 to 4),
 * and a trusted dealer (section 7). The engine takes either as a value. */
#ifndef MPC_PREPARATION_H
#define MPC_PREPARATION_H

#include "mpc/session/session.h"

typedef struct mpc_run mpc_run; /* run.h */
typedef struct segment segment;

typedef struct preparation {
    /* After HELLO, once a session: Delta, and what shares_make needs. */
    pt_status (*setup)(session *s, pt_error *error);
    /* Blocks of the run's pool that a segment of `n_and` gates or fewer takes; `n_inputs`: the bits
     * of all inputs. */
    uint64_t (*pool_blocks)(const session *s, uint64_t n_and, uint64_t n_inputs);
    /* For a segment: masks of its wires, in segment 0 those of the inputs too, and [s] of its
     * gates, all verified. Fills g->lambda_alpha, g->lambda_beta and g->masked_s, advances r->masks
     * to the segment's end, and r->verified but for the inputs and the evaluation. Segment 0 ends
     * with s->s_gc known. */
    pt_status (*shares_make)(mpc_run *r, segment *g, pt_error *error);
} preparation;

extern const preparation preparation_cot;
extern const preparation preparation_dealt;

#endif
