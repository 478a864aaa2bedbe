#define _POSIX_C_SOURCE 200809L
#include "node/records/records_impl.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/random.h"

#define OWNER_BYTES 16
/* Of a node that shares the records: so long after its last sign of life others take over. */
#define LEASE_MS     15000
#define RUNS_KEPT_MS ((int64_t)48 * 3600 * 1000)
#define SQL_MAX      1024
#define STRAYS_MAX   16 /* released at a time */
#define SQLITE_WHERE "sqlite:"

#define STATE_COLUMNS COLUMNS_WITH("NULL", "NULL", "NULL", "NULL")

struct records {
    records_link link;
    pthread_mutex_t lock;
    char owner[HEX_SIZE(OWNER_BYTES)];
    int64_t lease_ms;
    uint64_t patient_ms; /* clock_ms() until which nobody is taken for dead */
};

static record_value of_text(const char *text)
{
    return (record_value){.kind = text == NULL ? VALUE_NULL : VALUE_TEXT, .text = text};
}

static record_value of_number(int64_t number)
{
    return (record_value){.kind = VALUE_NUMBER, .number = number};
}

static record_value of_bytes(const uint8_t *bytes, size_t len)
{
    return (record_value){
        .kind = bytes == NULL ? VALUE_NULL : VALUE_BYTES, .bytes = bytes, .len = len};
}

int64_t records_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- records ---- */

void record_clear(record *r)
{
    mem_free(r->caller);
    mem_free(r->policy);
    mem_free(r->summary);
    mem_free(r->decision);
    mem_free(r->reason);
    mem_free(r->told);
    mem_free_secret(r->input, r->input_len);
    mem_free_secret(r->result, r->result_len);
    *r = (record){0};
}

static bool copy_text(char **ret_copy, const char *text)
{
    *ret_copy = text == NULL ? NULL : mem_string(text);
    return text == NULL || *ret_copy != NULL;
}

static bool copy_bytes(uint8_t **ret_copy, const uint8_t *bytes, size_t len)
{
    *ret_copy = bytes == NULL ? NULL : mem_new(len, 1);
    if (*ret_copy != NULL && len != 0)
        memcpy(*ret_copy, bytes, len);
    return bytes == NULL || *ret_copy != NULL;
}

pt_status record_copy(record *ret_record, const record *row, pt_error *error)
{
    record *r = ret_record;
    *r = *row;
    r->caller = r->policy = r->summary = r->decision = r->reason = r->told = NULL;
    r->input = r->result = NULL;
    if (copy_text(&r->caller, row->caller) && copy_text(&r->policy, row->policy) &&
        copy_text(&r->summary, row->summary) && copy_text(&r->decision, row->decision) &&
        copy_text(&r->reason, row->reason) && copy_text(&r->told, row->told) &&
        copy_bytes(&r->input, row->input, row->input_len) &&
        copy_bytes(&r->result, row->result, row->result_len))
        return PT_OK;
    record_clear(r);
    return error_memory(error);
}

/* ---- statements ---- */

/* A statement with the database's own words, of five letters each, for the time, for a row that
 * nobody else gets, and for what tells rows apart. */
static void write_sql(const records *r, char ret_sql[SQL_MAX], const char *sql)
{
    static const char now[] = "NOW()";
    static const char one[] = "ONE()";
    static const char row[] = "ROW()";
    const records_engine *e = r->link.engine;
    size_t len = 0;
    ret_sql[0] = '\0';
    while (*sql != '\0') {
        const char *put = NULL;
        if (strncmp(sql, now, sizeof now - 1) == 0)
            put = e->now;
        else if (strncmp(sql, one, sizeof one - 1) == 0)
            put = e->is_shared ? "LIMIT 1 FOR UPDATE SKIP LOCKED" : "LIMIT 1";
        else if (strncmp(sql, row, sizeof row - 1) == 0)
            put = e->row;
        const int written = put == NULL ? snprintf(ret_sql + len, SQL_MAX - len, "%c", *sql)
                                        : snprintf(ret_sql + len, SQL_MAX - len, "%s", put);
        len += (size_t)written;
        PT_ASSERT(written > 0 && len < SQL_MAX);
        sql += put == NULL ? 1 : sizeof now - 1;
    }
}

static pt_status change(records *r, uint64_t *ret_changed, const char *sql,
                        const record_value *values, size_t n, pt_error *error)
{
    char text[SQL_MAX];
    uint64_t changed = 0;
    write_sql(r, text, sql);
    (void)pthread_mutex_lock(&r->lock);
    const pt_status status = r->link.engine->change(r->link.self, &changed, text, values, n, error);
    (void)pthread_mutex_unlock(&r->lock);
    if (ret_changed != NULL)
        *ret_changed = changed;
    return status;
}

