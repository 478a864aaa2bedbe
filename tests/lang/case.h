/* Programs with inputs and what must come of them, run through the public interface alone. Layer:
 * tests of lang.
 *
 * An outcome is a text:
 *     "7"                         the result as pt_literal_print has it
 *     "panic Overflow 1:34-1:39"  reason, place (one-based, natural, end exclusive)
 *     "rejected type 1:5 ..."     phase, place and message of the first error
 *     "unsupported", "limit", "constant", "input", "internal"
 *                                 with the error's message behind it
 * A case expects the whole text of results and panics, and a prefix of all others. Places are
 * marked in the source: `$1[n / k]$1`, and "panic Division By Zero $1" (marks.h). */
#ifndef TESTS_LANG_CASE_H
#define TESTS_LANG_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include "polytune/program.h"

#define CASE_MAX_INPUTS    4
#define CASE_MAX_CONSTANTS 5
#define CASE_MAX_OUTCOME   2000

typedef struct lang_case {
    const char *name;
    const char *source;
    const char *inputs[CASE_MAX_INPUTS]; /* one text for each party, then NULL; JSON if it begins
                                            with `{` or `"` */
    const char *expected;
    pt_constant constants[CASE_MAX_CONSTANTS];
    const char *function; /* NULL: main */
} lang_case;

/* A case with inputs, and one whose program is not accepted. */
#define CASE(name_, source_, expected_, ...)                                                       \
    {                                                                                              \
        .name = (name_), .source = (source_), .expected = (expected_), .inputs = { __VA_ARGS__ }   \
    }
#define CASE_REJECTED(name_, source_, expected_)                                                   \
    {                                                                                              \
        .name = (name_), .source = (source_), .expected = (expected_)                              \
    }

/* Compiles, reads the inputs, evaluates, decodes. Releases everything. */
void case_run(char ret_outcome[CASE_MAX_OUTCOME], const lang_case *c);

/* The steps of case_run, for other tests. PT_OK, or the outcome is filled. */
pt_status case_compile(pt_program **ret_program, char ret_outcome[CASE_MAX_OUTCOME],
                       const lang_case *c);
void case_evaluate(char ret_outcome[CASE_MAX_OUTCOME], const pt_program *program,
                   const char *const *inputs, size_t n_inputs);

/* Runs each case as a cmocka test of its own, named like it. Returns the number of failures. */
int case_run_all(const char *group, const lang_case *cases, size_t n_cases);

/* Whether the outcome is the one expected, by the rules above. */
bool case_is_expected(const char *outcome, const char *expected);

#endif
