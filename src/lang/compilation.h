/* One compilation up to the checked program, with the one list of what is wrong. Layer: lang (spec
 * sections 1-4 and 11).
 *
 *     text --scan.h--> tokens --parse.h--> tree (ast.h) --check.h--> tree with types
 *          --lower.h--> circuit
 *
 * Each stage collects all its errors; the next runs only if there are none (L1, G18). */
#ifndef LANG_COMPILATION_H
#define LANG_COMPILATION_H

#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "lang/diag.h"
#include "lang/front/ast.h"
#include "polytune/program.h"

/* Source bytes accepted. */
#define LANG_MAX_SOURCE_BYTES ((size_t)16 * 1024 * 1024)

/* Scans, parses and checks `source` (`len` bytes, need not be terminated). The program lives in `a`
 * and does not refer to `source`. PT_ERR_PROGRAM when errors were added to `d`; PT_ERR_LIMIT for a
 * source too long, PT_ERR_MEMORY when memory or the arena's limit is used up. */
MUST_CHECK pt_status lang_check(checked_program **ret_program, arena *a, const char *source,
                                size_t len, pt_diagnostics *d, pt_error *error);

typedef struct compilation {
    const pt_compile_options *options; /* borrowed */
    checked_program *program;          /* once checked, in `tree` */
    pt_diagnostics *diagnostics;       /* what every stage adds to */
    arena tree;
    pt_error *error;
} compilation;

/* PT_ERR_USAGE unless everything is there that a call needs of its options. */
MUST_CHECK pt_status compilation_check_options(const pt_compile_options *options, pt_error *error);
/* lang_check on the options' source. Close it whatever comes of it. */
MUST_CHECK pt_status compilation_open(compilation *ret_compilation,
                                      const pt_compile_options *options, pt_error *error);
/* The entry point that the options name; NULL, reported, if there is none. */
const fn_decl *compilation_entry(const compilation *c);
/* Ends it with `status`; returns what the caller gets. If errors were reported, the first is in the
 * compilation's `error`, and `*ret_diagnostics` (may be NULL) is the list; else NULL. */
MUST_CHECK pt_status compilation_close(compilation *c, pt_diagnostics **ret_diagnostics,
                                       pt_status status);

#endif
