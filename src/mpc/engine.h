/* One run of the protocol: its table of contents. Layer: mpc. */
#ifndef MPC_ENGINE_H
#define MPC_ENGINE_H

#include "mpc/run.h"

/* Segments of a run are as large as they may be. AGREEMENT */
#define ENGINE_SEGMENT_ANDS MPC_SEGMENT_ANDS_MAX

/* The protocol in an initialised session, from HELLO to the outputs. The caller aborts and clears
 * the session on failure. */
MUST_CHECK pt_status engine_run(session *s, const pt_mpc_options *options,
                                const pt_circuit *circuit, uint64_t segment_ands,
                                const uint8_t *input_bits, uint8_t *ret_output_bits,
                                pt_error *error);

#endif
