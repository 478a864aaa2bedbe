/* What every channel must do, as tests that any implementation can be put through. */
#ifndef TESTS_CHANNEL_CONFORMANCE_H
#define TESTS_CHANNEL_CONFORMANCE_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"

#define CONFORMANCE_MAX_PARTIES 8

typedef struct conformance_subject {
    const char *name;
    size_t max_parties; /* 2 .. CONFORMANCE_MAX_PARTIES */
    /* Opens fresh channels between `parties` parties; fails the test when it cannot. */
    void (*open)(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms);
    void *user;
} conformance_subject;

/* Runs all tests on the subject; returns the number of failed ones. POLYTUNE_TEST_HUGE=1 adds a
 * 1 GiB message. */
int conformance_run(conformance_subject *subject);

#endif
