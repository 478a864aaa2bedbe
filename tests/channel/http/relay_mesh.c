#include "support/test.h"

#include "channel/http/relay_mesh.h"

#include <pthread.h>

#include "channel/channel.h"
#include "polytune/network.h"

typedef struct opening {
    pt_relay_options options;
    pt_channel channel;
    pt_status status;
    pt_error error;
    pthread_t thread;
} opening;

static void *open_one(void *user)
{
    opening *o = user;
    o->status = pt_channel_relay_open(&o->channel, &o->options, &o->error);
    return NULL;
}

void relay_mesh_open(uint16_t port, const char *session, pt_channel *ret_channels, size_t parties,
                     uint32_t timeout_ms)
{
    opening openings[CHANNEL_MAX_PARTIES];
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)port);
    for (size_t i = 0; i < parties; i++) {
        openings[i] = (opening){.options = {.url = url,
                                            .session = session,
                                            .party = i,
                                            .parties = parties,
                                            .network.timeout_ms = timeout_ms}};
        assert_int_equal(pthread_create(&openings[i].thread, NULL, open_one, &openings[i]), 0);
    }
    for (size_t i = 0; i < parties; i++)
        (void)pthread_join(openings[i].thread, NULL);
    for (size_t i = 0; i < parties; i++) {
        if (openings[i].status != PT_OK)
            fail_msg("party %zu: %s", i, openings[i].error.message);
        ret_channels[i] = openings[i].channel;
    }
}
