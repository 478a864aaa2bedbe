/* Which HTTP requests a channel makes, when, and what their ends mean. Layer: channel.
 *
 * Per peer there are requests that are made again and again: some send the outbox's first packets,
 * as many at once as the link says, so that a message does not wait for the answer to the one
 * before; and others ask - a relay for the next packet, a direct peer whether it is there. A link
 * knows the paths and answers (relay.c, direct.c); a driver performs what is due: the courier, a
 * thread that drives all requests at once so that no round trip waits for another (courier.c), or
 * the stepper, one request at a time while a caller waits (stepper.c). Here is what these share:
 * no thread, and no network. */
#ifndef CHANNEL_HTTP_DELIVERY_H
#define CHANNEL_HTTP_DELIVERY_H

#include "channel/http/call.h"
#include "channel/mailbox.h"
#include "wire/terms.h"

#define DELIVERY_NEVER UINT64_MAX

typedef struct delivery delivery;

/* A request that is made again and again, and how the last attempts went. */
typedef struct transfer {
    http_call call;
    delivery *owner;
    mailbox *box;
    bool is_sending; /* of the outbox; else it asks */
    size_t lane;     /* among those that send to this peer: the packet's number, modulo the lanes;
                        or among those that ask it */
    bool is_body;    /* of many packets; the lane is which of those to this peer */
    packet *packet;  /* that it sends, of several the first; NULL: it is done with */
    bool is_running;
    uint64_t started_ms;
    uint64_t not_before_ms;    /* of the next attempt */
    uint64_t failing_since_ms; /* 0: it is not */
    unsigned n_failures;       /* in a row */
} transfer;

/* How the packets to a peer go. */
typedef struct delivery_pace {
    uint64_t last_ms;     /* when the last one left */
    uint64_t shortest_ms; /* from then until the answer, of full ones; 0: none was answered yet */
    uint64_t usual_ms;    /* the same, smoothed */
} delivery_pace;

#define DELIVERY_LANES_MAX  8
#define DELIVERY_LANES_MIN  3
#define DELIVERY_ASKERS_MAX 10

/* Bytes on their way to a peer at once, but for a single packet. */
#define DELIVERY_FLIGHT_MAX (3 * FRAME_PACKET_MAX)

#define DELIVERY_ANSWER_MAX 4096 /* bytes of an answer to a packet */

/* Requests of many packets each (bodies.h). */
typedef struct delivery_bodies {
    size_t each; /* to a peer at once */
    bool (*init)(delivery *d);
    void (*clear)(delivery *d);
    transfer *(*at)(const delivery *d, size_t party, size_t i);
    /* One that is due, prepared; and whether the first packet that waits needs no request of its
     * own. */
    transfer *(*next)(delivery *d, mailbox *b, bool *ret_is_taken);
    /* It is over: its packets have arrived, or go back to the outbox. */
    void (*sent)(transfer *t);
    void (*take_back)(transfer *t);
} delivery_bodies;

/* How one kind of channel talks. All with the lock held. */
typedef struct delivery_link {
    size_t lanes;  /* packets that are sent to a peer at once, and that it sorts by their numbers */
    size_t askers; /* requests that ask a peer at once */
    /* Prepares the request that sends `p`, or the one that asks. */
    void (*prepare_sending)(delivery *d, const mailbox *b, const packet *p, http_call *call);
    void (*prepare_asking)(delivery *d, transfer *t);
    /* Prepares a request of many packets, the first of which is `p`; only with `bodies`. */
    void (*prepare_body)(delivery *d, const mailbox *b, const packet *p, http_call *call);
    /* When one that asks does so next: clock_ms() or before for now, DELIVERY_NEVER. */
    uint64_t (*ask_at)(const delivery *d, const transfer *t);
    /* The request is over: look at the answer and call delivery_sent, delivery_succeeded,
     * delivery_retry or mailbox_fail. */
    void (*sent)(delivery *d, transfer *t);
    void (*asked)(delivery *d, transfer *t);
    /* Prepares a request that asks for nothing: while the first call is made, others like it make
     * connections for those that will follow at once. NULL: none. */
    void (*prepare_warming)(delivery *d, http_call *call);
    const delivery_bodies *bodies; /* NULL: none */
    /* The answer to joining, of a relay that takes messages ahead. NULL: nothing is looked for. */
    void (*joined)(delivery *d, const http_call *call);
} delivery_link;

