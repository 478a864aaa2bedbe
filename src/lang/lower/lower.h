/* Lowering: from a checked program to a circuit. Layer: lang (spec sections 5 and 6).
 *
 * Functions are inlined and loops unrolled while walking the tree; the tree is not copied. What can
 * go wrong here is what a checked program cannot tell: a limit is passed, or a construct is not
 * supported (always an error with its place, never a wrong circuit).
 *
 * The pieces: lower_type.c (types with numbers), lower_value.c (wires of values), lower_journal.c
 * (variables and what branches do to them), lower_expr.c, lower_operator.c, lower_branch.c,
 * lower_call.c, lower_join.c, lower_pattern.c, lower_place.c and lower_stmt.c (the constructs),
 * lowerer.c (failures, the count of steps), lower_limits.c (limits of the caller's), lower.c (the
 * entry point, from parameters to circuit).
 */
#ifndef LANG_LOWER_LOWER_H
#define LANG_LOWER_LOWER_H

#include "base/arena.h"
#include "base/mem.h"
#include "base/watch.h"
#include "lang/front/ast.h"
#include "lang/lower/sorted_inputs.h"
#include "lang/value/panic.h"
#include "lang/value/type.h"
#include "polytune/program.h"

/* Most steps (nodes of the tree visited, times how often, and wires copied in blocks of 64), so
 * that every compilation ends. Fewer in tests, which try the limit. */
#ifdef PT_TESTING
#    define LOWER_MAX_STEPS ((uint64_t)1 << 22)
#else
#    define LOWER_MAX_STEPS ((uint64_t)1 << 28)
#endif
/* Most gates asked of the builder: equal ones are built once, but looking them up takes time too.
 */
#ifdef PT_TESTING
#    define LOWER_MAX_WORK ((uint64_t)1 << 24)
#else
#    define LOWER_MAX_WORK ((uint64_t)1 << 30)
#endif
/* Deepest nesting of expressions and calls together, to bound the stack. */
#define LOWER_MAX_DEPTH 2000u
/* Most memory for wires of values at once. */
#define LOWER_MAX_BYTES MEM_LIMIT((uint64_t)8 << 30)

/* What the limits that a caller sets come to. Gates that fold, die or are found again, and XOR
 * gates, are more than the AND gates that remain: so many are built before it is given up, and so
 * much work is done for each of them and for any program at all. */
#define LOWER_ANDS_BUILT(max_ands) ((max_ands)*4 + ((uint64_t)1 << 16))
#define LOWER_WORK(max_ands)       ((max_ands)*16 + ((uint64_t)1 << 24))
/* Memory taken for a gate built, with the passes over the finished graph; measured. */
#define LOWER_BYTES_A_GATE 64u
/* And for a bit of inputs or result: as wires, and as bytes of the party that gives it. */
#define LOWER_BYTES_A_BIT 16u

/* What is known besides the program: values of constants and externals, as const.h has them, and
 * the externals as literals (NULL where they are missing and not needed). */
typedef struct lower_input {
    const checked_program *program;
    const fn_decl *function;
    const uint64_t *constants;
    const uint64_t *externals;
    const pt_literal *const *external_literals;
    uint64_t max_ands;    /* as of pt_compile_options; 0: no limit */
    uint64_t max_bytes;   /* likewise */
    watch *watch;         /* who waits; may be NULL */
    uint32_t count_lines; /* of the source, to count AND gates by line; 0: do not count */
} lower_input;

/* What a program is at run time. */
typedef struct lowered {
    pt_circuit *circuit; /* the panic code, most significant bit first, then the result */
    size_t n_parties;
    const pt_type **inputs; /* one per party, in the arena */
    const char **names;     /* of the parameters they are given as, likewise */
    const pt_type *output;
    panic_site *sites; /* released with mem_free */
    size_t n_sites;
    sorted_inputs sorted;  /* what joins need so; sorted_inputs_clear */
    uint32_t *line_counts; /* if asked for: AND gates by line, count_lines + 1; mem_free */
} lowered;

/* Lowers `input->function`; types are made in `types`. What the program is to blame for is added to
 * `diagnostics` and only its status returned: PT_ERR_UNSUPPORTED, PT_ERR_LIMIT, PT_ERR_PROGRAM.
 * `error` is filled for PT_ERR_MEMORY, and for the limits of circuits. */
MUST_CHECK pt_status lower_function(lowered *ret_lowered, const lower_input *input, arena *types,
                                    pt_diagnostics *diagnostics, pt_error *error);

/* The parties and types alone; the rest of *ret_lowered is zero. Errors as of lower_function. */
MUST_CHECK pt_status lower_signature(lowered *ret_lowered, const lower_input *input, arena *types,
                                     pt_diagnostics *diagnostics, pt_error *error);

/* Lowers for the sake of the errors alone, as far as one thousandth of the limits above goes: PT_OK
 * when there are none up to there. */
MUST_CHECK pt_status lower_try(const lower_input *input, arena *types, pt_diagnostics *diagnostics,
                               pt_error *error);

/* B2: one parameter that is an array of literal or named size gives each element to a party. */
bool lower_is_array_of_parties(const fn_decl *function);

/* The type with numbers for a checker's type, for values that are read before lowering. */
MUST_CHECK pt_status lower_resolve_type(const pt_type **ret_type, const ctype *type, arena *types,
                                        const uint64_t *constants, const uint64_t *externals,
                                        pt_error *error);

#endif
