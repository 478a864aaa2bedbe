#include "data/field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/wide.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The value of up to 18 digits. */
static uint64_t digits_value(const char *digits, size_t len)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = value * 10 + (uint64_t)(digits[i] - '0');
    return value;
}

/* digits * scale; false past 64 bits. */
static bool scale_whole(uint64_t *ret_value, const char *digits, size_t len, uint64_t scale)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        const uint64_t digit = (uint64_t)(digits[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    const wide product = wide_product(value, scale);
    *ret_value = product.lo;
    return product.hi == 0;
}

/* 0.DIGITS * scale; false if that is no whole number. */
static bool scale_fraction(uint64_t *ret_value, const char *digits, size_t len, uint64_t scale)
{
    while (len > 0 && digits[len - 1] == '0')
        len--;
    if (len > 18) /* more places than a factor of up to 10^18 takes away */
        return false;
    uint64_t power = 1;
    for (size_t i = 0; i < len; i++)
        power *= 10;
    uint64_t rest;
    *ret_value = wide_divide(&rest, wide_product(digits_value(digits, len), scale), power);
    return rest == 0;
}

field_result field_read_number(field_number *ret_number, const char *text, size_t len, char mark,
                               uint64_t scale)
{
    const char *end = text + len;
    const bool is_negative = len > 0 && text[0] == '-';
    if (len > 0 && (text[0] == '-' || text[0] == '+'))
        text++;
    const char *whole = text;
    while (text < end && is_digit(*text))
        text++;
    const size_t n_whole = (size_t)(text - whole);
    size_t n_fraction = 0;
    const char *fraction = text;
    if (text < end && *text == mark) {
        fraction = ++text;
        while (text < end && is_digit(*text))
            text++;
        n_fraction = (size_t)(text - fraction);
        if (n_fraction == 0)
            return FIELD_NO_NUMBER;
    }
    if (n_whole == 0 || text != end)
        return FIELD_NO_NUMBER;
    uint64_t high = 0;
    uint64_t low = 0;
    if (!scale_fraction(&low, fraction, n_fraction, scale))
        return FIELD_NOT_A_WHOLE;
    if (!scale_whole(&high, whole, n_whole, scale) || high > UINT64_MAX - low)
        return FIELD_TOO_LARGE;
    *ret_number =
        (field_number){.is_negative = is_negative && (high + low) != 0, .magnitude = high + low};
    return FIELD_OK;
}

static bool is_leap(uint64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint64_t days_of_month(uint64_t year, uint64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 0000-03-01 on: February, with its leap day, is the year's last month then. */
static uint64_t days_from_march(uint64_t year, uint64_t month, uint64_t day)
{
    const uint64_t y = month <= 2 ? year - 1 : year;
    const uint64_t m = month <= 2 ? month + 9 : month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
}

/* Whether the text has digits where the form has d, and elsewhere what the form has. */
static bool has_form(const char *text, size_t len, const char *form)
{
    if (len != strlen(form))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != form[i])
            return false;
    }
    return true;
}

static const char date_form[] = "dddd-dd-dd";

bool field_read_date(field_number *ret_days, const char *text, size_t len)
{
    if (!has_form(text, len, date_form))
        return false;
    const uint64_t year = digits_value(text, 4);
    const uint64_t month = digits_value(text + 5, 2);
    const uint64_t day = digits_value(text + 8, 2);
    if (year == 0 || month == 0 || month > 12 || day == 0 || day > days_of_month(year, month))
        return false;
    const uint64_t days = days_from_march(year, month, day);
    const uint64_t epoch = days_from_march(1970, 1, 1);
    *ret_days = (field_number){.is_negative = days < epoch,
                               .magnitude = days < epoch ? epoch - days : days - epoch};
    return true;
}

/* Numbers of one to four digits with the same mark between them, as in 29.11.2026 or 7/4/26. */
static bool is_other_date(const char *text, size_t len)
{
    size_t n_numbers = 1;
    size_t n_digits = 0;
    char mark = '\0';
    for (size_t i = 0; i < len; i++) {
        if (is_digit(text[i])) {
            n_digits++;
        } else {
            if (strchr("./-", text[i]) == NULL || n_digits == 0 ||
                (n_numbers > 1 && text[i] != mark))
                return false;
            mark = text[i];
            n_numbers++;
            n_digits = 0;
        }
        if (n_digits > 4 || n_numbers > 3)
            return false;
    }
    return n_numbers == 3 && n_digits != 0;
}

bool field_is_value(const char *text)
{
    const size_t len = strlen(text);
    field_number number;
    return field_read_date(&number, text, len) ||
           field_read_number(&number, text, len, FIELD_POINT, 1) != FIELD_NO_NUMBER ||
           field_read_number(&number, text, len, FIELD_COMMA, 1) != FIELD_NO_NUMBER;
}

/* How many there are of each mark in a number that has them amid its digits, and which is last. */
typedef struct mark_counts {
    size_t commas, points;
    char last;
} mark_counts;

/* Digits, commas and points: 12,50 or 1,000.50; false for other texts. */
static bool count_marks(mark_counts *ret_marks, const char *text, size_t len)
{
    mark_counts marks = {0};
    size_t i = len > 0 && (text[0] == '-' || text[0] == '+');
    if (i == len || !is_digit(text[i]) || !is_digit(text[len - 1]))
        return false;
    for (; i < len; i++) {
        if (is_digit(text[i]))
            continue;
        if (text[i] != ',' && text[i] != '.')
            return false;
        marks.commas += text[i] == ',';
        marks.points += text[i] == '.';
        marks.last = text[i];
    }
    *ret_marks = marks;
    return marks.last != '\0';
}

/* What to do about commas and points that are not as `mark` says. */
static const char *marks_hint(const mark_counts *marks, char mark)
{
    if (mark == FIELD_COMMA)
        return "; where --decimal=, is given 1000,50 is written so";
    if (marks->commas == 0)
        return "";
    if (marks->last == ',' && marks->commas == 1)
        return marks->points == 0 ? "; if the comma separates thousands, take it out; if decimal "
                                    "places follow it, give --decimal=,"
                                  : "; 1000,50 is read so where --decimal=, is given";
    return "; numbers have no commas: 1000.50 is written so";
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

const char *field_hint(const char *text, size_t len, char mark)
{
    mark_counts marks;
    field_number days;
    const size_t date = sizeof date_form - 1;
    if (len == 0)
        return "";
    if (has_form(text, len, date_form))
        return ", a day that does not exist";
    if (len > date && field_read_date(&days, text, date) && strchr(" T", text[date]) != NULL)
        return "; a date has no time of day here: cut it off";
    if (is_other_date(text, len))
        return "; dates are written like 2026-11-29";
    if (count_marks(&marks, text, len))
        return marks_hint(&marks, mark);
    if (is_blank(text[0]) || is_blank(text[len - 1]))
        return " with blanks around it";
    return "";
}

/* The date of a day counted as days_from_march counts. */
static void date_of_day(uint64_t day, uint64_t *ret_year, uint64_t *ret_month, uint64_t *ret_day)
{
    uint64_t year = day / 366; /* not past it */
    uint64_t month = 1;
    if (year == 0)
        year = 1;
    while (days_from_march(year + 1, 1, 1) <= day)
        year++;
    while (month < 12 && days_from_march(year, month + 1, 1) <= day)
        month++;
    *ret_year = year;
    *ret_month = month;
    *ret_day = day - days_from_march(year, month, 1) + 1;
}

bool field_write_date(char ret_text[FIELD_DATE_SIZE], const field_number *days)
{
    const uint64_t epoch = days_from_march(1970, 1, 1);
    const uint64_t first = days_from_march(1, 1, 1);
    const uint64_t last = days_from_march(9999, 12, 31);
    uint64_t year;
    uint64_t month;
    uint64_t day;
    if (days->magnitude > (days->is_negative ? epoch - first : last - epoch))
        return false;
    date_of_day(days->is_negative ? epoch - days->magnitude : epoch + days->magnitude, &year,
                &month, &day);
    (void)snprintf(ret_text, FIELD_DATE_SIZE, "%04u-%02u-%02u", (unsigned)year, (unsigned)month,
                   (unsigned)day);
    return true;
}

void field_write_number(buffer *out, const field_number *number, unsigned places)
{
    uint64_t power = 1;
    PT_ASSERT(places <= FIELD_PLACES_MAX);
    for (unsigned i = 0; i < places; i++)
        power *= 10;
    buffer_printf(out, "%s%" PRIu64, number->is_negative ? "-" : "", number->magnitude / power);
    if (places != 0)
        buffer_printf(out, ".%0*" PRIu64, (int)places, number->magnitude % power);
}

static bool is_word(const char *text, size_t len, const char *word)
{
    if (strlen(word) != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        const char lower = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
        if (lower != word[i])
            return false;
    }
    return true;
}

bool field_read_bool(bool *ret_value, const char *text, size_t len)
{
    static const char *const words[][2] = {
        {"false", "true"}, {"0", "1"}, {"f", "t"}, {"no", "yes"}, {"n", "y"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (size_t value = 0; value < 2; value++) {
            if (is_word(text, len, words[i][value])) {
                *ret_value = value == 1;
                return true;
            }
        }
    }
    return false;
}

const char *field_bool_hint(const char *text, size_t len)
{
    bool value = false;
    const char *start = text;
    const char *end = text + len;
    while (start < end && is_blank(*start))
        start++;
    while (start < end && is_blank(end[-1]))
        end--;
    if (field_read_bool(&value, start, (size_t)(end - start)))
        return " with blanks around it";
    return "; read are true, yes, t, y, 1 and false, no, f, n, 0";
}

bool field_fits(const field_number *number, unsigned n_bits, bool is_signed)
{
    const unsigned magnitude_bits = is_signed ? n_bits - 1 : n_bits;
    const uint64_t most = magnitude_bits == 64 ? UINT64_MAX : (UINT64_C(1) << magnitude_bits) - 1;
    if (number->is_negative)
        return is_signed && number->magnitude - 1 <= most;
    return number->magnitude <= most;
}

uint64_t field_bits(const field_number *number)
{
    return number->is_negative ? 0 - number->magnitude : number->magnitude;
}
