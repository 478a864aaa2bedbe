/* The inputs of all parties, as eval and simulate take them. Layer: cli. */
#ifndef CLI_FLAGS_INPUTS_H
#define CLI_FLAGS_INPUTS_H

#include "cli/flags/tables.h"

typedef struct inputs {
    uint8_t *all; /* every party's bits, party 0 first, one byte each */
    size_t n_bits;
    size_t *first; /* where a party's bits start in `all` */
} inputs;

/* computation_init, with the constants that --rows takes from the tables. */
PT_MUST_CHECK pt_status inputs_compile(computation *ret_computation, const tables *t,
                                       const char *path, pt_error *error);

/* Reads the flags --input: exactly one per party, in party order. */
PT_MUST_CHECK pt_status inputs_init(inputs *ret_inputs, const computation *c, tables *t,
                                    pt_error *error);
void inputs_clear(inputs *in);

#endif
