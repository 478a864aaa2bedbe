#define _POSIX_C_SOURCE 200809L
#include "data/sqlite_write.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "data/insert_text.h"
#include "data/sqlite_read.h"

/* How long to wait for somebody else who writes. */
#define BUSY_MS      10000
#define SQL_TEXT_MAX ((size_t)1 << 20)

typedef struct sqlite_writer {
    const char *path;
    const char *name;
    const row_shape *rows;
    sqlite3 *database;
    sqlite3_stmt *insert;
    pt_error *error;
} sqlite_writer;

static pt_status writer_fail(const sqlite_writer *w)
{
    return error_set(w->error, PT_ERR_FILE, "cannot write to '%s': %s", w->path,
                     sqlite3_errmsg(w->database));
}

static pt_status sqlite_run(const sqlite_writer *w, const char *sql)
{
    if (sqlite3_exec(w->database, sql, NULL, NULL, NULL) != SQLITE_OK)
        return writer_fail(w);
    return PT_OK;
}

/* CREATE TABLE IF NOT EXISTS "t" ("a" INTEGER, "b" TEXT) */
static pt_status create_table(const sqlite_writer *w)
{
    buffer sql;
    buffer_init(&sql, SQL_TEXT_MAX);
    buffer_printf(&sql, "CREATE TABLE IF NOT EXISTS ");
    insert_put_table(&sql, w->name, '"');
    for (size_t i = 0; i < w->rows->row.n_cells; i++) {
        const shape *cell = w->rows->cells[i];
        char number[24];
        (void)snprintf(number, sizeof number, "%zu", i + 1);
        const char *column = cell->name == NULL ? number : cell->name;
        /* No type for what may be more than an INTEGER: as text in a column of such a type it would
         * be rounded. */
        const char *type = " TEXT";
        if (cell->kind == SHAPE_INTEGER && cell->n_bits == 64 && !cell->is_signed)
            type = "";
        else if (cell->kind == SHAPE_INTEGER || cell->kind == SHAPE_BOOL)
            type = " INTEGER";
        buffer_printf(&sql, "%s", i == 0 ? " (" : ", ");
        insert_put_name(&sql, column, strlen(column), '"');
        buffer_printf(&sql, "%s", type);
    }
    buffer_printf(&sql, ")");
    const char *text = buffer_text(&sql);
    const pt_status status = text == NULL ? error_memory(w->error) : sqlite_run(w, text);
    buffer_clear(&sql);
    return status;
}

static pt_status prepare_insert(sqlite_writer *w)
{
    buffer sql;
    pt_status status = PT_OK;
    buffer_init(&sql, SQL_TEXT_MAX);
    insert_put_statement(&sql, w->name, w->rows, '"');
    const char *text = buffer_text(&sql);
    if (text == NULL)
        status = error_memory(w->error);
    else if (sqlite3_prepare_v2(w->database, text, -1, &w->insert, NULL) != SQLITE_OK)
        status = writer_fail(w);
    buffer_clear(&sql);
    return status;
}

