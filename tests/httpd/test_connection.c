/* Clients that are slow on purpose, or many: the server sheds them and serves the others. */
#define _GNU_SOURCE /* POLLRDHUP */
#include "support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd/echo.h"
#include "httpd/expect.h"
#include "httpd/impl.h"

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
    echo_server e;
    echo_start(&e, (httpd_options){.client_timeout_ms = 1000});
    expect_drip_to_be_cut(e.port, "", "GET /ignore?x=", 1000);
    expect_drip_to_be_cut(e.port, "GET /ignore HTTP/1.1\r\nHost: x\r\nX-Long: ", "slow", 1000);
    expect(e.port, "GET", "/ignore", "", "", 200, "ignored");
    echo_stop(&e);
}

static void a_dripping_body_is_cut_off(void **state)
{
    (void)state;
    echo_server e;
    echo_start(&e, (httpd_options){.client_timeout_ms = 1000});
    expect_drip_to_be_cut(
        e.port, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n", "x", 1000);
    expect_drip_to_be_cut(e.port,
                          "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
                          "1\r\nx\r\n", 1000);
    echo_wait(&e.charged, 0);
    echo_stop(&e);
}

/* A held request is not slow: it waits for the server. */
static void waiting_is_not_dripping(void **state)
{
    (void)state;
    echo_server e;
    echo_start(&e, (httpd_options){.client_timeout_ms = 1000});
    const int held = connect_to(e.port);
    ask(held, "GET", "/hold?ms=60000", "", "");
    echo_wait(&e.held, 1);
    /* By the time that a slow one is cut off, the held one is older than it may be idle. */
    for (int i = 0; i < 2; i++)
        expect_drip_to_be_cut(e.port, "", "GET /ignore?x=", 1000);
    echo_release(&e);
    expect_next(held, 200, "released");
    (void)close(held);
    echo_stop(&e);
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
    echo_server e;
    echo_start(&e, (httpd_options){.max_connections = 40});
    const int n_open = fill_with_idle(e.port, fds, N);
    assert_int_equal(n_open, N);
    for (int i = 0; i < 20; i++)
        expect(e.port, "GET", "/ignore", "", "", 200, "ignored");
    /* Those that wait for the server are not idle, and stay. */
    const int held = connect_to(e.port);
    ask(held, "GET", "/hold?ms=60000", "", "");
    echo_wait(&e.held, 1);
    static int more[N];
    assert_int_equal(fill_with_idle(e.port, more, N), N);
    echo_release(&e);
    expect_next(held, 200, "released");
    (void)close(held);
    for (int i = 0; i < N; i++) {
        (void)close(fds[i]);
        (void)close(more[i]);
    }
    echo_stop(&e);
}

/* Requests that are refused, and bodies that nobody wants, have no right to last. */
static void unwanted_requests_make_place(void **state)
{
    enum { N = 100 };
    static const char *const starts[] = {
        "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
        "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
    };
    (void)state;
    int fds[N];
    echo_server e;
    echo_start(&e, (httpd_options){.max_connections = 40, .client_timeout_ms = 600000});
    const int idle = connect_to(e.port);
    ask(idle, "GET", "/ignore", "", "");
    expect_next(idle, 200, "ignored");
    for (size_t i = 0; i < N; i++) {
        const char *start = starts[i % (sizeof starts / sizeof *starts)];
        fds[i] = connect_to(e.port);
        assert_true(http_write(fds[i], start, strlen(start)));
    }
    expect(e.port, "GET", "/ignore", "", "", 200, "ignored");
    /* They go before who is only idle, however long. */
    ask(idle, "GET", "/ignore", "", "");
    expect_next(idle, 200, "ignored");
    (void)close(idle);
    for (size_t i = 0; i < N; i++)
        (void)close(fds[i]);
    echo_stop(&e);
}

static void one_address_has_its_share(void **state)
{
    (void)state;
    echo_server e;
    echo_start(&e, (httpd_options){.max_per_address = 2});
    int fds[2];
    for (int i = 0; i < 2; i++) {
        fds[i] = connect_to(e.port);
        ask(fds[i], "GET", "/ignore", "", "");
        expect_next(fds[i], 200, "ignored");
    }
    const int third = connect_to(e.port);
    (void)http_ask(third, "GET", "/ignore", "", "", 0);
    expect_next(third, 0, NULL);
    (void)close(third);
    ask(fds[0], "GET", "/ignore", "", "");
    expect_next(fds[0], 200, "ignored");
    (void)close(fds[0]);
    (void)close(fds[1]);
    echo_stop(&e);
}

/* Also of those that the server computes for, or that it makes wait. */
static void what_is_held_is_part_of_the_share(void **state)
{
    (void)state;
    echo_server e;
    echo_start(&e, (httpd_options){.max_per_address = 1});
    const int held = connect_to(e.port);
    ask(held, "GET", "/hold?ms=60000", "", "");
    echo_wait(&e.held, 1);
    const int second = connect_to(e.port);
    (void)http_ask(second, "GET", "/ignore", "", "", 0);
    expect_next(second, 0, NULL);
    echo_release(&e);
    expect_next(held, 200, "released");
    (void)close(second);
    (void)close(held);
    echo_stop(&e);
}

static void network_of(uint8_t ret_network[NETWORK_BYTES], const char *text)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    const bool is_six = inet_pton(AF_INET6, text, &six.sin6_addr) == 1;
    assert_true(is_six || inet_pton(AF_INET, text, &four.sin_addr) == 1);
    connection_network(ret_network, is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four);
}

