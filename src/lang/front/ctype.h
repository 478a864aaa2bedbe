/* The checker's types, before array sizes are known. Layer: lang (spec T1-T3, T52).
 *
 * Two types are equal when they are spelled alike: [u8; 2], [u8; N] and [u8; const { 2 }] differ
 * even if N is 2 (T3). The lowering turns a ctype into a type with numbers once the constants are
 * known: const_size (const.h) gives the number of an array_size. Types live in the arena of the
 * compilation, are never changed after they are made, and are compared with ctype_equal, not by
 * address. */
#ifndef LANG_FRONT_CTYPE_H
#define LANG_FRONT_CTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/compiler.h"

struct const_decl;
struct const_expr;
struct enum_decl;
struct struct_decl;

typedef enum ctype_kind {
    CTYPE_BOOL,
    CTYPE_U8,
    CTYPE_U16,
    CTYPE_U32,
    CTYPE_U64,
    CTYPE_USIZE, /* 32 bits at run time on every machine */
    CTYPE_I8,
    CTYPE_I16,
    CTYPE_I32,
    CTYPE_I64,
    CTYPE_ANY_UNSIGNED, /* ?u: from a literal without suffix; lower it as u32 */
    CTYPE_ANY_SIGNED,   /* ?i: from a negative literal without suffix; lower it as i32 */
    CTYPE_TUPLE,        /* no elements: the unit type */
    CTYPE_ARRAY,
    CTYPE_STRUCT,
    CTYPE_ENUM,
} ctype_kind;

#define CTYPE_N_SCALARS (CTYPE_ANY_SIGNED + 1)

/* The size of an array as it is spelled. */
typedef enum size_kind { SIZE_NUMBER, SIZE_CONSTANT, SIZE_EXPR } size_kind;

typedef struct array_size {
    size_kind kind;
    union {
        uint64_t number;                   /* SIZE_NUMBER */
        const struct const_decl *constant; /* SIZE_CONSTANT: of type usize */
        const struct const_expr *expr;     /* SIZE_EXPR: const { .. }, all of it usize */
    } as;
} array_size;

typedef struct ctype ctype;

/* Types are trees by the way they are walked, however they share parts; these keep a walk short. A
 * struct or enum counts as one node. */
#define CTYPE_MAX_NODES 16384
#define CTYPE_MAX_DEPTH 256

struct ctype {
    ctype_kind kind;
    uint32_t n_nodes;
    uint32_t depth;
    union {
        struct {
            const ctype **elements;
            size_t n_elements;
        } tuple;
        struct {
            const ctype *element;
            array_size size;
        } array;
        const struct struct_decl *structure; /* CTYPE_STRUCT */
        const struct enum_decl *enumeration; /* CTYPE_ENUM */
    } as;
};

/* A tuple or an array type in `a`; `elements` is kept, not copied. NULL when out of memory, or past
 * the limits above: then *ret_too_large is set. */
MUST_CHECK const ctype *ctype_tuple(arena *a, const ctype **elements, size_t n_elements,
                                    bool *ret_too_large);
MUST_CHECK const ctype *ctype_array(arena *a, const ctype *element, array_size size,
                                    bool *ret_too_large);
MUST_CHECK const ctype *ctype_struct(arena *a, const struct struct_decl *decl);
MUST_CHECK const ctype *ctype_enum(arena *a, const struct enum_decl *decl);

/* The type of a kind without parts (bool and the numbers); static. */
const ctype *ctype_scalar(ctype_kind kind);
/* "u8", ..; the kind of a type name of `len` bytes: false if it is none of bool and the integers.
 */
const char *ctype_scalar_name(ctype_kind kind);
bool ctype_find_scalar(ctype_kind *ret_kind, const char *name, size_t len);
/* The unit type; static. */
const ctype *ctype_unit(void);

/* Integers, ?u and ?i among them. */
bool ctype_is_integer(const ctype *t);
/* Signed integers, ?i among them. */
bool ctype_is_signed(const ctype *t);
/* ?u or ?i. */
bool ctype_is_unsuffixed(const ctype *t);
bool ctype_is_unit(const ctype *t);
/* Whether `t` is ?u or ?i, or an array or tuple that contains one. */
bool ctype_has_unsuffixed(const ctype *t);

/* Width in bits at run time of bool or an integer (?u, ?i and usize: 32). */
unsigned ctype_scalar_bits(ctype_kind kind);

/* Whether the number (-1)^negative * magnitude is a value of integer type `t` (T13). ?u and ?i
 * take everything. */
bool ctype_fits(const ctype *t, uint64_t magnitude, bool negative);

/* Equal as spelled (T3). */
bool ctype_equal(const ctype *a, const ctype *b);
bool array_size_equal(const array_size *a, const array_size *b);
bool const_expr_equal(const struct const_expr *a, const struct const_expr *b);

/* Appends the type as text (T52). */
void ctype_print(buffer *out, const ctype *t);
void const_expr_print(buffer *out, const struct const_expr *e);

#endif
