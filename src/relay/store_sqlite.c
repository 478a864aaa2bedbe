/* The journal of the store in memory: an SQLite file.
 *
 * All questions are answered from memory; the file gets each change, in a transaction of its own,
 * before the change is made and so before anybody is answered. In write-ahead mode a transaction is
 * one append to the log, which the operating system has when the commit returns: a relay that is
 * killed loses nothing. The log is not synced at every commit (synchronous=NORMAL) unless that is
 * wanted (FULL), so a machine that loses power may lose the last moments: clients then find their
 * numbers do not fit and stop.
 * The file is locked as long as it is open, so that no two relays use it. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/private_file.h"
#include "relay/route.h"
#include "relay/store_impl.h"
#include "wire/wire.h"

#define APPLICATION_ID   0x50545231 /* "PTR1": whose files these are */
#define APPLICATION_TEXT "1347703345"

/* A message of no session, by which is tried whether the file can be written to. */
#define PROBE_ROW      (-1)
#define PROBE_ROW_TEXT "-1"

typedef enum statement {
    ADD_SESSION,
    DROP_SESSION,
    DROP_SEATS,
    DROP_QUEUES,
    SET_SEAT,
    DROP_SEAT,
    ADD_MESSAGE,
    SET_QUEUE,
    DROP_MESSAGE,
    BEGIN,
    COMMIT,
    ROLLBACK,
    PROBE,
    N_STATEMENTS
} statement;

static const char *const statements[N_STATEMENTS] = {
    [ADD_SESSION] = "INSERT INTO sessions (epoch, name) VALUES (?1, ?2)",
    [DROP_SESSION] = "DELETE FROM sessions WHERE epoch = ?1",
    [DROP_SEATS] = "DELETE FROM seats WHERE epoch = ?1",
    [DROP_QUEUES] = "DELETE FROM queues WHERE epoch = ?1",
    [SET_SEAT] = "INSERT OR REPLACE INTO seats (epoch, party, digest, gone) "
                 "VALUES (?1, ?2, ?3, ?4)",
    [DROP_SEAT] = "DELETE FROM seats WHERE epoch = ?1 AND party = ?2",
    [ADD_MESSAGE] = "INSERT INTO messages (epoch, sender, receiver, number, bytes) "
                    "VALUES (?1, ?2, ?3, ?4, ?5)",
    [SET_QUEUE] = "INSERT OR REPLACE INTO queues (epoch, sender, receiver, newest) "
                  "VALUES (?1, ?2, ?3, ?4)",
    [DROP_MESSAGE] = "DELETE FROM messages WHERE id = ?1",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [PROBE] = "INSERT OR REPLACE INTO messages (id, epoch, sender, receiver, number, bytes) "
              "VALUES (" PROBE_ROW_TEXT ", 0, 0, 0, 0, zeroblob(?1))",
};

static const char schema[] =
    "CREATE TABLE sessions (epoch INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE seats (epoch INTEGER NOT NULL, party INTEGER NOT NULL, digest BLOB,"
    " gone INTEGER NOT NULL, PRIMARY KEY (epoch, party)) WITHOUT ROWID;"
    "CREATE TABLE queues (epoch INTEGER NOT NULL, sender INTEGER NOT NULL,"
    " receiver INTEGER NOT NULL, newest INTEGER NOT NULL,"
    " PRIMARY KEY (epoch, sender, receiver)) WITHOUT ROWID;"
    "CREATE TABLE messages (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL,"
    " sender INTEGER NOT NULL, receiver INTEGER NOT NULL, number INTEGER NOT NULL,"
    " bytes BLOB NOT NULL);"
    "PRAGMA application_id = " APPLICATION_TEXT ";";

typedef struct sqlite_journal {
    sqlite3 *db;
    sqlite3_stmt *prepared[N_STATEMENTS];
    size_t probe_len; /* as long as what could not be written last */
} sqlite_journal;

/* ---- running statements ---- */

/* Runs one whose values are bound, and makes it ready for the next time. */
static bool journal_step(sqlite_journal *j, statement which)
{
    sqlite3_stmt *s = j->prepared[which];
    const int result = sqlite3_step(s);
    (void)sqlite3_reset(s);
    (void)sqlite3_clear_bindings(s);
    return result == SQLITE_DONE || result == SQLITE_ROW;
}

/* Binds up to four numbers, then runs. */
static bool journal_run(sqlite_journal *j, statement which, size_t n, const uint64_t *values)
{
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        ok = ok &&
             sqlite3_bind_int64(j->prepared[which], (int)i + 1, (int64_t)values[i]) == SQLITE_OK;
    return journal_step(j, which) && ok;
}

