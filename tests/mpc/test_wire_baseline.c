/* The bytes on the wire do not change by accident: whole runs with seeded generators, everything
 * real, hash to the digests below. One digest covers every message between every pair of parties,
 * headers included, and the outputs.
 *
 * When the protocol is meant to change, so does this table: check that MPC_PROTOCOL_VERSION or the
 * parameter hash of HELLO (hello.c) tells old and new parties apart, run
 *
 *     build/dev/bin/test_mpc_wire_baseline print
 *
 * and put its output in the place of the table. */
#include "support/test.h"

#include "base/mem.h"
#include "crypto/ro.h"
#include "mpc/circuits.h"
#include "mpc/engine_run.h"

#define TEXT_BYTES (2 * DIGEST_BYTES + 1)

static const struct baseline {
    size_t n;
    unsigned k;
    bool dealer;
    const char *digest;
} baselines[] = {
    /* clang-format off */
    {2, 1, false, "14cb452824ddc4f39339645510c3bd0cbfc1890fef8e2d7039cb669dcf595b5a"},
    {2, 2, false, "029a354b1bceae0439e8d3e8b5bd43e31802c2c6dc8d7e739040bc0d0192f59d"},
    {2, 4, false, "fbbb214773ee892f17e40a05f831e27095bb8a7b45185461e5c35379228bdbb6"},
    {2, 8, false, "8d3b0e7974df899929a416a34ba91a5999369157c5d243c8f69fbd2846eda9df"},
    {3, 1, false, "a2190f35e0ed719730ec41b2b4d8bbfa5eb383eab323cffe028a3e9ff936d30b"},
    {3, 2, false, "ae64652c2b58849b1cae2c0144caae3d5cc027795e48c93c066f48d0fd5c3013"},
    {3, 4, false, "6d0263eb6c690c11fa3588aeab8544d73d4b29178a6748cc6da1bb9cc517db0c"},
    {3, 8, false, "f8c1e71638988386558d2d709bcb5d3288104cd358a5b3f56adee4214ac5b484"},
    {4, 1, false, "d035080b7b8c23606bbfa72bbd80f7cc3c5ff7a7bf14323b94f323d6ae6b05df"},
    {4, 2, false, "db2d642fd1ac481f25592fff25f19f7d1965968c0d67fb59ff45dbe1476dc4b3"},
    {4, 4, false, "c0f6647993d0173c7af098bfcc2a1f94458ec53835e8f47f95ba54a177963fce"},
    {4, 8, false, "93ddf2e551cbec95bda0f13e77461d8caae362c42f30a6b3cf21cb1a44c025cd"},
    {5, 4, false, "3d7877d34f3b6285e7048d77f73d05f307c4b809d87e5b80118e9a9f89c81380"},
    {6, 4, false, "0f514339bd419f0fcb669dd309c1d815f190cec771213367c176e3a7d0e2609c"},
    {2, 1, true, "e9ded8f01e59a075a4ed4cbf3340cecfbe3064f0420984c99f204c3271a7cee6"},
    {2, 4, true, "bfe2571c6cf58299ea1b6c08e550c21b36f6e9a8d7c0650f214fa42271b0c679"},
    {3, 4, true, "98f24ee9a41cc3a0dc7915bb646405aa6f6b6cbdb9ec8b445c5964cd764c24d2"},
    {3, 8, true, "4f27afcd72032d8a61e5a9cc4c7e027dbc59d5ff0a9b29e408dfd251aa83d3fa"},
    {5, 2, true, "b0f52d3d5f778bedad36accc1b5ceca3fbe158907fcbf42c04c1038e08a9238c"},
    /* clang-format on */
};

/* A hash for every ordered pair, the dealer after the parties; a pair's messages have one sender,
 * so no two threads meet. */
typedef struct wire_hashes {
    ro of[PARTIES_MAX + 1][PARTIES_MAX + 1];
} wire_hashes;

static void hash_message(void *user, session *s, const char *name, size_t peer, void *data,
                         size_t len)
{
    wire_hashes *h = user;
    if (strcmp(name, "message") == 0)
        ro_field(&h->of[s->me][peer], data, len);
}

/* Gates of every kind, two segments, so a blinded zero check; the parties' inputs differ in
 * number. */
