/* join and join_iter: rows of two sorted arrays that have the same key (spec section 5.4).
 *
 * The rows of both arrays go through a bitonic merge; then rows with the same key are neighbours.
 * The networks are the spec's (S33, S34), for they decide the order of the result. */
#include <string.h>

#include "base/assert.h"
#include "circuit/arith.h"
#include "lang/lower_impl.h"

/* Rows of equal width, one after the other; the first n_key wires of a row are what it is ordered
 * by. */
typedef struct row_table {
    circuit_builder *builder;
    wire *wires;
    size_t width;
    size_t n_key;
} row_table;

static wire *row_at(const row_table *t, size_t i)
{
    return t->wires + i * t->width;
}

/* x > y as unsigned numbers; one AND for each bit. */
static wire key_greater(const row_table *t, const wire *x, const wire *y)
{
    wire greater = WIRE_FALSE;
    for (size_t i = t->n_key; i-- > 0;) {
        const wire a = circuit_xor(t->builder, x[i], greater);
        const wire b = circuit_xor(t->builder, y[i], greater);
        greater = circuit_xor(t->builder, greater, circuit_and(t->builder, a, wire_not(b)));
    }
    return greater;
}

/* Puts rows i and j in order. When descending, rows with equal keys change places (S34). */
static void exchange_rows(const row_table *t, size_t i, size_t j, bool up)
{
    wire *low = row_at(t, i);
    wire *high = row_at(t, j);
    const wire swap = key_greater(t, low, high) ^ wire_const(!up);
    for (size_t k = 0; k < t->width; k++) {
        const wire difference = circuit_xor(t->builder, low[k], high[k]);
        const wire change = circuit_and(t->builder, difference, swap);
        low[k] = circuit_xor(t->builder, low[k], change);
        high[k] = circuit_xor(t->builder, high[k], change);
    }
}

/* A bitonic sequence becomes sorted. Depth is the logarithm of the rows. */
static void merge_rows(const row_table *t, size_t first, size_t n_rows, bool up)
{
    if (n_rows <= 1)
        return;
    size_t m = 1;
    while (m * 2 < n_rows)
        m *= 2;
    for (size_t i = 0; i < n_rows - m; i++)
        exchange_rows(t, first + i, first + i + m, up);
    merge_rows(t, first, m, up);
    merge_rows(t, first + m, n_rows - m, up);
}

static void sort_rows(const row_table *t, size_t first, size_t n_rows, bool up)
{
    if (n_rows <= 1)
        return;
    const size_t half = n_rows / 2;
    sort_rows(t, first, half, !up);
    sort_rows(t, first + half, n_rows - half, up);
    merge_rows(t, first, n_rows, up);
}

/* The two arrays of a join. The first `n_key` bits of an element are its key. */
typedef struct joined {
    const pt_type *a;
    const pt_type *b;
    size_t n_key;
    size_t n_dummies; /* rows before the arrays', to make a power of two */
    size_t n_rows;
    value rows; /* merged: key, tag (0: of a), rest, each `width` wires */
    size_t width;
} joined;

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
    const size_t n = j->a->length + j->b->length;
    j->n_rows = 1;
    while (j->n_rows < n)
        j->n_rows *= 2;
    j->n_dummies = j->n_rows - n;
    j->width = larger(element->n_bits, j->b->element->n_bits) + 1;
    if (j->n_rows * j->width > TYPE_MAX_BITS)
        return lower_fail(l, PT_ERR_LIMIT, call->span, "a join has more than %zu bits",
                          TYPE_MAX_BITS);
    /* A network of n rows has n/2 * log(n) exchanges to merge, as many again log(n) times to sort.
     */
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

/* Dummies of zeros, a in order, b in reverse order. */
static void put_rows(const joined *j, const value *a, const value *b)
{
    const size_t first_b = j->n_dummies + j->a->length;
    const size_t n_a = j->a->element->n_bits;
    const size_t n_b = j->b->element->n_bits;
    for (size_t i = 0; i < j->rows.n; i++)
        j->rows.wires[i] = WIRE_FALSE;
    for (size_t i = 0; i < j->a->length; i++)
        put_row(j, j->n_dummies + i, a->wires + i * n_a, n_a, false);
    for (size_t i = 0; i < j->b->length; i++)
        put_row(j, first_b + i, b->wires + (j->b->length - 1 - i) * n_b, n_b, true);
}

