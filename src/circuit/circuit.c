#include "circuit/circuit.h"

#include "base/mem.h"

static uint64_t sum_of(const uint32_t *widths, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += widths[i];
    return sum;
}

/* Gate i reads lower wires only; nothing reads a constant. */
static bool gate_is_sound(const pt_circuit *c, uint32_t i)
{
    const gate g = c->gates[i];
    const uint32_t limit = c->n_inputs + i;
    const uint32_t reads[] = {g.a, g.b};
    const size_t n_reads = g.op == GATE_NOT ? 1 : 2;
    if (g.op == GATE_CONST)
        return g.a <= 1;
    for (size_t k = 0; k < n_reads; k++) {
        const bool is_gate = reads[k] >= c->n_inputs;
        if (reads[k] >= limit || (is_gate && c->gates[reads[k] - c->n_inputs].op == GATE_CONST))
            return false;
    }
    return true;
}

bool circuit_is_sound(const pt_circuit *c)
{
    uint32_t n_and = 0;
    if (sum_of(c->party_inputs, c->n_parties) != c->n_inputs ||
        sum_of(c->output_value_bits, c->n_output_values) != c->n_outputs)
        return false;
    for (uint32_t i = 0; i < c->n_gates; i++) {
        if (!gate_is_sound(c, i))
            return false;
        n_and += c->gates[i].op == GATE_AND ? 1 : 0;
    }
    for (uint32_t i = 0; i < c->n_outputs; i++)
        if (c->outputs[i] >= c->n_inputs + c->n_gates)
            return false;
    return n_and == c->n_and;
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
    mem_free(circuit->gates);
    mem_free(circuit->outputs);
    mem_free(circuit->output_value_bits);
    mem_free(circuit);
}