static pt_circuit *baseline_circuit(size_t n)
{
    static const uint32_t inputs[] = {2, 1, 3, 0, 1, 2};
    static const gate gates[] = {
        {.op = GATE_AND, .a = 0, .b = 1}, {.op = GATE_XOR, .a = 0, .b = 2},
        {.op = GATE_NOT, .a = 1},         {.op = GATE_AND, .a = 2, .b = 1},
        {.op = GATE_AND, .a = 0, .b = 0}, {.op = GATE_CONST, .a = 1},
    };
    gate all[6 + 12];
    uint32_t n_inputs = 0;
    for (size_t p = 0; p < n; p++)
        n_inputs += inputs[p];
    memcpy(all, gates, sizeof gates);
    for (uint32_t g = 6; g < 18; g++) /* each on the two before it, alternately AND and XOR */
        all[g] = (gate){.op = g % 2 == 0 ? GATE_AND : GATE_XOR,
                        .a = (n_inputs + g - 6) & (CIRCUIT_MAX_WIRES - 1),
                        .b = n_inputs + g - 1};
    const uint32_t outputs[] = {0, n_inputs + 17, n_inputs + 16, n_inputs + 5, n_inputs + 17};
    return test_circuit(inputs, n, all, 18, outputs, 5);
}

/* The digest of all messages and outputs. */
static void run_hashed(test_run *t, char ret_text[TEXT_BYTES])
{
    const size_t n = t->circuit->n_parties;
    const size_t seats = n + t->preparation->dealer;
    uint8_t digest[DIGEST_BYTES];
    wire_hashes *h = mem_new(1, sizeof *h);
    assert_non_null(h);
    for (size_t i = 0; i < seats * seats; i++)
        ro_init(&h->of[i / seats][i % seats], DIGEST_BYTES, "test/wire");
    t->hook = t->dealer_hook = hash_message;
    t->hook_user = h;
    test_run_parties(t);
    test_run_assert_right(t);
    ro all;
    ro_init(&all, sizeof digest, "test/baseline");
    for (size_t i = 0; i < seats; i++) {
        for (size_t j = 0; j < seats; j++) {
            ro_final(&h->of[i][j], digest);
            ro_field(&all, digest, sizeof digest);
        }
        if (i < n)
            ro_field(&all, t->outputs[i], t->circuit->n_outputs);
    }
    ro_final(&all, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(ret_text + 2 * i, 3, "%02x", digest[i]);
    test_run_clear(t);
    mem_free(h);
}

static void run_baseline(const struct baseline *b, unsigned threads, char ret_text[TEXT_BYTES])
{
    static const uint8_t inputs[] = {1, 0, 1, 1, 1, 0, 1, 0, 1};
    static const char session_data[] = "baseline";
    pt_circuit *c = baseline_circuit(b->n);
    test_run t = {.circuit = c,
                  .inputs = inputs,
                  .segment_ands = 5,
                  .seed = 17,
                  .preparation = b->dealer ? &test_dealer : &test_cot,
                  .options = {.cot_field_bits = b->k,
                              .evaluator = 1,
                              .threads = threads,
                              .session = (const uint8_t *)session_data,
                              .session_len = sizeof session_data - 1}};
    run_hashed(&t, ret_text);
    pt_circuit_free(c);
}

/* Larger: with more work in every step than there are threads. */
static void run_large(size_t n, bool dealer, unsigned threads, char ret_text[TEXT_BYTES])
{
    const circuit_shape shape = {
        .n_parties = n, .inputs = 3, .gates = 7000, .outputs = 16, .and_percent = 60};
    pt_circuit *c = test_circuit_random(&shape, n);
    static const uint8_t inputs[PARTIES_MAX * 3] = {1, 0, 1, 1};
    test_run t = {.circuit = c,
                  .inputs = inputs,
                  .segment_ands = 3000,
                  .seed = 18,
                  .preparation = dealer ? &test_dealer : &test_ideal_ot,
                  .options = {.threads = threads}};
    run_hashed(&t, ret_text);
    pt_circuit_free(c);
}

static void the_bytes_are_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof baselines / sizeof baselines[0]; i++) {
        char text[TEXT_BYTES];
        run_baseline(&baselines[i], i % 2 == 0 ? 1 : 3, text);
        if (strcmp(text, baselines[i].digest) != 0)
            fail_msg("%zu parties%s, k = %u: the wire has changed", baselines[i].n,
                     baselines[i].dealer ? " and a dealer" : "", baselines[i].k);
    }
}

static void threads_do_not_change_them(void **state)
{
    (void)state;
    static const unsigned threads[] = {2, 4, 7};
    for (size_t n = 2; n <= 3; n++) {
        for (int dealer = 0; dealer < 2; dealer++) {
            char alone[TEXT_BYTES];
            run_large(n, dealer, 1, alone);
            for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
                char text[TEXT_BYTES];
                run_large(n, dealer, threads[i], text);
                assert_string_equal(text, alone);
            }
        }
    }
}

static int print_table(void)
{
    for (size_t i = 0; i < sizeof baselines / sizeof baselines[0]; i++) {
        char text[TEXT_BYTES];
        run_baseline(&baselines[i], 1, text);
        print_message("    {%zu, %u, %s, \"%s\"},\n", baselines[i].n, baselines[i].k,
                      baselines[i].dealer ? "true" : "false", text);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "print") == 0)
        return print_table();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_the_same),
        cmocka_unit_test(threads_do_not_change_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
