/* --private-results: a result with a part for each party, who learns no other. Layer: cli.
 *
 * A program's result is a tuple or an array with an element for each party, a Bristol circuit has
 * an output value for each. */
#ifndef CLI_PARTS_H
#define CLI_PARTS_H

#include <jansson.h>

#include "cli/computation.h"

extern const flag flags_private[];

/* Whether a declared computation has a part for each party. PT_ERR_USAGE. */
PT_MUST_CHECK pt_status parts_check(const computation *c, pt_error *error);

/* The type of a party's part; NULL for a Bristol circuit. */
const pt_type *parts_type(const computation *c, size_t party);
/* Where a party's part begins among the output bits of a compiled computation. */
size_t parts_first_bit(const computation *c, size_t party);

/* Who learns which output bits of a compiled computation. */
typedef struct parts {
    pt_mpc_receivers *receivers;
    size_t n;
    size_t *parties; /* what these point into */
} parts;

/* Release with parts_clear. */
PT_MUST_CHECK pt_status parts_init(parts *ret_parts, const computation *c, pt_error *error);
void parts_clear(parts *p);

/* What eval and simulate show, who have every party's output bits. */
typedef struct parts_shown {
    char *text; /* a line for each party; mem_free */
    char *json; /* an array; mem_free */
    json_t *texts;
} parts_shown;

/* Decodes outputs[party] for each party: all of its bits if it is the result of all. Release with
 * parts_shown_clear, who has taken `texts` over sets it to NULL. */
PT_MUST_CHECK pt_status parts_show(parts_shown *ret_shown, const computation *c,
                                   const uint8_t *const *outputs, pt_error *error);
void parts_shown_clear(parts_shown *s);

#endif
