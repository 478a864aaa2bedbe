#include "data/odbc_write.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "data/insert_text.h"

#define ROWS_A_BATCH ((size_t)1000)
#define SQL_TEXT_MAX ((size_t)1 << 20)

/* A parameter's values of one batch. */
typedef struct odbc_parameter {
    char *values; /* `size` bytes each */
    size_t size;
    SQLLEN *lens;
} odbc_parameter;

typedef struct odbc_writer {
    odbc_link link;
    SQLHSTMT statement;
    const char *name;
    const row_shape *rows;
    odbc_parameter *parameters;
    SQLUSMALLINT *states; /* of a batch's rows */
    pt_error *error;
} odbc_writer;

static pt_status odbc_writer_fail(const odbc_writer *w)
{
    return odbc_fail(w->error, PT_ERR_FILE, SQL_HANDLE_STMT, w->statement,
                     "odbc: cannot write the rows");
}

static pt_status odbc_writer_open(odbc_writer *w, const char *where)
{
    const pt_status status = odbc_link_open(&w->link, where, false, w->error);
    if (status == PT_OK &&
        !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, w->link.connection, &w->statement)))
        return error_memory(w->error);
    return status;
}

static void odbc_writer_close(odbc_writer *w)
{
    for (size_t i = 0; w->parameters != NULL && i < w->rows->row.n_cells; i++) {
        mem_free_secret(w->parameters[i].values, ROWS_A_BATCH * w->parameters[i].size);
        mem_free(w->parameters[i].lens);
    }
    mem_free(w->parameters);
    mem_free(w->states);
    if (w->statement != SQL_NULL_HSTMT)
        (void)SQLFreeHandle(SQL_HANDLE_STMT, w->statement);
    odbc_link_close(&w->link);
}

/* ---- before the run ---- */

static pt_status check_columns(odbc_writer *w)
{
    buffer sql;
    SQLSMALLINT n = 0;
    pt_status status = PT_OK;
    buffer_init(&sql, SQL_TEXT_MAX);
    insert_put_select(&sql, w->name, w->rows, w->link.quote);
    buffer_printf(&sql, " WHERE 1 = 0");
    if (buffer_text(&sql) == NULL)
        status = error_memory(w->error);
    else if (!SQL_SUCCEEDED(SQLExecDirect(w->statement, sql.bytes, SQL_NTS)) ||
             !SQL_SUCCEEDED(SQLNumResultCols(w->statement, &n)))
        status = odbc_writer_fail(w);
    else if ((size_t)n != w->rows->row.n_cells)
        status = error_set(w->error, PT_ERR_FILE,
                           "odbc: the table '%.60s' has %d columns, and the result %zu", w->name,
                           (int)n, w->rows->row.n_cells);
    buffer_clear(&sql);
    return status;
}

pt_status odbc_write_check(const char *where, const char *name, const row_shape *rows,
                           pt_error *error)
{
    odbc_writer w = {.statement = SQL_NULL_HSTMT, .name = name, .rows = rows, .error = error};
    pt_status status = odbc_writer_open(&w, where);
    if (status == PT_OK)
        status = check_columns(&w);
    odbc_writer_close(&w);
    return status;
}

/* ---- after it ---- */

/* Room for the longest value of each column. */
static pt_status measure_parameters(odbc_writer *w, const table *t)
{
    table_cursor cursor;
    table_cell cell;
    w->parameters = mem_new(t->n_columns, sizeof *w->parameters);
    w->states = mem_new(ROWS_A_BATCH, sizeof *w->states);
    if (w->parameters == NULL || w->states == NULL)
        return error_memory(w->error);
    table_cursor_init(&cursor, t);
    for (size_t i = 0; table_next(&cursor, &cell); i++) {
        odbc_parameter *p = &w->parameters[i % t->n_columns];
        p->size = cell.len > p->size ? cell.len : p->size;
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        odbc_parameter *p = &w->parameters[i];
        p->size += p->size == 0;
        p->values = mem_new(ROWS_A_BATCH, p->size);
        p->lens = mem_new(ROWS_A_BATCH, sizeof *p->lens);
        if (p->values == NULL || p->lens == NULL)
            return error_memory(w->error);
    }
    return PT_OK;
}

