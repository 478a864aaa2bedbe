#include "circuit/circuit.h"

#include "base/mem.h"

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
