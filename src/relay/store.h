/* What the relay remembers: sessions, their seats, and a queue of messages per ordered pair of
 * parties. Layer: relay. Knows nothing of HTTP.
 *
 * A store is one of three behind the same table of functions: in memory; the same written through
 * to an SQLite file, which survives the relay (store_sqlite.c); in Redis, for several relays that
 * serve the same sessions (store_redis.c). Every function does all or nothing, and what it reported
 * as done is kept as safely as that store keeps anything.
 *
 * Messages of a pair are numbered 1, 2, ... in the order they came. A seat may be bound to a token:
 * then nobody without it speaks for that party. Stores keep a digest of the token only. One thread
 * uses a store; only `woken` of the listener is called from elsewhere. */
#ifndef RELAY_STORE_H
#define RELAY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/status.h"
#include "wire/terms.h"

#define STORE_SEATS_MAX    1024 /* seats in a session */
#define STORE_DIGEST_BYTES 32

typedef enum store_result {
    STORE_DONE,
    STORE_REPEATED, /* the message was here before; nothing changed */
    STORE_EMPTY,    /* there is no message yet */
    STORE_GONE,     /* nor will there be one: the sender has left its seat */
    STORE_LOST,     /* the numbers or the session do not fit: it was lost in between */
    STORE_EARLY, /* messages before it, which its sender has not been told of, are not here yet */
    /* A limit is reached; may pass. Which: */
    STORE_FULL_SESSIONS,
    STORE_FULL_SEATS,
    STORE_FULL_QUEUE,            /* messages or bytes from one party to another */
    STORE_FULL_SESSION,          /* bytes of a session */
    STORE_FULL_BYTES,            /* of all */
    STORE_FULL_REDIS,            /* Redis has all it may */
    STORE_FULL_ADDRESS_SESSIONS, /* that one address opened */
    STORE_FULL_ADDRESS_BYTES,    /* in those */
    STORE_TAKEN,                 /* another client holds the seat */
    STORE_ENDING,                /* another run is ending in this session; may pass */
    STORE_UNAUTHORIZED,          /* the seat needs a token, and none was given */
    STORE_FORBIDDEN,             /* the token is not the seat's */
    STORE_CLOSED,                /* that needs a new session, and the caller may not open one */
    STORE_UNAVAILABLE,           /* the database cannot be used; may pass */
    STORE_MEMORY
} store_result;

/* A message; lives while a queue or a reader holds a reference. */
typedef struct stored {
    struct stored *next;
    uint64_t number;
    int64_t row; /* the journal's */
    size_t refs;
    size_t len;
    uint8_t *bytes;
} stored;

/* Who asks, in which session. */
typedef struct store_caller {
    const char *session;
    uint32_t party; /* the seat it speaks for */
    bool has_epoch; /* it knows which of the sessions of that name it means */
    uint64_t epoch;
    bool has_token;
    uint8_t digest[STORE_DIGEST_BYTES]; /* of its token */
    uint32_t timeout_ms;                /* told when joining; 0: nothing */
    const char *terms;                  /* what it runs, wire/terms.h; NULL: not told */
    bool may_open;                      /* a session may be made for it */
    const char *address;                /* where it asks from, for notes; NULL: nobody knows */
} store_caller;

/* Which message of a queue. */
typedef struct store_place {
    uint64_t number; /* 0: the next one, or the oldest */
    uint64_t first;  /* the oldest that the caller has not settled; 0: that very message */
} store_place;

/* What joining tells. */
typedef struct store_joined {
    uint64_t epoch;      /* of the session; on STORE_DONE */
    uint32_t timeout_ms; /* the seat's; on STORE_DONE */
    /* On STORE_TAKEN: the token of who sits there. */
    bool has_holder;
    uint8_t holder[STORE_DIGEST_BYTES];
} store_joined;

#define STORE_TERMS_MAX 4

/* What seats run: each kind once, with one that does. Who has left a session that is used is told,
 * too: it did not wait for those who run something else, and they want to know why. */
typedef struct store_terms {
    uint32_t party;
    char text[TERMS_MAX + 1];
} store_terms;

