/* The connection of odbc:.. in a configuration: the text itself, or odbc:@FILE, a file that may
 * hold a password. Layer: node. */
#ifndef NODE_RUN_ODBC_CONNECTION_H
#define NODE_RUN_ODBC_CONNECTION_H

#include "base/compiler.h"
#include "polytune/status.h"

/* *ret_where: NULL when `from` is no such database; release with odbc_connection_free. PT_ERR_FILE.
 */
MUST_CHECK pt_status odbc_connection(char **ret_where, const char *from, pt_error *error);
/* Wipes; accepts NULL. */
void odbc_connection_free(char *where);

#endif
