/* pt_mpc_run from outside, with everything real: threads over the memory channel. */
#include "support/test.h"

#include <pthread.h>

#include "base/mem.h"
#include "circuit/builder.h"
#include "mpc/circuits.h"
#include "polytune/meter.h"
#include "polytune/mpc.h"
#include "support/circuits.h"
#include "support/locked.h"

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
    r->status = pt_mpc_run(r->outputs, r->outputs == NULL ? 0 : r->circuit->n_outputs, r->channel,
                           r->circuit, r->inputs, r->circuit->party_inputs[r->options.party],
                           &r->options, &r->error);
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
        if (p != 0) /* these are one party's */
            runners[p].options.stats = NULL;
        if (p != 0)
            runners[p].options.progress = NULL;
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

static void check_vector(pt_circuit *c, const char *first, const char *second, const char *want)
{
    assert_non_null(c);
    const size_t n_first = 4 * strlen(first);
    uint8_t inputs[512 + 256];
    uint8_t outputs[2 * 256];
    uint8_t expected[256];
    assert_int_equal(c->n_inputs, n_first + 4 * strlen(second));
    circuits_bits_of_hex(inputs, first);
    circuits_bits_of_hex(inputs + n_first, second);
    circuits_bits_of_hex(expected, want);
    const pt_mpc_options options = {.session = (const uint8_t *)want, .session_len = strlen(want)};
    run_all(&options, c, inputs, outputs);
    assert_memory_equal(outputs, expected, c->n_outputs);
    assert_memory_equal(outputs + c->n_outputs, expected, c->n_outputs);
    pt_circuit_free(c);
}

static void test_aes(void **state)
{
    (void)state;
    check_vector(circuits_aes128(), "000102030405060708090a0b0c0d0e0f",
                 "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a");
}

