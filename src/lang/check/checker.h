/* What the files of the checker share. Layer: lang; only check*.c include this.
 *
 * A type of NULL means "unknown because of an error already reported": everything takes it and says
 * nothing, so a mistake is reported once (T50). Lack of memory looks the same and is reported at
 * the end. */
#ifndef LANG_CHECK_CHECKER_H
#define LANG_CHECK_CHECKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/compiler.h"
#include "lang/diag.h"
#include "lang/front/ast.h"
#include "lang/front/scan.h"
#include "lang/graph.h"

#define NO_LOCAL UINT32_MAX

/* What a name stands for, in each of the name spaces (T2). */
typedef struct symbol {
    fn_decl *function;
    struct_decl *structure;
    enum_decl *enumeration;
    const_decl *constant;
    uint32_t local; /* the innermost variable in scope, or NO_LOCAL */
} symbol;

typedef struct checker {
    arena *a;
    pt_diagnostics *d;
    const name_table *names;
    symbol *symbols; /* by name_idx */
    checked_program *program;
    size_t n_constants_done; /* constants defined before this one may be used (C2) */
    buffer external_uses;    /* external_use, see check_const.c */
    buffer calls;            /* graph_edge between functions */
    fn_decl *function;       /* the one being checked */
    buffer locals;           /* local_var, of that function */
    buffer scope;            /* scope_entry: variables in scope, innermost last */
    size_t match_work;       /* done so far, see check_match.c */
    bool out_of_memory;
} checker;

/* ---- Reporting and memory (checker.c) ---- */

void type_error(checker *c, span at, const char *format, ...) PRINTF_LIKE(3, 4);
/* A type as text for a message, cut when very long. */
const char *type_text(checker *c, const ctype *t);
/* "expected X, found Y". */
void report_mismatch(checker *c, span at, const ctype *expected, const ctype *found);
/* Zeroed, in the arena; NULL sets out_of_memory. */
MUST_CHECK void *checker_new(checker *c, size_t count, size_t size);
void checker_push(checker *c, buffer *list, const void *item, size_t size);
symbol *symbol_of(checker *c, const char *name);
/* Makes types; NULL when too large (reported at `at`) or out of memory, or if a part is NULL. */
const ctype *make_tuple(checker *c, span at, const ctype **elements, size_t n_elements);
const ctype *make_array(checker *c, span at, const ctype *element, array_size size);

/* ---- Suggestions (check_suggest.c): "; did you mean `x`?", or nothing, for a message's end ----
 */

enum {
    SUGGEST_VARIABLES = 1, /* in scope */
    SUGGEST_CONSTANTS = 2,
    SUGGEST_FUNCTIONS = 4,
    SUGGEST_SCALARS = 8, /* built-in types */
    SUGGEST_STRUCTS = 16,
    SUGGEST_ENUMS = 32
};

const char *suggest_name(checker *c, unsigned spaces, const char *name);
const char *suggest_field(checker *c, const struct_decl *decl, const char *name);
const char *suggest_variant(checker *c, const enum_decl *decl, const char *name);

/* ---- Types and constants (check_type.c, check_const.c) ---- */

/* NULL after an error. */
const ctype *resolve_type(checker *c, const type_expr *written);
bool resolve_size(checker *c, const size_expr *written, array_size *ret_size);
void check_definitions(checker *c);
/* Whether values of type `t` have no bits, whatever the constants are. */
bool type_is_empty(const ctype *t);
void check_constants(checker *c);
/* A const { .. } size. */
bool check_size_expr(checker *c, const_expr *e);
/* A bound of a range, of type `t`; numbers in it need no suffix. */
bool check_bound(checker *c, const_expr *e, const ctype *t);
/* Gathers the external values used anywhere; last. */
void finish_externals(checker *c);

/* ---- Expressions (check_expr.c, check_access.c, check_join.c) ---- */

/* Types `e` from its parts: sets its type and those below. */
void check_expr(checker *c, expr *e);
/* check_expr, then adapt. */
void check_expr_as(checker *c, expr *e, const ctype *t);
void check_struct_literal(checker *c, expr *e);
void check_variant_literal(checker *c, expr *e);
void check_access(checker *c, expr *e);
void check_join(checker *c, expr *e);
/* The type of the pairs that for .. in join_iter(a, b) binds; NULL after an error. */
const ctype *check_join_iter(checker *c, expr *call);
/* E::V or E::V(..), in an expression or a pattern. */
typedef struct variant_use {
    const ident *enum_name, *variant_name;
    bool has_parens;
    size_t n_fields;
    const enum_decl **ret_decl; /* set when the enum is known */
    size_t *ret_variant;
} variant_use;

/* The variant meant, if kind and number of fields are right; else NULL, reported. */
const variant_decl *check_variant_use(checker *c, const variant_use *use);
/* Types an index; reports a number that is past the end of `array` (may be NULL): whatever the
 * inputs, such a program could only panic there. */
void check_index(checker *c, expr *index, const ctype *array);
/* What indexing and fields yield; NULL after an error. */
const ctype *element_type(checker *c, span at, const ctype *array);
const ctype *tuple_field_type(checker *c, span at, const ctype *tuple, uint64_t position);
const ctype *field_type(checker *c, const ctype *structure, const ident *name, size_t *ret_idx);
/* Index of a field by name, or n_fields. */
size_t find_field(const struct_decl *decl, const char *name);
size_t find_variant(const enum_decl *decl, const char *name);

/* ---- Fitting types together (check_adapt.c; T10-T15, T30) ---- */

/* Makes the type of `e` be `t` if numbers without suffix allow it, else reports a mismatch. */
bool check_adapt(checker *c, expr *e, const ctype *t);
/* The common type of both, to which it adapts them; NULL, reported at `at`, if there is none. */
const ctype *check_unify(checker *c, span at, expr *left, expr *right);
/* The type of the first, unless it has no suffix and another has one. NULL entries are skipped. */
const ctype *common_type(expr *const *list, size_t n);
/* The type that `let mut` gives a value (T14). */
const ctype *default_type(checker *c, span at, const ctype *t);
/* Whether `variable` (may be NULL) is an i32 (`found`) only since its number has no suffix, but
 * `needed` is another integer type; that is reported, at the number. Both types may be NULL. */
bool check_default(checker *c, const local_var *variable, const ctype *found, const ctype *needed);
/* The expression to blame for the type of `e`: the last one of a block. */
const expr *check_blamed(const expr *e);

/* ---- Statements, scopes (check_stmt.c) ---- */

void check_block(checker *c, expr *block);
size_t scope_open(const checker *c);
void scope_close(checker *c, size_t mark);
uint32_t define_local(checker *c, const char *name, span at, const ctype *t, bool mutable);
/* The variable in scope, or NULL. */
const local_var *find_local(checker *c, const char *name, uint32_t *ret_local);

/* ---- Patterns (check_pattern.c, check_match.c) ---- */

/* Types a pattern for values of type `t` (may be NULL) and defines its variables. False after an
 * error in it, or if it splits values of an unknown type: such arms cannot be checked further. */
bool check_pattern(checker *c, pattern *p, const ctype *t);
/* The same of an arm of a match, whose names must not look like what they match (D21). */
bool check_arm_pattern(checker *c, pattern *p, const ctype *t);
/* Reports the values of type `t` that no pattern matches (T46). `arms` must be free of errors. */
void check_exhaustive(checker *c, span at, const ctype *t, const match_arm *arms, size_t n_arms);
/* The same for the single pattern of a let or for (D13). */
void check_irrefutable(checker *c, const pattern *p, const char *where);

#endif
