#include "support/relay.h"

#include "support/test.h"

relay_server *fixture_start(relay_options options)
{
    relay_server *server = NULL;
    pt_error error;
    if (relay_server_start(&server, &options, &error) != PT_OK)
        fail_msg("%s", error.message);
    return server;
}

void fixture_url(char ret_url[RELAY_URL_SIZE], const relay_server *server)
{
    (void)snprintf(ret_url, RELAY_URL_SIZE, "http://127.0.0.1:%u",
                   (unsigned)relay_server_port(server));
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
