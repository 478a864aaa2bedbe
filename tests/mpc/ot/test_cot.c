/* GGM trees and the COT extension: known answers, puncturing, tree consistency, and the plane
 * relation W_p = V_p xor bit(Delta,p) X for every k. */
#include "support/test.h"

#include "base/mem.h"
#include "crypto/crypto.h"
#include "crypto/transpose.h"
#include "mpc/ot/cot.h"

static const uint8_t zero_pid[GGM_PID_BYTES];

static void assert_hex(const void *bytes, size_t len, const char *hex)
{
    char text[129] = {0};
    assert_true(2 * len < sizeof text);
    for (size_t i = 0; i < len; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", ((const uint8_t *)bytes)[i]);
    assert_string_equal(text, hex);
}

static block counting_block(void)
{
    return block_make(0x0f0e0d0c0b0a0908u, 0x0706050403020100u);
}

/* Appendix A. */
static void known_answers(void **state)
{
    (void)state;
    const ggm_tree tree = {.pid = zero_pid, .tau = 0, .k = 1};
    block leaves[2], sums[1][2];
    uint8_t check[GGM_CHECK_BYTES];
    ggm_expand(leaves, sums, &tree, counting_block());
    assert_hex(&leaves[0], 16, "b29403ba7726bdcd5888e88e4d241db0");
    assert_hex(&leaves[1], 16, "5e81508aba162b8c1b985854909e0d6e");
    assert_memory_equal(leaves, sums, sizeof leaves);
    const block key = ggm_leaf(check, &tree, 0, counting_block());
    assert_hex(&key, 16, "337ed91cff9f1b66bf36974b0b82243a");
    assert_hex(check, sizeof check,
               "b38f1aa2a7a86414820968e41c35caef7daf529d74c03901ce5af3d90034d4b9");
}

static void a_punctured_tree_misses_one_leaf(void **state)
{
    (void)state;
    rng random;
    rng_init_seed(&random, block_make(0, 3));
    for (unsigned k = 1; k <= GGM_MAX_DEPTH; k++) {
        const ggm_tree tree = {.pid = zero_pid, .tau = k, .k = k};
        block full[GGM_MAX_LEAVES], rest[GGM_MAX_LEAVES], sums[GGM_MAX_DEPTH][2];
        ggm_expand(full, sums, &tree, rng_block(&random));
        for (unsigned alpha = 0; alpha < 1u << k; alpha += k == 8 ? 5 : 1) {
            block known[GGM_MAX_DEPTH];
            for (unsigned h = 1; h <= k; h++)
                known[h - 1] = sums[h - 1][1 ^ (alpha >> (k - h) & 1)];
            ggm_expand_punctured(rest, &tree, alpha, known);
            for (unsigned y = 0; y < 1u << k; y++) {
                const block expected = y == alpha ? block_zero() : full[y];
                assert_memory_equal(&rest[y], &expected, sizeof expected);
            }
        }
    }
}

/* Both sides of one directed pair, with ideal base OTs. */
typedef struct sides {
    unsigned k;
    block delta;
    rng random;
    cot_pair pair; /* receiver and sender of the same pair */
    block roots[MPC_KAPPA], messages[MPC_KAPPA][2], chosen[MPC_KAPPA];
    uint8_t check[(MPC_KAPPA + 1) * GGM_CHECK_BYTES];
} sides;

static void receiver_side(sides *e, unsigned k, uint64_t seed)
{
    memset(e, 0, sizeof *e);
    e->k = k;
    rng_init_seed(&e->random, block_make(k, seed));
    e->delta = rng_block(&e->random);
    e->delta.lo |= 1;
    rng_blocks(&e->random, e->roots, cot_trees(k));
    assert_int_equal(
        cot_receiver_init(&e->pair.receiver, e->messages, e->check, k, zero_pid, e->roots, NULL),
        PT_OK);
    const block choices = cot_choices(e->delta, k);
    for (unsigned t = 0; t < MPC_KAPPA; t++)
        e->chosen[t] = e->messages[t][block_bit(choices, t)];
}

static void sender_side(sides *e)
{
    assert_int_equal(
        cot_sender_init(&e->pair.sender, e->delta, e->k, zero_pid, e->chosen, e->check, NULL),
        PT_OK);
}

static void honest_trees_are_accepted(void **state)
{
    (void)state;
    static sides e;
    for (unsigned k = 1; k <= 8; k *= 2) {
        receiver_side(&e, k, 1);
        sender_side(&e);
        assert_false(e.pair.sender.tree_is_bad);
        cot_pair_clear(&e.pair);
    }
}

static void tampered_trees_are_noticed(void **state)
{
    (void)state;
    static sides e;
    for (unsigned k = 1; k <= 8; k *= 2) {
        const size_t check_bytes = cot_check_bytes(k);
        for (int c = 0; c < 4; c++) {
            receiver_side(&e, k, 2);
            if (c == 0) /* a message that was chosen */
                e.chosen[17].hi ^= 8;
            else if (c == 1) /* t_tau of the last tree */
                e.check[check_bytes - 2 * GGM_CHECK_BYTES + 5] ^= 1;
            else if (c == 2) /* D */
                e.check[check_bytes - 1] ^= 0x80;
            else
                e.check[0] ^= 1;
            sender_side(&e);
            assert_true(e.pair.sender.tree_is_bad);
            cot_pair_clear(&e.pair);
        }
    }
}

static bool plane_holds(const block *v, const block *w, unsigned bit, const block *x, size_t n)
{
    for (size_t t = 0; t < n; t++) {
        const block expected = block_xor(v[t * MPC_KAPPA], block_if(bit, x[t]));
        if (memcmp(&w[t * MPC_KAPPA], &expected, sizeof expected) != 0)
            return false;
    }
    return true;
}

static void check_extension(sides *e, cot_scratch *scratch, uint64_t first, size_t n)
{
    const size_t trees = cot_trees(e->k);
    block *v = mem_new_aligned(COT_PLANES, sizeof(block));
    block *w = mem_new_aligned(COT_PLANES, sizeof(block));
    block *d = mem_new_aligned(n * trees, sizeof(block));
    block x[COT_CHUNK], zero = block_zero();
    assert_true(v != NULL && w != NULL && d != NULL);
    rng_blocks(&e->random, x, n);
    cot_correct(&e->pair.receiver, scratch, d, x, first, n);
    cot_receiver_planes(&e->pair.receiver, scratch, v, x, first, n);
    cot_sender_planes(&e->pair.sender, scratch, w, d, first, n);
    for (size_t t = 0; t < n; t++) {
        assert_memory_equal(v + t * MPC_KAPPA, &x[t], sizeof(block));
        assert_memory_equal(w + t * MPC_KAPPA, &zero, sizeof(block));
    }
    for (unsigned p = 0; p < MPC_KAPPA; p++)
        assert_true(plane_holds(v + p, w + p, block_bit(e->delta, p), x, n));
    /* Rows: M = K xor x Delta, lowest bits x and 0. */
    for (size_t t = 0; t < n; t += 7) {
        block m[128], key[128];
        transpose_128(m, v + t * MPC_KAPPA, 1);
        transpose_128(key, w + t * MPC_KAPPA, 1);
        for (unsigned h = 0; h < 128; h++) {
            const unsigned bit = block_bit(x[t], h);
            const block expected = block_xor(key[h], block_if(bit, e->delta));
            assert_memory_equal(&m[h], &expected, sizeof expected);
            assert_int_equal(block_bit(m[h], 0), bit);
            assert_int_equal(block_bit(key[h], 0), 0);
        }
    }
    mem_free(v);
    mem_free(w);
    mem_free(d);
}

static void planes_and_rows_fit(void **state)
{
    (void)state;
    static sides e;
    cot_scratch *scratch = cot_scratch_new();
    assert_non_null(scratch);
    for (unsigned k = 1; k <= 8; k *= 2) {
        receiver_side(&e, k, 3);
        sender_side(&e);
        check_extension(&e, scratch, 0, 1);
        check_extension(&e, scratch, 1, COT_CHUNK);
        check_extension(&e, scratch, 1000, COT_CHUNK - 1);
        check_extension(&e, scratch, (uint64_t)1 << 34, 17);
        cot_pair_clear(&e.pair);
    }
    cot_scratch_free(scratch);
}

/* The definitions of section 2.3, leaf by leaf, against the halving. Before the correction W_p =
 * V_p xor bit(alpha,b) u. */
static void planes_follow_the_definition(void **state)
{
    (void)state;
    static sides e;
    cot_scratch *scratch = cot_scratch_new();
    static block v[COT_PLANES], w[COT_PLANES], d[MPC_KAPPA];
    assert_non_null(scratch);
    for (unsigned k = 1; k <= 8; k *= 2) {
        const uint64_t counter = 77;
        block x = block_zero();
        receiver_side(&e, k, 4);
        sender_side(&e);
        cot_correct(&e.pair.receiver, scratch, d, &x, counter, 1); /* u itself */
        cot_receiver_planes(&e.pair.receiver, scratch, v, &x, counter, 1);
        static const block no_corrections[MPC_KAPPA];
        cot_sender_planes(&e.pair.sender, scratch, w, no_corrections, counter, 1);
        for (unsigned tau = 0; tau < cot_trees(k); tau++) {
            block u = block_zero(), planes[8] = {{0}};
            for (unsigned y = 0; y < 1u << k; y++) {
                block g;
                aes_ctr(&g, &e.pair.receiver.leaves[(tau << k) + y], counter, 1);
                u = block_xor(u, g);
                for (unsigned b = 0; b < k; b++)
                    planes[b] = block_xor(planes[b], block_if(y >> b & 1, g));
            }
            assert_memory_equal(&d[tau], &u, sizeof u);
            for (unsigned b = tau == 0 ? 1 : 0; b < k; b++) {
                const unsigned p = tau * k + b;
                const block expected = block_xor(planes[b], block_if(block_bit(e.delta, p), u));
                assert_memory_equal(&v[p], &planes[b], sizeof u);
                assert_memory_equal(&w[p], &expected, sizeof u);
            }
        }
        cot_pair_clear(&e.pair);
    }
    cot_scratch_free(scratch);
}

/* Each block of a call is what a call for its counter alone gives. */
static void blocks_of_a_call_follow_their_counters(void **state)
{
    (void)state;
    static sides e;
    cot_scratch *scratch = cot_scratch_new();
    static block many[COT_CHUNK * MPC_KAPPA], one[MPC_KAPPA], x[COT_CHUNK];
    static block v[COT_PLANES], w[COT_PLANES];
    static block v_one[COT_PLANES], w_one[COT_PLANES];
    assert_non_null(scratch);
    for (unsigned k = 1; k <= 8; k *= 2) {
        const size_t trees = cot_trees(k);
        const uint64_t first = 5;
        receiver_side(&e, k, 7);
        sender_side(&e);
        rng_blocks(&e.random, x, COT_CHUNK);
        cot_correct(&e.pair.receiver, scratch, many, x, first, COT_CHUNK);
        cot_receiver_planes(&e.pair.receiver, scratch, v, x, first, COT_CHUNK);
        cot_sender_planes(&e.pair.sender, scratch, w, many, first, COT_CHUNK);
        for (size_t t = 0; t < COT_CHUNK; t++) {
            cot_correct(&e.pair.receiver, scratch, one, x + t, first + t, 1);
            assert_memory_equal(many + t * trees, one, trees * sizeof(block));
            cot_receiver_planes(&e.pair.receiver, scratch, v_one, x + t, first + t, 1);
            cot_sender_planes(&e.pair.sender, scratch, w_one, one, first + t, 1);
            for (size_t p = 0; p < MPC_KAPPA; p++) {
                assert_memory_equal(&v[t * MPC_KAPPA + p], &v_one[p], sizeof(block));
                assert_memory_equal(&w[t * MPC_KAPPA + p], &w_one[p], sizeof(block));
            }
        }
        cot_pair_clear(&e.pair);
    }
    cot_scratch_free(scratch);
}

static void secrets_are_wiped(void **state)
{
    (void)state;
    static sides e;
    static const cot_pair empty;
    receiver_side(&e, 4, 5);
    sender_side(&e);
    cot_pair_clear(&e.pair);
    assert_memory_equal(&e.pair, &empty, sizeof empty);
    cot_pair_clear(&e.pair);
}

static void failed_allocations_are_reported(void **state)
{
    (void)state;
    static sides e;
    pt_error error;
    receiver_side(&e, 2, 6);
    mem_fail_at(1);
    assert_int_equal(
        cot_sender_init(&e.pair.sender, e.delta, 2, zero_pid, e.chosen, e.check, &error),
        PT_ERR_MEMORY);
    cot_pair_clear(&e.pair);
    mem_fail_at(1);
    assert_int_equal(
        cot_receiver_init(&e.pair.receiver, e.messages, e.check, 2, zero_pid, e.roots, &error),
        PT_ERR_MEMORY);
    cot_pair_clear(&e.pair);
    mem_fail_at(0);
}

static int start(void **state)
{
    (void)state;
    return crypto_init(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(a_punctured_tree_misses_one_leaf),
        cmocka_unit_test(honest_trees_are_accepted),
        cmocka_unit_test(tampered_trees_are_noticed),
        cmocka_unit_test(planes_and_rows_fit),
        cmocka_unit_test(planes_follow_the_definition),
        cmocka_unit_test(blocks_of_a_call_follow_their_counters),
        cmocka_unit_test(secrets_are_wiped),
        cmocka_unit_test(failed_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
