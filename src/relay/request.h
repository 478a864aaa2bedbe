/* One request to the relay. Layer: relay.
 *
 * Everything in the server runs on the HTTP server's thread, so nothing is locked. A request that
 * waits is held by that server and answered anew from the start when released. It holds no pointer
 * into the store: what it was waiting at may be gone. */
#ifndef RELAY_REQUEST_H
#define RELAY_REQUEST_H

#include "httpd/records.h"
#include "relay/relay.h"
#include "relay/route.h"
#include "relay/store.h"

#define ADDRESS_MAX 48 /* text of an address */

typedef struct request {
    httpd_request http; /* first: the HTTP server's */
    relay_server *server;
    route route;

    /* Who asks. */
    store_caller who;
    char address[ADDRESS_MAX];
    char issued[33]; /* the token made for it; empty: it has its own, or none */

    /* Headers and query. */
    bool has_number;
    uint64_t number; /* X-Polytune-Seq */
    uint64_t first;  /* X-Polytune-First; 0: not told */
    bool from_page;  /* a browser asks from a page elsewhere */
    char origin[256];
    uint64_t wait_ms;
    uint64_t wait_until_ms; /* 0: not yet known */
    uint64_t parties;       /* how many seats a GET /participants, or joining, waits for */
    bool leaves;            /* with this message */
    uint64_t every;         /* more messages, at that distance from each other; 0: only one */

    /* Joining: done, and what it came to. */
    bool has_joined;
    store_joined joined;

    /* A file of the page. */
    const struct page_file *file;
    bool takes_gzip;
    char match[128]; /* If-None-Match; a longer one is as none */

    /* Waiting for a message or for room. */
    bool replaced; /* meanwhile a newer request took its place */
    bool was_let_wait;
    bool is_waiting;
    store_wake waits_for;
    struct request *next_waiting;

    /* A body of many messages, whose `number` is that of the one that comes. */
    httpd_records records;
    bool is_counted; /* that one, against the limits of its address and session */
    bool has_last;   /* one was its sender's last */
    uint64_t came_ms;

    /* The message being sent. */
    stored *message;
    bool lent;      /* it goes from the queue once it has been sent */
    buffer several; /* or the records of many */

    /* Bytes on their way, see transit.h. */
    struct traveller *traveller; /* NULL: none, or they are not counted */
    size_t n_travelling;         /* both ways */
    size_t n_sending;
} request;

/* What the HTTP server calls; its `user` is the relay_server. */
extern const httpd_app relay_app;

#endif
