/* Clients that are slow on purpose, or many: the relay sheds them and serves the others. */
#define _GNU_SOURCE /* POLLRDHUP */
#include "support/test.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/fixture.h"

#define DRIP_MS 20

/* Writes the text over and over, a byte at a time, until the server closes the connection, which it
 * must do before `max` bytes are gone. */
static void expect_drip_to_be_cut(uint16_t port, const char *head, const char *text, size_t max)
{
    const int fd = connect_to(port);
    write_text(fd, head);
    size_t n = 0;
    for (; n < max; n++) {
        struct pollfd closed = {.fd = fd, .events = POLLIN | POLLRDHUP};
        if (poll(&closed, 1, DRIP_MS) > 0 || !http_write(fd, text + n % strlen(text), 1))
            break;
    }
    assert_true(n < max);
    (void)close(fd);
}

static void a_dripping_head_is_cut_off(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.client_timeout_ms = 1000});
    expect_drip_to_be_cut(relay_server_port(server), "", "GET /ping?x=", 3000);
    expect_drip_to_be_cut(relay_server_port(server),
                          "GET /ping HTTP/1.1\r\nHost: x\r\nX-Long: ", "slow", 3000);
    expect(relay_server_port(server), "GET", "/ping", "", "", 200, "pong");
    relay_server_free(server);
}

static void a_dripping_body_is_cut_off(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.client_timeout_ms = 1000});
    const uint16_t port = relay_server_port(server);
    expect_drip_to_be_cut(
        port, "POST /send/drip/0/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n", "x",
        3000);
    expect_drip_to_be_cut(
        port, "POST /send/drip/0/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "1\r\nx\r\n", 3000);
    expect(port, "POST", "/recv/drip/0/1", "", "", 400, NULL);
    relay_server_free(server);
}

/* A held request is not slow: it waits for the server. */
static void waiting_is_not_dripping(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.client_timeout_ms = 1000});
    const uint16_t port = relay_server_port(server);
    const int held = connect_to(port);
    ask(held, "POST", "/recv/patient/0/1?wait=60", "", "");
    wait_until_held(port, 1);
    /* By the time that a slow one is cut off, the held one is older than it may be idle. */
    for (int i = 0; i < 2; i++)
        expect_drip_to_be_cut(port, "", "GET /ping?x=", 3000);
    expect(port, "POST", "/send/patient/0/1", "", "at last", 200, "");
    expect_next(held, 200, "at last");
    (void)close(held);
    relay_server_free(server);
}

static int fill_with_idle(uint16_t port, int *fds, int n)
{
    int n_open = 0;
    for (; n_open < n; n_open++) {
        fds[n_open] = http_connect(port);
        if (fds[n_open] < 0)
            break;
    }
    return n_open;
}

static void idle_connections_make_place(void **state)
{
    enum { N = 400 };
    (void)state;
    static int fds[N];
    relay_server *server = fixture_start((relay_options){.max_connections = 40});
    const uint16_t port = relay_server_port(server);
    const int n_open = fill_with_idle(port, fds, N);
    assert_int_equal(n_open, N);
    for (int i = 0; i < 20; i++)
        expect(port, "GET", "/ping", "", "", 200, "pong");
    /* Those that wait for a message are not idle, and stay. */
    const int held = connect_to(port);
    ask(held, "POST", "/recv/idle/0/1?wait=60", "", "");
    wait_until_held(port, 1);
    static int more[N];
    assert_int_equal(fill_with_idle(port, more, N), N);
    expect(port, "POST", "/send/idle/0/1", "", "still there", 200, "");
    expect_next(held, 200, "still there");
    (void)close(held);
    for (int i = 0; i < N; i++) {
        (void)close(fds[i]);
        (void)close(more[i]);
    }
    relay_server_free(server);
}

/* Requests that are refused, and bodies that nobody wants, have no right to last. */
static void unwanted_requests_make_place(void **state)
{
    enum { N = 100 };
    static const char *const starts[] = {
        "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
        "POST /send/s/0/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /recv/s/0/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
    };
    (void)state;
    int fds[N];
    relay_server *server =
        fixture_start((relay_options){.max_connections = 40, .client_timeout_ms = 600000});
    const uint16_t port = relay_server_port(server);
    for (size_t i = 0; i < N; i++) {
        const char *start = starts[i % (sizeof starts / sizeof *starts)];
        fds[i] = connect_to(port);
        assert_true(http_write(fds[i], start, strlen(start)));
    }
    expect(port, "GET", "/ping", "", "", 200, "pong");
    for (size_t i = 0; i < N; i++)
        (void)close(fds[i]);
    relay_server_free(server);
}

static void one_address_has_its_share(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.max_per_address = 2});
    const uint16_t port = relay_server_port(server);
    int fds[2];
    for (int i = 0; i < 2; i++) {
        fds[i] = connect_to(port);
        ask(fds[i], "GET", "/ping", "", "");
        expect_next(fds[i], 200, "pong");
    }
    const int third = connect_to(port);
    (void)http_ask(third, "GET", "/ping", "", "", 0);
    expect_next(third, 0, NULL);
    (void)close(third);
    ask(fds[0], "GET", "/ping", "", "");
    expect_next(fds[0], 200, "pong");
    (void)close(fds[0]);
    (void)close(fds[1]);
    relay_server_free(server);
}

/* A client that asks for a large answer, does not read it, and has the only connection there is. */
static void a_slow_reader_is_cut_off(void **state)
{
    (void)state;
    relay_server *server =
        fixture_start((relay_options){.client_timeout_ms = 1000, .max_connections = 1});
    const uint16_t port = relay_server_port(server);
    char *bytes = calloc(RELAY_MESSAGE_MAX, 1);
    assert_non_null(bytes);
    http_response r = http_once(port, "POST", "/send/reader/0/1", "", bytes, RELAY_MESSAGE_MAX);
    assert_int_equal(r.status, 200);
    http_clear(&r);
    free(bytes);
    const int fd = connect_to(port);
    const int small = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ask(fd, "POST", "/recv/reader/0/1", "X-Polytune-Seq: 1\r\n", "");
    /* This one is let in when the server has closed that one; the message is not lost with it. */
    r = http_once(port, "POST", "/recv/reader/0/1", "X-Polytune-Seq: 1\r\n", "", 0);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.len, RELAY_MESSAGE_MAX);
    http_clear(&r);
    (void)close(fd);
    relay_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dripping_head_is_cut_off),
        cmocka_unit_test(a_dripping_body_is_cut_off),
        cmocka_unit_test(waiting_is_not_dripping),
        cmocka_unit_test(idle_connections_make_place),
        cmocka_unit_test(unwanted_requests_make_place),
        cmocka_unit_test(one_address_has_its_share),
        cmocka_unit_test(a_slow_reader_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
