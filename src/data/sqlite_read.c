#include "data/sqlite_read.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/utf8.h"

/* How long to wait for somebody who writes to the file. */
#define BUSY_MS 10000

pt_status sqlite_check_path(const char *path, pt_error *error)
{
    if (path[0] == '\0' || strcmp(path, ":memory:") == 0)
        return error_set(error, PT_ERR_USAGE,
                         SQLITE_PREFIX "FILE needs the name of a file, not '%s'", path);
    return PT_OK;
}

static pt_status open_file(sqlite3 **ret_database, const char *path, pt_error *error)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) /* else a fault of the disk is blamed */
        return error_set(error, PT_ERR_FILE, "cannot read '%s': it is no file", path);
    const int rc = sqlite3_open_v2(path, ret_database, SQLITE_OPEN_READONLY, NULL);
    if (rc != SQLITE_OK)
        return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path,
                         *ret_database == NULL ? sqlite3_errstr(rc)
                                               : sqlite3_errmsg(*ret_database));
    (void)sqlite3_busy_timeout(*ret_database, BUSY_MS);
    return PT_OK;
}

static pt_status prepare_query(sqlite3_stmt **ret_statement, sqlite3 *database, const table *t,
                               const char *query, pt_error *error)
{
    const char *rest = "";
    sqlite3_stmt *next = NULL;
    if (sqlite3_prepare_v2(database, query, -1, ret_statement, &rest) != SQLITE_OK)
        return error_set(error, PT_ERR_INPUT, "%s: the query fails: %s", t->source,
                         sqlite3_errmsg(database));
    /* What follows may be blanks and comments: those give no statement. */
    const bool is_one =
        sqlite3_prepare_v2(database, rest, -1, &next, NULL) == SQLITE_OK && next == NULL;
    (void)sqlite3_finalize(next);
    if (*ret_statement == NULL || sqlite3_column_count(*ret_statement) == 0 ||
        sqlite3_stmt_readonly(*ret_statement) == 0 || !is_one)
        return error_set(error, PT_ERR_INPUT,
                         "%s: the query must be one statement that only reads, such as SELECT",
                         t->source);
    return PT_OK;
}

static pt_status add_columns(table *t, sqlite3_stmt *statement, pt_error *error)
{
    const int n = sqlite3_column_count(statement);
    t->has_names = true;
    for (int i = 0; i < n; i++) {
        const char *name = sqlite3_column_name(statement, i);
        if (name == NULL)
            return error_memory(error);
        const pt_status status = table_add_column(t, name, strlen(name), error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status add_value(table *t, sqlite3_stmt *statement, int column, pt_error *error)
{
    const size_t row = table_rows(t);
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return table_add_cell(t, &(table_cell){.is_missing = true}, error);
    if (sqlite3_column_type(statement, column) == SQLITE_BLOB)
        return table_fail(t, row, (size_t)column, error, "a BLOB is not a value of a table");
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (text == NULL)
        return error_memory(error);
    const size_t len = (size_t)sqlite3_column_bytes(statement, column);
    if (memchr(text, '\0', len) != NULL || !utf8_is_valid(text, len))
        return table_fail(t, row, (size_t)column, error, "the value is not UTF-8 text");
    return table_add_cell(t, &(table_cell){.text = text, .len = len}, error);
}

static pt_status add_rows(table *t, sqlite3 *database, sqlite3_stmt *statement, pt_error *error)
{
    int rc = 0;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const pt_status status = add_value(t, statement, i, error);
            if (status != PT_OK)
                return status;
        }
    }
    if (rc != SQLITE_DONE)
        return error_set(error, PT_ERR_INPUT, "%s: the query fails after %zu row%s: %s", t->source,
                         table_rows(t), table_rows(t) == 1 ? "" : "s", sqlite3_errmsg(database));
    return PT_OK;
}

pt_status sqlite_read(table *ret_table, const char *path, const char *query, pt_error *error)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    pt_status status = table_init(ret_table, path, error);
    if (status == PT_OK)
        status = sqlite_check_path(path, error);
    if (status == PT_OK)
        status = open_file(&database, path, error);
    if (status == PT_OK)
        status = prepare_query(&statement, database, ret_table, query, error);
    if (status == PT_OK)
        status = add_columns(ret_table, statement, error);
    if (status == PT_OK)
        status = add_rows(ret_table, database, statement, error);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(database);
    return status;
}
