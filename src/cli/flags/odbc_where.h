/* Where the database of odbc:CONNECTION is. Layer: cli.
 *
 *      odbc:NAME           a data source of odbc.ini, or a connection string without a password
 *      odbc:@FILE          a file that holds either, perhaps with a password
 *      odbc:               the same from the variable POLYTUNE_ODBC
 *
 * A password among the arguments is refused: other users of the machine would see it. */
#ifndef CLI_FLAGS_ODBC_WHERE_H
#define CLI_FLAGS_ODBC_WHERE_H

#include "base/compiler.h"
#include "polytune/status.h"

/* *ret_where: NULL when the argument (an --input or --output) names no such database; release with
 * odbc_where_free. PT_ERR_USAGE, PT_ERR_FILE. */
MUST_CHECK pt_status odbc_where(char **ret_where, const char *argument, pt_error *error);
/* Wipes; accepts NULL. */
void odbc_where_free(char *where);

#endif
