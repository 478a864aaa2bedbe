/* The order that joins need: rows ascending by their key, and no key twice. Layer: data.
 *
 * The key of a tuple is its first field, that of any other row the row itself. Keys compare as the
 * program's joins compare them: as unsigned numbers of their bits. Empty rows come last, whatever
 * their key is, as those that fill a table up do without sorting: the program gives them keys of
 * its own, and must know on which side of the others they are. */
#ifndef DATA_SORT_ROWS_H
#define DATA_SORT_ROWS_H

#include <stdint.h>

#include "data/shape.h"
#include "data/table.h"

/* Sorts the rows in `bits`, which came from the table's rows in order and perhaps empty rows behind
 * them. PT_ERR_INPUT names two rows with the same key; that of empty rows may be. */
MUST_CHECK pt_status sort_rows(uint8_t *bits, const row_shape *r, const table *t, pt_error *error);

#endif
