/* join and join_iter: rows of two sorted arrays that have the same key (spec section 5.4).
 *
 * The rows of both arrays are merged; then rows with the same key are neighbours. Which network
 * merges does not show in the result: arrays that meet the precondition (S32) have one order. The
 * network that gathers the matches is the spec's (S34), for it decides the order of the result. */
#include <string.h>

#include "base/assert.h"
#include "lang/lower/lower_join.h"

/* Above so many wires in its rows a join does not look for gates that exist already. */
#define SHARING_MAX_WIRES ((size_t)1 << 16)

static size_t larger(size_t x, size_t y)
{
    return x > y ? x : y;
}

static bool measure(lowerer *l, joined *j, const expr *call)
{
    if (!lower_type(l, &j->a, call->as.call.args[0]->type, call->span) ||
        !lower_type(l, &j->b, call->as.call.args[1]->type, call->span))
        return false;
    const pt_type *element = j->a->element;
    j->n_key = element->kind == TYPE_TUPLE ? element->fields[0].type->n_bits : element->n_bits;
    j->n_rows = j->a->length + j->b->length;
    j->width = larger(element->n_bits, j->b->element->n_bits) + 1;
    if ((uint64_t)j->n_rows * j->width > TYPE_MAX_BITS)
        return lower_fail(l, PT_ERR_LIMIT, call->span, "a join has more than %zu bits",
                          TYPE_MAX_BITS);
    /* A network of n rows has at most n/2 * log(n) exchanges to merge, half as many again log(n)
     * times to gather. */
    size_t log = 1;
    while (((size_t)1 << log) < j->n_rows)
        log++;
    return lower_count(l, (uint64_t)j->n_rows * log * log * (j->width / 8 + 1), call->span);
}

static void put_row(const joined *j, size_t row, const wire *element, size_t n_bits, bool tag)
{
    wire *to = j->rows.wires + row * j->width;
    memcpy(to, element, j->n_key * sizeof *to);
    to[j->n_key] = wire_const(tag);
    memcpy(to + j->n_key + 1, element + j->n_key, (n_bits - j->n_key) * sizeof *to);
}

static void put_rows(const joined *j, const value *a, const value *b)
{
    const size_t n_a = j->a->element->n_bits;
    const size_t n_b = j->b->element->n_bits;
    for (size_t i = 0; i < j->rows.n; i++)
        j->rows.wires[i] = WIRE_FALSE;
    for (size_t i = 0; i < j->a->length; i++)
        put_row(j, i, a->wires + i * n_a, n_a, false);
    for (size_t i = 0; i < j->b->length; i++)
        put_row(j, j->a->length + i, b->wires + i * n_b, n_b, true);
}

static bool set_sharing(const joined *j, size_t n_wires)
{
    return circuit_builder_set_sharing(j->l->builder, n_wires <= SHARING_MAX_WIRES);
}

static void merge_rows(joined *j)
{
    const row_table table = {j->l->builder, j->rows.wires, j->width};
    const bool sharing = set_sharing(j, j->rows.n);
    /* Two rows match only if their keys are equal, and then a's comes first: nothing to merge. */
    const size_t n_b = j->n_rows > 2 ? j->b->length : 0;
    rows_merge_begin(&j->merge, &table, j->numbers.wires, j->n_rows - n_b, n_b, j->n_key + 1);
    (void)circuit_builder_set_sharing(j->l->builder, sharing);
}

/* Notes that these rows must come sorted, if they are somebody's input. */
static bool note_sorted(const joined *j, const pt_type *array, const value *rows)
{
    return sorted_inputs_add(&j->l->sorted, j->l->builder, rows->wires, array->length,
                             array->element->n_bits, j->n_key) ||
           lower_out_of_memory(j->l);
}

static bool join_rows(lowerer *l, joined *j, const expr *call, bool is_gathered)
{
    value *a = &j->of_a;
    value *b = &j->of_b;
    *j = (joined){.l = l};
    if (!lower_expr(l, a, call->as.call.args[0]) || !lower_expr(l, b, call->as.call.args[1]) ||
        !measure(l, j, call) || !note_sorted(j, j->a, a) || !note_sorted(j, j->b, b))
        return false;
    j->is_paired = pairs_are_fewer(j, is_gathered);
    if (j->is_paired)
        return pairs_find(j);
    if (!value_new(l, &j->rows, j->n_rows * j->width) ||
        !value_new(l, &j->numbers, rows_merge_numbers(j->n_rows, j->width)))
        return false;
    put_rows(j, a, b);
    value_release(l, a);
    value_release(l, b);
    merge_rows(j);
    return true;
}

static void joined_clear(joined *j)
{
    value_release(j->l, &j->of_a);
    value_release(j->l, &j->of_b);
    value_release(j->l, &j->pairs);
    value_release(j->l, &j->rows);
    value_release(j->l, &j->numbers);
}

