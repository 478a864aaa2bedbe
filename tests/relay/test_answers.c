/* Many messages in one answer, from every kind of store. */
#include "relay/stores.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/le.h"
#include "httpd/expect.h"
#include "httpd/records.h"
#include "relay/held.h"
#include "support/relay.h"

#define ANSWER_MAX ((size_t)256 << 10)

/* A relay with such a store, and the messages 1 .. n from party 0 to 1: the texts of the numbers,
 * made as long as said. */
typedef struct scene {
    relay_server *server;
    uint16_t port;
} scene;

static void put_messages(const scene *s, unsigned n, size_t len)
{
    char *text = calloc(len, 1);
    assert_non_null(text);
    for (unsigned i = 1; i <= n; i++) {
        char lines[64];
        const int used = snprintf(text, len, "%u", i);
        memset(text + used, ' ', len - (size_t)used);
        (void)snprintf(lines, sizeof lines, "X-Polytune-Seq: %u\r\n", i);
        http_response r = http_once(s->port, "POST", "/send/s/0/1", lines, text, len);
        assert_int_equal(r.status, 200);
        http_clear(&r);
    }
    free(text);
}

static scene scene_open(kind k, relay_options o, unsigned n, size_t len)
{
    char where[STORES_NAME_SIZE];
    stores_name(where, k);
    o.store = where;
    scene s = {.server = fixture_start(o)};
    s.port = relay_server_port(s.server);
    put_messages(&s, n, len);
    return s;
}

static void scene_close(scene *s)
{
    relay_server_free(s->server);
}

/* ---- questions ---- */

#define AHEAD(number, first) "X-Polytune-Seq: " number "\r\nX-Polytune-First: " first "\r\n"

/* Asks with such a query, question mark and all. */
static http_response ask_once(const scene *s, const char *query, const char *headers)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/recv/s/0/1%s", query);
    return http_once(s->port, "POST", path, headers, "", 0);
}

static void expect_status(const scene *s, const char *query, const char *headers, int status)
{
    http_response r = ask_once(s, query, headers);
    assert_int_equal(r.status, status);
    http_clear(&r);
}

/* It must be one message, as it was put. */
static void expect_one(const scene *s, const char *query, const char *headers, unsigned number)
{
    char value[24];
    http_response r = ask_once(s, query, headers);
    assert_int_equal(r.status, 200);
    assert_false(http_value(&r, "X-Polytune-Every", value, sizeof value));
    assert_int_equal(strtoul((const char *)r.body, NULL, 10), number);
    http_clear(&r);
}

/* The answer must have many: the number asked for, and others at that distance. Returns how many.
 */
static unsigned records_of(const http_response *answer, unsigned number, unsigned every, size_t len)
{
    char value[24];
    unsigned n = 0;
    assert_int_equal(answer->status, 200);
    assert_true(http_value(answer, "X-Polytune-Every", value, sizeof value));
    assert_int_equal(strtoul(value, NULL, 10), every);
    assert_true(http_value(answer, "X-Polytune-Seq", value, sizeof value));
    assert_int_equal(strtoul(value, NULL, 10), number);
    assert_true(answer->len % (RECORD_HEAD + len) == 0);
    for (size_t at = 0; at < answer->len; at += RECORD_HEAD + len, n++) {
        assert_int_equal(le_get_u32(answer->body + at), len);
        assert_int_equal(strtoul((const char *)answer->body + at + RECORD_HEAD, NULL, 10),
                         number + n * every);
    }
    return n;
}

static void expect_many(const scene *s, const char *query, const char *headers, unsigned number,
                        unsigned every, unsigned n)
{
    http_response r = ask_once(s, query, headers);
    assert_int_equal(records_of(&r, number, every, 8), n);
    http_clear(&r);
}

/* ---- what comes ---- */

static void others_come_with_the_first(kind k)
{
    scene s = scene_open(k, (relay_options){0}, 20, 8);
    for (int i = 0; i < 2; i++) /* none of them is acknowledged */
        expect_many(&s, "?every=8", AHEAD("1", "1"), 1, 8, 3);
    expect_many(&s, "?every=8", AHEAD("8", "1"), 8, 8, 2);
    expect_many(&s, "?every=1", AHEAD("18", "1"), 18, 1, 3);
    expect_many(&s, "?every=8", AHEAD("9", "1"), 9, 8, 2); /* far ahead */
    expect_many(&s, "?every=8", AHEAD("12", "9"), 12, 8, 2);
    expect_status(&s, "?every=8", AHEAD("8", "8"), 409); /* acknowledged by the one before */
    expect_many(&s, "?every=8", "X-Polytune-Seq: 10\r\n", 10, 8, 2);
    expect_status(&s, "?every=8", AHEAD("9", "9"), 409);
    expect_status(&s, "", "X-Polytune-Seq: 21\r\n", 400);
    scene_close(&s);
}

