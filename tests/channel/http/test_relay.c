/* The channel over an HTTP relay: over ours, over a plain one, and when things go wrong. */
#define _DEFAULT_SOURCE
#include "support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "channel/channel.h"
#include "channel/conformance.h"
#include "channel/http/plain_relay.h"
#include "channel/http/relay_mesh.h"
#include "channel/talk.h"
#include "httpd/http.h"
#include "polytune/network.h"
#include "support/relay.h"

#define PATIENCE_MS 60000

/* The session's name stays the same from test to test: it must be free again once all have left. */
static void open_relay(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    relay_mesh_open(relay_server_port(user), "conformance", ret_channels, parties, timeout_ms);
}

/* A plain relay forgets nothing, so each test gets a new one. */
static void open_plain(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    plain_relay **relay = user;
    if (*relay != NULL)
        plain_relay_stop(*relay);
    *relay = plain_relay_start((plain_relay_options){0});
    relay_mesh_open(plain_relay_port(*relay), "plain", ret_channels, parties, timeout_ms);
}

static relay_server *start_at(uint16_t port)
{
    return fixture_start((relay_options){.port = port});
}

static void close_both(pt_channel *c)
{
    pt_channel_close(&c[0]);
    pt_channel_close(&c[1]);
}

/* ---- what is asked for ---- */

/* Requests that wait at the relay. */
static size_t n_held(const relay_server *server)
{
    static const char name[] = "\npolytune_relay_requests_held ";
    http_response r = http_once(relay_server_port(server), "GET", "/metrics", "", NULL, 0);
    assert_int_equal(r.status, 200);
    const char *found = strstr((const char *)r.body, name);
    assert_non_null(found);
    const size_t n = strtoul(found + strlen(name), NULL, 10);
    http_clear(&r);
    return n;
}

/* Both parties send each other a message of that length; how many requests wait then. */
static size_t n_held_after(const relay_server *server, pt_channel *c, size_t len)
{
    pt_error error;
    uint8_t *bytes = calloc(len, 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(channel_send(&c[i], 1 - i, "p", bytes, len, &error), PT_OK);
    for (size_t i = 0; i < 2; i++) {
        uint8_t *received = NULL;
        size_t received_len = 0;
        assert_int_equal(channel_recv(&c[i], 1 - i, "p", len, &received, &received_len, &error),
                         PT_OK);
        free(received);
    }
    free(bytes);
    size_t n = n_held(server);
    for (size_t last = n + 1; last != n;) {
        last = n;
        clock_sleep(100);
        n = n_held(server);
    }
    return n;
}

/* Connections on which a request waits are missing for what is to be sent. */
static void small_messages_leave_connections_for_sending(void **state)
{
    (void)state;
    pt_channel c[2];
    relay_server *server = fixture_start((relay_options){0});
    relay_mesh_open(relay_server_port(server), "held", c, 2, PATIENCE_MS);
    assert_in_range(n_held_after(server, c, 10), 2, 8);
    assert_in_range(n_held_after(server, c, 10), 2, 8);
    assert_in_range(n_held_after(server, c, 100000), 9, 16);
    close_both(c);
    relay_server_free(server);
}

/* ---- a relay that fails ---- */

static void a_relay_that_dies_ends_in_an_error(void **state)
{
    (void)state;
    pt_channel c[2];
    char url[64];
    relay_server *server = start_at(0);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)relay_server_port(server));
    relay_mesh_open(relay_server_port(server), "dies", c, 2, 400);
    send_text(&c[0], 1, "hello");
    expect_text(&c[1], 0, "hello");
    relay_server_free(server);
    expect_failure(&c[1], 0, PT_ERR_IO, url);
    /* Sending fails or not, depending on what was noticed before. */
    const pt_status sent = channel_send(&c[0], 1, "p", NULL, 0, NULL);
    assert_true(sent == PT_OK || sent == PT_ERR_IO);
    expect_failure(&c[0], 1, PT_ERR_IO, url);
    close_both(c);
}

static void a_relay_that_forgot_the_session_is_noticed(void **state)
{
    (void)state;
    pt_channel c[2];
    relay_server *server = start_at(0);
    const uint16_t port = relay_server_port(server);
    relay_mesh_open(port, "forgets", c, 2, PATIENCE_MS);
    send_text(&c[0], 1, "hello");
    expect_text(&c[1], 0, "hello");
    relay_server_free(server);
    server = start_at(port);
    expect_failure(&c[0], 1, PT_ERR_IO, "does not know this session any more");
    expect_failure(&c[1], 0, PT_ERR_IO, "does not know this session any more");
    assert_int_equal(channel_send(&c[0], 1, "p", NULL, 0, NULL), PT_ERR_IO);
    close_both(c);
    relay_server_free(server);
}

