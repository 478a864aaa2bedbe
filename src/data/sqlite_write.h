/* A result as rows of a table in an SQLite file. Layer: data.
 *
 * The file and the table are made if they are not there. A table that is there must have the
 * columns; a struct's fields go by name, all else by place. All rows go in in one transaction, or
 * none. Integers past 2^63-1, which SQLite has none of, go in as text where the column allows it,
 * and are an error where it would round them. */
#ifndef DATA_SQLITE_WRITE_H
#define DATA_SQLITE_WRITE_H

#include "data/shape.h"
#include "data/table.h"

/* Tries all but the rows, and leaves things as they were. PT_ERR_USAGE, PT_ERR_FILE. */
MUST_CHECK pt_status sqlite_write_check(const char *path, const char *name, const row_shape *rows,
                                        pt_error *error);

/* Writes the rows of `t`, which came from `rows`. PT_ERR_FILE, and nothing was written. */
MUST_CHECK pt_status sqlite_write(const char *path, const char *name, const row_shape *rows,
                                  const table *t, pt_error *error);

#endif
