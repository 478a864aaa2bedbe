/* Who is missing, in words. */
#include "support/test.h"

#include "channel/attendance.h"

static void assert_texts(const attendance *a, const char *absent, const char *left)
{
    char list[ATTENDANCE_TEXT];
    char end[ATTENDANCE_TEXT + 32];
    attendance_list(list, a, false);
    attendance_list_left(end, a);
    assert_string_equal(list, absent);
    assert_string_equal(end, left);
}

static void everybody_missing_is_named(void **state)
{
    (void)state;
    attendance a = {.parties = 5};
    attendance_note(&a, 3, true);
    assert_texts(&a, "parties 0, 1, 2 and 4", "");
    attendance_note(&a, 0, true);
    attendance_note(&a, 2, true);
    assert_int_equal(attendance_count(&a), 3);
    assert_texts(&a, "parties 1 and 4", "");
    attendance_note(&a, 4, true);
    assert_texts(&a, "party 1", "");
    assert_int_equal(attendance_missing(&a), 1);
    attendance_note(&a, 1, true);
    assert_texts(&a, "", "");
    assert_int_equal(attendance_missing(&a), 5);
}

/* Nobody who was there is said not to have come. */
static void who_left_is_told_apart(void **state)
{
    (void)state;
    attendance a = {.parties = 4};
    for (size_t i = 0; i < 3; i++)
        attendance_note(&a, i, true);
    attendance_note(&a, 1, false);
    assert_texts(&a, "party 3", "; party 1 was there and left");
    assert_int_equal(attendance_missing(&a), 3);
    attendance_note(&a, 0, false);
    assert_texts(&a, "party 3", "; parties 0 and 1 were there and left");
    attendance_note(&a, 3, true);
    assert_texts(&a, "", "; parties 0 and 1 were there and left");
    assert_int_equal(attendance_missing(&a), 0);
    attendance_note(&a, 0, true);
    assert_texts(&a, "", "; party 1 was there and left");
}

static void a_long_list_ends(void **state)
{
    (void)state;
    attendance a = {.parties = CHANNEL_MAX_PARTIES};
    char list[ATTENDANCE_TEXT];
    attendance_list(list, &a, false);
    assert_string_equal(
        list, "parties 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 and 239 more");
    for (size_t i = 0; i < CHANNEL_MAX_PARTIES - 16; i++)
        attendance_note(&a, i, true);
    attendance_list(list, &a, false);
    assert_non_null(strstr(list, ", 253 and 254"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_missing_is_named),
        cmocka_unit_test(who_left_is_told_apart),
        cmocka_unit_test(a_long_list_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