#define CHANGE(r, ret_changed, error, sql, ...)                                                    \
    change(r, ret_changed, sql, (const record_value[]){__VA_ARGS__},                               \
           sizeof((record_value[]){__VA_ARGS__}) / sizeof(record_value), error)

static pt_status select_rows(records *r, void (*each)(void *user, const record *row), void *user,
                             const char *sql, const record_value *values, size_t n, pt_error *error)
{
    char text[SQL_MAX];
    write_sql(r, text, sql);
    (void)pthread_mutex_lock(&r->lock);
    const pt_status status = r->link.engine->rows(r->link.self, each, user, text, values, n, error);
    (void)pthread_mutex_unlock(&r->lock);
    return status;
}

typedef struct one_record {
    const records *records;
    record *copy;
    bool found;
    pt_status status;
    pt_error error;
} one_record;

static void keep_one(void *user, const record *row)
{
    one_record *one = user;
    if (one->found)
        return;
    one->found = true;
    one->status = record_copy(one->copy, row, &one->error);
}

static pt_status select_one(records *r, record *ret_record, bool *ret_found, const char *sql,
                            const record_value *values, size_t n, pt_error *error)
{
    one_record one = {.records = r, .copy = ret_record, .status = PT_OK};
    *ret_record = (record){0};
    *ret_found = false;
    pt_status status = select_rows(r, keep_one, &one, sql, values, n, error);
    if (status == PT_OK && one.status != PT_OK)
        status = error_memory(error);
    *ret_found = status == PT_OK && one.found;
    return status;
}

#define SELECT_ONE(r, ret_record, ret_found, error, sql, ...)                                      \
    select_one(r, ret_record, ret_found, sql, (const record_value[]){__VA_ARGS__},                 \
               sizeof((record_value[]){__VA_ARGS__}) / sizeof(record_value), error)

/* ---- life ---- */

static pt_status open_engine(records_link *ret_link, const char *where, pt_error *error)
{
    if (strncmp(where, SQLITE_WHERE, strlen(SQLITE_WHERE)) == 0)
        return records_sqlite_open(ret_link, where + strlen(SQLITE_WHERE), error);
    if (strncmp(where, "postgres://", 11) == 0 || strncmp(where, "postgresql://", 13) == 0)
        return records_postgres_open(ret_link, where, error);
    return error_set(error, PT_ERR_USAGE,
                     "the store is sqlite:FILE or postgres://USER@HOST/DATABASE, not '%.60s'",
                     where);
}

void records_close(records *r)
{
    if (r == NULL)
        return;
    r->link.engine->close(r->link.self);
    (void)pthread_mutex_destroy(&r->lock);
    mem_free(r);
}

/* Who was delivering results is dead, if nobody else uses the records. */
static pt_status forget_attempts(records *r, pt_error *error)
{
    if (r->link.engine->is_shared)
        return PT_OK;
    return CHANGE(r, NULL, error,
                  "UPDATE records SET deliver = NOW() WHERE deliver > NOW() AND state > ?1",
                  of_number(RECORD_RUNNING));
}

pt_status records_open(records **ret_records, const char *where, pt_error *error)
{
    uint8_t owner[OWNER_BYTES];
    records *r = mem_new(1, sizeof *r);
    if (r == NULL)
        return error_memory(error);
    pt_status status = random_bytes(owner, sizeof owner, error);
    if (status == PT_OK)
        status = open_engine(&r->link, where, error);
    if (status != PT_OK) {
        mem_free(r);
        return status;
    }
    hex_write(r->owner, owner, sizeof owner);
    r->lease_ms = r->link.engine->is_shared ? LEASE_MS : 0;
    (void)pthread_mutex_init(&r->lock, NULL);
    status = forget_attempts(r, error);
    if (status == PT_OK)
        *ret_records = r;
    else
        records_close(r);
    return status;
}

pt_status records_revive(records *r, pt_error *error)
{
    const records_engine *e = r->link.engine;
    void *connection = NULL;
    if (e->is_lost == NULL)
        return PT_OK;
    (void)pthread_mutex_lock(&r->lock);
    const bool is_lost = e->is_lost(r->link.self);
    (void)pthread_mutex_unlock(&r->lock);
    if (!is_lost)
        return PT_OK;
    const pt_status status = e->connect(&connection, r->link.self, error);
    if (status != PT_OK)
        return status;
    (void)pthread_mutex_lock(&r->lock);
    e->adopt(r->link.self, connection);
    r->patient_ms = clock_ms() + (uint64_t)r->lease_ms;
    (void)pthread_mutex_unlock(&r->lock);
    return PT_OK;
}

