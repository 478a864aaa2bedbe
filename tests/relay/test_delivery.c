/* How the relay passes messages: waiting, numbering, seats, limits, expiry, stopping. */
#include "support/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "httpd/expect.h"
#include "relay/held.h"
#include "support/relay.h"

/* Lets the system keep only little of what arrives. */
static void hold_little(int fd)
{
    const int bytes = 4096;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
}

/* ---- waiting ---- */

static void a_waiting_recv_gets_the_message(void **state)
{
    const uint16_t port = fixture_port(state);
    const int fd = connect_to(port);
    for (int i = 0; i < 20; i++) {
        ask(fd, "POST", "/recv/wait/0/1?wait=60", "", "");
        wait_until_held(port, 1);
        expect(port, "POST", "/send/wait/0/1", "", "hello", 200, "");
        expect_next(fd, 200, "hello");
    }
    (void)close(fd);
}

static void waiting_ends(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.hold_max_ms = 20, .broker_wait_ms = 20});
    const uint16_t port = relay_server_port(server);
    expect(port, "POST", "/recv/w/0/1?wait=60", "", "", 400, NULL);
    expect(port, "POST", "/recv/w/0/1?wait=0", "", "", 400, NULL);
    expect(port, "POST", "/session/w/recv/1/0", "", "", 404, NULL);
    relay_server_free(server);
}

static void the_browser_brokers_paths_work(void **state)
{
    const uint16_t port = fixture_port(state);
    const int fd = connect_to(port);
    ask(fd, "POST", "/session/broker/recv/1/0", "", "");
    wait_until_held(port, 1);
    expect(port, "POST", "/session/broker/send/0/1", "", "to the browser", 200, "");
    expect_next(fd, 200, "to the browser");
    expect(port, "POST", "/session/broker/send/1/0", "", "back", 200, "");
    expect(port, "POST", "/recv/broker/1/0", "", "", 200, "back");
    (void)close(fd);
}

static void a_vanished_client_loses_no_message(void **state)
{
    const uint16_t port = fixture_port(state);
    int gone = connect_to(port);
    ask(gone, "POST", "/recv/gone/0/1?wait=60", "", "");
    wait_until_held(port, 1);
    (void)close(gone);
    /* A newer request takes its place. */
    const int fd = connect_to(port);
    ask(fd, "POST", "/recv/gone/0/1?wait=60", "", "");
    wait_until_held(port, 1);
    expect(port, "POST", "/send/gone/0/1", "", "one", 200, "");
    expect_next(fd, 200, "one");
    /* No newer one: the message is still there for the next. */
    gone = connect_to(port);
    ask(gone, "POST", "/recv/gone/0/1?wait=60", "", "");
    wait_until_held(port, 1);
    (void)close(gone);
    expect(port, "POST", "/send/gone/0/1", "", "two", 200, "");
    ask(fd, "POST", "/recv/gone/0/1", "", "");
    expect_next(fd, 200, "two");
    (void)close(fd);
}

/* It went away while the message was being written to it. */
static void a_message_that_was_not_taken_whole_is_kept(void **state)
{
    enum { BYTES = 4 << 20 };
    const uint16_t port = fixture_port(state);
    uint8_t *large = calloc(BYTES, 1);
    assert_non_null(large);
    http_response r = http_once(port, "POST", "/send/half/0/1", "", large, BYTES);
    assert_int_equal(r.status, 200);
    http_clear(&r);
    const int fd = connect_to(port);
    hold_little(fd);
    ask(fd, "POST", "/recv/half/0/1", "", "");
    wait_for_figure(port, "sending_bytes", BYTES);
    (void)close(fd); /* with most of it unread */
    wait_for_figure(port, "sending_bytes", 0);
    r = http_once(port, "POST", "/recv/half/0/1", "", "", 0);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.len, BYTES);
    http_clear(&r);
    free(large);
    expect(port, "POST", "/recv/half/0/1", "", "", 400, NULL);
}

static void the_newest_waiting_request_counts(void **state)
{
    const uint16_t port = fixture_port(state);
    const int older = connect_to(port);
    const int newer = connect_to(port);
    ask(older, "POST", "/recv/newest/0/1?wait=60", "", "");
    wait_until_held(port, 1);
    ask(newer, "POST", "/recv/newest/0/1?wait=60", "", "");
    expect_next(older, 400, NULL);
    expect(port, "POST", "/send/newest/0/1", "", "m", 200, "");
    expect_next(newer, 200, "m");
    (void)close(older);
    (void)close(newer);
}

static void seats_are_waited_for(void **state)
{
    const uint16_t port = fixture_port(state);
    const int fd = connect_to(port);
    ask(fd, "GET", "/participants/seats?wait=60&parties=2", "", "");
    wait_until_held(port, 1);
    expect(port, "PUT", "/join/seats/1", "", "", 200, "");
    wait_until_held(port, 1);
    expect(port, "PUT", "/join/seats/0", "", "", 200, "");
    expect_next(fd, 200, "[0,1]");
    (void)close(fd);
}

/* Who comes last need not ask for them. */
static void who_joins_is_told_the_seats(void **state)
{
    const uint16_t port = fixture_port(state);
    const int fd = connect_to(port);
    ask(fd, "PUT", "/join/told-seats/3", "X-Polytune-Terms: n=2\r\n", "");
    expect_next_with(fd, 200, "X-Polytune-Seats", "3");
    ask(fd, "PUT", "/join/told-seats/0", "", "");
    expect_next_with(fd, 200, "X-Polytune-Seats", "0,3");
    ask(fd, "PUT", "/join/told-seats/1", "X-Polytune-Terms: n=3\r\n", "");
    expect_next_with(fd, 200, "X-Polytune-Terms", "1 n=3, 3 n=2");
    ask(fd, "PUT", "/join/told-seats/1", "", "");
    expect_next_with(fd, 200, "X-Polytune-Ahead", "8");
    (void)close(fd);
}

