/* Which wires are never true together, as far as their gates tell.
 *
 * A comparison with a constant is a conjunction of bits, plain or complemented. Conjunctions of the
 * same bits exclude each other unless they are the same. */
#include <stdlib.h>

#include "base/mem.h"
#include "circuit/builder_impl.h"

#define MAX_LITERALS 64

/* The literals of a conjunction, by node; bit i of `complements` is that of nodes[i]. */
typedef struct conjunction {
    uint32_t nodes[MAX_LITERALS];
    uint64_t complements;
    size_t n;
} conjunction;

/* False: the node is there already, or there are too many. */
static bool add_literal(conjunction *c, wire w)
{
    size_t at = c->n;
    if (c->n == MAX_LITERALS)
        return false;
    for (; at > 0 && c->nodes[at - 1] >= wire_node(w); at--) {
        if (c->nodes[at - 1] == wire_node(w))
            return false;
        c->nodes[at] = c->nodes[at - 1];
    }
    const uint64_t below = c->complements & (((uint64_t)1 << at) - 1);
    c->complements = below | (uint64_t)wire_complement(w) << at |
                     (at + 1 < MAX_LITERALS ? (c->complements >> at) << (at + 1) : 0);
    c->nodes[at] = wire_node(w);
    c->n++;
    return true;
}

/* Whether w is !u & !v for an AND uv, which the builder makes as uv ^ u ^ v ^ 1 when it finds uv.
 */
static bool is_other_polarity(const circuit_builder *b, builder_gate *ret_gate, wire w)
{
    builder_gate sum, inner, both;
    if (!builder_gate_of(b, &sum, w) || gate_is_and(sum))
        return false;
    for (unsigned i = 0; i < 4; i++) {
        const wire v = i < 2 ? sum.a : sum.b;
        if (!builder_gate_of(b, &inner, i < 2 ? sum.b : sum.a) || gate_is_and(inner))
            continue;
        const wire u = i % 2 == 0 ? inner.a : inner.b;
        if (!builder_gate_of(b, &both, i % 2 == 0 ? inner.b : inner.a) || !gate_is_and(both))
            continue;
        const bool in_order = wire_plain(both.a) == u && wire_plain(both.b) == v;
        const bool exchanged = wire_plain(both.a) == v && wire_plain(both.b) == u;
        if ((in_order || exchanged) && wire_complement(both.a ^ both.b ^ w) != 0) {
            *ret_gate = (builder_gate){.a = wire_not(both.a), .b = wire_not(both.b)};
            return true;
        }
    }
    return false;
}

static bool is_conjunction(const circuit_builder *b, builder_gate *ret_gate, wire w)
{
    bool negated;
    return (builder_as_and(b, ret_gate, &negated, w) && !negated) ||
           is_other_polarity(b, ret_gate, w);
}

static bool conjunction_of(conjunction *ret, const circuit_builder *b, wire w)
{
    wire open[MAX_LITERALS + 1];
    size_t n_open = 0;
    builder_gate g;
    *ret = (conjunction){.n = 0};
    open[n_open++] = w;
    while (n_open > 0) {
        w = open[--n_open];
        const bool is_and = is_conjunction(b, &g, w);
        if (is_and && n_open + 2 > MAX_LITERALS)
            return false;
        if (is_and) {
            open[n_open++] = g.a;
            open[n_open++] = g.b;
        } else if (!add_literal(ret, w)) {
            return false;
        }
    }
    return true;
}

static bool same_nodes(const conjunction *x, const conjunction *y)
{
    if (x->n != y->n)
        return false;
    for (size_t i = 0; i < x->n; i++) {
        if (x->nodes[i] != y->nodes[i])
            return false;
    }
    return true;
}

static int compare_complements(const void *left, const void *right)
{
    const uint64_t x = *(const uint64_t *)left;
    const uint64_t y = *(const uint64_t *)right;
    return (x > y) - (x < y);
}

static bool are_distinct(uint64_t *complements, size_t n)
{
    qsort(complements, n, sizeof *complements, compare_complements);
    for (size_t i = 1; i < n; i++) {
        if (complements[i] == complements[i - 1])
            return false;
    }
    return true;
}

bool circuit_are_exclusive(circuit_builder *b, const wire *wires, size_t n)
{
    conjunction first;
    conjunction c;
    if (n < 2 || !conjunction_of(&first, b, wires[0]))
        return n < 2;
    uint64_t *complements = mem_new(n, sizeof *complements);
    if (complements == NULL) {
        circuit_builder_fail(b, PT_ERR_MEMORY);
        return false;
    }
    size_t n_alike = 0;
    while (n_alike < n && conjunction_of(&c, b, wires[n_alike]) && same_nodes(&c, &first))
        complements[n_alike++] = c.complements;
    const bool are_exclusive = n_alike == n && are_distinct(complements, n);
    mem_free(complements);
    return are_exclusive;
}
