/* The syntax tree of a Garble program and what the checker notes on it. Layer: lang (spec G1-G18,
 * T1-T52, C1-C6).
 *
 * Everything lives in the arena of the compilation, including names; the source text is not needed
 * any more. The parser builds the tree, the checker fills in the fields marked [check] and changes
 * nothing else. A tree that passed the checker has every [check] field set in all functions, so
 * that the lowering meets no user error, looks up no name and needs no rules of typing.
 *
 * Names are interned: equal names are the same pointer within one compilation.
 *
 * Nothing is desugared: <=, >=, op= are their own operators, so operands are evaluated once (D9).
 * Parentheses leave no trace. */
#ifndef LANG_FRONT_AST_H
#define LANG_FRONT_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/front/ctype.h"
#include "lang/span.h"

typedef struct expr expr;
typedef struct pattern pattern;
typedef struct stmt stmt;
typedef struct const_expr const_expr;
typedef struct const_decl const_decl;
typedef struct struct_decl struct_decl;
typedef struct enum_decl enum_decl;
typedef struct fn_decl fn_decl;
typedef struct type_expr type_expr;

/* A name where it is written. */
typedef struct ident {
    const char *text;
    span span;
} ident;

/* A number as written. `suffix` is CTYPE_ANY_UNSIGNED for none (or CTYPE_ANY_SIGNED: none, with a
 * minus), else the integer type. */
typedef struct number_lit {
    uint64_t magnitude;
    bool negative;
    ctype_kind suffix;
} number_lit;

/* The number's bits as a 64-bit two's complement value; take the low bits for narrower types. */
static inline uint64_t number_bits(const number_lit *n)
{
    return n->negative ? 0 - n->magnitude : n->magnitude;
}

/* ---- Constant expressions (G13) ---- */

typedef enum const_expr_kind {
    CONST_BOOL,
    CONST_NUMBER,
    CONST_NAME,     /* another constant */
    CONST_EXTERNAL, /* PARTY::NAME */
    CONST_ADD,
    CONST_SUB,
    CONST_MIN,
    CONST_MAX,
} const_expr_kind;

/* Nodes of a constant expression, so that walks stay short; sizes of joins grow by joining. */
#define CONST_EXPR_MAX_NODES 1000

struct const_expr {
    const_expr_kind kind;
    uint32_t n_nodes;
    span span;
    union {
        bool boolean;
        number_lit number;
        struct {
            const char *text;
            const const_decl *decl; /* [check] */
        } name;
        struct {
            const char *party;
            const char *name;
            size_t idx; /* [check] into checked_program.externals */
        } external;
        struct {
            const_expr **operands; /* two for CONST_ADD and CONST_SUB, any number for min and max */
            size_t n_operands;
        } op;
    } as;
};

/* ---- Types as written; the checker turns them into ctypes ---- */

typedef enum type_expr_kind { TYPE_EXPR_NAME, TYPE_EXPR_TUPLE, TYPE_EXPR_ARRAY } type_expr_kind;

/* A size as written: a number, the name of a constant or const { expr }. */
typedef struct size_expr {
    size_kind kind;
    span span;
    uint64_t number;
    const char *name;
    const_expr *expr;
} size_expr;

struct type_expr {
    type_expr_kind kind;
    span span;
    union {
        const char *name;
        struct {
            type_expr **elements;
            size_t n_elements;
        } tuple;
        struct {
            type_expr *element;
            size_expr size;
        } array;
    } as;
};

/* ---- Expressions ---- */

typedef enum expr_kind {
    EXPR_BOOL,
    EXPR_NUMBER,
    EXPR_RANGE,
    EXPR_NAME,
    EXPR_TUPLE, /* no elements: unit */
    EXPR_ARRAY,
    EXPR_REPEAT,
    EXPR_STRUCT,
    EXPR_VARIANT,
    EXPR_CALL,
    EXPR_JOIN,
    EXPR_INDEX,
    EXPR_TUPLE_FIELD,
    EXPR_FIELD,
    EXPR_UNARY,
    EXPR_BINARY,
    EXPR_CAST,
    EXPR_IF,
    EXPR_MATCH,
    EXPR_BLOCK,
} expr_kind;

