/* The whole protocol on ideal authenticated bits: results equal plain evaluation, and every wire's
 * invariant holds (protocol spec, section 10.1, items 5 to 7). */
#include "support/test.h"

#include "base/mem.h"
#include "mpc/circuits.h"
#include "mpc/engine_run.h"
#include "mpc/share.h"

static uint8_t *random_inputs(const pt_circuit *c, uint64_t seed)
{
    test_random r = {seed};
    uint8_t *inputs = mem_new(c->n_inputs, 1);
    assert_non_null(inputs);
    for (uint32_t h = 0; h < c->n_inputs; h++)
        inputs[h] = (uint8_t)test_below(&r, 2);
    return inputs;
}

/* Runs a circuit with default options and checks the result. */
static void run_right(const pt_circuit *c, uint64_t seed, uint64_t segment_ands)
{
    uint8_t *inputs = random_inputs(c, seed);
    test_run t = {.circuit = c, .inputs = inputs, .seed = seed, .segment_ands = segment_ands};
    test_run_parties(&t);
    test_run_assert_right(&t);
    test_run_clear(&t);
    mem_free(inputs);
}

static void test_random_circuits(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 6; n++) {
        for (uint64_t seed = 0; seed < 4; seed++) {
            const circuit_shape shape = {.n_parties = n,
                                         .inputs = 3,
                                         .gates = 60,
                                         .outputs = 12,
                                         .and_percent = 50,
                                         .constants = 1};
            pt_circuit *c = test_circuit_random(&shape, seed * 10 + n);
            run_right(c, seed, 0);
            pt_circuit_free(c);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_circuits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