static pt_status writer_open(sqlite_writer *w)
{
    const int rc =
        sqlite3_open_v2(w->path, &w->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (rc != SQLITE_OK)
        return error_set(w->error, PT_ERR_FILE, "cannot write to '%s': %s", w->path,
                         sqlite3_errstr(rc));
    (void)sqlite3_busy_timeout(w->database, BUSY_MS);
    pt_status status = sqlite_run(w, "BEGIN IMMEDIATE");
    if (status == PT_OK)
        status = create_table(w);
    return status == PT_OK ? prepare_insert(w) : status;
}

static void writer_close(sqlite_writer *w)
{
    (void)sqlite3_finalize(w->insert);
    /* Closing ends a transaction that was not committed without its changes. */
    (void)sqlite3_close(w->database);
}

/* Past what SQLite's INTEGER holds. */
static bool is_large(const shape *s, const table_cell *cell)
{
    static const char most[] = "9223372036854775807";
    const size_t digits = sizeof most - 1;
    if (s->kind != SHAPE_INTEGER || s->is_signed)
        return false;
    return cell->len > digits || (cell->len == digits && memcmp(cell->text, most, digits) > 0);
}

static bool is_integer(const shape *s, const table_cell *cell)
{
    char *end = NULL;
    char number[24];
    if (s->kind != SHAPE_INTEGER || cell->len >= sizeof number || is_large(s, cell))
        return false;
    memcpy(number, cell->text, cell->len);
    number[cell->len] = '\0';
    (void)strtoll(number, &end, 10);
    return *end == '\0'; /* else the name of a variant */
}

static int bind_cell(const sqlite_writer *w, size_t column, const table_cell *cell)
{
    const shape *s = w->rows->cells[column];
    const int at = (int)column + 1;
    if (cell->is_missing)
        return sqlite3_bind_null(w->insert, at);
    if (s->kind == SHAPE_BOOL && (cell->text[0] == 't' || cell->text[0] == 'f'))
        return sqlite3_bind_int(w->insert, at, cell->text[0] == 't');
    if (!is_integer(s, cell))
        return sqlite3_bind_text64(w->insert, at, cell->text, cell->len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    char number[24];
    memcpy(number, cell->text, cell->len);
    number[cell->len] = '\0';
    return sqlite3_bind_int64(w->insert, at, strtoll(number, NULL, 10));
}

/* Large numbers went in as text, but a column of a number's type has made rounded ones of them. */
static pt_status check_kept(const sqlite_writer *w, const table_cell *cells)
{
    buffer sql;
    sqlite3_stmt *look = NULL;
    pt_status status = PT_OK;
    buffer_init(&sql, SQL_TEXT_MAX);
    insert_put_select(&sql, w->name, w->rows, '"');
    buffer_printf(&sql, " WHERE rowid = last_insert_rowid()");
    const char *text = buffer_text(&sql);
    if (text == NULL)
        status = error_memory(w->error);
    else if (sqlite3_prepare_v2(w->database, text, -1, &look, NULL) != SQLITE_OK ||
             sqlite3_step(look) != SQLITE_ROW)
        status = writer_fail(w);
    for (size_t i = 0; i < w->rows->row.n_cells && status == PT_OK; i++) {
        if (is_large(w->rows->cells[i], &cells[i]) &&
            sqlite3_column_type(look, (int)i) != SQLITE_TEXT)
            status = error_set(w->error, PT_ERR_FILE,
                               "cannot write to '%s': column '%.60s' cannot hold numbers past "
                               "2^63-1; declare it as TEXT",
                               w->path, sqlite3_column_name(look, (int)i));
    }
    (void)sqlite3_finalize(look);
    buffer_clear(&sql);
    return status;
}

static pt_status insert_row(const sqlite_writer *w, const table_cell *cells)
{
    bool has_large = false;
    for (size_t i = 0; i < w->rows->row.n_cells; i++) {
        if (bind_cell(w, i, &cells[i]) != SQLITE_OK)
            return writer_fail(w);
        has_large = has_large || is_large(w->rows->cells[i], &cells[i]);
    }
    if (sqlite3_step(w->insert) != SQLITE_DONE)
        return writer_fail(w);
    (void)sqlite3_reset(w->insert);
    return has_large ? check_kept(w, cells) : PT_OK;
}

static pt_status insert_rows(const sqlite_writer *w, const table *t)
{
    table_cursor cursor;
    pt_status status = PT_OK;
    table_cell *cells = mem_new(t->n_columns, sizeof *cells);
    if (cells == NULL)
        return error_memory(w->error);
    table_cursor_init(&cursor, t);
    for (size_t row = 0; row < table_rows(t) && status == PT_OK; row++) {
        for (size_t i = 0; i < t->n_columns; i++)
            (void)table_next(&cursor, &cells[i]);
        status = insert_row(w, cells);
    }
    mem_free(cells);
    return status;
}

pt_status sqlite_write_check(const char *path, const char *name, const row_shape *rows,
                             pt_error *error)
{
    sqlite_writer w = {.path = path, .name = name, .rows = rows, .error = error};
    struct stat info;
    const bool was_there = lstat(path, &info) == 0; /* a link, too, that leads nowhere yet */
    pt_status status = sqlite_check_path(path, error);
    if (status != PT_OK)
        return status;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return error_set(error, PT_ERR_FILE, "cannot write to '%s': it is no file for a database",
                         path);
    status = writer_open(&w);
    writer_close(&w);
    if (!was_there)
        (void)unlink(path);
    return status;
}

pt_status sqlite_write(const char *path, const char *name, const row_shape *rows, const table *t,
                       pt_error *error)
{
    sqlite_writer w = {.path = path, .name = name, .rows = rows, .error = error};
    pt_status status = writer_open(&w);
    if (status == PT_OK)
        status = insert_rows(&w, t);
    if (status == PT_OK)
        status = sqlite_run(&w, "COMMIT");
    writer_close(&w);
    return status;
}
