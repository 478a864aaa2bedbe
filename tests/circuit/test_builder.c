/* The builder folds and shares without changing what is computed: usage, single rules, and random
 * circuits against a reference that computes every wire as it is asked for. */
#include "support/test.h"

#include "base/mem.h"
#include "circuit/builder.h"
#include "circuit/eval.h"
#include "support/bits.h"

/* Six inputs: lane j holds input assignment j, so 64 lanes are the whole truth table. */
static const uint64_t truth[6] = {0xaaaaaaaaaaaaaaaau, 0xccccccccccccccccu, 0xf0f0f0f0f0f0f0f0u,
                                  0xff00ff00ff00ff00u, 0xffff0000ffff0000u, 0xffffffff00000000u};
static const uint32_t two_parties[2] = {4, 2};

static circuit_builder *new_builder(void)
{
    circuit_builder *b = circuit_builder_new(two_parties, 2, 0);
    assert_non_null(b);
    return b;
}

static pt_circuit *finish(circuit_builder *b, const wire *outputs, size_t n)
{
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, outputs, n, NULL, 0, NULL), PT_OK);
    circuit_builder_free(b);
    return c;
}

static void a_mux_is_one_and(void **state)
{
    (void)state;
    circuit_builder *b = new_builder();
    const wire out = circuit_mux(b, circuit_input(b, 0), circuit_input(b, 1), circuit_input(b, 5));
    pt_circuit *c = finish(b, &out, 1);
    assert_int_equal(c->n_and, 1);
    assert_int_equal(pt_circuit_parties(c), 2);
    assert_int_equal(pt_circuit_input_bits(c, 1), 2);
    uint64_t value;
    assert_int_equal(circuit_eval_lanes(&value, c, truth, NULL), PT_OK);
    assert_true(value == ((truth[0] & truth[1]) | (~truth[0] & truth[5])));
    pt_circuit_free(c);
}

static void rules_fold(void **state)
{
    (void)state;
    circuit_builder *b = new_builder();
    const wire x = circuit_input(b, 0), y = circuit_input(b, 1), z = circuit_input(b, 2);
    const wire xy = circuit_and(b, x, y);
    assert_int_equal(circuit_xor(b, x, x), WIRE_FALSE);
    assert_int_equal(circuit_xor(b, x, wire_not(x)), WIRE_TRUE);
    assert_int_equal(circuit_xor(b, x, WIRE_TRUE), wire_not(x));
    assert_int_equal(circuit_and(b, x, x), x);
    assert_int_equal(circuit_and(b, x, wire_not(x)), WIRE_FALSE);
    assert_int_equal(circuit_or(b, x, wire_not(x)), WIRE_TRUE);
    assert_int_equal(circuit_and(b, y, x), xy);
    assert_int_equal(circuit_and(b, xy, y), xy);
    assert_int_equal(circuit_and(b, wire_not(x), xy), WIRE_FALSE);
    assert_int_equal(circuit_and(b, wire_not(x), wire_not(xy)), wire_not(x));
    assert_int_equal(circuit_xor(b, circuit_xor(b, x, z), circuit_xor(b, z, y)),
                     circuit_xor(b, y, x));
    assert_int_equal(circuit_xor(b, wire_not(circuit_xor(b, x, z)), z), wire_not(x));
    /* All polarities of one AND cost one AND, and OR is one of them. */
    assert_int_equal(circuit_or(b, x, y), wire_not(circuit_and(b, wire_not(x), wire_not(y))));
    (void)circuit_and(b, wire_not(x), y);
    (void)circuit_and(b, x, wire_not(y));
    /* (x & y) | (x & !y) = x */
    assert_int_equal(circuit_or(b, xy, circuit_and(b, x, wire_not(y))), x);
    assert_int_equal(circuit_builder_and_count(b), 1);
    /* Nested choices by the same wire. */
    assert_int_equal(circuit_mux(b, x, circuit_mux(b, x, y, z), z), circuit_mux(b, x, y, z));
    assert_int_equal(circuit_builder_and_count(b), 2);
    /* The branches exclude each other, so joining them is free. */
    (void)circuit_or(b, circuit_and(b, x, z), circuit_and(b, wire_not(x), y));
    assert_int_equal(circuit_builder_and_count(b), 3);
    circuit_builder_free(b);
}

