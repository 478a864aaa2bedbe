/* The relay's front: paths, names, methods, sizes. What any HTTP server must do is tested in
 * tests/httpd. */
#include "support/test.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd/expect.h"
#include "relay/held.h"
#include "support/relay.h"
#include "wire/wire.h"

/* ---- the plain protocol, as existing clients speak it ---- */

static void parties_join_and_are_listed(void **state)
{
    const uint16_t port = fixture_port(state);
    expect(port, "GET", "/participants/join-1", "", "", 200, "[]");
    expect(port, "PUT", "/join/join-1/2", "", "", 200, NULL);
    expect(port, "PUT", "/join/join-1/0", "", "", 200, NULL);
    expect(port, "PUT", "/join/join-1/0", "", "", 200, NULL);
    expect(port, "PUT", "/join/join-1/10", "", "", 200, NULL);
    expect(port, "GET", "/participants/join-1", "", "", 200, "[0,2,10]");
    expect(port, "GET", "/participants/join-2", "", "", 200, "[]");
}

static void a_plain_client_polls_for_its_messages(void **state)
{
    const uint16_t port = fixture_port(state);
    expect(port, "POST", "/recv/plain/0/1", "", "", 400, NULL);
    expect(port, "POST", "/send/plain/0/1", "", "first", 200, NULL);
    expect(port, "POST", "/send/plain/0/1", "", "", 200, NULL);
    expect(port, "POST", "/send/plain/0/1", "", "third", 200, NULL);
    expect(port, "POST", "/recv/plain/1/0", "", "", 400, NULL);
    expect(port, "POST", "/recv/plain/0/1", "", "", 200, "first");
    expect(port, "POST", "/recv/plain/0/1", "", "", 200, "");
    expect(port, "POST", "/recv/plain/0/1", "", "", 200, "third");
    expect(port, "POST", "/recv/plain/0/1", "", "", 400, NULL);
}

static void one_connection_serves_many_requests(void **state)
{
    const int fd = connect_to(fixture_port(state));
    for (int i = 0; i < 100; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", i);
        ask(fd, "POST", "/send/keep/0/1", "", text);
        expect_next(fd, 200, "");
        ask(fd, "POST", "/recv/keep/0/1", "", "");
        expect_next(fd, 200, text);
        ask(fd, "POST", "/recv/keep/0/1", "", "");
        expect_next(fd, 400, NULL);
    }
    (void)close(fd);
}

static void the_relay_says_that_it_lives(void **state)
{
    const uint16_t port = fixture_port(state);
    expect(port, "GET", "/ping", "", "", 200, "pong");
    expect(port, "GET", "/health", "", "", 200, NULL);
    http_response r = http_once(port, "GET", "/metrics", "", "", 0);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr((char *)r.body, "polytune_relay_sessions "));
    http_clear(&r);
}

static void a_client_learns_its_own_address(void **state)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    char text[64];
    const int fd = connect_to(fixture_port(state));
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(text, sizeof text, "127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
    ask(fd, "GET", "/address", "", "");
    expect_next(fd, 200, text);
    (void)close(fd);
}

/* ---- names, numbers, paths, methods ---- */

