/* The scanner: text to tokens and interned names. Layer: lang (spec section 1). */
#ifndef LANG_FRONT_SCAN_H
#define LANG_FRONT_SCAN_H

#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "lang/diag.h"
#include "lang/front/token.h"

/* All identifiers of a text, each once, sorted; name_idx turns one into its index. */
typedef struct name_table {
    const char **names;
    size_t n_names;
} name_table;

typedef struct token_list {
    token *tokens; /* the last one is TOKEN_END */
    size_t n_tokens;
    name_table names;
} token_list;

/* Scans all of `source`, adding lexical errors to `d` and going on (L1). Names go to `a`; the rest
 * belongs to the list, which the caller frees with token_list_clear. PT_OK also when errors were
 * added; PT_ERR_MEMORY. */
MUST_CHECK pt_status scan(token_list *ret_list, arena *a, const char *source, size_t len,
                          pt_diagnostics *d, pt_error *error);
void token_list_clear(token_list *list);

/* The index of a name that came from this table. */
size_t name_idx(const name_table *table, const char *name);

#endif
