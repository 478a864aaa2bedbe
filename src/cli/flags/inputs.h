/* The inputs of all parties, as eval and simulate take them. Layer: cli. */
#ifndef CLI_FLAGS_INPUTS_H
#define CLI_FLAGS_INPUTS_H

#include "cli/flags/tables.h"
#include "cli/result_out.h"

typedef struct inputs {
    uint8_t *all; /* every party's bits, party 0 first, one byte each */
    size_t n_bits;
    size_t *first; /* where a party's bits start in `all` */
} inputs;

/* Declares the computation of `path`, with the constants that --rows takes from the tables; reads
 * the flags --input, exactly one per party, in party order; prepares `result`; and only then
 * compiles, for that may take long. Release both in any case. */
PT_MUST_CHECK pt_status inputs_compile(inputs *ret_inputs, computation *ret_computation, tables *t,
                                       result_out *result, const char *path, pt_error *error);
void inputs_clear(inputs *in);

#endif
