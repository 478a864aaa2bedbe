#include "circuit/plan.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"

/* Which wires a gate sees for the last time. */
enum {
    A_ENDS = 1,
    B_ENDS = 2,  /* never together with A_ENDS for one wire */
    OUT_ENDS = 4 /* nothing reads its output */
};

typedef struct planner {
    const pt_circuit *c;
    const uint8_t *ends; /* per gate */
    circuit_plan *plan;
    uint32_t *unused; /* stack of registers to take again */
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

/* Marks a wire as read; `flag` if it was not yet, else 0. */
static unsigned first_mark(uint8_t *read, uint32_t wire, unsigned flag)
{
    const unsigned mask = 1u << wire % 8;
    const unsigned old = read[wire / 8];
    read[wire / 8] = (uint8_t)(old | mask);
    return (old & mask) == 0 ? flag : 0;
}

/* Goes backwards, so that the first reader met is the last one; a bit a wire stays in the cache.
 * NULL for want of memory. */
static uint8_t *find_ends(const pt_circuit *c)
{
    uint8_t *read = mem_new(bits_bytes((size_t)c->n_inputs + c->n_gates), 1);
    uint8_t *ends = mem_new(c->n_gates, 1);
    if (read == NULL || ends == NULL) {
        mem_free(ends);
        ends = NULL;
        goto done;
    }
    for (uint32_t i = 0; i < c->n_outputs; i++)
        (void)first_mark(read, c->outputs[i], 0);
    for (uint32_t i = c->n_gates; i-- > 0;) {
        const gate g = c->gates[i];
        const unsigned n_reads = gate_reads(g);
        unsigned end = first_mark(read, c->n_inputs + i, OUT_ENDS);
        if (n_reads > 0)
            end |= first_mark(read, g.a, A_ENDS);
        if (n_reads > 1)
            end |= first_mark(read, g.b, B_ENDS);
        ends[i] = (uint8_t)end;
    }
done:
    mem_free(read);
    return ends;
}

/* Output takes the register of an operand read for the last time, else a free one (K8). A gate that
 * nothing reads gives its register back at once. */
static uint32_t plan_output(planner *p, uint32_t i)
{
    const gate g = p->c->gates[i];
    const unsigned ends = p->ends[i];
    if (ends & B_ENDS)
        p->unused[p->n_unused++] = plan_register(p->plan, g.b);
    if (ends & A_ENDS)
        p->unused[p->n_unused++] = plan_register(p->plan, g.a);
    const uint32_t out = p->n_unused > 0 ? p->unused[--p->n_unused] : p->n_registers++;
    PT_ASSERT(out < p->n_registers);
    if (ends & OUT_ENDS)
        p->unused[p->n_unused++] = out;
    return out;
}

static void fill_plan(circuit_plan *plan, planner *p)
{
    const pt_circuit *c = p->c;
    p->n_registers = c->n_inputs;
    for (uint32_t i = 0; i < c->n_gates; i++)
        plan->registers[i] = plan_output(p, i);
    for (uint32_t i = 0; i < c->n_outputs; i++)
        plan->outputs[i] = plan_register(plan, c->outputs[i]);
    PT_ASSERT(p->n_unused <= p->n_registers);
    plan->n_steps = c->n_gates;
    plan->n_registers = p->n_registers;
}

pt_status circuit_plan_init(circuit_plan *ret_plan, const pt_circuit *c, pt_error *error)
{
    pt_status status = PT_OK;
    const size_t n_wires = (size_t)c->n_inputs + c->n_gates;
    circuit_plan plan = {.circuit = c,
                         .registers = mem_new(c->n_gates, sizeof *plan.registers),
                         .outputs = mem_new(c->n_outputs, sizeof *plan.outputs)};
    uint8_t *ends = find_ends(c);
    planner p = {.c = c, .ends = ends, .plan = &plan, .unused = mem_new(n_wires, sizeof *p.unused)};
    if (plan.registers == NULL || plan.outputs == NULL || ends == NULL || p.unused == NULL) {
        circuit_plan_clear(&plan);
        status = error_memory(error);
    } else {
        fill_plan(&plan, &p);
        *ret_plan = plan;
    }
    mem_free(ends);
    mem_free(p.unused);
    return status;
}

pt_status circuit_plan_count(uint32_t *ret_registers, const pt_circuit *c, pt_error *error)
{
    uint8_t *ends = find_ends(c);
    uint32_t n = c->n_inputs;
    uint32_t n_unused = 0;
    if (ends == NULL)
        return error_memory(error);
    for (uint32_t i = 0; i < c->n_gates; i++) {
        n_unused += (ends[i] & A_ENDS ? 1u : 0u) + (ends[i] & B_ENDS ? 1u : 0u);
        if (n_unused > 0)
            n_unused--;
        else
            n++;
        n_unused += ends[i] & OUT_ENDS ? 1u : 0u;
    }
    mem_free(ends);
    *ret_registers = n;
    return PT_OK;
}

void circuit_plan_clear(circuit_plan *plan)
{
    mem_free(plan->registers);
    mem_free(plan->outputs);
    memset(plan, 0, sizeof *plan);
}
