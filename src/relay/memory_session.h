/* What the store in memory keeps: sessions with their seats and queues. Layer: relay.
 *
 * Every byte kept is charged to its queue, its session, the address that opened that, and the
 * store, each with a limit. Lookups are by binary search, so nobody can choose names that make
 * them slow. memory_session.c keeps sessions and queues, memory_seat.c knows who may speak for whom
 * and who is alive; store_memory.c is the store made of them. */
#ifndef RELAY_MEMORY_SESSION_H
#define RELAY_MEMORY_SESSION_H

#include "relay/store_impl.h"

/* What a small thing costs beyond its bytes, roughly: so that many of them are not free. */
#define MEMORY_OVERHEAD 128

typedef struct memory_pair {
    uint32_t from;
    uint32_t to;
    stored *first;
    stored *last;
    size_t count;
    size_t bytes;
    uint64_t last_number;
} memory_pair;

typedef struct memory_seat {
    uint32_t party;
    bool has_token;
    uint8_t digest[STORE_DIGEST_BYTES];
    bool left;
    uint32_t timeout_ms;
    uint64_t active_ms;        /* last sign of life */
    char terms[TERMS_MAX + 1]; /* empty: not told */
    uint64_t absent_ms;        /* since then no connection is known; 0: unless it is */
} memory_seat;

/* Who opened sessions, where that is limited. */
typedef struct opener {
    struct opener *next;
    char *address;
    size_t n_sessions;
    size_t bytes;
} opener;

typedef struct memory_session {
    char *name;
    opener *opener; /* or NULL */
    uint64_t epoch; /* tells apart sessions of the same name one after the other */
    uint64_t active_ms;
    bool used; /* has carried a message */
    size_t bytes;
    memory_seat *seats; /* by party */
    size_t n_seats;
    memory_pair **pairs; /* by from, then to */
    size_t n_pairs;
} memory_session;

#define MEMORY_SESSION_COST (sizeof(memory_session) + MEMORY_OVERHEAD) /* of an empty one */

typedef struct memory_store {
    store base;
    const store_journal *journal; /* or NULL */
    void *journal_self;
    memory_session **sessions; /* by name */
    size_t n_sessions;
    size_t n_messages;
    opener *openers;
} memory_store;

/* Writes a change to the journal, if there is one; false: it must not be made. */
#define MEMORY_JOURNAL(m, function, ...)                                                           \
    ((m)->journal == NULL || memory_journal_wrote(m, (m)->journal->function(__VA_ARGS__)))

/* ---- memory_session.c ---- */

/* Counts an error of the journal; `ok`. */
bool memory_journal_wrote(memory_store *m, bool ok);
/* Tell the listener. */
void memory_wake(memory_store *m, store_wake what, const char *name, uint32_t from, uint32_t to);
void memory_note(memory_store *m, store_event event, const store_caller *who, const char *name,
                 uint32_t party);

/* Charges the session, the address that opened it, and the store. */
store_result memory_charge(memory_store *m, memory_session *e, size_t bytes);
void memory_discharge(memory_store *m, memory_session *e, size_t bytes);

/* Makes room for one more pointer or seat at `place` of an array of `*count`. NULL when out of
 * memory. */
void *memory_open_gap(void *array, size_t *count, size_t place, size_t size);

/* The queue of a pair, or NULL; and made if there is none. */
memory_pair *memory_pair_find(const memory_session *e, uint32_t from, uint32_t to);
store_result memory_pair_open(memory_store *m, memory_session *e, uint32_t from, uint32_t to,
                              memory_pair **ret_pair);
/* The message has been charged, and has the next number. */
void memory_pair_append(memory_store *m, memory_session *e, memory_pair *p, stored *message);
/* Drops the messages before `number`, one by one and without a gap. */
store_result memory_pair_acknowledge(memory_store *m, memory_session *e, memory_pair *p,
                                     uint64_t number);

/* Empties what was sent in the name of a party, as if nothing had been. */
store_result memory_pairs_reset(memory_store *m, memory_session *e, uint32_t from);

/* Where the session of that name is, or belongs. */
size_t memory_session_place(const memory_store *m, const char *name, bool *ret_found);
/* NULL: there is none. */
memory_session *memory_session_find(const memory_store *m, const char *name);
/* Adds a session that is not there. */
store_result memory_session_add(memory_store *m, const char *name, uint64_t epoch,
                                const char *address, memory_session **ret_session);
/* Seats and queues are in order, and their bytes are those that were charged. */
bool memory_session_is_sound(const memory_session *e);
/* Takes the session out of memory. */
void memory_session_forget(memory_store *m, size_t place);
/* Ends the session; who waits in it is told. */
store_result memory_session_drop(memory_store *m, size_t place, store_event why,
                                 const store_caller *who);
/* The session the caller names, made if there is none. */
store_result memory_session_open(memory_store *m, const store_caller *who,
                                 memory_session **ret_session);

/* ---- memory_seat.c ---- */

/* NULL: nobody sat there. */
memory_seat *memory_seat_find(const memory_session *e, uint32_t party);
/* Whether the caller has shown the token of that seat. */
bool memory_seat_is_held_by(const memory_seat *own, const store_caller *who);
/* Whether the caller means this session, and may speak for its seat in it. */
store_result memory_may_speak(const memory_store *m, const memory_session *e,
                              const store_caller *who);
/* A sign of life of that seat. Time-out and terms may be those that were told before a restart. */
void memory_seat_touch(memory_session *e, uint32_t party, const store_caller *who);
/* Whether the caller may sit down; STORE_LOST means only in a new session of this name. */
store_result memory_seat_is_free(const memory_store *m, const memory_session *e,
                                 const store_caller *who);
/* A seat that is not there. */
store_result memory_seat_add(memory_store *m, memory_session *e, uint32_t party,
                             memory_seat **ret_seat);
/* Sits the caller down where memory_seat_is_free. */
store_result memory_seat_take(memory_store *m, memory_session *e, const store_caller *who,
                              store_joined *ret_joined);
/* Leaves a seat; `who` made it happen, or NULL: time did. */
store_result memory_seat_leave(memory_store *m, size_t place, memory_seat *own,
                               const store_caller *who);
/* The seat of who says so, or NULL. */
memory_seat *memory_seat_of(const memory_store *m, const store_caller *who);
/* A seat that has died, and is not left yet; NULL: none. */
memory_seat *memory_seat_find_dead(const memory_store *m, const memory_session *e, uint64_t now_ms);

#endif
