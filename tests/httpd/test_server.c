/* A server's life: making, starting, holding requests, waking, stopping. */
#include "support/test.h"

#include <unistd.h>

#include "base/clock.h"
#include "httpd/echo.h"
#include "httpd/expect.h"

static void a_server_that_was_not_started_is_freed(void **state)
{
    echo_server e;
    (void)state;
    echo_new(&e);
    httpd_wake(e.http);
    httpd_request_stop(e.http);
    httpd_wait(e.http);
    echo_stop(&e);
    httpd_free(NULL);
}

static void a_wake_before_the_start_is_not_lost(void **state)
{
    const httpd_options options = {
        .address = "127.0.0.1", .max_connections = 10, .client_timeout_ms = 60000};
    echo_server e;
    pt_error error;
    (void)state;
    echo_new(&e);
    httpd_wake(e.http);
    assert_int_equal(httpd_start(e.http, &options, &error), PT_OK);
    echo_wait(&e.woken, 1);
    echo_stop(&e);
}

static void expect_no_start(const httpd_options *options, pt_status status, const char *text)
{
    echo_server e;
    pt_error error;
    echo_new(&e);
    assert_int_equal(httpd_start(e.http, options, &error), status);
    if (strstr(error.message, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, text);
    echo_stop(&e);
}

static void where_it_cannot_listen_is_said(void **state)
{
    echo_server first;
    (void)state;
    echo_start(&first, (httpd_options){0});
    expect_no_start(&(httpd_options){.address = "127.0.0.1", .port = first.port}, PT_ERR_IO,
                    "cannot listen on 127.0.0.1 port");
    echo_stop(&first);
    expect_no_start(&(httpd_options){.address = "no such host"}, PT_ERR_USAGE,
                    "cannot listen on \"no such host\"");
    expect_no_start(&(httpd_options){.address = "203.0.113.1"}, PT_ERR_IO,
                    "cannot listen on 203.0.113.1");
}

static void all_addresses_of_a_name_are_listened_on(void **state)
{
    echo_server e;
    (void)state;
    echo_start(&e, (httpd_options){.address = "localhost"});
    expect(e.port, "GET", "/ignore", "", "", 200, "ignored");
    echo_stop(&e);
}

static void a_held_request_is_answered_in_time(void **state)
{
    echo_server e;
    (void)state;
    echo_start(&e, (httpd_options){0});
    const uint64_t begin_ms = clock_ms();
    expect(e.port, "GET", "/hold?ms=200", "", "", 200, "late");
    assert_true(clock_ms() - begin_ms >= 200);
    echo_stop(&e);
}

static void held_requests_are_released_by_a_wake(void **state)
{
    enum { N = 20 };
    int fds[N];
    echo_server e;
    (void)state;
    echo_start(&e, (httpd_options){0});
    for (size_t i = 0; i < N; i++) {
        fds[i] = connect_to(e.port);
        ask(fds[i], "GET", "/hold?ms=60000", "", "");
    }
    echo_wait(&e.held, N);
    echo_release(&e);
    for (size_t i = 0; i < N; i++) {
        expect_next(fds[i], 200, "released");
        (void)close(fds[i]);
    }
    echo_wait(&e.held, 0);
    echo_stop(&e);
}

/* Who waits is told; who is idle or brings half a head is not waited for. */
static void stopping_answers_who_waits(void **state)
{
    echo_server e;
    (void)state;
    echo_start(&e, (httpd_options){0});
    const int held = connect_to(e.port);
    const int idle = connect_to(e.port);
    const int half = connect_to(e.port);
    ask(held, "GET", "/hold?ms=60000", "", "");
    write_text(half, "POST /echo HT");
    echo_wait(&e.held, 1);
    const uint64_t begin_ms = clock_ms();
    httpd_request_stop(e.http);
    expect_next_with(held, 503, "Retry-After", "7");
    httpd_wait(e.http);
    assert_true(clock_ms() - begin_ms < 30000); /* what is held would be for 60 s */
    expect_next(idle, 0, NULL);
    expect_next(half, 0, NULL);
    assert_int_equal(http_connect(e.port), -1);
    (void)close(held);
    (void)close(idle);
    (void)close(half);
    echo_stop(&e);
}

static void every_request_ends_once_and_closing_is_told(void **state)
{
    echo_server e;
    (void)state;
    echo_start(&e, (httpd_options){0});
    const int fd = connect_to(e.port);
    for (size_t i = 1; i <= 5; i++) {
        ask(fd, "POST", "/echo", "", "again");
        expect_next(fd, 200, "again");
        echo_wait(&e.ended, i);
    }
    assert_int_equal(atomic_load(&e.closed), 0);
    (void)close(fd);
    echo_wait(&e.closed, 1);
    /* One without a request has nothing noted. */
    (void)close(connect_to(e.port));
    expect(e.port, "GET", "/ignore", "", "", 200, NULL);
    echo_wait(&e.closed, 2);
    echo_stop(&e);
    assert_int_equal(atomic_load(&e.ended), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_was_not_started_is_freed),
        cmocka_unit_test(a_wake_before_the_start_is_not_lost),
        cmocka_unit_test(where_it_cannot_listen_is_said),
        cmocka_unit_test(all_addresses_of_a_name_are_listened_on),
        cmocka_unit_test(a_held_request_is_answered_in_time),
        cmocka_unit_test(held_requests_are_released_by_a_wake),
        cmocka_unit_test(stopping_answers_who_waits),
        cmocka_unit_test(every_request_ends_once_and_closing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
