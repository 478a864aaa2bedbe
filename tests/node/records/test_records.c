/* Records in SQLite: the life of one, what a dead node leaves, and what is in the file afterwards.
 */
#define _DEFAULT_SOURCE
#include "support/test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "node/records/records.h"
#include "node/records/seal.h"

#define ID_A "00000000-0000-4000-8000-00000000000a"
#define ID_B "00000000-0000-4000-8000-00000000000b"
#define ID_C "00000000-0000-4000-8000-00000000000c"
#define DAY  ((int64_t)24 * 3600 * 1000)

static char folder[] = "/tmp/polytune-records-XXXXXX";
static char path[64];
static char where[80];
static pt_error error;

static records *open_file(void)
{
    records *r = NULL;
    if (records_open(&r, where, &error) != PT_OK)
        fail_msg("%s", error.message);
    return r;
}

static void add_of(records *r, const char *id, record_state state, const char *caller)
{
    record added = {.state = state,
                    .caller = (char *)caller,
                    .policy = (char *)"{}",
                    .summary = (char *)"{\"shown\":1}",
                    .input = (uint8_t *)"secret input",
                    .input_len = 12};
    memcpy(added.id, id, POLICY_ID_SIZE);
    assert_int_equal(records_add(r, &added, &error), PT_OK);
}

static void add(records *r, const char *id, record_state state)
{
    add_of(r, id, state, "lab");
}

static bool claim(records *r, record *ret_record)
{
    bool found = false;
    assert_int_equal(records_claim(r, ret_record, &found, &error), PT_OK);
    return found;
}

static record_state state_of(records *r, const char *id)
{
    record found;
    bool is_there = false;
    assert_int_equal(records_find(r, &found, &is_there, id, &error), PT_OK);
    assert_true(is_there);
    const record_state state = found.state;
    record_clear(&found);
    return state;
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "%s/store", folder);
    (void)snprintf(where, sizeof where, "sqlite:%s", path);
    (void)unlink(path);
    return 0;
}

static void test_life(void **state)
{
    record c;
    record due;
    bool done = false;
    bool found = false;
    uint64_t n = 0;
    uint64_t bytes = 0;
    (void)state;
    records *r = open_file();
    assert_false(claim(r, &c));
    add(r, ID_A, RECORD_QUEUED);
    assert_int_equal(records_load(r, &n, &bytes, "lab", &error), PT_OK);
    assert_true(n == 1 && bytes == 14);
    assert_true(claim(r, &c));
    assert_string_equal(c.id, ID_A);
    assert_memory_equal(c.input, "secret input", 12);
    record_clear(&c);
    assert_false(claim(r, &c)); /* it is taken */
    assert_int_equal(records_allowed(r, ID_A, "rule one", true, &error), PT_OK);
    assert_int_equal(records_agreed(r, ID_A, &error), PT_OK);
    assert_int_equal(records_begin(r, &done, ID_A, &error), PT_OK);
    assert_true(done);
    assert_int_equal(records_begin(r, &done, ID_A, &error), PT_OK);
    assert_false(done); /* never twice */
    assert_int_equal(records_allowed(r, ID_A, "rule one", true, &error), PT_OK);
    assert_int_equal(records_take_back(r, ID_A, "rule one", &error), PT_OK);
    assert_int_equal(records_count(r, &n, "rule one", 0, &error), PT_OK);
    assert_int_equal(n, 1);
    const record_end end = {
        .state = RECORD_DONE, .result = (const uint8_t *)"r", .result_len = 1, .delivers = true};
    assert_int_equal(records_end(r, &done, ID_A, &end, &error), PT_OK);
    assert_true(done);
    assert_int_equal(records_due(r, &due, &found, 60000, &error), PT_OK);
    assert_true(found && due.tries == 1 && due.result_len == 1 && due.input == NULL);
    record_clear(&due);
    assert_int_equal(records_due(r, &due, &found, 60000, &error), PT_OK);
    assert_false(found);
    assert_int_equal(records_tried(r, ID_A, 0, &error), PT_OK);
    assert_int_equal(records_fetched(r, ID_A, &error), PT_OK);
    const records_ages ages = {.fetched_ms = -1000, .refused_ms = DAY, .ended_ms = DAY};
    assert_int_equal(records_expire(r, &ages, &error), PT_OK);
    assert_int_equal(records_find(r, &c, &found, ID_A, &error), PT_OK);
    assert_false(found);
    records_close(r);
}

static bool is_id(void *user, const char *id)
{
    return strcmp(user, id) == 0;
}

