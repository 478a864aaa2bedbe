/* An HTTP call as data, asked and answered without a network. */
#include "support/test.h"

#include <stdbool.h>

#include "base/mem.h"
#include "channel/http/call.h"
#include "channel/http/url.h"

static void prepare(http_call *call)
{
    http_call_init(call, 100);
    http_prepare(call, HTTP_POST, "http://h", "/send/%d", 7);
}

static void a_request_has_a_url_headers_and_a_body(void **state)
{
    http_call call;
    (void)state;
    prepare(&call);
    assert_string_equal(buffer_text(&call.url), "http://h/send/7");
    assert_null(http_next_header(&call, NULL));
    http_header(&call, "X-One: %d", 1);
    http_header(&call, "X-Empty:");
    http_body(&call, "abc", 3);
    const char *first = http_next_header(&call, NULL);
    assert_string_equal(first, "X-One: 1");
    const char *second = http_next_header(&call, first);
    assert_string_equal(second, "X-Empty:");
    assert_null(http_next_header(&call, second));
    assert_int_equal(call.body_len, 3);
    assert_true(http_is_ready(&call));
    /* The next one begins anew. */
    http_prepare(&call, HTTP_GET, "http://h", "/");
    assert_null(http_next_header(&call, NULL));
    assert_int_equal(call.body_len, 0);
    http_call_clear(&call);
}

static void what_does_not_fit_is_not_sent(void **state)
{
    char long_text[1000];
    http_call call;
    (void)state;
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    prepare(&call);
    http_header(&call, "X-Long: %s", long_text);
    assert_false(http_is_ready(&call));
    http_prepare(&call, HTTP_GET, "http://h", "/%s", long_text);
    assert_false(http_is_ready(&call));
    http_prepare(&call, HTTP_GET, "http://h", "/");
    assert_true(http_is_ready(&call));
    http_call_clear(&call);
}

static void response_headers_are_found_in_any_case(void **state)
{
    http_call call;
    char value[8];
    (void)state;
    prepare(&call);
    http_begin(&call);
    http_answer(&call, 200);
    http_answer_header(&call, "X-Polytune-Sequence", "no");
    http_answer_header(&call, "x-polytune-seq", "12");
    http_answer_header(&call, "X-Polytune-Seq", "13");
    http_answer_header(&call, "X-Long", "12345678");
    assert_true(http_response_header(&call, "X-Polytune-Seq", value, sizeof value));
    assert_string_equal(value, "12"); /* the first */
    assert_false(http_response_header(&call, "X-Long", value, sizeof value));
    assert_false(http_response_header(&call, "X-Polytune", value, sizeof value));
    http_begin(&call);
    assert_false(http_response_header(&call, "X-Polytune-Seq", value, sizeof value));
    http_call_clear(&call);
}

/* Too many headers hide those that come last, and nothing else. */
static void headers_are_bounded(void **state)
{
    http_call call;
    char value[8];
    (void)state;
    prepare(&call);
    http_answer(&call, 200);
    http_answer_header(&call, "X-First", "1");
    for (size_t i = 0; i < 10000; i++)
        http_answer_header(&call, "X-Filler", "0123456789");
    http_answer_header(&call, "X-Last", "1");
    assert_true(http_response_header(&call, "X-First", value, sizeof value));
    assert_false(http_response_header(&call, "X-Last", value, sizeof value));
    assert_false(http_is_transient(&call));
    http_call_clear(&call);
}