typedef enum unary_op { OP_NEGATE, OP_NOT } unary_op;

typedef enum binary_op {
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_REM,
    OP_BIT_AND,
    OP_BIT_OR,
    OP_BIT_XOR,
    OP_SHL,
    OP_SHR,
    OP_LT,
    OP_GT,
    OP_LE,
    OP_GE,
    OP_EQ,
    OP_NE,
    OP_AND, /* && */
    OP_OR,  /* || */
} binary_op;

typedef struct field_init {
    ident name;
    expr *value; /* never NULL: the shorthand `f` holds the name expression f */
} field_init;

typedef struct match_arm {
    pattern *pattern;
    expr *body; /* an EXPR_BLOCK with one statement */
} match_arm;

/* Depth of a tree of expressions, patterns and statements: walks may recurse this deep. */
#define AST_MAX_HEIGHT 1000

/* Of [check] types: an expression's value is computed as `value_type` when that is not NULL, and
 * then converted to `type` as by `as`, element by element inside arrays and tuples. This happens
 * where a variable, field, element, range or join of type ?u or ?i is used as another integer type
 * (T15), and nowhere else: literals and operators already have their final type, and both operands
 * of an operator that needs equal types have equal types. ?u and ?i left over in `type` stand for
 * u32 and i32. */
struct expr {
    expr_kind kind;
    span span;
    const ctype *type;       /* [check] */
    const ctype *value_type; /* [check] NULL: no conversion */
    uint32_t height;         /* of the tree below, at most AST_MAX_HEIGHT */
    union {
        bool boolean;
        number_lit number; /* EXPR_NUMBER: its final type is expr.type and it fits, except that of
 ?u, ?i and usize the low 32 bits count */
        struct {
            uint64_t first, end;
            ctype_kind suffix;     /* CTYPE_ANY_UNSIGNED: none */
            const_expr *from, *to; /* if not NULL, in place of all these: constant bounds */
        } range;                   /* first, .., end - 1, each truncated to the element's width */
        struct {
            const char *text;
            const const_decl *constant; /* [check] the constant meant, or NULL: the variable */
            uint32_t local;             /* [check] index into fn_decl.locals */
        } name;
        struct {
            expr **elements;
            size_t n_elements;
        } list; /* EXPR_TUPLE, EXPR_ARRAY */
        struct {
            expr *element;
            size_expr size; /* the number itself is in expr.type */
        } repeat;
        struct {
            ident name;
            field_init *inits; /* as written */
            size_t n_inits;
            const struct_decl *decl; /* [check] */
            expr **by_field; /* [check] decl->n_fields values in the order to evaluate and lay out,
                                alphabetical (S10); an overridden init is not among them (T36) */
        } structure;
        struct {
            ident enum_name, variant_name;
            expr **args;
            size_t n_args;
            bool has_parens;       /* E::V() differs from E::V */
            const enum_decl *decl; /* [check] */
            size_t variant;        /* [check] index into decl->variants */
        } variant;
        struct {
            ident name;
            expr **args; /* EXPR_JOIN: two arrays */
            size_t n_args;
            const fn_decl *function; /* [check] EXPR_CALL only */
        } call;                      /* EXPR_CALL, EXPR_JOIN */
        struct {
            expr *array, *index; /* the index is a usize */
        } index;
        struct {
            expr *tuple;
            uint64_t position;
        } tuple_field;
        struct {
            expr *structure;
            ident name;
            size_t idx; /* [check] into struct_decl.fields */
        } field;
        struct {
            unary_op op;
            expr *operand;
        } unary;
        struct {
            binary_op op;
            expr *left, *right; /* equal types, but for shifts: the right one is u8 */
        } binary;
        struct {
            expr *operand;
            type_expr *target; /* resolved: expr.type */
        } cast;
        struct {
            expr *condition;
            expr *then_branch; /* an EXPR_BLOCK */
            expr *else_branch; /* an EXPR_BLOCK, another expression (else if), or NULL */
        } if_;
        struct {
            expr *scrutinee;
            match_arm *arms;
            size_t n_arms;
        } match;
        struct {
            stmt **stmts;
            size_t n_stmts;
        } block; /* its value: block_value */
    } as;
};

