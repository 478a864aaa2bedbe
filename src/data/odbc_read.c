#include "data/odbc_read.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"

#define ROWS_A_FETCH      ((size_t)1000)
#define FETCH_BYTES_MAX   ((size_t)16 << 20)
#define VALUE_BYTES_LEAST ((size_t)64)
#define VALUE_BYTES_MOST  ((size_t)32768)

/* A column's values of one fetch. */
typedef struct odbc_column {
    char *values; /* `size` bytes each, terminated */
    size_t size;
    SQLLEN *lens;
} odbc_column;

typedef struct odbc_query {
    table *t;
    SQLHSTMT statement;
    odbc_column *columns;
    size_t n_rows; /* of a fetch, at most */
    SQLULEN n_fetched;
    pt_error *error;
} odbc_query;

static pt_status query_fail(const odbc_query *q, pt_status status)
{
    return odbc_fail(q->error, status, SQL_HANDLE_STMT, q->statement, "odbc: the query fails");
}

/* Several statements in one would end the transaction that only reads. Semicolons within quotes
 * are part of the one. */
static bool is_one_statement(const char *query)
{
    char quote = '\0';
    for (; *query != '\0'; query++) {
        if (quote != '\0')
            quote = *query == quote ? '\0' : quote;
        else if (*query == '\'' || *query == '"' || *query == '`')
            quote = *query;
        else if (*query == ';')
            return query[1 + strspn(query + 1, "; \t\r\n")] == '\0';
    }
    return true;
}

static bool is_binary(SQLSMALLINT type)
{
    return type == SQL_BINARY || type == SQL_VARBINARY || type == SQL_LONGVARBINARY;
}

static pt_status describe_column(odbc_query *q, SQLUSMALLINT at)
{
    SQLCHAR name[256] = "";
    SQLSMALLINT name_len = 0;
    SQLSMALLINT type = 0;
    SQLSMALLINT digits = 0;
    SQLSMALLINT nullable = 0;
    SQLULEN width = 0;
    if (!SQL_SUCCEEDED(SQLDescribeCol(q->statement, at, name, (SQLSMALLINT)sizeof name, &name_len,
                                      &type, &width, &digits, &nullable)))
        return query_fail(q, PT_ERR_INPUT);
    if (is_binary(type))
        return error_set(q->error, PT_ERR_INPUT,
                         "odbc: column '%.60s' is binary, not a value of a table",
                         (const char *)name);
    /* The width counts letters of up to four bytes, and 0 if the driver does not know it. */
    size_t size = width == 0 || width > VALUE_BYTES_MOST / 4 ? VALUE_BYTES_MOST : 4 * (size_t)width;
    if (size < VALUE_BYTES_LEAST)
        size = VALUE_BYTES_LEAST;
    q->columns[at - 1].size = size + 1;
    return table_add_column(q->t, (const char *)name, strlen((const char *)name), q->error);
}

static pt_status describe(odbc_query *q)
{
    SQLSMALLINT n = 0;
    size_t row_bytes = 0;
    if (!SQL_SUCCEEDED(SQLNumResultCols(q->statement, &n)))
        return query_fail(q, PT_ERR_INPUT);
    if (n <= 0)
        return error_set(q->error, PT_ERR_INPUT, "odbc: the query gives no table");
    q->columns = mem_new((size_t)n, sizeof *q->columns);
    if (q->columns == NULL)
        return error_memory(q->error);
    q->t->has_names = true;
    for (SQLSMALLINT i = 0; i < n; i++) {
        const pt_status status = describe_column(q, (SQLUSMALLINT)(i + 1));
        if (status != PT_OK)
            return status;
        row_bytes += q->columns[i].size;
    }
    q->n_rows = FETCH_BYTES_MAX / row_bytes;
    if (q->n_rows > ROWS_A_FETCH)
        q->n_rows = ROWS_A_FETCH;
    if (q->n_rows == 0)
        q->n_rows = 1;
    return PT_OK;
}

