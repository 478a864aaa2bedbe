/* The three stores, and the journal by which the one in memory is written through. Layer: relay. */
#ifndef RELAY_STORE_IMPL_H
#define RELAY_STORE_IMPL_H

#include "relay/store.h"

/* Where the store in memory writes every change before it makes it. Each function returns false
 * when that did not succeed: then the change is not made. */
typedef struct store_journal {
    bool (*add_session)(void *self, uint64_t epoch, const char *name);
    /* The session with its seats, queues and the messages still in them. */
    bool (*begin_drop)(void *self, uint64_t epoch);
    bool (*end_drop)(void *self, bool ok);
    /* `digest` is NULL for a seat without a token. */
    bool (*set_seat)(void *self, uint64_t epoch, uint32_t party, const uint8_t *digest, bool left);
    bool (*drop_seat)(void *self, uint64_t epoch, uint32_t party);
    bool (*add_message)(void *self, uint64_t epoch, uint32_t from, uint32_t to, stored *m);
    bool (*drop_message)(void *self, const stored *m);
    /* A queue, without messages, begins anew. */
    bool (*reset_queue)(void *self, uint64_t epoch, uint32_t from, uint32_t to);
    bool (*check)(void *self);
    void (*free)(void *self);
} store_journal;

/* The store in memory: writes through to `journal` unless that is NULL, and owns it then, also on
 * failure. */
MUST_CHECK pt_status store_memory_open(store **ret_store, const store_options *options,
                                       const store_listener *listener, pt_error *error);
void store_memory_attach(store *s, const store_journal *journal, void *self);

/* Puts back what the journal has, before store_memory_attach. False when out of memory. */
MUST_CHECK bool store_memory_add_session(store *s, uint64_t epoch, const char *name);
MUST_CHECK bool store_memory_add_seat(store *s, const char *name, uint32_t party,
                                      const uint8_t *digest, bool left);
MUST_CHECK bool store_memory_add_queue(store *s, const char *name, uint32_t from, uint32_t to,
                                       uint64_t last_number);
/* Takes over the message on success. */
MUST_CHECK bool store_memory_add_message(store *s, const char *name, uint32_t from, uint32_t to,
                                         stored *m);

MUST_CHECK pt_status store_sqlite_open(store **ret_store, const char *path,
                                       const store_options *options, const store_listener *listener,
                                       pt_error *error);
MUST_CHECK pt_status store_redis_open(store **ret_store, const char *url,
                                      const store_options *options, const store_listener *listener,
                                      pt_error *error);

#endif
