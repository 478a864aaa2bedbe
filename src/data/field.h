/* One cell's text as a number, a truth value or a date. Layer: data.
 *
 * Everything is exact; nothing passes through floating point. */
#ifndef DATA_FIELD_H
#define DATA_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/compiler.h"

/* Largest factor of --scale. */
#define FIELD_SCALE_MAX UINT64_C(1000000000000000000)

/* A number of at most 64 bits and its sign. */
typedef struct field_number {
    bool is_negative; /* never with magnitude 0 */
    uint64_t magnitude;
} field_number;

typedef enum field_result {
    FIELD_OK,
    FIELD_NO_NUMBER,  /* something else than a number */
    FIELD_TOO_LARGE,  /* past 64 bits */
    FIELD_NOT_A_WHOLE /* the number times the scale has places after the point */
} field_result;

/* What stands before the places of a decimal number, 12.50 or 12,50. */
#define FIELD_POINT '.'
#define FIELD_COMMA ','

/* A decimal number (sign, digits, perhaps `mark` and digits) times `scale`, which is 1 to
 * FIELD_SCALE_MAX. */
MUST_CHECK field_result field_read_number(field_number *ret_number, const char *text, size_t len,
                                          char mark, uint64_t scale);

/* Whether the text is a number, of whatever size and with either mark, or a date. */
bool field_is_value(const char *text);

/* A date as in 2026-11-29 of the Gregorian calendar, in days since 1970-01-01; false if it is none.
 */
MUST_CHECK bool field_read_date(field_number *ret_days, const char *text, size_t len);

/* What is wrong with a text that people would take for a number with that mark or a date, for the
 * end of a message; "" for other texts. */
const char *field_hint(const char *text, size_t len, char mark);

/* true, t, yes, y, 1 and their opposites, in any case. */
MUST_CHECK bool field_read_bool(bool *ret_value, const char *text, size_t len);

/* The same for a text that is none of them. */
const char *field_bool_hint(const char *text, size_t len);

/* The number divided by 10^places, with that many digits behind the point. */
#define FIELD_PLACES_MAX 18
void field_write_number(buffer *out, const field_number *number, unsigned places);

/* The date of a day; false when it is none of the years 1 to 9999. */
#define FIELD_DATE_SIZE 32
MUST_CHECK bool field_write_date(char ret_text[FIELD_DATE_SIZE], const field_number *days);

/* Whether the number can be held by an integer of that many bits (1 to 64), and the number in two's
 * complement. */
bool field_fits(const field_number *number, unsigned n_bits, bool is_signed);
uint64_t field_bits(const field_number *number);

#endif
