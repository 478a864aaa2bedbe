/* Programs compiled by another instance of this module. Layer: wasm.
 *
 * Compiling takes more memory than a run, and that of an instance only grows: the host drops the
 * one that has compiled. */
#ifndef WASM_APART_H
#define WASM_APART_H

#include "wasm/request.h"

typedef struct apart {
    pt_program *program; /* NULL when it failed */
    uint8_t *bytes;      /* it lies in them */
    json_t *fault;       /* the error as wasm_save has answered it, or NULL */
} apart;

/* Compiles the program of a request with these constants. Errors are those of pt_program_compile,
 * of which `error` has no message when there is a fault. apart_clear in any case. */
MUST_CHECK pt_status apart_compile(apart *ret_apart, const request *r, const pt_constant *constants,
                                   size_t n_constants, pt_error *error);
void apart_clear(apart *a);

#endif
