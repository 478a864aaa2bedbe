/* Section 5.1 for the masks of the wires. Layer: mpc. */
#ifndef MPC_GARBLE_MASKS_H
#define MPC_GARBLE_MASKS_H

#include "mpc/run.h"

/* Carries r->masks through the segment's steps, from the input masks in segment 0 and from
 * g->lambda_gamma. For each AND gate fills g->lambda_beta, g->lambda_alpha in the place of
 * g->lambda_gamma, and, if wanted, g->gamma_sums; adds lambda_gamma to g->masked_s. */
void masks_walk(mpc_run *r, const segment *g);

#endif
