/* Requests and answers: heads, bodies, lengths. */
#include "support/test.h"

#include <unistd.h>

#include "httpd/echo.h"
#include "httpd/expect.h"

static echo_server echo;

static int setup(void **state)
{
    (void)state;
    /* So long is waited for a connection that should have ended. */
    echo_start(&echo, (httpd_options){.client_timeout_ms = 10000});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    echo_stop(&echo);
    return 0;
}

/* ---- heads and answers ---- */

static void headers_and_arguments_reach_the_application(void **state)
{
    (void)state;
    const int fd = connect_to(echo.port);
    ask(fd, "POST", "/echo?echo=%41+%2F&other", "x-ECHO:  a value\t\r\n", "body ");
    http_response r = http_read(fd);
    char value[32];
    assert_int_equal(r.status, 200);
    assert_string_equal((char *)r.body, "body A %2F");
    assert_true(http_value(&r, "X-Echo", value, sizeof value));
    assert_memory_equal(value, "a value", 7);
    assert_true(http_value(&r, "X-Server", value, sizeof value));
    http_clear(&r);
    (void)close(fd);
}

static void refusals_say_why(void **state)
{
    (void)state;
    const int fd = connect_to(echo.port);
    ask(fd, "GET", "/echo", "", "");
    expect_next_with(fd, 405, "Allow", "POST");
    ask(fd, "POST", "/nowhere", "", "a body");
    expect_next(fd, 404, "no such path\n");
    ask(fd, "GET", "/hold?ms=soon", "", "");
    expect_next(fd, 400, "ms is a number\n");
    ask(fd, "POST", "/ignore", "", "a body");
    expect_next_with(fd, 200, "X-More", "yes");
    (void)close(fd);
}

static void a_head_is_answered_without_a_body(void **state)
{
    (void)state;
    char bytes[4096];
    size_t len = 0;
    const int fd = connect_to(echo.port);
    write_text(fd, "HEAD /ignore HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for (ssize_t n; (n = read(fd, bytes + len, sizeof bytes - 1 - len)) > 0;)
        len += (size_t)n;
    bytes[len] = '\0';
    assert_memory_equal(bytes, "HTTP/1.1 200", 12);
    assert_non_null(strstr(bytes, "Content-Length: 7\r\n"));
    assert_string_equal(bytes + len - 4, "\r\n\r\n");
    (void)close(fd);
}

static void requests_may_come_all_at_once(void **state)
{
    (void)state;
    const int fd = connect_to(echo.port);
    write_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
                   "POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntwo"
                   "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "5\r\nthree\r\n0\r\n\r\n"
                   "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nfour");
    expect_next(fd, 200, "one");
    expect_next(fd, 200, "ignored");
    expect_next(fd, 200, "three");
    expect_next(fd, 200, "four");
    (void)close(fd);
}

/* ---- bodies ---- */

static void a_body_may_come_in_pieces(void **state)
{
    static const char text[] =
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789"
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "4\r\n0123\r\n00006;ext=1\r\n456789\r\n0\r\nTrailer: x\r\n\r\n";
    (void)state;
    const int fd = connect_to(echo.port);
    for (size_t i = 0; i < sizeof text - 1; i++)
        assert_true(http_write(fd, text + i, 1));
    expect_next(fd, 200, "0123456789");
    expect_next(fd, 200, "0123456789");
    (void)close(fd);
}

static void a_large_body_comes_whole(void **state)
{
    (void)state;
    uint8_t *bytes = malloc(ECHO_BODY_MAX);
    assert_non_null(bytes);
    for (size_t i = 0; i < ECHO_BODY_MAX; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    http_response r = http_once(echo.port, "POST", "/echo", "", bytes, ECHO_BODY_MAX);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.len, ECHO_BODY_MAX);
    assert_memory_equal(r.body, bytes, ECHO_BODY_MAX);
    http_clear(&r);
    free(bytes);
}

static void who_asks_before_sending_is_told_to_go_on(void **state)
{
    (void)state;
    const int fd = connect_to(echo.port);
    write_text(
        fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    expect_next(fd, 100, NULL);
    write_text(fd, "hello");
    expect_next(fd, 200, "hello");
    (void)close(fd);
}

/* Announced it is refused before it comes, else when it has. */
static void a_body_has_its_limit(void **state)
{
    (void)state;
    char head[128];
    int fd = connect_to(echo.port);
    (void)snprintf(head, sizeof head,
                   "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
                   ECHO_BODY_MAX + 1);
    write_text(fd, head);
    expect_next(fd, 413, "too long\n");
    (void)close(fd);
    static char chunk[65536 + 16];
    const int at = snprintf(chunk, sizeof chunk, "10000\r\n");
    memset(chunk + at, 'x', 65536);
    memcpy(chunk + at + 65536, "\r\n", 2);
    fd = connect_to(echo.port);
    write_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 17; i++)
        assert_true(http_write(fd, chunk, (size_t)at + 65536 + 2));
    write_text(fd, "0\r\n\r\n");
    expect_next(fd, 413, "too long\n");
    /* One that never ends is cut off. */
    write_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    int n_chunks = 0;
    while (n_chunks < 100000 && http_write(fd, chunk, (size_t)at + 65536 + 2))
        n_chunks++;
    assert_true(n_chunks < 100000);
    (void)close(fd);
    echo_wait(&echo.charged, 0);
}

