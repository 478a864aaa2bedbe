#include "circuit/eval.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "circuit/plan.h"

static uint64_t eval_step(const uint64_t *registers, plan_step step)
{
    switch (step.op) {
    case GATE_XOR:
        return registers[step.a] ^ registers[step.b];
    case GATE_AND:
        return registers[step.a] & registers[step.b];
    case GATE_NOT:
        return ~registers[step.a];
    case GATE_CONST:
        break;
    }
    return step.a != 0 ? UINT64_MAX : 0;
}

pt_status circuit_eval_lanes(uint64_t *ret_outputs, const pt_circuit *c, const uint64_t *inputs,
                             pt_error *error)
{
    plan_walk w;
    pt_status status = PT_OK;
    uint64_t *registers = mem_new(c->n_registers, sizeof *registers);
    if (!plan_walk_init(&w, c) || registers == NULL) {
        status = error_memory(error);
        goto done;
    }
    if (c->n_inputs != 0)
        memcpy(registers, inputs, c->n_inputs * sizeof *registers);
    while (!plan_walk_is_done(&w)) {
        const plan_step step = plan_walk_next(&w);
        registers[step.out] = eval_step(registers, step);
        plan_walk_pass_often(&w, c);
    }
    plan_walk_pass(&w, c);
    for (uint32_t i = 0; i < c->n_outputs; i++)
        ret_outputs[i] = registers[c->output_registers[i]];
done:
    plan_walk_clear(&w);
    mem_free_secret(registers, c->n_registers * sizeof *registers);
    return status;
}

static pt_status check_buffers(const uint8_t *ret_output_bits, size_t n_output_bits,
                               const pt_circuit *c, const uint8_t *input_bits, size_t n_input_bits,
                               pt_error *error)
{
    if (c == NULL || (ret_output_bits == NULL && n_output_bits != 0) ||
        (input_bits == NULL && n_input_bits != 0))
        return error_set(error, PT_ERR_USAGE,
                         "a circuit, its input bits and a place for its outputs must be given");
    if (n_output_bits != c->n_outputs || n_input_bits != c->n_inputs)
        return error_set(
            error, PT_ERR_USAGE, "the circuit has %u input and %u output bits, not %zu and %zu",
            (unsigned)c->n_inputs, (unsigned)c->n_outputs, n_input_bits, n_output_bits);
    return PT_OK;
}

pt_status pt_circuit_eval(uint8_t *ret_output_bits, size_t n_output_bits, const pt_circuit *circuit,
                          const uint8_t *input_bits, size_t n_input_bits, pt_error *error)
{
    if (ret_output_bits != NULL && circuit != NULL)
        memset(ret_output_bits, 0, min_size(n_output_bits, circuit->n_outputs));
    pt_status status =
        check_buffers(ret_output_bits, n_output_bits, circuit, input_bits, n_input_bits, error);
    if (status != PT_OK)
        return status;
    uint64_t *inputs = mem_new(circuit->n_inputs, sizeof *inputs);
    uint64_t *outputs = mem_new(circuit->n_outputs, sizeof *outputs);
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