/* Where a number is compared with a constant its bits are known, however many there are. */
static void a_comparison_tells_its_bits(void **state)
{
    (void)state;
    for (unsigned number = 0; number < 64; number++) {
        circuit_builder *b = new_builder();
        wire out[24], equal = WIRE_TRUE;
        uint64_t is_equal = UINT64_MAX;
        for (unsigned i = 0; i < 6; i++) {
            equal = circuit_and(b, equal, circuit_input(b, i) ^ wire_const((number >> i & 1) == 0));
            is_equal &= truth[i] ^ ((number >> i & 1) != 0 ? 0 : UINT64_MAX);
        }
        for (unsigned i = 0; i < 24; i++) /* bit, its complement; with equal, its complement */
            out[i] = circuit_and(b, equal ^ (i / 2 % 2), circuit_input(b, i / 4) ^ (i % 2));
        assert_int_equal(circuit_builder_and_count(b), 5);
        pt_circuit *c = finish(b, out, 24);
        uint64_t values[24];
        assert_int_equal(circuit_eval_lanes(values, c, truth, NULL), PT_OK);
        for (unsigned i = 0; i < 24; i++)
            assert_true(values[i] == ((i / 2 % 2 == 0 ? is_equal : ~is_equal) &
                                      (i % 2 == 0 ? truth[i / 4] : ~truth[i / 4])));
        pt_circuit_free(c);
    }
}

static void dead_gates_go_and_constants_stay_away(void **state)
{
    (void)state;
    circuit_builder *b = new_builder();
    const wire x = circuit_input(b, 0), y = circuit_input(b, 1);
    (void)circuit_and(b, x, y);
    const wire outputs[] = {circuit_xor(b, x, y), x, x};
    pt_circuit *c = finish(b, outputs, 3);
    assert_int_equal(c->n_gates, 1);
    assert_int_equal(c->outputs[1], 0);
    pt_circuit_free(c);

    b = new_builder();
    const wire constants[] = {WIRE_TRUE, WIRE_FALSE, WIRE_TRUE, wire_not(circuit_input(b, 3))};
    c = finish(b, constants, 4);
    assert_int_equal(c->n_gates, 3);
    uint64_t values[4];
    assert_int_equal(circuit_eval_lanes(values, c, truth, NULL), PT_OK);
    assert_true(values[0] == UINT64_MAX && values[1] == 0 && values[2] == UINT64_MAX &&
                values[3] == ~truth[3]);
    pt_circuit_free(c);
}

static void nots_are_shared_and_moved_into_xors(void **state)
{
    (void)state;
    circuit_builder *b = new_builder();
    const wire x = circuit_input(b, 0), y = circuit_input(b, 1), z = circuit_input(b, 2);
    const wire sum = circuit_xor(b, x, y);
    const wire outputs[] = {circuit_and(b, wire_not(x), z), wire_not(sum), wire_not(x)};
    pt_circuit *c = finish(b, outputs, 3);
    assert_int_equal(c->n_gates, 3); /* NOT x, AND, XOR of NOT x and y */
    uint64_t values[3];
    assert_int_equal(circuit_eval_lanes(values, c, truth, NULL), PT_OK);
    assert_true(values[1] == ~(truth[0] ^ truth[1]));
    pt_circuit_free(c);
}

/* A NOT gate comes with its first reader: until then one register has both polarities. */
static void nots_come_late(void **state)
{
    (void)state;
    const uint32_t inputs[1] = {65};
    wire outputs[66];
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    wire x[64];
    outputs[64] = WIRE_FALSE;
    outputs[65] = circuit_input(b, 64);
    for (uint32_t i = 0; i < 64; i++)
        x[i] = circuit_and(b, circuit_input(b, i), circuit_input(b, (i + 1) % 64));
    for (uint32_t i = 0; i < 64; i++)
        outputs[64] = circuit_xor(b, outputs[64], circuit_and(b, x[i], outputs[65]));
    for (uint32_t i = 0; i < 64; i++)
        outputs[65] = circuit_and(b, outputs[65], wire_not(x[i]));
    pt_circuit *c = finish(b, outputs + 64, 2);
    assert_in_range(c->n_registers, 65, 65 + 8);
    pt_circuit_free(c);
}

