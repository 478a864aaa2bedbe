/* What the command says on stderr: messages by level, progress, waiting. Layer: cli.
 *
 * POLYTUNE_LOG=error|warn|info|debug|trace chooses what is shown (default info),
 * --log-format=text|json how, --quiet only errors and what report_security says. On a terminal
 * progress is one live line, and the errors of a program are coloured unless NO_COLOR is set
 * (no-color.org) or TERM is "dumb"; otherwise a plain line now and then. Thread safe. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cli/flags/args.h"
#include "polytune/polytune.h"

typedef enum report_level {
    REPORT_ERROR,
    REPORT_WARN,
    REPORT_INFO,
    REPORT_DEBUG,
    REPORT_TRACE
} report_level;

/* Reads the environment and the common flags; call once, before threads. */
PT_MUST_CHECK pt_status report_init(const args *a, pt_error *error);

/* From now on shows errors only, as with --quiet; call before threads. */
void report_errors_only(void);

void report_message(report_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* A warning that somebody may be in between: shown whatever the level is. */
void report_security(const char *format, ...) PRINTF_LIKE(1, 2);

/* Shows a text exactly as it is (diagnostics with carets); in JSON format as one message. */
void report_text(report_level level, const char *text);

/* Shows an event of a log: in JSON format its fields, with time and level; else the text, which may
 * have a level of its own. Takes over `fields`. */
void report_event(report_level level, report_level text_level, json_t *fields, const char *text);

/* Whether such an event would be shown. */
bool report_wants_event(report_level level, report_level text_level);

/* Shows the errors of the program in `file`, if there are any, and marks `error` so that it is not
 * shown again. */
void report_diagnostics(const char *file, const pt_diagnostics *diagnostics, pt_error *error);

/* Where the program in `file` panicked, for report_errors_json. */
void report_panic(const char *file, const pt_panic *panic, const char *message);

/* What a command failed with, in a line; of diagnostics that report_diagnostics has shown the
 * first. Borrowed. */
const char *report_failure_text(pt_status status, const pt_error *error);
/* Shows what a command failed with, unless that was shown already. */
void report_failure(pt_status status, const pt_error *error);

/* The same for stdout: {"errors": [..]}, each with "file", "line", "column", "end_line",
 * "end_column" (null where there is none), "phase" and "message". NULL when out of memory. */
PT_MUST_CHECK json_t *report_errors_json(pt_status status, const pt_error *error);

/* The command's JSON object is on stdout and says what is wrong: none of errors follows it. */
void report_result_is_out(void);
bool report_has_result(void);

/* Releases what was noted for report_errors_json. */
void report_clear(void);

/* A pt_notice_fn: who is waited for. Told every second, it is one live line on a terminal, and
 * elsewhere a line at growing intervals. */
void report_notice(void *user, const char *text);

/* A progress callback of pt_mpc_options; `user` unused. */
void report_progress(void *user, const char *phase, uint64_t done, uint64_t total);

/* The same of pt_compile_options. */
void report_compiling(void *user, const char *phase, uint64_t done, uint64_t total);

/* Clears the live line, if any, before something else is done. */
void report_progress_end(void);

#endif