#define RUN(j, which, ...)                                                                         \
    journal_run(j, which, sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t),                    \
                (uint64_t[]){__VA_ARGS__})

/* A transaction that failed may have been rolled back already. */
static bool journal_commit(sqlite_journal *j, bool ok)
{
    if (ok && journal_step(j, COMMIT))
        return true;
    if (sqlite3_get_autocommit(j->db) == 0)
        (void)journal_step(j, ROLLBACK);
    return false;
}

/* ---- the journal ---- */

static bool sqlite_add_session(void *self, uint64_t epoch, const char *name)
{
    sqlite_journal *j = self;
    sqlite3_stmt *s = j->prepared[ADD_SESSION];
    const bool ok = sqlite3_bind_int64(s, 1, (int64_t)epoch) == SQLITE_OK &&
                    sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC) == SQLITE_OK;
    return journal_step(j, ADD_SESSION) && ok;
}

static bool sqlite_begin_drop(void *self, uint64_t epoch)
{
    sqlite_journal *j = self;
    return journal_step(j, BEGIN) && RUN(j, DROP_SESSION, epoch) && RUN(j, DROP_SEATS, epoch) &&
           RUN(j, DROP_QUEUES, epoch);
}

static bool sqlite_end_drop(void *self, bool ok)
{
    return journal_commit(self, ok);
}

static bool sqlite_set_seat(void *self, uint64_t epoch, uint32_t party, const uint8_t *digest,
                            bool left)
{
    sqlite_journal *j = self;
    sqlite3_stmt *s = j->prepared[SET_SEAT];
    bool ok = sqlite3_bind_int64(s, 1, (int64_t)epoch) == SQLITE_OK &&
              sqlite3_bind_int64(s, 2, party) == SQLITE_OK &&
              sqlite3_bind_int(s, 4, left) == SQLITE_OK;
    if (digest != NULL)
        ok = ok && sqlite3_bind_blob(s, 3, digest, STORE_DIGEST_BYTES, SQLITE_STATIC) == SQLITE_OK;
    return journal_step(j, SET_SEAT) && ok;
}

static bool sqlite_drop_seat(void *self, uint64_t epoch, uint32_t party)
{
    return RUN(self, DROP_SEAT, epoch, party);
}

static bool insert_message(sqlite_journal *j, uint64_t epoch, uint32_t from, uint32_t to,
                           const stored *m)
{
    sqlite3_stmt *s = j->prepared[ADD_MESSAGE];
    const void *bytes = m->len == 0 ? "" : (const void *)m->bytes;
    const bool ok = sqlite3_bind_int64(s, 1, (int64_t)epoch) == SQLITE_OK &&
                    sqlite3_bind_int64(s, 2, from) == SQLITE_OK &&
                    sqlite3_bind_int64(s, 3, to) == SQLITE_OK &&
                    sqlite3_bind_int64(s, 4, (int64_t)m->number) == SQLITE_OK &&
                    sqlite3_bind_blob64(s, 5, bytes, m->len, SQLITE_STATIC) == SQLITE_OK;
    return journal_step(j, ADD_MESSAGE) && ok;
}

static bool sqlite_add_message(void *self, uint64_t epoch, uint32_t from, uint32_t to, stored *m)
{
    sqlite_journal *j = self;
    bool ok = journal_step(j, BEGIN) && insert_message(j, epoch, from, to, m);
    m->row = sqlite3_last_insert_rowid(j->db);
    ok = ok && RUN(j, SET_QUEUE, epoch, from, to, m->number);
    ok = journal_commit(j, ok);
    j->probe_len = ok ? 0 : m->len;
    return ok;
}

static bool sqlite_drop_message(void *self, const stored *m)
{
    return RUN(self, DROP_MESSAGE, (uint64_t)m->row);
}

static bool sqlite_reset_queue(void *self, uint64_t epoch, uint32_t from, uint32_t to)
{
    return RUN(self, SET_QUEUE, epoch, from, to, 0);
}

