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
    {2, 1, false, "0b3989adb632b63a85fbf630e5b35a3b1a15edac5a553170ec8c2eb45df8e466"},
    {2, 2, false, "9442108ca96486c816796c6bd0ca66535e2d470579babd5c6e496e497f7a1bd3"},
    {2, 4, false, "bce5fab778c6d42b6f74baf5b3b8a7acd0e235004ce67912cc95a78b664908e8"},
    {2, 8, false, "1466e74046b72e1f4e7879a5aa05908835e150907f9c712ae14873b9a402daf6"},
    {3, 1, false, "b5a7b3f44623e523a659591e6b6099c2e7176b4b71b4aea7b73a8c9bf2645bac"},
    {3, 2, false, "ed85b1bb2870d08d61152b7e0be4ae2fc7e5c623cd67437ae5dd6886e91abb66"},
    {3, 4, false, "5561f66bbac60ec534af501affdd32339dfa6a76029ef44c9258be0ae532e8b0"},
    {3, 8, false, "76e7f04b26e0d7bc227483ca48e3ea0478bb0384d2b0676f504227cd1357b247"},
    {4, 1, false, "d3f19462f22f84c6e4845a69ebc1f17cabd1ada21561cfb5ff556431b57b0e70"},
    {4, 2, false, "9ed4ae0ca236608b2f17ffc3446160f21be441ac876d06464df6c7db27dbabeb"},
    {4, 4, false, "84946d9d06985ef6b2d3796b00dbff9cc4f18d2a027441264db6a6bb740428b6"},
    {4, 8, false, "53f5ecd559351d3e2fe31333854054d76909b39136cf7bff0359616bc2f664f4"},
    {5, 4, false, "64c8818788c3211809c943b030046f8a407c0252dd4634f551316c214dd3c60a"},
    {6, 4, false, "bf497496e95c8a419732eb520f824ab310d018101fe5afb4bfdfbf91475cd027"},
    {2, 1, true, "a608ef18a6f61ec33eb938afeefb92c86fd0f5d065007a62ec89302645758170"},
    {2, 4, true, "71b7f89474771f4197b44e426ba57157e2028afd9bdaa60f3e9b6c0b46cc825b"},
    {3, 4, true, "d9923a4ee2114afe725bde4899a8f62ad24c3ca857fdc62106b2426bfb55556b"},
    {3, 8, true, "9a2f05af03a346740c425387c043422b07077888b2ff2056bd127131804e9515"},
    {5, 2, true, "7a78d5cfcf7e08cd3c200c46871bc8cc2848fd043c75c1029fb03ecf761f6874"},
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
