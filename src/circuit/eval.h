/* Plain evaluation of 64 inputs at once. Layer: circuit.
 *
 * Values are "lanes": bit j of a word belongs to the j-th of 64 independent evaluations. */
#ifndef CIRCUIT_EVAL_H
#define CIRCUIT_EVAL_H

#include "circuit/circuit.h"

/* ret_outputs[n_outputs] from inputs[n_inputs], one word per bit of the circuit. PT_ERR_MEMORY; the
 * outputs are then untouched. */
MUST_CHECK pt_status circuit_eval_lanes(uint64_t *ret_outputs, const pt_circuit *c,
                                        const uint64_t *inputs, pt_error *error);

#endif
