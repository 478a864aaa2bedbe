/* Which parts of the inputs must be sorted, because a join takes them as they are. Layer: lang
 * (spec S32).
 *
 * The parties themselves can then check it for nothing, before anything is sent. What a program
 * makes of its inputs before it joins them is not looked at. */
#ifndef LANG_LOWER_SORTED_INPUTS_H
#define LANG_LOWER_SORTED_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "circuit/builder.h"

/* Rows one behind the other, each with its key first. */
typedef struct sorted_input {
    uint32_t first_bit; /* of all parties' inputs */
    size_t n_rows;
    size_t row_bits;
    size_t key_bits;
} sorted_input;

typedef struct sorted_inputs {
    sorted_input *list; /* each once */
    size_t n;
} sorted_inputs;

/* Adds an array that is joined, if its wires are input bits in order. False when out of memory. */
MUST_CHECK bool sorted_inputs_add(sorted_inputs *s, const circuit_builder *b, const wire *wires,
                                  size_t n_rows, size_t row_bits, size_t key_bits);
void sorted_inputs_clear(sorted_inputs *s);

/* Checks `n_bits` input bits, one byte each, of a party whose first bit is `first_bit` of all.
 * PT_ERR_INPUT with the row. */
MUST_CHECK pt_status sorted_inputs_check(const sorted_inputs *s, uint32_t first_bit,
                                         const uint8_t *bits, size_t n_bits, pt_error *error);

#endif
