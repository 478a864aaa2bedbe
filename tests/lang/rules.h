/* Tables of programs, each one test named after the rule of the language it shows or breaks. */
#ifndef TESTS_LANG_RULES_H
#define TESTS_LANG_RULES_H

#include <stddef.h>

#include "base/arena.h"
#include "lang/compilation.h"

typedef struct rule_case {
    const char *rule; /* "T12" */
    const char *source;
    const char *expect; /* NULL: accepted; else part of the first error's message */
} rule_case;

/* A function with usual variables around statements. */
#define BODY(type, text)                                                                           \
    "pub fn main(n: u8, k: u8, i: i8, z: bool, v: [u8; 3], u: usize) -> " type " { " text " }"

/* Runs all cases as one cmocka group; the result of main. */
int run_rules(const char *group, const rule_case *cases, size_t n_cases);

/* lang_check with a list of its own: of PT_ERR_PROGRAM that is in `*ret_diagnostics` (may be NULL)
 * and belongs to the caller, and `error` holds the first error as text. */
pt_status check_source(checked_program **ret_program, pt_diagnostics **ret_diagnostics, arena *a,
                       const char *source, size_t len, const char *file_name, pt_error *error);

/* A checked program that must be right; the arena belongs to the caller. */
checked_program *check_good(arena *a, const char *source);
/* The errors of a program that must be wrong; release with pt_diagnostics_free. */
pt_diagnostics *check_bad(const char *source);

#endif