/* Who has a network of 64 bits has as many addresses as he likes. */
static void an_address_is_what_one_customer_has(void **state)
{
    static const struct {
        const char *one;
        const char *other;
        bool same;
    } pairs[] = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
        {"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
        {"2001:db8::1", "2001:db8:0:1::1", false},
        {"c000:201::", "192.0.2.1", false}, /* the same bytes */
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        uint8_t one[NETWORK_BYTES];
        uint8_t other[NETWORK_BYTES];
        network_of(one, pairs[i].one);
        network_of(other, pairs[i].other);
        if ((memcmp(one, other, NETWORK_BYTES) == 0) != pairs[i].same)
            fail_msg("%s and %s", pairs[i].one, pairs[i].other);
    }
}

/* A client that asks for a large answer, does not read it, and has the only connection there is. */
static void a_slow_reader_is_cut_off(void **state)
{
    (void)state;
    echo_server e;
    echo_start(&e, (httpd_options){.client_timeout_ms = 1000, .max_connections = 1});
    const int fd = connect_to(e.port);
    const int small = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ask(fd, "GET", "/big", "", "");
    /* This one is let in when the server has closed that one. */
    http_response r = http_once(e.port, "GET", "/big", "", "", 0);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.len, ECHO_BODY_MAX);
    http_clear(&r);
    (void)close(fd);
    echo_stop(&e);
}

/* Sends the text and the connection's end in one segment, once a request has passed. */
static void end_with(uint16_t port, const char *text)
{
    const int fd = connect_to(port);
    const size_t len = strlen(text);
    ask(fd, "POST", "/echo", "", "first");
    expect_next(fd, 200, "first");
    assert_int_equal(send(fd, text, len, MSG_MORE), len);
    (void)close(fd);
}

/* Who goes away with its last bytes is noticed as soon as others. */
static void an_end_right_behind_bytes_is_seen(void **state)
{
    static const char *const texts[] = {
        "POST /ec",
        "POST /echo HTTP/1.1\r\nHost: x\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nhalf",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nwhole",
    };
    const size_t n = sizeof texts / sizeof *texts;
    (void)state;
    echo_server e;
    echo_start(&e, (httpd_options){.client_timeout_ms = 3600 * 1000});
    for (size_t i = 0; i < n; i++)
        end_with(e.port, texts[i]);
    echo_wait(&e.closed, n);
    echo_wait(&e.charged, 0);
    echo_stop(&e);
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
        cmocka_unit_test(what_is_held_is_part_of_the_share),
        cmocka_unit_test(an_address_is_what_one_customer_has),
        cmocka_unit_test(a_slow_reader_is_cut_off),
        cmocka_unit_test(an_end_right_behind_bytes_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