/* ---- Patterns ---- */

typedef enum pattern_kind {
    PATTERN_BIND,
    PATTERN_BOOL,
    PATTERN_NUMBER, /* a number or a range */
    PATTERN_TUPLE,
    PATTERN_STRUCT,
    PATTERN_VARIANT,
} pattern_kind;

typedef struct field_pattern {
    ident name;
    pattern *pattern; /* never NULL: the shorthand `f` holds a binding of f */
} field_pattern;

struct pattern {
    pattern_kind kind;
    span span;
    const ctype *type; /* [check] the type of the value matched */
    union {
        struct {
            const char *name;
            bool mutable;
            uint32_t local; /* [check] index into fn_decl.locals */
        } bind;
        bool boolean;
        struct {
            number_lit first, last; /* as written, `last` excluded unless `inclusive`; equal numbers
                                   and inclusive for a single number */
            bool inclusive;
            uint64_t low, high; /* [check] first and last matching value, both included, 64-bit
                                   two's complement; low <= high in the type's order */
        } number;
        struct {
            pattern **elements;
            size_t n_elements;
        } tuple;
        struct {
            ident name;
            field_pattern *fields; /* as written */
            size_t n_fields;
            bool has_rest;           /* .. */
            const struct_decl *decl; /* [check] */
            pattern **by_field; /* [check] decl->n_fields patterns in alphabetical order, NULL where
                                   anything matches. Bind in this order (T45). */
        } structure;
        struct {
            ident enum_name, variant_name;
            pattern **fields;
            size_t n_fields;
            bool has_parens;
            const enum_decl *decl; /* [check] */
            size_t variant;        /* [check] index into decl->variants */
        } variant;
    } as;
};

/* ---- Statements ---- */

typedef enum stmt_kind {
    STMT_LET,
    STMT_ASSIGN,
    STMT_FOR,
    STMT_FOR_JOIN, /* for p in join_iter(a, b) (S31) */
    STMT_EXPR,
} stmt_kind;

typedef enum place_step_kind { STEP_INDEX, STEP_TUPLE_FIELD, STEP_FIELD } place_step_kind;

/* One step of the path to what is assigned. */
typedef struct place_step {
    place_step_kind kind;
    span span;
    const ctype *type; /* [check] after the step */
    expr *index;       /* STEP_INDEX: a usize */
    uint64_t position; /* STEP_TUPLE_FIELD */
    ident field;       /* STEP_FIELD */
    size_t field_idx;  /* [check] STEP_FIELD: into struct_decl.fields */
} place_step;

typedef struct place {
    ident variable;
    uint32_t local;    /* [check] index into fn_decl.locals */
    place_step *steps; /* outermost first: x.1[i] is .1, [i] */
    size_t n_steps;
    const ctype *type; /* [check] of what is assigned */
} place;

struct stmt {
    stmt_kind kind;
    uint32_t height; /* of the tree below */
    span span;       /* STMT_ASSIGN: where a failing write, op= or target index panics (S20) */
    union {
        struct {
            pattern *pattern; /* irrefutable once checked (D13); `let mut x` is a mutable binding */
            type_expr *type;  /* NULL: none written */
            expr *value;
        } let;
        struct {
            place place;
            bool compound; /* op= ; `op` is one of + - * / % ^ & | << >> */
            binary_op op;
            expr *value; /* of the place's type; compound shifts: u8 */
        } assign;
        struct {
            pattern *pattern; /* irrefutable once checked */
            expr *sequence;   /* STMT_FOR: an array; STMT_FOR_JOIN: an EXPR_CALL with two args, its
                                 own type unset; the pattern's type is the pair of rows */
            expr *body;       /* an EXPR_BLOCK of type unit or not; its value is dropped */
        } for_;               /* STMT_FOR, STMT_FOR_JOIN */
        struct {
            expr *value;
            bool discarded; /* a block, if or match followed by `;`: the value is dropped (Q3) */
        } expr;
    } as;
};

