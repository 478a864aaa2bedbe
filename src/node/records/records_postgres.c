/* Records in PostgreSQL, in a schema of their own, which the nodes of one organisation may share.
 * Its clock counts. A connection that is lost is made anew with the next statement; one that was
 * under way then has failed, and is not repeated: nobody knows whether it was done. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "node/records/records_impl.h"

#define SQL_MAX     2048
#define VALUES_MAX  16
#define NUMBER_SIZE 24
#define BYTEA       17 /* the type's number */
#define UNIQUE      "23505"

/* One after the other, should several nodes begin at the same time. */
static const char schema[] =
    "BEGIN; SELECT pg_advisory_xact_lock(1347702321);"
    "CREATE SCHEMA IF NOT EXISTS polytune_node;"
    "CREATE TABLE IF NOT EXISTS polytune_node.records (id TEXT PRIMARY KEY, state BIGINT NOT NULL,"
    " agreed BIGINT NOT NULL, refusal BIGINT NOT NULL, caller TEXT, policy TEXT NOT NULL,"
    " input BYTEA, decision TEXT, reason TEXT, told TEXT, result BYTEA, created BIGINT NOT NULL,"
    " changed BIGINT NOT NULL, deliver BIGINT NOT NULL, deliver_since BIGINT NOT NULL,"
    " tries BIGINT NOT NULL, fetched BIGINT NOT NULL, owner TEXT, lease BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS polytune_node.runs (decision TEXT NOT NULL, at BIGINT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS by_state ON polytune_node.records (state, created);"
    "CREATE INDEX IF NOT EXISTS by_delivery ON polytune_node.records (deliver) WHERE deliver > 0;"
    "COMMIT;";

typedef struct postgres_records {
    PGconn *connection;
} postgres_records;

/* ---- connection ---- */

static pt_status postgres_problem(const postgres_records *q, pt_error *error)
{
    char line[256];
    const char *text = q->connection == NULL ? "out of memory" : PQerrorMessage(q->connection);
    (void)snprintf(line, sizeof line, "%.250s", text);
    line[strcspn(line, "\n")] = '\0';
    return error_set(error, PT_ERR_IO, "the store in PostgreSQL cannot be used: %s", line);
}

static bool set_path(const postgres_records *q)
{
    PGresult *result = PQexec(q->connection, "SET search_path TO polytune_node");
    const bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return ok;
}

static pt_status be_connected(postgres_records *q, pt_error *error)
{
    if (PQstatus(q->connection) == CONNECTION_OK)
        return PT_OK;
    PQreset(q->connection);
    if (PQstatus(q->connection) == CONNECTION_OK && set_path(q))
        return PT_OK;
    return postgres_problem(q, error);
}

/* ---- statements ---- */

/* Parameters are $1, $2 here. */
static void write_parameters(char ret_sql[SQL_MAX], const char *sql)
{
    (void)snprintf(ret_sql, SQL_MAX, "%s", sql);
    for (char *c = ret_sql; *c != '\0'; c++)
        if (*c == '?')
            *c = '$';
}

static PGresult *execute(const postgres_records *q, const char *sql, const record_value *values,
                         size_t n)
{
    char text[SQL_MAX];
    char numbers[VALUES_MAX][NUMBER_SIZE];
    const char *data[VALUES_MAX];
    int lengths[VALUES_MAX] = {0};
    int formats[VALUES_MAX] = {0};
    Oid types[VALUES_MAX] = {0};
    for (size_t i = 0; i < n && i < VALUES_MAX; i++) {
        data[i] = values[i].text;
        if (values[i].kind == VALUE_NUMBER) {
            (void)snprintf(numbers[i], NUMBER_SIZE, "%lld", (long long)values[i].number);
            data[i] = numbers[i];
        } else if (values[i].kind == VALUE_BYTES) {
            data[i] = values[i].len == 0 ? "" : (const char *)values[i].bytes;
            lengths[i] = (int)values[i].len;
            formats[i] = 1;
            types[i] = BYTEA;
        } else if (values[i].kind == VALUE_NULL) {
            data[i] = NULL;
        }
    }
    write_parameters(text, sql);
    return PQexecParams(q->connection, text, (int)n, types, data, lengths, formats, 0);
}

static pt_status postgres_run(postgres_records *q, PGresult **ret_result, const char *sql,
                              const record_value *values, size_t n, pt_error *error)
{
    pt_status status = be_connected(q, error);
    if (status != PT_OK)
        return status;
    PGresult *result = execute(q, sql, values, n);
    const ExecStatusType how = PQresultStatus(result);
    if (how == PGRES_COMMAND_OK || how == PGRES_TUPLES_OK) {
        *ret_result = result;
        return PT_OK;
    }
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    status = code != NULL && strcmp(code, UNIQUE) == 0
                 ? error_set(error, PT_ERR_REFUSED, "there is a computation of that name")
                 : postgres_problem(q, error);
    PQclear(result);
    return status;
}

