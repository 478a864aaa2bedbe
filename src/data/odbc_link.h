/* A connection to a database by ODBC. Layer: data.
 *
 * Where: a connection string ("Driver=..;Server=..;UID=..") or a data source's name. It may hold a
 * password and appears in no message. Drivers' own logs, which would show it, are switched off. */
#ifndef DATA_ODBC_LINK_H
#define DATA_ODBC_LINK_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "polytune/status.h"

#define ODBC_PREFIX "odbc:"

typedef struct odbc_link {
    SQLHENV environment;
    SQLHDBC connection;
    bool is_connected;
    char quote; /* around names, or a blank: the database knows none */
} odbc_link;

/* Whether a connection string has a password, which other users would see among a command's
 * arguments. */
bool odbc_has_password(const char *where);

/* Connects; nothing is committed by itself. With `read_only` the database is told, in its own way,
 * to refuse writing until the end; PT_ERR_INPUT if that cannot be made sure. Release with
 * odbc_link_close in any case, which takes back what was not committed. PT_ERR_FILE. */
MUST_CHECK pt_status odbc_link_open(odbc_link *ret_link, const char *where, bool read_only,
                                    pt_error *error);
void odbc_link_close(odbc_link *link);

/* `status` with what the driver says about its last failed call. */
pt_status odbc_fail(pt_error *error, pt_status status, SQLSMALLINT handle_type, SQLHANDLE handle,
                    const char *what);

#endif
