/* A type as a tree of columns: where each part of a row's value lies in its bits, and which part is
 * one cell of a table. Layer: data.
 *
 * One cell each: bool, integers, text ([u8; N]), and enums whose variants have no fields. Structs,
 * tuples and other arrays have their parts' cells, one after the other. An enum of which one
 * variant has fields has that variant's cells: all missing means its empty variant.
 *
 * Names: a part of a struct is called by its fields, from the outermost struct on: "age",
 * "home.city", "scores.0". A part outside of any struct has no name. */
#ifndef DATA_SHAPE_H
#define DATA_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "polytune/polytune.h"

typedef enum shape_kind {
    SHAPE_BOOL,
    SHAPE_INTEGER,
    SHAPE_TEXT,
    SHAPE_ENUM,   /* no variant has fields: one cell */
    SHAPE_CHOICE, /* an enum of which one variant has fields */
    SHAPE_GROUP   /* struct, tuple, array */
} shape_kind;

#define SHAPE_NO_VARIANT ((size_t)-1)

typedef struct shape {
    shape_kind kind;
    const char *type; /* its text: "u8" */
    size_t first_bit; /* within the row */
    size_t n_bits;
    bool is_signed;   /* integers */
    const char *name; /* what is one cell: its name, or NULL */
    size_t cell;      /* the first of its cells, counted within the row */
    size_t n_cells;
    struct shape *parts; /* group: its parts; choice: the fields of `full` */
    size_t n_parts;
    const char **variants; /* enum, choice: names in order of definition */
    size_t n_variants;
    size_t tag_bits; /* the variant's index, before its fields */
    size_t full;     /* choice: the variant with fields */
    size_t empty;    /* enum, choice: what a missing value is, or SHAPE_NO_VARIANT */
} shape;

/* How a cell's integers are written. */
typedef struct shape_format {
    unsigned places; /* digits behind a point: 1234 with 2 is 12.34 */
    bool is_date;    /* days since 1970-01-01 */
} shape_format;

/* What a table holds rows of. */
typedef struct row_shape {
    arena memory;
    shape row;
    const shape **cells;   /* what is one cell, in order */
    shape_format *formats; /* by cell */
    size_t n_rows;         /* the array's length; 1 when it is no array */
    bool is_array;
    bool is_tuple; /* the row is one, and has at least one field */
} row_shape;

/* The rows of a type: the elements of an array, else a single row. Borrows nothing of `type`.
 * Release with row_shape_clear, also after a failure. PT_ERR_USAGE with the reason when a table
 * cannot hold the type. */
MUST_CHECK pt_status row_shape_init(row_shape *ret_shape, const pt_type *type, pt_error *error);
void row_shape_clear(row_shape *s);

/* The name of a cell in a table of results: its own, or its number, counted from 1. */
#define SHAPE_NUMBER_MAX 24
const char *shape_cell_name(const row_shape *s, size_t cell, char number[SHAPE_NUMBER_MAX]);
/* Has a result's column written so. PT_ERR_USAGE when there is none of that name, or it has no
 * integers. */
MUST_CHECK pt_status row_shape_format(row_shape *s, const char *column, shape_format format,
                                      pt_error *error);

/* The variant without fields of that name, or SHAPE_NO_VARIANT. */
size_t shape_find_variant(const shape *s, const char *text, size_t len);

/* A choice whose only cell is text. There a text that looks like the name of another variant (but
 * the empty one's, which a missing value is) stands in the full variant's: Some(Hidden). */
bool shape_is_choice_of_text(const shape *s);
/* Whether the text is such a name, or what it looks like when it stands in the full variant's. */
bool shape_needs_wrap(const shape *s, const char *text, size_t len);
/* Whether the text stands so; then it becomes what is in it. */
bool shape_unwrap(const shape *s, const char **text, size_t *len);

/* Whether the value has an empty form, one that missing cells stand for. */
bool shape_has_empty(const shape *s);

#endif
