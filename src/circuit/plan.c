#include "circuit/plan.h"

#include "base/mem.h"
#include "base/min.h"
#include "base/pages.h"

/* The power of two that holds all wires, or those that are near. */
static uint32_t recent_size(const pt_circuit *c)
{
    const uint32_t n = (uint32_t)min_u64((uint64_t)c->n_inputs + c->n_gates, PLAN_NEAR);
    uint32_t size = 1;
    while (size < n)
        size *= 2;
    return size;
}

uint64_t plan_walk_bytes(const pt_circuit *c)
{
    return ((uint64_t)c->n_spare + recent_size(c) + 3 * c->exchange_width) * sizeof(uint32_t);
}

bool plan_walk_init(plan_walk *ret_walk, const pt_circuit *c)
{
    const uint32_t size = recent_size(c);
    plan_walk w = {.at = c->code,
                   .end = c->code + c->code_len,
                   .passed = c->code,
                   .wire = c->n_inputs,
                   .n_taken = c->n_inputs,
                   .n_registers = c->n_registers,
                   .max_spare = c->n_spare,
                   .spare = mem_new(c->n_spare, sizeof *w.spare),
                   .recent = mem_new(size, sizeof *w.recent),
                   .mask = size - 1,
                   .max_width = c->exchange_width,
                   .exchange.rows =
                       mem_new((size_t)3 * c->exchange_width, sizeof *w.exchange.rows)};
    if (w.exchange.rows != NULL)
        w.exchange.differences = w.exchange.rows + (size_t)2 * c->exchange_width;
    *ret_walk = w;
    if (w.spare == NULL || w.recent == NULL || w.exchange.rows == NULL)
        return false;
    for (uint32_t i = c->n_inputs > size ? c->n_inputs - size : 0; i < c->n_inputs; i++)
        w.recent[i & w.mask] = i;
    return true;
}

void plan_walk_clear(plan_walk *w)
{
    mem_free(w->spare);
    mem_free(w->recent);
    mem_free(w->exchange.rows);
    *w = (plan_walk){0};
}

void plan_walk_pass(plan_walk *w, const pt_circuit *c)
{
    if (c->code_is_borrowed && w->at > w->passed)
        w->passed += pages_passed(w->passed, (size_t)(w->at - w->passed));
}

bool gate_walk_init(gate_walk *ret_walk, const pt_circuit *c)
{
    ret_walk->wires = mem_new(c->n_registers, sizeof *ret_walk->wires);
    return plan_walk_init(&ret_walk->plan, c) && ret_walk->wires != NULL;
}

void gate_walk_clear(gate_walk *w)
{
    plan_walk_clear(&w->plan);
    mem_free(w->wires);
    w->wires = NULL;
}
