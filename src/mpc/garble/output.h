/* Outputs and the release rules (protocol spec, section 6.5). Layer: mpc.
 *
 * OUT opens the masks of the output wires to their receivers. The garblers' part travels along with
 * the last EV2; P_1's follows when it has checked that, and so does everybody's in a circuit
 * without AND gates, which has no EV2. */
#ifndef MPC_GARBLE_OUTPUT_H
#define MPC_GARBLE_OUTPUT_H

#include "mpc/run.h"
#include "mpc/session/wave.h"

typedef struct output_list output_list;
typedef struct output_steps {
    mpc_run *run;
    output_list *list;                  /* what this party learns */
    uint8_t *openings[MPC_MAX_PARTIES]; /* what came for that, by sender */
    wave_along with_replies;            /* the garblers' part, with the last EV2 */
    wave_along rest;                    /* what that has not carried */
    bool replied;                       /* with_replies has run */
} output_steps;

/* What each sends a receiver (by index) in OUT. */
size_t output_bytes(const session *s, const pt_circuit *circuit, size_t receiver);

/* Makes *ret_outputs; released with output_steps_clear, also after a failure. */
MUST_CHECK pt_status output_steps_init(output_steps *ret_outputs, mpc_run *r, pt_error *error);
void output_steps_clear(output_steps *out);

/* The rest of OUT, and the result. ret_bits: one byte 0 or 1 for each output bit that this party
 * learns and 0 for the others, written if it learns any. */
MUST_CHECK pt_status output_steps_run(output_steps *out, uint8_t *ret_bits, pt_error *error);

#endif
