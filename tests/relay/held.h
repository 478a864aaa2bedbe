/* Waiting until a relay holds requests. */
#ifndef TESTS_RELAY_HELD_H
#define TESTS_RELAY_HELD_H

#include <stdint.h>

/* Comes back once the relay holds `n` requests; fails the test when that takes too long. */
void wait_until_held(uint16_t port, int n);

#endif
