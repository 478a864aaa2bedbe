/* Records in PostgreSQL, in a schema of their own, which the nodes of one organisation may share.
 * Its clock counts. A server that gives no sign of life for a while, in the middle of a statement,
 * has lost its connection: statements fail at once until records_revive has made another. One that
 * was under way then has failed, and is not repeated: nobody knows whether it was done. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "node/records/records_impl.h"

#define SQL_MAX     2048
#define VALUES_MAX  16
#define NUMBER_SIZE 24
#define BYTEA       17 /* the type's number */
#define UNIQUE      "23505"

/* Others wait for a statement to end, the HTTP server among them. */
#define SILENCE_MS   ((uint64_t)5000)  /* of the server's */
#define STATEMENT_MS ((uint64_t)30000) /* whatever it says */

/* One after the other, should several nodes begin at the same time. A table is altered only if it
 * has to be: even when nothing changes that waits for all who read it, such as a backup, and keeps
 * others waiting meanwhile. */
static const char schema[] =
    "BEGIN; SELECT pg_advisory_xact_lock(1347702321);"
    "CREATE SCHEMA IF NOT EXISTS polytune_node;"
    "CREATE TABLE IF NOT EXISTS polytune_node.records (id TEXT PRIMARY KEY, state BIGINT NOT NULL,"
    " agreed BIGINT NOT NULL, refusal BIGINT NOT NULL, caller TEXT, policy TEXT NOT NULL,"
    " input BYTEA, decision TEXT, reason TEXT, told TEXT, result BYTEA, created BIGINT NOT NULL,"
    " changed BIGINT NOT NULL, deliver BIGINT NOT NULL, deliver_since BIGINT NOT NULL,"
    " tries BIGINT NOT NULL, fetched BIGINT NOT NULL, owner TEXT, lease BIGINT NOT NULL,"
    " summary TEXT);"
    "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attname = 'summary' AND"
    " attrelid = 'polytune_node.records'::regclass AND NOT attisdropped) THEN"
    " ALTER TABLE polytune_node.records ADD COLUMN summary TEXT; END IF; END $$;"
    "CREATE TABLE IF NOT EXISTS polytune_node.runs (decision TEXT NOT NULL, at BIGINT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS by_state ON polytune_node.records (state, created);"
    "CREATE INDEX IF NOT EXISTS by_delivery ON polytune_node.records (deliver) WHERE deliver > 0;"
    "COMMIT;";

typedef struct postgres_records {
    char *where;
    PGconn *connection; /* NULL: lost */
} postgres_records;

static pt_status postgres_problem(const PGconn *connection, pt_error *error)
{
    char line[256];
    const char *text = connection == NULL ? "out of memory" : PQerrorMessage(connection);
    (void)snprintf(line, sizeof line, "%.250s", text);
    line[strcspn(line, "\n")] = '\0';
    return error_set(error, PT_ERR_IO, "the store in PostgreSQL cannot be used: %s", line);
}

/* ---- waiting for the server ---- */

static bool wait_for_server(const PGconn *c, short events, uint64_t until_ms)
{
    struct pollfd fd = {.fd = PQsocket(c), .events = events};
    const uint64_t silent_ms = min_u64(until_ms, clock_ms() + SILENCE_MS);
    for (;;) {
        const uint64_t now = clock_ms();
        const int n = now >= silent_ms ? 0 : poll(&fd, 1, (int)(silent_ms - now));
        if (n >= 0 || errno != EINTR)
            return n > 0;
    }
}

/* The server may say something before it has heard all. */
static bool postgres_send(PGconn *c, uint64_t until_ms)
{
    for (;;) {
        const int left = PQflush(c);
        if (left <= 0)
            return left == 0;
        if (!wait_for_server(c, POLLIN | POLLOUT, until_ms) || PQconsumeInput(c) != 1)
            return false;
    }
}

/* The last result of a statement, which tells of an error in any part of it. NULL: the server is
 * silent, or the connection has ended. */