static bool join_rows(lowerer *l, joined *j, const expr *call)
{
    value a;
    value b;
    *j = (joined){0};
    if (!lower_expr(l, &a, call->as.call.args[0]) || !lower_expr(l, &b, call->as.call.args[1]) ||
        !measure(l, j, call) || !value_new(l, &j->rows, j->n_rows * j->width))
        return false;
    put_rows(j, &a, &b);
    value_release(l, &a);
    value_release(l, &b);
    const row_table table = {
        .builder = l->builder, .wires = j->rows.wires, .width = j->width, .n_key = j->n_key + 1};
    merge_rows(&table, 0, j->n_rows, true);
    return true;
}

/* Whether rows i and i+1 are of both arrays and have the same key. */
static wire is_hit(lowerer *l, const joined *j, size_t i)
{
    const wire *x = j->rows.wires + i * j->width;
    const wire *y = x + j->width;
    wire hit = circuit_xor(l->builder, x[j->n_key], y[j->n_key]);
    for (size_t k = 0; k < j->n_key; k++)
        hit = circuit_and(l->builder, hit, wire_not(circuit_xor(l->builder, x[k], y[k])));
    return hit;
}

/* Row i as an element of `n_bits` bits: without its tag and what it is padded with. */
static void get_row(wire *ret_wires, const joined *j, size_t i, size_t n_bits)
{
    const wire *row = j->rows.wires + i * j->width;
    memcpy(ret_wires, row, j->n_key * sizeof *row);
    memcpy(ret_wires + j->n_key, row + j->n_key + 1, (n_bits - j->n_key) * sizeof *row);
}

bool lower_join(lowerer *l, value *ret_value, const expr *e)
{
    joined j;
    value result;
    if (!join_rows(l, &j, e))
        return false;
    const size_t n_a = j.a->element->n_bits;
    const size_t n_b = j.a->element->kind == TYPE_TUPLE ? j.b->element->n_bits : 0;
    const size_t width = 1 + n_a + n_b;
    const size_t n_results = j.n_rows - j.n_dummies > 0 ? j.n_rows - j.n_dummies - 1 : 0;
    if (!value_new(l, &result, n_results * width))
        return false;
    for (size_t i = 0; i < n_results; i++) {
        wire *row = result.wires + i * width;
        row[0] = is_hit(l, &j, j.n_dummies + i);
        get_row(row + 1, &j, j.n_dummies + i, n_a);
        if (n_b > 0)
            get_row(row + 1 + n_a, &j, j.n_dummies + i + 1, n_b);
        for (size_t k = 1; k < width; k++)
            row[k] = circuit_and(l->builder, row[0], row[k]);
    }
    value_release(l, &j.rows);
    const row_table table = {
        .builder = l->builder, .wires = result.wires, .width = width, .n_key = 1};
    sort_rows(&table, 0, n_results, true);
    *ret_value = result;
    return true;
}

/* Runs the body for rows i and i+1, which counts only if they are a hit. */
static bool lower_pair(lowerer *l, const stmt *s, const joined *j, size_t i)
{
    const size_t n_a = j->a->element->n_bits;
    const size_t n_b = j->b->element->n_bits;
    const wire hit = is_hit(l, j, i);
    value pair;
    value result;
    if (hit == WIRE_FALSE)
        return true;
    if (!value_new(l, &pair, n_a + n_b))
        return false;
    get_row(pair.wires, j, i, n_a);
    get_row(pair.wires + n_a, j, i + 1, n_b);
    if (!pattern_bind(l, s->as.for_.pattern, &pair))
        return false;
    value_release(l, &pair);
    if (!lower_when(l, &result, hit, s->as.for_.body))
        return false;
    value_release(l, &result);
    return true;
}

bool lower_for_join(lowerer *l, const stmt *s)
{
    joined j;
    if (!join_rows(l, &j, s->as.for_.sequence))
        return false;
    for (size_t i = j.n_dummies; i + 1 < j.n_rows; i++) {
        if (!lower_pair(l, s, &j, i))
            return false;
    }
    value_release(l, &j.rows);
    return true;
}
