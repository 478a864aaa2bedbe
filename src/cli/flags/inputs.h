/* The inputs of all parties, as eval and simulate take them. Layer: cli. */
#ifndef CLI_FLAGS_INPUTS_H
#define CLI_FLAGS_INPUTS_H

#include "cli/computation.h"

typedef struct inputs {
    uint8_t *all; /* every party's bits, party 0 first, one byte each */
    size_t n_bits;
    size_t *first; /* where a party's bits start in `all` */
} inputs;

/* Reads the flags --input: exactly one per party, in party order. */
PT_MUST_CHECK pt_status inputs_init(inputs *ret_inputs, const computation *c, const args *a,
                                    pt_error *error);
void inputs_clear(inputs *in);

#endif
