#include "data/odbc_link.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

#define WHERE_BYTES_MAX ((size_t)8192)
#define LOGIN_SECONDS   30

/* An attribute of a connection string: KEY=VALUE or KEY={VALUE}, with } doubled in the latter. */
typedef struct attribute {
    const char *key;
    size_t key_len;
    const char *value;
    size_t value_len; /* braces included */
} attribute;

/* The attribute at *at, which moves behind it; false at the end. */
static bool next_attribute(attribute *ret_attribute, const char **at)
{
    *at += strspn(*at, "; \t\r\n");
    if (**at == '\0')
        return false;
    ret_attribute->key = *at;
    ret_attribute->key_len = strcspn(*at, "=;");
    *at += ret_attribute->key_len;
    *at += **at == '=';
    ret_attribute->value = *at;
    if (**at == '{') {
        do {
            *at += 1 + strcspn(*at + 1, "}");
            *at += **at == '}';
        } while (**at == '}');
    }
    *at += strcspn(*at, ";");
    ret_attribute->value_len = (size_t)(*at - ret_attribute->value);
    return true;
}

static bool has_key(const attribute *a, const char *key)
{
    return strlen(key) == a->key_len && strncasecmp(a->key, key, a->key_len) == 0;
}

bool odbc_has_password(const char *where)
{
    attribute a;
    while (next_attribute(&a, &where)) {
        if ((has_key(&a, "PWD") || has_key(&a, "Password")) && a.value_len != 0)
            return true;
    }
    return false;
}

/* Keys of ours, which psqlodbc knows and others pass over: no logs, for those show passwords; and
 * rows in pieces, for otherwise the driver holds all of them. */
static const char *const our_keys[] = {"CommLog", "Debug", "UseDeclareFetch", "Fetch"};
static const char our_attributes[] = "CommLog=0;Debug=0;UseDeclareFetch=1;Fetch=1000";

static bool is_ours(const attribute *a)
{
    for (size_t i = 0; i < sizeof our_keys / sizeof *our_keys; i++) {
        if (has_key(a, our_keys[i]))
            return true;
    }
    return false;
}

static void put_connection(buffer *out, const char *where)
{
    attribute a;
    if (strchr(where, '=') == NULL) {
        buffer_printf(out, "DSN=%.*s;%s", (int)strcspn(where, "\r\n"), where, our_attributes);
        return;
    }
    while (next_attribute(&a, &where)) {
        if (!is_ours(&a))
            buffer_printf(out, "%.*s=%.*s;", (int)a.key_len, a.key, (int)a.value_len, a.value);
    }
    buffer_printf(out, "%s", our_attributes);
}

pt_status odbc_fail(pt_error *error, pt_status status, SQLSMALLINT handle_type, SQLHANDLE handle,
                    const char *what)
{
    SQLCHAR state[6] = "";
    SQLCHAR text[400] = "";
    SQLINTEGER number = 0;
    SQLSMALLINT len = 0;
    const SQLRETURN rc =
        SQLGetDiagRec(handle_type, handle, 1, state, &number, text, (SQLSMALLINT)sizeof text, &len);
    if (!SQL_SUCCEEDED(rc))
        return error_set(error, status, "%s", what);
    char *message = (char *)text;
    char *end = strstr(message, ";\nError while executing the query");
    if (end != NULL)
        *end = '\0';
    for (char *c = message; *c != '\0'; c++) {
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    }
    return error_set(error, status, "%s: %s (%s)", what, message, (const char *)state);
}

static pt_status connect_to(odbc_link *l, const char *where, pt_error *error)
{
    buffer text;
    buffer_init(&text, WHERE_BYTES_MAX);
    put_connection(&text, where);
    const char *connection = buffer_text(&text);
    pt_status status = PT_OK;
    if (connection == NULL) {
        status = error_set(error, PT_ERR_INPUT, "odbc: the connection string is too long");
    } else {
        (void)SQLSetConnectAttr(l->connection, SQL_ATTR_LOGIN_TIMEOUT,
                                (SQLPOINTER)(SQLULEN)LOGIN_SECONDS, 0);
        /* The completed string would be another place with the password: none is asked for. */
        const SQLRETURN rc = SQLDriverConnect(l->connection, NULL, (SQLCHAR *)text.bytes, SQL_NTS,
                                              NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
        l->is_connected = SQL_SUCCEEDED(rc);
        if (!l->is_connected)
            status = odbc_fail(error, PT_ERR_FILE, SQL_HANDLE_DBC, l->connection,
                               "odbc: cannot connect");
    }
    buffer_clear(&text);
    return status;
}

static pt_status run_statement(const odbc_link *l, const char *sql, pt_error *error)
{
    SQLHSTMT statement = SQL_NULL_HSTMT;
    pt_status status = PT_OK;
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, l->connection, &statement)))
        return error_memory(error);
    if (!SQL_SUCCEEDED(SQLExecDirect(statement, (SQLCHAR *)(uintptr_t)sql, SQL_NTS)))
        status = odbc_fail(error, PT_ERR_FILE, SQL_HANDLE_STMT, statement, "odbc");
    (void)SQLFreeHandle(SQL_HANDLE_STMT, statement);
    return status;
}

