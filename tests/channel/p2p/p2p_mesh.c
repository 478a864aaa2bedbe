#include "support/test.h"

#include "channel/p2p/p2p_mesh.h"

#include <pthread.h>

#include "channel/channel.h"
#include "polytune/network.h"

struct p2p_opening {
    pt_p2p_options options;
    char url[80];
    p2p_ways ways;
    pt_channel channel;
    pt_status status;
    pt_error error;
    pthread_t thread;
};

/* Told only while opening: the channel lives on without what `user` points to. */
static void count_way(void *user, const char *text)
{
    p2p_ways *ways = user;
    if (strncmp(text, "direct connection to party ", 27) == 0)
        ways->n_direct++;
    else if (strncmp(text, "no direct connection to party ", 30) == 0)
        ways->n_relayed++;
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
                                  .network.notice_user = &o->ways};
    assert_int_equal(pthread_create(&o->thread, NULL, open_one, o), 0);
    return o;
}

pt_status p2p_open_wait(p2p_opening *o, pt_channel *ret_channel, p2p_ways *ret_ways,
                        pt_error *ret_error)
{
    (void)pthread_join(o->thread, NULL);
    const pt_status status = o->status;
    if (status == PT_OK)
        *ret_channel = o->channel;
    if (ret_ways != NULL)
        *ret_ways = o->ways;
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
        p2p_ways ways;
        pt_error error;
        const size_t n_connecting = first_relayed < parties ? first_relayed : parties;
        const size_t n_direct = i < n_connecting ? n_connecting - 1 : 0;
        if (p2p_open_wait(openings[i], &ret_channels[i], &ways, &error) != PT_OK)
            fail_msg("party %zu: %s", i, error.message);
        assert_int_equal(ways.n_direct, n_direct);
        assert_int_equal(ways.n_relayed, parties - 1 - n_direct);
    }
}
