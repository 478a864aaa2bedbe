/* Waiting until a relay has come so far. */
#ifndef TESTS_RELAY_HELD_H
#define TESTS_RELAY_HELD_H

#include <stddef.h>
#include <stdint.h>

/* Comes back once a figure of the relay has that value; fails the test when that takes too long. */
void wait_for_figure(uint16_t port, const char *name, size_t n);

/* The same for the requests that it holds. */
void wait_until_held(uint16_t port, size_t n);

#endif
