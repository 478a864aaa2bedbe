/* AES-128 of every back-end: FIPS 197, the spec's vectors, and agreement with the portable one. */
#include "crypto/vectors.h"

#include "crypto/aes.h"

#define SIZES 41

static const char *const back_ends[] = {"soft", "aesni", "vaes", "vaes512"};
#define N_BACK_ENDS (sizeof back_ends / sizeof back_ends[0])

/* Runs the test once for each back-end that this machine has. */
static void for_each_back_end(void (*test)(void))
{
    for (size_t i = 0; i < N_BACK_ENDS; i++) {
        if (!aes_force_backend(back_ends[i])) {
            print_message("back-end %s cannot run here\n", back_ends[i]);
            continue;
        }
        assert_string_equal(aes_backend(), back_ends[i]);
        test();
    }
}

/* FIPS 197, appendices A.1, B and C.1; protocol spec, appendix A. */
static void check_vectors(void)
{
    aes_key key;
    aes_key_expand(&key, block_from_hex("2b7e151628aed2a6abf7158809cf4f3c"));
    assert_block_equal(key.round[0], block_from_hex("2b7e151628aed2a6abf7158809cf4f3c"));
    assert_block_equal(key.round[1], block_from_hex("a0fafe1788542cb123a339392a6c7605"));
    assert_block_equal(key.round[9], block_from_hex("ac7766f319fadc2128d12941575c006e"));
    assert_block_equal(key.round[10], block_from_hex("d014f9a8c9ee2589e13f0cc8b6630ca6"));
    assert_block_equal(aes_encrypt(&key, block_from_hex("3243f6a8885a308d313198a2e0370734")),
                       block_from_hex("3925841d02dc09fbdc118597196a0b32"));

    aes_key_expand(&key, block_from_hex("000102030405060708090a0b0c0d0e0f"));
    assert_block_equal(aes_encrypt(&key, block_from_hex("00112233445566778899aabbccddeeff")),
                       block_from_hex("69c4e0d86a7b0430d8cdb78070b4c55a"));
    block ctr[2];
    aes_ctr(ctr, &key, 0, 2);
    assert_block_equal(ctr[0], block_from_hex("c6a13b37878f5b826f4f8162a1c8d879"));
    assert_block_equal(ctr[1], block_from_hex("e37cd363dd7c87a09aff0e3e60e09c82"));
}

static void vectors(void **state)
{
    (void)state;
    for_each_back_end(check_vectors);
}

/* The S-box as FIPS 197, section 5.1.1, defines it: inverse in GF(2^8), then the affine map. */
static uint8_t multiply(uint8_t a, uint8_t b)
{
    unsigned ret = 0;
    for (unsigned i = 0; i < 8; i++) {
        ret ^= ((unsigned)b >> i & 1u) != 0 ? (unsigned)a << i : 0u;
    }
    for (unsigned i = 15; i > 7; i--)
        ret ^= (ret >> i & 1u) != 0 ? 0x11bu << (i - 8) : 0u;
    return (uint8_t)ret;
}

static uint8_t s_box(uint8_t v)
{
    uint8_t inverse = 1;
    for (unsigned i = 0; i < 254; i++)
        inverse = multiply(inverse, v);
    unsigned ret = 0x63;
    for (unsigned i = 0; i < 5; i++)
        ret ^= (unsigned)inverse << i ^ (unsigned)inverse >> (8 - i);
    return (uint8_t)ret;
}

/* The first schedule step shows the S-box on the last key word, so all 256 values can be read. */
static void check_s_box(void)
{
    for (unsigned v = 0; v < 256; v++) {
        aes_key key;
        aes_key_expand(&key, block_make((uint64_t)v << 56, 0));
        const uint8_t expected = s_box((uint8_t)v);
        assert_int_equal(key.round[1].lo >> 16 & 0xff, expected);
    }
}

static void the_s_box_is_the_defined_one(void **state)
{
    (void)state;
    for_each_back_end(check_s_box);
}

/* All sizes, and ret == v, against the portable back-end. */
static void check_sizes(void)
{
    const char *name = aes_backend();
    block in[SIZES];
    random_blocks(in, SIZES, 1);
    for (size_t n = 0; n < SIZES; n++) {
        aes_key keys[SIZES];
        aes_key expected_keys[SIZES];
        block expected[SIZES] = {{0}};
        block got[SIZES] = {{0}};
        assert_true(aes_force_backend("soft"));
        aes_key_expand_n(expected_keys, in, n);
        aes_key_expand(&expected_keys[n], in[n]);
        aes_encrypt_n(expected, &expected_keys[0], in, n);
        assert_true(aes_force_backend(name));
        memset(keys, 0, sizeof keys);
        aes_key_expand_n(keys, in, n);
        aes_key_expand(&keys[n], in[n]);
        assert_memory_equal(keys, expected_keys, (n + 1) * sizeof keys[0]);

        aes_encrypt_n(got, &keys[0], in, n);
        assert_memory_equal(got, expected, sizeof got); /* and nothing past n is written */
        memcpy(got, in, sizeof got);
        aes_encrypt_n(got, &keys[0], got, n);
        assert_memory_equal(got, expected, n * sizeof got[0]);
        assert_memory_equal(got + n, in + n, (SIZES - n) * sizeof got[0]);
    }
}

static void back_ends_agree_on_all_sizes(void **state)
{
    (void)state;
    for_each_back_end(check_sizes);
}

static void check_counters(void)
{
    static const uint64_t firsts[] = {0, 5, UINT32_MAX - 3, UINT64_MAX - 600};
    aes_key key;
    aes_key_expand(&key, block_make(3, 4));
    for (size_t f = 0; f < sizeof firsts / sizeof firsts[0]; f++) {
        for (size_t n = 0; n < 600; n += n < SIZES ? 1 : 93) {
            block ctr[601];
            memset(ctr, 0x5a, sizeof ctr);
            aes_ctr(ctr, &key, firsts[f], n);
            for (size_t i = 0; i < n; i++)
                assert_block_equal(ctr[i], aes_encrypt(&key, block_make(0, firsts[f] + i)));
            assert_block_equal(ctr[n], block_make(0x5a5a5a5a5a5a5a5a, 0x5a5a5a5a5a5a5a5a));
        }
    }
}

static void counter_mode_encrypts_counters(void **state)
{
    (void)state;
    for_each_back_end(check_counters);
}

static void unknown_back_ends_are_refused(void **state)
{
    (void)state;
    assert_true(aes_force_backend("soft"));
    assert_false(aes_force_backend("nonesuch"));
    assert_string_equal(aes_backend(), "soft");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(the_s_box_is_the_defined_one),
        cmocka_unit_test(back_ends_agree_on_all_sizes),
        cmocka_unit_test(counter_mode_encrypts_counters),
        cmocka_unit_test(unknown_back_ends_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
