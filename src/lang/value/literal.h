/* Literals: a value with its type. Layer: lang.
 *
 * Spec garble.md section 7. A literal is its type and its bits in the order of B1, packed (bit i is
 * bit i%8 of byte i/8), so that an array of a million numbers takes a few megabytes. Bits are
 * wiped when freed, for a literal may be a party's input. The type is borrowed and must outlive it.
 *
 * The readers of text (literal_text.c) and JSON (literal_json.c) are led by the expected type and
 * write bits as they go; what they share is the literal_reader. They are stricter than Garble, as
 * decisions D19 and D20 of the spec say. */
#ifndef LANG_VALUE_LITERAL_H
#define LANG_VALUE_LITERAL_H

#include "base/compiler.h"
#include "lang/value/type.h"

struct pt_literal {
    const pt_type *type;
    uint8_t *bits;
};

/* Deepest nesting of the text, parentheses included; types are limited by themselves. */
#define LITERAL_MAX_DEPTH 512u

/* All bits zero. */
MUST_CHECK pt_status literal_new(pt_literal **ret_literal, const pt_type *type, pt_error *error);

/* The unsigned number in `n_bits` (at most 64) bits from bit `at` on, most significant first; and
 * the same with the sign of an n_bits-wide two's complement number. */
uint64_t literal_get(const uint8_t *bits, size_t at, size_t n_bits);
int64_t literal_get_signed(const uint8_t *bits, size_t at, size_t n_bits);

/* A text being read: all of it, the place reached, and where values go. */
typedef struct literal_reader {
    const char *start;
    const char *at;
    const char *end;
    uint8_t *bits; /* NULL: values are read and dropped (the element of [0; 0]) */
    unsigned depth;
    pt_error *error;
} literal_reader;

/* A number as written. */
typedef struct literal_number {
    const char *at;
    bool is_negative;
    bool is_too_large; /* past 64 bits */
    uint64_t magnitude;
} literal_number;

/* PT_ERR_INPUT with the place of `at` as one-based line and column before the message. */
pt_status literal_fail(const literal_reader *r, const char *at, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* There is no variant of that name in the enum `type`. */
pt_status literal_unknown_variant(const literal_reader *r, const pt_type *type, const char *at,
                                  const char *name, size_t len);
/* "expected WHAT, found ..." at the place reached. */
pt_status literal_expected(const literal_reader *r, const char *what);
/* "expected a value of type T, found ..." at the place reached. */
pt_status literal_expected_type(const literal_reader *r, const pt_type *type);

/* Reads digits at the place reached; false, without moving, if there are none. */
bool literal_read_digits(literal_reader *r, literal_number *ret_number);

void literal_put(literal_reader *r, size_t to, size_t n_bits, uint64_t value);
/* Checks that the number fits the integer type, and puts it. */
MUST_CHECK pt_status literal_put_number(literal_reader *r, const pt_type *type, size_t to,
                                        const literal_number *number);
/* Fills an array with first .. end-1. Checks the length and that all of them fit the element. */
MUST_CHECK pt_status literal_put_range(literal_reader *r, const pt_type *type, size_t to,
                                       const literal_number *first, const literal_number *end);
/* Checks `count` against the array's length and repeats its element 0, already put, throughout. */
MUST_CHECK pt_status literal_put_repeat(literal_reader *r, const pt_type *type, size_t to,
                                        const literal_number *count);
/* "expected N elements, found M" at the place reached; `what` is the singular. */
pt_status literal_wrong_count(const literal_reader *r, size_t expected, size_t found,
                              const char *what);

/* Which fields of a struct were given. */
typedef struct literal_fields {
    const pt_type *type;
    bool *given;
    size_t n_given;
} literal_fields;

MUST_CHECK pt_status literal_fields_init(literal_fields *ret_fields, const pt_type *type,
                                         pt_error *error);
void literal_fields_clear(literal_fields *fields);
/* The field named at `at`; an error if it does not exist or was given. */
MUST_CHECK pt_status literal_fields_take(const type_field **ret_field, literal_fields *fields,
                                         const literal_reader *r, const char *at, const char *name,
                                         size_t len);
/* An error at the place reached when a field is missing. */
MUST_CHECK pt_status literal_fields_finish(const literal_fields *fields, const literal_reader *r);

/* What pt_literal_parse and pt_literal_from_json have in common: `read` reads one value. */
typedef pt_status (*literal_read_fn)(literal_reader *r, const pt_type *type);
MUST_CHECK pt_status literal_read_all(pt_literal **ret_literal, const pt_type *type,
                                      const char *text, size_t len, literal_read_fn read,
                                      pt_error *error);

#endif
