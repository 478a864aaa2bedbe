#include "cli/flags/odbc_where.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/file.h"
#include "data/odbc_link.h"

#define VARIABLE "POLYTUNE_ODBC"

static pt_status from_file(char **ret_where, const char *path, pt_error *error)
{
    size_t len = 0;
    const pt_status status = file_read(ret_where, &len, path, error);
    if (status != PT_OK)
        return status;
    char *text = *ret_where;
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        text[--len] = '\0';
    if (len != 0)
        return PT_OK;
    odbc_where_free(text);
    *ret_where = NULL;
    return error_set(error, PT_ERR_FILE, "'%s' holds no connection", path);
}

pt_status odbc_where(char **ret_where, const char *argument, pt_error *error)
{
    const size_t prefix = strlen(ODBC_PREFIX);
    *ret_where = NULL;
    if (strncmp(argument, ODBC_PREFIX, prefix) != 0)
        return PT_OK;
    const char *given = argument + prefix;
    if (given[0] == '@')
        return from_file(ret_where, given + 1, error);
    if (odbc_has_password(given))
        return error_set(error, PT_ERR_USAGE,
                         "others see a password in the arguments: put the connection into a file, "
                         "odbc:@FILE, or into the variable " VARIABLE " and give odbc: alone");
    if (given[0] == '\0')
        given = getenv(VARIABLE);
    if (given == NULL || given[0] == '\0')
        return error_set(error, PT_ERR_USAGE,
                         "odbc: takes a connection: odbc:NAME, odbc:@FILE, or odbc: and the "
                         "variable " VARIABLE);
    *ret_where = mem_string(given);
    return *ret_where == NULL ? error_memory(error) : PT_OK;
}

void odbc_where_free(char *where)
{
    if (where != NULL)
        mem_free_secret(where, strlen(where));
}
