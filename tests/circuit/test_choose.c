/* Choosing among values against trying the conditions in turn, and which wires exclude each other.
 */
#include "support/test.h"

#include "base/mem.h"
#include "circuit/arith.h"
#include "circuit/eval.h"

/* Inputs: 4 bits to compare, 6 conditions, 6 bits for values. */
enum { N_NUMBER = 4, N_FREE = 6, N_BITS = 6, N_INPUTS = N_NUMBER + N_FREE + N_BITS };
enum { MAX_VALUES = 16, MAX_WIDTH = 3 };

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A constant, an input bit or its complement. */
static wire random_bit(circuit_builder *b, uint32_t *random)
{
    const uint32_t k = next_random(random) % (2 + 2 * N_BITS);
    return k < 2 ? k : circuit_input(b, N_NUMBER + N_FREE + (k - 2) / 2) ^ (k & 1u);
}

static uint64_t lanes_of(const circuit_builder *b, wire w, const uint64_t *in)
{
    uint32_t i;
    if (wire_is_const(w))
        return w == WIRE_TRUE ? UINT64_MAX : 0;
    assert_true(circuit_is_input(&i, b, w & ~(wire)1));
    return in[i] ^ ((w & 1u) != 0 ? UINT64_MAX : 0);
}

typedef struct choice_case {
    size_t n, width;
    bool numbers;      /* conditions compare the number with 0, 1, .. */
    bool is_exclusive; /* and that is told */
} choice_case;

static uint64_t condition_lanes(const choice_case *c, size_t i, const uint64_t *in)
{
    uint64_t holds = UINT64_MAX;
    if (!c->numbers)
        return in[N_NUMBER + i];
    for (size_t k = 0; k < N_NUMBER; k++)
        holds &= (i >> (N_NUMBER - 1 - k) & 1) != 0 ? in[k] : ~in[k];
    return holds;
}

static void make_conditions(circuit_builder *b, wire *conditions, const choice_case *c)
{
    wire number[N_NUMBER], constant[N_NUMBER];
    for (size_t k = 0; k < N_NUMBER; k++)
        number[k] = circuit_input(b, (uint32_t)k);
    for (size_t i = 0; i + 1 < c->n; i++) {
        arith_const(constant, N_NUMBER, i);
        conditions[i] = c->numbers ? arith_equal(b, number, constant, N_NUMBER)
                                   : circuit_input(b, (uint32_t)(N_NUMBER + i));
    }
}

static void check_case(const choice_case *c, uint32_t seed)
{
    const uint32_t inputs[1] = {N_INPUTS};
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    assert_non_null(b);
    wire values[MAX_VALUES * MAX_WIDTH], conditions[MAX_VALUES], out[MAX_WIDTH];
    uint64_t in[N_INPUTS], expected[MAX_WIDTH], got[MAX_WIDTH];
    uint32_t random = seed;
    for (size_t i = 0; i < c->n * c->width; i++)
        values[i] = random_bit(b, &random);
    make_conditions(b, conditions, c);
    for (size_t i = 0; i < N_INPUTS; i++)
        in[i] = (uint64_t)next_random(&random) << 40 ^ (uint64_t)next_random(&random) << 20 ^
                next_random(&random);
    for (size_t j = 0; j < c->width; j++) {
        expected[j] = lanes_of(b, values[(c->n - 1) * c->width + j], in);
        for (size_t i = c->n - 1; i-- > 0;) {
            const uint64_t holds = condition_lanes(c, i, in);
            expected[j] =
                (holds & lanes_of(b, values[i * c->width + j], in)) | (~holds & expected[j]);
        }
    }
    const arith_choice choice = {.n = c->n,
                                 .width = c->width,
                                 .values = values,
                                 .conditions = conditions,
                                 .exclusive = c->is_exclusive ? conditions : NULL};
    arith_choose(b, out, &choice);
    pt_circuit *circuit = NULL;
    assert_int_equal(circuit_builder_finish(&circuit, b, out, c->width, NULL, 0, NULL), PT_OK);
    assert_int_equal(circuit_eval_lanes(got, circuit, in, NULL), PT_OK);
    for (size_t j = 0; j < c->width; j++)
        assert_true(got[j] == expected[j]);
    pt_circuit_free(circuit);
    circuit_builder_free(b);
}

