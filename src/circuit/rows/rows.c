#include "circuit/rows/rows.h"

#include "base/assert.h"
#include "circuit/rows/exchange.h"

/* --- merging (K. E. Batcher, "Sorting networks and their applications", 1968) --- */

static void exchange_rows(const row_merge *m, uint32_t i, uint32_t j)
{
    circuit_exchange(m->t.builder, row_at(&m->t, i), row_at(&m->t, j), m->t.width, m->n_key,
                     m->differences);
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

/* Exchange i of the last ones, and the rows that are settled by it, at most two; returns how many.
 */
static size_t merge_step(const row_merge *m, uint32_t *ret, size_t i)
{
    const bool has_odd = i > 0 && i <= m->n_odd;
    const bool has_even = i < m->n_even;
    size_t n = 0;
    if (has_odd && has_even)
        exchange_rows(m, m->odd[i - 1], m->even[i]);
    if (has_odd)
        ret[n++] = m->odd[i - 1];
    if (has_even)
        ret[n++] = m->even[i];
    return n;
}

/* Merges all but the last exchanges; the halves go to `ret`, and `scratch` has as much room. Depth
 * is the logarithm of the rows. */
static void merge_halves(row_merge *m, uint32_t *ret, uint32_t *scratch, row_list x, row_list y,
                         size_t step);

/* The merged list goes to `ret`; `scratch` has as much room. */
static void merge(const row_merge *m, uint32_t *ret, uint32_t *scratch, row_list x, row_list y,
                  size_t step)
{
    row_merge part = *m;
    size_t n = 0;
    merge_halves(&part, scratch, ret, x, y, step);
    for (size_t i = 0; n < x.n + y.n; i++)
        n += merge_step(&part, ret + n, i);
}

static void merge_halves(row_merge *m, uint32_t *ret, uint32_t *scratch, row_list x, row_list y,
                         size_t step)
{
    const size_t n = x.n + y.n;
    const bool is_merged = n <= 2 || x.n == 0 || y.n == 0;
    m->n_even = is_merged ? n : (x.n + 1) / 2 + (y.n + 1) / 2;
    m->n_odd = n - m->n_even;
    m->even = ret;
    m->odd = ret + m->n_even;
    if (is_merged) {
        append_list(ret, x, step);
        append_list(ret + x.n, y, step);
        if (x.n == 1 && y.n == 1)
            exchange_rows(m, ret[0], ret[1]);
        return;
    }
    merge(m, ret, scratch, every_second(x, 0, step), every_second(y, 0, step), step * 2);
    merge(m, ret + m->n_even, scratch + m->n_even, every_second(x, 1, step),
          every_second(y, 1, step), step * 2);
}

void rows_merge_begin(row_merge *ret_merge, const row_table *t, uint32_t *memory, size_t n_a,
                      size_t n_b, size_t n_key)
{
    const size_t n = n_a + n_b;
    uint32_t *start = memory + n;
    uint32_t *halves = start + n;
    *ret_merge = (row_merge){.t = *t, .n_key = n_key, .order = memory, .differences = halves + n};
    for (size_t i = 0; i < n; i++)
        start[i] = (uint32_t)i;
    merge_halves(ret_merge, halves, memory, (row_list){start, n_a}, (row_list){start + n_a, n_b},
                 1);
}

void rows_merge_until(row_merge *m, size_t i)
{
    PT_ASSERT(i < m->n_even + m->n_odd);
    while (m->n_done <= i)
        m->n_done += merge_step(m, m->order + m->n_done, m->next++);
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
