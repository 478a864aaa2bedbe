/* pt_mpc_run from outside, with everything real: threads over the memory channel. */
#include "support/test.h"

#include <pthread.h>

#include "base/mem.h"
#include "circuit/builder.h"
#include "mpc/circuits.h"
#include "polytune/mpc.h"

#define PARTIES_HERE 4
#define TIMEOUT_MS   60000

typedef struct runner {
    pt_mpc_options options;
    const pt_channel *channel;
    const pt_circuit *circuit;
    const uint8_t *inputs;
    uint8_t *outputs;
    pt_status status;
    pt_error error;
} runner;

static void *run_one(void *argument)
{
    runner *r = argument;
    r->status = pt_mpc_run(&r->options, r->channel, r->circuit, r->inputs, r->outputs, &r->error);
    return NULL;
}

/* Runs all parties with `base`; outputs: n_outputs bytes a party. */
static void run_all(const pt_mpc_options *base, const pt_circuit *c, const uint8_t *inputs,
                    uint8_t *outputs)
{
    const size_t n = c->n_parties;
    pt_channel channels[PARTIES_HERE];
    pthread_t threads[PARTIES_HERE];
    runner runners[PARTIES_HERE];
    pt_error error;
    assert_int_equal(pt_channel_memory_mesh(channels, n, TIMEOUT_MS, &error), PT_OK);
    for (size_t p = 0; p < n; p++) {
        runners[p] = (runner){.options = *base,
                              .channel = &channels[p],
                              .circuit = c,
                              .inputs = inputs + circuit_party_first_input(c, p),
                              .outputs = outputs + p * c->n_outputs};
        runners[p].options.party = p;
        runners[p].options.parties = n;
        assert_int_equal(pthread_create(&threads[p], NULL, run_one, &runners[p]), 0);
    }
    for (size_t p = 0; p < n; p++)
        assert_int_equal(pthread_join(threads[p], NULL), 0);
    for (size_t p = 0; p < n; p++) {
        if (runners[p].status != PT_OK)
            fail_msg("party %zu: %s", p, runners[p].error.message);
        pt_channel_close(&channels[p]);
    }
}

/* a + b mod 2^width, one AND a bit. */
static pt_circuit *adder(uint32_t width)
{
    const uint32_t inputs[] = {width, width};
    circuit_builder *b = circuit_builder_new(inputs, 2, 0);
    wire *sum = mem_new(width, sizeof *sum);
    assert_true(b != NULL && sum != NULL);
    wire carry = WIRE_FALSE;
    for (uint32_t i = 0; i < width; i++) {
        const wire x = circuit_input(b, i);
        const wire y = circuit_input(b, width + i);
        sum[i] = circuit_xor(b, circuit_xor(b, x, y), carry);
        carry = circuit_xor(b, carry,
                            circuit_and(b, circuit_xor(b, x, carry), circuit_xor(b, y, carry)));
    }
    pt_circuit *c = NULL;
    pt_error error;
    assert_int_equal(circuit_builder_finish(&c, b, sum, width, NULL, 0, &error), PT_OK);
    circuit_builder_free(b);
    mem_free(sum);
    return c;
}

static void put_number(uint8_t *bits, uint32_t width, uint64_t v)
{
    for (uint32_t i = 0; i < width; i++)
        bits[i] = (v >> i) & 1u;
}

static void test_adder(void **state)
{
    (void)state;
    pt_circuit *c = adder(32);
    uint8_t inputs[64];
    uint8_t outputs[2 * 32];
    uint8_t expected[32];
    put_number(inputs, 32, 0xdeadbeef);
    put_number(inputs + 32, 32, 0x12345678);
    put_number(expected, 32, 0xdeadbeefu + 0x12345678u);
    for (unsigned k = 1; k <= 8; k *= 2) {
        const pt_mpc_options options = {.cot_field_bits = k, .evaluator = k % 2};
        run_all(&options, c, inputs, outputs);
        assert_memory_equal(outputs, expected, 32);
        assert_memory_equal(outputs + 32, expected, 32);
    }
    pt_circuit_free(c);
}

static void test_three_parties(void **state)
{
    (void)state;
    const circuit_shape shape = {.n_parties = 3,
                                 .inputs = 8,
                                 .gates = 300,
                                 .outputs = 40,
                                 .and_percent = 50,
                                 .constants = 1};
    pt_circuit *c = test_circuit_random(&shape, 1);
    uint8_t inputs[24];
    uint8_t outputs[3 * 40];
    uint8_t values[24 + 300];
    put_number(inputs, 24, 0xabcdef);
    test_circuit_values(c, inputs, values);
    const pt_mpc_options options = {.evaluator = 2};
    run_all(&options, c, inputs, outputs);
    for (size_t h = 0; h < 120; h++)
        assert_int_equal(outputs[h], values[c->outputs[h % 40]]);
    pt_circuit_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adder),
        cmocka_unit_test(test_three_parties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