/* Who runs something else is told at once, and so is who waits. */
static void seats_that_disagree_are_not_waited_for(void **state)
{
    const uint16_t port = fixture_port(state);
    const int fd = connect_to(port);
    const char *const own = "X-Polytune-Terms: n=3;x=1\r\n";
    expect(port, "PUT", "/join/odds/0", own, "", 200, "");
    ask(fd, "GET", "/participants/odds?wait=60&parties=9", own, "");
    wait_until_held(port, 1);
    expect(port, "PUT", "/join/odds/1", own, "", 200, "");
    expect(port, "PUT", "/join/odds/7", "", "", 200, "");
    wait_until_held(port, 1);
    expect(port, "PUT", "/join/odds/2", "X-Polytune-Terms: x=1;n=2\r\n", "", 200, "");
    expect_next_with(fd, 200, "X-Polytune-Terms", "0 n=3;x=1, 2 x=1;n=2");
    ask(fd, "GET", "/participants/odds?wait=60&parties=9", "X-Polytune-Terms: n=2\r\n", "");
    expect_next(fd, 200, "[0,1,2,7]");
    expect(port, "PUT", "/join/odds/3", "X-Polytune-Terms: no terms\r\n", "", 400, NULL);
    expect(port, "PUT", "/join/odds/3", "X-Polytune-Terms: a=1\r\nX-Polytune-Terms: a=1\r\n", "",
           400, NULL);
    (void)close(fd);
}

/* ---- numbered messages ---- */

static void repeated_sends_are_dropped(void **state)
{
    const int fd = connect_to(fixture_port(state));
    ask(fd, "POST", "/send/seq/0/1", "X-Polytune-Seq: 1\r\n", "one");
    expect_next_with(fd, 200, "X-Polytune-Seq", "1");
    ask(fd, "POST", "/send/seq/0/1", "X-Polytune-Seq: 1\r\n", "one");
    expect_next_with(fd, 200, "X-Polytune-Seq", "1");
    ask(fd, "POST", "/send/seq/0/1", "X-Polytune-Seq: 3\r\n", "three");
    expect_next(fd, 409, NULL);
    ask(fd, "POST", "/send/seq/0/1", "X-Polytune-Seq: 2\r\n", "two");
    expect_next(fd, 200, "");
    ask(fd, "POST", "/recv/seq/0/1", "", "");
    expect_next_with(fd, 200, "X-Polytune-Seq", NULL);
    ask(fd, "POST", "/recv/seq/0/1", "", "");
    expect_next(fd, 200, "two");
    ask(fd, "POST", "/recv/seq/0/1", "", "");
    expect_next(fd, 400, NULL);
    (void)close(fd);
}

static void a_message_is_kept_until_acknowledged(void **state)
{
    const uint16_t port = fixture_port(state);
    expect(port, "POST", "/send/ack/0/1", "X-Polytune-Seq: 1\r\n", "one", 200, "");
    expect(port, "POST", "/send/ack/0/1", "X-Polytune-Seq: 2\r\n", "two", 200, "");
    const int lost = connect_to(port);
    ask(lost, "POST", "/recv/ack/0/1", "X-Polytune-Seq: 1\r\n", "");
    (void)close(lost);
    const int fd = connect_to(port);
    for (int i = 0; i < 3; i++) {
        ask(fd, "POST", "/recv/ack/0/1", "X-Polytune-Seq: 1\r\n", "");
        expect_next(fd, 200, "one");
    }
    ask(fd, "POST", "/recv/ack/0/1", "X-Polytune-Seq: 2\r\n", "");
    expect_next_with(fd, 200, "X-Polytune-Seq", "2");
    ask(fd, "POST", "/recv/ack/0/1", "X-Polytune-Seq: 1\r\n", "");
    expect_next(fd, 409, NULL);
    ask(fd, "POST", "/recv/ack/0/1", "X-Polytune-Seq: 3\r\n", "");
    expect_next(fd, 400, NULL);
    ask(fd, "POST", "/recv/ack/0/1", "X-Polytune-Seq: 2\r\n", "");
    expect_next(fd, 409, NULL);
    ask(fd, "POST", "/recv/ack/0/1", "X-Polytune-Seq: 9\r\n", "");
    expect_next(fd, 409, NULL);
    ask(fd, "POST", "/recv/ack/0/1?wait=60", "X-Polytune-Seq: 3\r\n", "");
    wait_until_held(port, 1);
    expect(port, "POST", "/send/ack/0/1", "X-Polytune-Seq: 3\r\n", "three", 200, "");
    expect_next(fd, 200, "three");
    ask(fd, "POST", "/recv/never/0/1", "X-Polytune-Seq: 2\r\n", "");
    expect_next(fd, 409, NULL);
    (void)close(fd);
}

#define AHEAD(number, first) "X-Polytune-Seq: " number "\r\nX-Polytune-First: " first "\r\n"

