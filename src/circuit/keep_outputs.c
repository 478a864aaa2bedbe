#include "circuit/keep_outputs.h"

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "circuit/builder.h"
#include "circuit/plan.h"

/* `wires`: what is in each register. */
static wire replay(circuit_builder *b, plan_step step, const wire *wires)
{
    switch (step.op) {
    case GATE_XOR:
        return circuit_xor(b, wires[step.a], wires[step.b]);
    case GATE_AND:
        return circuit_and(b, wires[step.a], wires[step.b]);
    case GATE_NOT:
        return wire_not(wires[step.a]);
    case GATE_CONST:
        break;
    }
    return wire_const(step.a != 0);
}

/* Builds `c` anew with some of its outputs. The widths as in circuit_builder_finish. */
static pt_status circuit_with_outputs(pt_circuit **ret_circuit, const pt_circuit *c, uint32_t first,
                                      uint32_t count, const uint32_t *value_bits, size_t n_values,
                                      pt_error *error)
{
    circuit_builder *b = circuit_builder_new(c->party_inputs, c->n_parties, 0);
    wire *wires = mem_new(c->n_registers, sizeof *wires);
    wire *outputs = mem_new(count, sizeof *outputs);
    plan_walk w;
    pt_status status = PT_OK;
    if (!plan_walk_init(&w, c) || b == NULL || wires == NULL || outputs == NULL) {
        status = error_memory(error);
        goto done;
    }
    for (uint32_t i = 0; i < c->n_inputs; i++)
        wires[i] = circuit_input(b, i);
    while (!plan_walk_is_done(&w)) {
        const plan_step step = plan_walk_next(&w);
        wires[step.out] = replay(b, step, wires);
    }
    for (uint32_t i = 0; i < count; i++)
        outputs[i] = wires[c->output_registers[first + i]];
    status = circuit_builder_finish(ret_circuit, b, outputs, count, value_bits, n_values, error);
done:
    plan_walk_clear(&w);
    circuit_builder_free(b);
    mem_free(wires);
    mem_free(outputs);
    return status;
}

pt_status circuit_keep_outputs(pt_circuit **ret_circuit, const pt_circuit *c, uint32_t first,
                               uint32_t count, pt_error *error)
{
    PT_ASSERT(first <= c->n_outputs);
    PT_ASSERT(count <= c->n_outputs - first);
    return circuit_with_outputs(ret_circuit, c, first, count, NULL, 1, error);
}

pt_status pt_circuit_optimize(pt_circuit **ret_circuit, const pt_circuit *circuit, pt_error *error)
{
    if (ret_circuit == NULL || circuit == NULL)
        return error_missing(error, "a circuit, and a place for another,");
    return circuit_with_outputs(ret_circuit, circuit, 0, circuit->n_outputs,
                                circuit->output_value_bits, circuit->n_output_values, error);
}
