#include "circuit/rows.h"

#include "base/assert.h"
#include "base/mem.h"

/* --- merging (K. E. Batcher, "Sorting networks and their applications", 1968) --- */

typedef struct merger {
    const row_table *t;
    size_t n_key;
    wire *differences; /* scratch: one row */
} merger;

/* low ^ high for every bit, and whether low is the greater, for one AND a key bit: from the last
 * bit on, where the bits differ low's decides. */
static wire compare(const merger *m, const wire *low, const wire *high)
{
    circuit_builder *b = m->t->builder;
    wire greater = WIRE_FALSE;
    for (size_t k = 0; k < m->t->width; k++)
        m->differences[k] = circuit_xor(b, low[k], high[k]);
    for (size_t k = m->n_key; k-- > 0;) {
        const wire change = circuit_and(b, m->differences[k], circuit_xor(b, low[k], greater));
        greater = circuit_xor(b, greater, change);
    }
    return greater;
}

static void exchange(const merger *m, uint32_t i, uint32_t j)
{
    circuit_builder *b = m->t->builder;
    wire *low = row_at(m->t, i);
    wire *high = row_at(m->t, j);
    const wire swap = compare(m, low, high);
    for (size_t k = 0; k < m->t->width; k++) {
        const wire change = circuit_and(b, m->differences[k], swap);
        low[k] = circuit_xor(b, low[k], change);
        high[k] = circuit_xor(b, high[k], change);
    }
}

/* Every `step`-th of a list of rows. */
typedef struct row_list {
    const uint32_t *first;
    size_t n;
} row_list;

static row_list every_second(row_list list, size_t offset, size_t step)
{
    return (row_list){list.first + (offset < list.n ? offset * step : 0),
                      (list.n + 1 - offset) / 2};
}

static void append_list(uint32_t *ret, row_list list, size_t step)
{
    for (size_t i = 0; i < list.n; i++)
        ret[i] = list.first[i * step];
}

/* The merged list goes to `ret`; `scratch` has as much room. Depth is the logarithm of the rows. */
static void merge(const merger *m, uint32_t *ret, uint32_t *scratch, row_list x, row_list y,
                  size_t step)
{
    const size_t n = x.n + y.n;
    if (x.n == 0 || y.n == 0) {
        append_list(ret, x.n == 0 ? y : x, step);
        return;
    }
    const size_t n_even = (x.n + 1) / 2 + (y.n + 1) / 2;
    uint32_t *even = scratch;
    uint32_t *odd = scratch + n_even;
    if (n == 2) {
        even[0] = x.first[0];
        even[1] = y.first[0];
        exchange(m, even[0], even[1]);
    } else {
        merge(m, even, ret, every_second(x, 0, step), every_second(y, 0, step), step * 2);
        merge(m, odd, ret + n_even, every_second(x, 1, step), every_second(y, 1, step), step * 2);
    }
    size_t n_ret = 0;
    ret[n_ret++] = even[0];
    for (size_t i = 1; i < n_even || i <= n - n_even; i++) {
        if (i < n_even && i <= n - n_even)
            exchange(m, odd[i - 1], even[i]);
        if (i <= n - n_even)
            ret[n_ret++] = odd[i - 1];
        if (i < n_even)
            ret[n_ret++] = even[i];
    }
    PT_ASSERT(n_ret == n);
}

void rows_merge(const row_table *t, uint32_t *ret_order, size_t n_a, size_t n_b, size_t n_key)
{
    const size_t n = n_a + n_b;
    uint32_t *start = mem_new(n, sizeof *start);
    uint32_t *scratch = mem_new(n, sizeof *scratch);
    const merger m = {t, n_key, mem_new(t->width, sizeof(wire))};
    for (size_t i = 0; i < n; i++)
        ret_order[i] = (uint32_t)i;
    if (start == NULL || scratch == NULL || m.differences == NULL) {
        circuit_builder_fail(t->builder, PT_ERR_MEMORY);
    } else {
        for (size_t i = 0; i < n; i++)
            start[i] = (uint32_t)i;
        merge(&m, ret_order, scratch, (row_list){start, n_a}, (row_list){start + n_a, n_b}, 1);
    }
    mem_free(start);
    mem_free(scratch);
    mem_free(m.differences);
}

/* --- gathering --- */

/* Rows i and j, up: (p, q) is left alone if both are marked or none, else the marked one is second.
 * So the first becomes p & (q is marked), and the second gets the rest. Descending exchanges change
 * the two, which is what S34 wants for rows marked alike. */
static void gather_two(const row_table *t, size_t i, size_t j, bool up)
{
    wire *p = row_at(t, i);
    wire *q = row_at(t, j);
    const wire marked = q[0];
    for (size_t k = 0; k < t->width; k++) {
        const wire first = circuit_and(t->builder, marked, p[k]);
        const wire second = circuit_xor(t->builder, circuit_xor(t->builder, p[k], first), q[k]);
        p[k] = up ? first : second;
        q[k] = up ? second : first;
    }
}

static void gather_merge(const row_table *t, size_t first, size_t n_rows, bool up)
{
    if (n_rows <= 1)
        return;
    size_t m = 1;
    while (m * 2 < n_rows)
        m *= 2;
    for (size_t i = first; i < first + n_rows - m; i++)
        gather_two(t, i, i + m, up);
    gather_merge(t, first, m, up);
    gather_merge(t, first + m, n_rows - m, up);
}

static void gather(const row_table *t, const row_source *source, size_t first, size_t n_rows,
                   bool up)
{
    if (n_rows == 1)
        source->make_row(source->context, t, first);
    else if (n_rows == 2)
        source->make_pair(source->context, t, first, up);
    if (n_rows <= 2)
        return;
    const size_t half = n_rows / 2;
    gather(t, source, first, half, !up);
    gather(t, source, first + half, n_rows - half, up);
    gather_merge(t, first, n_rows, up);
}

void rows_gather(const row_table *t, size_t n_rows, const row_source *source)
{
    gather(t, source, 0, n_rows, true);
}
