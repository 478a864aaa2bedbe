/* Exchanges kept as records compute what their gates would, whatever they are on, and whatever is
 * read of them. */
#include "support/test.h"

#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "circuit/builder_impl.h"
#include "circuit/compact.h"
#include "circuit/eval.h"
#include "circuit/plan.h"
#include "circuit/rows/exchange.h"
#include "circuit/rows/rows.h"

enum { N_INPUTS = 40, MAX_WIDTH = 9, N_WIRES = 400 };

static uint32_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static circuit_builder *new_builder(uint32_t n_inputs, bool kept)
{
    circuit_builder *b = circuit_builder_new(&n_inputs, 1, 0);
    assert_non_null(b);
    b->keeps_exchanges = kept;
    (void)circuit_builder_set_sharing(b, !kept);
    return b;
}

static pt_circuit *finish(circuit_builder *b, const wire *outputs, size_t n)
{
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, outputs, n, NULL, 0, NULL), PT_OK);
    circuit_builder_free(b);
    assert_true(circuit_is_sound(c));
    return c;
}

/* The circuit as it is read back from its bytes. */
static pt_circuit *through_bytes(const pt_circuit *c)
{
    buffer bytes;
    reader r;
    pt_circuit *back = NULL;
    buffer_init(&bytes, (size_t)1 << 24);
    circuit_put_compact(&bytes, c);
    assert_false(bytes.failed);
    reader_init(&r, bytes.bytes, bytes.len);
    assert_int_equal(circuit_get_compact(&back, &r, false, NULL), PT_OK);
    assert_true(reader_done(&r));
    buffer_clear(&bytes);
    assert_int_equal(back->n_and, c->n_and);
    assert_int_equal(back->n_spare, c->n_spare);
    assert_memory_equal(back->outputs, c->outputs, c->n_outputs * sizeof *c->outputs);
    return back;
}

/* What a walk says of the next gate before it takes it. */
static void check_walk(const pt_circuit *c)
{
    plan_walk w;
    uint32_t n = 0;
    assert_true(plan_walk_init(&w, c));
    for (; !plan_walk_is_done(&w); n++) {
        const bool is_and = plan_walk_at_and(&w);
        assert_true(is_and == (plan_walk_next(&w).op == GATE_AND));
        assert_true(w.n_spare <= c->n_spare);
    }
    assert_int_equal(n, c->n_gates);
    plan_walk_clear(&w);
}

static void eval_both_ways(uint64_t *out, const pt_circuit *c, const uint64_t *in)
{
    uint64_t again[N_WIRES] = {0};
    pt_circuit *back = through_bytes(c);
    assert_int_equal(circuit_eval_lanes(out, c, in, NULL), PT_OK);
    assert_int_equal(circuit_eval_lanes(again, back, in, NULL), PT_OK);
    check_walk(c);
    assert_memory_equal(again, out, c->n_outputs * sizeof *out);
    pt_circuit_free(back);
}

/* --- anything at all --- */

static wire any_wire(const wire *wires, size_t n, uint64_t *random)
{
    const uint32_t choice = next(random) % 40;
    const wire w = wires[next(random) % n];
    if (choice == 0)
        return wire_const(next(random) % 2 != 0);
    return choice < 8 ? wire_not(w) : w;
}

static wire *fresh_row(wire *row, size_t width, const wire *wires, size_t n, uint64_t *random)
{
    /* Rows of neighbours, mostly, so that exchanges are not all of them different. */
    const size_t first = next(random) % (n - width);
    const bool is_mixed = next(random) % 4 == 0;
    for (size_t k = 0; k < width; k++)
        row[k] = is_mixed ? any_wire(wires, n, random) : wires[first + k];
    return row;
}

/* The same program for every seed, in gates or records. */
static pt_circuit *any_circuit(uint64_t seed, bool kept)
{
    uint64_t random = seed;
    circuit_builder *b = new_builder(N_INPUTS, kept);
    wire wires[N_WIRES], low[MAX_WIDTH], high[MAX_WIDTH], scratch[MAX_WIDTH], outputs[N_WIRES];
    size_t n = N_INPUTS;
    for (uint32_t i = 0; i < N_INPUTS; i++)
        wires[i] = circuit_input(b, i);
    const size_t n_rounds = 1 + next(&random) % 12;
    for (size_t round = 0; round < n_rounds; round++) {
        const size_t width = 1 + next(&random) % MAX_WIDTH;
        const size_t n_key = 1 + next(&random) % width;
        fresh_row(low, width, wires, n, &random);
        fresh_row(high, width, wires, n, &random);
        circuit_exchange(b, low, high, width, n_key, scratch);
        memcpy(wires + n, low, width * sizeof *low);
        memcpy(wires + n + width, high, width * sizeof *high);
        n += 2 * width;
        for (size_t i = next(&random) % 4; i > 0; i--) {
            const wire x = any_wire(wires, n, &random);
            const wire y = any_wire(wires, n, &random);
            wires[n++] = i % 2 == 0 ? circuit_and(b, x, y) : circuit_xor(b, x, y);
        }
    }
    const size_t n_outputs = 1 + next(&random) % (n / (1 + next(&random) % 8));
    for (size_t i = 0; i < n_outputs; i++)
        outputs[i] = any_wire(wires + n / 2, n - n / 2, &random);
    return finish(b, outputs, n_outputs);
}