/* Who performs what is due. */
typedef struct http_driver {
    const http_caller *caller; /* the stepper's */
    const mailbox_pump *pump;
    bool at_once;    /* it performs several calls at a time */
    size_t gather;   /* from so many bytes on a packet is full; 0: as the pace shows */
    unsigned hold_s; /* for how long a relay may hold a request that waits */
    pt_status (*open)(delivery *d, pt_error *error);
    /* A call by itself, as http_caller's perform: joining and leaving. Not between start and halt,
     * unless all is driven by the caller's thread. */
    bool (*perform)(delivery *d, http_call *call, uint64_t timeout_ms);
    /* Begins to perform what is due, and ends that: what is still queued is abandoned. Halting may
     * be done again, or without a beginning; it keeps the connections. */
    pt_status (*start)(delivery *d, pt_error *error);
    void (*halt)(delivery *d);
    /* Halts, and frees; also again, or what was not opened. */
    void (*close)(delivery *d);
} http_driver;

struct delivery {
    mailboxes mail; /* first: the channel's operations find it there */
    const delivery_link *link;
    const http_driver *driver;
    void *driver_state;
    char *session;
    char terms[TERMS_MAX + 1]; /* empty: none */
    char *tls_ca;              /* PEM file of the authorities to trust, or NULL for the system's */
    size_t n_lanes;            /* in use, of link->lanes */
    transfer *sending;         /* link->lanes for each party; the own ones are unused */
    transfer *asking;          /* link->askers for each party, likewise */
    delivery_pace *paces;      /* one for each party */
    struct bodies_state *bodies;
    uint64_t random; /* for jitter */
    bool is_quiet;   /* retries are not spoken of */
};

/* The one that asks this party, or of several the first. */
static inline transfer *delivery_asker(const delivery *d, size_t party)
{
    return &d->asking[party * d->link->askers];
}

/* How many of `most` calls to a peer are made at once: all peers share one link, and who serves
 * them counts connections by address. */
size_t delivery_at_once(size_t parties, size_t least, size_t most);

/* ---- life ---- */

typedef struct delivery_options {
    const char *session;
    const char *tls_ca;
    const char *terms; /* NULL: none */
    mailbox_options mail;
} delivery_options;

/* Checks session, terms and parties; PT_ERR_USAGE. */
MUST_CHECK pt_status delivery_check(const delivery_options *o, pt_error *error);

/* Tells what this party runs. */
void delivery_add_terms(const delivery *d, http_call *call);
/* Compares it with what another is said to run: PT_PEER_SETUP. Text that is none counts as nothing.
 */
MUST_CHECK pt_status delivery_compare_terms(const delivery *d, size_t party, const char *theirs,
                                            pt_error *error);
/* Who stops because of that stays so long where the others can see it. */
#define DELIVERY_TERMS_LINGER_MS 2000

/* Fills a zeroed delivery, as mailboxes_init does; `pump` instead of the driver's, or NULL.
 * delivery_clear also when it fails; that closes the driver. */
MUST_CHECK pt_status delivery_init(delivery *d, const delivery_link *link,
                                   const http_driver *driver, const mailbox_pump *pump,
                                   const delivery_options *o, pt_error *error);
void delivery_clear(delivery *d);

/* How long to wait before the attempt after `n_failures` failed ones: exponential, with jitter. */
uint64_t delivery_backoff_ms(delivery *d, unsigned n_failures);

/* ---- for drivers; with the lock held ---- */

#define DELIVERY_ASK_ALL  SIZE_MAX
#define DELIVERY_ASK_NONE (SIZE_MAX - 1)

/* A request that is due, prepared and from now on running; NULL when there is none, and in
 * `ret_next_ms` when there will be. `whom` is asked: one party, all or none; packets are sent to
 * all. */
transfer *delivery_next(delivery *d, size_t whom, uint64_t *ret_next_ms);

/* It cannot be performed for want of memory. */
void delivery_give_up(transfer *t);

/* It is over. `ret_problem` is the empty text, or why a request has just begun to fail, for the
 * user. */
void delivery_done(transfer *t, char *ret_problem, size_t size);

/* ---- the link's verdicts on a request that is over ---- */

/* The packet has arrived; or the request succeeded and counts on; or it is tried again later,
 * unless it has failed for `limit_ms`: then false, and nothing has been done. */
void delivery_sent(transfer *t);
void delivery_succeeded(transfer *t);
bool delivery_retry(transfer *t, uint64_t limit_ms);

#endif