typedef struct store_seats {
    size_t n;
    uint32_t parties[STORE_SEATS_MAX]; /* ascending */
    bool has_own;                      /* the caller's token is that of a seat: */
    uint32_t own;
    size_t n_terms;
    store_terms terms[STORE_TERMS_MAX];
} store_seats;

/* Death. A seat with a token dies when no request came for it for the smallest time-out that was
 * told in its session, or for a STORE_ABSENCE-th part of that since its last connection closed. */
#define STORE_ABSENCE 4

/* A seat whose client is connected to this relay, and how long ago it was heard. */
typedef struct store_sign {
    const store_caller *who;
    uint64_t ago_ms;
} store_sign;

/* What may have come true for those who wait; woken once too often does no harm. */
typedef enum store_wake {
    STORE_WAKE_RECEIVER, /* of that queue: a message, for which one that came early may wait, too */
    STORE_WAKE_TURN,     /* what came early waits for this; nobody wakes it alone */
    STORE_WAKE_SENDER,   /* of that queue: room */
    STORE_WAKE_WATCHERS, /* of that session: a seat was taken */
    STORE_WAKE_SESSION,  /* everybody in it: it is gone, or somebody has left */
    STORE_WAKE_ALL
} store_wake;

typedef enum store_event {
    STORE_OPENED,
    STORE_SEATED, /* with the party */
    STORE_LEFT,   /* with the party */
    STORE_ENDED,
    STORE_REPLACED,
    STORE_EXPIRED
} store_event;

/* What a store tells its user. All but `woken` are called within the store's functions. */
typedef struct store_listener {
    void *user;
    void (*wake)(void *user, store_wake what, const char *session, uint32_t from, uint32_t to);
    /* `who` made it happen; NULL: time did. */
    void (*note)(void *user, store_event event, const store_caller *who, const char *session,
                 uint32_t party);
    /* From any thread: call store_collect soon. */
    void (*woken)(void *user);
} store_listener;

typedef struct store_options {
    size_t sessions;
    size_t seats; /* in a session */
    size_t messages;
    size_t queue_bytes;
    size_t session_bytes;
    size_t bytes;
    size_t address_sessions; /* that one address opened, and bytes in those; 0: any number. In */
    size_t address_bytes;    /* memory not for sessions from before a restart. */
    uint32_t expiry_ms;
    uint32_t timeout_ms; /* of a seat whose client tells none */
    bool needs_tokens;   /* who does not sit speaks for nobody */
    bool syncs;          /* SQLite: each change is on the disk before it counts as done */
} store_options;

typedef struct store_figures {
    uint64_t sessions;
    uint64_t seats;
    uint64_t messages; /* waiting */
    uint64_t bytes;
} store_figures;

/* The last of the bytes are for sessions that are there: none is opened when so much is in use. */
#define STORE_OPENING_BYTES(bytes) ((bytes) - (bytes) / 8)

typedef struct store store;

typedef struct store_ops {
    store_result (*join)(store *s, const store_caller *who, store_joined *ret_joined);
    store_result (*leave)(store *s, const store_caller *who);
    store_result (*seats)(store *s, const store_caller *who, store_seats *ret_seats);
    store_result (*put)(store *s, const store_caller *who, uint32_t to, store_place place,
                        uint8_t *bytes, size_t len);
    store_result (*get)(store *s, const store_caller *who, uint32_t from, store_place place,
                        stored **ret_message);
    store_result (*delivered)(store *s, const store_caller *who, uint32_t from, uint64_t number);
    store_result (*received)(store *s, const store_caller *who, uint32_t to, uint64_t *ret_number);
    store_result (*absent)(store *s, const store_caller *who);
    void (*present)(store *s, const store_sign *signs, size_t n);
    void (*sweep)(store *s, bool mourns);
    void (*collect)(store *s);
    store_result (*check)(store *s);
    store_result (*figures)(store *s, store_figures *ret_figures);
    void (*free)(store *s);
} store_ops;