/* Nobody could give a sign of life while the store was away: all of them have the time for one. */
static bool is_patient(records *r)
{
    (void)pthread_mutex_lock(&r->lock);
    const bool is_patient = clock_ms() < r->patient_ms;
    (void)pthread_mutex_unlock(&r->lock);
    return is_patient;
}

/* ---- the queue ---- */

pt_status records_add(records *r, const record *a, pt_error *error)
{
    return CHANGE(r, NULL, error,
                  "INSERT INTO records (id, state, agreed, refusal, caller, policy, input, "
                  "decision, reason, created, changed, deliver, deliver_since, tries, fetched, "
                  "lease, summary) VALUES (?1, ?2, 0, 0, ?3, ?4, ?5, ?6, ?7, NOW(), NOW(), 0, 0, "
                  "0, 0, 0, ?8)",
                  of_text(a->id), of_number(a->state), of_text(a->caller), of_text(a->policy),
                  of_bytes(a->input, a->input_len), of_text(a->decision), of_text(a->reason),
                  of_text(a->summary));
}

pt_status records_claim(records *r, record *ret_record, bool *ret_found, pt_error *error)
{
    return SELECT_ONE(
        r, ret_record, ret_found, error,
        "UPDATE records SET owner = ?1, lease = NOW() + ?2 WHERE id = (SELECT id FROM "
        "records WHERE state = ?3 AND (owner IS NULL OR (?4 = 0 AND owner <> ?1 AND lease < "
        "NOW())) ORDER BY created ONE()) RETURNING " RECORD_COLUMNS,
        of_text(r->owner), of_number(r->lease_ms == 0 ? -1 : r->lease_ms), of_number(RECORD_QUEUED),
        of_number(is_patient(r)));
}

pt_status records_approve(records *r, bool *ret_done, const char *id, const char *printed,
                          const char *decision, pt_error *error)
{
    uint64_t changed = 0;
    const pt_status status =
        CHANGE(r, &changed, error,
               "UPDATE records SET state = ?2, decision = ?4, reason = NULL, owner = NULL, changed "
               "= NOW() WHERE id = ?1 AND state = ?3 AND policy = ?5",
               of_text(id), of_number(RECORD_QUEUED), of_number(RECORD_PENDING), of_text(decision),
               of_text(printed));
    *ret_done = changed == 1;
    return status;
}

pt_status records_suspend(records *r, const char *id, const char *reason, pt_error *error)
{
    return CHANGE(r, NULL, error,
                  "UPDATE records SET state = ?2, reason = ?4, decision = NULL, owner = NULL, "
                  "changed = NOW() WHERE id = ?1 AND state = ?3 AND owner = ?5",
                  of_text(id), of_number(RECORD_PENDING), of_number(RECORD_QUEUED), of_text(reason),
                  of_text(r->owner));
}

pt_status records_reconsider(records *r, pt_error *error)
{
    return CHANGE(r, NULL, error,
                  "UPDATE records SET state = ?1, owner = NULL, changed = NOW() WHERE state = ?2",
                  of_number(RECORD_QUEUED), of_number(RECORD_PENDING));
}

pt_status records_allowed(records *r, const char *id, const char *decision, bool counts,
                          pt_error *error)
{
    pt_status status = PT_OK;
    if (counts)
        status = CHANGE(r, NULL, error, "INSERT INTO runs (decision, at) VALUES (?1, NOW())",
                        of_text(decision));
    if (status != PT_OK)
        return status;
    return CHANGE(r, NULL, error,
                  "UPDATE records SET decision = ?2, reason = NULL WHERE id = ?1 AND owner = ?3",
                  of_text(id), of_text(decision), of_text(r->owner));
}

pt_status records_take_back(records *r, const char *id, const char *decision, pt_error *error)
{
    const pt_status status =
        CHANGE(r, NULL, error,
               "DELETE FROM runs WHERE ROW() = (SELECT ROW() FROM runs WHERE decision = ?1 ORDER "
               "BY at DESC ONE())",
               of_text(decision));
    if (status != PT_OK)
        return status;
    return CHANGE(r, NULL, error, "UPDATE records SET decision = NULL WHERE id = ?1 AND owner = ?2",
                  of_text(id), of_text(r->owner));
}

pt_status records_agreed(records *r, const char *id, pt_error *error)
{
    return CHANGE(r, NULL, error,
                  "UPDATE records SET agreed = 1, changed = NOW() WHERE id = ?1 AND owner = ?2",
                  of_text(id), of_text(r->owner));
}

