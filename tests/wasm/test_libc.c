/* What src/wasm has in place of wasi-libc's and libsodium's, against what those give. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

#define assert_printed(expected, ...)                                                              \
    do {                                                                                           \
        char text[80];                                                                             \
        const int n = snprintf(text, sizeof text, __VA_ARGS__);                                    \
        assert_string_equal(text, expected);                                                       \
        assert_int_equal(n, strlen(expected));                                                     \
    } while (0)

static void texts_and_numbers_are_printed(void **state)
{
    (void)state;
    assert_printed("", "%s", "");
    assert_printed("a 100% b", "a %d%% %c", 100, 'b');
    assert_printed("ab|  ab|abc|", "%.2s|%4.*s|%.7s|", "abc", 2, "abc", "abc");
    assert_printed("  x", "%*s", 3, "x");
    assert_printed("-2147483648 4294967295", "%d %u", INT_MIN, UINT_MAX);
    assert_printed("-9223372036854775808 18446744073709551615", "%lld %llu", LLONG_MIN, ULLONG_MAX);
    assert_printed("-7 8 9 10", "%ld %lu %zu %i", -7L, 8UL, (size_t)9, 10);
    assert_printed("0f 00AB    12 -03", "%02x %04X %5u %03d", 15u, 171u, 12u, -3);
    assert_printed("ffffffffffffffff", "%llx", ULLONG_MAX);
    assert_printed("12 ?", "%d %f, %d", 12, 1.5, 3);
}

static void what_has_no_room_is_counted(void **state)
{
    (void)state;
    char text[4] = "...";
    assert_int_equal(snprintf(text, 3, "%s%d", "a", 2345), 5);
    assert_string_equal(text, "a2");
    assert_int_equal(snprintf(NULL, 0, "%5d", 1), 5);
    assert_int_equal(snprintf(text, 1, "abc"), 3);
    assert_string_equal(text, "");
}

static int compare_bytes(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

static void items_are_sorted(void **state)
{
    (void)state;
    for (size_t n = 0; n < 40; n++) {
        uint8_t items[40][3];
        for (size_t i = 0; i < n; i++)
            memset(items[i], (int)(i * 29 % 23), 3);
        qsort(items, n, 3, compare_bytes);
        for (size_t i = 1; i < n; i++) {
            assert_true(items[i - 1][0] <= items[i][0]);
            assert_memory_equal(items[i], items[i] + 1, 2);
        }
    }
}

static void numbers_are_read(void **state)
{
    (void)state;
    char *end = NULL;
    assert_int_equal(strtoul("41,2", &end, 10), 41);
    assert_string_equal(end, ",2");
    assert_int_equal(strtoul(" \t\n7 x", &end, 10), 7);
    assert_string_equal(end, " x");
    for (const char *none = " x"; *none != '\0'; none++) {
        assert_int_equal(strtoul(none, &end, 10), 0);
        assert_ptr_equal(end, none);
        assert_true(strtoll(none, &end, 10) == 0);
        assert_ptr_equal(end, none);
    }
    assert_true(strtoll("  -7", NULL, 10) == -7);
    assert_true(strtoll("-", &end, 10) == 0);
    assert_string_equal(end, "-");
    errno = 0;
    assert_true(strtoll("9223372036854775807", &end, 10) == LLONG_MAX);
    assert_true(strtoll("-9223372036854775808", NULL, 10) == LLONG_MIN);
    assert_int_equal(errno, 0);
    assert_true(strtoll("9223372036854775808", NULL, 10) == LLONG_MAX);
    assert_int_equal(errno, ERANGE);
    errno = 0;
    assert_true(strtoll("-99999999999999999999", NULL, 10) == LLONG_MIN);
    assert_int_equal(errno, ERANGE);
}

static void assert_sha256(const char *text, size_t len, const char *expected)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char hex[HEX_SIZE(sizeof hash)];
    crypto_hash_sha256(hash, (const uint8_t *)text, len);
    hex_write(hex, hash, sizeof hash);
    assert_string_equal(hex, expected);
}

/* FIPS 180-4's examples, and lengths around the end of a block (sha256sum). */
static void sha256_is_that_of_the_standard(void **state)
{
    (void)state;
    char a[119];
    memset(a, 'a', sizeof a);
    assert_sha256("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_sha256("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_sha256(a, 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    assert_sha256(a, 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
    assert_sha256(a, 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
    assert_sha256(a, 119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
}

/* As libsodium with its own rounds gives. */
static void argon2_is_that_of_libsodium(void **state)
{
    (void)state;
    uint8_t key[32];
    uint8_t salt[crypto_pwhash_argon2id_SALTBYTES];
    char hex[HEX_SIZE(sizeof key)];
    for (size_t i = 0; i < sizeof salt; i++)
        salt[i] = (uint8_t)i;
    assert_int_equal(crypto_pwhash_argon2id(key, sizeof key, "correct horse", 13, salt, 3, 65536,
                                            crypto_pwhash_argon2id_ALG_ARGON2ID13),
                     0);
    hex_write(hex, key, sizeof key);
    assert_string_equal(hex, "a1dc6a57c61d5fb470584e24085ea3216fd369c61bcd5f845745f9cb0ed02fca");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_numbers_are_printed),
        cmocka_unit_test(what_has_no_room_is_counted),
        cmocka_unit_test(items_are_sorted),
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(sha256_is_that_of_the_standard),
        cmocka_unit_test(argon2_is_that_of_libsodium),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
