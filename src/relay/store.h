/* What the relay remembers: sessions, their seats, and a queue per ordered pair of parties.
 * Layer: relay. Knows nothing of HTTP.
 *
 * Messages of a pair are numbered 1, 2, ... in the order they came. Every byte kept is charged to
 * its queue, its session and the store, each with a limit. One thread uses a store. Lookups are by
 * binary search, so nobody can choose names that make them slow. */
#ifndef RELAY_STORE_H
#define RELAY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#define STORE_SEATS_MAX 1024 /* seats in a session */

typedef enum store_result {
    STORE_DONE,
    STORE_REPEATED, /* the message was here before; nothing changed */
    STORE_LOST,     /* the numbers do not fit: the session was lost in between */
    STORE_FULL,     /* a limit is reached; may pass */
    STORE_TAKEN,    /* another client holds the seat */
    STORE_ENDING,   /* another run is ending in this session; may pass */
    STORE_MEMORY
} store_result;

/* A message; lives while the queue or a reader holds a reference. */
typedef struct stored {
    struct stored *next;
    uint64_t number;
    size_t refs;
    size_t len;
    uint8_t *bytes;
} stored;

typedef struct pair {
    uint32_t from;
    uint32_t to;
    stored *first;
    stored *last;
    size_t count;
    size_t bytes;
    uint64_t last_number;
    void *receiver; /* waits for a message */
    void *sender;   /* waits for room */
    void *reader;   /* is being sent the first message, which goes once it has been sent */
} pair;

typedef struct seat {
    uint32_t party;
    uint64_t client; /* who sits there; 0: one that did not say */
    bool left;
    uint64_t active_ms;
} seat;

typedef struct session {
    char *name;
    uint64_t token; /* tells apart sessions of the same name one after the other */
    uint64_t active_ms;
    bool used; /* has carried a message */
    size_t bytes;
    seat *seats; /* by party */
    size_t n_seats;
    pair **pairs; /* by from, then to */
    size_t n_pairs;
} session;

typedef struct store_limits {
    size_t sessions;
    size_t messages;
    size_t queue_bytes;
    size_t session_bytes;
    size_t bytes;
    uint32_t expiry_ms;
    uint32_t takeover_ms;
} store_limits;

typedef struct store {
    store_limits limits;
    void (*wake)(void *waiter); /* told when what a waiter waits for may have come */
    session **sessions;         /* by name */
    size_t n_sessions;
    size_t n_messages;
    size_t bytes;
    uint64_t carried; /* messages ever stored */
} store;

void store_init(store *s, const store_limits *limits, void (*wake)(void *waiter));
void store_clear(store *s);

/* Charges bytes held elsewhere (a request being received) to the store; false past the limit. */
MUST_CHECK bool store_charge(store *s, size_t bytes);
void store_discharge(store *s, size_t bytes);

/* The session of that name, or NULL. */
session *store_find(const store *s, const char *name);

/* The same, made if there is none. STORE_FULL or STORE_MEMORY otherwise. */
MUST_CHECK store_result store_open(store *s, const char *name, uint64_t now_ms,
                                   session **ret_session);

/* Takes a seat, in a session made if needed. `client` tells a repeated request from another
 * client's; 0 always succeeds. A seat unused for too long can be taken anew: by that a session that
 * has carried messages is replaced by a new one. */
MUST_CHECK store_result store_join(store *s, const char *name, uint32_t party, uint64_t client,
                                   uint64_t now_ms, session **ret_session);

/* The seat, or NULL if nobody took it. */
seat *session_seat(const session *e, uint32_t party);

/* Declares that whoever sits there is gone: the seat may be taken anew at once. */
void seat_abandon(const store *s, seat *own, uint64_t now_ms);

/* Leaves a seat; the session goes when everybody has left. Unknown seats are nothing to do. */
void store_leave(store *s, const char *name, uint32_t party, uint64_t client);

/* Notes that the party was heard of. */
void session_touch(session *e, uint32_t party, uint64_t now_ms);

/* The queue from one party to another: NULL if there is none yet; or made if there is none. */
pair *pair_find(const session *e, uint32_t from, uint32_t to);
MUST_CHECK store_result pair_open(store *s, session *e, uint32_t from, uint32_t to,
                                  pair **ret_pair);

/* Appends a message, taking over `bytes` (from malloc) on STORE_DONE only. `number` 0 means the
 * next one. Wakes the receiver. */
MUST_CHECK store_result pair_put(store *s, session *e, pair *p, uint64_t number, uint8_t *bytes,
                                 size_t len);

/* Drops the messages before `number`; wakes the sender if that made room. */
void pair_acknowledge(store *s, session *e, pair *p, uint64_t number);

/* References to a message. */
stored *stored_hold(stored *m);
void stored_release(stored *m);

/* Drops sessions unused for too long. */
void store_expire(store *s, uint64_t now_ms);

#endif
