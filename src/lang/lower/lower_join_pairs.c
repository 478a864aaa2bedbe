/* Joins of few rows: each row of a is compared with each row of b.
 *
 * Arrays that meet the precondition (S32) give what merging gives. Of a key that occurs more than
 * once one pair at most is found: the last row of a with it and the first of b, where merging may
 * find another. And in whatever order rows come, each is in one pair at most, and a result's two
 * rows are a pair. */
#include <string.h>

#include "circuit/arith.h"
#include "lang/lower/lower_join.h"

/* With more rows on both sides merging is always better. */
#define PAIRS_MAX_ROWS 8

/* Exchanges that rows_merge makes. */
static uint64_t count_exchanges(size_t n_a, size_t n_b)
{
    if (n_a == 0 || n_b == 0)
        return 0;
    if (n_a + n_b == 2)
        return 1;
    const size_t n_even = (n_a + 1) / 2 + (n_b + 1) / 2;
    const size_t n_odd = n_a / 2 + n_b / 2;
    return count_exchanges((n_a + 1) / 2, (n_b + 1) / 2) + count_exchanges(n_a / 2, n_b / 2) +
           (n_odd < n_even - 1 ? n_odd : n_even - 1);
}

/* Whether the body runs for the rows of a, and selects one of b; or the other way round. */
static bool runs_over_a(const joined *j)
{
    const size_t n_a = j->a->length;
    const size_t n_b = j->b->length;
    return n_a != n_b ? n_a < n_b : join_rest(j, j->b) <= join_rest(j, j->a);
}

static uint64_t cost_of_merging(const joined *j, bool is_gathered)
{
    const uint64_t n_selected =
        join_rest(j, j->a) + join_rest(j, j->b) + (is_gathered ? j->n_key : 0);
    return count_exchanges(j->a->length, j->b->length) * (j->n_key + 1 + j->width) +
           (j->n_rows - 1) * j->n_key + j->n_rows / 2 * n_selected;
}

static uint64_t cost_of_pairs(const joined *j, bool is_gathered)
{
    const uint64_t n_a = j->a->length;
    const uint64_t n_b = j->b->length;
    const uint64_t n_pairs = n_a * n_b;
    const uint64_t cost = n_pairs * (j->n_key + 1);
    if (is_gathered)
        return cost + (2 * n_pairs + j->n_rows) / 4 * (j->width - 1 + join_rest(j, j->b));
    return cost + (runs_over_a(j) ? (n_pairs - n_a) * join_rest(j, j->b)
                                  : (n_pairs - n_b) * join_rest(j, j->a));
}

bool pairs_are_fewer(const joined *j, bool is_gathered)
{
    const size_t n_a = j->a->length;
    const size_t n_b = j->b->length;
    return n_a != 0 && n_b != 0 && (n_a <= PAIRS_MAX_ROWS || n_b <= PAIRS_MAX_ROWS) &&
           cost_of_pairs(j, is_gathered) < cost_of_merging(j, is_gathered);
}

static wire *pair_at(const joined *j, size_t i, size_t k)
{
    return j->pairs.wires + i * j->b->length + k;
}

static const wire *row_of_a(const joined *j, size_t i)
{
    return j->of_a.wires + i * j->a->element->n_bits;
}

static const wire *row_of_b(const joined *j, size_t k)
{
    return j->of_b.wires + k * j->b->element->n_bits;
}

/* *w is true only if *any was not; *any: now one was. */
static void keep_first(circuit_builder *b, wire *w, wire *any)
{
    const wire before = *any;
    *any = circuit_or(b, before, *w);
    *w = circuit_xor(b, before, *any);
}

bool pairs_find(joined *j)
{
    circuit_builder *b = j->l->builder;
    const size_t n_a = j->a->length;
    const size_t n_b = j->b->length;
    if (!value_new(j->l, &j->pairs, n_a * n_b))
        return false;
    for (size_t i = 0; i < n_a; i++) {
        wire any = WIRE_FALSE;
        for (size_t k = 0; k < n_b; k++) {
            *pair_at(j, i, k) = arith_equal(b, row_of_a(j, i), row_of_b(j, k), j->n_key);
            keep_first(b, pair_at(j, i, k), &any);
        }
    }
    for (size_t k = 0; k < n_b; k++) {
        wire any = WIRE_FALSE;
        for (size_t i = n_a; i-- > 0;)
            keep_first(b, pair_at(j, i, k), &any);
    }
    return true;
}

/* --- choosing among rows --- */

/* Rows of one array: chosen is the first whose condition holds, else the last. */
typedef struct candidates {
    lowerer *l;
    size_t n, width;
    value values;
    value conditions;
    wire any; /* whether a condition holds, if it is not two */
} candidates;

static bool candidates_init(candidates *c, lowerer *l, size_t n, size_t width)
{
    *c = (candidates){.l = l, .width = width, .any = WIRE_FALSE};
    return value_new(l, &c->values, n * width) && value_new(l, &c->conditions, n);
}

