/* Choosing one of several values.
 *
 * A chain of muxes costs an AND for each bit of each value. If at most one condition holds, a bit
 * of the result is the XOR of condition & bit over the values, in which equal bits share their AND
 * and constant bits need none. Conditions that do not exclude each other are made to, for one AND
 * each. Taken is what costs less. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "circuit/arith_impl.h"

/* A value's bit at one place, to be sorted by node. */
typedef struct chosen_bit {
    wire bit;
    uint32_t value;
} chosen_bit;

static int compare_bits(const void *left, const void *right)
{
    const chosen_bit *x = left;
    const chosen_bit *y = right;
    if (x->bit / 2 != y->bit / 2)
        return x->bit / 2 < y->bit / 2 ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

static void sort_column(chosen_bit *column, const arith_choice *c, size_t at)
{
    for (size_t i = 0; i < c->n; i++)
        column[i] = (chosen_bit){c->values[i * c->width + at], (uint32_t)i};
    qsort(column, c->n, sizeof *column, compare_bits);
}

/* ANDs of the chain at one place, not counting what is shared. */
static size_t chain_cost(const arith_choice *c, size_t at)
{
    size_t cost = 0;
    wire rest = c->values[(c->n - 1) * c->width + at];
    bool is_known = true;
    for (size_t i = c->n - 1; i-- > 0;) {
        const wire bit = c->values[i * c->width + at];
        if (is_known && bit == rest)
            continue;
        if (!is_known || bit / 2 != rest / 2)
            cost++;
        is_known = false;
    }
    return cost;
}

/* ANDs of the sum at one place: for each node but the base. */
static size_t sum_cost(const chosen_bit *column, size_t n)
{
    size_t cost = 0;
    for (size_t i = 1; i < n; i++)
        cost += column[i].bit / 2 != column[i - 1].bit / 2 ? 1 : 0;
    return cost;
}

static bool is_sum_better(chosen_bit *column, const arith_choice *c)
{
    size_t chain = 0;
    size_t sum = c->exclusive != NULL ? 0 : c->n - 2;
    for (size_t at = 0; at < c->width; at++) {
        sort_column(column, c, at);
        chain += chain_cost(c, at);
        sum += sum_cost(column, c->n);
    }
    return sum < chain;
}

static void choose_by_chain(circuit_builder *b, wire *ret, const arith_choice *c)
{
    memmove(ret, c->values + (c->n - 1) * c->width, c->width * sizeof *ret);
    for (size_t i = c->n - 1; i-- > 0;)
        arith_mux(b, ret, c->conditions[i], c->values + i * c->width, ret, c->width);
}

/* chosen[i]: value i is chosen. */
static void make_exclusive(circuit_builder *b, wire *chosen, const arith_choice *c)
{
    wire rest = WIRE_TRUE;
    for (size_t i = 0; i + 1 < c->n; i++) {
        chosen[i] = c->exclusive != NULL ? c->exclusive[i] : circuit_and(b, rest, c->conditions[i]);
        rest = circuit_xor(b, rest, chosen[i]);
    }
    chosen[c->n - 1] = rest;
}

/* One place: base ^ chosen(x) & (x ^ base) ^ .., over the nodes x, where the base is a constant if
 * there is one, else the last value's bit. Complements are a sum of their own. */
static wire sum_column(circuit_builder *b, const chosen_bit *column, const wire *chosen,
                       const arith_choice *c, size_t at)
{
    const wire last = c->values[(c->n - 1) * c->width + at];
    const wire base = wire_is_const(column[0].bit) ? WIRE_FALSE : last & ~(wire)1;
    wire sum = base;
    for (size_t i = 0; i < c->n;) {
        const wire node = column[i].bit & ~(wire)1;
        wire is_chosen = WIRE_FALSE;
        for (; i < c->n && (column[i].bit & ~(wire)1) == node; i++) {
            is_chosen = circuit_xor(b, is_chosen, chosen[column[i].value]);
            if (column[i].bit != node)
                sum = circuit_xor(b, sum, chosen[column[i].value]);
        }
        if (node != base)
            sum = circuit_xor(b, sum, circuit_and(b, is_chosen, circuit_xor(b, node, base)));
    }
    return sum;
}

void arith_choose(circuit_builder *b, wire *ret, const arith_choice *c)
{
    chosen_bit *column = mem_new(c->n, sizeof *column);
    wire *chosen = mem_new(c->n, sizeof *chosen);
    if (column == NULL || chosen == NULL) {
        circuit_builder_fail(b, PT_ERR_MEMORY);
    } else if (c->n == 2 || !is_sum_better(column, c)) {
        choose_by_chain(b, ret, c);
    } else {
        make_exclusive(b, chosen, c);
        for (size_t at = 0; at < c->width; at++) {
            sort_column(column, c, at);
            ret[at] = sum_column(b, column, chosen, c, at);
        }
    }
    mem_free(column);
    mem_free(chosen);
}
