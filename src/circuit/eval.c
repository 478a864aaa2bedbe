#include "circuit/eval.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static uint64_t eval_gate(const uint64_t *wires, gate g)
{
    switch ((gate_op)g.op) {
    case GATE_XOR:
        return wires[g.a] ^ wires[g.b];
    case GATE_AND:
        return wires[g.a] & wires[g.b];
    case GATE_NOT:
        return ~wires[g.a];
    case GATE_CONST:
        break;
    }
    return g.a != 0 ? UINT64_MAX : 0;
}

pt_status circuit_eval_lanes(uint64_t *ret_outputs, const pt_circuit *c, const uint64_t *inputs,
                             pt_error *error)
{
    const size_t n_wires = (size_t)c->n_inputs + c->n_gates;
    uint64_t *wires = mem_new(n_wires, sizeof *wires);
    if (wires == NULL)
        return error_memory(error);
    if (c->n_inputs != 0)
        memcpy(wires, inputs, c->n_inputs * sizeof *wires);
    for (uint32_t i = 0; i < c->n_gates; i++)
        wires[c->n_inputs + i] = eval_gate(wires, c->gates[i]);
    for (uint32_t i = 0; i < c->n_outputs; i++)
        ret_outputs[i] = wires[c->outputs[i]];
    mem_free_secret(wires, n_wires * sizeof *wires);
    return PT_OK;
}

pt_status pt_circuit_eval(uint8_t *ret_output_bits, const pt_circuit *circuit,
                          const uint8_t *input_bits, pt_error *error)
{
    pt_status status = PT_OK;
    uint64_t *inputs = mem_new(circuit->n_inputs, sizeof *inputs);
    uint64_t *outputs = mem_new(circuit->n_outputs, sizeof *outputs);
    if (circuit->n_outputs != 0)
        memset(ret_output_bits, 0, circuit->n_outputs);
    if (inputs == NULL || outputs == NULL) {
        status = error_memory(error);
        goto done;
    }
    for (uint32_t i = 0; i < circuit->n_inputs; i++) {
        if (input_bits[i] > 1) {
            status = error_set(error, PT_ERR_INPUT, "input bit %u is neither 0 nor 1", (unsigned)i);
            goto done;
        }
        inputs[i] = input_bits[i];
    }
    status = circuit_eval_lanes(outputs, circuit, inputs, error);
    for (uint32_t i = 0; status == PT_OK && i < circuit->n_outputs; i++)
        ret_output_bits[i] = outputs[i] & 1;
done:
    mem_free_secret(inputs, circuit->n_inputs * sizeof *inputs);
    mem_free_secret(outputs, circuit->n_outputs * sizeof *outputs);
    return status;
}