pt_status records_begin(records *r, bool *ret_done, const char *id, pt_error *error)
{
    uint64_t changed = 0;
    const pt_status status =
        CHANGE(r, &changed, error,
               "UPDATE records SET state = ?2, input = NULL, changed = NOW() WHERE id = ?1 AND "
               "state = ?3 AND owner = ?4",
               of_text(id), of_number(RECORD_RUNNING), of_number(RECORD_QUEUED), of_text(r->owner));
    *ret_done = changed == 1;
    return status;
}

pt_status records_end(records *r, bool *ret_done, const char *id, const record_end *end,
                      pt_error *error)
{
    uint64_t changed = 0;
    const pt_status status = CHANGE(
        r, &changed, error,
        "UPDATE records SET state = ?2, input = NULL, refusal = ?3, reason = ?4, result = ?5, "
        "told = ?8, decision = CASE WHEN ?11 = 1 THEN NULL ELSE decision END, owner = NULL, "
        "changed = NOW(), deliver = CASE WHEN ?6 = 1 THEN NOW() ELSE 0 "
        "END, "
        "deliver_since = CASE WHEN ?6 = 1 THEN NOW() ELSE 0 END WHERE id = ?1 AND state <= ?7 AND "
        "((?9 = 0 AND owner = ?10) OR (?9 = 1 AND state = 0) OR (?9 = 2 AND state = ?7 AND owner "
        "<> ?10))",
        of_text(id), of_number(end->state), of_number(end->refusal), of_text(end->reason),
        of_bytes(end->result, end->result_len), of_number(end->delivers), of_number(RECORD_RUNNING),
        of_text(end->told), of_number(end->ender), of_text(r->owner), of_number(end->is_denied));
    *ret_done = changed == 1;
    return status;
}

pt_status records_release(records *r, const char *id, pt_error *error)
{
    return CHANGE(r, NULL, error,
                  "UPDATE records SET owner = NULL WHERE id = ?1 AND state = ?2 AND owner = ?3",
                  of_text(id), of_number(RECORD_QUEUED), of_text(r->owner));
}

typedef struct strays {
    char ids[STRAYS_MAX][POLICY_ID_SIZE];
    size_t n;
    bool (*is_here)(void *user, const char *id);
    void *user;
} strays;

static void note_stray(void *user, const record *row)
{
    strays *s = user;
    if (s->n < STRAYS_MAX && !s->is_here(s->user, row->id))
        memcpy(s->ids[s->n++], row->id, POLICY_ID_SIZE);
}

pt_status records_release_strays(records *r, bool (*is_here)(void *user, const char *id),
                                 void *user, pt_error *error)
{
    strays found = {.is_here = is_here, .user = user};
    const record_value values[] = {of_text(r->owner), of_number(RECORD_QUEUED)};
    pt_status status = select_rows(
        r, note_stray, &found,
        "SELECT " STATE_COLUMNS " FROM records WHERE owner = ?1 AND state = ?2", values, 2, error);
    for (size_t i = 0; status == PT_OK && i < found.n; i++)
        status = records_release(r, found.ids[i], error);
    return status;
}

/* ---- looking ---- */

pt_status records_find(records *r, record *ret_record, bool *ret_found, const char *id,
                       pt_error *error)
{
    const pt_status status =
        SELECT_ONE(r, ret_record, ret_found, error,
                   "SELECT " RECORD_COLUMNS " FROM records WHERE id = ?1", of_text(id));
    return status;
}

pt_status records_find_state(records *r, record *ret_record, bool *ret_found, const char *id,
                             pt_error *error)
{
    return SELECT_ONE(r, ret_record, ret_found, error,
                      "SELECT " STATE_COLUMNS " FROM records WHERE id = ?1", of_text(id));
}

pt_status records_list(records *r, const records_wanted *wanted,
                       void (*each)(void *user, const record *found), void *user, pt_error *error)
{
    const record_value values[] = {of_number(wanted->from), of_number(wanted->to),
                                   of_text(wanted->caller), of_number(wanted->caller == NULL),
                                   of_number((int64_t)wanted->max)};
    return select_rows(
        r, each, user,
        "SELECT " COLUMNS_WITH(
            "CASE WHEN summary IS NULL THEN policy END", "NULL", "NULL",
            "summary") " FROM records "
                       "WHERE state >= ?1 AND state <= ?2 AND (caller = ?3 OR ?4 = 1) "
                       "ORDER BY created DESC LIMIT ?5",
        values, 5, error);
}

