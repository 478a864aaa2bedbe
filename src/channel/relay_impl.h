/* The inside of the relay channel, shared by relay.c (the channel's operations, joining, closing)
 * and courier.c (the thread that moves packets). Layer: channel.
 *
 * Callers put packets into a peer's outbox and take packets out of its inbox; one thread, the
 * courier, drives all HTTP requests of the channel at once: per peer one that sends the outbox's
 * first packet, and one that asks for the next packet, so that no round trip waits for another.
 * `lock` guards everything the two sides share. */
#ifndef CHANNEL_RELAY_IMPL_H
#define CHANNEL_RELAY_IMPL_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>

#include "channel/channel.h"
#include "channel/frame.h"
#include "channel/http.h"
#include "channel/monitor.h"
#include "channel/queue.h"

#define RELAY_DEFAULT_TIMEOUT_MS 60000
#define RELAY_INBOX_BYTES        ((size_t)8 << 20) /* received ahead of the caller, per peer */
#define RELAY_INBOX_COUNT        256

typedef struct relay_peer relay_peer;
typedef struct relay_channel relay_channel;

/* A request that is made again and again, and how the last attempts went. The courier's. */
typedef struct transfer {
    http_call call;
    relay_peer *peer;
    bool running;
    uint64_t started_ms;
    uint64_t not_before_ms;    /* of the next attempt */
    uint64_t failing_since_ms; /* 0: it is not */
    unsigned n_failures;       /* in a row */
    unsigned n_empty;          /* answers "nothing yet" at once, in a row */
    uint64_t number;           /* of the packet: X-Polytune-Seq */
} transfer;

struct relay_peer {
    relay_channel *channel;
    size_t party;

    /* Shared, under the lock. */
    packet *out_first;
    packet *out_last;
    bool out_sending; /* the first is being sent: it must not grow any more */
    queue inbox;
    size_t inbox_bytes;
    bool finished; /* the peer has closed: nothing more to ask for */
    bool recv_is_failing;
    char recv_problem[160]; /* why, while it is failing */

    transfer sending;
    transfer receiving;

    frame_reader frames; /* the receiving caller's */
};

struct relay_channel {
    char *base;  /* URL without a slash at the end */
    char *shown; /* the same for messages: without a user and password */
    char *session;
    size_t party;
    size_t parties;
    uint32_t timeout_ms;
    pt_notice_fn notice;
    void *notice_user;

    bool is_numbered; /* the relay keeps numbered messages until they are acknowledged */
    char token[24];   /* of the session at the relay, in hexadecimal */
    uint64_t client;  /* tells this client from others */

    monitor lock;
    bool has_lock;
    CURLM *multi;
    pthread_t courier;
    bool has_courier;
    bool stopping;
    uint64_t random;   /* for jitter; the courier's, before that the opening caller's */
    pt_error failure;  /* status other than PT_OK: the channel is broken */
    relay_peer *peers; /* one per party; the own one is unused */
};

/* Starts and stops the thread. Stopping abandons what is still queued. */
MUST_CHECK bool courier_start(relay_channel *c);
void courier_stop(relay_channel *c);

/* Tells the thread that there is something to do. Any thread. */
void courier_nudge(relay_channel *c);

/* How long to wait before the attempt after `n_failures` failed ones: exponential, with jitter. */
uint64_t courier_backoff_ms(relay_channel *c, unsigned n_failures);

/* Passes a text to the user, if asked for. Never call it with the lock held. */
void relay_notice(const relay_channel *c, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
