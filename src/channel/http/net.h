/* What the network channels share: net.c (the channel's operations), courier.c (the thread that
 * moves packets), and per channel a link that knows its paths and answers: relay.c and direct.c.
 * Layer: channel.
 *
 * Callers put packets into a peer's outbox and take packets out of its inbox; one thread, the
 * courier, drives all HTTP requests of the channel at once: per peer one that sends the outbox's
 * first packet, and one that asks - a relay for the next packet, a direct peer whether it is there
 * - so that no round trip waits for another. `lock` guards everything the two sides share. */
#ifndef CHANNEL_HTTP_NET_H
#define CHANNEL_HTTP_NET_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>

#include "channel/channel.h"
#include "channel/frame.h"
#include "channel/http/http.h"
#include "channel/monitor.h"
#include "channel/patience.h"
#include "channel/queue.h"

#define NET_INBOX_BYTES ((size_t)8 << 20) /* received ahead of the caller, per peer */
#define NET_INBOX_COUNT 256
#define NET_NEVER       UINT64_MAX
#define NET_PROBLEM_MAX 256

typedef struct net_peer net_peer;
typedef struct net_channel net_channel;

/* A request that is made again and again, and how the last attempts went. The courier's. */
typedef struct transfer {
    http_call call;
    net_peer *peer;
    bool running;
    uint64_t started_ms;
    uint64_t not_before_ms;    /* of the next attempt */
    uint64_t failing_since_ms; /* 0: it is not */
    unsigned n_failures;       /* in a row */
    uint64_t number;           /* of the packet: WIRE_SEQ */
} transfer;

/* How one kind of channel talks. */
typedef struct net_link {
    /* There is something to send; the caller took a packet out of an inbox. Called by any thread,
     * the former with or without the lock, the latter without. */
    void (*nudge)(net_channel *c);
    void (*has_room)(net_channel *c);

    /* For the courier, which calls these with the lock held. */

    /* Prepares the request that sends the outbox's first packet, or the one that asks. */
    void (*prepare_sending)(net_peer *p, http_call *call);
    void (*prepare_asking)(net_peer *p, http_call *call);
    /* When to ask next: clock_ms() or before for now, NET_NEVER. */
    uint64_t (*ask_at)(const net_peer *p);
    /* The request is over: look at the answer and call courier_sent, courier_retry or net_fail. */
    void (*sent)(net_peer *p);
    void (*asked)(net_peer *p);
} net_link;

struct net_peer {
    net_channel *channel;
    size_t party;
    char *name; /* for messages: "party 2", or with its address */

    /* Shared, under the lock. */
    packet *out_first;
    packet *out_last;
    bool out_sending; /* the first is being sent, or was: it must not grow any more */
    queue inbox;
    size_t inbox_bytes;
    size_t arriving;  /* bytes of packets on their way in, as far as the link knows */
    bool finished;    /* nothing more is wanted from it */
    bool left;        /* it has closed: nothing more is sent to it */
    bool gone;        /* and nothing more comes from it, not even a goodbye */
    pt_error failure; /* status other than PT_OK: nothing goes any more */
    bool ask_is_failing;
    char ask_problem[NET_PROBLEM_MAX]; /* why, while it is failing */

    transfer sending;
    transfer asking;

    frame_reader frames; /* the receiving caller's */
};

struct net_channel {
    const net_link *link;
    char *via; /* for messages: " (relay ...)", or "" */
    char *session;
    size_t party;
    size_t parties;
    patience patience;
    char *tls_ca; /* PEM file of the authorities to trust, or NULL for the system's */

    monitor lock;
    bool has_lock;
    CURLM *multi;
    pthread_t courier;
    bool has_courier;
    bool stopping;
    bool closing;    /* nothing more is received */
    bool is_quiet;   /* retries are not spoken of */
    uint64_t random; /* for jitter; the courier's, before that the opening caller's */
    net_peer *peers; /* one per party; the own one is unused */
};

/* ---- net.c ---- */

typedef struct net_options {
    const char *session;
    size_t party;
    size_t parties;
    patience patience;
    const char *tls_ca;
} net_options;

/* Checks session and parties; PT_ERR_USAGE. */
MUST_CHECK pt_status net_check(const net_options *o, pt_error *error);

/* Fills a zeroed channel; names and `via` are left to the link. False when out of resources;
 * net_clear in any case. */
MUST_CHECK bool net_init(net_channel *c, const net_link *link, const net_options *o);
/* A text made printf-like, or NULL when out of memory. */
MUST_CHECK char *net_text(const char *format, ...) PRINTF_LIKE(1, 2);
/* Stops the courier, too. */
void net_clear(net_channel *c);

/* The channel's operations; `self` begins with the net_channel. */
pt_status net_send(void *self, size_t to, const char *phase, const uint8_t *bytes, size_t len,
                   pt_error *error);
pt_status net_recv(void *self, size_t from, const char *phase, size_t max_len, uint8_t **ret_bytes,
                   size_t *ret_len, pt_error *error);

/* Says goodbye to the peers and waits until all has been sent, as long as that makes progress. */
void net_flush(net_channel *c);

/* Puts a received packet into the inbox, taking over its bytes; false when out of memory. With the
 * lock held. */
MUST_CHECK bool net_receive(net_peer *p, message m);
bool net_has_room(const net_peer *p);

/* Breaks the channel to one peer, or to all; the first failure stays. With the lock held. */
void net_fail(net_peer *p, pt_status status, const char *format, ...) PRINTF_LIKE(3, 4);
void net_fail_all(net_channel *c, pt_status status, const char *format, ...) PRINTF_LIKE(3, 4);

/* Drops what is queued for a peer that has closed. With the lock held. */
void net_peer_left(net_peer *p);
/* The same for one that went without closing: what it sent can still be received. */
void net_peer_gone(net_peer *p);

/* ---- courier.c ---- */

/* Starts and stops the thread. Stopping abandons what is still queued. */
MUST_CHECK bool courier_start(net_channel *c);
void courier_stop(net_channel *c);

/* Tells the thread that there is something to do. Any thread. */
void courier_nudge(net_channel *c);

/* How long to wait before the attempt after `n_failures` failed ones: exponential, with jitter. */
uint64_t courier_backoff_ms(net_channel *c, unsigned n_failures);

/* The link's verdicts on a request that is over. The first packet has arrived; or the request
 * succeeded and counts on; or it is tried again later, unless it has failed for `limit_ms`: then
 * false, and nothing has been done. */
void courier_sent(net_peer *p);
void courier_succeeded(transfer *t);
bool courier_retry(transfer *t, uint64_t limit_ms);

#endif
