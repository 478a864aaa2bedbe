/* The inside of the relay channel, for what adds to it. Layer: channel. */
#ifndef CHANNEL_HTTP_RELAY_IMPL_H
#define CHANNEL_HTTP_RELAY_IMPL_H

#include "base/hex.h"
#include "channel/http/relay.h"

#define RELAY_LANES       8 /* messages on their way to the relay at once, for a party */
#define RELAY_POLLS       8 /* and asked for at once */
#define RELAY_TOKEN_BYTES 16

/* Asking for messages of a party; of those of relay_bulk.h each for every RELAY_POLLS-th. */
typedef struct relay_poll {
    uint64_t number;      /* last asked for */
    queue early;          /* its next ones, while those before them are not here */
    unsigned n_empty;     /* answers "nothing yet" at once, in a row */
    uint64_t received_ms; /* when an answer came last */
    size_t received_len;  /* and how long it was */
} relay_poll;

typedef struct relay_channel {
    delivery d;
    char *base;  /* URL without a slash at the end */
    char *shown; /* the same for messages: without a user and password */

    bool is_numbered;  /* the relay keeps numbered messages until they are acknowledged */
    bool takes_bodies; /* and many in one request (relay_bulk.c) */
    bool gives_many;   /* or in one answer (the same) */
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
uint64_t relay_ask_at(const delivery *d, const transfer *t);
void relay_sent(delivery *d, transfer *t);
void relay_asked(delivery *d, transfer *t);
void relay_prepare_warming(delivery *d, http_call *call);

relay_poll *relay_poll_of(const relay_channel *c, const transfer *t);
/* The first packet that is not here. */
uint64_t relay_first_missing(const mailbox *b);
/* Asks for the packet of that number; and for those at the distance `every` behind it, if that is
 * not 0. Acknowledges those before the first that is missing. */
void relay_ask_for(transfer *t, uint64_t number, unsigned every);
/* There is none yet. */
void relay_received_nothing(transfer *t);
uint64_t relay_later(uint64_t a_ms, uint64_t b_ms);

/* Adds the number and the first one that is not settled, and who asks. */
void relay_add_headers(const relay_channel *c, http_call *call, uint64_t number, uint64_t first);
/* Takes note of an answer that says that the seat has been left. */
void relay_note_left(relay_channel *c, const http_call *call);

#endif
