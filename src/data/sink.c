#include "data/sink.h"

#include <string.h>

#include "data/odbc_write.h"
#include "data/sqlite_read.h"
#include "data/sqlite_write.h"

static bool is_sqlite(const char *argument)
{
    return strncmp(argument, SQLITE_PREFIX, strlen(SQLITE_PREFIX)) == 0;
}

bool sink_is_database(const char *argument)
{
    return is_sqlite(argument) || strncmp(argument, ODBC_PREFIX, strlen(ODBC_PREFIX)) == 0;
}

pt_status sink_check(const sink *s, const row_shape *rows, pt_error *error)
{
    if (is_sqlite(s->argument))
        return sqlite_write_check(s->argument + strlen(SQLITE_PREFIX), s->table, rows, error);
    return odbc_write_check(s->odbc, s->table, rows, error);
}

pt_status sink_write(const sink *s, const row_shape *rows, const table *t, pt_error *error)
{
    if (is_sqlite(s->argument))
        return sqlite_write(s->argument + strlen(SQLITE_PREFIX), s->table, rows, t, error);
    return odbc_write(s->odbc, s->table, rows, t, error);
}
