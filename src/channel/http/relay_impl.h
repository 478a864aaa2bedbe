/* The inside of the relay channel, for what adds to it. Layer: channel. */
#ifndef CHANNEL_HTTP_RELAY_IMPL_H
#define CHANNEL_HTTP_RELAY_IMPL_H

#include "base/hex.h"
#include "channel/http/relay.h"

#define RELAY_LANES       8 /* messages on their way to the relay at once, for a party */
#define RELAY_POLLS       8 /* and asked for at once */
#define RELAY_TOKEN_BYTES 16

/* Asking for one message of a party; the next one is asked for by another. */
typedef struct relay_poll {
    uint64_t number;      /* last asked for */
    message early;        /* that one, while those before it are not here; no bytes: none */
    unsigned n_empty;     /* answers "nothing yet" at once, in a row */
    uint64_t received_ms; /* when a message came last */
    size_t received_len;  /* and how long it was */
} relay_poll;

typedef struct relay_channel {
    delivery d;
    char *base;  /* URL without a slash at the end */
    char *shown; /* the same for messages: without a user and password */

    bool is_numbered;  /* the relay keeps numbered messages until they are acknowledged */
    bool takes_bodies; /* and many in one request (relay_bulk.c) */
    size_t n_polls;    /* messages of a party that are asked for at once, while they flow */
    char epoch[24];    /* which of the sessions of that name it is: WIRE_SESSION */
    bool has_left;     /* the seat has been given back with the last message */
    char token[HEX_SIZE(RELAY_TOKEN_BYTES)]; /* a secret that binds this party's seat to this client
                                              */
    uint64_t alive_ms;                       /* the last sign of life that was nothing else */
    relay_poll *polls;                       /* RELAY_POLLS for each party */
} relay_channel;

/* What relay_link has. */
void relay_prepare_sending(delivery *d, const mailbox *b, const packet *p, http_call *call);
void relay_prepare_asking(delivery *d, transfer *t);
uint64_t relay_ask_at(const delivery *d, const transfer *t);
void relay_sent(delivery *d, transfer *t);
void relay_asked(delivery *d, transfer *t);
void relay_prepare_warming(delivery *d, http_call *call);

/* Adds the number and the first one that is not settled, and who asks. */
void relay_add_headers(const relay_channel *c, http_call *call, uint64_t number, uint64_t first);
/* Takes note of an answer that says that the seat has been left. */
void relay_note_left(relay_channel *c, const http_call *call);

#endif
