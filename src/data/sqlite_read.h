/* The result of a query to an SQLite file, as a table. Layer: data.
 *
 * The file is opened for reading only, and the statement must be one that only reads. Values come
 * as SQLite holds them, not as a column was declared: whole numbers exactly, text as UTF-8, NULL as
 * missing; floating-point numbers with up to 15 digits. */
#ifndef DATA_SQLITE_READ_H
#define DATA_SQLITE_READ_H

#include "data/table.h"

#define SQLITE_PREFIX "sqlite:"

/* That `path` is a file, and none of the two names by which SQLite makes a database that is gone
 * when it is closed. PT_ERR_USAGE. */
MUST_CHECK pt_status sqlite_check_path(const char *path, pt_error *error);

/* *ret_table: release with table_clear, also after a failure. PT_ERR_USAGE, PT_ERR_FILE,
 * PT_ERR_INPUT. */
MUST_CHECK pt_status sqlite_read(table *ret_table, const char *path, const char *query,
                                 pt_error *error);

#endif