/* How each database is told to refuse writing for the rest of the transaction, or the session. */
static const struct {
    const char *database; /* the start of the name that it gives itself */
    const char *sql;
} read_only_ways[] = {
    {"PostgreSQL", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"},
    {"MySQL", "START TRANSACTION READ ONLY"},
    {"MariaDB", "START TRANSACTION READ ONLY"},
    {"Oracle", "SET TRANSACTION READ ONLY"},
    {"SQLite", "PRAGMA query_only = 1"},
};

static pt_status refuse_writing(const odbc_link *l, pt_error *error)
{
    SQLCHAR name[64] = "";
    SQLSMALLINT len = 0;
    if (!SQL_SUCCEEDED(
            SQLGetInfo(l->connection, SQL_DBMS_NAME, name, (SQLSMALLINT)sizeof name, &len)))
        return odbc_fail(error, PT_ERR_FILE, SQL_HANDLE_DBC, l->connection, "odbc");
    for (size_t i = 0; i < sizeof read_only_ways / sizeof *read_only_ways; i++) {
        const char *database = read_only_ways[i].database;
        if (strncasecmp((const char *)name, database, strlen(database)) == 0)
            return run_statement(l, read_only_ways[i].sql, error);
    }
    return error_set(error, PT_ERR_INPUT,
                     "odbc: it is not known how to make sure that a query to '%.60s' only reads; "
                     "export the rows to a CSV file",
                     (const char *)name);
}

static void ask_quote(odbc_link *l)
{
    SQLCHAR quote[8] = "";
    SQLSMALLINT len = 0;
    l->quote = '"';
    if (SQL_SUCCEEDED(SQLGetInfo(l->connection, SQL_IDENTIFIER_QUOTE_CHAR, quote,
                                 (SQLSMALLINT)sizeof quote, &len)) &&
        quote[0] != '\0')
        l->quote = (char)quote[0];
}

static pt_status allocate(odbc_link *l, pt_error *error)
{
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &l->environment)) ||
        !SQL_SUCCEEDED(SQLSetEnvAttr(l->environment, SQL_ATTR_ODBC_VERSION,
                                     (SQLPOINTER)(SQLULEN)SQL_OV_ODBC3, 0)) ||
        !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, l->environment, &l->connection)))
        return error_memory(error);
    return PT_OK;
}

pt_status odbc_link_open(odbc_link *ret_link, const char *where, bool read_only, pt_error *error)
{
    odbc_link *l = ret_link;
    *l = (odbc_link){.environment = SQL_NULL_HENV, .connection = SQL_NULL_HDBC};
    pt_status status = allocate(l, error);
    if (status == PT_OK)
        status = connect_to(l, where, error);
    if (status != PT_OK)
        return status;
    ask_quote(l);
    if (!SQL_SUCCEEDED(SQLSetConnectAttr(l->connection, SQL_ATTR_AUTOCOMMIT,
                                         (SQLPOINTER)(SQLULEN)SQL_AUTOCOMMIT_OFF, 0)))
        return odbc_fail(error, PT_ERR_FILE, SQL_HANDLE_DBC, l->connection, "odbc");
    return read_only ? refuse_writing(l, error) : PT_OK;
}

void odbc_link_close(odbc_link *link)
{
    if (link->is_connected) {
        (void)SQLEndTran(SQL_HANDLE_DBC, link->connection, SQL_ROLLBACK);
        (void)SQLDisconnect(link->connection);
    }
    if (link->connection != SQL_NULL_HDBC)
        (void)SQLFreeHandle(SQL_HANDLE_DBC, link->connection);
    if (link->environment != SQL_NULL_HENV)
        (void)SQLFreeHandle(SQL_HANDLE_ENV, link->environment);
    *link = (odbc_link){.environment = SQL_NULL_HENV, .connection = SQL_NULL_HDBC};
}
