/* What the files of the lowering share. See lower.h. */
#ifndef LANG_LOWER_LOWER_IMPL_H
#define LANG_LOWER_LOWER_IMPL_H

#include "circuit/builder.h"
#include "lang/check/const.h"
#include "lang/diag.h"
#include "lang/lower/lower.h"
#include "lang/value/literal.h"

/* ---- Types (lower_type.c) ---- */

/* Checker's types and definitions already resolved: open addressing by address. */
typedef struct type_map {
    const void **keys;
    const pt_type **types;
    size_t size, n_used;
} type_map;

typedef struct type_resolver {
    arena *arena;
    const uint64_t *constants;
    const uint64_t *externals;
    type_map map;
} type_resolver;

void type_resolver_clear(type_resolver *r);
MUST_CHECK pt_status type_resolve(const pt_type **ret_type, type_resolver *r, const ctype *type,
                                  unsigned depth, pt_error *error);

/* ---- Values (lower_value.c) ---- */

/* Wires shared by values and variables; never written while more than one holds them. */
typedef struct storage {
    uint32_t n_holders;
    uint32_t size_class;
    struct storage *next_free;
    wire wires[];
} storage;

/* The wires of a value, most significant bit of each part first (spec B1): a part of some storage,
 * which it holds. Every value that a function below returns is released or handed on once; after a
 * failure nothing need be released. */
typedef struct value {
    storage *storage;
    wire *wires;
    size_t n;
} value;

#define VALUE_CLASSES 32

typedef struct value_pool {
    arena memory;
    storage *free[VALUE_CLASSES];
} value_pool;

/* ---- Variables and branches (lower_journal.c) ---- */

/* A variable. `born` and `saved` name journals: the one current when it was bound, and the one that
 * has all of it. */
typedef struct variable {
    value value;
    uint32_t born;
    uint32_t saved;
} variable;

typedef struct journal_entry {
    size_t variable; /* index into lowerer.variables */
    size_t offset;
    size_t n;
} journal_entry;

/* The changes that a branch made to variables bound outside: the entries' wires, one after the
 * other, hold the state before the branch while the branch is in force, and the branch's state
 * after it was undone. */
typedef struct journal {
    struct journal *outer;       /* or the next free one */
    struct journal *made_before; /* all journals are in one list */
    uint32_t id;
    journal_entry *entries;
    size_t n_entries, entries_capacity;
    wire *wires;
    size_t n_wires, wires_capacity;
} journal;

/* A branch that was lowered: its changes to variables, undone, and its value. */
typedef struct branch {
    journal *journal;
    value value;
} branch;

/* A branch among others that begin with the same variables. */
typedef struct branch_case {
    wire matches;   /* it is taken, if none before it is */
    wire exclusive; /* it is taken, where that is known */
    branch branch;
} branch_case;

/* Different places that journals have, together. */
#define JOURNAL_MAX_PLACES 64

typedef struct journal_places {
    journal_entry entries[JOURNAL_MAX_PLACES];
    size_t n;
    size_t n_wires;
} journal_places;

typedef struct lowerer {
    const lower_input *input;
    circuit_builder *builder;
    pt_diagnostics *diagnostics;
    pt_error *error;
    pt_status status; /* of the first failure */
    type_resolver types;
    value_pool pool;
    panics panics;
    sorted_inputs sorted;
    variable *variables; /* of all functions being inlined, innermost last */
    size_t n_variables, variables_capacity;
    size_t frame; /* first variable of the current function */
    const fn_decl *function;
    journal *journal; /* of the innermost branch, or NULL */
    journal *free_journals;
    journal *last_journal;
    uint32_t last_journal_id;
    unsigned depth;
    uint64_t n_steps;
    uint64_t n_counts; /* calls of lower_count */
    uint64_t max_steps;
    uint64_t max_work;
    size_t max_value_wires;
    size_t max_bytes;
    bool is_trial;        /* passing the three before the last is no error */
    bool has_ended_trial; /* they were passed */
} lowerer;

/* All functions below return false after a failure, which is then recorded. */

/* ---- Failures and steps (lowerer.c) ---- */

/* Records a failure at a place in the program. */
bool lower_fail(lowerer *l, pt_status status, span at, const char *format, ...) PRINTF_LIKE(4, 5);
bool lower_out_of_memory(lowerer *l);
/* Records that a limit on work is passed; a trial ends quietly. */
bool lower_past_limit(lowerer *l, span at, const char *message);
/* Counts `n` steps and looks at the builder. */
MUST_CHECK bool lower_count(lowerer *l, uint64_t n, span at);

/* ---- Limits that the caller has set (lower_limits.c) ---- */

/* Takes the limits of the input, where these are below our own. */
void lower_limits_init(lowerer *l);
/* The inputs and the result fit into the memory that may be used. */
MUST_CHECK bool lower_check_bits(lowerer *l, uint64_t n_bits);
/* Most gates that a builder may have, 0 for any number; and most AND gates, once it is there. */
uint32_t lower_max_gates(const lowerer *l);
void lower_limit_builder(lowerer *l);
/* There was no room for the wires of a value, `bytes` of them. */
bool lower_out_of_values(lowerer *l, size_t bytes);
/* The status of circuit_builder_finish; a limit that was set is told as such. */
MUST_CHECK pt_status lower_limits_explain(lowerer *l, pt_status status);
/* The finished circuit keeps the limit. */
MUST_CHECK pt_status lower_limits_check(lowerer *l, const pt_circuit *circuit);

/* The type with numbers (lower_type.c). */
MUST_CHECK bool lower_type(lowerer *l, const pt_type **ret_type, const ctype *type, span at);