/* What was claimed without this node hearing of it is claimed once more. */
static void test_strays(void **state)
{
    record c;
    bool done = false;
    (void)state;
    records *r = open_file();
    add(r, ID_A, RECORD_QUEUED);
    assert_true(claim(r, &c));
    record_clear(&c);
    assert_int_equal(records_begin(r, &done, ID_A, &error), PT_OK);
    add(r, ID_B, RECORD_QUEUED);
    assert_true(claim(r, &c));
    record_clear(&c);
    add(r, ID_C, RECORD_QUEUED);
    assert_true(claim(r, &c));
    record_clear(&c);
    assert_int_equal(records_release_strays(r, is_id, (char *)ID_B, &error), PT_OK);
    assert_true(claim(r, &c));
    assert_string_equal(c.id, ID_C);
    record_clear(&c);
    assert_false(claim(r, &c));
    assert_int_equal(state_of(r, ID_A), RECORD_RUNNING);
    records_close(r);
}

static void test_person_decides(void **state)
{
    record c;
    bool done = false;
    (void)state;
    records *r = open_file();
    add(r, ID_A, RECORD_PENDING);
    assert_false(claim(r, &c));
    const record_end end = {.state = RECORD_FAILED};
    assert_int_equal(records_end(r, &done, ID_A, &end, &error), PT_OK);
    assert_false(done); /* it has no owner */
    assert_int_equal(records_approve(r, &done, ID_A, "{\"another\":1}", "person ann", &error),
                     PT_OK);
    assert_false(done);
    assert_int_equal(records_approve(r, &done, ID_A, "{}", "person ann", &error), PT_OK);
    assert_true(done);
    assert_int_equal(records_approve(r, &done, ID_A, "{}", "person bob", &error), PT_OK);
    assert_false(done);
    assert_true(claim(r, &c));
    assert_string_equal(c.decision, "person ann");
    record_clear(&c);
    assert_int_equal(records_suspend(r, ID_A, "who knows", &error), PT_OK);
    assert_int_equal(state_of(r, ID_A), RECORD_PENDING);
    records_close(r);
}

static void test_ids_are_taken_once(void **state)
{
    record added = {.caller = (char *)"x", .policy = (char *)"{}"};
    (void)state;
    records *r = open_file();
    add(r, ID_A, RECORD_QUEUED);
    memcpy(added.id, ID_A, sizeof added.id);
    assert_int_equal(records_add(r, &added, &error), PT_ERR_REFUSED);
    records_close(r);
}

/* A node dies with one computation claimed and one running. */
static void note_id(void *user, const record *found)
{
    char *letters = user;
    const size_t n = strlen(letters);
    assert_true(n < 7);
    letters[n] = found->id[POLICY_ID_SIZE - 2];
    letters[n + 1] = '\0';
}

static void expect_list(records *r, const records_wanted *wanted, const char *letters)
{
    char found[8] = "";
    assert_int_equal(records_list(r, wanted, note_id, found, &error), PT_OK);
    assert_string_equal(found, letters);
}

static void add_later(records *r, const char *id, record_state state, const char *caller)
{
    const int64_t now = records_now();
    while (records_now() <= now + 1)
        (void)usleep(1000);
    add_of(r, id, state, caller);
}

/* Newest first, so that what is new is seen however many there are. */
static void test_lists(void **state)
{
    (void)state;
    records *r = open_file();
    add_later(r, ID_A, RECORD_PENDING, "lab");
    add_later(r, ID_B, RECORD_QUEUED, "lab");
    add_later(r, ID_C, RECORD_PENDING, "ward");
    records_wanted wanted = {.from = RECORD_PENDING, .to = RECORD_FAILED, .max = 10};
    expect_list(r, &wanted, "cba");
    wanted.max = 2;
    expect_list(r, &wanted, "cb");
    wanted.caller = "lab";
    expect_list(r, &wanted, "ba");
    wanted.to = RECORD_PENDING;
    expect_list(r, &wanted, "a");
    wanted.caller = NULL;
    expect_list(r, &wanted, "ca");
    records_close(r);
}

static void expect_shown(void *user, const record *found)
{
    const bool has_summary = strcmp(found->id, ID_A) == 0;
    assert_null(found->input);
    assert_null(found->result);
    if (has_summary) {
        assert_null(found->policy);
        assert_string_equal(found->summary, "{\"shown\":1}");
    } else {
        assert_string_equal(found->policy, "{}");
        assert_null(found->summary);
    }
    ++*(unsigned *)user;
}

