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
    {2, 1, false, "d8b7e2f9bad7665d9a9a9be3cecb60a4a82f0da2409e089e59237ef0eef43ce7"},
    {2, 2, false, "42c7d989b4af8d3e2ee9ac3b2edffba10ace89cde83468d0466a13fbf95e9d43"},
    {2, 4, false, "b39a76be6258f5d6f7ae446fa16bbab8fa56fb5a2d026be2a0097d8d4582ca92"},
    {2, 8, false, "a6fb1291d27a5a698b332710255582ecbe3896a579eeff245a0eee8c6ab847b5"},
    {3, 1, false, "dfc2e8e6874bc2734b269a347832d90fde95f64bcc7435f77d2bf0d1df2ea98c"},
    {3, 2, false, "e2a1d69bd0f764c4adee011f0ade6bd81593d1e696ceaee268ca8d357504f5b5"},
    {3, 4, false, "1ab35a760fc5635b15ab90314fa5072935dad3c1b7c2fd1db4acf9b5cd4ab588"},
    {3, 8, false, "be2c68a1a558dc62db45034c3e173b707d9ad9dc122692b54fd0673f3b0446b6"},
    {4, 1, false, "3e3dda0f09f2fafde432145f04f3263a637691761ad72d1ce8df5698aadc55f1"},
    {4, 2, false, "3512173c4028b611d9f0a95efdbc1c52dbe8a2069fd9247239dbb831c574b6f0"},
    {4, 4, false, "899561bc3ac6b42dafdba6b4e43cd9e0978552d1073279ae8967b53e1ec7defd"},
    {4, 8, false, "daf6b9abc8088bf087574025ad7ae46520d880ce33c3defe699ccb9094b30b9f"},
    {5, 4, false, "ad3102358f64a442235a2648885cabde5dd287251862a88c3ddb2d09eebb1aca"},
    {6, 4, false, "c34a980b1b7372517d46f31734b0d328ed56afc58f2c60626232dadf84264676"},
    {2, 1, true, "4cfcd78ff33de77beddd1e8ffaf677aaaf37e1810dc63c99763f36bbe8a51c43"},
    {2, 4, true, "ab1438e9984b5f00ba70be96f4c3e425d21c01df64503ec9a03ef9f266260e8c"},
    {3, 4, true, "d6b10a609b6240e17e79cf51d1da2c9d5f2d0cbf2606fed3464e4a6fe383387d"},
    {3, 8, true, "daa590c2ceb20013290b93d4fd7cfa644b935dae01c89c60eb446b508215ae69"},
    {5, 2, true, "b91f3e09648c839790c83e651b915510b44569466ac993ce0a3acd452267e164"},
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

static void run_baseline(const struct baseline *b, char ret_text[TEXT_BYTES])
{
    const size_t n = b->n;
    const size_t seats = n + b->dealer;
    static const uint8_t inputs[] = {1, 0, 1, 1, 1, 0, 1, 0, 1};
    static const char session_data[] = "baseline";
    uint8_t digest[DIGEST_BYTES];
    wire_hashes *h = mem_new(1, sizeof *h);
    pt_circuit *c = baseline_circuit(n);
    assert_non_null(h);
    for (size_t i = 0; i < seats * seats; i++)
        ro_init(&h->of[i / seats][i % seats], DIGEST_BYTES, "test/wire");
    test_run t = {.circuit = c,
                  .inputs = inputs,
                  .segment_ands = 5,
                  .seed = 17,
                  .preparation = b->dealer ? &test_dealer : &test_cot,
                  .options = {.cot_field_bits = b->k,
                              .evaluator = 1,
                              .session = (const uint8_t *)session_data,
                              .session_len = sizeof session_data - 1},
                  .hook = hash_message,
                  .dealer_hook = hash_message,
                  .hook_user = h};
    test_run_parties(&t);
    test_run_assert_right(&t);
    ro all;
    ro_init(&all, sizeof digest, "test/baseline");
    for (size_t i = 0; i < seats; i++) {
        for (size_t j = 0; j < seats; j++) {
            ro_final(&h->of[i][j], digest);
            ro_field(&all, digest, sizeof digest);
        }
        if (i < n)
            ro_field(&all, t.outputs[i], c->n_outputs);
    }
    ro_final(&all, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(ret_text + 2 * i, 3, "%02x", digest[i]);
    test_run_clear(&t);
    pt_circuit_free(c);
    mem_free(h);
}

static void the_bytes_are_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof baselines / sizeof baselines[0]; i++) {
        char text[TEXT_BYTES];
        run_baseline(&baselines[i], text);
        if (strcmp(text, baselines[i].digest) != 0)
            fail_msg("%zu parties%s, k = %u: the wire has changed", baselines[i].n,
                     baselines[i].dealer ? " and a dealer" : "", baselines[i].k);
    }
}

static int print_table(void)
{
    for (size_t i = 0; i < sizeof baselines / sizeof baselines[0]; i++) {
        char text[TEXT_BYTES];
        run_baseline(&baselines[i], text);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
