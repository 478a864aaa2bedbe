/* Letters of more than one byte. */
#include "support/test.h"

#include <string.h>

#include "base/utf8.h"

static void what_is_hidden_is_whole(void **state)
{
    static const char *const hidden[] = {
        "\x01",         "\x1b",         "\x7f",         "\xc2\x80",
        "\xc2\x9f",     "\xd8\x9c",     "\xe2\x80\x8e", "\xe2\x80\x8f",
        "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9",
    };
    static const char *const shown[] = {
        " ",
        "~",
        "\xc2\xa0",
        "\xc3\x9f",
        "\xd8\x9b",
        "\xe2\x80\x8d",
        "\xe2\x80\x90",
        "\xe2\x80\xaf",
        "\xe2\x81\xa5",
        "\xe2\x81\xaa",
    };
    (void)state;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        char text[8];
        const size_t len = strlen(hidden[i]);
        memcpy(text, hidden[i], len);
        text[len] = 'x';
        assert_int_equal(utf8_hidden(text, len + 1), len);
        assert_int_equal(utf8_hidden(text, len), len);
        if (len > 1)
            assert_int_equal(utf8_hidden(text, len - 1), 0);
    }
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        assert_int_equal(utf8_hidden(shown[i], strlen(shown[i])), 0);
    assert_int_equal(utf8_hidden("", 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_hidden_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
