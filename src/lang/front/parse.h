/* The parser: tokens to tree. Layer: lang (spec section 2). */
#ifndef LANG_FRONT_PARSE_H
#define LANG_FRONT_PARSE_H

#include "base/arena.h"
#include "base/compiler.h"
#include "lang/diag.h"
#include "lang/front/ast.h"
#include "lang/front/scan.h"

/* Brackets, blocks, types and patterns inside one another. */
#define PARSE_MAX_NESTING 500

/* Parses all of `tokens` into `ret_program`, whose tree lives in `a`. Syntax errors are added to
 * `d` and parsing goes on at the next statement or item; a tree with errors must not be used. PT_OK
 * also when errors were added; PT_ERR_MEMORY. */
MUST_CHECK pt_status parse(parsed_program *ret_program, arena *a, const token_list *tokens,
                           pt_diagnostics *d, pt_error *error);

#endif
