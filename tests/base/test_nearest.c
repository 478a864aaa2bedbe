/* Suggestions for unknown names. */
#include "base/nearest.h"
#include "support/test.h"

static const char *suggest(const char *name, const char *const *known)
{
    nearest n;
    nearest_init(&n, name, strlen(name));
    for (size_t i = 0; known[i] != NULL; i++)
        nearest_offer(&n, known[i]);
    return n.best;
}

#define KNOWN(...) ((const char *const[]){__VA_ARGS__, NULL})

static void close_names_are_found(void **state)
{
    (void)state;
    assert_string_equal(suggest("totl", KNOWN("n", "tool", "total")), "tool");
    assert_string_equal(suggest("simluate", KNOWN("eval", "simulate")), "simulate");
    assert_string_equal(suggest("ab", KNOWN("xy", "b", "abc")), "abc");
    assert_string_equal(suggest("coutn", KNOWN("const", "count")), "count");
    assert_string_equal(suggest("ba", KNOWN("ab")), "ab");
    assert_string_equal(suggest("ROWS", KNOWN("rose", "rows")), "rows");
    assert_string_equal(suggest("N", KNOWN("m", "n")), "n");
}

static void others_are_not(void **state)
{
    (void)state;
    char long_name[NEAREST_MAX_LEN + 2];
    memset(long_name, 'a', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    assert_null(suggest("w", KNOWN("v", "n", "ww_")));
    assert_null(suggest("ab", KNOWN("xy", "cd")));
    assert_null(suggest("oops", KNOWN("loop", "ops_x")));
    assert_null(suggest("", KNOWN("", "a")));
    assert_null(suggest(long_name, KNOWN(long_name)));
    assert_null(suggest("aaaa", KNOWN(long_name)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_names_are_found),
        cmocka_unit_test(others_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