static bool sqlite_check(void *self)
{
    sqlite_journal *j = self;
    if (!RUN(j, PROBE, j->probe_len)) {
        /* What the log holds goes into the file, and the log begins anew: room for the next try. */
        (void)sqlite3_wal_checkpoint_v2(j->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        return false;
    }
    j->probe_len = 0;
    return RUN(j, DROP_MESSAGE, (uint64_t)PROBE_ROW);
}

static void close_journal(void *self)
{
    sqlite_journal *j = self;
    for (size_t i = 0; i < N_STATEMENTS; i++)
        (void)sqlite3_finalize(j->prepared[i]);
    (void)sqlite3_close(j->db);
    mem_free(j);
}

static const store_journal sqlite_journal_ops = {
    sqlite_add_session, sqlite_begin_drop,   sqlite_end_drop,    sqlite_set_seat, sqlite_drop_seat,
    sqlite_add_message, sqlite_drop_message, sqlite_reset_queue, sqlite_check,    close_journal};

/* ---- opening ---- */

static pt_status explain(const sqlite_journal *j, const char *path, pt_error *error)
{
    const int code = j->db == NULL ? SQLITE_NOMEM : sqlite3_errcode(j->db) & 0xff;
    switch (code) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return error_set(error, PT_ERR_INPUT,
                         "--store: %s is not a database, or is damaged (%s); move it away to start "
                         "with an empty one",
                         path, sqlite3_errmsg(j->db));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(
            error, PT_ERR_IO,
            "--store: %s is in use by another process; a relay needs a file of its own", path);
    default:
        return error_set(error, PT_ERR_IO, "--store: cannot use %s: %s", path,
                         j->db == NULL ? "out of memory" : sqlite3_errmsg(j->db));
    }
}

