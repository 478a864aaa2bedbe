#include "base/mem.h"
#include "circuit/circuit.h"
#include "circuit/plan.h"

static void count_ops(pt_circuit_stats *stats, const pt_circuit *c)
{
    for (uint32_t i = 0; i < c->n_gates; i++) {
        switch ((gate_op)c->gates[i].op) {
        case GATE_XOR:
            stats->xor_gates++;
            break;
        case GATE_AND:
            stats->and_gates++;
            break;
        case GATE_NOT:
            stats->not_gates++;
            break;
        case GATE_CONST:
            break;
        }
    }
}

static uint32_t gate_depth(const uint32_t *depths, gate g)
{
    switch ((gate_op)g.op) {
    case GATE_XOR:
    case GATE_AND: {
        const uint32_t deepest = depths[g.a] > depths[g.b] ? depths[g.a] : depths[g.b];
        return deepest + (g.op == GATE_AND ? 1u : 0u);
    }
    case GATE_NOT:
        return depths[g.a];
    case GATE_CONST:
        break;
    }
    return 0;
}

static uint64_t and_depth(const pt_circuit *c)
{
    uint32_t deepest = 0;
    uint32_t *depths = mem_new((size_t)c->n_inputs + c->n_gates, sizeof *depths);
    if (depths == NULL)
        return 0;
    for (uint32_t i = 0; i < c->n_gates; i++) {
        const uint32_t depth = gate_depth(depths, c->gates[i]);
        depths[c->n_inputs + i] = depth;
        deepest = depth > deepest ? depth : deepest;
    }
    mem_free(depths);
    return deepest;
}

static uint64_t registers(const pt_circuit *c)
{
    uint32_t n;
    return circuit_plan_count(&n, c, NULL) == PT_OK ? n : 0;
}

void pt_circuit_get_stats(pt_circuit_stats *ret_stats, const pt_circuit *circuit)
{
    if (ret_stats == NULL)
        return;
    *ret_stats = (pt_circuit_stats){0};
    if (circuit == NULL)
        return;
    *ret_stats = (pt_circuit_stats){.inputs = circuit->n_inputs,
                                    .outputs = circuit->n_outputs,
                                    .and_depth = and_depth(circuit),
                                    .registers = registers(circuit)};
    count_ops(ret_stats, circuit);
}
