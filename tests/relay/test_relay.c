/* The relay seen from outside: raw HTTP requests and what comes back. */
#include "support/test.h"

#include <stdarg.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/http.h"
#include "relay/relay.h"

static relay_server *start(relay_options options)
{
    relay_server *server = NULL;
    pt_error error;
    if (relay_server_start(&server, &options, &error) != PT_OK)
        fail_msg("%s", error.message);
    return server;
}

/* Fixture: one relay with the default options for the tests that do not need special ones. */
static int setup(void **state)
{
    *state = start((relay_options){0});
    return 0;
}

static int teardown(void **state)
{
    relay_server_free(*state);
    return 0;
}

static uint16_t port_of(void **state)
{
    return relay_server_port(*state);
}

/* Asks on a connection of its own; the status must be `status`, the body `text` unless NULL. */
static void expect(uint16_t port, const char *method, const char *path, const char *headers,
                   const char *body, int status, const char *text)
{
    http_response r = http_once(port, method, path, headers, body, strlen(body));
    if (r.status != status)
        fail_msg("%s %s: status %d instead of %d: %s", method, path, r.status, status,
                 r.body == NULL ? "" : (char *)r.body);
    if (text != NULL)
        assert_string_equal((char *)r.body, text);
    http_clear(&r);
}

/* Reads the next response of an open connection. */
static void expect_next(int fd, int status, const char *text)
{
    http_response r = http_read(fd);
    assert_int_equal(r.status, status);
    if (text != NULL)
        assert_string_equal((char *)r.body, text);
    http_clear(&r);
}

static void ask(int fd, const char *method, const char *path, const char *headers, const char *body)
{
    assert_true(http_ask(fd, method, path, headers, body, strlen(body)));
}

static int connect_to(uint16_t port)
{
    const int fd = http_connect(port);
    assert_true(fd >= 0);
    return fd;
}

/* ---- the plain protocol, as existing clients speak it ---- */

static void parties_join_and_are_listed(void **state)
{
    const uint16_t port = port_of(state);
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
    const uint16_t port = port_of(state);
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
    const int fd = connect_to(port_of(state));
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
    const uint16_t port = port_of(state);
    expect(port, "GET", "/ping", "", "", 200, "pong");
    expect(port, "GET", "/health", "", "", 200, NULL);
    http_response r = http_once(port, "GET", "/metrics", "", "", 0);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr((char *)r.body, "polytune_relay_sessions "));
    http_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parties_join_and_are_listed),
        cmocka_unit_test(a_plain_client_polls_for_its_messages),
        cmocka_unit_test(one_connection_serves_many_requests),
        cmocka_unit_test(the_relay_says_that_it_lives),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
