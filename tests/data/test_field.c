/* Numbers, dates and truth values as text. */
#include "data/field.h"
#include "support/test.h"

typedef struct number_case {
    const char *text;
    uint64_t scale;
    field_result result;
    bool is_negative;
    uint64_t magnitude;
} number_case;

static void assert_number(const number_case *c, char mark)
{
    field_number number = {0};
    if (field_read_number(&number, c->text, strlen(c->text), mark, c->scale) != c->result)
        fail_msg("'%s' times %llu", c->text, (unsigned long long)c->scale);
    if (c->result != FIELD_OK)
        return;
    assert_int_equal(number.is_negative, c->is_negative);
    assert_true(number.magnitude == c->magnitude);
}

static void test_numbers(void **state)
{
    (void)state;
    static const number_case cases[] = {
        {"0", 1, FIELD_OK, false, 0},
        {"-0", 1, FIELD_OK, false, 0},
        {"+7", 1, FIELD_OK, false, 7},
        {"007", 1, FIELD_OK, false, 7},
        {"00000000000000000000000000001", 1, FIELD_OK, false, 1},
        {"18446744073709551615", 1, FIELD_OK, false, UINT64_MAX},
        {"18446744073709551616", 1, FIELD_TOO_LARGE, false, 0},
        {"-9223372036854775808", 1, FIELD_OK, true, UINT64_C(1) << 63},
        {"99999999999999999999999999999999999999999", 1, FIELD_TOO_LARGE, false, 0},
        {"12.00", 1, FIELD_OK, false, 12},
        {"12.5", 1, FIELD_NOT_A_WHOLE, false, 0},
        {"12.5", 2, FIELD_OK, false, 25},
        {"-12.34", 100, FIELD_OK, true, 1234},
        {"12.345", 100, FIELD_NOT_A_WHOLE, false, 0},
        {"12.3450", 1000, FIELD_OK, false, 12345},
        {"0.1", 10, FIELD_OK, false, 1},
        {"-0.00", 100, FIELD_OK, false, 0},
        {"184467440737095516.15", 100, FIELD_OK, false, UINT64_MAX},
        {"184467440737095516.16", 100, FIELD_TOO_LARGE, false, 0},
        {"0.000000000000000001", FIELD_SCALE_MAX, FIELD_OK, false, 1},
        {"0.0000000000000000001", FIELD_SCALE_MAX, FIELD_NOT_A_WHOLE, false, 0},
        {"18.446744073709551615", FIELD_SCALE_MAX, FIELD_OK, false, UINT64_MAX},
        {"", 1, FIELD_NO_NUMBER, false, 0},
        {"-", 1, FIELD_NO_NUMBER, false, 0},
        {".5", 10, FIELD_NO_NUMBER, false, 0},
        {"5.", 10, FIELD_NO_NUMBER, false, 0},
        {" 5", 1, FIELD_NO_NUMBER, false, 0},
        {"5 ", 1, FIELD_NO_NUMBER, false, 0},
        {"--5", 1, FIELD_NO_NUMBER, false, 0},
        {"1e3", 1, FIELD_NO_NUMBER, false, 0},
        {"1,000", 1, FIELD_NO_NUMBER, false, 0},
        {"0x10", 1, FIELD_NO_NUMBER, false, 0},
        {"NaN", 1, FIELD_NO_NUMBER, false, 0},
        {"1.2.3", 100, FIELD_NO_NUMBER, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_number(&cases[i], FIELD_POINT);
}

static void test_decimal_commas(void **state)
{
    (void)state;
    static const number_case cases[] = {
        {"12", 1, FIELD_OK, false, 12},          {"12,00", 1, FIELD_OK, false, 12},
        {"-12,34", 100, FIELD_OK, true, 1234},   {"12,345", 100, FIELD_NOT_A_WHOLE, false, 0},
        {"12,", 10, FIELD_NO_NUMBER, false, 0},  {",5", 10, FIELD_NO_NUMBER, false, 0},
        {"12.5", 10, FIELD_NO_NUMBER, false, 0}, {"1.000,5", 10, FIELD_NO_NUMBER, false, 0},
        {"1.000", 1, FIELD_NO_NUMBER, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_number(&cases[i], FIELD_COMMA);
}

static void assert_fits(const char *text, unsigned n_bits, bool is_signed, bool expected)
{
    field_number number = {0};
    assert_int_equal(field_read_number(&number, text, strlen(text), FIELD_POINT, 1), FIELD_OK);
    if (field_fits(&number, n_bits, is_signed) != expected)
        fail_msg("%s in %u bits", text, n_bits);
}

static void test_ends_of_types(void **state)
{
    (void)state;
    assert_fits("255", 8, false, true);
    assert_fits("256", 8, false, false);
    assert_fits("-1", 8, false, false);
    assert_fits("127", 8, true, true);
    assert_fits("128", 8, true, false);
    assert_fits("-128", 8, true, true);
    assert_fits("-129", 8, true, false);
    assert_fits("4294967295", 32, false, true);
    assert_fits("4294967296", 32, false, false);
    assert_fits("18446744073709551615", 64, false, true);
    assert_fits("9223372036854775807", 64, true, true);
    assert_fits("9223372036854775808", 64, true, false);
    assert_fits("-9223372036854775808", 64, true, true);
    assert_fits("-9223372036854775809", 64, true, false);
    assert_true(field_bits(&(field_number){true, 1}) == UINT64_MAX);
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t days;
    } good[] = {
        {"1970-01-01", 0},       {"1969-12-31", -1},      {"2000-02-29", 11016},
        {"2000-03-01", 11017},   {"2026-11-29", 20786},   {"1900-03-01", -25508},
        {"0001-01-01", -719162}, {"9999-12-31", 2932896},
    };
    static const char *const bad[] = {
        "1900-02-29", "2026-02-29",  "2026-13-01", "2026-00-10", "2026-04-31",
        "2026-01-00", "0000-01-01",  "26-11-29",   "2026-1-29",  "2026/11/29",
        "29.11.2026", "2026-11-29 ", "2026-11-2x", "",
    };
    field_number days;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(field_read_date(&days, good[i].text, 10));
        if ((int64_t)field_bits(&days) != good[i].days)
            fail_msg("%s: %lld", good[i].text, (long long)field_bits(&days));
        char back[FIELD_DATE_SIZE];
        assert_true(field_write_date(back, &days));
        assert_string_equal(back, good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (field_read_date(&days, bad[i], strlen(bad[i])))
            fail_msg("'%s' is taken for a date", bad[i]);
    }
}

static void test_numbers_and_dates_back(void **state)
{
    (void)state;
    static const struct {
        field_number number;
        unsigned places;
        const char *text;
    } cases[] = {
        {{false, 1234}, 2, "12.34"},
        {{true, 5}, 2, "-0.05"},
        {{false, 0}, 3, "0.000"},
        {{true, 7}, 0, "-7"},
        {{false, UINT64_MAX}, 0, "18446744073709551615"},
        {{false, UINT64_MAX}, 18, "18.446744073709551615"},
    };
    char date[FIELD_DATE_SIZE];
    buffer out;
    buffer_init(&out, 100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        field_number back;
        uint64_t scale = 1;
        for (unsigned p = 0; p < cases[i].places; p++)
            scale *= 10;
        buffer_reset(&out);
        field_write_number(&out, &cases[i].number, cases[i].places);
        assert_string_equal(buffer_text(&out), cases[i].text);
        assert_int_equal(
            field_read_number(&back, cases[i].text, strlen(cases[i].text), FIELD_POINT, scale),
            FIELD_OK);
        assert_int_equal(back.magnitude, cases[i].number.magnitude);
        assert_int_equal(back.is_negative, cases[i].number.is_negative);
    }
    buffer_clear(&out);
    assert_false(field_write_date(date, &(field_number){true, 719163}));
    assert_false(field_write_date(date, &(field_number){false, 2932897}));
    assert_false(field_write_date(date, &(field_number){false, UINT64_MAX}));
}

/* Every day of four centuries is one after the day before. */
static void test_calendar(void **state)
{
    (void)state;
    int64_t expected = 0;
    for (unsigned year = 1970; year < 2370; year++) {
        for (unsigned month = 1; month <= 12; month++) {
            for (unsigned day = 1; day <= 31; day++) {
                char text[32];
                field_number days;
                (void)snprintf(text, sizeof text, "%04u-%02u-%02u", year, month, day);
                char back[FIELD_DATE_SIZE];
                if (!field_read_date(&days, text, 10))
                    continue;
                assert_int_equal((int64_t)field_bits(&days), expected++);
                assert_true(field_write_date(back, &days));
                assert_string_equal(back, text);
            }
        }
    }
    assert_int_equal(expected, 146097);
}

static void test_truth_values(void **state)
{
    (void)state;
    bool value = false;
    assert_true(field_read_bool(&value, "true", 4) && value);
    assert_true(field_read_bool(&value, "FALSE", 5) && !value);
    assert_true(field_read_bool(&value, "Yes", 3) && value);
    assert_true(field_read_bool(&value, "0", 1) && !value);
    assert_false(field_read_bool(&value, "2", 1));
    assert_false(field_read_bool(&value, "", 0));
    assert_false(field_read_bool(&value, "truely", 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_decimal_commas),
        cmocka_unit_test(test_ends_of_types),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_truth_values),
        cmocka_unit_test(test_numbers_and_dates_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
