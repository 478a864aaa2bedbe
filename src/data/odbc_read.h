/* The result of a query to a database by ODBC, as a table. Layer: data.
 *
 * Read-only, in a transaction that is taken back; one statement. All values come as text, so that
 * numbers are exact; NULL is missing. */
#ifndef DATA_ODBC_READ_H
#define DATA_ODBC_READ_H

#include "data/odbc_link.h"
#include "data/table.h"

/* *ret_table: release with table_clear, also after a failure. PT_ERR_FILE, PT_ERR_INPUT. */
MUST_CHECK pt_status odbc_read(table *ret_table, const char *where, const char *query,
                               pt_error *error);

#endif
