/* Who may ask a relay: tokens given out and brought along, and how often an address and a session
 * may ask. */
#include "support/test.h"

#include <unistd.h>

#include "httpd/expect.h"
#include "relay/held.h"
#include "support/relay.h"

#define TOKEN_22 "abcdefghijklmnopqrstuv"

/* The token that joining gives; false: it gives none. */
static bool join_for_token(uint16_t port, const char *path, char ret_token[64])
{
    http_response r = http_once(port, "PUT", path, "", "", 0);
    assert_int_equal(r.status, 200);
    const bool given = http_value(&r, "X-Polytune-Token", ret_token, 64);
    if (given)
        assert_non_null(strstr((const char *)r.body, ret_token));
    http_clear(&r);
    return given;
}

static void tokens_given_out_differ_and_are_the_seats(void **state)
{
    (void)state;
    enum { PARTIES = 3 };
    relay_server *server = fixture_start((relay_options){.needs_tokens = true});
    const uint16_t port = relay_server_port(server);
    char tokens[2 * PARTIES][64];
    char header[128];
    for (size_t i = 0; i < 2 * PARTIES; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/join/%s/%zu", i < PARTIES ? "given" : "other",
                       i % PARTIES);
        assert_true(join_for_token(port, path, tokens[i]));
        assert_int_equal(strlen(tokens[i]), 32);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(tokens[i], tokens[j]);
    }
    for (size_t i = 0; i < 2 * PARTIES; i++) {
        (void)snprintf(header, sizeof header, "X-Polytune-Token: %s\r\n", tokens[i]);
        expect(port, "POST", "/send/given/0/1", header, "m", i == 0 ? 200 : 403, NULL);
    }
    expect(port, "POST", "/send/given/0/1", "", "m", 401, NULL);
    /* Nor may who has no seat. */
    expect(port, "POST", "/send/given/7/1", header, "m", 403, NULL);
    expect(port, "POST", "/send/given/7/1", "", "m", 401, NULL);
    relay_server_free(server);
}

static void without_tokens_none_is_given_out(void **state)
{
    (void)state;
    char token[64];
    relay_server *server = fixture_start((relay_options){.needs_tokens = false});
    assert_false(join_for_token(relay_server_port(server), "/join/none/0", token));
    relay_server_free(server);
}

static void expect_token(uint16_t port, const char *token, int status)
{
    char header[600];
    (void)snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
    expect(port, "PUT", "/join/own/0", header, "", status, NULL);
    (void)snprintf(header, sizeof header, "X-Polytune-Token: %s\r\n", token);
    expect(port, "PUT", "/join/own/0", header, "", status, NULL);
    if (status == 200)
        expect(port, "DELETE", "/join/own/0", header, "", 200, NULL);
}

static void tokens_have_a_length_and_characters(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.needs_tokens = true});
    const uint16_t port = relay_server_port(server);
    char longest[258];
    memset(longest, 'x', sizeof longest);
    longest[257] = '\0';
    expect_token(port, longest, 400);
    longest[256] = '\0';
    expect_token(port, longest, 200);
    expect_token(port, TOKEN_22, 200);
    expect_token(port, &TOKEN_22[1], 400);
    expect_token(port, "ABCXYZabcxyz0189-._~+/=", 200);
    expect_token(port, "has \"quotes\" and blanks in it", 400);
    expect(port, "PUT", "/join/own/0",
           "X-Polytune-Token: " TOKEN_22 "\r\nAuthorization: Bearer " TOKEN_22 "\r\n", "", 400,
           NULL);
    relay_server_free(server);
}

/* Every character counts. */
static void a_token_that_differs_at_its_end_is_another(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.needs_tokens = true});
    const uint16_t port = relay_server_port(server);
    expect(port, "PUT", "/join/end/0", "X-Polytune-Token: " TOKEN_22 "1\r\n", "", 200, NULL);
    expect(port, "POST", "/send/end/0/1", "X-Polytune-Token: " TOKEN_22 "2\r\n", "m", 403, NULL);
    expect(port, "PUT", "/join/end/0", "X-Polytune-Token: " TOKEN_22 "2\r\n", "", 409, NULL);
    expect(port, "POST", "/send/end/0/1", "X-Polytune-Token: " TOKEN_22 "1\r\n", "m", 200, NULL);
    relay_server_free(server);
}

/* How many of `n` requests are answered with 200; the others are refused with 429. */
static unsigned answered(uint16_t port, unsigned n, const char *path, const char *header)
{
    unsigned good = 0;
    for (unsigned i = 0; i < n; i++) {
        http_response r = http_once(port, "GET", path, header, "", 0);
        assert_true(r.status == 200 || r.status == 429);
        good += r.status == 200;
        http_clear(&r);
    }
    return good;
}