static void retry_after_is_bounded(void **state)
{
    static const struct {
        const char *value;
        uint64_t ms;
    } rows[] = {{"0", 0},
                {"3", 3000},
                {"60", 60000},
                {"61", 60000},
                {"99999999999999999999", 60000},
                {"-1", 0},
                {"", 0},
                {"Wed, 21 Oct 2015 07:28:00 GMT", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        http_call call;
        prepare(&call);
        http_answer(&call, 429);
        http_answer_header(&call, "retry-after", rows[i].value);
        assert_int_equal(call.retry_after_ms, rows[i].ms);
        http_call_clear(&call);
    }
}

static void what_may_pass_is_tried_again(void **state)
{
    static const struct {
        http_outcome outcome;
        long status;
        bool may_pass;
    } rows[] = {
        {HTTP_NOBODY, 0, true},     {HTTP_TIMEOUT, 0, true},     {HTTP_BROKEN, 0, true},
        {HTTP_HOPELESS, 0, false},  {HTTP_ANSWERED, 200, false}, {HTTP_ANSWERED, 403, false},
        {HTTP_ANSWERED, 429, true}, {HTTP_ANSWERED, 500, true},  {HTTP_ANSWERED, 503, true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        http_call call;
        prepare(&call);
        if (rows[i].outcome == HTTP_ANSWERED)
            http_answer(&call, rows[i].status);
        else
            http_no_answer(&call, rows[i].outcome, "as told");
        assert_int_equal(http_is_transient(&call), rows[i].may_pass);
        http_call_clear(&call);
    }
}

static void an_explanation_is_one_printable_line(void **state)
{
    http_call call;
    char text[HTTP_PROBLEM_MAX];
    (void)state;
    prepare(&call);
    http_no_answer(&call, HTTP_BROKEN, "it %s", "broke");
    http_explain(&call, text, sizeof text);
    assert_string_equal(text, "it broke");
    http_begin(&call);
    http_answer(&call, 503);
    http_explain(&call, text, sizeof text);
    assert_string_equal(text, "HTTP status 503");
    buffer_put(&call.response, "a\x1b[31m\tb\nc", 10);
    http_explain(&call, text, sizeof text);
    assert_string_equal(text, "HTTP status 503: a?[31m?b");
    for (size_t i = 0; i < 11; i++)
        buffer_put(&call.response, "0123456789", 10);
    assert_true(call.response.failed);
    /* Of an error the status counts, however long its page is. */
    http_explain(&call, text, sizeof text);
    assert_string_equal(text, "HTTP status 503: a?[31m?b");
    assert_true(http_is_transient(&call));
    call.status = 200;
    http_explain(&call, text, sizeof text);
    assert_string_equal(text, "the response is too large");
    assert_false(http_is_transient(&call));
    http_call_clear(&call);
}

static void a_redirection_is_told(void **state)
{
    http_call call;
    char text[HTTP_PROBLEM_MAX];
    (void)state;
    prepare(&call);
    http_begin(&call);
    http_answer(&call, 302);
    http_answer_header(&call, "location", "https://b/x\x1b[31m");
    http_explain(&call, text, sizeof text);
    assert_string_equal(text,
                        "HTTP status 302: redirects to https://b/x?[31m, which is not followed: "
                        "give that server's URL");
    http_begin(&call);
    http_answer(&call, 302);
    http_explain(&call, text, sizeof text);
    assert_string_equal(text, "HTTP status 302");
    http_call_clear(&call);
}

static void loopback_is_known_by_its_names(void **state)
{
    static const char *const loopback[] = {"http://localhost", "http://LocalHost:80/x",
                                           "https://127.0.0.1:9/", "http://u:p@127.9.9.9",
                                           "http://[::1]:8000/a"};
    static const char *const other[] = {"http://127.evil.example",
                                        "http://localhost.example",
                                        "http://u@example/127.0.0.1",
                                        "http://[::2]",
                                        "http://localhos",
                                        "http://127.0.0.1@example"};
    (void)state;
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
        assert_true(url_is_loopback(loopback[i]));
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_false(url_is_loopback(other[i]));
}

static void credentials_are_not_shown(void **state)
{
    static const char *const pairs[][2] = {{"http://u:p@host/path/", "http://host/path"},
                                           {"http://a@b@host", "http://host"},
                                           {"http://host/a@b", "http://host/a@b"},
                                           {"nonsense", "nonsense"}};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *shown = url_shown(pairs[i][0]);
        assert_non_null(shown);
        assert_string_equal(shown, pairs[i][1]);
        mem_free(shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_a_url_headers_and_a_body),
        cmocka_unit_test(what_does_not_fit_is_not_sent),
        cmocka_unit_test(response_headers_are_found_in_any_case),
        cmocka_unit_test(headers_are_bounded),
        cmocka_unit_test(retry_after_is_bounded),
        cmocka_unit_test(what_may_pass_is_tried_again),
        cmocka_unit_test(an_explanation_is_one_printable_line),
        cmocka_unit_test(a_redirection_is_told),
        cmocka_unit_test(loopback_is_known_by_its_names),
        cmocka_unit_test(credentials_are_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
