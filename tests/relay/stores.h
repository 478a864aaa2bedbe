/* The three stores, each opened for a test, with short hands for what tests do with them. Redis is
 * a server of the test's own; where there is none to start, its part is skipped. Layer: tests of
 * relay. */
#ifndef TESTS_RELAY_STORES_H
#define TESTS_RELAY_STORES_H

#include "support/test.h"

#include <string.h>

#include "relay/store.h"
#include "support/redis.h"

typedef enum kind { MEMORY, SQLITE, REDIS } kind;

#define STORES_NAME_SIZE 128

/* What the store tells. */
typedef struct listener {
    unsigned wakes[STORE_WAKE_ALL + 1];
    unsigned notes[STORE_EXPIRED + 1];
    unsigned n_by_time; /* of the notes: nobody made it happen */
    char last[256];     /* the last wake: session, from, to */
} listener;

store_listener stores_told(listener *l);

extern struct stores_world {
    char folder[64];
    redis_process redis;
    unsigned n_opened;
} stores_world;

/* Generous ones. */
extern const store_options stores_options;

/* For the group of tests. */
int stores_setup(void **state);
int stores_teardown(void **state);

/* Of one that has nothing, except of Redis: see stores_empty_redis. */
void stores_name(char ret_name[STORES_NAME_SIZE], kind k);
store *stores_open(kind k, const store_options *o, listener *l);
/* Collects until the listener was woken so often. */
void stores_wait_for_wakes(store *s, const listener *l, store_wake what, unsigned n);
/* Whether Redis answers soon; false when it has ended. */
bool stores_redis_is_up(void);
void stores_empty_redis(void);

/* ---- short hands ---- */

store_caller caller(const char *session, uint32_t party, const char *token);
uint64_t join(store *s, const store_caller *c);
store_result put(store *s, const store_caller *c, uint32_t to, uint64_t number, const char *text);
store_result put_at(store *s, const store_caller *c, uint32_t to, store_place place,
                    const char *text);
void expect_message(store *s, const store_caller *c, uint32_t from, uint64_t number,
                    const char *text);
store_result get(store *s, const store_caller *c, uint32_t from, uint64_t number);
/* `text`: what it must be if there is one; NULL: anything. */
store_result get_at(store *s, const store_caller *c, uint32_t from, store_place place,
                    const char *text);

/* ---- of each kind ---- */

#define DEFINE(name)                                                                               \
    static void name##_memory(void **state)                                                        \
    {                                                                                              \
        (void)state;                                                                               \
        name(MEMORY);                                                                              \
    }                                                                                              \
    static void name##_sqlite(void **state)                                                        \
    {                                                                                              \
        (void)state;                                                                               \
        name(SQLITE);                                                                              \
    }                                                                                              \
    static void name##_redis(void **state)                                                         \
    {                                                                                              \
        (void)state;                                                                               \
        if (stores_world.redis.pid == 0)                                                           \
            skip();                                                                                \
        stores_empty_redis();                                                                      \
        name(REDIS);                                                                               \
    }
#define LIST(name)                                                                                 \
    cmocka_unit_test(name##_memory), cmocka_unit_test(name##_sqlite),                              \
        cmocka_unit_test(name##_redis),

#endif
