/* Inputs: INM, INL, LBL (protocol spec, sections 6.1 and 6.2). Layer: mpc.
 *
 * Three steps, in this order, that travel along with waves of the first segment where its
 * preparation has some (mpc_run.inputs), and otherwise run in waves of their own:
 *     INM   opens each owner the masks of its input wires; after T over ABCHK has been compared
 *     INL   takes everybody's masked inputs; after ZO and INM. Sets s->first_inl_sent
 *     LBL   hands the evaluator the active labels, and everybody T over INL */
#ifndef MPC_GARBLE_INPUT_H
#define MPC_GARBLE_INPUT_H

#include "mpc/run.h"
#include "mpc/session/wave.h"

typedef enum input_stage { INPUTS_NONE, INPUTS_MASKS, INPUTS_MASKED, INPUTS_LABELS } input_stage;

struct input_steps {
    mpc_run *run;
    const uint8_t *bits; /* this party's inputs, one byte 0 or 1 each */
    uint8_t *masks;      /* lambda_w of the own wires, packed */
    size_t mask_bytes;
    input_stage stage; /* the step that is done */
    wave_along inm, inl, lbl;
    wave labels; /* LBL where it has a wave of its own */
};

/* What everybody sends an owner (by index) in INM, an owner everybody in INL, and a garbler the
 * evaluator in LBL. */
size_t input_inm_bytes(const session *s, const pt_circuit *circuit, size_t owner);
size_t input_inl_bytes(const session *s, const pt_circuit *circuit, size_t owner);
size_t input_lbl_bytes(const pt_circuit *circuit);

/* Makes *ret_inputs and sets r->inputs. Released with input_steps_clear, also after a failure. */
MUST_CHECK pt_status input_steps_init(input_steps *ret_inputs, mpc_run *r, const uint8_t *bits,
                                      pt_error *error);
void input_steps_clear(input_steps *in);

/* The steps that no wave has carried yet: INM and INL, and LBL as far as it is sent. Rows may leave
 * before input_steps_finish takes the peers' LBL; sets r->verified.inputs_agreed. */
MUST_CHECK pt_status input_steps_run(input_steps *in, pt_error *error);
MUST_CHECK pt_status input_steps_finish(input_steps *in, pt_error *error);

#endif
