/* Constant time: secrets are marked as undefined memory, and valgrind reports every branch and
 * every address that depends on them. Run through valgrind by ctest. */
#include "crypto/vectors.h"

#include <valgrind/memcheck.h>

#include "crypto/ct.h"
#include "crypto/fold.h"
#include "crypto/gf128.h"
#include "crypto/hash.h"
#include "crypto/ro.h"
#include "crypto/transpose.h"

#define N 37

static block secret[128];
static block out[128];
static unsigned errors_before;

/* Fresh secrets; from here on no error may be added. */
static void begin(void)
{
    random_blocks(secret, 128, 1);
    errors_before = VALGRIND_COUNT_ERRORS;
    (void)VALGRIND_MAKE_MEM_UNDEFINED(secret, sizeof secret);
}

static void end(void)
{
    const unsigned errors = VALGRIND_COUNT_ERRORS;
    (void)VALGRIND_MAKE_MEM_DEFINED(secret, sizeof secret);
    (void)VALGRIND_MAKE_MEM_DEFINED(out, sizeof out);
    assert_int_equal(errors, errors_before);
}

/* The test can fail: a branch on a secret is seen. The error it prints is meant. */
static void a_branch_on_a_secret_is_seen(void **state)
{
    (void)state;
    static volatile unsigned taken;
    begin();
    if (secret[0].lo & 1)
        taken = 1;
    const unsigned errors = VALGRIND_COUNT_ERRORS;
    (void)VALGRIND_MAKE_MEM_DEFINED(secret, sizeof secret);
    assert_true(errors > errors_before);
    assert_in_range(taken, 0, 1);
}

static void aes_and_hash(void **state)
{
    (void)state;
    static const char *const back_ends[] = {"soft", "aesni", "vaes", "vaes512"};
    static aes_key keys[N];
    uint32_t eps[N];
    for (unsigned i = 0; i < N; i++)
        eps[i] = hash_eps(i, 1);
    for (size_t i = 0; i < sizeof back_ends / sizeof back_ends[0]; i++) {
        if (!aes_force_backend(back_ends[i]))
            continue;
        print_message("back-end %s\n", back_ends[i]);
        begin();
        aes_key_expand(&keys[0], secret[0]);
        aes_key_expand_n(keys, secret, N);
        aes_encrypt_n(out, &keys[1], secret, N);
        aes_ctr(out, &keys[2], 5, N);
        prg_expand(out, secret[0], 0, 9);
        hash_pair(out, &keys[3], secret, eps, N / 2);
        for (size_t m = 1; m <= 6; m++)
            hash_batch(out, block_make(1, 2), 7, N / m, secret, eps, m);
        (void)VALGRIND_MAKE_MEM_DEFINED(keys, sizeof keys);
        end();
    }
}

static void field(void **state)
{
    (void)state;
    static const char *const back_ends[] = {"soft", "pclmul", "vpclmul", "vpclmul512"};
    for (size_t i = 0; i < sizeof back_ends / sizeof back_ends[0]; i++) {
        if (!gf_force_backend(back_ends[i]))
            continue;
        print_message("back-end %s\n", back_ends[i]);
        begin();
        out[0] = gf_mul(secret[0], secret[1]);
        gf_acc acc = {{0}, {0}};
        gf_dot_add(&acc, secret, secret + N, N);
        out[1] = gf_reduce(&acc);
        static gf_acc sums[GF_ROW];
        gf_dot_rows(sums, secret, GF_ROW, secret, 1);
        gf_powers(out, secret[0], secret[1], N);
        polyhash h;
        polyhash_init(&h, secret[2]);
        polyhash_add(&h, secret, 100);
        polyhash_skip(&h, 12);
        out[2] = polyhash_value(&h);
        end();
    }
}

static void transposition(void **state)
{
    (void)state;
    begin();
    transpose_128(out, secret, 1);
    transpose_128_portable(out, secret, 1);
    end();
}

static void sums_over_leaves(void **state)
{
    (void)state;
    begin();
    for (unsigned k = 1; k <= 4; k *= 2) {
        fold_leaves(out, out + 7, 7, secret, 7, 7, k);
        fold_leaves_portable(out, out + 7, 7, secret, 7, 7, k);
    }
    end();
}

static void comparison_selection_and_generator(void **state)
{
    (void)state;
    begin();
    bool equal = ct_equal(secret, secret + 3, 48);
    out[0] = ct_select(block_bit(secret[0], 77), secret[1], secret[2]);
    out[1] = block_if(block_bit(secret[0], 1), block_sigma(secret[1]));
    rng r;
    rng_init_seed(&r, secret[0]);
    rng_bytes(&r, out, 99);
    rng_clear(&r);
    uint8_t commitment[COMMITMENT_BYTES];
    commitment_make(commitment, (const uint8_t *)"01234567890123456789012345678901", 1, 2, 3,
                    secret, 300, (const uint8_t *)&secret[20]);
    (void)VALGRIND_MAKE_MEM_DEFINED(commitment, sizeof commitment);
    (void)VALGRIND_MAKE_MEM_DEFINED(&equal, sizeof equal);
    end();
    assert_false(equal);
}

int main(void)
{
    if (!RUNNING_ON_VALGRIND) {
        print_message("run this test through valgrind\n");
        return EXIT_FAILURE;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_branch_on_a_secret_is_seen),
        cmocka_unit_test(aes_and_hash),
        cmocka_unit_test(field),
        cmocka_unit_test(transposition),
        cmocka_unit_test(sums_over_leaves),
        cmocka_unit_test(comparison_selection_and_generator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
