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
    {2, 1, false, "dddd341ae072a33ba1281bfa61827c053b67daf810a6d5013305accc5836b736"},
    {2, 2, false, "6cdcd9709be0236c48a9cde09f40e27f908ed65c7e9317d7f563f7dc670c04e0"},
    {2, 4, false, "9a06720eb3e2aa4f6a96ef9acf18d6d142fcac9c01f1bdd74874b1cdd0abd35e"},
    {2, 8, false, "52a907bf51b6fc428891765aacb5446d0d4417775ee0f643b104395bdd863864"},
    {3, 1, false, "19d64bc80b1224441b69a1e5fbd9909b5c234bc72b891e7f0332817bd44fec13"},
    {3, 2, false, "c14b83cfd46bec6c5b36c137caa9f41baf2d073c9a72cb8b6de3bdb1a047ee33"},
    {3, 4, false, "340230ebbc7fc6fe829f2bef869e560e2d6015fee21bab01806cdf7444df8ed6"},
    {3, 8, false, "9ceceaa8a51d42cf7f3d42f47568cc6e10289dbeacc6183859fb96371f825858"},
    {4, 1, false, "9fe90fa0701bfff383ae5c6e220eb018103249309a34f2c9228960e279af8a4a"},
    {4, 2, false, "aca66062cddaeb8f44c995fe4de40cd4d2ef3fde26cca0cf6cfb8a3fe6208ebf"},
    {4, 4, false, "6abf39886b2fd174a2e384fc63c8d89ff40e16510b4d08fd54623f2b35aa49e7"},
    {4, 8, false, "dd0977fc9cc6527d2a1cb7fe4aa21fe42414119dc838c76eb22c255626cbd29e"},
    {5, 4, false, "8ee095998cc5e999c264e9c67cfbf098dbccddb42a5845623542f3399ca6694c"},
    {6, 4, false, "7042260f0a9217a821d6628a20ded7541ead59e190600e73ac3be6f9d934bec7"},
    {2, 1, true, "a4b5847dc4263016f896ebcc142fa86fe4de69d1ee83bf3f169d7f6f8a0407b8"},
    {2, 4, true, "a18070a851893d762a0ae9d9bc0070784e485041b03ab4541148d84c5ee0d151"},
    {3, 4, true, "ba15943d4cc62cbc87e3988df2a6e59dbd45ae4ccd1175d5fd7ac988a364e1ac"},
    {3, 8, true, "355e1ee28993fd51a7b89f2546661fe4fb960d861fbe3d049fddb0a7627d12b0"},
    {5, 2, true, "d00c7b6bbb9c3386f2baa93e4b626af38649881d75a643a59d587715609e8e83"},
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