static void a_relay_that_is_full_slows_down_only(void **state)
{
    (void)state;
    pt_channel c[2];
    pt_error error;
    relay_server *server = NULL;
    assert_int_equal(relay_server_start(&server, &(relay_options){.max_queue_bytes = 1000}, &error),
                     PT_OK);
    relay_mesh_open(relay_server_port(server), "full", c, 2, PATIENCE_MS);
    static uint8_t bytes[3000000];
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(channel_send(&c[0], 1, "p", bytes, sizeof bytes, &error), PT_OK);
    for (size_t i = 0; i < 10; i++) {
        uint8_t *received = NULL;
        size_t len = 0;
        assert_int_equal(channel_recv(&c[1], 0, "p", sizeof bytes, &received, &len, &error), PT_OK);
        assert_int_equal(len, sizeof bytes);
        free(received);
    }
    close_both(c);
    relay_server_free(server);
}

static void a_plain_relay_that_misbehaves_is_borne(void **state)
{
    (void)state;
    const plain_relay_options options[] = {{.repeat_every = 2},
                                           {.fail_every = 3},
                                           {.cut_every = 2},
                                           {.repeat_every = 3, .cut_every = 5, .fail_every = 7}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        pt_channel c[2];
        char text[16];
        plain_relay *relay = plain_relay_start(options[i]);
        relay_mesh_open(plain_relay_port(relay), "plain", c, 2, PATIENCE_MS);
        for (int n = 0; n < 12; n++) {
            (void)snprintf(text, sizeof text, "message %d", n);
            send_text(&c[n % 2], 1 - (size_t)n % 2, text);
            expect_text(&c[1 - n % 2], (size_t)n % 2, text);
        }
        close_both(c);
        plain_relay_stop(relay);
    }
}

/* Some relays take one message after the other: those that do not say that they take more. */
static void a_relay_of_before_is_not_sent_ahead(void **state)
{
    (void)state;
    enum { N = 40 };
    pt_channel c[2];
    char text[16];
    plain_relay *relay = plain_relay_start((plain_relay_options){.is_numbered = true});
    relay_mesh_open(plain_relay_port(relay), "plain", c, 2, PATIENCE_MS);
    for (int n = 0; n < N; n++) {
        (void)snprintf(text, sizeof text, "message %d", n);
        send_text(&c[0], 1, text);
        clock_sleep(1);
    }
    for (int n = 0; n < N; n++) {
        (void)snprintf(text, sizeof text, "message %d", n);
        expect_text(&c[1], 0, text);
    }
    close_both(c);
    plain_relay_stop(relay);
}

static void a_lost_message_is_noticed(void **state)
{
    (void)state;
    pt_channel c[2];
    plain_relay *relay = plain_relay_start((plain_relay_options){.lose_nth = 2});
    relay_mesh_open(plain_relay_port(relay), "plain", c, 2, PATIENCE_MS);
    send_text(&c[0], 1, "one");
    expect_text(&c[1], 0, "one");
    send_text(&c[0], 1, "two");
    pt_channel_close(&c[0]); /* sends "two", which is lost, and the end */
    expect_failure(&c[1], 0, PT_ERR_IO, "a message from party 0 was lost");
    expect_failure(&c[1], 0, PT_ERR_IO, "a message from party 0 was lost");
    pt_channel_close(&c[1]);
    plain_relay_stop(relay);
}

/* Asks as party 0 that anybody may speak for: its seat has no token. */
static void ask_as_0(uint16_t port, const char *method, const char *path, const void *bytes,
                     size_t len)
{
    http_response r = http_once(port, method, path, "", bytes, len);
    assert_int_equal(r.status, 200);
    http_clear(&r);
}

static void invented_packets_are_malformed(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } packets[] = {
        {"", 0},
        {"garbage", 7},
        {"\2\1\0\0\0\0\0\0\0", 9},
        {"\1\1\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\0", 22},
        {"\1\1\0\0\0\0\0\0\0\1\5\0\0\0\0\0\0\0\0\0\0\0abc", 25},
    };
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        const uint16_t port = relay_server_port(*state);
        pt_channel c;
        pt_error error;
        char session[16];
        char path[64];
        char url[64];
        (void)snprintf(session, sizeof session, "invented-%zu", i);
        (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)port);
        (void)snprintf(path, sizeof path, "/join/%s/0", session);
        ask_as_0(port, "PUT", path, "", 0);
        const pt_relay_options options = {.url = url,
                                          .session = session,
                                          .party = 1,
                                          .parties = 2,
                                          .network.timeout_ms = PATIENCE_MS};
        assert_int_equal(pt_channel_relay_open(&c, &options, &error), PT_OK);
        (void)snprintf(path, sizeof path, "/send/%s/0/1", session);
        ask_as_0(port, "POST", path, packets[i].bytes, packets[i].len);
        expect_failure(&c, 0, PT_PEER_MALFORMED, "malformed");
        expect_failure(&c, 0, PT_PEER_MALFORMED, "malformed");
        pt_channel_close(&c);
    }
}

/* ---- opening ---- */

