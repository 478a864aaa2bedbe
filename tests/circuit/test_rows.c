/* The networks on rows, in the clear, for all small numbers of rows. */
#include "support/test.h"

#include <string.h>

#include "base/mem.h"
#include "circuit/eval.h"
#include "circuit/rows/rows.h"
#include "support/bits.h"

enum { KEY = 4, WIDTH = 10, MAX_ROWS = 17, MAX_WIRES = MAX_ROWS * WIDTH };

static uint32_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* --- merging --- */

static pt_circuit *merging(size_t n_a, size_t n_b, bool sharing)
{
    const size_t n = n_a + n_b;
    const uint32_t inputs[1] = {(uint32_t)(n * WIDTH)};
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    wire wires[MAX_WIRES] = {0}, out[MAX_WIRES];
    uint32_t memory[3 * MAX_ROWS + WIDTH];
    row_merge m;
    pt_circuit *c = NULL;
    assert_true(rows_merge_numbers(n, WIDTH) <= sizeof memory / sizeof *memory);
    (void)circuit_builder_set_sharing(b, sharing);
    for (size_t i = 0; i < n * WIDTH; i++)
        wires[i] = circuit_input(b, (uint32_t)i);
    const row_table t = {b, wires, WIDTH};
    rows_merge_begin(&m, &t, memory, n_a, n_b, KEY);
    if (n > 0)
        rows_merge_until(&m, n - 1);
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * WIDTH, row_at(&t, m.order[i]), WIDTH * sizeof *out);
    assert_int_equal(circuit_builder_finish(&c, b, out, n * WIDTH, NULL, 0, NULL), PT_OK);
    circuit_builder_free(b);
    return c;
}

/* A row: four bits of key, six that tell it from others. */
static uint32_t make_row(uint32_t key, uint32_t name)
{
    return key << 6 | name;
}

static void fill(uint32_t *rows, size_t n, uint64_t *random, bool sorted, uint32_t first_name)
{
    for (size_t i = 0; i < n; i++)
        rows[i] = make_row(next(random) % 16, first_name + (uint32_t)i);
    for (size_t i = 1; sorted && i < n; i++) {
        for (size_t k = i; k > 0 && rows[k] >> 6 < rows[k - 1] >> 6; k--) {
            const uint32_t row = rows[k];
            rows[k] = rows[k - 1];
            rows[k - 1] = row;
        }
    }
}

static void run_rows(uint32_t *ret, const pt_circuit *c, const uint32_t *rows, size_t n)
{
    uint8_t in[MAX_WIRES] = {0}, out[MAX_WIRES];
    for (size_t i = 0; i < n * WIDTH; i++)
        in[i] = rows[i / WIDTH] >> (WIDTH - 1 - i % WIDTH) & 1;
    assert_int_equal(eval_bits(out, c, in, NULL), PT_OK);
    for (size_t i = 0; i < n; i++) {
        ret[i] = 0;
        for (size_t k = 0; k < WIDTH; k++)
            ret[i] = ret[i] << 1 | out[i * WIDTH + k];
    }
}

static void check_merged(const uint32_t *before, const uint32_t *after, size_t n, bool sorted)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t name = after[i] & 63;
        assert_true(name < n);
        seen |= (uint64_t)1 << name;
        if (sorted && i > 0)
            assert_true(after[i - 1] >> 6 <= after[i] >> 6);
        for (size_t k = 0; k < n; k++) {
            if ((before[k] & 63) == name)
                assert_int_equal(after[i], before[k]);
        }
    }
    assert_true(seen == ((uint64_t)1 << n) - 1);
}

static void check_merging(size_t n_a, size_t n_b, bool sharing)
{
    const size_t n = n_a + n_b;
    uint64_t random = n_a * 100 + n_b;
    uint32_t before[MAX_ROWS], after[MAX_ROWS];
    pt_circuit *c = merging(n_a, n_b, sharing);
    for (int round = 0; round < 60; round++) {
        const bool sorted = round % 4 != 0;
        fill(before, n_a, &random, sorted, 0);
        fill(before + n_a, n_b, &random, sorted, (uint32_t)n_a);
        run_rows(after, c, before, n);
        check_merged(before, after, n, sorted);
    }
    pt_circuit_free(c);
}

static void test_merges(void **state)
{
    (void)state;
    for (size_t n_a = 0; n_a <= 8; n_a++) {
        for (size_t n_b = 0; n_b <= 9; n_b++)
            check_merging(n_a, n_b, (n_a + n_b) % 2 == 0);
    }
}

