/* Run-time types: what a value is once every array size is a number. Layer: lang.
 *
 * Spec garble.md section 6 (B1). A type knows the width of its values and where each part lies in
 * them; struct fields are kept in alphabetical order (byte order), which is also their order in the
 * encoding. Types live in the arena they were made in, next to the names they borrow, and never
 * change. Scalars are static. */
#ifndef LANG_VALUE_TYPE_H
#define LANG_VALUE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "polytune/literal.h"

/* Limits on what can be built: bits of a value, parts of a value (an array of units has parts but
 * no bits), and nesting. Passing one is PT_ERR_LIMIT. */
#define TYPE_MAX_BITS  ((size_t)1 << 30)
#define TYPE_MAX_PARTS ((size_t)1 << 27)
#define TYPE_MAX_DEPTH 256u

/* X(kind, name, JSON tag, bits, signed) for every integer type (spec T1, V3). */
#define TYPE_INTEGERS(X)                                                                           \
    X(TYPE_U8, "u8", "U8", 8, false)                                                               \
    X(TYPE_U16, "u16", "U16", 16, false)                                                           \
    X(TYPE_U32, "u32", "U32", 32, false)                                                           \
    X(TYPE_U64, "u64", "U64", 64, false)                                                           \
    X(TYPE_USIZE, "usize", "Usize", 32, false)                                                     \
    X(TYPE_I8, "i8", "I8", 8, true)                                                                \
    X(TYPE_I16, "i16", "I16", 16, true)                                                            \
    X(TYPE_I32, "i32", "I32", 32, true)                                                            \
    X(TYPE_I64, "i64", "I64", 64, true)

/* clang-format off */
typedef enum type_kind {
    TYPE_BOOL,
#define X(kind, name, tag, bits, is_signed) kind,
    TYPE_INTEGERS(X)
#undef X
    TYPE_TUPLE,
    TYPE_ARRAY,
    TYPE_STRUCT,
    TYPE_ENUM
} type_kind;
/* clang-format on */

/* A component of a tuple, struct or variant; `name` is NULL unless it is a struct's. `offset` is
 * its first bit, counted from the start of the whole value. */
typedef struct type_field {
    const char *name;
    const pt_type *type;
    size_t offset;
} type_field;

typedef struct type_variant {
    const char *name;
    bool is_tuple; /* V(..), perhaps without fields, as opposed to V */
    size_t n_fields;
    type_field *fields;
} type_variant;

struct pt_type {
    type_kind kind;
    unsigned depth;
    size_t n_bits;
    size_t n_parts;
    const char *name;       /* struct, enum */
    size_t n_fields;        /* tuple, struct */
    type_field *fields;     /* tuple, struct */
    const pt_type *element; /* array */
    size_t length;          /* array */
    size_t n_variants;      /* enum */
    type_variant *variants; /* enum, in order of definition */
    unsigned tag_bits;      /* enum */
};

/* The type bool or an integer type. */
const pt_type *type_scalar(type_kind kind);
/* The scalar of that name ("u8"), or NULL. */
const pt_type *type_scalar_named(const char *name, size_t len);

static inline bool type_is_integer(const pt_type *type)
{
    return type->kind > TYPE_BOOL && type->kind < TYPE_TUPLE;
}
bool type_is_signed(const pt_type *type);
/* "u8" and "U8" for an integer type or bool. */
const char *type_scalar_name(type_kind kind);
const char *type_json_tag(type_kind kind);
/* Largest value of an integer type; the smallest of a signed one is -max - 1. */
uint64_t type_max_value(const pt_type *type);

/* The type's `fields` (names for a struct, types for all) are copied; a struct's are sorted. Names
 * are borrowed. PT_ERR_LIMIT, PT_ERR_MEMORY. */
MUST_CHECK pt_status type_new_tuple(const pt_type **ret_type, arena *a, const type_field *fields,
                                    size_t n_fields, pt_error *error);
MUST_CHECK pt_status type_new_array(const pt_type **ret_type, arena *a, const pt_type *element,
                                    uint64_t length, pt_error *error);
MUST_CHECK pt_status type_new_struct(const pt_type **ret_type, arena *a, const char *name,
                                     const type_field *fields, size_t n_fields, pt_error *error);
/* At least one variant. */
MUST_CHECK pt_status type_new_enum(const pt_type **ret_type, arena *a, const char *name,
                                   const type_variant *variants, size_t n_variants,
                                   pt_error *error);

/* The field of that name of a struct, or NULL. */
const type_field *type_find_field(const pt_type *type, const char *name, size_t len);
/* The index of that variant of an enum, or n_variants. */
size_t type_find_variant(const pt_type *type, const char *name, size_t len);

/* Same shape; structs and enums by name and parts. */
bool type_equal(const pt_type *x, const pt_type *y);

/* Appends the type as text (spec T52, sizes as numbers). */
void type_put(buffer *out, const pt_type *type);

#endif
