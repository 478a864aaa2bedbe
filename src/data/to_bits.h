/* A table as the bits of an array. Layer: data.
 *
 * A part that has a name takes the column of that name; all others take the remaining columns from
 * left to right, and there must be as many. Columns that nothing takes are left out if every part
 * has a name. */
#ifndef DATA_TO_BITS_H
#define DATA_TO_BITS_H

#include "data/shape.h"
#include "data/table.h"

/* Numbers of the column are multiplied with `factor` (1 to FIELD_SCALE_MAX). */
typedef struct table_scale {
    const char *column;
    uint64_t factor;
} table_scale;

typedef struct to_bits_options {
    const table_scale *scales; /* for columns that the table may or may not have */
    size_t n_scales;
    bool truncate; /* cut text that is too long for its [u8; N] */
    bool pad;      /* fill up with empty rows */
    bool sort;     /* by the key, for joins */
} to_bits_options;

/* *ret_bits: as many as the type has, in the order of pt_literal_to_bits, packed (base/bits.h);
 * release with mem_free_secret. PT_ERR_INPUT names source, row, column and value; PT_ERR_USAGE when
 * a table cannot hold the type. */
MUST_CHECK pt_status table_to_bits(uint8_t **ret_bits, const table *t, const pt_type *type,
                                   const to_bits_options *options, pt_error *error);

#endif
