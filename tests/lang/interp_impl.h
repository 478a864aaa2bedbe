/* What the files of the interpreter share. */
#ifndef TESTS_LANG_INTERP_IMPL_H
#define TESTS_LANG_INTERP_IMPL_H

#include <stdlib.h>
#include <string.h>

#include "lang/interp.h"

/* The variables of a running function. */
typedef struct frame {
    const value **locals;
} frame;

/* `memory`, or the end of the test run. */
void *must(void *memory);
static inline const value *must_value(const value *v)
{
    if (v == NULL)
        abort();
    return v;
}

/* Everything that returns a value returns NULL once the run has stopped. */
const value *interp_panic(interp *in, const char *reason, span at);
bool interp_step(interp *in);
const value *interp_eval(interp *in, frame *f, const expr *e);
const value *interp_block(interp *in, frame *f, const expr *block);
/* A strict operator on operands of `type` (of the left one for shifts). */
const value *interp_operate(interp *in, binary_op op, const ctype *type, const value *left,
                            const value *right, span at);

bool interp_matches(const pattern *p, const value *v);
void interp_bind(frame *f, const pattern *p, const value *v);

#endif
