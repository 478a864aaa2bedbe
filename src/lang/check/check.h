/* From source text to a checked program: scanning, parsing, checking. Layer: lang (spec sections
 * 1-4 and 11).
 *
 *     text --scan.h--> tokens --parse.h--> tree (ast.h) --check--> tree with types
 *
 * Each stage collects all its errors; the next runs only if there are none (L1, G18). */
#ifndef LANG_CHECK_CHECK_H
#define LANG_CHECK_CHECK_H

#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "lang/front/ast.h"
#include "polytune/program.h"

/* Source bytes accepted. */
#define LANG_MAX_SOURCE_BYTES ((size_t)16 * 1024 * 1024)

/* Scans, parses and checks `source` (`len` bytes, need not be terminated). The program lives in
 * `a` and does not refer to `source`. On PT_OK `*ret_program` is set and `*ret_diagnostics`
 * untouched. On PT_ERR_PROGRAM `*ret_diagnostics` (may be NULL if not wanted) is a list the caller
 * frees with pt_diagnostics_free, and `error` holds the first error as text. `file_name` may be
 * NULL for "program". PT_ERR_LIMIT for a source too long, PT_ERR_MEMORY when memory or the arena's
 * limit is used up. */
MUST_CHECK pt_status lang_check(checked_program **ret_program, pt_diagnostics **ret_diagnostics,
                                arena *a, const char *source, size_t len, const char *file_name,
                                pt_error *error);

#endif