static void what_there_is_no_room_for_is_refused_and_given_back(void **state)
{
    (void)state;
    echo_server e;
    echo_start(&e, (httpd_options){0});
    e.room = 10; /* before the first request */
    const int fd = connect_to(e.port);
    ask(fd, "POST", "/echo", "", "0123456789");
    expect_next(fd, 200, "0123456789");
    ask(fd, "POST", "/echo", "", "0123456789a");
    expect_next_with(fd, 429, "Retry-After", "1");
    echo_wait(&e.charged, 0);
    ask(fd, "POST", "/echo", "", "again");
    expect_next(fd, 200, "again");
    (void)close(fd);
    echo_stop(&e);
}

/* ---- requests whose end is in doubt ---- */

/* Sends bytes and another request behind them, and takes all that comes back until the end of the
 * connection. */
static void exchange(const char *bytes, char *ret_text, size_t size)
{
    static const char next[] = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nsmugg";
    size_t len = 0;
    const int fd = connect_to(echo.port);
    write_text(fd, bytes);
    (void)http_write(fd, next, sizeof next - 1);
    for (ssize_t n; len < size - 1 && (n = read(fd, ret_text + len, size - 1 - len)) > 0;)
        len += (size_t)n;
    (void)close(fd);
    ret_text[len] = '\0';
}

/* There is one answer, with that status, and then the connection ends. */
static void expect_only(const char *bytes, int status)
{
    char text[8192];
    char wanted[32];
    exchange(bytes, text, sizeof text);
    (void)snprintf(wanted, sizeof wanted, "HTTP/1.1 %d ", status);
    if (strncmp(text, wanted, strlen(wanted)) != 0 || strstr(text + 1, "HTTP/1.") != NULL)
        fail_msg("%s\nwas answered:\n%s", bytes, text);
}

static void ambiguous_lengths_are_refused(void **state)
{
    static const char *const ends[] = {
        "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "POST /echo HTTP/1.1\r\nHost: x\r\n%s", ends[i]);
        expect_only(text, 400);
    }
}

/* What proxies and servers were found to read in two ways. */
static void hostile_heads_are_refused(void **state)
{
    static const char *const requests[] = {
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length\t: 5\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding : chunked\r\n"
        "\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n x\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n 0\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: x\r\nX:\r\n\tContent-Length: 5\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nX: a\rContent-Length: 5\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: x\r\nX\r: a\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nX: a\x01\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nX\x80: a\r\n\r\n",
        "POST /echo\r HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /echo?a\rb HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /echo?a=\x7f HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /echo /more HTTP/1.1\r\nHost: x\r\n\r\n",
        "PO(ST /echo HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        expect_only(requests[i], 400);
}

static void http_1_0_has_no_chunks(void **state)
{
    (void)state;
    expect_only("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
    expect_only("POST /echo HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n", 400);
    expect_only("POST /echo HTTP/1.0\r\nContent-Length: 3\r\n\r\nold", 200);
}

/* Odd, but no two readers differ. */
static void unusual_heads_are_accepted(void **state)
{
    static const char *const heads[] = {
        "Host:x\r\nContent-Length:5\r\n\r\n",
        "host: x\r\ncontent-length:\t 5\r\n\r\n",
        "HOST: x\r\nX-Empty:\r\nX-Blank: \t \r\nContent-Length: 5\r\n\r\n",
        "Host:\r\nContent-Length: 05\r\nX-Quote: \"a\tb\" \xc3\xa9 : ;\r\n\r\n",
        "Host: x\nContent-Length: 5\n\n",
    };
    (void)state;
    const int fd = connect_to(echo.port);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        write_text(fd, "POST /echo?a=1+2 HTTP/1.1\r\n");
        write_text(fd, heads[i]);
        write_text(fd, "hello");
        expect_next(fd, 200, "hello");
    }
    (void)close(fd);
}

/* These the library refuses itself, and libmicrohttpd 0.9.75 then writes the answer's head twice.
 */
static void lengths_that_are_no_numbers_are_refused(void **state)
{
    static const char *const values[] = {"-5", "5x", "0x5", "", "5,5"};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[8192];
        char request[256];
        (void)snprintf(request, sizeof request,
                       "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\nhello",
                       values[i]);
        exchange(request, text, sizeof text);
        if (strncmp(text, "HTTP/1.1 400 ", 13) != 0 || strstr(text, "smugg") != NULL)
            fail_msg("%s\nwas answered:\n%s", request, text);
    }
}

static void garbage_is_survived(void **state)
{
    static const char *const garbage[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET /ignore\r\n\r\n",
        "GET /ignore HTTP/9.9\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        ": : : HTTP/1.1\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        const int fd = connect_to(echo.port);
        write_text(fd, garbage[i]);
        (void)close(fd);
    }
    char *line = malloc(300000);
    assert_non_null(line);
    memset(line, 'a', 300000);
    const int fd = connect_to(echo.port);
    write_text(fd, "GET /");
    (void)http_write(fd, line, 300000);
    (void)close(fd);
    free(line);
    expect(echo.port, "GET", "/ignore", "", "", 200, "ignored");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_and_arguments_reach_the_application),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(a_head_is_answered_without_a_body),
        cmocka_unit_test(requests_may_come_all_at_once),
        cmocka_unit_test(a_body_may_come_in_pieces),
        cmocka_unit_test(a_large_body_comes_whole),
        cmocka_unit_test(who_asks_before_sending_is_told_to_go_on),
        cmocka_unit_test(a_body_has_its_limit),
        cmocka_unit_test(what_there_is_no_room_for_is_refused_and_given_back),
        cmocka_unit_test(ambiguous_lengths_are_refused),
        cmocka_unit_test(hostile_heads_are_refused),
        cmocka_unit_test(http_1_0_has_no_chunks),
        cmocka_unit_test(unusual_heads_are_accepted),
        cmocka_unit_test(lengths_that_are_no_numbers_are_refused),
        cmocka_unit_test(garbage_is_survived),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