static void an_early_message_is_held(void **state)
{
    const uint16_t port = fixture_port(state);
    const int two = connect_to(port);
    const int three = connect_to(port);
    ask(three, "POST", "/send/turn/0/1?wait=60", AHEAD("3", "1"), "three");
    wait_until_held(port, 1);
    ask(two, "POST", "/send/turn/0/1?wait=60", AHEAD("2", "1"), "two");
    wait_until_held(port, 2);
    /* The same again takes its place, and others do not. */
    const int again = connect_to(port);
    ask(again, "POST", "/send/turn/0/1?wait=60", AHEAD("3", "1"), "three");
    expect_next(three, 429, NULL);
    expect(port, "POST", "/recv/turn/0/1", "X-Polytune-Seq: 1\r\n", "", 400, NULL);
    expect(port, "POST", "/send/turn/0/1", AHEAD("1", "1"), "one", 200, "");
    expect_next_with(two, 200, "X-Polytune-Seq", "2");
    expect_next_with(again, 200, "X-Polytune-Seq", "3");
    expect(port, "POST", "/recv/turn/0/1", "X-Polytune-Seq: 1\r\n", "", 200, "one");
    expect(port, "POST", "/recv/turn/0/1", "X-Polytune-Seq: 2\r\n", "", 200, "two");
    expect(port, "POST", "/recv/turn/0/1", "X-Polytune-Seq: 3\r\n", "", 200, "three");
    (void)close(two);
    (void)close(three);
    (void)close(again);
}

static void gaps_and_far_numbers_are_refused(void **state)
{
    const uint16_t port = fixture_port(state);
    /* Nobody waits, so it is told to come again; or what is before it was said to be here. */
    expect(port, "POST", "/send/gap/0/1", AHEAD("2", "1"), "two", 429, NULL);
    expect(port, "POST", "/send/gap/0/1?wait=60", AHEAD("3", "2"), "three", 409, NULL);
    expect(port, "POST", "/send/gap/0/1?wait=60", "X-Polytune-Seq: 2\r\n", "two", 409, NULL);
    expect(port, "POST", "/send/gap/0/1?wait=60", AHEAD("9", "1"), "far", 400, NULL);
    expect(port, "POST", "/send/gap/0/1?wait=60", AHEAD("1", "2"), "behind", 400, NULL);
    expect(port, "POST", "/send/gap/0/1?wait=60", AHEAD("1", "0"), "zero", 400, NULL);
    expect(port, "POST", "/send/gap/0/1?wait=60", AHEAD("2", "1") "X-Polytune-First: 1\r\n", "",
           400, NULL);
    expect(port, "POST", "/send/gap/0/1?wait=60", "X-Polytune-First: 1\r\n", "alone", 400, NULL);
    expect(port, "POST", "/recv/gap/0/1?wait=60", AHEAD("9", "1"), "", 400, NULL);
    expect(port, "POST", "/recv/gap/0/1?wait=60", AHEAD("3", "2"), "", 409, NULL);
}

static void two_requests_wait_for_two_messages(void **state)
{
    const uint16_t port = fixture_port(state);
    const int first = connect_to(port);
    const int second = connect_to(port);
    ask(second, "POST", "/recv/polls/0/1?wait=60", AHEAD("2", "1"), "");
    wait_until_held(port, 1);
    ask(first, "POST", "/recv/polls/0/1?wait=60", AHEAD("1", "1"), "");
    wait_until_held(port, 2);
    expect(port, "POST", "/send/polls/0/1", "X-Polytune-Seq: 1\r\n", "one", 200, "");
    expect_next(first, 200, "one");
    wait_until_held(port, 1);
    expect(port, "POST", "/send/polls/0/1", "X-Polytune-Seq: 2\r\n", "two", 200, "");
    expect_next(second, 200, "two");
    /* Neither has been acknowledged. */
    expect(port, "POST", "/recv/polls/0/1", AHEAD("2", "1"), "", 200, "two");
    expect(port, "POST", "/recv/polls/0/1", AHEAD("1", "1"), "", 200, "one");
    (void)close(first);
    (void)close(second);
}

/* ---- seats and session tokens ---- */

/* The header line of a token. */
#define TOKEN(name) "Authorization: Bearer token-of-22-characters-" name "\r\n"

/* Joins with a token; returns the status and the session's header line. */
static int join(uint16_t port, const char *path, const char *token, char *ret_header, size_t size)
{
    char epoch[32] = "";
    http_response r = http_once(port, "PUT", path, token, "", 0);
    const int status = r.status;
    if (http_value(&r, "X-Polytune-Session", epoch, sizeof epoch))
        (void)snprintf(ret_header, size, "X-Polytune-Session: %s\r\n", epoch);
    http_clear(&r);
    return status;
}

/* Two header lines in one. */
static const char *both(char (*ret_lines)[256], const char *header, const char *token)
{
    (void)snprintf(*ret_lines, sizeof *ret_lines, "%s%s", header, token);
    return *ret_lines;
}

static void a_seat_has_one_client(void **state)
{
    const uint16_t port = fixture_port(state);
    char first[64];
    char again[64];
    assert_int_equal(join(port, "/join/one/0", TOKEN("a1"), first, sizeof first), 200);
    assert_int_equal(join(port, "/join/one/0", TOKEN("a1"), again, sizeof again), 200);
    assert_string_equal(first, again);
    assert_int_equal(join(port, "/join/one/0", TOKEN("b2"), again, sizeof again), 409);
    assert_int_equal(join(port, "/join/one/1", TOKEN("b2"), again, sizeof again), 200);
    assert_string_equal(first, again);
    expect(port, "PUT", "/join/one/0", "", "", 409, NULL);
    /* Clients without tokens are not told apart. */
    expect(port, "PUT", "/join/one/2", "", "", 200, "");
    expect(port, "PUT", "/join/one/2", "", "", 200, "");
}

