/* What parties tell each other of what they run. */
#include "support/test.h"

#include <stdbool.h>

#include "wire/terms.h"

static bool is_good(const char *text)
{
    return terms_are_good(text, strlen(text));
}

static void good_and_bad_terms(void **state)
{
    (void)state;
    char longest[TERMS_MAX + 2];
    assert_true(is_good("a=1"));
    assert_true(is_good("version=2;parties=3;dealer=no;program=1f3a"));
    assert_true(is_good("a="));
    assert_false(is_good(""));
    assert_false(is_good("a"));
    assert_false(is_good("=1"));
    assert_false(is_good("a=1;"));
    assert_false(is_good(";a=1"));
    assert_false(is_good("a=1;;b=2"));
    assert_false(is_good("a=1=2"));
    assert_false(is_good("a=1 b=2"));
    assert_false(is_good("a=1,b=2"));
    assert_false(is_good("a=\xc3\xa4"));
    assert_false(terms_are_good("a=\0", 3));
    memset(longest, 'x', sizeof longest);
    longest[1] = '=';
    assert_true(terms_are_good(longest, TERMS_MAX));
    assert_false(terms_are_good(longest, TERMS_MAX + 1));
}

static void assert_differ(const char *a, const char *b, const char *own, const char *other)
{
    char x[TERMS_FIELD_MAX + 1] = "";
    char y[TERMS_FIELD_MAX + 1] = "";
    assert_int_equal(terms_differ(x, y, a, b), own != NULL);
    assert_string_equal(x, own == NULL ? "" : own);
    assert_string_equal(y, other == NULL ? "" : other);
}

static void the_first_difference_is_told(void **state)
{
    (void)state;
    assert_differ("a=1;b=2", "a=1;b=2", NULL, NULL);
    assert_differ("a=1;b=2", "b=2;a=1", NULL, NULL);
    assert_differ("a=1;b=2", "b=3;a=1", "b=2", "b=3");
    assert_differ("a=1;b=2", "b=3;a=2", "a=1", "a=2");
    /* What only one tells is not compared; a name is not the beginning of another. */
    assert_differ("a=1", "b=2", NULL, NULL);
    assert_differ("", "b=2", NULL, NULL);
    assert_differ("ab=1", "a=2", NULL, NULL);
    assert_differ("a=1", "ab=2", NULL, NULL);
    assert_differ("a=1", "a=12", "a=1", "a=12");
    assert_differ("a=1", "a=", "a=1", "a=");
    assert_differ("name-that-is-long=0123456789-0123456789", "name-that-is-long=1",
                  "name-that-is-long=0123456789-012", "name-that-is-long=1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_and_bad_terms),
        cmocka_unit_test(the_first_difference_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
