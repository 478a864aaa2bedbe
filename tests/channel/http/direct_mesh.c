#define _DEFAULT_SOURCE
#include "support/test.h"

#include "channel/http/direct_mesh.h"
#include "polytune/network.h"
#include "support/port.h"

#include <pthread.h>

typedef struct opening {
    pt_direct_options options;
    pt_channel channel;
    pt_status status;
    pt_error error;
    pthread_t thread;
} opening;

void direct_urls_find(direct_urls *ret_urls, size_t parties)
{
    for (size_t i = 0; i < parties; i++) {
        (void)snprintf(ret_urls->text[i], sizeof ret_urls->text[i], "http://127.0.0.1:%u/",
                       (unsigned)free_port());
        ret_urls->list[i] = ret_urls->text[i];
    }
}

static void *open_one(void *user)
{
    opening *o = user;
    o->status = pt_channel_direct_open(&o->channel, &o->options, &o->error);
    return NULL;
}

void direct_mesh_open(pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    opening openings[DIRECT_MESH_MAX];
    direct_urls urls;
    direct_urls_find(&urls, parties);
    for (size_t i = 0; i < parties; i++) {
        openings[i] = (opening){.options = {.urls = urls.list,
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
