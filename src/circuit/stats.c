#include "base/mem.h"
#include "base/min.h"
#include "circuit/circuit.h"
#include "circuit/plan.h"

static void count_op(pt_circuit_stats *stats, gate_op op)
{
    switch (op) {
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

/* Takes no memory. */
static void count_ops(pt_circuit_stats *stats, const pt_circuit *c)
{
    const uint8_t *end = c->code + c->code_len;
    const uint8_t *at = c->code;
    while (at < end) {
        if (plan_is_exchange(at)) {
            const plan_exchange_counts n = plan_exchange_count(&at);
            stats->xor_gates += n.n_xor;
            stats->and_gates += n.n_and;
        } else {
            count_op(stats, plan_code_op(plan_code_next(&at)));
        }
    }
}

/* `depths`: of what is in each register. */
static uint32_t step_depth(const uint32_t *depths, plan_step step)
{
    switch (step.op) {
    case GATE_XOR:
    case GATE_AND: {
        const uint32_t deepest = depths[step.a] > depths[step.b] ? depths[step.a] : depths[step.b];
        return deepest + (step.op == GATE_AND ? 1u : 0u);
    }
    case GATE_NOT:
        return depths[step.a];
    case GATE_CONST:
        break;
    }
    return 0;
}

/* Counts, and finds the depth. False, and nothing done: out of memory. */
static bool count_deep(pt_circuit_stats *stats, const pt_circuit *c)
{
    uint32_t deepest = 0;
    plan_walk w;
    uint32_t *depths = mem_new(c->n_registers, sizeof *depths);
    const bool goes_on = plan_walk_init(&w, c) && depths != NULL;
    while (goes_on && !plan_walk_is_done(&w)) {
        const plan_step step = plan_walk_next(&w);
        const uint32_t depth = step_depth(depths, step);
        count_op(stats, step.op);
        depths[step.out] = depth;
        deepest = max_u32(deepest, depth);
        plan_walk_pass_often(&w, c);
    }
    plan_walk_pass(&w, c);
    stats->and_depth = deepest;
    plan_walk_clear(&w);
    mem_free(depths);
    return goes_on;
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
                                    .registers = circuit->n_registers};
    if (!count_deep(ret_stats, circuit))
        count_ops(ret_stats, circuit);
}
