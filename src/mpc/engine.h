/* One run of the protocol: its table of contents. Layer: mpc. */
#ifndef MPC_ENGINE_H
#define MPC_ENGINE_H

#include "mpc/run.h"

/* Segments of a party that has no other wish: somewhat more than fill buckets of three
 * (section 4.6), so that many circuits are cut into such that are alike (section 8). Two parties
 * take 376 bytes a gate, 126 MiB in all. LOCAL */
#define ENGINE_SEGMENT_ANDS ((uint64_t)350000)
/* Of the options, or that. */
uint64_t engine_segment_ands(const pt_mpc_options *options);

/* What to run, and how. */
typedef struct engine_task {
    const pt_circuit *circuit;
    uint64_t segment_ands; /* most AND gates in a segment that this party takes */
    const preparation *preparation;
    const uint8_t *session_data; /* application data bound into the run */
    size_t session_data_len;
} engine_task;

/* The protocol in an initialised session, from HELLO to the outputs. The caller aborts and clears
 * the session on failure. */
MUST_CHECK pt_status engine_run(session *s, const engine_task *task, const uint8_t *input_bits,
                                uint8_t *ret_output_bits, pt_error *error);

#endif