/* Batcher's numbers of exchanges, each of a comparison and a row. */
static void test_merge_costs(void **state)
{
    static const uint32_t exchanges[] = {0, 1, 3, 6, 9, 13, 17, 21, 25};
    (void)state;
    for (size_t n = 1; n <= 8; n++) {
        pt_circuit *c = merging(n, n, true);
        assert_int_equal(c->n_and, exchanges[n] * (KEY + WIDTH));
        pt_circuit_free(c);
    }
}

/* --- gathering --- */

enum { MARKED_WIDTH = 6 };

static void input_row(void *context, const row_table *t, size_t i)
{
    const wire *inputs = context;
    memcpy(row_at(t, i), inputs + i * t->width, t->width * sizeof(wire));
}

/* Of neighbours at most one is marked. */
static void input_pair(void *context, const row_table *t, size_t i, bool up)
{
    const wire *inputs = context;
    for (size_t k = 0; k < t->width; k++) {
        const wire w =
            circuit_xor(t->builder, inputs[i * t->width + k], inputs[(i + 1) * t->width + k]);
        row_at(t, up ? i + 1 : i)[k] = w;
        row_at(t, up ? i : i + 1)[k] = WIRE_FALSE;
    }
}

static pt_circuit *gathering(size_t n)
{
    const uint32_t inputs[1] = {(uint32_t)(n * MARKED_WIDTH)};
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    wire in[MAX_WIRES] = {0}, wires[MAX_WIRES];
    pt_circuit *c = NULL;
    for (size_t i = 0; i < n * MARKED_WIDTH; i++)
        in[i] = circuit_input(b, (uint32_t)i);
    const row_table t = {b, wires, MARKED_WIDTH};
    const row_source source = {in, input_row, input_pair};
    rows_gather(&t, n, &source);
    assert_int_equal(circuit_builder_finish(&c, b, wires, n * MARKED_WIDTH, NULL, 0, NULL), PT_OK);
    circuit_builder_free(b);
    return c;
}

static void plain_exchange(uint8_t *p, uint8_t *q, bool up)
{
    const bool greater = *p != 0 && *q == 0;
    if (greater == up) {
        const uint8_t row = *p;
        *p = *q;
        *q = row;
    }
}

static void plain_merge(uint8_t *rows, size_t n, bool up)
{
    size_t m = 1;
    if (n <= 1)
        return;
    while (m * 2 < n)
        m *= 2;
    for (size_t i = 0; i < n - m; i++)
        plain_exchange(&rows[i], &rows[i + m], up);
    plain_merge(rows, m, up);
    plain_merge(rows + m, n - m, up);
}

/* S34, on rows that are zero or have a name. */
static void plain_sort(uint8_t *rows, size_t n, bool up)
{
    if (n <= 1)
        return;
    plain_sort(rows, n / 2, !up);
    plain_sort(rows + n / 2, n - n / 2, up);
    plain_merge(rows, n, up);
}

static void check_pattern(const pt_circuit *c, size_t n, uint32_t marks)
{
    uint8_t rows[MAX_ROWS], in[MAX_WIRES] = {0}, out[MAX_WIRES];
    for (size_t i = 0; i < n; i++)
        rows[i] = (marks >> i & 1) != 0 ? (uint8_t)(32 + i) : 0;
    for (size_t i = 0; i < n * MARKED_WIDTH; i++)
        in[i] = rows[i / MARKED_WIDTH] >> (MARKED_WIDTH - 1 - i % MARKED_WIDTH) & 1;
    assert_int_equal(eval_bits(out, c, in, NULL), PT_OK);
    plain_sort(rows, n, true);
    for (size_t i = 0; i < n * MARKED_WIDTH; i++)
        assert_int_equal(out[i],
                         rows[i / MARKED_WIDTH] >> (MARKED_WIDTH - 1 - i % MARKED_WIDTH) & 1);
}

static void test_gathers_in_order(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 11; n++) {
        pt_circuit *c = gathering(n);
        for (uint32_t marks = 0; marks >> n == 0; marks++) {
            if ((marks & marks >> 1) == 0)
                check_pattern(c, n, marks);
        }
        pt_circuit_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merges),
        cmocka_unit_test(test_merge_costs),
        cmocka_unit_test(test_gathers_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