/* The part all stores begin with. */
struct store {
    const store_ops *ops;
    const char *kind; /* "memory", "sqlite", "redis" */
    store_options options;
    store_listener listener;
    bool is_shared;   /* other relays serve the same sessions */
    size_t bytes;     /* of this process's memory used for messages and sessions */
    uint64_t carried; /* messages ever put */
    uint64_t errors;  /* of the database */
};

/* Opens the store that `where` names: NULL or "memory", "sqlite:FILE", "redis://...". PT_ERR_USAGE
 * for another, PT_ERR_INPUT for a file that is not a relay's or is open to others, PT_ERR_FILE
 * for one that cannot be opened, PT_ERR_IO when the store cannot be used. */
MUST_CHECK pt_status store_open(store **ret_store, const char *where, const store_options *options,
                                const store_listener *listener, pt_error *error);
/* Accepts NULL. */
void store_free(store *s);

/* Takes a seat, in a session made if needed; a caller with a token binds the seat to it. The
 * token's holder may do it again. A seat that another client holds can be taken when it is dead: if
 * messages have flowed, a new session begins. */
static inline store_result store_join(store *s, const store_caller *who, store_joined *ret_joined)
{
    return s->ops->join(s, who, ret_joined);
}

/* Leaves a seat, and wakes who waits in the session, which ends when everybody has left. Unknown
 * seats are nothing to do. */
static inline store_result store_leave(store *s, const store_caller *who)
{
    return s->ops->leave(s, who);
}

/* Who sits there; nobody where there is no session. A sign of life of the seat whose token the
 * caller has; which party it speaks for is not asked. */
static inline store_result store_list(store *s, const store_caller *who, store_seats *ret_seats)
{
    return s->ops->seats(s, who, ret_seats);
}

/* Appends a message of the caller, taking over `bytes` (from base/mem.h) on STORE_DONE only. */
static inline store_result store_put(store *s, const store_caller *who, uint32_t to,
                                     store_place place, uint8_t *bytes, size_t len)
{
    return s->ops->put(s, who, to, place, bytes, len);
}

/* The caller's message of that number, acknowledging those before the first that is not settled;
 * number 0: the oldest, which stays until store_delivered. Release it with stored_release. */
static inline store_result store_get(store *s, const store_caller *who, uint32_t from,
                                     store_place place, stored **ret_message)
{
    return s->ops->get(s, who, from, place, ret_message);
}

/* Drops the messages up to `number`. */
static inline store_result store_delivered(store *s, const store_caller *who, uint32_t from,
                                           uint64_t number)
{
    return s->ops->delivered(s, who, from, number);
}

/* Up to which number the caller's messages to that party have come; 0: none has. */
static inline store_result store_received(store *s, const store_caller *who, uint32_t to,
                                          uint64_t *ret_number)
{
    return s->ops->received(s, who, to, ret_number);
}

/* The caller's last connection to this relay has closed. */
static inline store_result store_absent(store *s, const store_caller *who)
{
    return s->ops->absent(s, who);
}

/* These have a connection to this relay still; for calling once a second or so. */
static inline void store_present(store *s, const store_sign *signs, size_t n)
{
    s->ops->present(s, signs, n);
}

/* Drops sessions unused for too long; `mourns`: and has the dead leave their seats. For calling
 * twice a second or so. */
static inline void store_sweep(store *s, bool mourns)
{
    s->ops->sweep(s, mourns);
}

/* Passes on what other relays did. */
static inline void store_collect(store *s)
{
    s->ops->collect(s);
}

/* STORE_DONE when the store can be written to: it tries. */
static inline store_result store_check(store *s)
{
    return s->ops->check(s);
}

static inline store_result store_measure(store *s, store_figures *ret_figures)
{
    return s->ops->figures(s, ret_figures);
}

/* Notes what a seat runs, if that is new and there is room. */
void store_seats_add_terms(store_seats *seats, uint32_t party, const char *text, size_t len);

/* A message of its own, taking over `bytes`, with one reference; NULL when out of memory. */
MUST_CHECK stored *stored_new(uint64_t number, uint8_t *bytes, size_t len);
stored *stored_hold(stored *m);
/* Accepts NULL. */
void stored_release(stored *m);

#endif
