/* The checker: from a tree to a tree with types. Layer: lang (spec sections 3 and 4). */
#ifndef LANG_CHECK_CHECK_H
#define LANG_CHECK_CHECK_H

#include "base/arena.h"
#include "base/compiler.h"
#include "lang/diag.h"
#include "lang/front/ast.h"
#include "lang/front/scan.h"

/* Names, types, patterns and constants of a program without errors. Its tree, in `a`, gets its
 * types; what is wrong is added to `d`. PT_OK also when errors were added; PT_ERR_MEMORY. */
MUST_CHECK pt_status check_program(checked_program **ret_program, arena *a,
                                   const parsed_program *parsed, const name_table *names,
                                   pt_diagnostics *d, pt_error *error);

#endif
