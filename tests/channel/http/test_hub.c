/* Direct channels that share their parties' servers: each is what every channel is, and none of
 * them meddles with another. */
#define _DEFAULT_SOURCE
#include "support/test.h"

#include <pthread.h>
#include <string.h>

#include "channel/channel.h"
#include "channel/conformance.h"
#include "channel/http/direct_hub.h"
#include "channel/talk.h"

#define PARTIES    CONFORMANCE_MAX_PARTIES
#define TIMEOUT_MS 60000

/* ---- parties with a server each ---- */

typedef struct place {
    httpd *server;
    direct_hub hub;
    char url[64];
} place;

static place places[PARTIES];

static void place_begin(httpd_request *http, const char *method, const char *path)
{
    place *p = httpd_user(http->server);
    direct_post *post = (direct_post *)http;
    const char *session = strstr(path, "/msg/");
    session = session == NULL ? "" : session + strlen("/msg/");
    if (!direct_hub_begin(&p->hub, post, session, strcspn(session, "/"), method, path))
        httpd_refuse(http, strncmp(session, "ended", 5) == 0 ? 410 : 404, "no such session here");
}

static void place_header(httpd_request *http, const char *name, const char *value)
{
    if (((direct_post *)http)->owner != NULL)
        direct_app.header(http, name, value);
}

static void place_check(httpd_request *http)
{
    if (((direct_post *)http)->owner != NULL)
        direct_app.check(http);
}

static enum MHD_Result place_answer(httpd_request *http)
{
    return direct_app.answer(http);
}

static bool place_charge(httpd_request *http, size_t len)
{
    return direct_app.charge(http, len);
}

static void place_discharge(httpd_request *http, size_t len)
{
    direct_app.discharge(http, len);
}

static void place_finish(httpd_request *http, unsigned status, struct MHD_Response *response)
{
    if (((direct_post *)http)->owner != NULL)
        direct_app.finish(http, status, response);
}

static void place_end(httpd_request *http, bool sent)
{
    if (((direct_post *)http)->owner != NULL)
        direct_app.end(http, sent);
}

static void place_woken(void *user)
{
    place *p = user;
    for (httpd_request *h = httpd_held(p->server), *next; h != NULL; h = next) {
        next = h->next;
        httpd_release(h);
    }
}

static const httpd_app place_app = {
    .name = "a party's server",
    .request_size = sizeof(direct_post),
    .body_max = (size_t)32 << 20,
    .too_long = "too long",
    .begin = place_begin,
    .header = place_header,
    .check = place_check,
    .charge = place_charge,
    .discharge = place_discharge,
    .answer = place_answer,
    .finish = place_finish,
    .end = place_end,
    .woken = place_woken,
};

static void places_start(void)
{
    for (size_t i = 0; i < PARTIES; i++) {
        place *p = &places[i];
        const httpd_options o = {
            .address = "127.0.0.1", .max_connections = 64, .client_timeout_ms = TIMEOUT_MS};
        pt_error error;
        assert_int_equal(httpd_new(&p->server, &place_app, p, &error), PT_OK);
        assert_true(direct_hub_init(&p->hub, p->server));
        assert_int_equal(httpd_start(p->server, &o, &error), PT_OK);
        (void)snprintf(p->url, sizeof p->url, "http://127.0.0.1:%u/at/all",
                       (unsigned)httpd_port(p->server));
    }
}

static void places_stop(void)
{
    for (size_t i = 0; i < PARTIES; i++) {
        httpd_free(places[i].server);
        direct_hub_clear(&places[i].hub);
    }
}

/* ---- opening ---- */

typedef struct visit {
    size_t party;
    size_t parties;
    const char *session;
    uint32_t timeout_ms;
    uint32_t wait_ms;
    pt_channel channel;
    pt_status status;
    pt_error error;
    pthread_t thread;
} visit;