static void bad_names_and_numbers_are_400(void **state)
{
    static const char *const paths[] = {
        "/send/a%20b/0/1",      "/send/a+b/0/1",       "/send//0/1",
        "/send/a%2Fb/0/1",      "/send/x%00/0/1",      "/send/x/-1/1",
        "/send/x/0/one",        "/send/x/0/65536",     "/send/x/0/",
        "/send/x/0x1/2",        "/recv/x/+1/2",        "/recv/x/0/1?wait=",
        "/recv/x/0/1?wait=1.5", "/recv/x/0/1?wait=-1", "/recv/x/0/99999999999",
        "/session/a*/send/0/1"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect(fixture_port(state), "POST", paths[i], "", "", 400, NULL);
    char path[256] = "/join/";
    memset(path + 6, 'n', 129);
    memcpy(path + 6 + 129, "/0", 3);
    expect(fixture_port(state), "PUT", path, "", "", 400, NULL);
    memcpy(path + 6 + 128, "/0", 3);
    expect(fixture_port(state), "PUT", path, "", "", 200, NULL);
    expect(fixture_port(state), "PUT", "/join/A.b_c~d-1/65535", "", "", 200, NULL);
    expect(fixture_port(state), "GET", "/participants/A.b%5Fc%7ed%2D1", "", "", 200, "[65535]");
}

static void a_reason_is_one_line(void **state)
{
    http_response r = http_once(fixture_port(state), "PUT", "/join/x/y", "", "", 0);
    assert_int_equal(r.status, 400);
    assert_true(r.len > 1);
    assert_ptr_equal(strchr((char *)r.body, '\n'), (char *)r.body + r.len - 1);
    http_clear(&r);
}

static void unknown_paths_are_404(void **state)
{
    static const char *const paths[] = {
        "/",         "/nope",  "/ping/",       "/ping%00",      "/join/x",  "/join/x/0/1",
        "/send/x/0", "//ping", "/send/x/0/1/", "/participants", "/pin%2567"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect(fixture_port(state), "GET", paths[i], "", "", 404, NULL);
}

static void wrong_methods_are_405(void **state)
{
    const int fd = connect_to(fixture_port(state));
    ask(fd, "GET", "/send/x/0/1", "", "");
    expect_next_with(fd, 405, "Allow", "POST, OPTIONS");
    ask(fd, "POST", "/join/x/0", "", "");
    expect_next_with(fd, 405, "Allow", "PUT, DELETE, OPTIONS");
    ask(fd, "DELETE", "/ping", "", "");
    expect_next_with(fd, 405, "Allow", "GET, HEAD, OPTIONS");
    ask(fd, "BREW", "/recv/x/0/1", "", "");
    expect_next_with(fd, 405, "Allow", "POST, OPTIONS");
    ask(fd, "OPTIONS", "/recv/x/0/1", "", "");
    expect_next_with(fd, 204, "Access-Control-Allow-Methods", "POST, OPTIONS");
    (void)close(fd);
}

static void bad_headers_are_400(void **state)
{
    static const char *const headers[] = {
        "X-Polytune-Seq: 0\r\n",
        "X-Polytune-Seq: one\r\n",
        "X-Polytune-Seq: \r\n",
        "X-Polytune-Seq: -1\r\n",
        "X-Polytune-Seq: 18446744073709551615\r\n",
        "X-Polytune-Seq: 99999999999999999999999\r\n",
        "X-Polytune-Seq: 1\r\nX-Polytune-Seq: 1\r\n",
        "X-Polytune-Session: xyz\r\n",
        "X-Polytune-Session: 00112233445566778\r\n",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        expect(fixture_port(state), "POST", "/send/headers/0/1", headers[i], "m", 400, NULL);
    static const char *const tokens[] = {
        "Authorization: Bearer \r\n",
        "Authorization: Bearer too-short-for-a-token\r\n",
        "X-Polytune-Token: not a token at all, with spaces\r\n",
        "Authorization: Bearer 0123456789abcdef012345\r\n"
        "X-Polytune-Token: 0123456789abcdef012345\r\n",
    };
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        expect(fixture_port(state), "PUT", "/join/headers/0", tokens[i], "", 400, NULL);
    /* Another scheme is somebody else's. */
    expect(fixture_port(state), "PUT", "/join/headers/0", "Authorization: Basic bWU6c2VjcmV0\r\n",
           "", 200, "");
}

/* ---- sizes ---- */

static void a_message_has_at_most_4_mib(void **state)
{
    const uint16_t port = fixture_port(state);
    uint8_t *bytes = calloc(WIRE_MESSAGE_MAX, 1);
    assert_non_null(bytes);
    bytes[WIRE_MESSAGE_MAX - 1] = 7;
    http_response r = http_once(port, "POST", "/send/big/0/1", "", bytes, WIRE_MESSAGE_MAX);
    assert_int_equal(r.status, 200);
    http_clear(&r);
    r = http_once(port, "POST", "/recv/big/0/1", "", "", 0);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.len, WIRE_MESSAGE_MAX);
    assert_memory_equal(r.body, bytes, WIRE_MESSAGE_MAX);
    http_clear(&r);
    free(bytes);
    /* Announced: refused before a byte of it came. */
    const int fd = connect_to(port);
    write_text(fd, "POST /send/big/0/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4194305\r\n\r\n");
    expect_next(fd, 413, NULL);
    (void)close(fd);
}

/* ---- slow and many clients ---- */

static void a_slow_client_keeps_nobody_waiting(void **state)
{
    const uint16_t port = fixture_port(state);
    static const char request[] =
        "POST /send/slow/0/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789";
    const int fd = connect_to(port);
    for (size_t i = 0; i < sizeof request - 1; i++) {
        assert_true(http_write(fd, request + i, 1));
        if (i % 10 == 0)
            expect(port, "GET", "/ping", "", "", 200, "pong");
    }
    expect_next(fd, 200, "");
    expect(port, "POST", "/recv/slow/0/1", "", "", 200, "0123456789");
    (void)close(fd);
}

static void more_connections_than_select_could_watch(void **state)
{
    enum { N = 1100 };
    const uint16_t port = fixture_port(state);
    int *fds = malloc(N * sizeof *fds);
    assert_non_null(fds);
    for (size_t i = 0; i < N; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/recv/many/0/%zu?wait=60", i);
        fds[i] = connect_to(port);
        ask(fds[i], "POST", path, "", "");
    }
    wait_until_held(port, N);
    for (size_t i = 0; i < N; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/send/many/0/%zu", i);
        if (i % 10 == 9) { /* the last among them; all would take longer than they are held */
            expect(port, "POST", path, "", path, 200, "");
            expect_next(fds[i], 200, path);
        }
        (void)close(fds[i]);
    }
    free(fds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parties_join_and_are_listed),
        cmocka_unit_test(a_plain_client_polls_for_its_messages),
        cmocka_unit_test(one_connection_serves_many_requests),
        cmocka_unit_test(the_relay_says_that_it_lives),
        cmocka_unit_test(a_client_learns_its_own_address),
        cmocka_unit_test(bad_names_and_numbers_are_400),
        cmocka_unit_test(a_reason_is_one_line),
        cmocka_unit_test(unknown_paths_are_404),
        cmocka_unit_test(wrong_methods_are_405),
        cmocka_unit_test(bad_headers_are_400),
        cmocka_unit_test(a_message_has_at_most_4_mib),
        cmocka_unit_test(a_slow_client_keeps_nobody_waiting),
        cmocka_unit_test(more_connections_than_select_could_watch),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