static void records_compute_what_gates_do(void **state)
{
    uint64_t in[N_INPUTS], of_gates[N_WIRES], of_records[N_WIRES];
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t random = seed * 77;
        pt_circuit *gates = any_circuit(seed, false);
        pt_circuit *records = any_circuit(seed, true);
        for (size_t i = 0; i < N_INPUTS; i++)
            in[i] = (uint64_t)next(&random) << 33 ^ (uint64_t)next(&random) << 13 ^ next(&random);
        eval_both_ways(of_gates, gates, in);
        eval_both_ways(of_records, records, in);
        assert_memory_equal(of_gates, of_records, gates->n_outputs * sizeof *of_gates);
        pt_circuit_free(gates);
        pt_circuit_free(records);
    }
}

/* --- bytes of anybody's making --- */

/* Two rows of four bits exchanged, twice. */
static void put_exchanges(buffer *bytes)
{
    circuit_builder *b = new_builder(8, true);
    wire rows[8], scratch[4];
    for (uint32_t i = 0; i < 8; i++)
        rows[i] = circuit_input(b, i);
    circuit_exchange(b, rows + 4, rows, 4, 2, scratch);
    circuit_exchange(b, rows + 4, rows, 4, 3, scratch);
    pt_circuit *c = finish(b, rows, 8);
    assert_int_equal(c->exchange_width, 4);
    buffer_init(bytes, (size_t)1 << 16);
    circuit_put_compact(bytes, c);
    pt_circuit_free(c);
}

/* Whether the bytes are a circuit; then it is a sound one, of just these bytes. */
static bool are_circuit(const uint8_t *bytes, size_t len)
{
    reader r;
    buffer again;
    pt_circuit *c = NULL;
    reader_init(&r, bytes, len);
    if (circuit_get_compact(&c, &r, false, NULL) != PT_OK)
        return false;
    assert_true(circuit_is_sound(c));
    const bool is_all = reader_done(&r);
    buffer_init(&again, (size_t)1 << 16);
    circuit_put_compact(&again, c);
    if (is_all) {
        assert_int_equal(again.len, len);
        assert_memory_equal(again.bytes, bytes, len);
    }
    buffer_clear(&again);
    pt_circuit_free(c);
    return is_all;
}

static void damaged_exchanges_are_refused(void **state)
{
    buffer bytes;
    (void)state;
    put_exchanges(&bytes);
    assert_true(are_circuit(bytes.bytes, bytes.len));
    for (size_t len = 0; len < bytes.len; len++)
        assert_false(are_circuit(bytes.bytes, len));
    for (size_t i = 0; i < bytes.len; i++) {
        const uint8_t old = bytes.bytes[i];
        for (unsigned value = 0; value < 256; value++) {
            bytes.bytes[i] = (uint8_t)value;
            (void)are_circuit(bytes.bytes, bytes.len);
        }
        bytes.bytes[i] = old;
    }
    buffer_clear(&bytes);
}

