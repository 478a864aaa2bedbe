#include "support/test.h"

#include "channel/p2p/p2p_mesh.h"

#include <pthread.h>

#include "base/clock.h"
#include "channel/channel.h"
#include "polytune/network.h"

#define SETTLE_MS 60000

struct p2p_opening {
    pt_p2p_options options;
    char url[80];
    pt_channel channel;
    pt_status status;
    pt_error error;
    pthread_t thread;
};

static p2p_ways all_ways[CHANNEL_MAX_PARTIES];

p2p_ways *p2p_ways_of(size_t party)
{
    return &all_ways[party];
}

static void count_way(void *user, const char *text)
{
    p2p_ways *ways = user;
    if (strncmp(text, "direct connection to party ", 27) == 0)
        atomic_fetch_add(&ways->n_direct, 1);
    else if (strncmp(text, "no direct connection to party ", 30) == 0)
        atomic_fetch_add(&ways->n_relayed, 1);
}

static void *open_one(void *user)
{
    p2p_opening *o = user;
    o->status = pt_channel_p2p_open(&o->channel, &o->options, &o->error);
    return NULL;
}

p2p_opening *p2p_open_start(const char *url, const char *session, size_t party, size_t parties,
                            uint32_t timeout_ms, bool only_relay)
{
    p2p_opening *o = calloc(1, sizeof *o);
    assert_non_null(o);
    (void)snprintf(o->url, sizeof o->url, "%s", url);
    o->options = (pt_p2p_options){.relay = o->url,
                                  .session = session,
                                  .party = party,
                                  .parties = parties,
                                  .network.timeout_ms = timeout_ms,
                                  .only_relay = only_relay,
                                  .network.notice = count_way,
                                  .network.notice_user = p2p_ways_of(party)};
    atomic_store(&p2p_ways_of(party)->n_direct, 0);
    atomic_store(&p2p_ways_of(party)->n_relayed, 0);
    assert_int_equal(pthread_create(&o->thread, NULL, open_one, o), 0);
    return o;
}

pt_status p2p_open_wait(p2p_opening *o, pt_channel *ret_channel, pt_error *ret_error)
{
    (void)pthread_join(o->thread, NULL);
    const pt_status status = o->status;
    if (status == PT_OK)
        *ret_channel = o->channel;
    if (ret_error != NULL)
        *ret_error = o->error;
    free(o);
    return status;
}

void p2p_mesh_open(uint16_t port, const char *session, pt_channel *ret_channels, size_t parties,
                   size_t first_relayed, uint32_t timeout_ms)
{
    p2p_opening *openings[CHANNEL_MAX_PARTIES];
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)port);
    for (size_t i = 0; i < parties; i++)
        openings[i] = p2p_open_start(url, session, i, parties, timeout_ms, i >= first_relayed);
    for (size_t i = 0; i < parties; i++) {
        pt_error error;
        if (p2p_open_wait(openings[i], &ret_channels[i], &error) != PT_OK)
            fail_msg("party %zu: %s", i, error.message);
    }
}

static void exchange(const pt_channel *c, size_t parties)
{
    pt_error error;
    for (size_t from = 0; from < parties; from++)
        for (size_t to = 0; to < parties; to++)
            if (from != to)
                assert_int_equal(channel_send(&c[from], to, "way", NULL, 0, &error), PT_OK);
    for (size_t from = 0; from < parties; from++) {
        for (size_t to = 0; to < parties; to++) {
            uint8_t *bytes = NULL;
            size_t len = 0;
            if (from == to)
                continue;
            if (channel_recv(&c[to], from, "way", 0, &bytes, &len, &error) != PT_OK)
                fail_msg("%s", error.message);
            free(bytes);
        }
    }
}

/* Whether all have been told of so many of the others, or of too many. */
static bool is_settled(size_t parties, size_t first_relayed)
{
    const size_t n_connecting = first_relayed < parties ? first_relayed : parties;
    bool settled = true;
    for (size_t i = 0; i < parties; i++) {
        const size_t n_direct = i < n_connecting ? n_connecting - 1 : 0;
        const size_t direct = atomic_load(&p2p_ways_of(i)->n_direct);
        const size_t relayed = atomic_load(&p2p_ways_of(i)->n_relayed);
        assert_true(direct <= n_direct && relayed <= parties - 1 - n_direct);
        settled = settled && direct + relayed == parties - 1;
    }
    return settled;
}

void p2p_mesh_settle(const pt_channel *channels, size_t parties, size_t first_relayed)
{
    const uint64_t deadline = clock_ms() + SETTLE_MS;
    while (!is_settled(parties, first_relayed)) {
        assert_true(clock_ms() < deadline);
        exchange(channels, parties);
    }
}