static void a_session_ends_when_all_have_left(void **state)
{
    const uint16_t port = fixture_port(state);
    char old[64];
    char header[64];
    assert_int_equal(join(port, "/join/end/0", TOKEN("a1"), old, sizeof old), 200);
    assert_int_equal(join(port, "/join/end/1", TOKEN("b2"), header, sizeof header), 200);
    char lines[256];
    expect(port, "POST", "/send/end/0/1", both(&lines, old, TOKEN("a1")), "last words", 200, "");
    expect(port, "DELETE", "/join/end/0", TOKEN("ff"), "", 403, NULL);
    expect(port, "DELETE", "/join/end/0", TOKEN("a1"), "", 200, "");
    expect(port, "GET", "/participants/end", "", "", 200, "[0,1]");
    /* The next run has to wait until this one is over. */
    http_response r = http_once(port, "PUT", "/join/end/0", TOKEN("c3"), "", 0);
    char value[8];
    assert_int_equal(r.status, 409);
    assert_true(http_value(&r, "Retry-After", value, sizeof value));
    http_clear(&r);
    expect(port, "POST", "/recv/end/0/1", both(&lines, old, TOKEN("b2")), "", 200, "last words");
    expect(port, "DELETE", "/join/end/1", TOKEN("b2"), "", 200, "");
    expect(port, "GET", "/participants/end", "", "", 200, "[]");
    assert_int_equal(join(port, "/join/end/0", TOKEN("c3"), header, sizeof header), 200);
    assert_string_not_equal(old, header);
    /* Who still means the old one is told. */
    expect(port, "POST", "/send/end/0/1", old, "m", 409, NULL);
    expect(port, "POST", "/recv/end/0/1?wait=60", old, "", 409, NULL);
    expect(port, "GET", "/participants/end", old, "", 409, NULL);
}

/* Who comes first is told of who comes soon, with one answer. */
static void joining_may_wait_for_the_others(void **state)
{
    const uint16_t port = fixture_port(state);
    const int fd = connect_to(port);
    ask(fd, "PUT", "/join/all/0?wait=60&parties=2", TOKEN("a1"), "");
    wait_until_held(port, 1);
    expect(port, "GET", "/participants/all", "", "", 200, "[0]");
    expect(port, "PUT", "/join/all/0", TOKEN("ff"), "", 409, NULL);
    wait_until_held(port, 1);
    expect(port, "PUT", "/join/all/1?wait=60&parties=2", TOKEN("b2"), "", 200, "");
    expect_next_with(fd, 200, "X-Polytune-Seats", "0,1");
    /* Not longer than it says, and not for who runs something else. */
    expect(port, "PUT", "/join/few/0?wait=0&parties=9", TOKEN("a1") "X-Polytune-Terms: n=2\r\n", "",
           200, "");
    ask(fd, "PUT", "/join/few/1?wait=60&parties=9", "X-Polytune-Terms: n=3\r\n", "");
    expect_next_with(fd, 200, "X-Polytune-Seats", "0,1");
    (void)close(fd);
}

/* Whatever comes first: the last message waits for those before it. */
static void a_last_message_leaves(void **state)
{
    const uint16_t port = fixture_port(state);
    const int fd = connect_to(port);
    char header[64];
    char lines[256];
    char more[320];
    assert_int_equal(join(port, "/join/last/0", TOKEN("a1"), header, sizeof header), 200);
    assert_int_equal(join(port, "/join/last/1", TOKEN("b2"), header, sizeof header), 200);
    (void)both(&lines, header, TOKEN("a1"));
    (void)snprintf(more, sizeof more, AHEAD("2", "1") "%s", lines);
    ask(fd, "POST", "/send/last/0/1?wait=60&leave=1", more, "bye");
    wait_until_held(port, 1);
    expect(port, "GET", "/participants/last", "", "", 200, "[0,1]");
    (void)snprintf(more, sizeof more, "X-Polytune-Seq: 1\r\n%s", lines);
    expect(port, "POST", "/send/last/0/1?leave=0", more, "words", 200, "");
    expect_next_with(fd, 200, "X-Polytune-Left", "true");
    (void)both(&lines, header, TOKEN("b2"));
    static const struct {
        const char *number;
        int status;
        const char *body;
    } received[] = {{"1", 200, "words"}, {"2", 200, "bye"}, {"3", 410, NULL}};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(more, sizeof more, "X-Polytune-Seq: %s\r\n%s", received[i].number, lines);
        expect(port, "POST", "/recv/last/0/1", more, "", received[i].status, received[i].body);
    }
    (void)close(fd);
}

static void leaving_before_anything_was_sent_frees_the_seat(void **state)
{
    const uint16_t port = fixture_port(state);
    char header[64];
    assert_int_equal(join(port, "/join/early/0", TOKEN("a1"), header, sizeof header), 200);
    assert_int_equal(join(port, "/join/early/1", TOKEN("b2"), header, sizeof header), 200);
    expect(port, "DELETE", "/join/early/0", TOKEN("a1"), "", 200, "");
    expect(port, "GET", "/participants/early", "", "", 200, "[1]");
    assert_int_equal(join(port, "/join/early/0", TOKEN("c3"), header, sizeof header), 200);
}

/* Joins until that works, which takes as long as it takes the relay to hear of a closed socket. */
static void join_soon(uint16_t port, const char *path, const char *client, char *ret_header,
                      size_t size)
{
    int status;
    while ((status = join(port, path, client, ret_header, size)) != 200)
        assert_int_equal(status, 409);
}