static pt_status postgres_change(void *self, uint64_t *ret_changed, const char *sql,
                                 const record_value *values, size_t n, pt_error *error)
{
    PGresult *result = NULL;
    const pt_status status = postgres_run(self, &result, sql, values, n, error);
    *ret_changed = status == PT_OK ? strtoull(PQcmdTuples(result), NULL, 10) : 0;
    PQclear(result);
    return status;
}

/* ---- rows ---- */

static char *text_at(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) == 1 ? NULL : PQgetvalue(result, row, column);
}

static int64_t number_at(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

/* PQfreemem. */
static uint8_t *bytes_at(const PGresult *result, int row, int column, size_t *ret_len)
{
    const char *text = text_at(result, row, column);
    return text == NULL ? NULL : PQunescapeBytea((const unsigned char *)text, ret_len);
}

/* Texts are the result's, bytes their own. False when it is none. */
static bool take_row(record *ret_row, const PGresult *result, int i)
{
    record *r = ret_row;
    const char *id = text_at(result, i, 0);
    const int64_t state = number_at(result, i, 1);
    *r = (record){0};
    if (id == NULL || !policy_id_read(r->id, id, strlen(id)) || state < RECORD_PENDING ||
        state > RECORD_FAILED)
        return false;
    r->state = (record_state)state;
    r->has_agreed = number_at(result, i, 2) != 0;
    r->refusal = (unsigned)number_at(result, i, 3);
    r->caller = text_at(result, i, 4);
    r->policy = text_at(result, i, 5);
    r->input = bytes_at(result, i, 6, &r->input_len);
    r->decision = text_at(result, i, 7);
    r->reason = text_at(result, i, 8);
    r->result = bytes_at(result, i, 9, &r->result_len);
    r->created_ms = number_at(result, i, 10);
    r->changed_ms = number_at(result, i, 11);
    r->deliver_ms = number_at(result, i, 12);
    r->deliver_since_ms = number_at(result, i, 13);
    r->tries = (unsigned)number_at(result, i, 14);
    r->told = text_at(result, i, 16);
    return r->policy != NULL;
}

static pt_status postgres_rows(void *self, void (*each)(void *user, const record *row), void *user,
                               const char *sql, const record_value *values, size_t n,
                               pt_error *error)
{
    PGresult *result = NULL;
    const pt_status status = postgres_run(self, &result, sql, values, n, error);
    for (int i = 0; status == PT_OK && i < PQntuples(result); i++) {
        record row;
        if (take_row(&row, result, i))
            each(user, &row);
        PQfreemem(row.input);
        PQfreemem(row.result);
    }
    PQclear(result);
    return status;
}

static pt_status postgres_number(void *self, int64_t *ret_number, const char *sql,
                                 const record_value *values, size_t n, pt_error *error)
{
    PGresult *result = NULL;
    const pt_status status = postgres_run(self, &result, sql, values, n, error);
    *ret_number = status == PT_OK && PQntuples(result) == 1 ? number_at(result, 0, 0) : 0;
    PQclear(result);
    return status;
}

static void postgres_close(void *self)
{
    postgres_records *q = self;
    PQfinish(q->connection);
    mem_free(q);
}

static const records_engine postgres_engine = {
    .change = postgres_change,
    .rows = postgres_rows,
    .number = postgres_number,
    .close = postgres_close,
    .now = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    .is_shared = true,
};

/* ---- opening ---- */

static void be_quiet(void *user, const char *message)
{
    (void)user;
    (void)message;
}

static pt_status connect_and_make(postgres_records *q, const char *where, pt_error *error)
{
    const char *const names[] = {"dbname",  "connect_timeout",           "tcp_user_timeout",
                                 "options", "fallback_application_name", NULL};
    const char *const values[] = {where,           "10", "15000", "-c statement_timeout=15000",
                                  "polytune node", NULL};
    q->connection = PQconnectdbParams(names, values, 1);
    if (PQstatus(q->connection) != CONNECTION_OK)
        return postgres_problem(q, error);
    (void)PQsetNoticeProcessor(q->connection, be_quiet, NULL);
    PGresult *result = PQexec(q->connection, schema);
    const bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return ok && set_path(q) ? PT_OK : postgres_problem(q, error);
}

pt_status records_postgres_open(records_link *ret_link, const char *where, pt_error *error)
{
    postgres_records *q = mem_new(1, sizeof *q);
    if (q == NULL)
        return error_memory(error);
    const pt_status status = connect_and_make(q, where, error);
    if (status != PT_OK) {
        postgres_close(q);
        return status;
    }
    *ret_link = (records_link){&postgres_engine, q};
    return PT_OK;
}