/* The first number of the first row; false when there is none. */
static bool ask_number(sqlite_journal *j, const char *sql, int64_t *ret_number)
{
    sqlite3_stmt *s = NULL;
    bool ok =
        sqlite3_prepare_v2(j->db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
    if (ok)
        *ret_number = sqlite3_column_int64(s, 0);
    (void)sqlite3_finalize(s);
    return ok;
}

static bool is_sound(sqlite_journal *j)
{
    sqlite3_stmt *s = NULL;
    const bool ok = sqlite3_prepare_v2(j->db, "PRAGMA quick_check(1)", -1, &s, NULL) == SQLITE_OK &&
                    sqlite3_step(s) == SQLITE_ROW &&
                    strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0;
    (void)sqlite3_finalize(s);
    return ok;
}

static pt_status refuse_open_file(const char *path, unsigned mode, pt_error *error)
{
    return error_set(error, PT_ERR_INPUT,
                     "--store: %s is open to others (mode %03o); see who has read it, then "
                     "'chmod 600 %s'",
                     path, mode, path);
}

/* Messages are nobody else's business, encrypted or not. Tells of an existing file that others can
 * read rather than to hide that they could; the log beside it has messages, too. */
static pt_status create_private(const char *path, pt_error *error)
{
    unsigned mode;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, PT_ERR_FILE, "--store: cannot open %s for writing: %s", path,
                         strerror(errno));
    bool is_open = private_file_is_open_to_others(fd, &mode);
    (void)close(fd);
    if (is_open)
        return refuse_open_file(path, mode, error);
    char log[4096];
    const int len = snprintf(log, sizeof log, "%s-wal", path);
    fd = len < 0 || (size_t)len >= sizeof log ? -1 : open(log, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return PT_OK;
    is_open = private_file_is_open_to_others(fd, &mode);
    (void)close(fd);
    return is_open ? refuse_open_file(log, mode, error) : PT_OK;
}

/* Opens and locks the file, and makes the tables in an empty one. */
static pt_status open_file(sqlite_journal *j, const char *path, bool syncs, pt_error *error)
{
    int64_t id = 0;
    int64_t n_tables = 0;
    const pt_status status = create_private(path, error);
    if (status != PT_OK)
        return status;
    if (sqlite3_open_v2(path, &j->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK ||
        sqlite3_exec(j->db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK ||
        !ask_number(j, "PRAGMA application_id", &id) ||
        !ask_number(j, "SELECT count(*) FROM sqlite_master", &n_tables))
        return explain(j, path, error);
    if (n_tables != 0 && id != APPLICATION_ID)
        return error_set(error, PT_ERR_INPUT,
                         "--store: %s is a database of something else, not of this version's relay",
                         path);
    if (sqlite3_exec(j->db,
                     syncs ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"
                           : "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(j->db, "PRAGMA journal_size_limit = 67108864; BEGIN EXCLUSIVE", NULL, NULL,
                     NULL) != SQLITE_OK ||
        (n_tables == 0 && sqlite3_exec(j->db, schema, NULL, NULL, NULL) != SQLITE_OK) ||
        sqlite3_exec(j->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return explain(j, path, error);
    if (!is_sound(j))
        return error_set(error, PT_ERR_INPUT,
                         "--store: %s is damaged; move it away to start with an empty one", path);
    for (size_t i = 0; i < N_STATEMENTS; i++)
        if (sqlite3_prepare_v3(j->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &j->prepared[i],
                               NULL) != SQLITE_OK)
            return explain(j, path, error);
    return PT_OK;
}

/* ---- loading ---- */

static bool column_party(sqlite3_stmt *s, int column, uint32_t *ret_party)
{
    const int64_t party = sqlite3_column_int64(s, column);
    *ret_party = (uint32_t)party;
    return party >= 0 && party <= ROUTE_PARTY_MAX;
}

static bool load_session(store *base, sqlite3_stmt *s)
{
    const char *name = (const char *)sqlite3_column_text(s, 0);
    return name != NULL && strlen(name) <= SESSION_NAME_MAX &&
           store_memory_add_session(base, (uint64_t)sqlite3_column_int64(s, 1), name);
}

static bool load_seat(store *base, sqlite3_stmt *s)
{
    uint32_t party;
    const char *name = (const char *)sqlite3_column_text(s, 0);
    const uint8_t *digest = sqlite3_column_blob(s, 2);
    return name != NULL && column_party(s, 1, &party) &&
           (digest == NULL || sqlite3_column_bytes(s, 2) == STORE_DIGEST_BYTES) &&
           store_memory_add_seat(base, name, party, digest, sqlite3_column_int(s, 3) != 0);
}

static bool load_queue(store *base, sqlite3_stmt *s)
{
    uint32_t from;
    uint32_t to;
    const char *name = (const char *)sqlite3_column_text(s, 0);
    return name != NULL && column_party(s, 1, &from) && column_party(s, 2, &to) &&
           store_memory_add_queue(base, name, from, to, (uint64_t)sqlite3_column_int64(s, 3));
}

static bool load_message(store *base, sqlite3_stmt *s)
{
    uint32_t from;
    uint32_t to;
    const char *name = (const char *)sqlite3_column_text(s, 0);
    const void *bytes = sqlite3_column_blob(s, 4);
    const size_t len = (size_t)sqlite3_column_bytes(s, 4);
    if (name == NULL || !column_party(s, 1, &from) || !column_party(s, 2, &to) ||
        len > WIRE_MESSAGE_MAX)
        return false;
    uint8_t *copy = mem_new(len + 1, 1);
    stored *m = copy == NULL ? NULL : stored_new((uint64_t)sqlite3_column_int64(s, 3), copy, len);
    if (m == NULL) {
        mem_free(copy);
        return false;
    }
    if (len != 0)
        memcpy(copy, bytes, len);
    m->row = sqlite3_column_int64(s, 5);
    if (store_memory_add_message(base, name, from, to, m))
        return true;
    stored_release(m);
    return false;
}

/* Hands every row of a question to `take`. */
static bool load_rows(sqlite_journal *j, store *base, const char *sql,
                      bool (*take)(store *base, sqlite3_stmt *s))
{
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_prepare_v2(j->db, sql, -1, &s, NULL) == SQLITE_OK;
    int result = SQLITE_DONE;
    while (ok && (result = sqlite3_step(s)) == SQLITE_ROW)
        ok = take(base, s);
    (void)sqlite3_finalize(s);
    return ok && result == SQLITE_DONE;
}

static pt_status load(sqlite_journal *j, store *base, const char *path, pt_error *error)
{
    if (load_rows(j, base, "SELECT name, epoch FROM sessions", load_session) &&
        load_rows(j, base,
                  "SELECT name, party, digest, gone FROM seats JOIN sessions USING (epoch)",
                  load_seat) &&
        load_rows(j, base,
                  "SELECT name, sender, receiver, newest FROM queues JOIN sessions USING (epoch)",
                  load_queue) &&
        load_rows(j, base,
                  "SELECT name, sender, receiver, number, bytes, id"
                  " FROM messages JOIN sessions USING (epoch) ORDER BY id",
                  load_message))
        return PT_OK;
    return error_set(error, PT_ERR_INPUT,
                     "--store: what is in %s does not fit together or exceeds the limits; raise "
                     "them, or move the file away to start with an empty one",
                     path);
}

pt_status store_sqlite_open(store **ret_store, const char *path, const store_options *options,
                            const store_listener *listener, pt_error *error)
{
    store *base = NULL;
    sqlite_journal *j = mem_new(1, sizeof *j);
    if (j == NULL)
        return error_memory(error);
    pt_status status = open_file(j, path, options->syncs, error);
    if (status == PT_OK)
        status = store_memory_open(&base, options, listener, error);
    if (status == PT_OK)
        status = load(j, base, path, error);
    if (status != PT_OK) {
        store_free(base);
        close_journal(j);
        return status;
    }
    base->kind = "sqlite";
    store_memory_attach(base, &sqlite_journal_ops, j);
    *ret_store = base;
    return PT_OK;
}