static void the_seat_of_a_client_that_died_is_free(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.timeout_ms = 4000});
    const uint16_t port = relay_server_port(server);
    char first[64];
    char header[64];
    char request[256];
    for (int used = 0; used < 2; used++) {
        const char *path = used ? "/join/died-2/0" : "/join/died-1/0";
        assert_int_equal(join(port, path, TOKEN("a1"), first, sizeof first), 200);
        if (used)
            expect(port, "POST", "/send/died-2/1/0", first, "m", 200, "");
        const int fd = connect_to(port);
        (void)snprintf(request, sizeof request, "%s" TOKEN("a1"), first);
        ask(fd, "POST", used ? "/recv/died-2/2/0?wait=60" : "/recv/died-1/2/0?wait=60", request,
            "");
        wait_until_held(port, 1);
        http_response r = http_once(port, "PUT", path, TOKEN("b2"), "", 0);
        char value[8];
        assert_int_equal(r.status, 409);
        assert_false(http_value(&r, "Retry-After", value, sizeof value));
        http_clear(&r);
        (void)close(fd);
        join_soon(port, path, TOKEN("b2"), header, sizeof header);
        /* Where messages have flowed, a new session begins. */
        if (used)
            assert_string_not_equal(first, header);
        assert_int_equal(join(port, path, TOKEN("b2"), header, sizeof header), 200);
        /* The dead request may still be held; a newer one takes its place. */
        const int other = connect_to(port);
        ask(other, "POST", used ? "/recv/died-2/2/0?wait=60" : "/recv/died-1/2/0?wait=60",
            TOKEN("b2"), "");
        wait_until_held(port, 1);
        expect(port, "POST", used ? "/send/died-2/2/0" : "/send/died-1/2/0", "", "x", 200, "");
        expect_next(other, 200, "x");
        (void)close(other);
    }
    relay_server_free(server);
}

static void an_abandoned_seat_can_be_taken_anew(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.timeout_ms = 1});
    const uint16_t port = relay_server_port(server);
    char old[64];
    char header[64];
    assert_int_equal(join(port, "/join/take/0", TOKEN("a1"), old, sizeof old), 200);
    join_soon(port, "/join/take/0", TOKEN("b2"), old, sizeof old);
    char lines[256];
    expect(port, "POST", "/send/take/0/1", both(&lines, old, TOKEN("b2")), "m", 200, NULL);
    join_soon(port, "/join/take/0", TOKEN("c3"), header, sizeof header);
    assert_string_not_equal(old, header);
    expect(port, "POST", "/send/take/0/1", old, "m", 409, NULL);
    expect(port, "POST", "/send/take/0/1", both(&lines, header, TOKEN("c3")), "m", 200, NULL);
    relay_server_free(server);
}

/* Whatever way a party waits, nobody else gets its seat. */
static void a_waiting_party_keeps_its_seat(void **state)
{
    static const char *const waits[] = {"/participants/keep?wait=0",
                                        "/participants/keep?wait=60&parties=2",
                                        "/recv/keep/1/0?wait=60"};
    (void)state;
    relay_server *server = fixture_start((relay_options){.timeout_ms = 2000, .needs_tokens = true});
    const uint16_t port = relay_server_port(server);
    char header[64];
    assert_int_equal(join(port, "/join/keep/0", TOKEN("a1"), header, sizeof header), 200);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        int fd = -1;
        for (int times = 0; times < 12; times++) {
            if (times == 0 || i == 0) {
                fd = connect_to(port);
                ask(fd, i < 2 ? "GET" : "POST", waits[i], TOKEN("a1"), "");
            }
            (void)poll(NULL, 0, 200);
            assert_int_equal(join(port, "/join/keep/0", TOKEN("b2"), header, sizeof header), 409);
            if (i == 0)
                (void)close(fd);
        }
        if (i != 0)
            (void)close(fd);
    }
    relay_server_free(server);
}

/* ---- death ---- */

/* Party 1 waits for party 0's next message, on a connection that is returned. */
static int wait_for_party_0(uint16_t port, const char *session)
{
    char header[64];
    char path[64];
    char lines[256];
    (void)snprintf(path, sizeof path, "/join/%s/0", session);
    assert_int_equal(join(port, path, TOKEN("a1"), header, sizeof header), 200);
    (void)snprintf(path, sizeof path, "/join/%s/1", session);
    assert_int_equal(join(port, path, TOKEN("b2"), header, sizeof header), 200);
    (void)snprintf(path, sizeof path, "/send/%s/1/0", session);
    expect(port, "POST", path, both(&lines, header, TOKEN("b2")), "m", 200, "");
    const int fd = connect_to(port);
    (void)snprintf(path, sizeof path, "/recv/%s/0/1?wait=60", session);
    ask(fd, "POST", path, both(&lines, header, TOKEN("b2")), "");
    wait_until_held(port, 1);
    return fd;
}

static void who_leaves_is_told_at_once(void **state)
{
    const uint16_t port = fixture_port(state);
    const int fd = wait_for_party_0(port, "bye");
    const uint64_t start = clock_ms();
    expect(port, "DELETE", "/join/bye/0", TOKEN("a1"), "", 200, "");
    expect_next(fd, 410, NULL);
    assert_in_range(clock_ms() - start, 0, 10000); /* not after a quarter of the 60 s */
    (void)close(fd);
}

static void who_dies_is_told_soon(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.timeout_ms = 8000});
    const uint16_t port = relay_server_port(server);
    const int fd = wait_for_party_0(port, "kill");
    /* Party 0 waits too, and comes back a moment after its connection has ended. */
    uint64_t start = 0;
    for (int i = 0; i < 4; i++) {
        const int dies = connect_to(port);
        ask(dies, "POST", "/recv/kill/2/0?wait=60", TOKEN("a1"), "");
        wait_until_held(port, 2);
        (void)poll(NULL, 0, 800);
        start = clock_ms();
        (void)close(dies);
        wait_until_held(port, 1);
    }
    expect_next(fd, 410, "party 0 has left the session\n");
    assert_in_range(clock_ms() - start, 1500, 7900); /* 8 s / 4, and two sweeps */
    (void)close(fd);
    relay_server_free(server);
}

static void who_is_silent_is_told_later(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.timeout_ms = 3000});
    const uint16_t port = relay_server_port(server);
    const int silent = connect_to(port);
    const int fd = wait_for_party_0(port, "silent");
    const uint64_t start = clock_ms();
    ask(silent, "GET", "/participants/silent", TOKEN("a1"), "");
    expect_next(silent, 200, "[0,1]");
    expect_next(fd, 410, NULL);
    assert_in_range(clock_ms() - start, 2900, 30000); /* before the 60 s of waiting are over */
    (void)close(fd);
    (void)close(silent);
    relay_server_free(server);
}

