/* Which seats have a client connected to this relay, so that the store knows who lives. Layer:
 * relay.
 *
 * Every request that shows the token of a seat is a sign of life, which the store notes by itself.
 * What only a relay knows is told here: that the last connection of a seat has closed, and, again
 * and again, that one is still open, so that a client that left another relay, or lost a connection
 * there, is not taken for dead. */
#ifndef RELAY_PRESENCE_H
#define RELAY_PRESENCE_H

#include "relay/request.h"

#define PRESENCE_PLACES 1024

/* A seat with open connections. */
typedef struct presence_seat {
    struct presence_seat *next; /* at its place */
    store_caller who;           /* without the pointers */
    char session[SESSION_NAME_MAX + 1];
    size_t n_connections;
    uint64_t heard_ms;
} presence_seat;

/* What is noted about a connection: for whom it was used last, or NULL. */
typedef struct presence_note {
    presence_seat *seat;
} presence_note;

typedef struct presence {
    uint8_t key[16];
    presence_seat *places[PRESENCE_PLACES];
    size_t n_seats;
    uint64_t told_ms;     /* when the store was told last */
    uint64_t swept_ms;    /* 0: not yet */
    uint64_t mourn_at_ms; /* before then nobody is taken for dead */
    uint64_t n_errors;    /* of the store, at the last sweep */
} presence;

MUST_CHECK pt_status presence_init(presence *p, pt_error *error);
/* When no connection is left. */
void presence_clear(presence *p);

/* The request's client is there: call it once its seat is known. */
void presence_heard(request *r);
/* An httpd_app's `closed`; its notes are presence_notes. */
void presence_closed(void *server, void *note, bool by_client);
/* Twice a second or so. */
void presence_sweep(relay_server *server, uint64_t now_ms);

#endif
