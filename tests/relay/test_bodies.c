/* Many messages in one request. */
#include "support/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/le.h"
#include "httpd/expect.h"
#include "httpd/records.h"
#include "relay/held.h"
#include "support/relay.h"

#define TOKEN(two) "Authorization: Bearer 0123456789abcdef0123456789abcd" two "\r\n"

/* A session of parties 0 and 1, of whom the first sends. */
typedef struct scene {
    uint16_t port;
    const char *name;
    char epoch[64]; /* a header line */
} scene;

static scene scene_open(uint16_t port, const char *name)
{
    static const char *const tokens[] = {TOKEN("a1"), TOKEN("b2")};
    scene s = {.port = port, .name = name};
    for (int i = 0; i < 2; i++) {
        char path[64];
        char value[32];
        (void)snprintf(path, sizeof path, "/join/%s/%d", name, i);
        http_response r = http_once(port, "PUT", path, tokens[i], "", 0);
        assert_int_equal(r.status, 200);
        assert_true(http_value(&r, "X-Polytune-Body", value, sizeof value));
        assert_true(http_value(&r, "X-Polytune-Session", value, sizeof value));
        (void)snprintf(s.epoch, sizeof s.epoch, "X-Polytune-Session: %s\r\n", value);
        http_clear(&r);
    }
    return s;
}

/* Appends a text as a record. */
static void put_record(buffer *b, const char *text, uint32_t flag)
{
    uint8_t head[RECORD_HEAD];
    le_put_u32(head, (uint32_t)strlen(text) | flag);
    buffer_put(b, head, sizeof head);
    buffer_put(b, text, strlen(text));
}

static buffer records_of(const char *const *texts, size_t n)
{
    buffer b;
    buffer_init(&b, 1 << 20);
    for (size_t i = 0; i < n; i++)
        put_record(&b, texts[i], 0);
    return b;
}

static const char *const numerals[] = {"one", "two", "three", "four", "five"};

static void expect_received(const http_response *r, const char *received)
{
    char value[24];
    assert_int_equal(r->status, 200);
    assert_true(http_value(r, "X-Polytune-Received", value, sizeof value));
    assert_string_equal(value, received);
}

/* The question which are there. */
static void expect_there(const scene *s, const char *received)
{
    char path[64];
    char lines[256];
    (void)snprintf(path, sizeof path, "/bodies/%s/0/1", s->name);
    (void)snprintf(lines, sizeof lines, "%s%s", s->epoch, TOKEN("a1"));
    http_response r = http_once(s->port, "GET", path, lines, "", 0);
    expect_received(&r, received);
    http_clear(&r);
}

/* Posts a body on an open connection; `query` with its question mark, or "". */
static void post(const scene *s, int fd, const char *query, const char *headers, const buffer *body)
{
    char path[128];
    char lines[384];
    (void)snprintf(path, sizeof path, "/bodies/%s/0/1%s", s->name, query);
    (void)snprintf(lines, sizeof lines, "%s%s", s->epoch, headers);
    assert_true(http_ask(fd, "POST", path, lines, body->bytes, body->len));
}

static int post_once(const scene *s, const char *headers, const buffer *body)
{
    const int fd = connect_to(s->port);
    post(s, fd, "", headers, body);
    http_response r = http_read(fd);
    const int status = r.status;
    http_clear(&r);
    (void)close(fd);
    return status;
}

#define FROM(number) "X-Polytune-Seq: " number "\r\n" TOKEN("a1")

/* The message of that number, which acknowledges those before. */
static void expect_message(const scene *s, unsigned number, int status, const char *text)
{
    char path[64];
    char lines[256];
    (void)snprintf(path, sizeof path, "/recv/%s/0/1", s->name);
    (void)snprintf(lines, sizeof lines, "%s%sX-Polytune-Seq: %u\r\n", s->epoch, TOKEN("b2"),
                   number);
    expect(s->port, "POST", path, lines, "", status, text);
}

static void expect_numerals(const scene *s, unsigned first, unsigned n)
{
    for (unsigned i = first; i < first + n; i++)
        expect_message(s, i, 200, numerals[i - 1]);
    expect_message(s, first + n, 400, NULL);
}

/* Begins a body that has no length, and sends some bytes of it. */
static int begin_chunked(const scene *s, const char *headers)
{
    char text[512];
    const int fd = connect_to(s->port);
    (void)snprintf(text, sizeof text,
                   "POST /bodies/%s/0/1?wait=60 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                   "chunked\r\n%s%s\r\n",
                   s->name, s->epoch, headers);
    write_text(fd, text);
    return fd;
}

static void write_chunk(int fd, const uint8_t *bytes, size_t len)
{
    char head[16];
    (void)snprintf(head, sizeof head, "%zx\r\n", len);
    write_text(fd, head);
    assert_true(http_write(fd, bytes, len));
    write_text(fd, "\r\n");
}

/* ---- what is taken ---- */