/* A policy may be megabytes, of which a list shows a line: what has none is shown all the same. */
static void test_only_what_is_wanted_is_read(void **state)
{
    const records_wanted all = {.from = RECORD_PENDING, .to = RECORD_FAILED, .max = 10};
    record bare = {.caller = (char *)"lab", .policy = (char *)"{}", .reason = (char *)"why"};
    unsigned n = 0;
    record c;
    bool found = false;
    (void)state;
    records *r = open_file();
    add(r, ID_A, RECORD_PENDING);
    memcpy(bare.id, ID_B, sizeof bare.id);
    assert_int_equal(records_add(r, &bare, &error), PT_OK);
    assert_int_equal(records_list(r, &all, expect_shown, &n, &error), PT_OK);
    assert_int_equal(n, 2);
    assert_int_equal(records_find_state(r, &c, &found, ID_B, &error), PT_OK);
    assert_true(found && c.state == RECORD_PENDING);
    assert_string_equal(c.reason, "why");
    assert_true(c.policy == NULL && c.summary == NULL && c.input == NULL && c.result == NULL);
    record_clear(&c);
    assert_int_equal(records_find_state(r, &c, &found, ID_C, &error), PT_OK);
    assert_false(found);
    records_close(r);
}

/* A file of before there were summaries. */
static void test_an_earlier_file(void **state)
{
    sqlite3 *db = NULL;
    record c;
    bool found = false;
    (void)state;
    records *r = open_file();
    add(r, ID_A, RECORD_PENDING);
    records_close(r);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "ALTER TABLE records DROP COLUMN summary", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    r = open_file();
    assert_int_equal(records_find(r, &c, &found, ID_A, &error), PT_OK);
    assert_true(found);
    assert_null(c.summary);
    record_clear(&c);
    add(r, ID_B, RECORD_PENDING);
    records_close(r);
}

static void end_as(records *r, const char *id, record_state as, unsigned refusal)
{
    bool done = false;
    const record_end end = {.ender = ENDER_PERSON, .state = as, .refusal = refusal};
    add(r, id, RECORD_PENDING);
    assert_int_equal(records_end(r, &done, id, &end, &error), PT_OK);
    assert_true(done);
}

/* What nobody fetches goes, too, after longer; and sooner what was refused. */
static void test_what_ends_expires(void **state)
{
    const records_wanted all = {.from = RECORD_PENDING, .to = RECORD_FAILED, .max = 10};
    records_ages ages = {.fetched_ms = DAY, .refused_ms = DAY, .ended_ms = DAY};
    (void)state;
    records *r = open_file();
    end_as(r, ID_A, RECORD_FAILED, 403);
    end_as(r, ID_B, RECORD_DONE, 0);
    add(r, ID_C, RECORD_QUEUED);
    assert_int_equal(records_expire(r, &ages, &error), PT_OK);
    assert_int_equal(state_of(r, ID_A), RECORD_FAILED);
    ages.refused_ms = -1000;
    assert_int_equal(records_expire(r, &ages, &error), PT_OK);
    assert_int_equal(state_of(r, ID_B), RECORD_DONE);
    ages.ended_ms = -1000;
    assert_int_equal(records_expire(r, &ages, &error), PT_OK);
    expect_list(r, &all, "c");
    records_close(r);
}

static void test_after_a_crash(void **state)
{
    record c;
    bool done = false;
    bool found = false;
    (void)state;
    records *r = open_file();
    add(r, ID_A, RECORD_QUEUED);
    assert_true(claim(r, &c));
    record_clear(&c);
    assert_int_equal(records_begin(r, &done, ID_A, &error), PT_OK);
    add(r, ID_B, RECORD_QUEUED);
    assert_true(claim(r, &c));
    record_clear(&c);
    records_close(r);

    r = open_file();
    assert_int_equal(records_orphan(r, &c, &found, &error), PT_OK);
    assert_true(found);
    assert_string_equal(c.id, ID_A);
    assert_null(c.input);
    record_clear(&c);
    record_end end = {.state = RECORD_FAILED, .refusal = 500, .reason = "died"};
    assert_int_equal(records_end(r, &done, ID_A, &end, &error), PT_OK);
    assert_false(done); /* it was another's */
    end.ender = ENDER_PERSON;
    assert_int_equal(records_end(r, &done, ID_A, &end, &error), PT_OK);
    assert_false(done);
    end.ender = ENDER_SURVIVOR;
    assert_int_equal(records_end(r, &done, ID_A, &end, &error), PT_OK);
    assert_int_equal(records_orphan(r, &c, &found, &error), PT_OK);
    assert_false(found);
    assert_true(claim(r, &c)); /* the other is run now */
    assert_string_equal(c.id, ID_B);
    assert_memory_equal(c.input, "secret input", 12);
    record_clear(&c);
    records_close(r);
}