static void timeouts_are_told_when_joining(void **state)
{
    static const struct {
        const char *told;
        const char *counts;
    } rows[] = {{"", "60000"},
                {"X-Polytune-Timeout: 1\r\n", "8000"},
                {"X-Polytune-Timeout: 120000\r\n", "120000"},
                {"X-Polytune-Timeout: 4000000000\r\n", "3600000"}};
    static const char *const bad[] = {"0", "-1", "x", "1.5", "4294967296", ""};
    const uint16_t port = fixture_port(state);
    char text[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        http_response r = http_once(port, "PUT", "/join/told/0", rows[i].told, "", 0);
        assert_int_equal(r.status, 200);
        assert_true(http_value(&r, "X-Polytune-Timeout", text, sizeof text));
        assert_string_equal(text, rows[i].counts);
        http_clear(&r);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(text, sizeof text, "X-Polytune-Timeout: %s\r\n", bad[i]);
        expect(port, "PUT", "/join/told/0", text, "", 400, NULL);
    }
}

/* ---- limits ---- */

static void an_address_has_its_share_of_waiting(void **state)
{
    (void)state;
    relay_server *server =
        fixture_start((relay_options){.max_connections = 40, .address_share = 25});
    const uint16_t port = relay_server_port(server);
    int fds[8];
    for (size_t i = 0; i < 8; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/recv/share/0/%zu?wait=60", i);
        fds[i] = connect_to(port);
        ask(fds[i], "POST", path, "", "");
    }
    wait_until_held(port, 8);
    /* The ninth, tenth and eleventh connection are welcome, the twelfth is not. */
    const int ninth = connect_to(port);
    ask(ninth, "GET", "/ping", "", "");
    expect_next(ninth, 200, "pong");
    const int tenth = connect_to(port);
    ask(tenth, "GET", "/ping", "", "");
    expect_next(tenth, 200, "pong");
    const int eleventh = connect_to(port);
    ask(eleventh, "GET", "/ping", "", "");
    expect_next(eleventh, 200, "pong");
    const int twelfth = connect_to(port);
    (void)http_ask(twelfth, "GET", "/ping", "", "", 0);
    expect_next(twelfth, 0, NULL);
    ask(tenth, "GET", "/metrics", "", "");
    http_response figures = http_read(tenth);
    assert_int_equal(figures.status, 200);
    assert_non_null(strstr((const char *)figures.body,
                           "\npolytune_relay_refused_total{reason=\"address_connections\"} 1\n"));
    http_clear(&figures);
    (void)close(ninth);
    (void)close(tenth);
    (void)close(eleventh);
    (void)close(twelfth);
    for (size_t i = 0; i < 8; i++)
        (void)close(fds[i]);
    relay_server_free(server);
    /* Behind a proxy it is waiting that counts, by the address that the proxy tells. */
    server = fixture_start(
        (relay_options){.max_connections = 8, .address_share = 25, .trust_forwarded = true});
    const uint16_t proxied = relay_server_port(server);
    for (size_t i = 0; i < 4; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/recv/share/0/%zu?wait=60", i);
        fds[i] = connect_to(proxied);
        ask(fds[i], "POST", path, i < 3 ? "X-Forwarded-For: 192.0.2.1\r\n" : "", "");
    }
    wait_until_held(proxied, 4);
    const int more = connect_to(proxied);
    ask(more, "POST", "/recv/share/0/9?wait=60", "X-Forwarded-For: 192.0.2.1\r\n", "");
    expect_next(more, 429, "full: this address has its address-share of waiting requests\n");
    (void)close(more);
    for (size_t i = 0; i < 4; i++)
        (void)close(fds[i]);
    relay_server_free(server);
}

static void full_queues_are_429(void **state)
{
    (void)state;
    relay_server *server =
        fixture_start((relay_options){.max_queue_bytes = 100, .max_messages = 5});
    const uint16_t port = relay_server_port(server);
    const int fd = connect_to(port);
    char body[81] = {0};
    memset(body, 'x', 80);
    ask(fd, "POST", "/send/full/0/1", "", body);
    expect_next(fd, 200, "");
    ask(fd, "POST", "/send/full/0/1", "", body);
    expect_next_with(fd, 429, "Retry-After", "1");
    ask(fd, "POST", "/send/full/1/0", "", body);
    expect_next(fd, 200, "");
    ask(fd, "POST", "/recv/full/0/1", "", "");
    expect_next(fd, 200, body);
    for (int i = 0; i < 5; i++) {
        ask(fd, "POST", "/send/full/0/1", "", "");
        expect_next(fd, 200, "");
    }
    ask(fd, "POST", "/send/full/0/1", "", "");
    expect_next_with(fd, 429, "Retry-After", "1");
    (void)close(fd);
    relay_server_free(server);
}

static void a_send_can_wait_for_room(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.max_queue_bytes = 10});
    const uint16_t port = relay_server_port(server);
    const int fd = connect_to(port);
    expect(port, "POST", "/send/room/0/1", "", "12345678", 200, "");
    ask(fd, "POST", "/send/room/0/1?wait=60", "", "abcdefgh");
    wait_until_held(port, 1);
    expect(port, "POST", "/recv/room/0/1", "", "", 200, "12345678");
    expect_next(fd, 200, "");
    expect(port, "POST", "/recv/room/0/1", "", "", 200, "abcdefgh");
    (void)close(fd);
    relay_server_free(server);
}