static void messages_can_be_had_before_the_body_ends(void **state)
{
    const scene s = scene_open(fixture_port(state), "stream");
    buffer b = records_of(numerals, 3);
    const int fd = begin_chunked(&s, FROM("1"));
    for (size_t at = 0; at < b.len; at++) /* wherever it is cut */
        write_chunk(fd, b.bytes + at, 1);
    wait_for_figure(s.port, "messages_waiting", 3);
    expect_there(&s, "3");
    expect_numerals(&s, 1, 3);
    write_text(fd, "0\r\n\r\n");
    http_response r = http_read(fd);
    expect_received(&r, "3");
    http_clear(&r);
    expect_there(&s, "3");
    buffer_clear(&b);
    (void)close(fd);
}

/* Who knows a body's length had all of it: then nothing is told of how it came. */
static void a_body_of_known_length_came_at_once(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.max_messages = 1});
    const scene s = scene_open(relay_server_port(server), "length");
    char came[24];
    buffer b = records_of(numerals, 2);
    const int fd = connect_to(s.port);
    post(&s, fd, "?wait=60", FROM("1"), &b);
    wait_until_held(s.port, 1);
    clock_sleep(20);
    expect_message(&s, 1, 200, "one");
    expect_message(&s, 2, 400, NULL); /* which makes room */
    http_response r = http_read(fd);
    expect_received(&r, "2");
    assert_true(http_value(&r, "X-Polytune-Body", came, sizeof came));
    assert_string_equal(came, "0");
    http_clear(&r);
    buffer_clear(&b);
    (void)close(fd);
    relay_server_free(server);
}

static void what_was_there_is_dropped(void **state)
{
    const scene s = scene_open(fixture_port(state), "again");
    buffer three = records_of(numerals, 3);
    buffer five = records_of(numerals, 5);
    assert_int_equal(post_once(&s, FROM("1"), &three), 200);
    assert_int_equal(post_once(&s, FROM("1"), &three), 200);
    assert_int_equal(post_once(&s, FROM("1"), &five), 200);
    expect_numerals(&s, 1, 5);
    assert_int_equal(post_once(&s, FROM("1"), &five), 200);
    expect_message(&s, 6, 400, NULL);
    buffer_clear(&three);
    buffer_clear(&five);
}

static void a_body_that_is_cut_leaves_what_was_whole(void **state)
{
    const scene s = scene_open(fixture_port(state), "cut");
    buffer b = records_of(numerals, 3);
    const int fd = begin_chunked(&s, FROM("1"));
    write_chunk(fd, b.bytes, b.len - 1);
    wait_for_figure(s.port, "messages_waiting", 2);
    (void)close(fd);
    wait_for_figure(s.port, "receiving_bytes", 0);
    expect_there(&s, "2");
    assert_int_equal(post_once(&s, FROM("1"), &b), 200);
    expect_numerals(&s, 1, 3);
    buffer_clear(&b);
}

static void a_body_waits_for_messages_before_it(void **state)
{
    const scene s = scene_open(fixture_port(state), "early");
    buffer first = records_of(numerals, 2);
    buffer b = records_of(numerals + 2, 3);
    const int fd = connect_to(s.port);
    post(&s, fd, "?wait=60", FROM("3") "X-Polytune-First: 1\r\n", &b);
    wait_until_held(s.port, 1);
    expect_there(&s, "0");
    assert_int_equal(post_once(&s, FROM("1"), &first), 200);
    http_response r = http_read(fd);
    expect_received(&r, "5");
    http_clear(&r);
    expect_numerals(&s, 1, 5);
    /* Not without waiting, nor for what its sender takes for settled. */
    assert_int_equal(post_once(&s, FROM("9") "X-Polytune-First: 6\r\n", &b), 0);
    assert_int_equal(post_once(&s, FROM("9"), &b), 0);
    expect_there(&s, "5");
    buffer_clear(&first);
    buffer_clear(&b);
    (void)close(fd);
}

static void a_body_waits_for_room(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.max_messages = 2});
    const scene s = scene_open(relay_server_port(server), "full");
    buffer b = records_of(numerals, 5);
    const int fd = connect_to(s.port);
    post(&s, fd, "?wait=60", FROM("1"), &b);
    wait_until_held(s.port, 1);
    for (unsigned i = 1; i <= 3; i++) {
        expect_message(&s, i, 200, numerals[i - 1]);
        expect_message(&s, i + 1, 200, numerals[i]);
        wait_for_figure(s.port, "messages_waiting", 2);
    }
    expect_message(&s, 5, 200, "five");
    http_response r = http_read(fd);
    expect_received(&r, "5");
    http_clear(&r);
    expect_numerals(&s, 5, 1);
    buffer_clear(&b);
    (void)close(fd);
    relay_server_free(server);
}

/* It is let go when its time is over, with what it waits for. */
static void a_body_does_not_wait_for_ever(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.max_messages = 2, .hold_max_ms = 20});
    const scene s = scene_open(relay_server_port(server), "over");
    buffer b = records_of(numerals, 5);
    const int fd = connect_to(s.port);
    post(&s, fd, "?wait=60", FROM("1"), &b);
    http_response r = http_read(fd);
    assert_int_equal(r.status, 0);
    http_clear(&r);
    wait_for_figure(s.port, "receiving_bytes", 0);
    expect_numerals(&s, 1, 2);
    buffer_clear(&b);
    (void)close(fd);
    relay_server_free(server);
}

