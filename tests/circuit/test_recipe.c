/* Every function of four bits comes out right, with at most three ANDs and as few as its degree
 * allows. */
#include "support/test.h"

#include "base/mem.h"
#include "circuit/eval.h"
#include "circuit/passes/recipe.h"

/* The degree of a function: the most inputs in a product of its algebraic normal form. */
static unsigned degree(unsigned table)
{
    unsigned most = 0;
    for (unsigned m = 0; m < 16; m++) {
        unsigned coefficient = 0;
        for (unsigned x = 0; x < 16; x++)
            coefficient ^= (x & m) == x ? table >> x & 1 : 0;
        const unsigned size = (m & 1) + (m >> 1 & 1) + (m >> 2 & 1) + (m >> 3 & 1);
        if (coefficient != 0 && size > most)
            most = size;
    }
    return most;
}

enum { BATCH = 4096 };

/* Builds and evaluates BATCH functions at once, on all sixteen inputs. */
static void check_outcomes(const recipe *recipes, uint32_t first)
{
    static const uint64_t values[4] = {0xaaaa, 0xcccc, 0xf0f0, 0xff00};
    static uint64_t results[BATCH];
    static wire out[BATCH];
    const uint32_t n_inputs[1] = {4};
    circuit_builder *b = circuit_builder_new(n_inputs, 1, 0);
    pt_circuit *c = NULL;
    wire inputs[4];
    for (uint32_t i = 0; i < 4; i++)
        inputs[i] = circuit_input(b, i);
    for (uint32_t i = 0; i < BATCH; i++)
        out[i] = recipe_build(b, recipes, (uint16_t)(first + i), inputs);
    assert_int_equal(circuit_builder_finish(&c, b, out, BATCH, NULL, 0, NULL), PT_OK);
    assert_int_equal(circuit_eval_lanes(results, c, values, NULL), PT_OK);
    for (uint32_t i = 0; i < BATCH; i++)
        assert_int_equal(results[i] & 0xffff, first + i);
    pt_circuit_free(c);
    circuit_builder_free(b);
}

static void check_cost(const recipe *recipes, uint16_t table)
{
    const uint32_t n_inputs[1] = {4};
    circuit_builder *b = circuit_builder_new(n_inputs, 1, 0);
    const unsigned n_ands = recipes[recipe_of(table)].n_ands;
    const unsigned d = degree(table);
    wire inputs[4];
    for (uint32_t i = 0; i < 4; i++)
        inputs[i] = circuit_input(b, i);
    (void)recipe_build(b, recipes, table, inputs);
    assert_in_range(circuit_builder_and_count(b), 0, n_ands);
    /* A function of degree d needs d - 1 at least; of four inputs, one more only when quadratic. */
    assert_in_range(n_ands, d < 2 ? 0 : d - 1, d < 2 ? 0 : (d == 2 ? 2 : d - 1));
    circuit_builder_free(b);
}

static void test_all_functions(void **state)
{
    recipe recipes[RECIPE_COUNT];
    (void)state;
    recipes_make(recipes);
    for (uint32_t table = 0; table < 65536; table += BATCH)
        check_outcomes(recipes, table);
    for (uint32_t table = 0; table < 65536; table++)
        check_cost(recipes, (uint16_t)table);
}

/* How many functions, up to affine ones, need how many ANDs: the sizes of the eight classes. */
static void test_class_sizes(void **state)
{
    recipe recipes[RECIPE_COUNT];
    size_t counts[4] = {0};
    (void)state;
    recipes_make(recipes);
    for (size_t i = 0; i < RECIPE_COUNT; i++)
        counts[recipes[i].n_ands]++;
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 35);
    assert_int_equal(counts[2], 988);
    assert_int_equal(counts[3], 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_functions),
        cmocka_unit_test(test_class_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
