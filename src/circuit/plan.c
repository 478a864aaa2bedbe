#include "circuit/plan.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define NEVER_READ 0u
#define KEPT       UINT32_MAX /* an output */

typedef struct planner {
    const pt_circuit *c;
    uint32_t *last_use;  /* per wire: number of the last gate that reads it, + 1 */
    uint32_t *registers; /* per wire */
    uint32_t *unused;    /* stack of registers to take again */
    uint32_t n_unused;
    uint32_t n_registers;
} planner;

static unsigned gate_reads(gate g)
{
    switch ((gate_op)g.op) {
    case GATE_XOR:
    case GATE_AND:
        return 2;
    case GATE_NOT:
        return 1;
    case GATE_CONST:
        break;
    }
    return 0;
}

static void find_last_uses(uint32_t *last_use, const pt_circuit *c)
{
    for (uint32_t i = 0; i < c->n_gates; i++) {
        const gate g = c->gates[i];
        if (gate_reads(g) > 0)
            last_use[g.a] = i + 1;
        if (gate_reads(g) > 1)
            last_use[g.b] = i + 1;
    }
    for (uint32_t i = 0; i < c->n_outputs; i++)
        last_use[c->outputs[i]] = KEPT;
}

/* Output takes the register of an operand read for the last time, else a free one (K8). A gate that
 * nothing reads gives its register back at once. */
static plan_step plan_gate(planner *p, uint32_t i)
{
    const gate g = p->c->gates[i];
    const uint32_t out_wire = p->c->n_inputs + i;
    const unsigned n_reads = gate_reads(g);
    const bool a_ends = n_reads > 0 && p->last_use[g.a] == i + 1;
    const bool b_ends = n_reads > 1 && g.b != g.a && p->last_use[g.b] == i + 1;
    if (b_ends)
        p->unused[p->n_unused++] = p->registers[g.b];
    if (a_ends)
        p->unused[p->n_unused++] = p->registers[g.a];
    const uint32_t out = p->n_unused > 0 ? p->unused[--p->n_unused] : p->n_registers++;
    p->registers[out_wire] = out;
    if (p->last_use[out_wire] == NEVER_READ)
        p->unused[p->n_unused++] = out;
    return (plan_step){.op = g.op,
                       .out = out & (CIRCUIT_MAX_WIRES - 1),
                       .a = n_reads > 0 ? p->registers[g.a] : g.a,
                       .b = n_reads > 1 ? p->registers[g.b] : 0};
}

static void fill_plan(circuit_plan *plan, planner *p)
{
    const pt_circuit *c = p->c;
    find_last_uses(p->last_use, c);
    p->n_registers = c->n_inputs;
    for (uint32_t i = 0; i < c->n_inputs; i++)
        p->registers[i] = i;
    for (uint32_t i = 0; i < c->n_gates; i++)
        plan->steps[i] = plan_gate(p, i);
    for (uint32_t i = 0; i < c->n_outputs; i++)
        plan->outputs[i] = p->registers[c->outputs[i]];
    plan->n_steps = c->n_gates;
    plan->n_registers = p->n_registers;
}

pt_status circuit_plan_init(circuit_plan *ret_plan, const pt_circuit *c, pt_error *error)
{
    pt_status status = PT_OK;
    const size_t n_wires = (size_t)c->n_inputs + c->n_gates;
    circuit_plan plan = {.steps = mem_new(c->n_gates, sizeof *plan.steps),
                         .outputs = mem_new(c->n_outputs, sizeof *plan.outputs)};
    planner p = {.c = c,
                 .last_use = mem_new(n_wires, sizeof *p.last_use),
                 .registers = mem_new(n_wires, sizeof *p.registers),
                 .unused = mem_new(n_wires, sizeof *p.unused)};
    if (plan.steps == NULL || plan.outputs == NULL || p.last_use == NULL || p.registers == NULL ||
        p.unused == NULL) {
        circuit_plan_clear(&plan);
        status = error_memory(error);
    } else {
        fill_plan(&plan, &p);
        *ret_plan = plan;
    }
    mem_free(p.last_use);
    mem_free(p.registers);
    mem_free(p.unused);
    return status;
}

pt_status circuit_plan_count(uint32_t *ret_registers, const pt_circuit *c, pt_error *error)
{
    uint32_t *last_use = mem_new((size_t)c->n_inputs + c->n_gates, sizeof *last_use);
    uint32_t n = c->n_inputs;
    uint32_t n_unused = 0;
    if (last_use == NULL)
        return error_memory(error);
    find_last_uses(last_use, c);
    for (uint32_t i = 0; i < c->n_gates; i++) {
        const gate g = c->gates[i];
        const unsigned n_reads = gate_reads(g);
        n_unused += n_reads > 0 && last_use[g.a] == i + 1 ? 1u : 0u;
        n_unused += n_reads > 1 && g.b != g.a && last_use[g.b] == i + 1 ? 1u : 0u;
        if (n_unused > 0)
            n_unused--;
        else
            n++;
        n_unused += last_use[c->n_inputs + i] == NEVER_READ ? 1u : 0u;
    }
    mem_free(last_use);
    *ret_registers = n;
    return PT_OK;
}

void circuit_plan_clear(circuit_plan *plan)
{
    mem_free(plan->steps);
    mem_free(plan->outputs);
    memset(plan, 0, sizeof *plan);
}