static pt_status try_open(const pt_relay_options *options, pt_error *error)
{
    pt_channel c = {0};
    const pt_status status = pt_channel_relay_open(&c, options, error);
    if (status == PT_OK)
        pt_channel_close(&c);
    return status;
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    const pt_relay_options good = {
        .url = "http://127.0.0.1:1", .session = "s", .party = 0, .parties = 2};
    static const char *const urls[] = {NULL,          "",           "127.0.0.1:8000", "ftp://host/",
                                       "http://",     "http:///x",  "http://h/?q",    "http://h/#f",
                                       "file:///etc", "http://a b/"};
    static const char *const sessions[] = {NULL, "", "a b", "a/b", "a?b", "\xc3\xa4", "a%20"};
    pt_error error;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        pt_relay_options o = good;
        o.url = urls[i];
        assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
    }
    for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++) {
        pt_relay_options o = good;
        o.session = sessions[i];
        assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
    }
    pt_relay_options o = good;
    o.party = 2;
    assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
    o = good;
    o.parties = CHANNEL_MAX_PARTIES + 1;
    assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
    o.parties = o.party = 0;
    assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
}

typedef struct notices {
    unsigned n_retries;
    unsigned n_waits;
} notices;

static void count_notice(void *user, const char *text)
{
    notices *n = user;
    n->n_retries += strstr(text, "retrying") != NULL;
    n->n_waits += strstr(text, "waiting for party 1 (2 s)") != NULL;
}

static void no_relay_at_all_is_an_error(void **state)
{
    (void)state;
    relay_server *server = start_at(0);
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)relay_server_port(server));
    relay_server_free(server); /* now nobody listens there */
    notices n = {0};
    pt_error error;
    const pt_relay_options o = {.url = url,
                                .session = "s",
                                .parties = 2,
                                .network.timeout_ms = 100,
                                .network.notice = count_notice,
                                .network.notice_user = &n};
    assert_int_equal(try_open(&o, &error), PT_ERR_IO);
    assert_non_null(strstr(error.message, url));
    assert_true(n.n_retries >= 1);
}

static void a_relay_that_never_answers_is_an_error(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    pt_error error;
    const pt_relay_options o = {
        .url = url, .session = "s", .parties = 2, .network.timeout_ms = 200};
    assert_int_equal(try_open(&o, &error), PT_ERR_IO);
    assert_non_null(strstr(error.message, url));
    (void)close(fd);
}

static void a_party_that_never_comes_is_named(void **state)
{
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)relay_server_port(*state));
    notices n = {0};
    pt_error error;
    const pt_relay_options o = {.url = url,
                                .session = "alone",
                                .parties = 2,
                                .network.wait_ms = 2500,
                                .network.notice = count_notice,
                                .network.notice_user = &n};
    assert_int_equal(try_open(&o, &error), PT_ERR_TIMEOUT);
    assert_int_equal(error.party, 1);
    assert_non_null(strstr(error.message, "party 1 did not join session alone"));
    assert_true(n.n_waits >= 1);
}

static void a_taken_seat_is_refused(void **state)
{
    pt_channel c[2];
    char url[64];
    relay_mesh_open(relay_server_port(*state), "taken", c, 2, PATIENCE_MS);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)relay_server_port(*state));
    pt_error error;
    const pt_relay_options o = {.url = url, .session = "taken", .party = 1, .parties = 2};
    assert_int_equal(try_open(&o, &error), PT_ERR_REFUSED);
    assert_non_null(strstr(error.message, "another client holds this seat"));
    send_text(&c[0], 1, "still there");
    expect_text(&c[1], 0, "still there");
    close_both(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_messages_leave_connections_for_sending),
        cmocka_unit_test(a_relay_that_dies_ends_in_an_error),
        cmocka_unit_test(a_relay_that_forgot_the_session_is_noticed),
        cmocka_unit_test(a_relay_that_is_full_slows_down_only),
        cmocka_unit_test(a_plain_relay_that_misbehaves_is_borne),
        cmocka_unit_test(a_relay_of_before_is_not_sent_ahead),
        cmocka_unit_test(a_lost_message_is_noticed),
        cmocka_unit_test(invented_packets_are_malformed),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(no_relay_at_all_is_an_error),
        cmocka_unit_test(a_relay_that_never_answers_is_an_error),
        cmocka_unit_test(a_party_that_never_comes_is_named),
        cmocka_unit_test(a_taken_seat_is_refused),
    };
    relay_server *server = fixture_start((relay_options){0});
    plain_relay *plain = NULL;
    conformance_subject relay = {"relay channel", 5, open_relay, server};
    conformance_subject over_plain = {"relay channel over a plain relay", 5, open_plain, &plain};
    int n_failed = conformance_run(&relay);
    relay_server_free(server);
    n_failed += conformance_run(&over_plain);
    if (plain != NULL)
        plain_relay_stop(plain);
    return n_failed + cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
