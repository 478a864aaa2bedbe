/* A relay for a test, in this process. Link polytune_relay. */
#ifndef TESTS_SUPPORT_RELAY_H
#define TESTS_SUPPORT_RELAY_H

#include <stdint.h>

#include "relay/relay.h"

#define RELAY_URL_SIZE 64

/* Starts a relay, or fails the test; port 0 of the options is a free one. */
relay_server *fixture_start(relay_options options);
void fixture_url(char ret_url[RELAY_URL_SIZE], const relay_server *server);

/* Group fixtures: a relay with the default options in *state. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
uint16_t fixture_port(void **state);

#endif
