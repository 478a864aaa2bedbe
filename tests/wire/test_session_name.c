/* Which names a session may have. */
#include "support/test.h"

#include <stdbool.h>

#include "wire/session_name.h"

static bool is_good(const char *name)
{
    return session_name_is_good(name, strlen(name));
}

static void good_names(void **state)
{
    (void)state;
    assert_true(is_good("a"));
    assert_true(is_good("AZaz09._~-"));
    assert_true(is_good("polytune"));
}

static void bad_names(void **state)
{
    static const char zero_inside[] = "a\0b";
    (void)state;
    assert_false(is_good(""));
    assert_false(is_good("a b"));
    assert_false(is_good("a/b"));
    assert_false(is_good("a%41"));
    assert_false(is_good("\xc3\xa4"));
    assert_false(session_name_is_good(zero_inside, sizeof zero_inside - 1));
}

static void length(void **state)
{
    char name[SESSION_NAME_MAX + 1];
    (void)state;
    memset(name, 'n', sizeof name);
    assert_true(session_name_is_good(name, SESSION_NAME_MAX));
    assert_false(session_name_is_good(name, SESSION_NAME_MAX + 1));
    assert_non_null(strstr(SESSION_NAME_RULE, "1 to 128 "));
    assert_int_equal(SESSION_NAME_MAX, 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_names),
        cmocka_unit_test(bad_names),
        cmocka_unit_test(length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
