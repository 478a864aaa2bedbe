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
    {2, 1, false, "42fbf89459d9e8f938c79c045170261326d088eb76a540d7dd46e7f5d6f96cb7"},
    {2, 2, false, "69e2294fd46809e226763b8531ec2d15edaaaacde8f94dfdaed3c889f9cd791c"},
    {2, 4, false, "b5ccff5ae399cd4c402eba793d21b1ea5d3c497471641a425332eb4ddee47110"},
    {2, 8, false, "a365c2fc22573fb1d43a90da8745f6094f4e942f605ab23e18a77053412d8e4b"},
    {3, 1, false, "e3796e7a8e6d6d255d497e0bf6958a8e2e30120db8cbd8207fc63f1391fc1a60"},
    {3, 2, false, "11e45e77c5c33043a7d346b5a738bde97dbdf0e277f3445c35fd13d636b3704d"},
    {3, 4, false, "af70771269b9ce37b81147a74e66fb975f482ec8cbe78f3872c49dc1bec8ef1e"},
    {3, 8, false, "29046b1c08de6299f6fc22ce1f0df4ec36409d74c38939a96bbedd34e1243662"},
    {4, 1, false, "f8292440404d257139b120602e40fff8710fca2e843420ba01482ffafd9faec6"},
    {4, 2, false, "6659c238812d8666c3b38be45912b5ee1716fc20fa5d2afafcabe73ccaba08f8"},
    {4, 4, false, "b045852240efd5f09498c2fb3ecb475e7aa9c8fd563b7cc71cad0991fb43aca7"},
    {4, 8, false, "8131f6853fce2f387a3817d11835df6e1a29a57f0aaf8e8a7fb1144e21c98eff"},
    {5, 4, false, "3406179fc50406111bf667a8f444efd3bd01d0387a5e724b021df408034c5d7a"},
    {6, 4, false, "fa905d35cbc3e4a36b3cd17c7002353f94f3e112e8c7f03b7decc8e48d377aa5"},
    {2, 1, true, "12427198aa61ec4d71fe6b13a70e5352f1e379ceeba02cee36afad5a9278134c"},
    {2, 4, true, "71181e503e0d3725c57fcadc7532ff0585bf34637fc6ab2b59ca16e5485959f3"},
    {3, 4, true, "4556a0c6d5fd0ee57aedc02e91584cd0cb474d175adb564eb43db5193ebd37a0"},
    {3, 8, true, "073f07e5e84955ff40873c80ae5b7bb320391e086925f505a09f1500d5d06212"},
    {5, 2, true, "a8919788e2efc0d9c4d5ef5fc2a56cccd5ccb462f4a339edb0e4c4962a9bb3fa"},
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
