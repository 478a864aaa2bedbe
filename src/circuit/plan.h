/* The circuit as instructions on reusable registers, for execution with memory in proportion to the
 * wires alive at once (spec garble.md K8). Layer: circuit.
 *
 * Input wires take registers 0 .. n_inputs-1. Instruction k executes gate k of the circuit. An
 * output register may equal an operand's. Registers of output wires are never reused. */
#ifndef CIRCUIT_PLAN_H
#define CIRCUIT_PLAN_H

#include "circuit/circuit.h"

typedef struct plan_step {
    uint32_t op : 2; /* gate_op */
    uint32_t out : 30;
    uint32_t a; /* register; for GATE_CONST the value */
    uint32_t b;
} plan_step;

_Static_assert(sizeof(plan_step) == 12, "steps are packed");

typedef struct circuit_plan {
    uint32_t n_registers;
    uint32_t n_steps;
    plan_step *steps;
    uint32_t *outputs; /* register of each output bit */
} circuit_plan;

/* Makes the plan of `c`; release with circuit_plan_clear. */
MUST_CHECK pt_status circuit_plan_init(circuit_plan *ret_plan, const pt_circuit *c,
                                       pt_error *error);
/* The number of registers in the plan, without making it: a byte and a bit a gate. */
MUST_CHECK pt_status circuit_plan_count(uint32_t *ret_registers, const pt_circuit *c,
                                        pt_error *error);
void circuit_plan_clear(circuit_plan *plan);

#endif
