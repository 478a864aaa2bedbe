/* The constants that --const gives. Layer: cli. */
#ifndef CLI_FLAGS_CONST_FLAGS_H
#define CLI_FLAGS_CONST_FLAGS_H

#include "cli/flags/args.h"
#include "polytune/polytune.h"

typedef struct const_flags {
    pt_constant *list;
    size_t n;
    char **texts; /* what the list points into */
} const_flags;

/* Every PARTY::NAME=LITERAL; with `own_party`, as "PARTY_1", also NAME=LITERAL, which is that
 * party's. PT_ERR_USAGE for anything else, and for a name given twice. Release with
 * const_flags_clear in any case. */
PT_MUST_CHECK pt_status const_flags_init(const_flags *ret_flags, const args *a,
                                         const char *own_party, pt_error *error);
/* Adds one more, as if --const gave it. */
PT_MUST_CHECK pt_status const_flags_add(const_flags *c, const char *text, const char *own_party,
                                        pt_error *error);
/* Warns of every constant whose name the program's text nowhere has, and names one that is close.
 */
void const_flags_warn(const const_flags *c, const char *source);
void const_flags_clear(const_flags *c);

#endif