DEFINE(others_come_with_the_first)

/* As from a relay that knows nothing of that. */
static void one_comes_as_ever(kind k)
{
    scene s = scene_open(k, (relay_options){0}, 10, 8);
    expect_one(&s, "?every=8", AHEAD("3", "1"), 3);
    expect_one(&s, "", AHEAD("1", "1"), 1);
    expect_status(&s, "?every=8", AHEAD("11", "1"), 400);
    expect_status(&s, "?every=8", AHEAD("18446744073709551614", "1"), 400);
    expect_one(&s, "?every=1", "", 1); /* without numbers they go as they are taken */
    expect_one(&s, "?every=1", "", 2);
    scene_close(&s);
}

DEFINE(one_comes_as_ever)

static void a_question_waits_for_its_message(kind k)
{
    scene s = scene_open(k, (relay_options){0}, 0, 8);
    const int first = connect_to(s.port);
    const int far = connect_to(s.port);
    ask(far, "POST", "/recv/s/0/1?wait=60&every=8", AHEAD("10", "1"), "");
    wait_until_held(s.port, 1);
    ask(first, "POST", "/recv/s/0/1?wait=60&every=8", AHEAD("1", "1"), "");
    wait_until_held(s.port, 2);
    put_messages(&s, 10, 8);
    expect_next(first, 200, "1       ");
    expect_next(far, 200, "10      ");
    (void)close(first);
    (void)close(far);
    scene_close(&s);
}

DEFINE(a_question_waits_for_its_message)

/* ---- how much comes ---- */

static void so_many_come(kind k)
{
    scene s = scene_open(k, (relay_options){.max_messages = 100}, 100, 8);
    expect_many(&s, "?every=1", AHEAD("1", "1"), 1, 1, 64);
    scene_close(&s);
}

DEFINE(so_many_come)

static void so_long_is_an_answer(kind k)
{
    static const struct {
        size_t len;
        unsigned n; /* 0: the first comes alone */
    } rows[] = {{ANSWER_MAX / 2 - RECORD_HEAD, 2},
                {ANSWER_MAX / 2 - RECORD_HEAD + 1, 0},
                {ANSWER_MAX - RECORD_HEAD, 0},
                {ANSWER_MAX + 1, 0},
                {ANSWER_MAX / 3 - RECORD_HEAD, 3},
                {ANSWER_MAX / 5 * 2, 2}}; /* the third is too long for what is left */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (k == REDIS)
            stores_empty_redis();
        scene s = scene_open(k, (relay_options){0}, 4, rows[i].len);
        http_response r = ask_once(&s, "?every=1", AHEAD("1", "1"));
        if (rows[i].n == 0)
            assert_int_equal(r.len, rows[i].len);
        else
            assert_int_equal(records_of(&r, 1, 1, rows[i].len), rows[i].n);
        http_clear(&r);
        scene_close(&s);
    }
}

DEFINE(so_long_is_an_answer)

/* A message counts as a request, and who may have no more has those that it may. */
static void messages_are_counted(void **state)
{
    enum { RATE = 20, N = 30 };
    (void)state;
    const uint64_t begun_ms = clock_ms();
    scene s = scene_open(MEMORY, (relay_options){.session_requests = RATE}, N, 8);
    http_response r = ask_once(&s, "?every=1", AHEAD("1", "1"));
    const unsigned n = records_of(&r, 1, 1, 8);
    const uint64_t may = 2 * RATE + RATE * (clock_ms() - begun_ms) / 1000 + 1;
    assert_in_range(N + n, N + 2, may);
    http_clear(&r);
    scene_close(&s);
}

/* ---- what is refused ---- */

static void bad_distances_are_refused(void **state)
{
    static const char *const queries[] = {
        "?every=0", "?every=9", "?every=", "?every=-1", "?every=1x", "?every=18446744073709551616"};
    (void)state;
    scene s = scene_open(MEMORY, (relay_options){0}, 2, 8);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        expect_status(&s, queries[i], AHEAD("1", "1"), 400);
    expect_status(&s, "?every=8", AHEAD("1", "2"), 400);
    expect(s.port, "POST", "/send/s/0/1?every=8", AHEAD("11", "3"), "far", 400, NULL);
    expect_many(&s, "?every=1", AHEAD("1", "1"), 1, 1, 2);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIST(others_come_with_the_first) LIST(one_comes_as_ever)
            LIST(a_question_waits_for_its_message) LIST(so_many_come) LIST(so_long_is_an_answer)
                cmocka_unit_test(messages_are_counted),
        cmocka_unit_test(bad_distances_are_refused),
    };
    return cmocka_run_group_tests(tests, stores_setup, stores_teardown);
}
