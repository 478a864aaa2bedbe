/* Section 5.1 for the masks of the wires. Layer: mpc. */
#ifndef MPC_GARBLE_MASKS_H
#define MPC_GARBLE_MASKS_H

#include "mpc/run.h"

/* Carries r->masks through the segment's steps, from the input masks in segment 0 and from
 * g->lambda_gamma, and fills g->lambda_alpha and g->lambda_beta for each AND gate. */
void masks_walk(mpc_run *r, const segment *g);

#endif
