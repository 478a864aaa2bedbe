/* Cancelling: whoever waits returns, and closing tells the others. */
#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "channel/channel.h"
#include "channel/http/direct_mesh.h"
#include "polytune/network.h"
#include "support/relay.h"

#define TIMEOUT_MS 60000 /* a test that waits for it is too slow to pass */

static atomic_bool cancelled;

static bool is_cancelled(void *user)
{
    (void)user;
    return atomic_load(&cancelled);
}

/* A kind of channel; parties[0] can be cancelled. */
typedef struct subject subject;

struct subject {
    pt_status (*open)(const subject *s, size_t party, pt_channel *ret_channel, pt_error *error);
    relay_server *relay;
    char url[64];
    direct_urls urls;
};

static pt_status open_relay(const subject *s, size_t party, pt_channel *ret_channel,
                            pt_error *error)
{
    const pt_relay_options o = {.url = s->url,
                                .session = "relay",
                                .party = party,
                                .parties = 2,
                                .network.timeout_ms = TIMEOUT_MS,
                                .network.cancelled = party == 0 ? is_cancelled : NULL};
    return pt_channel_relay_open(ret_channel, &o, error);
}

static pt_status open_direct(const subject *s, size_t party, pt_channel *ret_channel,
                             pt_error *error)
{
    const pt_direct_options o = {.urls = s->urls.list,
                                 .party = party,
                                 .parties = 2,
                                 .network.timeout_ms = TIMEOUT_MS,
                                 .network.cancelled = party == 0 ? is_cancelled : NULL};
    return pt_channel_direct_open(ret_channel, &o, error);
}

static pt_status open_p2p(const subject *s, size_t party, pt_channel *ret_channel, pt_error *error)
{
    const pt_p2p_options o = {.relay = s->url,
                              .session = "p2p",
                              .party = party,
                              .parties = 2,
                              .network.timeout_ms = TIMEOUT_MS,
                              .network.cancelled = party == 0 ? is_cancelled : NULL};
    return pt_channel_p2p_open(ret_channel, &o, error);
}

static void subject_init(subject *s)
{
    s->relay = fixture_start((relay_options){0});
    fixture_url(s->url, s->relay);
    direct_urls_find(&s->urls, 2);
    atomic_store(&cancelled, false);
}

typedef struct runner {
    const subject *subject;
    size_t party;
    pt_status opened;
    pt_status received;
    pt_channel channel;
    pthread_t thread;
} runner;

static void *open_one(void *user)
{
    runner *r = user;
    r->opened = r->subject->open(r->subject, r->party, &r->channel, NULL);
    return NULL;
}

/* Waits for a message that never comes, and closes. */
static void *receive(void *user)
{
    runner *r = user;
    uint8_t *bytes = NULL;
    size_t len = 0;
    r->received = channel_recv(&r->channel, 1 - r->party, "x", 1, &bytes, &len, NULL);
    pt_channel_close(&r->channel);
    return NULL;
}

static void start(runner *r, void *(*run)(void *))
{
    assert_int_equal(pthread_create(&r->thread, NULL, run, r), 0);
}

static void check_receiving(pt_status (*open)(const subject *, size_t, pt_channel *, pt_error *))
{
    subject s = {.open = open};
    runner parties[2] = {{.subject = &s}, {.subject = &s, .party = 1}};
    subject_init(&s);
    for (size_t i = 0; i < 2; i++)
        start(&parties[i], open_one);
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(parties[i].thread, NULL);
        assert_int_equal(parties[i].opened, PT_OK);
    }
    for (size_t i = 0; i < 2; i++)
        start(&parties[i], receive);
    atomic_store(&cancelled, true);
    for (size_t i = 0; i < 2; i++)
        (void)pthread_join(parties[i].thread, NULL);
    relay_server_free(s.relay);
    assert_int_equal(parties[0].received, PT_ERR_CANCELLED);
    assert_int_equal(parties[1].received, PT_ERR_CLOSED); /* told at once, by nothing else */
}

static void check_opening(pt_status (*open)(const subject *, size_t, pt_channel *, pt_error *))
{
    subject s = {.open = open};
    runner alone = {.subject = &s};
    subject_init(&s);
    start(&alone, open_one);
    atomic_store(&cancelled, true);
    (void)pthread_join(alone.thread, NULL);
    relay_server_free(s.relay);
    assert_int_equal(alone.opened, PT_ERR_CANCELLED);
}

static void a_wait_is_cancelled_over_a_relay(void **state)
{
    (void)state;
    check_receiving(open_relay);
}

static void a_wait_is_cancelled_over_direct_http(void **state)
{
    (void)state;
    check_receiving(open_direct);
}

static void a_wait_is_cancelled_peer_to_peer(void **state)
{
    (void)state;
    check_receiving(open_p2p);
}

static void opening_is_cancelled(void **state)
{
    (void)state;
    check_opening(open_relay);
    check_opening(open_direct);
    check_opening(open_p2p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_is_cancelled_over_a_relay),
        cmocka_unit_test(a_wait_is_cancelled_over_direct_http),
        cmocka_unit_test(a_wait_is_cancelled_peer_to_peer),
        cmocka_unit_test(opening_is_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