static void common_operands_are_factored_out(void **state)
{
    (void)state;
    circuit_builder *b = new_builder();
    wire in[6];
    for (uint32_t i = 0; i < 6; i++)
        in[i] = circuit_input(b, i);
    const wire sum = circuit_xor(
        b, circuit_and(b, in[0], in[1]),
        circuit_xor(b, circuit_and(b, in[0], in[2]), wire_not(circuit_and(b, in[0], in[3]))));
    const wire any = circuit_or(b, circuit_and(b, in[5], in[1]), circuit_and(b, in[4], in[5]));
    const wire outputs[] = {sum, any};
    pt_circuit *c = finish(b, outputs, 2);
    assert_int_equal(c->n_and, 3); /* instead of 6 */
    uint64_t values[2];
    assert_int_equal(circuit_eval_lanes(values, c, truth, NULL), PT_OK);
    assert_true(values[0] == ~(truth[0] & (truth[1] ^ truth[2] ^ truth[3])));
    assert_true(values[1] == (truth[5] & (truth[1] | truth[4])));
    pt_circuit_free(c);

    /* Not if the ANDs are wanted anyway. */
    b = new_builder();
    const wire p = circuit_and(b, in[0], in[1]), q = circuit_and(b, in[0], in[2]);
    const wire wanted[] = {p, q, circuit_xor(b, p, q)};
    c = finish(b, wanted, 3);
    assert_int_equal(c->n_and, 2);
    pt_circuit_free(c);
}

static void output_values_are_kept(void **state)
{
    (void)state;
    circuit_builder *b = new_builder();
    wire outputs[6];
    for (uint32_t i = 0; i < 6; i++)
        outputs[i] = circuit_input(b, i);
    const uint32_t widths[] = {1, 0, 5};
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, outputs, 6, widths, 3, NULL), PT_OK);
    assert_int_equal(pt_circuit_output_values(c), 3);
    assert_int_equal(pt_circuit_output_value_bits(c, 2), 5);
    assert_int_equal(pt_circuit_output_value_bits(c, 3), 0);
    pt_circuit_free(c);
    circuit_builder_free(b);
}

static uint32_t next_random(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return *random;
}

enum { POOL = 300 };

typedef struct pool {
    wire wires[POOL];
    uint64_t values[POOL];
    size_t n;
} pool;

/* A random operation on recent and old wires, with its value. */
static void grow_pool(circuit_builder *b, pool *p, uint32_t *random)
{
    size_t at[3];
    uint64_t v[3];
    wire w[3];
    for (int i = 0; i < 3; i++) {
        const uint32_t r = next_random(random);
        const size_t reach = (r & 0x300) == 0 || p->n < 8 ? p->n : 8;
        at[i] = p->n - 1 - (r >> 10) % reach;
        const bool negate = (r & 1) != 0;
        w[i] = negate ? wire_not(p->wires[at[i]]) : p->wires[at[i]];
        v[i] = negate ? ~p->values[at[i]] : p->values[at[i]];
    }
    switch (next_random(random) % 5) {
    case 0:
    case 1:
        p->wires[p->n] = circuit_and(b, w[0], w[1]);
        p->values[p->n++] = v[0] & v[1];
        break;
    case 2:
        p->wires[p->n] = circuit_or(b, w[0], w[1]);
        p->values[p->n++] = v[0] | v[1];
        break;
    case 3:
        p->wires[p->n] = circuit_xor(b, w[0], w[1]);
        p->values[p->n++] = v[0] ^ v[1];
        break;
    default:
        p->wires[p->n] = circuit_mux(b, w[0], w[1], w[2]);
        p->values[p->n++] = (v[0] & v[1]) | (~v[0] & v[2]);
        break;
    }
}

static void random_circuits_equal_the_reference(void **state)
{
    (void)state;
    uint32_t random = 88172645;
    for (int round = 0; round < 400; round++) {
        circuit_builder *b = new_builder();
        pool p = {.n = 0};
        const uint32_t n_inputs = 1 + next_random(&random) % 6;
        for (uint32_t i = 0; i < n_inputs; i++) {
            p.wires[p.n] = circuit_input(b, i);
            p.values[p.n++] = truth[i];
        }
        while (p.n < POOL)
            grow_pool(b, &p, &random);
        /* All wires as outputs, then only the last few, so that polarity choices show. */
        const size_t first = round % 2 == 0 ? 0 : POOL - 5;
        pt_circuit *c = finish(b, p.wires + first, POOL - first);
        uint64_t values[POOL];
        assert_int_equal(circuit_eval_lanes(values, c, truth, NULL), PT_OK);
        for (size_t i = first; i < POOL; i++)
            assert_true(values[i - first] == p.values[i]);
        assert_true(circuit_is_sound(c));
        pt_circuit_free(c);
    }
}

/* Nodes with many readers and with few: what was built is found again, whatever the table had to
 * grow in between, and nothing else is. */
