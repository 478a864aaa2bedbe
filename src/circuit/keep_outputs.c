#include "circuit/keep_outputs.h"

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "circuit/builder.h"

static wire replay(circuit_builder *b, gate g, const wire *wires)
{
    switch ((gate_op)g.op) {
    case GATE_XOR:
        return circuit_xor(b, wires[g.a], wires[g.b]);
    case GATE_AND:
        return circuit_and(b, wires[g.a], wires[g.b]);
    case GATE_NOT:
        return wire_not(wires[g.a]);
    case GATE_CONST:
        return wire_const(g.a != 0);
    }
    return WIRE_FALSE; /* op has two bits */
}

/* Builds `c` anew with some of its outputs. The widths as in circuit_builder_finish. */
static pt_status circuit_with_outputs(pt_circuit **ret_circuit, const pt_circuit *c, uint32_t first,
                                      uint32_t count, const uint32_t *value_bits, size_t n_values,
                                      pt_error *error)
{
    circuit_builder *b = circuit_builder_new(c->party_inputs, c->n_parties, 0);
    wire *wires = mem_new((size_t)c->n_inputs + c->n_gates, sizeof *wires);
    wire *outputs = mem_new(count, sizeof *outputs);
    pt_status status = PT_OK;
    if (b == NULL || wires == NULL || outputs == NULL) {
        status = error_memory(error);
        goto done;
    }
    for (uint32_t i = 0; i < c->n_inputs; i++)
        wires[i] = circuit_input(b, i);
    for (uint32_t g = 0; g < c->n_gates; g++)
        wires[c->n_inputs + g] = replay(b, c->gates[g], wires);
    for (uint32_t i = 0; i < count; i++)
        outputs[i] = wires[c->outputs[first + i]];
    status = circuit_builder_finish(ret_circuit, b, outputs, count, value_bits, n_values, error);
done:
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