/* Where an instruction names registers: low's run, and high's. */
static void rows_of_bad_registers_are_refused(void **state)
{
    static const struct {
        uint8_t width, n_key, low, n_low, high, n_high;
        bool is_sound;
    } cases[] = {
        {4, 2, 0, 4, 4, 4, true},    {4, 2, 4, 4, 0, 4, true},  {4, 2, 0, 4, 3, 4, false},
        {4, 2, 0, 4, 0, 4, false},   {4, 2, 0, 4, 5, 4, false}, {4, 2, 0, 4, 4, 3, false},
        {4, 2, 0, 3, 4, 4, false},   {4, 0, 0, 4, 4, 4, false}, {4, 5, 0, 4, 4, 4, false},
        {0, 0, 0, 4, 4, 4, false},   {3, 2, 0, 4, 4, 4, false}, {5, 2, 0, 4, 4, 4, false},
        {4, 2, 0, 4, 200, 4, false}, {4, 2, 0, 0, 4, 4, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffer bytes;
        put_exchanges(&bytes);
        uint8_t *at = memchr(bytes.bytes, 0x13, bytes.len);
        assert_non_null(at);
        at[1] = cases[i].width;
        at[3] = cases[i].n_key == 2 ? at[3] : cases[i].n_key;
        at[5] = cases[i].low;
        at[9] = cases[i].n_low;
        at[11] = cases[i].high;
        at[15] = cases[i].n_high;
        assert_true(are_circuit(bytes.bytes, bytes.len) == cases[i].is_sound);
        buffer_clear(&bytes);
    }
}

/* --- networks --- */

enum { ROWS = 12, WIDTH = 7, KEY = 3 };

/* Two lists merged, of which the wires of `mask` in each row are read. */
static pt_circuit *network(bool kept, uint32_t mask, uint32_t n_lines)
{
    circuit_builder *b = new_builder(ROWS * WIDTH, kept);
    wire wires[ROWS * WIDTH], outputs[ROWS * WIDTH];
    uint32_t memory[3 * ROWS + WIDTH];
    row_merge m;
    size_t n = 0;
    if (n_lines != 0)
        assert_true(circuit_builder_count_lines(b, n_lines));
    (void)circuit_builder_set_line(b, n_lines);
    for (uint32_t i = 0; i < ROWS * WIDTH; i++)
        wires[i] = circuit_input(b, i);
    rows_merge_begin(&m, &(row_table){b, wires, WIDTH}, memory, ROWS / 2, ROWS - ROWS / 2, KEY);
    rows_merge_until(&m, ROWS - 1);
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t k = 0; k < WIDTH; k++) {
            if ((mask >> k & 1) != 0)
                outputs[n++] = wires[m.order[i] * WIDTH + k];
        }
    }
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, outputs, n, NULL, 0, NULL), PT_OK);
    if (n_lines != 0)
        assert_int_equal(circuit_builder_line_counts(b)[n_lines], c->n_and);
    circuit_builder_free(b);
    return c;
}

/* What nobody reads costs nothing in a record either. */
static void records_have_no_dead_gates(void **state)
{
    (void)state;
    for (uint32_t mask = 0; mask < (uint32_t)1 << WIDTH; mask++) {
        /* Where the whole key is read; else other rules save more, for gates. */
        if ((~mask & ((1u << KEY) - 1)) != 0)
            continue;
        pt_circuit *gates = network(false, mask, 0);
        pt_circuit *records = network(true, mask, mask % 5);
        assert_int_equal(gates->n_and, records->n_and);
        assert_true(records->n_gates <= gates->n_gates);
        assert_true(records->n_registers <= gates->n_registers + WIDTH);
        pt_circuit_free(gates);
        pt_circuit_free(records);
    }
}

/* A record of which nothing is read is not there. */
static void dead_records_vanish(void **state)
{
    circuit_builder *b = new_builder(4, true);
    wire low[2] = {circuit_input(b, 0), circuit_input(b, 1)};
    wire high[2] = {circuit_input(b, 2), circuit_input(b, 3)};
    wire scratch[2];
    (void)state;
    const wire sum = circuit_xor(b, low[0], high[0]);
    circuit_exchange(b, low, high, 2, 2, scratch);
    pt_circuit *c = finish(b, &sum, 1);
    assert_int_equal(c->n_gates, 1);
    pt_circuit_free(c);
}

/* Factoring (passes/factor.c) builds a graph anew, with its records. */
static void records_are_factored(void **state)
{
    circuit_builder *b = new_builder(8, true);
    wire low[2] = {circuit_input(b, 0), circuit_input(b, 1)};
    wire high[2] = {circuit_input(b, 2), wire_not(circuit_input(b, 3))};
    wire scratch[2];
    uint64_t in[8], out[2], swap;
    (void)state;
    circuit_exchange(b, low, high, 2, 1, scratch);
    const wire s = high[1];
    const wire outputs[] = {circuit_xor(b, circuit_and(b, s, circuit_input(b, 4)),
                                        circuit_and(b, s, circuit_input(b, 5))),
                            low[0]};
    pt_circuit *c = finish(b, outputs, 2);
    assert_int_equal(c->n_and, 3 + 1);
    for (size_t i = 0; i < 8; i++)
        in[i] = 0x9e3779b97f4a7c15u * (i + 1);
    eval_both_ways(out, c, in);
    swap = in[0] & ~in[2];
    assert_true(out[0] == (((swap & in[1]) | (~swap & ~in[3])) & (in[4] ^ in[5])));
    assert_true(out[1] == (in[0] & in[2]));
    pt_circuit_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_compute_what_gates_do),
        cmocka_unit_test(damaged_exchanges_are_refused),
        cmocka_unit_test(rows_of_bad_registers_are_refused),
        cmocka_unit_test(records_have_no_dead_gates),
        cmocka_unit_test(dead_records_vanish),
        cmocka_unit_test(records_are_factored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