static void the_first_condition_that_holds_chooses(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 1000; seed++) {
        const size_t width = 1 + seed % MAX_WIDTH;
        check_case(&(choice_case){2 + seed % N_FREE, width, false, false}, seed);
        check_case(&(choice_case){2 + seed % (MAX_VALUES - 1), width, true, false}, seed);
        check_case(&(choice_case){2 + seed % (MAX_VALUES - 1), width, true, true}, seed);
    }
}

/* Constants chosen by exclusive conditions cost nothing, equal wires one AND, a chain is kept where
 * it is cheaper. */
static void choosing_costs_what_differs(void **state)
{
    (void)state;
    const uint32_t inputs[1] = {N_INPUTS};
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    wire conditions[MAX_VALUES], out[1];
    wire values[8] = {0, 1, 1, 0, 1, 0, 0, circuit_input(b, N_NUMBER)};
    make_conditions(b, conditions, &(choice_case){8, 1, true, true});
    uint32_t before = circuit_builder_and_count(b);
    arith_choose(b, out, &(arith_choice){8, 1, values, conditions, conditions});
    assert_int_equal(circuit_builder_and_count(b), before + 1);
    values[1] = values[4] = wire_not(values[7]);
    before = circuit_builder_and_count(b);
    arith_choose(b, out, &(arith_choice){8, 1, values, conditions, conditions});
    assert_int_equal(circuit_builder_and_count(b), before + 1);
    make_conditions(b, conditions, &(choice_case){3, 1, false, false});
    before = circuit_builder_and_count(b);
    values[1] = circuit_input(b, N_NUMBER + 3);
    arith_choose(b, out, &(arith_choice){3, 1, values, conditions, NULL});
    assert_true(circuit_builder_and_count(b) <= before + 2);
    circuit_builder_free(b);
}

static void comparisons_with_constants_exclude_each_other(void **state)
{
    (void)state;
    const uint32_t inputs[1] = {N_INPUTS};
    circuit_builder *b = circuit_builder_new(inputs, 1, 0);
    wire w[1 << N_NUMBER];
    make_conditions(b, w, &(choice_case){1 + (1 << N_NUMBER), 1, true, true});
    assert_true(circuit_are_exclusive(b, w, 1 << N_NUMBER));
    assert_true(circuit_are_exclusive(b, w, 1));
    assert_true(circuit_are_exclusive(b, w, 0));
    const wire kept = w[3];
    w[3] = w[9];
    assert_false(circuit_are_exclusive(b, w, 1 << N_NUMBER));
    w[3] = circuit_and(b, kept, circuit_input(b, N_NUMBER)); /* would, but other bits */
    assert_false(circuit_are_exclusive(b, w, 1 << N_NUMBER));
    w[3] = circuit_input(b, N_NUMBER);
    assert_false(circuit_are_exclusive(b, w, 1 << N_NUMBER));
    const wire both[] = {circuit_input(b, 0), circuit_input(b, 1)};
    assert_false(circuit_are_exclusive(b, both, 2));
    const wire either[] = {circuit_input(b, 0), wire_not(circuit_input(b, 0))};
    assert_true(circuit_are_exclusive(b, either, 2));
    circuit_builder_free(b);
}

static void failures_are_the_builders(void **state)
{
    (void)state;
    const uint32_t inputs[1] = {N_INPUTS};
    for (unsigned long nth = 1; nth <= 3; nth++) {
        circuit_builder *b = circuit_builder_new(inputs, 1, 0);
        const wire conditions[2] = {circuit_input(b, 0), circuit_input(b, 1)};
        const wire values[3] = {circuit_input(b, 3), WIRE_FALSE, WIRE_TRUE};
        /* The builder has its memory before. */
        wire out = circuit_and(b, conditions[0], conditions[1]);
        mem_fail_at(nth);
        arith_choose(b, &out, &(arith_choice){3, 1, values, conditions, NULL});
        assert_int_equal(circuit_builder_failed(b), nth < 3);
        mem_fail_at(1);
        assert_false(circuit_are_exclusive(b, conditions, 2));
        mem_fail_at(0);
        assert_true(circuit_builder_failed(b));
        circuit_builder_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_condition_that_holds_chooses),
        cmocka_unit_test(choosing_costs_what_differs),
        cmocka_unit_test(comparisons_with_constants_exclude_each_other),
        cmocka_unit_test(failures_are_the_builders),
    };
    return cmocka_run_group_tests_name("circuit.choose", tests, NULL, NULL);
}
