#include "circuit/circuit.h"

#include "base/mem.h"
#include "circuit/plan.h"

static uint64_t sum_of(const uint32_t *widths, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += widths[i];
    return sum;
}

/* Gate g, that drives `wire`, reads lower wires only; nothing reads a constant. */
static bool gate_is_sound(gate g, uint32_t wire, const uint32_t constants[2])
{
    const uint32_t reads[] = {g.a, g.b};
    const size_t n_reads = g.op == GATE_NOT ? 1 : 2;
    if (g.op == GATE_CONST)
        return g.a <= 1;
    for (size_t k = 0; k < n_reads; k++) {
        if (reads[k] >= wire || reads[k] == constants[0] || reads[k] == constants[1])
            return false;
    }
    return true;
}

static bool gates_are_sound(const pt_circuit *c, gate_walk *w)
{
    uint32_t constants[2] = {CIRCUIT_MAX_WIRES, CIRCUIT_MAX_WIRES};
    uint32_t n_and = 0;
    for (uint32_t i = 0; i < c->n_gates; i++) {
        if (plan_walk_is_done(&w->plan))
            return false;
        const gate g = gate_walk_next(w);
        if (!gate_is_sound(g, c->n_inputs + i, constants))
            return false;
        if (g.op == GATE_CONST)
            constants[g.a] = c->n_inputs + i;
        n_and += g.op == GATE_AND ? 1 : 0;
    }
    for (uint32_t i = 0; i < c->n_outputs; i++) {
        if (c->outputs[i] >= c->n_inputs + c->n_gates ||
            gate_walk_wire(w, c->output_registers[i]) != c->outputs[i])
            return false;
    }
    return n_and == c->n_and && plan_walk_is_done(&w->plan) && w->plan.n_taken == c->n_registers;
}

bool circuit_is_sound(const pt_circuit *c)
{
    gate_walk w;
    const bool is_sound = sum_of(c->party_inputs, c->n_parties) == c->n_inputs &&
                          sum_of(c->output_value_bits, c->n_output_values) == c->n_outputs;
    /* Without memory nothing can be said. */
    const bool gates_are = !gate_walk_init(&w, c) || (is_sound && gates_are_sound(c, &w));
    gate_walk_clear(&w);
    return is_sound && gates_are;
}

uint32_t circuit_party_first_input(const pt_circuit *c, size_t party)
{
    uint32_t first = 0;
    for (size_t p = 0; p < party; p++)
        first += c->party_inputs[p];
    return first;
}

size_t pt_circuit_parties(const pt_circuit *circuit)
{
    return circuit == NULL ? 0 : circuit->n_parties;
}

size_t pt_circuit_input_bits(const pt_circuit *circuit, size_t party)
{
    return circuit != NULL && party < circuit->n_parties ? circuit->party_inputs[party] : 0;
}

uint64_t pt_circuit_and_gates(const pt_circuit *circuit)
{
    return circuit == NULL ? 0 : circuit->n_and;
}

size_t pt_circuit_output_bits(const pt_circuit *circuit)
{
    return circuit == NULL ? 0 : circuit->n_outputs;
}

size_t pt_circuit_output_values(const pt_circuit *circuit)
{
    return circuit == NULL ? 0 : circuit->n_output_values;
}

size_t pt_circuit_output_value_bits(const pt_circuit *circuit, size_t value)
{
    return circuit != NULL && value < circuit->n_output_values ? circuit->output_value_bits[value]
                                                               : 0;
}

void pt_circuit_free(pt_circuit *circuit)
{
    if (circuit == NULL)
        return;
    mem_free(circuit->party_inputs);
    if (!circuit->code_is_borrowed)
        mem_free((void *)(uintptr_t)circuit->code);
    mem_free(circuit->outputs);
    mem_free(circuit->output_registers);
    mem_free(circuit->output_value_bits);
    mem_free(circuit);
}