static void sessions_and_bytes_are_limited(void **state)
{
    (void)state;
    relay_server *server = fixture_start(
        (relay_options){.max_sessions = 2, .max_bytes = 20000, .max_session_bytes = 9000});
    const uint16_t port = relay_server_port(server);
    static char body[8001];
    memset(body, 'x', 8000);
    expect(port, "PUT", "/join/a/0", "", "", 200, NULL);
    expect(port, "PUT", "/join/b/0", "", "", 200, NULL);
    expect(port, "PUT", "/join/c/0", "", "", 429, NULL);
    expect(port, "POST", "/send/c/0/1", "", "m", 429, NULL);
    expect(port, "POST", "/send/a/0/1", "", body, 200, NULL);
    expect(port, "POST", "/send/a/0/2", "", body, 429, NULL);
    expect(port, "POST", "/send/b/0/1", "", body, 200, NULL);
    /* While it is being received a request counts, too. */
    expect(port, "POST", "/send/b/0/2", "", body, 429, "full: the relay has max-bytes\n");
    expect(port, "POST", "/recv/a/0/1", "", "", 200, body);
    expect(port, "POST", "/recv/b/0/1", "", "", 200, body);
    expect(port, "POST", "/send/b/0/2", "", body, 200, NULL);
    relay_server_free(server);
}

#define FROM(address) "X-Forwarded-For: " address "\r\n"

/* Bodies that never come whole are an address's as much as those that wait. */
static void an_address_has_its_share_of_what_is_received(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){
        .max_bytes = 100000, .max_connections = 100, .address_share = 25, .trust_forwarded = true});
    const uint16_t port = relay_server_port(server);
    static char body[20001];
    memset(body, 'x', 20000);
    const int slow = connect_to(port);
    write_text(slow, "POST /send/a/0/1 HTTP/1.1\r\nHost: r\r\n" FROM(
                         "192.0.2.1") "Content-Length: 20000\r\n\r\n");
    write_text(slow, body + 1);
    wait_for_figure(port, "receiving_bytes", 19999);
    expect(port, "POST", "/send/b/0/1", FROM("192.0.2.1"), body, 429,
           "full: this address has its address-share of bytes\n");
    wait_for_figure(port, "receiving_bytes", 19999);
    expect(port, "POST", "/send/c/0/1", FROM("192.0.2.2"), body, 200, "");
    write_text(slow, "x");
    expect_next(slow, 200, "");
    wait_for_figure(port, "receiving_bytes", 0);
    (void)close(slow);
    relay_server_free(server);
}

/* A message that nobody takes is kept until it is written, whatever was acknowledged since. */
static void an_address_has_its_share_of_what_is_sent(void **state)
{
    (void)state;
    enum { LEN = 4 << 20 };
    relay_server *server = fixture_start((relay_options){.max_bytes = (size_t)100 << 20,
                                                         .max_connections = 100,
                                                         .address_share = 6,
                                                         .trust_forwarded = true});
    const uint16_t port = relay_server_port(server);
    char *body = calloc(1, LEN + 1);
    assert_non_null(body);
    memset(body, 'x', LEN);
    expect(port, "POST", "/send/a/0/1", FROM("192.0.2.1"), body, 200, "");
    free(body);
    const int slow = connect_to(port);
    hold_little(slow);
    ask(slow, "POST", "/recv/a/0/1", FROM("192.0.2.2") "X-Polytune-Seq: 1\r\n", "");
    wait_for_figure(port, "sending_bytes", LEN);
    expect(port, "POST", "/recv/a/0/1", FROM("192.0.2.2") "X-Polytune-Seq: 1\r\n", "", 429,
           "full: this address has its address-share of bytes\n");
    expect(port, "POST", "/recv/a/0/1", FROM("192.0.2.3") "X-Polytune-Seq: 1\r\n", "", 200, NULL);
    (void)close(slow);
    wait_for_figure(port, "sending_bytes", 0);
    expect(port, "POST", "/recv/a/0/1", FROM("192.0.2.2") "X-Polytune-Seq: 1\r\n", "", 200, NULL);
    relay_server_free(server);
}

static void unused_sessions_expire(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.expiry_ms = 50});
    const uint16_t port = relay_server_port(server);
    const int fd = connect_to(port);
    char header[64];
    char request[256];
    assert_int_equal(join(port, "/join/old/0", TOKEN("a1"), header, sizeof header), 200);
    expect(port, "POST", "/send/old/0/1", TOKEN("a1"), "m", 200, "");
    for (bool there = true; there;) {
        http_response r = http_once(port, "GET", "/participants/old", "", "", 0);
        there = r.len > 2;
        http_clear(&r);
    }
    (void)snprintf(request, sizeof request, "%sX-Polytune-Seq: 2\r\n" TOKEN("a1"), header);
    ask(fd, "POST", "/send/old/0/1", request, "m");
    expect_next(fd, 409, NULL);
    /* Also under a request that waits in it. */
    assert_int_equal(join(port, "/join/old/0", TOKEN("a1"), header, sizeof header), 200);
    (void)snprintf(request, sizeof request, "%s" TOKEN("a1"), header);
    ask(fd, "POST", "/recv/old/1/0?wait=60", request, "");
    expect_next(fd, 409, NULL);
    (void)close(fd);
    relay_server_free(server);
}

/* ---- two whole clients that know the plain paths only ---- */

typedef struct plain_client {
    uint16_t port;
    int party;
    pthread_t thread;
    bool ok;
} plain_client;

/* Asks until the answer is 200; anything but 400 in between is an error. */
static bool poll_for(int fd, const char *path, char *ret_text, size_t size)
{
    for (;;) {
        if (!http_ask(fd, "POST", path, "", "", 0))
            return false;
        http_response r = http_read(fd);
        const int status = r.status;
        if (status == 200)
            (void)snprintf(ret_text, size, "%s", (char *)r.body);
        http_clear(&r);
        if (status != 400)
            return status == 200;
    }
}

