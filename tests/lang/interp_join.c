/* The joins of the interpreter: rows as bits through the networks of S33 and S34. */
#include "lang/interp_impl.h"

#include <stdlib.h>
#include <string.h>

typedef struct row {
    uint8_t *bits; /* key, tag, rest, padded with zeros */
    size_t n_key;  /* bits compared: key and tag */
} row;

static void merge(void *rows, size_t first, size_t k, bool up,
                  void (*exchange)(void *rows, size_t i, size_t j, bool up))
{
    if (k <= 1)
        return;
    size_t m = 1;
    while (2 * m < k)
        m *= 2;
    for (size_t i = 0; i < k - m; i++)
        exchange(rows, first + i, first + i + m, up);
    merge(rows, first, m, up, exchange);
    merge(rows, first + m, k - m, up, exchange);
}

static void exchange_rows(void *rows, size_t i, size_t j, bool up)
{
    row *r = rows;
    const bool greater = memcmp(r[i].bits, r[j].bits, r[i].n_key) > 0;
    if (greater == up) {
        const row x = r[i];
        r[i] = r[j];
        r[j] = x;
    }
}

static void exchange_hits(void *hits, size_t i, size_t j, bool up)
{
    join_hit *h = hits;
    const bool greater = h[i].hit && !h[j].hit;
    if (greater == up) {
        const join_hit x = h[i];
        h[i] = h[j];
        h[j] = x;
    }
}

static void sort_hits(join_hit *hits, size_t first, size_t k, bool up)
{
    if (k <= 1)
        return;
    const size_t h = k / 2;
    sort_hits(hits, first, h, !up);
    sort_hits(hits, first + h, k - h, up);
    merge(hits, first, k, up, exchange_hits);
}

void join_sort(join_hit *hits, size_t n)
{
    sort_hits(hits, 0, n, true);
}

typedef struct side {
    const ctype *element;
    const value *array;
    size_t n_key; /* bits of the key */
    size_t n_bits;
} side;

static side side_of(const interp *in, const ctype *type, const value *array, bool keyed)
{
    const ctype *element = type->as.array.element;
    const ctype *key = keyed ? element->as.tuple.elements[0] : element;
    return (side){element, array, value_width(in, key), value_width(in, element)};
}

static row row_new(const interp *in, size_t n_key, size_t n_bits)
{
    return (row){must(arena_new(in->memory, n_bits + 1, 1)), n_key + 1};
}

static row row_of(const interp *in, const side *s, size_t i, uint8_t tag, size_t n_bits)
{
    uint8_t *plain = must(arena_new(in->memory, s->n_bits + 1, 1));
    value_encode(plain, in, s->element, s->array->parts[i]);
    row r = row_new(in, s->n_key, n_bits);
    memcpy(r.bits, plain, s->n_key);
    r.bits[s->n_key] = tag;
    memcpy(r.bits + s->n_key + 1, plain + s->n_key, s->n_bits - s->n_key);
    return r;
}

static const value *row_value(const interp *in, const side *s, const row *r)
{
    uint8_t *plain = must(arena_new(in->memory, s->n_bits + 1, 1));
    memcpy(plain, r->bits, s->n_key);
    memcpy(plain + s->n_key, r->bits + s->n_key + 1, s->n_bits - s->n_key);
    return value_decode(in, s->element, plain);
}

join_hit *join_rows(interp *in, size_t *ret_n, const ctype *left_type, const value *left,
                    const ctype *right_type, const value *right, bool keyed)
{
    const side a = side_of(in, left_type, left, keyed);
    const side b = side_of(in, right_type, right, keyed);
    const size_t n_bits = 1 + (a.n_bits > b.n_bits ? a.n_bits : b.n_bits);
    const size_t n_a = left->n_parts, n_b = right->n_parts;
    size_t p = 1;
    while (p < n_a + n_b)
        p *= 2;
    const size_t n_dummies = p - n_a - n_b;

    row *rows = must(arena_new(in->memory, p, sizeof *rows));
    for (size_t i = 0; i < n_dummies; i++)
        rows[i] = row_new(in, a.n_key, n_bits);
    for (size_t i = 0; i < n_a; i++)
        rows[n_dummies + i] = row_of(in, &a, i, 0, n_bits);
    for (size_t i = 0; i < n_b; i++)
        rows[n_dummies + n_a + i] = row_of(in, &b, n_b - 1 - i, 1, n_bits);
    merge(rows, 0, p, true, exchange_rows);

    *ret_n = n_a + n_b == 0 ? 0 : p - 1 - n_dummies;
    join_hit *hits = must(arena_new(in->memory, *ret_n + 1, sizeof *hits));
    for (size_t i = 0; i < *ret_n; i++) {
        const row *x = &rows[n_dummies + i], *y = x + 1;
        hits[i].hit =
            memcmp(x->bits, y->bits, a.n_key) == 0 && x->bits[a.n_key] != y->bits[a.n_key];
        if (hits[i].hit) {
            hits[i].left = row_value(in, &a, x);
            hits[i].right = row_value(in, &b, y);
        }
    }
    return hits;
}
