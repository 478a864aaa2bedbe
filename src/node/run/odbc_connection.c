#include "node/run/odbc_connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/read_file.h"
#include "data/odbc_link.h"

#define ODBC_FILE_MAX ((size_t)1 << 20)

pt_status odbc_connection(char **ret_where, const char *from, pt_error *error)
{
    *ret_where = NULL;
    if (strncmp(from, ODBC_PREFIX, strlen(ODBC_PREFIX)) != 0)
        return PT_OK;
    from += strlen(ODBC_PREFIX);
    if (from[0] != '@') {
        *ret_where = mem_string(from);
        return *ret_where == NULL ? error_memory(error) : PT_OK;
    }
    FILE *file = fopen(from + 1, "rb");
    if (file == NULL)
        return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", from + 1, strerror(errno));
    (void)setvbuf(file, NULL, _IONBF, 0); /* no copy of a password that nobody wipes */
    buffer text;
    buffer_init(&text, ODBC_FILE_MAX);
    const pt_status status = read_file(&text, file, from + 1, error);
    (void)fclose(file);
    while (status == PT_OK && text.len > 0 && strchr(" \t\r\n", text.bytes[text.len - 1]) != NULL)
        text.len--;
    const char *where = status == PT_OK ? buffer_text(&text) : NULL;
    *ret_where = where == NULL ? NULL : mem_string(where);
    buffer_clear(&text);
    return status == PT_OK && *ret_where == NULL ? error_memory(error) : status;
}

void odbc_connection_free(char *where)
{
    if (where != NULL)
        mem_free_secret(where, strlen(where));
}