static void an_address_asks_so_often(void **state)
{
    (void)state;
    relay_server *server =
        fixture_start((relay_options){.address_requests = 2, .trust_forwarded = true});
    const uint16_t port = relay_server_port(server);
    /* The burst is twice a second's; a slow machine gets a few more. */
    assert_in_range(answered(port, 40, "/participants/a", ""), 4, 30);
    /* Of what a proxy says the last address counts. */
    assert_int_equal(answered(port, 1, "/participants/a", "X-Forwarded-For: 192.0.2.1\r\n"), 1);
    assert_in_range(
        answered(port, 40, "/participants/a", "X-Forwarded-For: 192.0.2.1, 192.0.2.7\r\n"), 4, 30);
    assert_int_equal(
        answered(port, 2, "/participants/a", "X-Forwarded-For: 192.0.2.7, 192.0.2.9\r\n"), 2);
    /* Of an IPv6 address the network. */
    assert_in_range(answered(port, 20, "/participants/a", "X-Forwarded-For: 2001:db8::1\r\n"), 4,
                    16);
    assert_in_range(answered(port, 20, "/participants/a", "X-Forwarded-For: 2001:db8::2\r\n"), 0,
                    3);
    assert_int_equal(answered(port, 2, "/participants/a", "X-Forwarded-For: 2001:db8:0:1::1\r\n"),
                     2);
    relay_server_free(server);
}

static void a_session_is_asked_for_so_often(void **state)
{
    (void)state;
    relay_server *server = fixture_start((relay_options){.session_requests = 2});
    const uint16_t port = relay_server_port(server);
    assert_in_range(answered(port, 40, "/participants/a", ""), 4, 30);
    assert_int_equal(answered(port, 2, "/participants/b", ""), 2);
    relay_server_free(server);
}

static void expect_origin(uint16_t port, const char *origin, bool allowed)
{
    char header[128];
    const int fd = connect_to(port);
    (void)snprintf(header, sizeof header, "Origin: %s\r\n", origin);
    ask(fd, "GET", "/ping", header, "");
    expect_next_with(fd, 200, "Access-Control-Allow-Origin", allowed ? origin : NULL);
    (void)close(fd);
}

static void pages_of_named_origins_may_read(void **state)
{
    (void)state;
    relay_server *server =
        fixture_start((relay_options){.cors = "https://one.example,https://two.example"});
    const uint16_t port = relay_server_port(server);
    expect_origin(port, "https://one.example", true);
    expect_origin(port, "https://two.example", true);
    expect_origin(port, "https://six.example", false);
    expect_origin(port, "https://one.exampl", false);
    expect_origin(port, "https://one.example,https://two.example", false);
    relay_server_free(server);
}

/* Bodies that are on their way count as well: a second one does not fit. */
static void messages_on_their_way_are_counted(void **state)
{
    enum { BYTES = 60000 };
    static char body[BYTES];
    (void)state;
    relay_server *server = fixture_start((relay_options){.max_bytes = 100000});
    const uint16_t port = relay_server_port(server);
    char head[128];
    int fds[2];
    memset(body, 'x', sizeof body);
    for (size_t i = 0; i < 2; i++) {
        fds[i] = connect_to(port);
        (void)snprintf(head, sizeof head,
                       "POST /send/way/%zu/5 HTTP/1.1\r\nHost: r\r\nContent-Length: %d\r\n\r\n", i,
                       BYTES + 1);
        write_text(fds[i], head);
        assert_true(http_write(fds[i], body, BYTES));
        if (i == 0)
            wait_for_figure(port, "receiving_bytes", BYTES);
    }
    assert_true(http_write(fds[1], "x", 1));
    expect_next(fds[1], 429, NULL);
    assert_true(http_write(fds[0], "x", 1));
    expect_next(fds[0], 200, NULL);
    for (size_t i = 0; i < 2; i++)
        (void)close(fds[i]);
    relay_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_given_out_differ_and_are_the_seats),
        cmocka_unit_test(without_tokens_none_is_given_out),
        cmocka_unit_test(tokens_have_a_length_and_characters),
        cmocka_unit_test(a_token_that_differs_at_its_end_is_another),
        cmocka_unit_test(an_address_asks_so_often),
        cmocka_unit_test(a_session_is_asked_for_so_often),
        cmocka_unit_test(pages_of_named_origins_may_read),
        cmocka_unit_test(messages_on_their_way_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