/* Messages of a body are counted as others are: more than may come a second come later. */
static void many_at_once_come_one_after_the_other(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.session_requests = 20});
    const scene s = scene_open(relay_server_port(server), "pace");
    buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 60; i++)
        put_record(&b, "m", 0);
    assert_int_equal(post_once(&s, FROM("1"), &b), 200);
    wait_for_figure(s.port, "messages_waiting", 60);
    buffer_clear(&b);
    relay_server_free(server);
}

static void the_last_message_leaves(void **state)
{
    const scene s = scene_open(fixture_port(state), "bye");
    char left[8];
    buffer b = records_of(numerals, 2);
    const int fd = connect_to(s.port);
    post(&s, fd, "?leave=1", FROM("1"), &b);
    http_response r = http_read(fd);
    expect_received(&r, "2");
    assert_false(http_value(&r, "X-Polytune-Left", left, sizeof left));
    http_clear(&r);
    put_record(&b, "three", RECORD_FLAG);
    post(&s, fd, "?leave=1", FROM("1"), &b);
    r = http_read(fd);
    expect_received(&r, "3");
    assert_true(http_value(&r, "X-Polytune-Left", left, sizeof left));
    http_clear(&r);
    for (unsigned i = 1; i <= 3; i++)
        expect_message(&s, i, 200, numerals[i - 1]);
    expect_message(&s, 4, 410, NULL);
    buffer_clear(&b);
    (void)close(fd);
}

/* ---- what is refused ---- */

/* The messages before what is wrong are taken. */
static void bad_bodies_are_cut(void **state)
{
    static const uint32_t bad_lengths[] = {0, RECORD_MAX + 1, ~RECORD_FLAG, UINT32_MAX,
                                           RECORD_FLAG};
    static const char *const names[] = {"bad0", "bad1", "bad2", "bad3", "bad4"};
    for (size_t i = 0; i < sizeof bad_lengths / sizeof *bad_lengths; i++) {
        const scene s = scene_open(fixture_port(state), names[i]);
        buffer b = records_of(numerals, 2);
        uint8_t head[RECORD_HEAD];
        le_put_u32(head, bad_lengths[i]);
        buffer_put(&b, head, sizeof head);
        assert_int_equal(post_once(&s, FROM("1"), &b), 0);
        expect_numerals(&s, 1, 2);
        buffer_clear(&b);
    }
}

static void a_body_that_ends_within_a_message_is_refused(void **state)
{
    const scene s = scene_open(fixture_port(state), "within");
    buffer b = records_of(numerals, 2);
    b.len--;
    assert_int_equal(post_once(&s, FROM("1"), &b), 400);
    b.len = 2;
    assert_int_equal(post_once(&s, FROM("2"), &b), 400);
    expect_numerals(&s, 1, 1);
    wait_for_figure(s.port, "receiving_bytes", 0);
    buffer_clear(&b);
}

static void bodies_are_for_who_sits_there(void **state)
{
    scene s = scene_open(fixture_port(state), "whose");
    buffer b = records_of(numerals, 1);
    assert_int_equal(post_once(&s, "X-Polytune-Seq: 1\r\n" TOKEN("ff"), &b), 0);
    assert_int_equal(post_once(&s, "X-Polytune-Seq: 1\r\n", &b), 0);
    assert_int_equal(post_once(&s, TOKEN("a1"), &b), 400);
    char lines[256];
    (void)snprintf(lines, sizeof lines, "%s%s", s.epoch, TOKEN("ff"));
    expect(s.port, "GET", "/bodies/whose/0/1", lines, "", 403, NULL);
    expect(s.port, "GET", "/bodies/whose/0/1", s.epoch, "", 401, NULL);
    expect(s.port, "GET", "/bodies/whose/0/1", TOKEN("a1"), "", 400, NULL);
    expect(s.port, "PUT", "/bodies/whose/0/1", s.epoch, "", 405, NULL);
    /* Another session of that name. */
    (void)snprintf(s.epoch, sizeof s.epoch, "X-Polytune-Session: 0000000000000001\r\n");
    assert_int_equal(post_once(&s, FROM("1"), &b), 0);
    (void)snprintf(lines, sizeof lines, "%s%s", s.epoch, TOKEN("a1"));
    expect(s.port, "GET", "/bodies/whose/0/1", lines, "", 409, NULL);
    wait_for_figure(s.port, "messages_waiting", 0);
    buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_can_be_had_before_the_body_ends, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(what_was_there_is_dropped, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_body_that_is_cut_leaves_what_was_whole, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_body_waits_for_messages_before_it, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test(a_body_of_known_length_came_at_once),
        cmocka_unit_test(a_body_waits_for_room),
        cmocka_unit_test(a_body_does_not_wait_for_ever),
        cmocka_unit_test(many_at_once_come_one_after_the_other),
        cmocka_unit_test_setup_teardown(the_last_message_leaves, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(bad_bodies_are_cut, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_body_that_ends_within_a_message_is_refused, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(bodies_are_for_who_sits_there, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
