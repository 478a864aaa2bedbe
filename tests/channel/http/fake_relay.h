/* A relay without a network: an HTTP call that is answered on the spot, by the paths and answers of
 * ours as far as the channel uses them. It can lose, repeat and refuse. For one session of few
 * parties, in one thread. */
#ifndef CHANNEL_HTTP_FAKE_RELAY_H
#define CHANNEL_HTTP_FAKE_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel/http/call.h"

#define FAKE_RELAY_PARTIES 3

typedef struct fake_relay fake_relay;

typedef struct fake_relay_options {
    bool is_plain; /* numbers nothing: takes messages out as they are asked for */
    /* Of a plain one: this message, from 1, comes twice, or never. 0: none. */
    unsigned repeat_nth;
    unsigned lose_nth;
    /* Called when a request would be held, instead. */
    void (*idle)(void *user);
    void *user;
} fake_relay_options;

fake_relay *fake_relay_new(fake_relay_options options);
void fake_relay_free(fake_relay *r);

/* The HTTP call that it answers. */
const http_caller *fake_relay_caller(const fake_relay *r);

/* From now on so many of 1000 requests are lost on the way, or their answers, or are answered with
 * 503 or 429. */
void fake_relay_disturb(fake_relay *r, unsigned per_mille, uint64_t seed);

/* From now on every request is answered like that; 0: none is answered; -1: as usual. */
void fake_relay_answer(fake_relay *r, long status);

/* Requests so far whose path begins like that, and disturbances. */
size_t fake_relay_count(const fake_relay *r, const char *path);
size_t fake_relay_disturbances(const fake_relay *r);

#endif
