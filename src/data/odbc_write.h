/* A result as rows of a table in a database by ODBC. Layer: data.
 *
 * The table must be there and have the columns; they go by name if all of them have one, else by
 * place. All rows go in in one transaction, or none. */
#ifndef DATA_ODBC_WRITE_H
#define DATA_ODBC_WRITE_H

#include "data/odbc_link.h"
#include "data/shape.h"
#include "data/table.h"

/* Connects, and looks at the table's columns. PT_ERR_FILE. */
MUST_CHECK pt_status odbc_write_check(const char *where, const char *name, const row_shape *rows,
                                      pt_error *error);

/* Writes the rows of `t`, which came from `rows`. PT_ERR_FILE, and nothing was written. */
MUST_CHECK pt_status odbc_write(const char *where, const char *name, const row_shape *rows,
                                const table *t, pt_error *error);

#endif
