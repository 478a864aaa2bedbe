/* The garbling hash: the spec's vectors, and the kernels against the definition. */
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

/* The definition, from the cipher alone. */
static block hash_defined(const aes_key *key, block x, uint32_t eps)
{
    block v = block_sigma(x);
    v.lo ^= eps;
    return block_xor(aes_encrypt(key, v), v);
}

static void check_vectors(void)
{
    const block s = block_from_hex("202122232425262728292a2b2c2d2e2f");
    const block x = block_from_hex("000102030405060708090a0b0c0d0e0f");
    const block pair[2] = {x, x};
    const uint32_t eps_2_3 = hash_eps(2, 3);
    aes_key keys[2];
    block both[2];
    hash_keys(keys, s, 5, 2);
    hash_pair(both, keys, pair, &eps_2_3, 1);
    assert_int_equal(eps_2_3, 0x0203);
    assert_block_equal(both[0], block_from_hex("d50698ecf0c0b74c11c0e5d76b4f0bfd"));
    assert_block_equal(both[1], hash_defined(&keys[1], x, eps_2_3));

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

#define KEYS  70
#define PAIRS 40

static void assert_pair(const block *got, const block *x, const uint32_t *eps, size_t n,
                        const aes_key keys[2])
{
    const char *name = aes_backend();
    assert_true(aes_force_backend("soft"));
    for (size_t i = 0; i < 2 * n; i++)
        assert_block_equal(got[i], hash_defined(&keys[i / n], x[i], eps[i % n]));
    assert_true(aes_force_backend(name));
}

static void check_pair_size(size_t n, uint64_t first)
{
    block x[2 * PAIRS + 1];
    block got[2 * PAIRS + 1] = {{0}};
    uint32_t eps[PAIRS];
    aes_key keys[2];
    random_blocks(x, 2 * PAIRS + 1, 2);
    for (unsigned i = 0; i < PAIRS; i++)
        eps[i] = i % 3 == 0 ? UINT32_MAX - i : hash_eps(i, i + 1);
    hash_keys(keys, x[1], first, 2);
    hash_pair(got, keys, x, eps, n);
    assert_pair(got, x, eps, n, keys);
    assert_block_equal(got[2 * n], block_zero());
    memcpy(got, x, sizeof got);
    hash_pair(got, keys, got, eps, n);
    assert_pair(got, x, eps, n, keys);
    assert_memory_equal(got + 2 * n, x + 2 * n, (2 * (PAIRS - n) + 1) * sizeof x[0]);
}

static void check_pairs(void)
{
    for (size_t n = 0; n <= PAIRS; n++)
        check_pair_size(n, UINT32_MAX - n);
}

static void hash_pair_is_the_defined_hash(void **state)
{
    (void)state;
    for_each_back_end(check_pairs);
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
        assert_block_equal(got[i], hash_defined(&keys[i / m], x[i], eps[i % m]));
    assert_block_equal(got[total], block_zero());
    memcpy(got, x, sizeof got);
    hash_batch(got, s, first, n_tweaks, got, eps, m);
    for (size_t i = 0; i < total; i++)
        assert_block_equal(got[i], hash_defined(&keys[i / m], x[i], eps[i % m]));
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

static void hash_batch_is_the_defined_hash(void **state)
{
    (void)state;
    for_each_back_end(check_batches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigma_vector),
        cmocka_unit_test(vectors),
        cmocka_unit_test(hash_pair_is_the_defined_hash),
        cmocka_unit_test(hash_batch_is_the_defined_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
