/* What garbling and evaluation keep of a gate for its authentication, in the place of masked_s,
 * which nothing else needs any more (SEGMENT_KEPT of run.h). Layer: mpc.
 *
 *     slot 0            P_i: L_{gamma,0}                  P_1: its term of the check in EV2
 *     slot(i,1) at P_i  M_1[s] xor M_1[lambda_gamma]; later M_1[c_gamma^i]
 *     slot(1,j) at P_1  L^j_gamma */
#ifndef MPC_GARBLE_KEPT_H
#define MPC_GARBLE_KEPT_H

#include "mpc/abit/share.h"
#include "mpc/run.h"

static inline block *kept_slot(const mpc_run *r, const segment *g, size_t gate_number, size_t slot)
{
    PT_DEBUG_ASSERT(gate_number < g->n_and);
    return g->masked_s + gate_number * r->s->n + slot;
}

/* Garbler: L_{gamma,0}. */
static inline block *kept_false_label(const mpc_run *r, const segment *g, size_t gate_number)
{
    PT_DEBUG_ASSERT(r->s->me != 0);
    return kept_slot(r, g, gate_number, 0);
}

/* Garbler: M_1[s] xor M_1[lambda_gamma], and from walk_masked on M_1[c_gamma^i]. */
static inline block *kept_mac(const mpc_run *r, const segment *g, size_t gate_number)
{
    PT_DEBUG_ASSERT(r->s->me != 0);
    return kept_slot(r, g, gate_number, share_slot(r->s->me, 0));
}

/* P_1: what it adds to the check of EV2. */
static inline block *kept_check(const mpc_run *r, const segment *g, size_t gate_number)
{
    PT_DEBUG_ASSERT(r->s->me == 0);
    return kept_slot(r, g, gate_number, 0);
}

/* P_1: the active label of garbler j; those of the garblers that follow stand behind it. */
static inline block *kept_label(const mpc_run *r, const segment *g, size_t gate_number, size_t j)
{
    PT_DEBUG_ASSERT(r->s->me == 0 && j >= 1);
    return kept_slot(r, g, gate_number, share_slot(0, j));
}

#endif
