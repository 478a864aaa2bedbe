/* A value as a table: what to_bits.h does, back. Layer: data.
 *
 * An array's elements are the rows; any other value is one row. Columns have the names that
 * shape.h gives them, else "1", "2" and so on. Integers and bool are numbers, true and false; text
 * is without the zeros at its end, or 0x and hexadecimal digits where it is no UTF-8 text. An
 * enum's empty variant is missing cells, and a row that is one is left out. */
#ifndef DATA_FROM_BITS_H
#define DATA_FROM_BITS_H

#include <stdint.h>

#include "data/shape.h"
#include "data/table.h"

/* `bits` are those of pt_literal_to_bits, a byte each. *ret_table: release with table_clear, also
 * after a failure. */
MUST_CHECK pt_status table_from_bits(table *ret_table, const row_shape *rows, const uint8_t *bits,
                                     pt_error *error);

#endif