/* The expression whose value is the value of a block: its last statement if that is an expression
 * statement, also when followed by `;` (T34); NULL: the value is unit. */
static inline expr *block_value(const expr *block)
{
    if (block->as.block.n_stmts == 0)
        return NULL;
    const stmt *last = block->as.block.stmts[block->as.block.n_stmts - 1];
    return last->kind == STMT_EXPR && !last->as.expr.discarded ? last->as.expr.value : NULL;
}

/* ---- Items ---- */

/* A field of a struct or a variant. Variants' fields have no name. */
typedef struct field_decl {
    ident name;
    type_expr *written;
    const ctype *type; /* [check] */
} field_decl;

struct const_decl {
    ident name;
    span span;
    type_expr *written;
    const_expr *value;
    const ctype *type;          /* [check] */
    size_t idx;                 /* [check] into checked_program.constants */
    const const_expr *external; /* [check] the CONST_EXTERNAL this is a mere name of, perhaps
                                   through other constants; else NULL. Constants that are neither
                                   bool nor integer always have one. */
};

struct struct_decl {
    ident name;
    span span;
    field_decl *fields; /* [check] alphabetical by bytes, each once: the order of layout, printing
                           and evaluation (Q9) */
    size_t n_fields;
    bool is_empty; /* [check] has no bits, whatever the constants are */
};

typedef struct variant_decl {
    ident name;
    bool has_parens; /* V() differs from V */
    field_decl *fields;
    size_t n_fields;
} variant_decl;

struct enum_decl {
    ident name;
    span span;
    variant_decl *variants; /* in order of definition: the index is the tag */
    size_t n_variants;
    bool is_empty; /* [check] has no bits, whatever the constants are */
};

/* A variable of a function: parameter, let, pattern or loop variable. Shadowing makes a new one.
 * A loop body's variables are new in each iteration (D10). */
typedef struct local_var {
    const char *name;
    span span;
    const ctype *type;
    bool mutable;
    const expr *defaulted; /* the number without suffix that made it an i32 (T14), or NULL */
} local_var;

typedef struct param_decl {
    ident name;
    bool mutable;
    type_expr *written;
    const ctype *type; /* [check] */
    uint32_t local;    /* [check] the i-th parameter is local i */
} param_decl;

struct fn_decl {
    ident name;
    span span; /* from `pub` or `fn` to `}` */
    bool is_pub;
    param_decl *params;
    size_t n_params;
    type_expr *written_result;
    expr *body;          /* an EXPR_BLOCK of type `result` */
    size_t idx;          /* [check] into checked_program.functions */
    const ctype *result; /* [check] */
    local_var *locals;   /* [check] */
    size_t n_locals;
};

/* ---- Programs ---- */

/* What the parser yields: items in order of definition, duplicates and all. */
typedef struct parsed_program {
    const_decl **constants;
    size_t n_constants;
    struct_decl **structs;
    size_t n_structs;
    enum_decl **enums;
    size_t n_enums;
    fn_decl **functions;
    size_t n_functions;
} parsed_program;

/* A value supplied between checking and lowering (C5); each PARTY::NAME is here once. `type` is
 * that of the last constant it occurs in, or usize if it occurs later in a size (C2); a program
 * that uses one both as a number and as something else is refused. */
typedef struct external_value {
    const char *party;
    const char *name;
    const ctype *type;
    span span; /* of its first use */
} external_value;

/* What the checker yields. Of several definitions with one name only the last is here (T2).
 * Functions come callees first. */
typedef struct checked_program {
    const_decl **constants; /* in order of definition: each uses only earlier ones */
    size_t n_constants;
    external_value *externals; /* sorted by span */
    size_t n_externals;
    struct_decl **structs;
    size_t n_structs;
    enum_decl **enums;
    size_t n_enums;
    fn_decl **functions;
    size_t n_functions;
} checked_program;

#endif
