/* Records in an SQLite file, which one node uses at a time. Every change is a transaction that has
 * been synced when the call returns; what is deleted is overwritten. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/private_file.h"
#include "node/records/records_impl.h"

#define FILE_ID      0x50544e31 /* "PTN1": whose files these are */
#define FILE_ID_TEXT "1347702321"

static const char schema[] =
    "CREATE TABLE records (id TEXT PRIMARY KEY, state INTEGER NOT NULL, agreed INTEGER NOT NULL,"
    " refusal INTEGER NOT NULL, caller TEXT, policy TEXT NOT NULL, input BLOB, decision TEXT,"
    " reason TEXT, told TEXT, result BLOB, created INTEGER NOT NULL, changed INTEGER NOT NULL,"
    " deliver INTEGER NOT NULL, deliver_since INTEGER NOT NULL, tries INTEGER NOT NULL,"
    " fetched INTEGER NOT NULL, owner TEXT, lease INTEGER NOT NULL, summary TEXT);"
    "CREATE TABLE runs (decision TEXT NOT NULL, at INTEGER NOT NULL);"
    "CREATE INDEX by_state ON records (state, created);"
    "CREATE INDEX by_delivery ON records (deliver) WHERE deliver > 0;"
    "PRAGMA application_id = " FILE_ID_TEXT ";";

typedef struct sqlite_records {
    sqlite3 *db;
    char *path;
} sqlite_records;

static pt_status sqlite_problem(const sqlite_records *q, pt_error *error)
{
    const int code = q->db == NULL ? SQLITE_NOMEM : sqlite3_errcode(q->db) & 0xff;
    const char *text = q->db == NULL ? "out of memory" : sqlite3_errmsg(q->db);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return error_set(error, PT_ERR_IO,
                         "the store %s is in use by another process; a node needs one of its own",
                         q->path);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        return error_set(error, PT_ERR_INPUT, "the store %s is not a database, or is damaged (%s)",
                         q->path, text);
    if (code == SQLITE_CONSTRAINT)
        return error_set(error, PT_ERR_REFUSED, "there is a computation of that name");
    return error_set(error, PT_ERR_IO, "the store %s cannot be used: %s", q->path, text);
}

static bool bind_value(sqlite3_stmt *s, int index, const record_value *v)
{
    switch (v->kind) {
    case VALUE_TEXT:
        return sqlite3_bind_text(s, index, v->text, -1, SQLITE_STATIC) == SQLITE_OK;
    case VALUE_BYTES:
        return sqlite3_bind_blob64(s, index, v->len == 0 ? (const void *)"" : v->bytes, v->len,
                                   SQLITE_STATIC) == SQLITE_OK;
    case VALUE_NUMBER:
        return sqlite3_bind_int64(s, index, v->number) == SQLITE_OK;
    case VALUE_NULL:
        break;
    }
    return sqlite3_bind_null(s, index) == SQLITE_OK;
}

static bool prepare_statement(sqlite3_stmt **ret_statement, const sqlite_records *q,
                              const char *sql, const record_value *values, size_t n)
{
    bool ok = sqlite3_prepare_v2(q->db, sql, -1, ret_statement, NULL) == SQLITE_OK;
    for (size_t i = 0; ok && i < n; i++)
        ok = bind_value(*ret_statement, (int)i + 1, &values[i]);
    return ok;
}

static pt_status finish(const sqlite_records *q, sqlite3_stmt *s, bool ok, pt_error *error)
{
    const pt_status status = ok ? PT_OK : sqlite_problem(q, error);
    (void)sqlite3_finalize(s);
    return status;
}

static pt_status sqlite_change(void *self, uint64_t *ret_changed, const char *sql,
                               const record_value *values, size_t n, pt_error *error)
{
    const sqlite_records *q = self;
    sqlite3_stmt *s = NULL;
    const bool ok = prepare_statement(&s, q, sql, values, n) && sqlite3_step(s) == SQLITE_DONE;
    *ret_changed = ok ? (uint64_t)sqlite3_changes(q->db) : 0;
    return finish(q, s, ok, error);
}

static char *column_text(sqlite3_stmt *s, int column)
{
    return (char *)sqlite3_column_text(s, column);
}

static uint8_t *column_bytes(sqlite3_stmt *s, int column, size_t *ret_len)
{
    if (sqlite3_column_type(s, column) == SQLITE_NULL)
        return NULL;
    const void *bytes = sqlite3_column_blob(s, column);
    *ret_len = (size_t)sqlite3_column_bytes(s, column);
    return bytes == NULL ? (uint8_t *)"" : (uint8_t *)bytes;
}

/* The columns in the order of RECORD_COLUMNS, borrowed. False when they are none of a record's. */
static bool read_row(record *ret_row, sqlite3_stmt *s)
{
    record *r = ret_row;
    const char *id = column_text(s, 0);
    const int64_t state = sqlite3_column_int64(s, 1);
    *r = (record){0};
    if (id == NULL || !policy_id_read(r->id, id, strlen(id)) || state < RECORD_PENDING ||
        state > RECORD_FAILED)
        return false;
    r->state = (record_state)state;
    r->has_agreed = sqlite3_column_int(s, 2) != 0;
    r->refusal = (unsigned)sqlite3_column_int(s, 3);
    r->caller = column_text(s, 4);
    r->policy = column_text(s, 5);
    r->input = column_bytes(s, 6, &r->input_len);
    r->decision = column_text(s, 7);
    r->reason = column_text(s, 8);
    r->result = column_bytes(s, 9, &r->result_len);
    r->created_ms = sqlite3_column_int64(s, 10);
    r->changed_ms = sqlite3_column_int64(s, 11);
    r->deliver_ms = sqlite3_column_int64(s, 12);
    r->deliver_since_ms = sqlite3_column_int64(s, 13);
    r->tries = (unsigned)sqlite3_column_int(s, 14);
    r->told = column_text(s, 16);
    r->summary = column_text(s, 17);
    return true;
}