static void test_sha256(void **state)
{
    (void)state;
    static const char block[] = "6162638000000000000000000000000000000000000000000000000000000000"
                                "0000000000000000000000000000000000000000000000000000000000000018";
    check_vector(circuits_sha256(), block,
                 "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19",
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

typedef struct watched_progress {
    uint64_t calls;
    uint64_t done;
    uint64_t total;
    bool sane;
} watched_progress;

static void watch_progress(void *user, const char *phase, uint64_t done, uint64_t total)
{
    watched_progress *w = user;
    w->calls++;
    w->sane &= done <= total && done > w->done && (w->total == 0 || w->total == total);
    w->sane &= phase[0] != '\0';
    w->done = done;
    w->total = total;
}

static void test_stats_and_progress(void **state)
{
    (void)state;
    pt_circuit *c = adder(16);
    uint8_t inputs[32] = {1, 0, 1};
    uint8_t outputs[32];
    pt_mpc_stats stats = {0};
    watched_progress w = {.sane = true};
    const pt_mpc_options options = {
        .stats = &stats, .progress = watch_progress, .progress_user = &w};
    run_all(&options, c, inputs, outputs);
    assert_int_equal(stats.and_gates, c->n_and);
    assert_true(stats.seconds > 0 && stats.messages_sent > 0);
    assert_true(stats.bytes_sent > 0 && stats.bytes_received > 0);
    uint64_t bytes = 0;
    double seconds = 0;
    for (size_t k = 0; k < stats.n_phases; k++) {
        assert_non_null(stats.phases[k].name);
        bytes += stats.phases[k].bytes_sent;
        seconds += stats.phases[k].seconds;
    }
    assert_true(stats.n_phases >= 6);
    assert_int_equal(bytes, stats.bytes_sent);
    assert_true(seconds <= stats.seconds * 1.001);
    assert_true(w.calls > 0 && w.sane);
    assert_int_equal(w.done, w.total);
    pt_circuit_free(c);
}

/* True from the `left`th question on. */
static bool is_cancelled(void *user)
{
    size_t *left = user;
    if (*left == 0)
        return true;
    --*left;
    return false;
}

/* A party that is cancelled after `left` messages; the other hears of it. Returns whether it was.
 */
static bool cancelled_after(size_t left, const pt_circuit *c)
{
    static const uint8_t inputs[4] = {0};
    pt_channel channels[2];
    pthread_t threads[2];
    runner runners[2];
    uint8_t outputs[2][8];
    assert_int_equal(pt_channel_memory_mesh(channels, 2, TIMEOUT_MS, NULL), PT_OK);
    for (size_t p = 0; p < 2; p++) {
        runners[p] = (runner){.options = {.party = p, .parties = 2},
                              .channel = &channels[p],
                              .circuit = c,
                              .inputs = inputs,
                              .outputs = outputs[p]};
    }
    runners[0].options.cancelled = is_cancelled;
    runners[0].options.cancelled_user = &left;
    for (size_t p = 0; p < 2; p++)
        assert_int_equal(pthread_create(&threads[p], NULL, run_one, &runners[p]), 0);
    for (size_t p = 0; p < 2; p++)
        (void)pthread_join(threads[p], NULL);
    for (size_t p = 0; p < 2; p++)
        pt_channel_close(&channels[p]);
    if (runners[0].status == PT_OK)
        return false;
    assert_int_equal(runners[0].status, PT_ERR_CANCELLED);
    /* Whether the last message still reached the other makes no difference to it. */
    assert_true(runners[1].status == PT_ERR_STOPPED || runners[1].status == PT_OK);
    return true;
}

static void test_cancelled(void **state)
{
    (void)state;
    pt_circuit *c = adder(4);
    size_t left = 0;
    while (cancelled_after(left, c))
        left++;
    assert_true(left > 8);
    pt_circuit_free(c);
}

/* A party that cannot start says why and leaves zeros; nothing is sent. */
static void check_refused(const pt_mpc_options *options, const uint8_t *inputs, pt_status status)
{
    pt_circuit *c = adder(4);
    pt_channel channels[2];
    pt_error error;
    uint8_t outputs[4] = {7, 7, 7, 7};
    static const uint8_t zeros[4];
    assert_int_equal(pt_channel_memory_mesh(channels, 2, TIMEOUT_MS, &error), PT_OK);
    pt_error_clear(&error);
    assert_int_equal(
        pt_mpc_run(outputs, sizeof outputs, &channels[0], c, inputs, 4, options, &error), status);
    assert_int_equal(error.status, status);
    assert_true(error.message[0] != 0);
    assert_memory_equal(outputs, zeros, sizeof zeros);
    assert_int_equal(pt_mpc_run(NULL, 0, &channels[0], c, inputs, 4, options, NULL), PT_ERR_USAGE);
    pt_channel_close(&channels[0]);
    pt_channel_close(&channels[1]);
    pt_circuit_free(c);
}

/* A channel that others can read is refused, one that does not say what it is counts as such; and a
 * wrapper says what is below it. */
static void test_open_channels_are_refused(void **state)
{
    (void)state;
    static const uint8_t inputs[4] = {0};
    const pt_mpc_options options = {.parties = 2};
    const pt_mpc_options wrong_field = {.parties = 2, .cot_field_bits = 3, .insecure = true};
    pt_circuit *c = adder(4);
    pt_channel channels[2];
    pt_meter *meter = NULL;
    pt_error error;
    uint8_t outputs[4];
    assert_int_equal(pt_channel_memory_mesh(channels, 2, TIMEOUT_MS, &error), PT_OK);
    pt_channel_ops silent = *channels[0].ops;
    silent.kind = NULL;
    const pt_channel_ops *own = channels[0].ops;
    channels[0].ops = &silent;
    assert_int_equal(pt_meter_new(&meter, 2, &error), PT_OK);
    assert_int_equal(pt_channel_metered_wrap(&channels[0], channels[0], meter, &error), PT_OK);
    assert_int_equal(pt_mpc_run(outputs, 4, &channels[0], c, inputs, 4, &options, &error),
                     PT_ERR_USAGE);
    assert_non_null(strstr(error.message, "pt_channel_secure_wrap"));
    assert_int_equal(pt_dealer_run(&channels[0], &options, &error), PT_ERR_USAGE);
    assert_non_null(strstr(error.message, "pt_channel_secure_wrap"));
    /* Told so, it goes on to what else is wrong. */
    assert_int_equal(pt_mpc_run(outputs, 4, &channels[0], c, inputs, 4, &wrong_field, &error),
                     PT_ERR_USAGE);
    assert_null(strstr(error.message, "pt_channel_secure_wrap"));
    silent.kind = own->kind;
    assert_int_equal(pt_mpc_run(outputs, 4, &channels[0], c, inputs, 4, &wrong_field, &error),
                     PT_ERR_USAGE);
    assert_null(strstr(error.message, "pt_channel_secure_wrap"));
    pt_channel_close(&channels[0]);
    pt_channel_close(&channels[1]);
    pt_meter_free(meter);
    pt_circuit_free(c);
}

/* Ranges that are not the four output bits', and sets that are none. */
static void check_receivers_refused(const uint8_t *inputs)
{
    static const size_t strange[1] = {2};
    static const size_t first[1] = {0};
    static const size_t twice[2] = {1, 1};
    const struct {
        pt_mpc_receivers ranges[2];
        size_t n;
        const size_t *output_parties;
    } cases[] = {
        {{{3, first, 1}}, 1, NULL},
        {{{5, first, 1}}, 1, NULL},
        {{{3, first, 1}, {2, NULL, 0}}, 2, NULL},
        {{{SIZE_MAX, first, 1}, {5, NULL, 0}}, 2, NULL}, /* 4 if it could wrap around */
        {{{4, NULL, 0}}, 0, NULL},
        {{{4, first, 0}}, 1, NULL},
        {{{3, NULL, 0}, {1, strange, 1}}, 2, NULL},
        {{{4, NULL, 0}}, 1, first},
        {{{3, NULL, 0}, {1, twice, 2}}, 2, NULL},
        {{{3, NULL, 0}, {1, NULL, 2}}, 2, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_refused(&(pt_mpc_options){.parties = 2,
                                        .receivers = cases[i].ranges,
                                        .n_receivers = cases[i].n,
                                        .output_parties = cases[i].output_parties,
                                        .n_output_parties = 1},
                      inputs, PT_ERR_USAGE);
}

static void test_refused(void **state)
{
    (void)state;
    static const uint8_t good[4] = {0, 1, 1, 0};
    static const uint8_t bad[4] = {0, 1, 2, 0};
    static const size_t nobody[1] = {0};
    static const size_t strange[1] = {2};
    check_refused(&(pt_mpc_options){.parties = 3}, good, PT_ERR_USAGE);
    check_refused(&(pt_mpc_options){.parties = 2, .party = 2}, good, PT_ERR_USAGE);
    check_refused(&(pt_mpc_options){.parties = 2, .evaluator = 2}, good, PT_ERR_USAGE);
    check_refused(&(pt_mpc_options){.parties = 2, .output_parties = nobody}, good, PT_ERR_USAGE);
    check_refused(&(pt_mpc_options){.parties = 2, .output_parties = strange, .n_output_parties = 1},
                  good, PT_ERR_USAGE);
    check_refused(&(pt_mpc_options){.parties = 2, .n_output_parties = 1}, good, PT_ERR_USAGE);
    static const size_t twice[3] = {0, 1, 0};
    check_refused(&(pt_mpc_options){.parties = 2, .output_parties = twice, .n_output_parties = 3},
                  good, PT_ERR_USAGE);
    check_receivers_refused(good);
    check_refused(&(pt_mpc_options){.parties = 2, .statistical_security = 39}, good, PT_ERR_USAGE);
    check_refused(&(pt_mpc_options){.parties = 2, .statistical_security = 81}, good, PT_ERR_USAGE);
    check_refused(&(pt_mpc_options){.parties = 2, .cot_field_bits = 3}, good, PT_ERR_USAGE);
    check_refused(&(pt_mpc_options){.parties = 2, .threads = PT_MPC_MAX_THREADS + 1}, good,
                  PT_ERR_USAGE);
    check_refused(&(pt_mpc_options){.parties = 2}, NULL, PT_ERR_USAGE);
    check_refused(&(pt_mpc_options){.parties = 2}, bad, PT_ERR_INPUT);
}

/* A session, with Delta in it, and the pairs' keys of each party are locked into memory. */
static void test_secrets_are_locked(void **state)
{
    (void)state;
    static const uint8_t inputs[4] = {0, 1, 1, 0};
    const pt_mpc_options options = {.insecure = true};
    pt_circuit *c = adder(2);
    uint8_t outputs[4];
    locked_reset();
    run_all(&options, c, inputs, outputs);
    assert_true(locked_areas() >= 2 * 2);
    pt_circuit_free(c);
}

/* A dealer's, too; this one's parties have gone. */
static void test_secrets_of_a_dealer_are_locked(void **state)
{
    (void)state;
    const pt_mpc_options options = {.parties = 2, .insecure = true};
    pt_channel channels[3];
    pt_error error;
    assert_int_equal(pt_channel_memory_mesh(channels, 3, TIMEOUT_MS, &error), PT_OK);
    pt_channel_close(&channels[0]);
    pt_channel_close(&channels[1]);
    locked_reset();
    assert_int_equal(pt_dealer_run(&channels[2], &options, &error), PT_ERR_CLOSED);
    assert_true(locked_areas() >= 1);
    pt_channel_close(&channels[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adder),
        cmocka_unit_test(test_three_parties),
        cmocka_unit_test(test_aes),
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_stats_and_progress),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_open_channels_are_refused),
        cmocka_unit_test(test_secrets_are_locked),
        cmocka_unit_test(test_secrets_of_a_dealer_are_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
