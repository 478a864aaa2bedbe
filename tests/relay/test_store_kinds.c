/* What only one kind of store does: a file that keeps everything, a Redis that relays share. */
#define _GNU_SOURCE
#include "relay/stores.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/port.h"

/* ---- SQLite ---- */

static store *open_file(const char *where, listener *l)
{
    store *s = NULL;
    pt_error error;
    const store_listener told = stores_told(l);
    if (store_open(&s, where, &stores_options, &told, &error) != PT_OK)
        fail_msg("%s", error.message);
    return s;
}

static void a_file_keeps_everything(void **state)
{
    (void)state;
    listener l = {0};
    char where[128];
    store_joined joined;
    (void)snprintf(where, sizeof where, "sqlite:%s/keep.db", stores_world.folder);
    store_caller a = caller("keep", 0, "a");
    const store_caller b = caller("keep", 1, "b");
    const store_caller left = caller("keep", 2, "c");
    const store_caller plain = caller("keep", 3, NULL);
    const store_caller stranger = caller("keep", 0, "s");
    const store_caller ended = caller("ended", 0, "a");
    /* In a process that is killed, so that nothing is closed. */
    const pid_t child = fork();
    if (child == 0) {
        store *s = open_file(where, &l);
        a.epoch = join(s, &a);
        (void)join(s, &b);
        (void)join(s, &left);
        (void)join(s, &plain);
        (void)join(s, &ended);
        bool ok = put(s, &a, 1, 1, "one") == STORE_DONE && put(s, &a, 1, 2, "two") == STORE_DONE &&
                  put(s, &a, 1, 3, "") == STORE_DONE && put(s, &b, 0, 1, "gone") == STORE_DONE &&
                  get(s, &a, 1, 2) == STORE_EMPTY && get(s, &b, 0, 2) == STORE_DONE &&
                  store_leave(s, &left) == STORE_DONE && store_leave(s, &ended) == STORE_DONE;
        (void)kill(getpid(), ok ? SIGKILL : SIGTERM);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    for (int times = 0; times < 2; times++) {
        store *s = open_file(where, &l);
        store_figures figures;
        store_seats seats;
        assert_int_equal(store_measure(s, &figures), STORE_DONE);
        assert_int_equal(figures.sessions, 1);
        assert_int_equal(figures.messages, 2);
        assert_int_equal(store_list(s, &a, &seats), STORE_DONE);
        assert_int_equal(seats.n, 4);
        assert_int_equal(store_join(s, &stranger, &joined), STORE_TAKEN);
        assert_int_equal(store_join(s, &left, &joined), STORE_DONE);
        assert_int_equal(put(s, &stranger, 1, 4, "m"), STORE_FORBIDDEN);
        assert_int_equal(put(s, &a, 1, 3, "m"), STORE_REPEATED);
        assert_int_equal(put(s, &a, 1, 5, "m"), STORE_LOST);
        assert_int_equal(put(s, &b, 0, 1, "m"), STORE_REPEATED);
        assert_int_equal(get(s, &a, 1, 2), STORE_EMPTY);
        assert_int_equal(get(s, &b, 0, 1), STORE_LOST);
        expect_message(s, &b, 0, 2, "two");
        a.has_epoch = true;
        a.epoch = join(s, &a);
        assert_int_equal(get(s, &a, 1, 2), STORE_EMPTY);
        assert_int_equal(store_leave(s, &left), STORE_DONE);
        store_free(s);
    }
    store *s = open_file(where, &l);
    expect_message(s, &b, 0, 3, "");
    assert_int_equal(put(s, &a, 1, 4, "four"), STORE_DONE);
    expect_message(s, &b, 0, 4, "four");
    store_free(s);
}

static void expect_unusable(const char *where, pt_status status, const char *word)
{
    listener l = {0};
    store *s = NULL;
    pt_error error;
    const store_listener told = stores_told(&l);
    assert_int_equal(store_open(&s, where, &stores_options, &told, &error), status);
    if (strstr(error.message, word) == NULL)
        fail_msg("no \"%s\" in: %s", word, error.message);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fchmod(fileno(f), S_IRUSR | S_IWUSR), 0);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void files_that_cannot_be_used_are_named(void **state)
{
    (void)state;
    listener l = {0};
    char where[128];
    static char junk[8192];
    memset(junk, 'j', sizeof junk);
    (void)snprintf(where, sizeof where, "sqlite:%s/junk.db", stores_world.folder);
    write_file(where + 7, junk, sizeof junk);
    expect_unusable(where, PT_ERR_INPUT, "is not a database");
    (void)snprintf(where, sizeof where, "sqlite:%s/none/there.db", stores_world.folder);
    expect_unusable(where, PT_ERR_FILE, "cannot open");
    (void)snprintf(where, sizeof where, "sqlite:%s", stores_world.folder);
    expect_unusable(where, PT_ERR_FILE, "cannot open");
    (void)snprintf(where, sizeof where, "sqlite:%s/shared.db", stores_world.folder);
    store *s = open_file(where, &l);
    expect_unusable(where, PT_ERR_IO, "in use");
    store_free(s);
    /* Another program's: the same file with another application's number (offset 68). */
    FILE *f = fopen(where + 7, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 68, SEEK_SET), 0);
    assert_int_equal(fwrite("ABCD", 1, 4, f), 4);
    assert_int_equal(fclose(f), 0);
    expect_unusable(where, PT_ERR_INPUT, "something else");
    expect_unusable("sqlite:", PT_ERR_USAGE, "sqlite:FILE");
    expect_unusable("postgres://x", PT_ERR_USAGE, "sqlite:FILE");
}

