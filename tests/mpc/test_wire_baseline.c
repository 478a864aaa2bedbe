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
    {2, 1, false, "6023a749681cab2a3efad50fcd26f328c7c95c39ef3a39157db7f3fcdbe3c4d9"},
    {2, 2, false, "c2fe3fc4294daf819a10e251476f331b011186ef4bb41ae78896cf1101af257f"},
    {2, 4, false, "135ec13da3fbe6eb251441d0b9ea9cbd1f9f46a70aa856cbd2a887a1bf171f51"},
    {2, 8, false, "aca1eec61ec4a207b527b1f5b2d02272b5808debee4f426b57d8a9cc2a84d7b5"},
    {3, 1, false, "21650f9358cf91d136d3303e4155da8db5a45dfbeb0dd2f86462c14d52b11cb5"},
    {3, 2, false, "474723406f7e6819c6fd13b936b4f4be3140e65df87107fc67fbd77dff11a41e"},
    {3, 4, false, "e83de5a7918d05d4e8827bd193eab17da8f8fa38dfcfdc98f2328b9aaece72ac"},
    {3, 8, false, "75c4f079117c9d839fb0fe49d1e8175c508571dccfe696b9e08ade2769918d39"},
    {4, 1, false, "e76106988def65aa76ed56c4d05814a067e07b7c114683a41e88e29f30df7f12"},
    {4, 2, false, "27824e02b552d6db2b4c581569d9a72c466a0145d88fc55716df191e0f259dc1"},
    {4, 4, false, "4f3d64df85490c6e3bfa538c5f15e0827ca4de2926caea8978ca93fa9899ed2f"},
    {4, 8, false, "d0cae6aeed91dea15850ffc580e1e16e6f7afbded25f71605ce275fc2442f7ab"},
    {5, 4, false, "902131304f5b2a797f06aaab30dc4c731ada38daf060856d24e72ccc48c9422e"},
    {6, 4, false, "7fdaf3669657341d9c4df62c4b74cb6d9928bbf50dddecd4cb7bc3112d541965"},
    {2, 1, true, "c70cd209051d8e1b48f50c1411852dc7db02f32be5eb06bdff051048d6a2275f"},
    {2, 4, true, "a19d2fb5d33fd8e404627fcdd539f0aba3c5bcaa057c01af77fbaf26c55cae3b"},
    {3, 4, true, "3214b1f1deabd1db3b2ef58fdddd953cd773ccd57733b1ea5b6961be616c79c5"},
    {3, 8, true, "99766b610aba61ca845cbbbdc09e0b46c94c1a04d4ab29bb506f17b258ecb6d6"},
    {5, 2, true, "3d0551995ca35d7e018acb298ab8dbd4e3d5bedc2c3888e73d2d06034db17531"},
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
