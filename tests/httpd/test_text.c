/* Numbers and escapes in requests. */
#include "support/test.h"

#include "httpd/text.h"

static void numbers_are_read_strictly(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool ok;
        uint64_t number;
    } rows[] = {
        {"0", 0, true, 0},
        {"7", 7, true, 7},
        {"8", 7, false, 0},
        {"007", 10, true, 7},
        {"65535", 65535, true, 65535},
        {"65536", 65535, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999", UINT64_MAX, false, 0},
        {"000000000000000000001", UINT64_MAX, false, 0},
        {"", 10, false, 0},
        {"-1", 10, false, 0},
        {"+1", 10, false, 0},
        {" 1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"0x1", 10, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t number = 0;
        const bool ok = text_number(rows[i].text, strlen(rows[i].text), rows[i].max, &number);
        if (ok != rows[i].ok || (ok && number != rows[i].number))
            fail_msg("\"%s\" up to %llu", rows[i].text, (unsigned long long)rows[i].max);
    }
}

static void hexadecimals_are_read_strictly(void **state)
{
    uint64_t number = 0;
    (void)state;
    assert_true(text_hex("0", &number) && number == 0);
    assert_true(text_hex("00fF", &number) && number == 255);
    assert_true(text_hex("ffffffffffffffff", &number) && number == UINT64_MAX);
    assert_false(text_hex("", &number));
    assert_false(text_hex("0ffffffffffffffff", &number));
    assert_false(text_hex("0x1", &number));
    assert_false(text_hex("1g", &number));
}

/* Only what may be escaped without a change of meaning is decoded. */
static void escapes_of_plain_characters_are_decoded(void **state)
{
    static const char *const rows[][2] = {
        {"plain", "plain"}, {"%41b%7e", "Ab~"}, {"%2F", "%2F"},       {"%00", "%00"},
        {"%2e%2E", ".."},   {"%2541", "%2541"}, {"%", "%"},           {"%4", "%4"},
        {"%zz", "%zz"},     {"a%20b", "a%20b"}, {"%0d%0a", "%0d%0a"}, {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "%s", rows[i][0]);
        assert_int_equal(text_unescape(text), strlen(rows[i][1]));
        assert_string_equal(text, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_strictly),
        cmocka_unit_test(hexadecimals_are_read_strictly),
        cmocka_unit_test(escapes_of_plain_characters_are_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