static bool file_has(const char *name, const char *text)
{
    char bytes[65536];
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    const size_t n = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    for (size_t i = 0; i + strlen(text) <= n; i++)
        if (memcmp(bytes + i, text, strlen(text)) == 0)
            return true;
    return false;
}

static void test_input_is_gone_once_it_runs(void **state)
{
    record c;
    bool done = false;
    struct stat info;
    (void)state;
    records *r = open_file();
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    add(r, ID_A, RECORD_QUEUED);
    assert_true(claim(r, &c));
    record_clear(&c);
    assert_int_equal(records_begin(r, &done, ID_A, &error), PT_OK);
    records_close(r);
    assert_false(file_has(path, "secret input"));
    assert_true(file_has(path, ID_A));
}

static void test_files_that_cannot_be(void **state)
{
    records *r = NULL;
    records *second = NULL;
    (void)state;
    assert_int_equal(records_open(&r, "nothing:x", &error), PT_ERR_USAGE);
    assert_int_equal(records_open(&r, "sqlite:/nowhere/at/all", &error), PT_ERR_FILE);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    (void)fputs("this is no database, however long the text may be", file);
    (void)fclose(file);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(records_open(&r, where, &error), PT_ERR_INPUT);
    assert_non_null(strstr(error.message, "open to others"));
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(records_open(&r, where, &error), PT_ERR_INPUT);
    assert_int_equal(unlink(path), 0);
    r = open_file();
    assert_int_equal(records_open(&second, where, &error), PT_ERR_IO);
    assert_non_null(strstr(error.message, "in use"));
    records_close(r);
}

static void test_seals(void **state)
{
    static const uint8_t private_key[PT_KEY_BYTES] = {1};
    uint8_t key[SEAL_KEY_BYTES];
    uint8_t other[SEAL_KEY_BYTES];
    size_t len = 0;
    size_t opened = 0;
    (void)state;
    seal_key(key, private_key);
    seal_key(other, NULL);
    uint8_t *sealed = seal_close(&len, key, SEAL_INPUT, ID_A, (const uint8_t *)"text", 4);
    assert_non_null(sealed);
    uint8_t *text = seal_open(&opened, key, SEAL_INPUT, ID_A, sealed, len);
    assert_non_null(text);
    assert_string_equal((char *)text, "text");
    mem_free_secret(text, opened);
    assert_null(seal_open(&opened, other, SEAL_INPUT, ID_A, sealed, len));
    assert_null(seal_open(&opened, key, SEAL_RESULT, ID_A, sealed, len));
    assert_null(seal_open(&opened, key, SEAL_INPUT, ID_B, sealed, len));
    assert_null(seal_open(&opened, key, SEAL_INPUT, ID_A, sealed, 10));
    assert_null(seal_open(&opened, key, SEAL_INPUT, ID_A, NULL, 0));
    uint8_t *again = seal_close(&len, key, SEAL_INPUT, ID_A, (const uint8_t *)"text", 4);
    assert_non_null(again);
    assert_memory_not_equal(again, sealed, len);
    mem_free(again);
    sealed[len - 1] ^= 1;
    assert_null(seal_open(&opened, key, SEAL_INPUT, ID_A, sealed, len));
    mem_free(sealed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_life, setup),
        cmocka_unit_test_setup(test_strays, setup),
        cmocka_unit_test_setup(test_person_decides, setup),
        cmocka_unit_test_setup(test_ids_are_taken_once, setup),
        cmocka_unit_test_setup(test_lists, setup),
        cmocka_unit_test_setup(test_only_what_is_wanted_is_read, setup),
        cmocka_unit_test_setup(test_an_earlier_file, setup),
        cmocka_unit_test_setup(test_what_ends_expires, setup),
        cmocka_unit_test_setup(test_after_a_crash, setup),
        cmocka_unit_test_setup(test_input_is_gone_once_it_runs, setup),
        cmocka_unit_test_setup(test_files_that_cannot_be, setup),
        cmocka_unit_test(test_seals),
    };
    if (mkdtemp(folder) == NULL)
        return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    (void)rmdir(folder);
    return failed;
}
