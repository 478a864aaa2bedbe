/* Inputs: INM, INL, LBL (protocol spec, sections 6.1 and 6.2). Layer: mpc. */
#ifndef MPC_GARBLE_INPUT_H
#define MPC_GARBLE_INPUT_H

#include "mpc/run.h"

/* Opens each owner the masks of its input wires, takes everybody's masked inputs, and hands the
 * evaluator the active labels. `bits`: this party's inputs, one byte 0 or 1 each. Fills r->masked
 * and r->labels of the input registers and r->inl_digest; on success r->verified.inputs_agreed.
 * Sets s->first_inl_sent. Releases r->input_masks. */
MUST_CHECK pt_status inputs_run(mpc_run *r, const uint8_t *bits, pt_error *error);

#endif