static void many_gates_are_each_built_once(void **state)
{
    (void)state;
    enum { N = 300 };
    static const uint32_t inputs[2] = {N, N};
    circuit_builder *b = circuit_builder_new(inputs, 2, 0);
    assert_non_null(b);
    wire *made = mem_new((size_t)N * N * 2, sizeof *made);
    assert_non_null(made);
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < N; i++) {
            for (uint32_t k = 0; k < N; k++) {
                const wire x = circuit_input(b, i), y = circuit_input(b, N + k);
                wire *of_pair = &made[(i * N + k) * 2];
                const wire both = circuit_and(b, x, y);
                const wire either = circuit_xor(b, x, y);
                if (round == 0) {
                    assert_int_equal(both / 2, 1 + 2 * N + (i * N + k) * 2);
                    assert_int_equal(either / 2, both / 2 + 1);
                    of_pair[0] = both;
                    of_pair[1] = either;
                }
                assert_int_equal(both, of_pair[0]);
                assert_int_equal(either, of_pair[1]);
            }
        }
    }
    assert_int_equal(circuit_builder_and_count(b), N * N);
    mem_free(made);
    circuit_builder_free(b);
}

/* Instructions take the place of the graph, also where they take more room: far operands, and a NOT
 * for each gate. */
static void instructions_may_be_longer_than_gates(void **state)
{
    (void)state;
    enum { N_GATES = 6000, N_INPUTS = 200000 };
    static const uint32_t inputs[1] = {N_INPUTS};
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    wire *outputs = mem_new(2 * N_GATES, sizeof *outputs);
    uint8_t *bits = mem_new(N_INPUTS, 1);
    uint8_t *result = mem_new(2 * N_GATES, 1);
    assert_true(b != NULL && outputs != NULL && bits != NULL && result != NULL);
    for (uint32_t i = 0; i < N_INPUTS; i++)
        bits[i] = i % 7 < 4;
    for (uint32_t i = 0; i < N_GATES; i++) {
        outputs[2 * i] = circuit_and(b, circuit_input(b, i), circuit_input(b, 100000 - i));
        outputs[2 * i + 1] = wire_not(outputs[2 * i]);
    }
    pt_circuit *c = finish(b, outputs, 2 * N_GATES);
    assert_true(c->code_len > N_GATES * sizeof(gate));
    assert_int_equal(eval_bits(result, c, bits, NULL), PT_OK);
    for (uint32_t i = 0; i < 2 * N_GATES; i++)
        assert_int_equal(result[i], (bits[i / 2] & bits[100000 - i / 2]) ^ i % 2);
    pt_circuit_free(c);
    mem_free(outputs);
    mem_free(bits);
    mem_free(result);
}

static void constant_inputs_leave_no_gate(void **state)
{
    (void)state;
    uint32_t random = 2463534242u;
    circuit_builder *b = new_builder();
    pool p = {.wires = {WIRE_FALSE, WIRE_TRUE}, .values = {0, UINT64_MAX}, .n = 2};
    while (p.n < POOL)
        grow_pool(b, &p, &random);
    for (size_t i = 0; i < POOL; i++)
        assert_int_equal(p.wires[i], wire_const(p.values[i] != 0));
    circuit_builder_free(b);
}

static void limits_are_sticky(void **state)
{
    (void)state;
    pt_error error;
    pt_circuit *c = NULL;
    circuit_builder *b = circuit_builder_new(two_parties, 2, 3);
    wire w = circuit_input(b, 0);
    for (uint32_t i = 1; i < 6; i++)
        w = circuit_and(b, w, circuit_input(b, i));
    assert_true(circuit_builder_failed(b));
    assert_int_equal(w, WIRE_FALSE);
    assert_int_equal(circuit_builder_finish(&c, b, &w, 1, NULL, 0, &error), PT_ERR_LIMIT);
    assert_non_null(strstr(error.message, "more than 3 gates"));
    assert_null(c);
    circuit_builder_free(b);

    const uint32_t huge[2] = {UINT32_MAX, UINT32_MAX};
    b = circuit_builder_new(huge, 2, 0);
    assert_non_null(b);
    assert_int_equal(circuit_builder_finish(&c, b, NULL, 0, NULL, 0, &error), PT_ERR_LIMIT);
    circuit_builder_free(b);
}

