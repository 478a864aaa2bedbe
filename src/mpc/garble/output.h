/* Outputs and the release rules (protocol spec, section 6.5). Layer: mpc. */
#ifndef MPC_GARBLE_OUTPUT_H
#define MPC_GARBLE_OUTPUT_H

#include "mpc/run.h"

/* Opens the mask of each output wire to its receivers (wave OUT). ret_bits: one byte 0 or 1 for
 * each output, 0 for those of others; written if this party receives any.
 *
 * All parties send OUT in one wave after EV2, so that one release rule holds for everybody. */
MUST_CHECK pt_status outputs_run(mpc_run *r, uint8_t *ret_bits, pt_error *error);

#endif
