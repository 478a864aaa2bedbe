/* Compiles and runs Garble programs in the clear, for tests. */
#ifndef TESTS_LANG_RUN_H
#define TESTS_LANG_RUN_H

#include "polytune/polytune.h"
#include "support/test.h"

#define RUN_MAX_PARTIES 8
#define RUN_MAX_RESULT  4096

/* Compiles with constants such as "A::ROWS=2, B::ROWS=3" (NULL: none); fails the test on an error.
 * Release with pt_program_free. */
pt_program *run_compile(const char *source, const char *constants);

/* The status of compiling, and the first error's message in `ret_message` (PT_ERROR_MESSAGE_MAX
 * bytes). */
pt_status run_compile_status(const char *source, const char *constants, char *ret_message);

/* Runs with one literal per party, and prints the result, or "PANIC reason
 * line:column-line:column".
 */
void run_program(char ret_result[RUN_MAX_RESULT], const pt_program *program,
                 const char *const *inputs);

/* Compiles, runs with inputs such as "1 | [2, 3]" and compares. Places are marked: `$1[n / k]$1` in
 * the source, and "PANIC Division By Zero $1" (marks.h). */
void assert_runs(const char *source, const char *constants, const char *inputs,
                 const char *expected);

#endif