static pt_status sqlite_rows(void *self, void (*each)(void *user, const record *row), void *user,
                             const char *sql, const record_value *values, size_t n, pt_error *error)
{
    const sqlite_records *q = self;
    sqlite3_stmt *s = NULL;
    record row;
    int result = SQLITE_ERROR;
    if (prepare_statement(&s, q, sql, values, n)) {
        while ((result = sqlite3_step(s)) == SQLITE_ROW) {
            if (read_row(&row, s))
                each(user, &row);
        }
    }
    return finish(q, s, result == SQLITE_DONE, error);
}

static pt_status sqlite_number(void *self, int64_t *ret_number, const char *sql,
                               const record_value *values, size_t n, pt_error *error)
{
    const sqlite_records *q = self;
    sqlite3_stmt *s = NULL;
    const bool ok = prepare_statement(&s, q, sql, values, n) && sqlite3_step(s) == SQLITE_ROW;
    *ret_number = ok ? sqlite3_column_int64(s, 0) : 0;
    return finish(q, s, ok, error);
}

static void sqlite_records_close(void *self)
{
    sqlite_records *q = self;
    /* What was in the log is in the file then, and what was deleted is in neither. */
    if (q->db != NULL)
        (void)sqlite3_wal_checkpoint_v2(q->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_close(q->db);
    mem_free(q->path);
    mem_free(q);
}

static const records_engine sqlite_engine = {
    .change = sqlite_change,
    .rows = sqlite_rows,
    .number = sqlite_number,
    .close = sqlite_records_close,
    .now = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    .row = "rowid",
    .is_shared = false,
};

/* ---- opening ---- */

static pt_status make_private(const char *path, pt_error *error)
{
    unsigned mode = 0;
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, PT_ERR_FILE, "the store %s cannot be opened for writing: %s", path,
                         strerror(errno));
    const bool is_open = private_file_is_open_to_others(fd, &mode);
    (void)close(fd);
    if (is_open)
        return error_set(error, PT_ERR_INPUT,
                         "the store %s is open to others (mode %03o); see who has read it, then "
                         "'chmod 600 %s'",
                         path, mode, path);
    return PT_OK;
}

static bool run_sql(const sqlite_records *q, const char *sql)
{
    return sqlite3_exec(q->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Tables as they are today, in a file that has none, or those of an earlier version. */
static bool have_tables(const sqlite_records *q, bool has_any)
{
    static const char summaries[] =
        "SELECT count(*) FROM pragma_table_info('records') WHERE name = 'summary'";
    int64_t n = 0;
    if (!has_any)
        return run_sql(q, schema);
    return sqlite_number((void *)q, &n, summaries, NULL, 0, NULL) == PT_OK &&
           (n != 0 || run_sql(q, "ALTER TABLE records ADD COLUMN summary TEXT"));
}

static pt_status open_tables(sqlite_records *q, pt_error *error)
{
    int64_t id = 0;
    int64_t n_tables = 0;
    if (sqlite3_open_v2(q->path, &q->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK ||
        !run_sql(q, "PRAGMA locking_mode = EXCLUSIVE"))
        return sqlite_problem(q, error);
    pt_status status = sqlite_number(q, &id, "PRAGMA application_id", NULL, 0, error);
    if (status == PT_OK)
        status = sqlite_number(q, &n_tables, "SELECT count(*) FROM sqlite_master", NULL, 0, error);
    if (status != PT_OK)
        return status;
    if (n_tables != 0 && id != FILE_ID)
        return error_set(error, PT_ERR_INPUT,
                         "the store %s is a database of something else, not of this version's node",
                         q->path);
    const bool ok =
        run_sql(q, "PRAGMA journal_mode = WAL") && run_sql(q, "PRAGMA synchronous = FULL") &&
        run_sql(q, "PRAGMA secure_delete = ON") &&
        run_sql(q, "PRAGMA journal_size_limit = 1048576") && run_sql(q, "BEGIN EXCLUSIVE") &&
        have_tables(q, n_tables != 0) && run_sql(q, "COMMIT");
    return ok ? PT_OK : sqlite_problem(q, error);
}

pt_status records_sqlite_open(records_link *ret_link, const char *path, pt_error *error)
{
    pt_status status = strcmp(path, ":memory:") == 0 ? PT_OK : make_private(path, error);
    if (status != PT_OK)
        return status;
    sqlite_records *q = mem_new(1, sizeof *q);
    char *copy = mem_string(path);
    if (q == NULL || copy == NULL) {
        mem_free(q);
        mem_free(copy);
        return error_memory(error);
    }
    q->path = copy;
    status = open_tables(q, error);
    if (status != PT_OK) {
        sqlite_records_close(q);
        return status;
    }
    *ret_link = (records_link){&sqlite_engine, q};
    return PT_OK;
}