/* Builds and finishes with the n-th allocation failing; true when all went well. */
static bool build_with_failure(unsigned long nth)
{
    pt_circuit *c = NULL;
    bool good = false;
    mem_fail_at(nth);
    circuit_builder *b = circuit_builder_new(two_parties, 2, 0);
    if (b != NULL) {
        uint32_t random = 12345;
        pool p = {.n = 0};
        for (uint32_t i = 0; i < 6; i++)
            p.wires[p.n++] = circuit_input(b, i);
        while (p.n < POOL)
            grow_pool(b, &p, &random);
        /* Distinct gates, on nodes with many readers among others, until the tables have grown. */
        wire w = p.wires[POOL - 1];
        wire last[32] = {WIRE_FALSE};
        for (uint32_t i = 0; i < 1000; i++)
            w = last[i % 32] =
                circuit_and(b, wire_not(w), circuit_xor(b, w, circuit_input(b, i % 6)));
        for (size_t i = 1; i < 32; i++) {
            for (size_t k = 0; k < i; k++)
                w = circuit_or(b, w, circuit_xor(b, last[i], last[k]));
        }
        p.wires[0] = w;
        /* A common operand to factor out when finishing. */
        p.wires[1] = circuit_xor(b, circuit_and(b, w, p.wires[2]), circuit_and(b, w, p.wires[3]));
        const pt_status status = circuit_builder_finish(&c, b, p.wires, POOL, NULL, 0, NULL);
        assert_true(status == PT_OK || status == PT_ERR_MEMORY);
        good = status == PT_OK;
    }
    mem_fail_at(0);
    assert_true(good == (c != NULL));
    pt_circuit_free(c);
    circuit_builder_free(b);
    return good;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    unsigned long nth = 1;
    while (!build_with_failure(nth))
        nth++;
    assert_true(nth > 10);
}

static void evaluation_checks_bits_and_memory(void **state)
{
    (void)state;
    circuit_builder *b = new_builder();
    const wire out = circuit_and(b, circuit_input(b, 0), circuit_input(b, 5));
    pt_circuit *c = finish(b, &out, 1);
    uint8_t bits[6] = {1, 0, 0, 0, 0, 1};
    uint8_t result = 7;
    assert_int_equal(eval_bits(&result, c, bits, NULL), PT_OK);
    assert_int_equal(result, 1);
    for (unsigned long nth = 1; nth <= 3; nth++) {
        mem_fail_at(nth);
        result = 7;
        assert_int_equal(eval_bits(&result, c, bits, NULL), PT_ERR_MEMORY);
        assert_int_equal(result, 0);
    }
    mem_fail_at(0);
    bits[3] = 2;
    pt_error error;
    assert_int_equal(eval_bits(&result, c, bits, &error), PT_ERR_INPUT);
    pt_circuit_free(c);
}

static void gates_count_for_the_line_that_built_them(void **state)
{
    (void)state;
    circuit_builder *b = new_builder();
    assert_true(circuit_builder_count_lines(b, 4));
    const wire x = circuit_input(b, 0);
    const wire y = circuit_input(b, 1);
    const wire z = circuit_input(b, 2);
    assert_int_equal(circuit_builder_set_line(b, 1), 0);
    const wire xy = circuit_and(b, x, y);
    assert_int_equal(circuit_builder_set_line(b, 2), 1);
    (void)circuit_and(b, y, z); /* dead */
    const wire shared = circuit_and(b, x, y);
    (void)circuit_builder_set_line(b, 3);
    const wire xz = circuit_and(b, x, z);
    (void)circuit_builder_set_line(b, 9); /* there is no such line */
    const wire outputs[] = {circuit_and(b, shared, z), xy, xz};
    pt_circuit *c = NULL;
    assert_int_equal(circuit_builder_finish(&c, b, outputs, 3, NULL, 0, NULL), PT_OK);
    const uint32_t expected[] = {1, 1, 0, 1, 0};
    assert_memory_equal(circuit_builder_line_counts(b), expected, sizeof expected);
    assert_int_equal(c->n_and, 3);
    pt_circuit_free(c);
    circuit_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mux_is_one_and),
        cmocka_unit_test(rules_fold),
        cmocka_unit_test(a_comparison_tells_its_bits),
        cmocka_unit_test(dead_gates_go_and_constants_stay_away),
        cmocka_unit_test(nots_are_shared_and_moved_into_xors),
        cmocka_unit_test(nots_come_late),
        cmocka_unit_test(common_operands_are_factored_out),
        cmocka_unit_test(gates_count_for_the_line_that_built_them),
        cmocka_unit_test(output_values_are_kept),
        cmocka_unit_test(random_circuits_equal_the_reference),
        cmocka_unit_test(many_gates_are_each_built_once),
        cmocka_unit_test(instructions_may_be_longer_than_gates),
        cmocka_unit_test(constant_inputs_leave_no_gate),
        cmocka_unit_test(limits_are_sticky),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(evaluation_checks_bits_and_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
