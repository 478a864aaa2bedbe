/* The garbling hash: the spec's vectors, and the batch kernel against one hash at a time. */
#include "crypto/vectors.h"

#include "crypto/hash.h"

static const char *const back_ends[] = {"soft", "aesni", "vaes", "vaes512"};

static void for_each_back_end(void (*test)(void))
{
    for (size_t i = 0; i < sizeof back_ends / sizeof back_ends[0]; i++) {
        if (aes_force_backend(back_ends[i]))
            test();
        else
            print_message("back-end %s cannot run here\n", back_ends[i]);
    }
}

static void sigma_vector(void **state)
{
    (void)state;
    assert_block_equal(block_sigma(block_from_hex("000102030405060708090a0b0c0d0e0f")),
                       block_from_hex("08090a0b0c0d0e0f0808080808080808"));
}

static void check_vectors(void)
{
    const block s = block_from_hex("202122232425262728292a2b2c2d2e2f");
    aes_key key;
    hash_keys(&key, s, 5, 1);
    assert_int_equal(hash_eps(2, 3), 0x0203);
    assert_block_equal(
        hash_one(&key, block_from_hex("000102030405060708090a0b0c0d0e0f"), hash_eps(2, 3)),
        block_from_hex("d50698ecf0c0b74c11c0e5d76b4f0bfd"));

    const block ones = block_make(UINT64_MAX, UINT64_MAX);
    const uint32_t eps = 0;
    block got;
    hash_batch(&got, s, ((uint64_t)1 << 40) + 1, 1, &ones, &eps, 1);
    assert_block_equal(got, block_from_hex("d6b4aac9a3f0e1c236b0a88d0528fa19"));
}

static void vectors(void **state)
{
    (void)state;
    for_each_back_end(check_vectors);
}

#define KEYS 70

/* The definition, through the portable cipher only. */
static block hash_defined(block s, uint64_t w, block x, uint32_t eps)
{
    aes_key key;
    block v = block_sigma(x);
    v.lo ^= eps;
    aes_key_expand(&key, block_xor(s, block_make(0, w)));
    return block_xor(aes_encrypt(&key, v), v);
}

static void check_hash_n(void)
{
    const char *name = aes_backend();
    block x[KEYS];
    uint32_t eps[KEYS];
    random_blocks(x, KEYS, 2);
    for (unsigned i = 0; i < KEYS; i++)
        eps[i] = i % 3 == 0 ? UINT32_MAX - i : hash_eps(i, i + 1);
    for (size_t n = 0; n <= 40; n++) {
        block got[KEYS] = {{0}};
        aes_key keys[KEYS];
        hash_keys(keys, x[1], UINT32_MAX - 1, n + 1);
        hash_n(got, &keys[n], x, eps, n);
        assert_true(aes_force_backend("soft"));
        for (size_t i = 0; i < n; i++)
            assert_block_equal(got[i],
                               hash_defined(x[1], (uint64_t)UINT32_MAX - 1 + n, x[i], eps[i]));
        assert_true(aes_force_backend(name));
        assert_block_equal(got[n], block_zero());
        memcpy(got, x, sizeof got);
        hash_n(got, &keys[n], got, eps, n);
        for (size_t i = 0; i < n; i++)
            assert_block_equal(got[i], hash_one(&keys[n], x[i], eps[i]));
        assert_memory_equal(got + n, x + n, (KEYS - n) * sizeof x[0]);
    }
}

static void hash_n_is_the_defined_hash(void **state)
{
    (void)state;
    for_each_back_end(check_hash_n);
}

static void check_batch_size(size_t n_tweaks, size_t m, uint64_t first)
{
    static block x[KEYS * 20 + 1];
    static block got[KEYS * 20 + 1];
    static aes_key keys[KEYS];
    uint32_t eps[20];
    const block s = block_make(first + 7, n_tweaks * m);
    const size_t total = n_tweaks * m;
    for (unsigned j = 0; j < 20; j++)
        eps[j] = j == 1 ? UINT32_MAX : hash_eps(j + 1, 2 * j);
    random_blocks(x, total + 1, 3);
    hash_keys(keys, s, first, n_tweaks);
    memset(got, 0, sizeof got);
    hash_batch(got, s, first, n_tweaks, x, eps, m);
    for (size_t i = 0; i < total; i++)
        assert_block_equal(got[i], hash_one(&keys[i / m], x[i], eps[i % m]));
    assert_block_equal(got[total], block_zero());
    memcpy(got, x, sizeof got);
    hash_batch(got, s, first, n_tweaks, got, eps, m);
    for (size_t i = 0; i < total; i++)
        assert_block_equal(got[i], hash_one(&keys[i / m], x[i], eps[i % m]));
    assert_block_equal(got[total], x[total]);
}

static void check_batches(void)
{
    for (size_t m = 0; m <= 19; m++) {
        for (size_t n_tweaks = 0; n_tweaks <= 40; n_tweaks += n_tweaks < 18 ? 1 : 5)
            check_batch_size(n_tweaks, m, 100);
    }
    for (size_t m = 1; m <= 6; m++) {
        check_batch_size(KEYS, m, UINT32_MAX - 5); /* tweaks that cross 32 bits */
        check_batch_size(KEYS, m, UINT64_MAX - KEYS);
    }
}

static void hash_batch_equals_single_hashes(void **state)
{
    (void)state;
    for_each_back_end(check_batches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigma_vector),
        cmocka_unit_test(vectors),
        cmocka_unit_test(hash_n_is_the_defined_hash),
        cmocka_unit_test(hash_batch_equals_single_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