static pt_status bind_columns(odbc_query *q)
{
    if (!SQL_SUCCEEDED(SQLSetStmtAttr(q->statement, SQL_ATTR_ROW_ARRAY_SIZE,
                                      (SQLPOINTER)(SQLULEN)q->n_rows, 0)) ||
        !SQL_SUCCEEDED(SQLSetStmtAttr(q->statement, SQL_ATTR_ROWS_FETCHED_PTR, &q->n_fetched, 0)))
        return query_fail(q, PT_ERR_INPUT);
    for (size_t i = 0; i < q->t->n_columns; i++) {
        odbc_column *c = &q->columns[i];
        c->values = mem_new(q->n_rows, c->size);
        c->lens = mem_new(q->n_rows, sizeof *c->lens);
        if (c->values == NULL || c->lens == NULL)
            return error_memory(q->error);
        if (!SQL_SUCCEEDED(SQLBindCol(q->statement, (SQLUSMALLINT)(i + 1), SQL_C_CHAR, c->values,
                                      (SQLLEN)c->size, c->lens)))
            return query_fail(q, PT_ERR_INPUT);
    }
    return PT_OK;
}

static pt_status add_cell_of(odbc_query *q, size_t row, size_t column)
{
    const odbc_column *c = &q->columns[column];
    const SQLLEN len = c->lens[row];
    const char *text = c->values + row * c->size;
    if (len == SQL_NULL_DATA)
        return table_add_cell(q->t, &(table_cell){.is_missing = true}, q->error);
    /* A value that is too long comes cut, with the whole length or none. */
    if (len < 0 || (size_t)len >= c->size)
        return table_fail(q->t, table_rows(q->t), column, q->error,
                          "the value is longer than %zu bytes; shorten it in the query",
                          c->size - 1);
    if (memchr(text, '\0', (size_t)len) != NULL || !utf8_is_valid(text, (size_t)len))
        return table_fail(q->t, table_rows(q->t), column, q->error, "the value is not UTF-8 text");
    return table_add_cell(q->t, &(table_cell){.text = text, .len = (size_t)len}, q->error);
}

static pt_status fetch_all(odbc_query *q)
{
    SQLRETURN rc = SQL_SUCCESS;
    while (SQL_SUCCEEDED(rc = SQLFetch(q->statement))) {
        for (size_t i = 0; i < q->n_fetched * q->t->n_columns; i++) {
            const pt_status status = add_cell_of(q, i / q->t->n_columns, i % q->t->n_columns);
            if (status != PT_OK)
                return status;
        }
    }
    return rc == SQL_NO_DATA ? PT_OK : query_fail(q, PT_ERR_INPUT);
}

static void query_clear(odbc_query *q)
{
    for (size_t i = 0; q->columns != NULL && i < q->t->n_columns; i++) {
        mem_free_secret(q->columns[i].values, q->n_rows * q->columns[i].size);
        mem_free(q->columns[i].lens);
    }
    mem_free(q->columns);
    if (q->statement != SQL_NULL_HSTMT)
        (void)SQLFreeHandle(SQL_HANDLE_STMT, q->statement);
}

static pt_status run_query(odbc_query *q, const odbc_link *link, const char *query)
{
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, link->connection, &q->statement)))
        return error_memory(q->error);
    if (!SQL_SUCCEEDED(SQLExecDirect(q->statement, (SQLCHAR *)(uintptr_t)query, SQL_NTS)))
        return query_fail(q, PT_ERR_INPUT);
    pt_status status = describe(q);
    if (status == PT_OK)
        status = bind_columns(q);
    return status == PT_OK ? fetch_all(q) : status;
}

pt_status odbc_read(table *ret_table, const char *where, const char *query, pt_error *error)
{
    odbc_link link = {0};
    odbc_query q = {.t = ret_table, .statement = SQL_NULL_HSTMT, .error = error};
    pt_status status = table_init(ret_table, "odbc", error);
    if (status == PT_OK && !is_one_statement(query))
        status = error_set(error, PT_ERR_INPUT, "odbc: the query must be one statement");
    if (status == PT_OK)
        status = odbc_link_open(&link, where, true, error);
    if (status == PT_OK)
        status = run_query(&q, &link, query);
    query_clear(&q);
    odbc_link_close(&link);
    return status;
}
