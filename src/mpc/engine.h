/* One run of the protocol: its table of contents. Layer: mpc. */
#ifndef MPC_ENGINE_H
#define MPC_ENGINE_H

#include "mpc/run.h"

/* The largest segment: enough ANDs for B = 3 at rho = 40 (section 4.6). Two parties take about 418
 * bytes a gate at k = 4 (pool 376, corrections 40), 183 MiB in all. AGREEMENT */
#define ENGINE_SEGMENT_ANDS ((uint64_t)7 << 16)

/* The protocol in an initialised session, from HELLO to the outputs. The caller aborts and clears
 * the session on failure. */
MUST_CHECK pt_status engine_run(session *s, const pt_mpc_options *options,
                                const pt_circuit *circuit, uint64_t segment_ands,
                                const uint8_t *input_bits, uint8_t *ret_output_bits,
                                pt_error *error);

#endif
