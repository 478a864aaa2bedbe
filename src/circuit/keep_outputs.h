/* A circuit with some of another's outputs, and only the gates they need. Layer: circuit. */
#ifndef CIRCUIT_KEEP_OUTPUTS_H
#define CIRCUIT_KEEP_OUTPUTS_H

#include "circuit/circuit.h"

/* The same inputs; outputs first .. first+count-1 of `c` as one value. The caller frees it. */
MUST_CHECK pt_status circuit_keep_outputs(pt_circuit **ret_circuit, const pt_circuit *c,
                                          uint32_t first, uint32_t count, pt_error *error);

#endif
