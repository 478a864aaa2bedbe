/* The channel over an HTTP relay, with the relay in this process. */
#include "support/test.h"

#include "channel/channel.h"
#include "channel/conformance.h"
#include "channel/relay_mesh.h"
#include "relay/relay.h"

/* The session's name stays the same from test to test: it must be free again once all have left. */
static void open_relay(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    relay_mesh_open(relay_server_port(user), "conformance", ret_channels, parties, timeout_ms);
}

int main(void)
{
    relay_server *server = NULL;
    pt_error error;
    if (relay_server_start(&server, &(relay_options){0}, &error) != PT_OK)
        return 1;
    conformance_subject relay = {"relay channel", 5, open_relay, server};
    const int n_failed = conformance_run(&relay);
    relay_server_free(server);
    return n_failed;
}
