/* A relay for a test, and requests to it whose answers are checked at once. */
#ifndef TESTS_RELAY_FIXTURE_H
#define TESTS_RELAY_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "relay/http.h"
#include "relay/relay.h"

/* Starts a relay on a free port, or fails the test. */
relay_server *fixture_start(relay_options options);

/* Group fixtures: a relay with the default options in *state. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
uint16_t fixture_port(void **state);

/* Asks on a connection of its own. The status must be `status`, and the body `text` unless that is
 * NULL. */
void expect(uint16_t port, const char *method, const char *path, const char *headers,
            const char *body, int status, const char *text);

/* The same for the steps on an open connection. */
int connect_to(uint16_t port);
void ask(int fd, const char *method, const char *path, const char *headers, const char *body);
void expect_next(int fd, int status, const char *text);
/* The response must also have that header; NULL: it must not have it. */
void expect_next_with(int fd, int status, const char *header, const char *value);

/* Writes text as it is. */
void write_text(int fd, const char *text);

/* Comes back once the relay holds `n` requests. */
void wait_until_held(uint16_t port, int n);

#endif
