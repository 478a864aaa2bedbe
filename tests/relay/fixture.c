#include "support/test.h"

#include "relay/fixture.h"

#include <unistd.h>

relay_server *fixture_start(relay_options options)
{
    relay_server *server = NULL;
    pt_error error;
    if (relay_server_start(&server, &options, &error) != PT_OK)
        fail_msg("%s", error.message);
    return server;
}

int fixture_setup(void **state)
{
    *state = fixture_start((relay_options){0});
    return 0;
}

int fixture_teardown(void **state)
{
    relay_server_free(*state);
    return 0;
}

uint16_t fixture_port(void **state)
{
    return relay_server_port(*state);
}

void wait_until_held(uint16_t port, int n)
{
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "polytune_relay_requests_held %d\n", n);
    for (bool found = false; !found;) {
        http_response r = http_once(port, "GET", "/metrics", "", "", 0);
        assert_int_equal(r.status, 200);
        found = strstr((char *)r.body, wanted) != NULL;
        http_clear(&r);
    }
}
