/* What the files of the generator share. */
#ifndef TESTS_LANG_GENERATE_IMPL_H
#define TESTS_LANG_GENERATE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/compiler.h"
#include "lang/choices.h"

typedef enum gen_kind {
    GEN_BOOL,
    GEN_U8,
    GEN_I8,
    GEN_U16,
    GEN_I16,
    GEN_U32,
    GEN_I32,
    GEN_U64,
    GEN_I64,
    GEN_USIZE,
    GEN_TUPLE,
    GEN_ARRAY,
    GEN_STRUCT,
    GEN_ENUM,
    GEN_UNSUFFIXED, /* of variables and their parts only: ?u, from unsuffixed numbers (T15) */
    GEN_NEGATIVE,   /* the same with a minus: ?i */
} gen_kind;

#define GEN_N_SCALARS  (GEN_USIZE + 1)
#define GEN_MAX_PARTS  4
#define GEN_MAX_ITEMS  3
#define GEN_MAX_VARS   200
#define GEN_MAX_PLACES 40

typedef struct gen_type gen_type;

typedef struct gen_variant {
    const char *name;
    bool has_parens;
    size_t n_fields;
    const gen_type *fields[GEN_MAX_PARTS];
} gen_variant;

struct gen_type {
    gen_kind kind;
    const char *name;                     /* scalars, structs, enums */
    size_t n_parts;                       /* tuples, structs */
    const gen_type *parts[GEN_MAX_PARTS]; /* as written */
    const char *field_names[GEN_MAX_PARTS];
    size_t length;           /* arrays */
    const char *size_name;   /* NULL: the size is spelled as a number */
    const gen_type *element; /* arrays */
    size_t n_variants;
    gen_variant variants[GEN_MAX_PARTS];
};

typedef struct gen_var {
    const char *name;
    const gen_type *type;
    bool is_mutable;
} gen_var;

typedef struct gen_function {
    const char *name;
    const gen_type *result;
    size_t n_params;
    const gen_type *params[GEN_MAX_PARTS];
    uint32_t cost;
    bool is_called;
} gen_function;

typedef struct generator {
    choices *c;
    buffer *out;
    arena memory;
    const gen_type *structs[GEN_MAX_ITEMS];
    size_t n_structs;
    const gen_type *enums[GEN_MAX_ITEMS];
    size_t n_enums;
    const char *size_name; /* a usize constant that nothing shadows, or NULL */
    size_t size_value;
    gen_function functions[GEN_MAX_ITEMS];
    size_t n_functions;
    gen_var vars[GEN_MAX_VARS]; /* innermost last */
    size_t n_vars;
    uint32_t fuel;        /* nodes still to be spent */
    uint32_t repetitions; /* of what is being generated, by loops */
    uint32_t depth;
    uint32_t indent;
    bool no_struct_literals; /* G6 */
    bool no_assignments;     /* the order of reads and writes in targets is nobody's business */
} generator;

/* ---- Types (generate_type.c) ---- */

const gen_type *gen_scalar(gen_kind kind);
bool gen_is_integer(const gen_type *t);
bool gen_is_signed(const gen_type *t);
unsigned gen_width(const gen_type *t);
/* Equal as spelled (T3). */
bool gen_type_equal(const gen_type *a, const gen_type *b);
bool gen_has_struct(const gen_type *t);
bool gen_has_unsuffixed(const gen_type *t);
/* Whether a variable of type `from` can be used as `to` where a type is pushed down (T12, T15). */
bool gen_converts(const gen_type *from, const gen_type *to);
/* Whether values have no bits. */
bool gen_is_empty(const gen_type *t);
void gen_print_type(buffer *out, const gen_type *t);
const gen_type *gen_random_scalar(generator *g);
const gen_type *gen_random_integer(generator *g);
/* Nested at most `depth` deep; of values that can be written here (G6). */
const gen_type *gen_random_type(generator *g, unsigned depth);
const gen_type *gen_tuple(generator *g, const gen_type *const *parts, size_t n_parts);
const gen_type *gen_array(generator *g, const gen_type *element, size_t length,
                          const char *size_name);

/* ---- Variables (generate_type.c) ---- */

/* The innermost variable of that name, or NULL. */
const gen_var *gen_find_var(const generator *g, const char *name);
bool gen_is_visible(const generator *g, size_t var);
void gen_add_var(generator *g, const char *name, const gen_type *type, bool is_mutable);
/* A name for a new variable, often one in use; never `_`. */
const char *gen_new_name(generator *g);
/* A copy in the arena. */
const char *gen_text(generator *g, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- Expressions (generate_expr.c) ----
 *
 * `pushed`: T12 pushes the type down to here, so that numbers need no suffix. */

/* Where the grammar has `expr`. */
void gen_expr(generator *g, const gen_type *type, bool pushed);
/* An operand: in parentheses unless it is a number or a path. */
void gen_operand(generator *g, const gen_type *type, bool pushed);
/* A variable, part of one, or literal. */
void gen_leaf(generator *g, const gen_type *type, bool pushed);
void gen_number(generator *g, const gen_type *type, bool pushed);
/* Whether a value of the type can be written here (G6). */
bool gen_can_make(const generator *g, const gen_type *type);
/* Spends fuel; false when there is none left. */
bool gen_spend(generator *g, uint32_t amount);
/* An expression in the head of if, match, for. */
void gen_head(generator *g, const gen_type *type);
/* An index into an array of that length, sometimes out of bounds. */
void gen_index(generator *g, size_t length);
/* A match whose arms have `type`; NULL: whose arms are statements. */
void gen_match(generator *g, const gen_type *type, bool pushed);

/* ---- Statements (generate_stmt.c) ---- */

/* { .. }; `type` NULL: without a value, that is of type unit. */
void gen_block(generator *g, const gen_type *type, bool pushed);
void gen_newline(generator *g);

/* ---- Patterns (generate_pattern.c) ---- */

/* Binds its variables. */
void gen_pattern(generator *g, const gen_type *type, bool is_refutable);

#endif
