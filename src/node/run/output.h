/* A result as rows, to one of the configuration's outputs. Layer: node. */
#ifndef NODE_RUN_OUTPUT_H
#define NODE_RUN_OUTPUT_H

#include "data/shape.h"
#include "node/config.h"

typedef struct output {
    const node_output *to; /* NULL: none */
    row_shape rows;
    size_t n_bits; /* of the result */
    char *odbc;
} output;

/* Finds the output of that name (NULL: none) and tries what can be tried before a run.
 * PT_ERR_INPUT, PT_ERR_FILE. Release with output_clear in any case. */
MUST_CHECK pt_status output_open(output *ret_output, const node_config *config, const char *name,
                                 const pt_type *type, pt_error *error);
/* Writes the value of that type, a byte each bit: all of it, or nothing. PT_ERR_FILE. */
MUST_CHECK pt_status output_write(const output *o, const uint8_t *bits, pt_error *error);
void output_clear(output *o);

#endif