static PGresult *receive_result(PGconn *c, uint64_t until_ms)
{
    PGresult *last = NULL;
    for (;;) {
        while (PQisBusy(c) == 1) {
            if (!wait_for_server(c, POLLIN, until_ms) || PQconsumeInput(c) != 1) {
                PQclear(last);
                return NULL;
            }
        }
        PGresult *next = PQgetResult(c);
        if (next == NULL)
            return last;
        PQclear(last);
        last = next;
    }
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

static PGresult *execute(PGconn *c, const char *sql, const record_value *values, size_t n)
{
    const uint64_t until_ms = clock_ms() + STATEMENT_MS;
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
    if (PQsendQueryParams(c, text, (int)n, types, data, lengths, formats, 0) != 1 ||
        !postgres_send(c, until_ms))
        return NULL;
    return receive_result(c, until_ms);
}

/* The statement's fate is not known, and what the connection says next may be about it. */
static pt_status lose(postgres_records *q, pt_error *error)
{
    if (PQstatus(q->connection) == CONNECTION_OK)
        (void)error_set(error, PT_ERR_IO, "the store in PostgreSQL does not answer");
    else
        (void)postgres_problem(q->connection, error);
    PQfinish(q->connection);
    q->connection = NULL;
    return PT_ERR_IO;
}

static pt_status refuse(const postgres_records *q, PGresult *result, pt_error *error)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const bool is_taken = code != NULL && strcmp(code, UNIQUE) == 0;
    PQclear(result);
    if (is_taken)
        return error_set(error, PT_ERR_REFUSED, "there is a computation of that name");
    return postgres_problem(q->connection, error);
}

static pt_status postgres_run(postgres_records *q, PGresult **ret_result, const char *sql,
                              const record_value *values, size_t n, pt_error *error)
{
    if (q->connection == NULL)
        return error_set(error, PT_ERR_IO,
                         "the store in PostgreSQL cannot be used: the connection is lost");
    PGresult *result = execute(q->connection, sql, values, n);
    const ExecStatusType how = PQresultStatus(result);
    if (how == PGRES_COMMAND_OK || how == PGRES_TUPLES_OK) {
        *ret_result = result;
        return PT_OK;
    }
    if (result != NULL && PQstatus(q->connection) == CONNECTION_OK)
        return refuse(q, result, error);
    PQclear(result);
    return lose(q, error);
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
    r->summary = text_at(result, i, 17);
    return true;
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

/* ---- the connection ---- */

static void be_quiet(void *user, const char *message)
{
    (void)user;
    (void)message;
}

static bool is_command_done(PGconn *c, const char *sql)
{
    const uint64_t until_ms = clock_ms() + STATEMENT_MS;
    PGresult *result = NULL;
    if (PQsendQuery(c, sql) == 1 && postgres_send(c, until_ms))
        result = receive_result(c, until_ms);
    const bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return ok;
}

static pt_status postgres_connect(void **ret_connection, const void *self, pt_error *error)
{
    const postgres_records *q = self;
    const char *const names[] = {"dbname",  "connect_timeout",           "tcp_user_timeout",
                                 "options", "fallback_application_name", NULL};
    const char *const values[] = {q->where,        "5", "15000", "-c statement_timeout=15000",
                                  "polytune node", NULL};
    PGconn *c = PQconnectdbParams(names, values, 1);
    (void)PQsetNoticeProcessor(c, be_quiet, NULL);
    if (PQstatus(c) == CONNECTION_OK && PQsetnonblocking(c, 1) == 0 &&
        is_command_done(c, "SET search_path TO polytune_node")) {
        *ret_connection = c;
        return PT_OK;
    }
    const pt_status status = postgres_problem(c, error);
    PQfinish(c);
    return status;
}

static bool postgres_is_lost(const void *self)
{
    const postgres_records *q = self;
    return q->connection == NULL;
}

static void postgres_adopt(void *self, void *connection)
{
    postgres_records *q = self;
    PT_ASSERT(q->connection == NULL);
    q->connection = connection;
}

static void postgres_close(void *self)
{
    postgres_records *q = self;
    PQfinish(q->connection);
    mem_free(q->where);
    mem_free(q);
}

static const records_engine postgres_engine = {
    .change = postgres_change,
    .rows = postgres_rows,
    .number = postgres_number,
    .close = postgres_close,
    .is_lost = postgres_is_lost,
    .connect = postgres_connect,
    .adopt = postgres_adopt,
    .now = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    .row = "ctid",
    .is_shared = true,
};

/* Connects, and makes the tables that are not there. */
static pt_status open_postgres(postgres_records *q, pt_error *error)
{
    void *connection = NULL;
    if (q->where == NULL)
        return error_memory(error);
    const pt_status status = postgres_connect(&connection, q, error);
    if (status != PT_OK)
        return status;
    q->connection = connection;
    return is_command_done(q->connection, schema) ? PT_OK : postgres_problem(q->connection, error);
}

pt_status records_postgres_open(records_link *ret_link, const char *where, pt_error *error)
{
    postgres_records *q = mem_new(1, sizeof *q);
    if (q == NULL)
        return error_memory(error);
    q->where = mem_string(where);
    const pt_status status = open_postgres(q, error);
    if (status != PT_OK) {
        postgres_close(q);
        return status;
    }
    *ret_link = (records_link){&postgres_engine, q};
    return PT_OK;
}