static const wire *merged_row(const joined *j, size_t i)
{
    PT_ASSERT(i < j->merge.n_done);
    return j->rows.wires + j->merge.order[i] * j->width;
}

/* Merges up to row i, or the last. */
static void merge_until(joined *j, size_t i)
{
    const bool sharing = set_sharing(j, j->rows.n);
    rows_merge_until(&j->merge, i < j->n_rows ? i : j->n_rows - 1);
    (void)circuit_builder_set_sharing(j->l->builder, sharing);
}

/* Whether merged row i is of a, i+1 of b, and both have the same key. So never are both i and i+1
 * hits, whatever the arrays. */
static wire is_hit(const joined *j, size_t i)
{
    circuit_builder *b = j->l->builder;
    const wire *x = merged_row(j, i);
    const wire *y = merged_row(j, i + 1);
    wire hit = circuit_and(b, wire_not(x[j->n_key]), y[j->n_key]);
    for (size_t k = 0; k < j->n_key; k++)
        hit = circuit_and(b, hit, wire_not(circuit_xor(b, x[k], y[k])));
    return hit;
}

/* --- join --- */

/* A row of the result before it is spread out is: hit, key, the rest of a's element, that of b's.
 */

/* The result row for merged rows i and i+1: zeros unless they are a hit. */
static void make_row(void *context, const row_table *t, size_t i)
{
    joined *j = context;
    merge_until(j, i + 1);
    const wire hit = is_hit(j, i);
    const wire *x = merged_row(j, i);
    const wire *y = merged_row(j, i + 1);
    const size_t rest_a = join_rest(j, j->a);
    wire *row = row_at(t, i);
    *row++ = hit;
    for (size_t k = 0; k < j->n_key; k++)
        *row++ = circuit_and(t->builder, hit, x[k]);
    for (size_t k = 0; k < rest_a; k++)
        *row++ = circuit_and(t->builder, hit, x[j->n_key + 1 + k]);
    for (size_t k = 0; k < join_rest(j, j->b); k++)
        *row++ = circuit_and(t->builder, hit, y[j->n_key + 1 + k]);
}

/* Result rows i and i+1, of which at most one is a hit: it goes to one of them, the other is zero.
 * If h0, h1 are the hits and x0, x1, x2 a bit of the merged rows i .. i+2, then the bit of a's
 * element is h0 x0 ^ h1 x1 and b's h0 x1 ^ h1 x2: three products, with x1 (h0 ^ h1) in both. */
static void make_pair(void *context, const row_table *t, size_t i, bool up)
{
    joined *j = context;
    circuit_builder *b = t->builder;
    merge_until(j, i + 2);
    const wire *x[3] = {merged_row(j, i), merged_row(j, i + 1), merged_row(j, i + 2)};
    const size_t rest_a = join_rest(j, j->a);
    const size_t rest_b = join_rest(j, j->b);
    const wire h0 = is_hit(j, i);
    const wire h1 = is_hit(j, i + 1);
    const wire hit = circuit_xor(b, h0, h1);
    wire *row = row_at(t, up ? i + 1 : i);
    wire *other = row_at(t, up ? i : i + 1);
    for (size_t k = 0; k < t->width; k++)
        other[k] = WIRE_FALSE;
    row[0] = hit;
    for (size_t k = 0; k < j->n_key; k++)
        row[1 + k] = circuit_and(b, hit, x[1][k]);
    row += 1 + j->n_key;
    for (size_t k = 0; k < larger(rest_a, rest_b); k++) {
        const size_t at = j->n_key + 1 + k;
        const wire both = circuit_and(b, hit, x[1][at]);
        if (k < rest_a)
            row[k] = circuit_xor(b, both, circuit_and(b, h0, circuit_xor(b, x[0][at], x[1][at])));
        if (k < rest_b)
            row[rest_a + k] =
                circuit_xor(b, both, circuit_and(b, h1, circuit_xor(b, x[1][at], x[2][at])));
    }
}

static void put_paired(const joined *j, const row_table *t, size_t row, size_t first, size_t n)
{
    if (!pairs_put_row(j, row_at(t, row), first, n))
        circuit_builder_fail(t->builder, PT_ERR_MEMORY);
}

static void make_paired_row(void *context, const row_table *t, size_t i)
{
    put_paired(context, t, i, i, 1);
}

static void make_paired_pair(void *context, const row_table *t, size_t i, bool up)
{
    wire *other = row_at(t, up ? i : i + 1);
    for (size_t k = 0; k < t->width; k++)
        other[k] = WIRE_FALSE;
    put_paired(context, t, up ? i + 1 : i, i, 2);
}