pt_status records_orphan(records *r, record *ret_record, bool *ret_found, pt_error *error)
{
    return SELECT_ONE(r, ret_record, ret_found, error,
                      "SELECT " RECORD_COLUMNS " FROM records WHERE state = ?2 AND owner <> ?1 AND "
                      "lease < NOW() AND ?3 = 0 LIMIT 1",
                      of_text(r->owner), of_number(RECORD_RUNNING), of_number(is_patient(r)));
}

pt_status records_remove(records *r, bool *ret_done, const char *id, pt_error *error)
{
    uint64_t changed = 0;
    const pt_status status =
        CHANGE(r, &changed, error, "DELETE FROM records WHERE id = ?1 AND state <> ?2", of_text(id),
               of_number(RECORD_RUNNING));
    *ret_done = changed == 1;
    return status;
}

/* ---- results ---- */

pt_status records_due(records *r, record *ret_record, bool *ret_found, int64_t busy_ms,
                      pt_error *error)
{
    return SELECT_ONE(r, ret_record, ret_found, error,
                      "UPDATE records SET deliver = NOW() + ?1, tries = tries + 1 WHERE id = "
                      "(SELECT id FROM records WHERE deliver > 0 AND deliver <= NOW() ORDER BY "
                      "deliver ONE()) RETURNING " RECORD_COLUMNS,
                      of_number(busy_ms));
}

pt_status records_tried(records *r, const char *id, int64_t again_ms, pt_error *error)
{
    return CHANGE(r, NULL, error,
                  "UPDATE records SET deliver = CASE WHEN ?2 = 0 THEN 0 ELSE NOW() + ?2 END WHERE "
                  "id = ?1",
                  of_text(id), of_number(again_ms));
}

pt_status records_fetched(records *r, const char *id, pt_error *error)
{
    return CHANGE(r, NULL, error,
                  "UPDATE records SET fetched = NOW() WHERE id = ?1 AND fetched = 0", of_text(id));
}

pt_status records_expire(records *r, const records_ages *ages, pt_error *error)
{
    const pt_status status =
        CHANGE(r, NULL, error, "DELETE FROM runs WHERE at < NOW() - ?1", of_number(RUNS_KEPT_MS));
    if (status != PT_OK)
        return status;
    return CHANGE(r, NULL, error,
                  "DELETE FROM records WHERE state > ?1 AND deliver = 0 AND ((fetched > 0 AND "
                  "fetched < NOW() - ?2) OR (refusal IN (400, 403) AND changed < NOW() - ?3) OR "
                  "changed < NOW() - ?4)",
                  of_number(RECORD_RUNNING), of_number(ages->fetched_ms),
                  of_number(ages->refused_ms), of_number(ages->ended_ms));
}

static pt_status select_number(records *r, uint64_t *ret_number, const char *sql,
                               const record_value *values, size_t n, pt_error *error)
{
    char text[SQL_MAX];
    int64_t number = 0;
    write_sql(r, text, sql);
    (void)pthread_mutex_lock(&r->lock);
    const pt_status status = r->link.engine->number(r->link.self, &number, text, values, n, error);
    (void)pthread_mutex_unlock(&r->lock);
    *ret_number = number < 0 ? 0 : (uint64_t)number;
    return status;
}

pt_status records_count(records *r, uint64_t *ret_count, const char *decision, int64_t since_ms,
                        pt_error *error)
{
    const record_value values[] = {of_text(decision), of_number(since_ms)};
    return select_number(r, ret_count, "SELECT count(*) FROM runs WHERE decision = ?1 AND at >= ?2",
                         values, 2, error);
}

pt_status records_load(records *r, uint64_t *ret_count, uint64_t *ret_bytes, const char *caller,
                       pt_error *error)
{
    const record_value values[] = {of_text(caller), of_number(RECORD_DONE)};
    const pt_status status =
        select_number(r, ret_count, "SELECT count(*) FROM records WHERE caller = ?1 AND state < ?2",
                      values, 2, error);
    if (status != PT_OK)
        return status;
    return select_number(
        r, ret_bytes,
        "SELECT COALESCE(sum(COALESCE(length(input), 0) + length(policy)), 0) FROM "
        "records WHERE caller = ?1 AND state < ?2",
        values, 2, error);
}

pt_status records_heartbeat(records *r, pt_error *error)
{
    if (r->lease_ms == 0)
        return PT_OK;
    return CHANGE(r, NULL, error,
                  "UPDATE records SET lease = NOW() + ?2 WHERE owner = ?1 AND state <= ?3",
                  of_text(r->owner), of_number(r->lease_ms), of_number(RECORD_RUNNING));
}