static void *visit_run(void *user)
{
    visit *v = user;
    const char *urls[PARTIES];
    for (size_t i = 0; i < v->parties; i++)
        urls[i] = places[i].url;
    const pt_direct_options o = {
        .urls = urls,
        .party = v->party,
        .parties = v->parties,
        .session = v->session,
        .network = {.timeout_ms = v->timeout_ms, .wait_ms = v->wait_ms},
    };
    v->status = direct_hub_open(&v->channel, &places[v->party].hub, &o, &v->error);
    return NULL;
}

static void open_session(pt_channel *ret_channels, size_t parties, uint32_t timeout_ms,
                         const char *session)
{
    visit visits[PARTIES];
    for (size_t i = 0; i < parties; i++) {
        visits[i] =
            (visit){.party = i, .parties = parties, .session = session, .timeout_ms = timeout_ms};
        assert_int_equal(pthread_create(&visits[i].thread, NULL, visit_run, &visits[i]), 0);
    }
    for (size_t i = 0; i < parties; i++) {
        (void)pthread_join(visits[i].thread, NULL);
        if (visits[i].status != PT_OK)
            fail_msg("party %zu: %s", i, visits[i].error.message);
        ret_channels[i] = visits[i].channel;
    }
}

static void open_next(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    size_t *n = user;
    char session[32];
    (void)snprintf(session, sizeof session, "conformance-%zu", ++*n);
    open_session(ret_channels, parties, timeout_ms, session);
}

/* ---- tests ---- */

static void test_sessions_side_by_side(void **state)
{
    pt_channel first[3];
    pt_channel second[2];
    (void)state;
    open_session(first, 3, TIMEOUT_MS, "first");
    open_session(second, 2, TIMEOUT_MS, "second");
    send_text(&first[0], 1, "of the first");
    send_text(&second[0], 1, "of the second");
    expect_text(&second[1], 0, "of the second");
    expect_text(&first[1], 0, "of the first");
    pt_channel_close(&second[0]);
    pt_channel_close(&second[1]);
    send_text(&first[2], 0, "still there");
    expect_text(&first[0], 2, "still there");
    for (size_t i = 0; i < 3; i++)
        pt_channel_close(&first[i]);
    /* A name that was used is free again. */
    open_session(second, 2, TIMEOUT_MS, "second");
    send_text(&second[1], 0, "again");
    expect_text(&second[0], 1, "again");
    pt_channel_close(&second[0]);
    pt_channel_close(&second[1]);
}

static void test_name_that_is_taken(void **state)
{
    pt_channel c[2];
    (void)state;
    open_session(c, 2, TIMEOUT_MS, "taken");
    visit again = {.parties = 2, .session = "taken", .timeout_ms = TIMEOUT_MS};
    (void)visit_run(&again);
    assert_int_equal(again.status, PT_ERR_USAGE);
    send_text(&c[0], 1, "undisturbed");
    expect_text(&c[1], 0, "undisturbed");
    pt_channel_close(&c[0]);
    pt_channel_close(&c[1]);
}

/* 404 is waited out, 410 is not. */
static void test_peer_without_the_session(void **state)
{
    visit v = {.parties = 2, .session = "not-there", .timeout_ms = TIMEOUT_MS, .wait_ms = 300};
    (void)state;
    (void)visit_run(&v);
    assert_int_equal(v.status, PT_ERR_TIMEOUT);
    visit w = {.parties = 2, .session = "ended-there", .timeout_ms = TIMEOUT_MS};
    (void)visit_run(&w);
    assert_int_equal(w.status, PT_ERR_STOPPED);
    assert_int_equal(w.error.party, 1);
    assert_non_null(strstr(w.error.message, "no such session here"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_side_by_side),
        cmocka_unit_test(test_name_that_is_taken),
        cmocka_unit_test(test_peer_without_the_session),
    };
    size_t n = 0;
    conformance_subject subject = {"direct on hubs", PARTIES, open_next, &n};
    places_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    failed += conformance_run(&subject);
    places_stop();
    return failed;
}
