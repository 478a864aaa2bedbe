#include "circuit/passes/cuts.h"

#include "base/min.h"

/* Exchanges inputs i and i + 1 of a truth table. */
static unsigned swap_inputs(unsigned table, unsigned i)
{
    static const uint16_t moving[3] = {0x2222, 0x0c0c, 0x00f0};
    const unsigned shift = 1u << i;
    const unsigned up = table & moving[i];
    const unsigned down = table & (unsigned)(moving[i] << shift);
    return (table & ~(moving[i] | (unsigned)(moving[i] << shift))) | up << shift | down >> shift;
}

/* The table of `from`, whose leaves are among those of `to`, on the leaves of `to`. */
static unsigned spread(const cut *from, const cut *to)
{
    unsigned table = from->table;
    unsigned at = to->n_leaves;
    for (unsigned i = from->n_leaves; i-- > 0;) {
        do
            at--;
        while (to->leaves[at] != from->leaves[i]);
        for (unsigned k = i; k < at; k++)
            table = swap_inputs(table, k);
    }
    return table;
}

/* False: together they have too many leaves. */
static bool join_leaves(cut *ret, const cut *x, const cut *y)
{
    unsigned i = 0, k = 0, n = 0;
    while (i < x->n_leaves || k < y->n_leaves) {
        if (n == CUT_MAX_LEAVES)
            return false;
        if (k == y->n_leaves || (i < x->n_leaves && x->leaves[i] < y->leaves[k])) {
            ret->leaves[n++] = x->leaves[i++];
        } else {
            if (i < x->n_leaves && x->leaves[i] == y->leaves[k])
                i++;
            ret->leaves[n++] = y->leaves[k++];
        }
    }
    ret->n_leaves = (uint8_t)n;
    return true;
}

static bool same_leaves(const cut *x, const cut *y)
{
    if (x->n_leaves != y->n_leaves)
        return false;
    for (unsigned i = 0; i < x->n_leaves; i++) {
        if (x->leaves[i] != y->leaves[i])
            return false;
    }
    return true;
}

/* What a cut may save; of equal ones those with fewer leaves leave more room for others. */
static int promise(const cut *c)
{
    return (c->n_inside - c->n_ands) * 8 - c->n_leaves;
}

/* Enters `c` where it belongs: the most promising first, and of equal ones the first made. */
static void cut_enter(cut_list *list, const cut *c)
{
    for (unsigned i = 0; i < list->n; i++) {
        if (same_leaves(&list->cuts[i], c))
            return;
    }
    unsigned at = list->n;
    while (at > 0 && promise(&list->cuts[at - 1]) < promise(c))
        at--;
    if (at == CUTS_PER_NODE)
        return;
    if (list->n < CUTS_PER_NODE)
        list->n++;
    for (unsigned i = list->n - 1u; i > at; i--)
        list->cuts[i] = list->cuts[i - 1];
    list->cuts[at] = *c;
}

static void enter_joined(cut_list *list, const recipe *recipes, builder_gate g, const cut *x,
                         const cut *y)
{
    cut c;
    if (!join_leaves(&c, x, y))
        return;
    const unsigned p = spread(x, &c) ^ (wire_complement(g.a) != 0 ? 0xffffu : 0u);
    const unsigned q = spread(y, &c) ^ (wire_complement(g.b) != 0 ? 0xffffu : 0u);
    const unsigned inside = x->n_inside + y->n_inside + (gate_is_and(g) ? 1u : 0u);
    c.table = (uint16_t)(gate_is_and(g) ? p & q : p ^ q);
    c.n_ands = recipes[recipe_of(c.table)].n_ands;
    c.n_inside = (uint8_t)min_size(inside, 255);
    cut_enter(list, &c);
}

void cuts_make(cut_list *ret_list, const recipe *recipes, builder_gate g, const cut_list *of_a,
               const cut_list *of_b)
{
    const cut a = {.leaves = {wire_node(g.a)}, .table = 0xaaaa, .n_leaves = 1};
    const cut b = {.leaves = {wire_node(g.b)}, .table = 0xaaaa, .n_leaves = 1};
    const unsigned n_a = of_a != NULL ? of_a->n : 0;
    const unsigned n_b = of_b != NULL ? of_b->n : 0;
    ret_list->n = 0;
    for (unsigned i = 0; i <= n_a; i++) {
        for (unsigned k = 0; k <= n_b; k++)
            enter_joined(ret_list, recipes, g, i == 0 ? &a : &of_a->cuts[i - 1],
                         k == 0 ? &b : &of_b->cuts[k - 1]);
    }
}