/* ---- Redis ---- */

/* What an address opened at one relay counts at the other, too, and is given back there. */
static void relays_share_what_addresses_have(void **state)
{
    (void)state;
    if (stores_world.redis.pid == 0)
        skip();
    stores_empty_redis();
    listener l[2] = {{{0}, {0}, 0, ""}, {{0}, {0}, 0, ""}};
    store_options shares = stores_options;
    shares.address_sessions = 2;
    store *s[2] = {stores_open(REDIS, &shares, &l[0]), stores_open(REDIS, &shares, &l[1])};
    store_joined joined;
    store_caller own[3] = {caller("one", 0, "a"), caller("two", 0, "a"), caller("three", 0, "a")};
    for (size_t i = 0; i < 3; i++) {
        own[i].address = "192.0.2.1";
        assert_int_equal(store_join(s[i % 2], &own[i], &joined),
                         i < 2 ? STORE_DONE : STORE_FULL_ADDRESS_SESSIONS);
    }
    assert_int_equal(store_join(s[1], &own[2], &joined), STORE_FULL_ADDRESS_SESSIONS);
    assert_int_equal(store_leave(s[1], &own[0]), STORE_DONE);
    assert_int_equal(store_join(s[0], &own[2], &joined), STORE_DONE);
    store_free(s[0]);
    store_free(s[1]);
}

static void relays_share_redis(void **state)
{
    (void)state;
    if (stores_world.redis.pid == 0)
        skip();
    stores_empty_redis();
    listener l[2] = {0};
    store *s[2] = {stores_open(REDIS, &stores_options, &l[0]),
                   stores_open(REDIS, &stores_options, &l[1])};
    const store_caller a = caller("two", 0, "a");
    const store_caller b = caller("two", 1, "b");
    assert_int_equal(join(s[0], &a), join(s[1], &b));
    stores_wait_for_wakes(s[0], &l[0], STORE_WAKE_WATCHERS, 2);
    assert_int_equal(get(s[1], &b, 0, 1), STORE_EMPTY);
    assert_int_equal(put(s[0], &a, 1, 1, "over"), STORE_DONE);
    stores_wait_for_wakes(s[1], &l[1], STORE_WAKE_RECEIVER, 1);
    expect_message(s[1], &b, 0, 1, "over");
    assert_int_equal(put(s[1], &a, 1, 1, "over"), STORE_REPEATED);
    assert_int_equal(put(s[1], &a, 1, 2, "again"), STORE_DONE);
    expect_message(s[0], &b, 0, 2, "again");
    store_free(s[0]);
    store_free(s[1]);
}

/* Last, for it ends the server. */
static void redis_may_come_and_go(void **state)
{
    (void)state;
    if (stores_world.redis.pid == 0)
        skip();
    stores_empty_redis();
    listener l = {0};
    store *s = stores_open(REDIS, &stores_options, &l);
    store_caller a = caller("gone", 0, "a");
    a.epoch = join(s, &a);
    stores_wait_for_wakes(s, &l, STORE_WAKE_ALL, 1);
    redis_stop(&stores_world.redis);
    stores_wait_for_wakes(s, &l, STORE_WAKE_ALL, 2);
    assert_int_equal(store_check(s), STORE_UNAVAILABLE);
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_UNAVAILABLE);
    assert_true(s->errors != 0);
    redis_start(&stores_world.redis, stores_world.folder);
    assert_true(stores_redis_is_up());
    stores_wait_for_wakes(s, &l, STORE_WAKE_ALL, 3);
    while (store_check(s) != STORE_DONE)
        (void)poll(NULL, 0, 10);
    /* It kept nothing: who means the old session is told. */
    a.has_epoch = true;
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_LOST);
    a.has_epoch = false;
    (void)join(s, &a);
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_DONE);
    store_free(s);
}

static void redis_that_cannot_be_used_is_named(void **state)
{
    (void)state;
    char url[64];
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%u", (unsigned)free_port());
    expect_unusable(url, PT_ERR_IO, "cannot use Redis at 127.0.0.1");
    static const char *const wrong[] = {
        "redis://",     "redis://h:x",    "redis://h:0",   "redis://h:99999", "redis://h/x",
        "redis://[::1", "redis://:%zz@h", "redis://:%4@h", "redis://:%00@h",  "redis://u:p@/1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_unusable(wrong[i], PT_ERR_USAGE, "redis://[[USER]:PASSWORD@]");
    if (stores_world.redis.pid == 0)
        return;
    (void)snprintf(url, sizeof url, "redis://:wrong@127.0.0.1:%u", stores_world.redis.port);
    expect_unusable(url, PT_ERR_IO, "WRONGPASS");
}

/* A pattern for the names of the cases may be given. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_keeps_everything),
        cmocka_unit_test(files_that_cannot_be_used_are_named),
        cmocka_unit_test(relays_share_redis),
        cmocka_unit_test(relays_share_what_addresses_have),
        cmocka_unit_test(redis_that_cannot_be_used_is_named),
        cmocka_unit_test(redis_may_come_and_go),
    };
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, stores_setup, stores_teardown);
}
