/* The panic code: first panic of the path taken, and what it costs. */
#include "support/test.h"

#include "lang/value/panic.h"
#include "support/bits.h"

#define N_INPUTS 4

typedef struct fixture {
    circuit_builder *builder;
    panics panics;
} fixture;

static int setup(void **state)
{
    static fixture f;
    const uint32_t inputs[] = {N_INPUTS};
    f.builder = circuit_builder_new(inputs, 1, 0);
    panics_init(&f.panics, f.builder);
    *state = &f;
    return f.builder == NULL;
}

static int teardown(void **state)
{
    fixture *f = *state;
    panics_clear(&f->panics);
    circuit_builder_free(f->builder);
    return 0;
}

static span line(uint32_t n)
{
    return (span){n, 1, n, 2};
}

/* Raises overflow at line `n` if input i is set. */
static void raise_input(fixture *f, uint32_t i, uint32_t n)
{
    assert_true(panic_raise(&f->panics, circuit_input(f->builder, i), PANIC_OVERFLOW, line(n)));
}

/* The line of the panic for each input pattern, 0 for none; returns the AND gates. */
static uint64_t lines_of(fixture *f, uint32_t lines[1 << N_INPUTS])
{
    const unsigned n_bits = panic_code_bits(f->panics.n_sites);
    pt_circuit *circuit = NULL;
    pt_circuit_stats stats;
    pt_error error;
    assert_int_equal(
        circuit_builder_finish(&circuit, f->builder, f->panics.code, n_bits, NULL, 0, &error),
        PT_OK);
    for (unsigned in = 0; in < 1 << N_INPUTS; in++) {
        uint8_t inputs[N_INPUTS];
        uint8_t code[PANIC_MAX_CODE_BITS];
        unsigned value = 0;
        for (unsigned i = 0; i < N_INPUTS; i++)
            inputs[i] = in >> i & 1;
        assert_int_equal(eval_bits(code, circuit, inputs, &error), PT_OK);
        for (unsigned i = 0; i < n_bits; i++)
            value |= (unsigned)code[i] << i;
        assert_true(value <= f->panics.n_sites);
        lines[in] = value == 0 ? 0 : f->panics.sites[value - 1].at.line;
    }
    pt_circuit_get_stats(&stats, circuit);
    pt_circuit_free(circuit);
    return stats.and_gates;
}

static void the_first_one_wins(void **state)
{
    fixture *f = *state;
    uint32_t lines[1 << N_INPUTS];
    for (uint32_t i = 0; i < N_INPUTS; i++)
        raise_input(f, i, i + 10);
    assert_int_equal(lines_of(f, lines), N_INPUTS - 1);
    assert_int_equal(lines[0], 0);
    for (unsigned in = 1; in < 1 << N_INPUTS; in++) {
        uint32_t first = 0;
        while ((in >> first & 1) == 0)
            first++;
        assert_int_equal(lines[in], first + 10);
    }
}

static void sites_are_shared_and_constants_free(void **state)
{
    fixture *f = *state;
    uint32_t lines[1 << N_INPUTS];
    assert_true(panic_raise(&f->panics, WIRE_FALSE, PANIC_OVERFLOW, line(1)));
    assert_int_equal(f->panics.n_sites, 0);
    raise_input(f, 0, 7);
    raise_input(f, 0, 8); /* cannot be first */
    assert_int_equal(f->panics.n_sites, 1);
    raise_input(f, 1, 7);
    assert_int_equal(f->panics.n_sites, 1);
    assert_true(panic_raise(&f->panics, WIRE_TRUE, PANIC_OUT_OF_BOUNDS, line(9)));
    raise_input(f, 2, 10);
    assert_int_equal(lines_of(f, lines), 1);
    assert_int_equal(lines[0], 9);
    assert_int_equal(lines[1], 7);
    assert_int_equal(lines[2], 7);
    assert_int_equal(lines[4], 9);
}

/* A division has two reasons at one place. */
static void reasons_at_one_place_are_apart(void **state)
{
    fixture *f = *state;
    raise_input(f, 0, 7);
    assert_true(
        panic_raise(&f->panics, circuit_input(f->builder, 1), PANIC_DIVISION_BY_ZERO, line(7)));
    assert_int_equal(f->panics.n_sites, 2);
    assert_int_equal(f->panics.sites[0].reason, PANIC_OVERFLOW);
    assert_int_equal(f->panics.sites[1].reason, PANIC_DIVISION_BY_ZERO);
}

/* if input 0 { input 1 panics at 1 } else { input 1 panics at 2 }; input 1 panics at 3;
 * input 2 panics at 4 */
static void branches_exclude_each_other(void **state)
{
    fixture *f = *state;
    uint32_t lines[1 << N_INPUTS];
    panic_fork fork;
    panic_fork_begin(&fork, &f->panics);
    panic_arm_begin(&f->panics, &fork, circuit_input(f->builder, 0));
    raise_input(f, 1, 1);
    panic_arm_end(&f->panics, &fork);
    panic_arm_begin(&f->panics, &fork, wire_not(circuit_input(f->builder, 0)));
    raise_input(f, 2, 2);
    panic_arm_end(&f->panics, &fork);
    panic_fork_end(&f->panics, &fork);
    raise_input(f, 1, 3);
    raise_input(f, 2, 4);
    (void)lines_of(f, lines);
    for (unsigned in = 0; in < 1 << N_INPUTS; in++) {
        const bool c = (in & 1) != 0;
        const bool x = (in & 2) != 0;
        const bool y = (in & 4) != 0;
        const uint32_t expected = c && x ? 1 : !c && y ? 2 : x ? 3 : y ? 4 : 0;
        assert_int_equal(lines[in], expected);
    }
}

static void a_branch_without_panics_costs_nothing(void **state)
{
    fixture *f = *state;
    uint32_t lines[1 << N_INPUTS];
    panic_fork fork;
    raise_input(f, 0, 1);
    panic_fork_begin(&fork, &f->panics);
    panic_arm_begin(&f->panics, &fork, circuit_input(f->builder, 1));
    panic_arm_end(&f->panics, &fork);
    panic_fork_end(&f->panics, &fork);
    raise_input(f, 2, 2);
    assert_int_equal(lines_of(f, lines), 1);
    assert_int_equal(lines[4], 2);
}

static void codes_have_as_many_bits_as_needed(void **state)
{
    (void)state;
    assert_int_equal(panic_code_bits(0), 0);
    assert_int_equal(panic_code_bits(1), 1);
    assert_int_equal(panic_code_bits(2), 2);
    assert_int_equal(panic_code_bits(3), 2);
    assert_int_equal(panic_code_bits(4), 3);
}

static void many_sites(void **state)
{
    fixture *f = *state;
    for (uint32_t n = 1; n <= 1000; n++) {
        const wire w = circuit_xor(f->builder, circuit_input(f->builder, n % 2),
                                   circuit_input(f->builder, 2 + n % 2));
        assert_true(panic_raise(&f->panics, w, PANIC_DIVISION_BY_ZERO, line(n)));
    }
    assert_int_equal(f->panics.n_sites, 2); /* two conditions */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_one_wins),
        TEST(sites_are_shared_and_constants_free),
        TEST(reasons_at_one_place_are_apart),
        TEST(branches_exclude_each_other),
        TEST(a_branch_without_panics_costs_nothing),
        TEST(codes_have_as_many_bits_as_needed),
        TEST(many_sites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
