/* Hexadecimal there and back. */
#include "base/hex.h"
#include "support/test.h"

static void every_byte_is_written_and_read(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint8_t read[256];
    char text[HEX_SIZE(sizeof bytes)];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    hex_write(text, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        char expected[3];
        (void)snprintf(expected, sizeof expected, "%02x", (unsigned)i);
        assert_memory_equal(text + 2 * i, expected, 2);
    }
    assert_true(hex_read(read, sizeof read, text));
    assert_memory_equal(read, bytes, sizeof bytes);
    hex_write(text, bytes, 0);
    assert_string_equal(text, "");
}

static void both_cases_are_read(void **state)
{
    (void)state;
    uint8_t bytes[3];
    assert_true(hex_read(bytes, 3, "aBCdeF"));
    assert_memory_equal(bytes, "\xab\xcd\xef", 3);
    assert_true(hex_read(bytes, 0, ""));
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",     "0",    "00",   "000", "00000",
                                        "0g00", "00 0", "0x00", "-100"};
    uint8_t bytes[2];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(hex_read(bytes, sizeof bytes, wrong[i]));
}

static void only_digits_have_a_value(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdef";
    for (int c = -128; c < 128; c++) {
        const char lower = (char)(c >= 'A' && c <= 'F' ? c + 32 : c);
        const char *found = c == 0 ? NULL : strchr(digits, lower);
        assert_int_equal(hex_digit((char)c), found == NULL ? -1 : found - digits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_written_and_read),
        cmocka_unit_test(both_cases_are_read),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(only_digits_have_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