/* Gathered rows as elements of the result: b's element has the key again. */
static void spread_rows(const joined *j, const row_table *rows, value *result, size_t n_results)
{
    const size_t n_a = j->n_key + join_rest(j, j->a);
    const size_t n_b = rows->width - 1 - n_a;
    wire *to = result->wires;
    for (size_t i = 0; i < n_results; i++) {
        const wire *row = row_at(rows, i);
        memcpy(to, row, (1 + n_a) * sizeof *to);
        to += 1 + n_a;
        if (j->a->element->kind != TYPE_TUPLE)
            continue;
        memcpy(to, row + 1, j->n_key * sizeof *to);
        memcpy(to + j->n_key, row + 1 + n_a, n_b * sizeof *to);
        to += j->n_key + n_b;
    }
}

bool lower_join(lowerer *l, value *ret_value, const expr *e)
{
    joined j;
    value gathered;
    if (!join_rows(l, &j, e, true))
        return false;
    const size_t width = 1 + j.n_key + join_rest(&j, j.a) + join_rest(&j, j.b);
    const size_t n_keys = j.a->element->kind == TYPE_TUPLE ? j.n_key : 0;
    const size_t n_results = j.n_rows > 0 ? j.n_rows - 1 : 0;
    if (!value_new(l, &gathered, n_results * width) ||
        !value_new(l, ret_value, n_results * (width + n_keys)))
        return false;
    const row_table table = {l->builder, gathered.wires, width};
    const row_source source = {&j, j.is_paired ? make_paired_row : make_row,
                               j.is_paired ? make_paired_pair : make_pair};
    const bool sharing = set_sharing(&j, gathered.n);
    rows_gather(&table, n_results, &source);
    (void)circuit_builder_set_sharing(l->builder, sharing);
    if (l->status != PT_OK)
        return false;
    spread_rows(&j, &table, ret_value, n_results);
    value_release(l, &gathered);
    joined_clear(&j);
    return true;
}

/* --- join_iter --- */

/* The pair for the body: elements of a and b without tags. It is of merged rows i, i+1 or of i+1,
 * i+2, of which at most one is a hit: of the first two if row i+1 is of b. */
static bool make_elements(const joined *j, value *ret_value, size_t i)
{
    circuit_builder *b = j->l->builder;
    const size_t n_a = j->a->element->n_bits;
    const bool alone = i + 2 >= j->n_rows;
    const wire *x[3] = {merged_row(j, i), merged_row(j, i + 1),
                        alone ? merged_row(j, i + 1) : merged_row(j, i + 2)};
    const wire first = alone ? WIRE_TRUE : x[1][j->n_key];
    if (!value_new(j->l, ret_value, n_a + j->b->element->n_bits))
        return false;
    wire *of_a = ret_value->wires;
    wire *of_b = ret_value->wires + n_a;
    for (size_t k = 0; k < j->n_key; k++)
        of_a[k] = of_b[k] = x[1][k];
    for (size_t k = j->n_key; k < n_a; k++)
        of_a[k] = circuit_mux(b, first, x[0][k + 1], x[1][k + 1]);
    for (size_t k = j->n_key; k < j->b->element->n_bits; k++)
        of_b[k] = circuit_mux(b, first, x[1][k + 1], x[2][k + 1]);
    return true;
}

/* The elements of merged rows i .. i+2 and whether there is a hit among them. */
static bool merged_elements(joined *j, value *ret_value, wire *ret_hit, size_t i)
{
    merge_until(j, i + 2);
    wire hit = is_hit(j, i);
    if (i + 2 < j->n_rows)
        hit = circuit_xor(j->l->builder, hit, is_hit(j, i + 1));
    *ret_hit = hit;
    return make_elements(j, ret_value, i);
}

/* Runs the body for the i-th time: it counts if there is a hit. */
static bool run_body(lowerer *l, const stmt *s, joined *j, size_t i)
{
    wire hit;
    value pair;
    value result;
    if (!(j->is_paired ? pairs_elements(j, &pair, &hit, i)
                       : merged_elements(j, &pair, &hit, i * 2)) ||
        !pattern_bind(l, s->as.for_.pattern, &pair))
        return false;
    value_release(l, &pair);
    if (hit == WIRE_FALSE)
        return true;
    if (!lower_when(l, &result, hit, s->as.for_.body))
        return false;
    value_release(l, &result);
    return true;
}

bool lower_for_join(lowerer *l, const stmt *s)
{
    joined j;
    if (!join_rows(l, &j, s->as.for_.sequence, false))
        return false;
    const size_t n_bodies = j.is_paired ? pairs_n_bodies(&j) : j.n_rows / 2;
    for (size_t i = 0; i < n_bodies; i++) {
        if (!run_body(l, s, &j, i))
            return false;
    }
    joined_clear(&j);
    return true;
}
