/* The list of errors found in a program. Layer: lang (spec P2, T50; public face: pt_diagnostics in
 * polytune/program.h).
 *
 * A list owns copies of the source and the file name, so it outlives the compilation. Adding never
 * fails at once: lack of memory is remembered and reported by diag_finish. */
#ifndef LANG_DIAG_H
#define LANG_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "lang/span.h"
#include "polytune/program.h"

/* Errors kept; further ones are only counted. */
#define DIAG_MAX_ERRORS 100
/* A message's length in bytes; longer ones are cut. */
#define DIAG_MAX_MESSAGE 1000

typedef enum diag_phase { DIAG_SCAN, DIAG_PARSE, DIAG_TYPE, DIAG_COMPILE } diag_phase;

typedef struct diag_item {
    diag_phase phase;
    span span; /* line 0: no place */
    char *message;
} diag_item;

struct pt_diagnostics {
    char *file_name;
    char *source;
    size_t source_len;
    diag_item *items;
    size_t n_items;
    size_t n_dropped;
    bool out_of_memory;
};

#define DIAG_NO_PLACE ((span){0, 0, 0, 0})

/* An empty list for `source`; `file_name` NULL means "program". Release with pt_diagnostics_free.
 * PT_ERR_MEMORY. */
MUST_CHECK pt_status diag_new(pt_diagnostics **ret_diagnostics, const char *file_name,
                              const char *source, size_t source_len, pt_error *error);

/* Adds one error; the message (printf-like) is one line that says what was expected, what was found
 * and what to do. */
void diag_add(pt_diagnostics *d, diag_phase phase, span at, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Adds a finished message of `len` bytes. */
void diag_add_text(pt_diagnostics *d, diag_phase phase, span at, const char *text, size_t len);

/* Goes on where the message of the newest error ends; adds one without a place if there is none.
 */
void diag_extend(pt_diagnostics *d, diag_phase phase, const char *text);

bool diag_is_empty(const pt_diagnostics *d);

/* Sorts by start, then end, then order of arrival, and drops repeats: errors with one span and one
 * message. PT_OK for an empty list, PT_ERR_PROGRAM with the first error (file:line:column: message)
 * in `error` otherwise, PT_ERR_MEMORY if an error could not be kept. */
MUST_CHECK pt_status diag_finish(pt_diagnostics *d, pt_error *error);

#endif