static SQLSMALLINT sql_type(const shape *s)
{
    if (s->kind == SHAPE_BOOL)
        return SQL_BIT;
    if (s->kind != SHAPE_INTEGER)
        return SQL_VARCHAR;
    /* BIGINT has a sign. */
    return s->n_bits == 64 && !s->is_signed ? SQL_NUMERIC : SQL_BIGINT;
}

static pt_status bind_parameters(odbc_writer *w)
{
    for (size_t i = 0; i < w->rows->row.n_cells; i++) {
        const odbc_parameter *p = &w->parameters[i];
        const SQLSMALLINT type = sql_type(w->rows->cells[i]);
        const SQLULEN width = type == SQL_NUMERIC ? 20 : (SQLULEN)p->size;
        if (!SQL_SUCCEEDED(SQLBindParameter(w->statement, (SQLUSMALLINT)(i + 1), SQL_PARAM_INPUT,
                                            SQL_C_CHAR, type, width, 0, p->values, (SQLLEN)p->size,
                                            p->lens)))
            return odbc_writer_fail(w);
    }
    return PT_OK;
}

static pt_status prepare(odbc_writer *w)
{
    buffer sql;
    pt_status status = PT_OK;
    buffer_init(&sql, SQL_TEXT_MAX);
    insert_put_statement(&sql, w->name, w->rows, w->link.quote);
    if (buffer_text(&sql) == NULL)
        status = error_memory(w->error);
    else if (!SQL_SUCCEEDED(SQLPrepare(w->statement, sql.bytes, SQL_NTS)) ||
             !SQL_SUCCEEDED(SQLSetStmtAttr(w->statement, SQL_ATTR_PARAM_STATUS_PTR, w->states, 0)))
        status = odbc_writer_fail(w);
    buffer_clear(&sql);
    return status == PT_OK ? bind_parameters(w) : status;
}

static void set_value(const odbc_writer *w, size_t row, size_t column, const table_cell *cell)
{
    odbc_parameter *p = &w->parameters[column];
    char *value = p->values + row * p->size;
    p->lens[row] = cell->is_missing ? SQL_NULL_DATA : (SQLLEN)cell->len;
    if (cell->len != 0)
        memcpy(value, cell->text, cell->len);
    if (w->rows->cells[column]->kind == SHAPE_BOOL && !cell->is_missing) {
        value[0] = cell->text[0] == 't' ? '1' : '0';
        p->lens[row] = 1;
    }
}

/* A driver may go on after a row that failed: each is looked at. */
static pt_status run_batch(odbc_writer *w, size_t n_rows)
{
    if (!SQL_SUCCEEDED(
            SQLSetStmtAttr(w->statement, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)(SQLULEN)n_rows, 0)) ||
        !SQL_SUCCEEDED(SQLExecute(w->statement)))
        return odbc_writer_fail(w);
    for (size_t i = 0; i < n_rows; i++) {
        if (w->states[i] != SQL_PARAM_SUCCESS && w->states[i] != SQL_PARAM_SUCCESS_WITH_INFO)
            return odbc_writer_fail(w);
    }
    return PT_OK;
}

static pt_status run_batches(odbc_writer *w, const table *t)
{
    const size_t n = table_rows(t);
    table_cursor cursor;
    table_cell cell;
    table_cursor_init(&cursor, t);
    for (size_t first = 0; first < n; first += ROWS_A_BATCH) {
        const size_t n_rows = n - first < ROWS_A_BATCH ? n - first : ROWS_A_BATCH;
        for (size_t i = 0; i < n_rows * t->n_columns && table_next(&cursor, &cell); i++)
            set_value(w, i / t->n_columns, i % t->n_columns, &cell);
        const pt_status status = run_batch(w, n_rows);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

pt_status odbc_write(const char *where, const char *name, const row_shape *rows, const table *t,
                     pt_error *error)
{
    odbc_writer w = {.statement = SQL_NULL_HSTMT, .name = name, .rows = rows, .error = error};
    pt_status status = odbc_writer_open(&w, where);
    if (status == PT_OK)
        status = measure_parameters(&w, t);
    if (status == PT_OK)
        status = prepare(&w);
    if (status == PT_OK)
        status = run_batches(&w, t);
    if (status == PT_OK &&
        !SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, w.link.connection, SQL_COMMIT)))
        status = odbc_fail(error, PT_ERR_FILE, SQL_HANDLE_DBC, w.link.connection,
                           "odbc: cannot write the rows");
    odbc_writer_close(&w);
    return status;
}