static void *run_plain_client(void *user)
{
    plain_client *c = user;
    char path[64];
    char text[32];
    char expected[32];
    const int fd = http_connect(c->port);
    (void)snprintf(path, sizeof path, "/join/clients/%d", c->party);
    (void)http_ask(fd, "PUT", path, "", "", 0);
    http_response r = http_read(fd);
    c->ok = r.status == 200;
    for (bool all = false; c->ok && !all;) {
        http_clear(&r);
        (void)http_ask(fd, "GET", "/participants/clients", "", "", 0);
        r = http_read(fd);
        c->ok = r.status == 200;
        all = c->ok && strcmp((char *)r.body, "[0,1]") == 0;
    }
    http_clear(&r);
    for (int i = 0; c->ok && i < 50; i++) {
        (void)snprintf(path, sizeof path, "/send/clients/%d/%d", c->party, 1 - c->party);
        (void)snprintf(text, sizeof text, "%d from %d", i, c->party);
        (void)http_ask(fd, "POST", path, "", text, strlen(text));
        r = http_read(fd);
        (void)snprintf(path, sizeof path, "/recv/clients/%d/%d", 1 - c->party, c->party);
        (void)snprintf(expected, sizeof expected, "%d from %d", i, 1 - c->party);
        c->ok =
            r.status == 200 && poll_for(fd, path, text, sizeof text) && strcmp(text, expected) == 0;
        http_clear(&r);
    }
    (void)close(fd);
    return NULL;
}

static void two_plain_clients_work_together(void **state)
{
    plain_client clients[2];
    for (int i = 0; i < 2; i++) {
        clients[i] = (plain_client){.port = fixture_port(state), .party = i};
        assert_int_equal(pthread_create(&clients[i].thread, NULL, run_plain_client, &clients[i]),
                         0);
    }
    for (int i = 0; i < 2; i++)
        (void)pthread_join(clients[i].thread, NULL);
    assert_true(clients[0].ok);
    assert_true(clients[1].ok);
}

/* ---- starting and stopping ---- */

static void stopping_answers_who_waits(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){0});
    const uint16_t port = relay_server_port(server);
    const int fd = connect_to(port);
    const int idle = connect_to(port);
    ask(fd, "POST", "/recv/stop/0/1?wait=60", "", "");
    wait_until_held(port, 1);
    relay_server_request_stop(server);
    relay_server_request_stop(server);
    expect_next_with(fd, 503, "Retry-After", "1");
    relay_server_wait(server);
    assert_true(http_connect(port) < 0);
    (void)close(fd);
    (void)close(idle);
    relay_server_free(server);
    relay_server_free(NULL);
}

static void a_server_that_cannot_start_says_why(void **state)
{
    relay_server *server = NULL;
    pt_error error;
    assert_int_equal(
        relay_server_start(&server, &(relay_options){.address = "no such host"}, &error),
        PT_ERR_USAGE);
    assert_non_null(strstr(error.message, "no such host"));
    assert_int_equal(
        relay_server_start(&server, &(relay_options){.port = fixture_port(state)}, &error),
        PT_ERR_IO);
    assert_non_null(strstr(error.message, "cannot listen on 127.0.0.1"));
    assert_null(server);
}

/* A pattern for the names of the cases may be given. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waiting_recv_gets_the_message),
        cmocka_unit_test(waiting_ends),
        cmocka_unit_test(the_browser_brokers_paths_work),
        cmocka_unit_test(a_vanished_client_loses_no_message),
        cmocka_unit_test(a_message_that_was_not_taken_whole_is_kept),
        cmocka_unit_test(the_newest_waiting_request_counts),
        cmocka_unit_test(seats_are_waited_for),
        cmocka_unit_test(who_joins_is_told_the_seats),
        cmocka_unit_test(joining_may_wait_for_the_others),
        cmocka_unit_test(a_last_message_leaves),
        cmocka_unit_test(an_early_message_is_held),
        cmocka_unit_test(gaps_and_far_numbers_are_refused),
        cmocka_unit_test(two_requests_wait_for_two_messages),
        cmocka_unit_test(seats_that_disagree_are_not_waited_for),
        cmocka_unit_test(repeated_sends_are_dropped),
        cmocka_unit_test(a_message_is_kept_until_acknowledged),
        cmocka_unit_test(a_seat_has_one_client),
        cmocka_unit_test(a_session_ends_when_all_have_left),
        cmocka_unit_test(leaving_before_anything_was_sent_frees_the_seat),
        cmocka_unit_test(the_seat_of_a_client_that_died_is_free),
        cmocka_unit_test(an_abandoned_seat_can_be_taken_anew),
        cmocka_unit_test(a_waiting_party_keeps_its_seat),
        cmocka_unit_test(an_address_has_its_share_of_waiting),
        cmocka_unit_test(who_leaves_is_told_at_once),
        cmocka_unit_test(who_dies_is_told_soon),
        cmocka_unit_test(who_is_silent_is_told_later),
        cmocka_unit_test(timeouts_are_told_when_joining),
        cmocka_unit_test(full_queues_are_429),
        cmocka_unit_test(a_send_can_wait_for_room),
        cmocka_unit_test(sessions_and_bytes_are_limited),
        cmocka_unit_test(an_address_has_its_share_of_what_is_received),
        cmocka_unit_test(an_address_has_its_share_of_what_is_sent),
        cmocka_unit_test(unused_sessions_expire),
        cmocka_unit_test(two_plain_clients_work_together),
        cmocka_unit_test(stopping_answers_who_waits),
        cmocka_unit_test(a_server_that_cannot_start_says_why),
    };
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
