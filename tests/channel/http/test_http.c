/* The HTTP client: an answer that breaks off is none. */
#define _DEFAULT_SOURCE
#include "support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/http/authorities.h"
#include "channel/http/http.h"

static const char with_length[] = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello, world";
static const char chunked[] =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
static const char without_length[] = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello";

typedef struct server {
    int fd;
    uint16_t port;
    const char *answer;
    size_t len; /* of the first answer; the next is longer by one */
    size_t n;
    pthread_t thread;
} server;

static void *serve(void *user)
{
    server *s = user;
    for (size_t i = 0; i < s->n; i++) {
        char request[1024] = "";
        size_t len = 0;
        const int fd = accept(s->fd, NULL, NULL);
        while (strstr(request, "\r\n\r\n") == NULL) {
            const ssize_t got = read(fd, request + len, sizeof request - 1 - len);
            if (got <= 0)
                break;
            len += (size_t)got;
        }
        (void)send(fd, s->answer, s->len + i, MSG_NOSIGNAL);
        (void)close(fd);
    }
    return NULL;
}

static void server_start(server *s, const char *answer, size_t len, size_t n)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    *s = (server){.fd = socket(AF_INET, SOCK_STREAM, 0), .answer = answer, .len = len, .n = n};
    assert_int_equal(bind(s->fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(s->fd, 16), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&address, &size), 0);
    s->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(server *s)
{
    (void)pthread_join(s->thread, NULL);
    (void)close(s->fd);
}

/* Asks n times, and checks whether there is an answer. */
static void check(const char *answer, size_t len, size_t n, long status)
{
    server s;
    char base[64];
    server_start(&s, answer, len, n);
    (void)snprintf(base, sizeof base, "http://127.0.0.1:%u", (unsigned)s.port);
    for (size_t i = 0; i < n; i++) {
        http_call call;
        http_handle *handle = http_handle_new(NULL);
        assert_non_null(handle);
        http_call_init(&call, 1024);
        http_prepare(&call, HTTP_GET, base, "/");
        assert_true(http_perform(handle, &call, 0));
        if (call.status != status)
            fail_msg("after %zu bytes of %s: status %ld", len + i, answer, call.status);
        assert_int_equal(http_is_transient(&call), status != 200);
        http_call_clear(&call);
        http_handle_free(handle);
    }
    server_stop(&s);
}

static void a_whole_answer_is_one(void **state)
{
    (void)state;
    check(with_length, strlen(with_length), 1, 200);
    check(chunked, strlen(chunked), 1, 200);
}

static void an_answer_that_breaks_off_anywhere_is_none(void **state)
{
    (void)state;
    check(with_length, 0, strlen(with_length), 0);
    /* The end of the last, empty chunk adds nothing. */
    check(chunked, 0, strlen(chunked) - strlen("\r\n\r\n"), 0);
}

static void an_answer_of_unknown_length_is_none(void **state)
{
    (void)state;
    check(without_length, strlen(without_length), 1, 0);
}

/* One that accepts and is silent, however short the time is: it is told that TLS does not come. The
 * handle has had a call without TLS before. */
static void silence_where_tls_is_awaited_is_told_as_that(void **state)
{
    server s;
    char base[64];
    char problem[256];
    http_call call;
    http_handle *handle = http_handle_new(NULL);
    (void)state;
    assert_non_null(handle);
    server_start(&s, with_length, strlen(with_length), 1);
    http_call_init(&call, 1024);
    (void)snprintf(base, sizeof base, "http://127.0.0.1:%u", (unsigned)s.port);
    http_prepare(&call, HTTP_GET, base, "/");
    assert_true(http_perform(handle, &call, 0));
    assert_int_equal(call.status, 200);
    assert_int_equal(pthread_join(s.thread, NULL), 0);
    (void)snprintf(base, sizeof base, "https://127.0.0.1:%u", (unsigned)s.port);
    http_prepare(&call, HTTP_GET, base, "/");
    assert_true(http_perform(handle, &call, 2000));
    http_explain(&call, problem, sizeof problem);
    assert_int_equal(call.outcome, HTTP_TIMEOUT);
    if (strstr(problem, "no TLS comes; is its URL http: and not https:?") == NULL)
        fail_msg("%s", problem);
    http_call_clear(&call);
    http_handle_free(handle);
    (void)close(s.fd);
}

static void authorities_are_looked_for_where_others_have_them(void **state)
{
    static const char *const places[] = {"/no/such/file", "/etc/passwd", "/etc/group", NULL};
    (void)state;
    assert_string_equal(authorities_find("/no/usual/file", places), "/etc/passwd");
    assert_null(authorities_find("/no/usual/file", places + 3));
    assert_null(authorities_find("/etc/group", places));
    assert_null(authorities_find(NULL, places));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_answer_is_one),
        cmocka_unit_test(an_answer_that_breaks_off_anywhere_is_none),
        cmocka_unit_test(an_answer_of_unknown_length_is_none),
        cmocka_unit_test(silence_where_tls_is_awaited_is_told_as_that),
        cmocka_unit_test(authorities_are_looked_for_where_others_have_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
