/* A relay for a test. */
#ifndef TESTS_RELAY_FIXTURE_H
#define TESTS_RELAY_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "httpd/expect.h"
#include "relay/relay.h"

/* Starts a relay on a free port, or fails the test. */
relay_server *fixture_start(relay_options options);

/* Group fixtures: a relay with the default options in *state. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
uint16_t fixture_port(void **state);

/* Comes back once the relay holds `n` requests. */
void wait_until_held(uint16_t port, int n);

#endif
