/* The circuit as instructions on reusable registers, for execution with memory in proportion to the
 * wires alive at once (spec garble.md K8). Layer: circuit.
 *
 * Input wires take registers 0 .. n_inputs-1. Instruction k executes gate k of the circuit. An
 * output register may equal an operand's. Registers of output wires are never reused. */
#ifndef CIRCUIT_PLAN_H
#define CIRCUIT_PLAN_H

#include "circuit/circuit.h"

typedef struct plan_step {
    gate_op op;
    uint32_t out;
    uint32_t a; /* register; for GATE_CONST the value */
    uint32_t b;
} plan_step;

/* A wire's register never changes, so that the gates and these say every step. */
typedef struct circuit_plan {
    const pt_circuit *circuit; /* borrowed */
    uint32_t n_registers;
    uint32_t n_steps;
    uint32_t *registers; /* of each gate's output */
    uint32_t *outputs;   /* register of each output bit */
} circuit_plan;

/* The register of wire `number`. */
static inline uint32_t plan_register(const circuit_plan *plan, uint32_t number)
{
    const uint32_t n_inputs = plan->circuit->n_inputs;
    return number < n_inputs ? number : plan->registers[number - n_inputs];
}

static inline plan_step plan_step_at(const circuit_plan *plan, size_t k)
{
    const gate g = plan->circuit->gates[k];
    plan_step step = {.op = (gate_op)g.op, .out = plan->registers[k], .a = g.a, .b = 0};
    if (step.op != GATE_CONST)
        step.a = plan_register(plan, g.a);
    if (step.op == GATE_XOR || step.op == GATE_AND)
        step.b = plan_register(plan, g.b);
    return step;
}

/* Whether step k is an AND gate. */
static inline bool plan_step_is_and(const circuit_plan *plan, size_t k)
{
    return plan->circuit->gates[k].op == GATE_AND;
}

/* Makes the plan of `c`, which it borrows; release with circuit_plan_clear. */
MUST_CHECK pt_status circuit_plan_init(circuit_plan *ret_plan, const pt_circuit *c,
                                       pt_error *error);
/* The number of registers in the plan, without making it: a byte and a bit a gate. */
MUST_CHECK pt_status circuit_plan_count(uint32_t *ret_registers, const pt_circuit *c,
                                        pt_error *error);
void circuit_plan_clear(circuit_plan *plan);

#endif
