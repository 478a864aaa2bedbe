#include "mpc/circuits.h"

#include "support/test.h"

#include "base/mem.h"
#include "circuit/pack.h"
#include "circuit/plan.h"

uint32_t test_below(test_random *r, uint32_t bound)
{
    r->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = r->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) % bound);
}

pt_circuit *test_circuit(const uint32_t *party_inputs, size_t n_parties, const gate *gates,
                         uint32_t n_gates, const uint32_t *outputs, uint32_t n_outputs)
{
    pt_circuit *c = mem_new(1, sizeof *c);
    assert_non_null(c);
    c->n_parties = n_parties;
    c->party_inputs = mem_new(n_parties, sizeof *c->party_inputs);
    gate *memory = mem_new((size_t)n_gates, sizeof *memory);
    c->outputs = mem_new(n_outputs, sizeof *c->outputs);
    c->output_value_bits = mem_new(1, sizeof *c->output_value_bits);
    assert_true(c->party_inputs && memory && c->outputs && c->output_value_bits);
    for (size_t p = 0; p < n_parties; p++) {
        c->party_inputs[p] = party_inputs[p];
        c->n_inputs += party_inputs[p];
    }
    c->n_gates = n_gates;
    for (uint32_t g = 0; g < n_gates; g++) {
        memory[g] = gates[g];
        c->n_and += gates[g].op == GATE_AND;
    }
    c->n_outputs = n_outputs;
    for (uint32_t h = 0; h < n_outputs; h++)
        c->outputs[h] = outputs[h];
    c->n_output_values = 1;
    c->output_value_bits[0] = n_outputs;
    assert_true(circuit_pack(c, memory));
    return c;
}

/* One random gate over the wires below `wire`. */
static gate random_gate(test_random *r, const circuit_shape *shape, uint32_t wires)
{
    gate g = {.op = GATE_XOR};
    const uint32_t kind = test_below(r, 100);
    if (wires == 0 || (shape->constants != 0 && test_below(r, 20) == 0)) {
        g.op = GATE_CONST;
        g.a = test_below(r, 2) & 1u;
        return g;
    }
    g.a = test_below(r, wires) & 0x3fffffffu;
    g.b = test_below(r, 10) == 0 ? g.a : test_below(r, wires);
    if (kind < shape->and_percent) {
        g.op = GATE_AND;
    } else if (kind % 4 == 0) {
        g.op = GATE_NOT;
        g.b = 0;
    }
    return g;
}

pt_circuit *test_circuit_random(const circuit_shape *shape, uint64_t seed)
{
    test_random r = {seed};
    uint32_t inputs[CIRCUIT_MAX_PARTIES];
    const uint32_t n_inputs = (uint32_t)shape->n_parties * shape->inputs;
    gate *gates = mem_new(shape->gates, sizeof *gates);
    uint32_t *outputs = mem_new(shape->outputs, sizeof *outputs);
    assert_true(gates != NULL && outputs != NULL);
    for (size_t p = 0; p < shape->n_parties; p++)
        inputs[p] = shape->inputs;
    for (uint32_t g = 0; g < shape->gates; g++)
        gates[g] = random_gate(&r, shape, n_inputs + g);
    for (uint32_t h = 0; h < shape->outputs; h++)
        outputs[h] = test_below(&r, n_inputs + shape->gates);
    pt_circuit *c =
        test_circuit(inputs, shape->n_parties, gates, shape->gates, outputs, shape->outputs);
    mem_free(gates);
    mem_free(outputs);
    return c;
}

void test_circuit_values(const pt_circuit *c, const uint8_t *inputs, uint8_t *ret_values)
{
    for (uint32_t w = 0; w < c->n_inputs; w++)
        ret_values[w] = inputs[w];
    gate_walk w;
    assert_true(gate_walk_init(&w, c));
    for (uint32_t k = 0; k < c->n_gates; k++) {
        const gate g = gate_walk_next(&w);
        uint8_t *out = &ret_values[c->n_inputs + k];
        switch ((gate_op)g.op) {
        case GATE_XOR:
            *out = ret_values[g.a] ^ ret_values[g.b];
            break;
        case GATE_AND:
            *out = ret_values[g.a] & ret_values[g.b];
            break;
        case GATE_NOT:
            *out = ret_values[g.a] ^ 1;
            break;
        case GATE_CONST:
            *out = (uint8_t)(g.a & 1u);
            break;
        }
    }
    gate_walk_clear(&w);
}
