/* A table as CSV or TSV text. Layer: data.
 *
 * What csv_read.h reads, back: the columns' names in the first line, values in quotes only where
 * they must be, lines that end with LF, a missing value as nothing and an empty one as "". */
#ifndef DATA_CSV_WRITE_H
#define DATA_CSV_WRITE_H

#include "base/buffer.h"
#include "data/table.h"

/* Appends the text; out->failed when out of memory. */
void csv_write_table(buffer *out, const table *t, char separator);

#endif