static void candidates_add(candidates *c, const wire *row, wire condition)
{
    if (c->width != 0)
        memcpy(c->values.wires + c->n * c->width, row, c->width * sizeof *row);
    c->conditions.wires[c->n++] = condition;
    c->any = circuit_xor(c->l->builder, c->any, condition);
}

static void candidates_choose(candidates *c, wire *ret, bool is_exclusive)
{
    const arith_choice choice = {.n = c->n,
                                 .width = c->width,
                                 .values = c->values.wires,
                                 .conditions = c->conditions.wires,
                                 .exclusive = is_exclusive ? c->conditions.wires : NULL};
    if (c->n > 1)
        arith_choose(c->l->builder, ret, &choice);
    else if (c->width != 0)
        memcpy(ret, c->values.wires, c->width * sizeof *ret);
    value_release(c->l, &c->values);
    value_release(c->l, &c->conditions);
}

/* --- join_iter --- */

size_t pairs_n_bodies(const joined *j)
{
    return runs_over_a(j) ? j->a->length : j->b->length;
}

bool pairs_elements(const joined *j, value *ret_value, wire *ret_hit, size_t i)
{
    candidates c;
    const bool over_a = runs_over_a(j);
    const pt_type *other = over_a ? j->b : j->a;
    const size_t n_a = j->a->element->n_bits;
    const wire *row = over_a ? row_of_a(j, i) : row_of_b(j, i);
    if (!value_new(j->l, ret_value, n_a + j->b->element->n_bits) ||
        !candidates_init(&c, j->l, other->length, join_rest(j, other)))
        return false;
    for (size_t k = 0; k < other->length; k++) {
        const wire *partner = over_a ? row_of_b(j, k) : row_of_a(j, k);
        candidates_add(&c, partner + j->n_key, over_a ? *pair_at(j, i, k) : *pair_at(j, k, i));
    }
    wire *to = ret_value->wires + (over_a ? 0 : n_a);
    wire *to_other = ret_value->wires + (over_a ? n_a : 0);
    memcpy(to, row, (over_a ? j->a : j->b)->element->n_bits * sizeof *to);
    memcpy(to_other, row, j->n_key * sizeof *to);
    candidates_choose(&c, to_other + j->n_key, true);
    *ret_hit = c.any;
    return true;
}

/* --- join --- */

/* Places of a pair when merged: a hit at i + k, for the rows before both are merged before them. */
typedef struct places {
    size_t first, last;
} places;

/* Rows of an array that may be in a pair at these places: *ret_n from the one returned on. */
static size_t rows_within(places at, size_t n_rows, size_t n_others, size_t *ret_n)
{
    const size_t first = at.first < n_others ? 0 : at.first - n_others + 1;
    const size_t last = at.last < n_rows ? at.last : n_rows - 1;
    *ret_n = last - first + 1;
    return first;
}

/* Whether a row is in a pair there; at most one of its pairs is true. */
static wire is_paired_within(const joined *j, places at, bool of_a, size_t row)
{
    wire is = WIRE_FALSE;
    const size_t n_others = of_a ? j->b->length : j->a->length;
    for (size_t p = at.first; p <= at.last; p++) {
        if (p >= row && p - row < n_others)
            is = circuit_xor(j->l->builder, is,
                             of_a ? *pair_at(j, row, p - row) : *pair_at(j, p - row, row));
    }
    return is;
}

/* Of rows in disorder two pairs may be at two places. Then one has the lower row of a and the
 * higher row of b, so that these are chosen first. */
static bool choose_rows(const joined *j, wire *ret, wire *ret_any, places at, bool of_a)
{
    candidates c;
    size_t n;
    const size_t n_a = j->a->length;
    const size_t n_b = j->b->length;
    const size_t first = of_a ? rows_within(at, n_a, n_b, &n) : rows_within(at, n_b, n_a, &n);
    const size_t width = of_a ? j->a->element->n_bits : join_rest(j, j->b);
    if (!candidates_init(&c, j->l, n, width))
        return false;
    for (size_t t = 0; t < n; t++) {
        const size_t row = of_a ? first + t : first + n - 1 - t;
        candidates_add(&c, of_a ? row_of_a(j, row) : row_of_b(j, row) + j->n_key,
                       is_paired_within(j, at, of_a, row));
    }
    candidates_choose(&c, ret, false);
    *ret_any = c.any;
    return true;
}

bool pairs_put_row(const joined *j, wire *ret, size_t first, size_t n)
{
    const places at = {first, first + n - 1};
    const size_t n_a = j->a->element->n_bits;
    wire hit;
    if (!choose_rows(j, ret + 1 + n_a, &hit, at, false) || !choose_rows(j, ret + 1, &hit, at, true))
        return false;
    ret[0] = hit;
    for (size_t k = 1; k < 1 + n_a + join_rest(j, j->b); k++)
        ret[k] = circuit_and(j->l->builder, hit, ret[k]);
    return true;
}