/* ---- Functions on values (lower_value.c) ---- */

/* `n` wires, undefined. */
MUST_CHECK bool value_new(lowerer *l, value *ret_value, size_t n);
MUST_CHECK bool value_const(lowerer *l, value *ret_value, size_t n, uint64_t bits);
MUST_CHECK bool value_wire(lowerer *l, value *ret_value, wire w);
value value_hold(const value *v);
void value_release(lowerer *l, value *v);
/* Narrows `v` to `n` of its wires. */
void value_narrow(value *v, size_t offset, size_t n);
/* Makes `v` the only holder of its wires, so that they can be written. */
MUST_CHECK bool value_own(lowerer *l, value *v);
/* True, and the number, when all (at most 64) wires are constant. */
bool value_is_const(const value *v, uint64_t *ret_bits);
/* s ? t : f. Takes t and f. */
MUST_CHECK bool value_mux(lowerer *l, value *ret_value, wire s, value *t, value *f);

/* ---- Functions on variables and branches (lower_journal.c) ---- */

/* Binds local `local` of the current function; takes `v`. */
void variable_bind(lowerer *l, uint32_t local, value *v);
variable *variable_at(lowerer *l, uint32_t local);
/* Writes wires of a variable; `wires` may not be its own. */
MUST_CHECK bool variable_write(lowerer *l, size_t idx, size_t offset, const wire *wires, size_t n);

/* A branch: begin, lower it, undo. Then journal_merge. */
MUST_CHECK bool journal_begin(lowerer *l, journal **ret_journal);
MUST_CHECK bool journal_undo(lowerer *l, journal *j);
/* Sets every variable changed in an undone branch to c ? its value after t : its value after f. */
MUST_CHECK bool journal_merge(lowerer *l, wire c, journal *t, journal *f);
/* Makes the changes of an undone branch once more, in the branch that is now current. */
MUST_CHECK bool journal_apply(lowerer *l, const journal *j);
/* Adds the places of an undone branch; false: they are too many. */
bool journal_collect(journal_places *places, const journal *j);
/* What the places hold after an undone branch. */
MUST_CHECK bool journal_note(lowerer *l, journal *j, const journal_places *places, wire *ret_wires);
/* Writes what they shall hold. */
MUST_CHECK bool journal_write(lowerer *l, const journal_places *places, const wire *wires);
void journal_release(lowerer *l, journal *j);
void journals_clear(lowerer *l);

/* ---- Constructs: the file is named by what it lowers ---- */

MUST_CHECK bool lower_expr(lowerer *l, value *ret_value, const expr *e);
/* The numbers of a range: *ret_first, .., *ret_first + *ret_count - 1. */
MUST_CHECK bool lower_bounds(lowerer *l, uint64_t *ret_first, uint64_t *ret_count,
                             const expr *range);
/* A bool as its wire, an integer as a value of its width. */
MUST_CHECK bool lower_wire(lowerer *l, wire *ret_wire, const expr *e);
MUST_CHECK bool lower_block(lowerer *l, value *ret_value, const expr *block);
MUST_CHECK bool lower_stmt(lowerer *l, const stmt *s);
MUST_CHECK bool lower_assign(lowerer *l, const stmt *s);
MUST_CHECK bool lower_for_join(lowerer *l, const stmt *s);
MUST_CHECK bool lower_join(lowerer *l, value *ret_value, const expr *e);
/* Inlines a function; takes the arguments. */
MUST_CHECK bool lower_body(lowerer *l, value *ret_value, const fn_decl *function, value *args);
MUST_CHECK bool lower_call(lowerer *l, value *ret_value, const expr *e);
MUST_CHECK bool lower_if(lowerer *l, value *ret_value, const expr *e);
MUST_CHECK bool lower_match(lowerer *l, value *ret_value, const expr *e);
/* Selects from n branches, of which the last is taken when no other is, and releases them. With
 * `is_exclusive`, `exclusive` is set in all cases but the last (lower_cases.c). */
MUST_CHECK bool lower_merge(lowerer *l, value *ret_value, branch_case *cases, size_t n,
                            bool is_exclusive);
/* Lowers `e` so that its effects and panics count only if the condition holds. */
MUST_CHECK bool lower_when(lowerer *l, value *ret_value, wire condition, const expr *e);
/* && and ||. */
MUST_CHECK bool lower_lazy(lowerer *l, value *ret_value, const expr *e);
MUST_CHECK bool lower_unary(lowerer *l, value *ret_value, const expr *e);
MUST_CHECK bool lower_binary(lowerer *l, value *ret_value, const expr *e);
/* An operator on two values, which it takes; panics at `at`. `type` is that of the left one. */
MUST_CHECK bool lower_operator(lowerer *l, value *ret_value, binary_op op, const ctype *type,
                               value *x, value *y, span at);
/* The value as by `as`, inside arrays and tuples too. Takes `v`. */
MUST_CHECK bool lower_convert(lowerer *l, value *ret_value, value *v, const ctype *from,
                              const ctype *to, span at);
/* Element `index` of the array `v`, which it takes. Reads nothing out of bounds; the caller has
 * raised the panic: lower_check_index. */
MUST_CHECK bool lower_select(lowerer *l, value *ret_value, value *v, size_t length,
                             const value *index);
MUST_CHECK bool lower_check_index(lowerer *l, const value *index, size_t length, span at);

/* Binds the names of an irrefutable or already tested pattern. */
MUST_CHECK bool pattern_bind(lowerer *l, const pattern *p, const value *v);
/* Whether the value matches. */
MUST_CHECK bool pattern_test(lowerer *l, wire *ret_wire, const pattern *p, const value *v);

#endif
