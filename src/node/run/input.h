/* The input of this node's party: from the policy, or from a source of the configuration. Layer:
 * node. */
#ifndef NODE_RUN_INPUT_H
#define NODE_RUN_INPUT_H

#include "data/to_bits.h"
#include "node/config.h"
#include "node/policy/policy.h"

typedef struct input {
    const policy *policy;
    const node_source *source; /* NULL: the policy's own */
    table table;
    size_t n_data;     /* rows of the source's table; 0: no table */
    size_t rows;       /* and as the program sees it, with those that fill it up */
    char constant[64]; /* the name of the constant that is their number; "": none */
    char constant_text[32];
    char party[32];
} input;

/* Reads the source's table, if it is one. PT_ERR_INPUT, PT_ERR_FILE: the message is for this node's
 * operator. Release with input_clear in any case. */
MUST_CHECK pt_status input_open(input *ret_input, const policy *p, const node_config *config,
                                pt_error *error);
void input_clear(input *in);

/* The policy's constants, and the number of rows if the source gives it; *ret_list: mem_free, the
 * texts are borrowed. */
MUST_CHECK pt_status input_constants(pt_constant **ret_list, size_t *ret_n, const input *in,
                                     pt_error *error);

/* The bits of a value of that type, one byte each; *ret_bits: mem_free_secret, pt_type_bits(type)
 * of them. What was read is forgotten. */
MUST_CHECK pt_status input_bits(uint8_t **ret_bits, input *in, const pt_type *type,
                                pt_error *error);

#endif
