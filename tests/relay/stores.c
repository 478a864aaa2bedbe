#define _GNU_SOURCE
#include "relay/stores.h"

#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "support/port.h"

#define LONGEST_MS 60000 /* of waits that should be short */

/* ---- what the store tells ---- */

static void on_wake(void *user, store_wake what, const char *session, uint32_t from, uint32_t to)
{
    listener *l = user;
    l->wakes[what]++;
    (void)snprintf(l->last, sizeof l->last, "%s %u %u", session, (unsigned)from, (unsigned)to);
}

static void on_note(void *user, store_event event, const store_caller *who, const char *session,
                    uint32_t party)
{
    listener *l = user;
    (void)session;
    (void)party;
    l->notes[event]++;
    l->n_by_time += who == NULL;
}

static void on_woken(void *user)
{
    (void)user;
}

store_listener stores_told(listener *l)
{
    return (store_listener){l, on_wake, on_note, on_woken};
}

/* ---- a store of each kind ---- */

struct stores_world stores_world;

const store_options stores_options = {.sessions = 100,
                                      .seats = 8,
                                      .messages = 4,
                                      .queue_bytes = 100,
                                      .session_bytes = 2000,
                                      .bytes = 20000,
                                      .expiry_ms = 3600000,
                                      .timeout_ms = 60000};

/* Collects until the listener was woken so often. */
void stores_wait_for_wakes(store *s, const listener *l, store_wake what, unsigned n)
{
    while (l->wakes[what] < n) {
        store_collect(s);
        (void)poll(NULL, 0, 1);
    }
}

void stores_name(char ret_name[STORES_NAME_SIZE], kind k)
{
    if (k == MEMORY)
        (void)snprintf(ret_name, STORES_NAME_SIZE, "memory");
    if (k == SQLITE)
        (void)snprintf(ret_name, STORES_NAME_SIZE, "sqlite:%s/%u.db", stores_world.folder,
                       stores_world.n_opened++);
    if (k == REDIS)
        redis_url(ret_name, STORES_NAME_SIZE, &stores_world.redis);
}

store *stores_open(kind k, const store_options *o, listener *l)
{
    char where[STORES_NAME_SIZE];
    store *s = NULL;
    pt_error error;
    const store_listener told = stores_told(l);
    stores_name(where, k);
    if (store_open(&s, where, o, &told, &error) != PT_OK)
        fail_msg("%s", error.message);
    if (k == REDIS) /* it listens */
        stores_wait_for_wakes(s, l, STORE_WAKE_ALL, 1);
    return s;
}

/* ---- short hands ---- */

store_caller caller(const char *session, uint32_t party, const char *token)
{
    store_caller c = {.session = session, .party = party, .may_open = true};
    c.has_token = token != NULL;
    if (token != NULL)
        memcpy(c.digest, token, strlen(token));
    return c;
}

uint64_t join(store *s, const store_caller *c)
{
    store_joined joined;
    assert_int_equal(store_join(s, c, &joined), STORE_DONE);
    return joined.epoch;
}

store_result put_at(store *s, const store_caller *c, uint32_t to, store_place place,
                    const char *text)
{
    uint8_t *bytes = mem_new(strlen(text) + 1, 1);
    assert_non_null(bytes);
    memcpy(bytes, text, strlen(text));
    const store_result result = store_put(s, c, to, place, bytes, strlen(text));
    if (result != STORE_DONE)
        mem_free(bytes);
    return result;
}

store_result put(store *s, const store_caller *c, uint32_t to, uint64_t number, const char *text)
{
    return put_at(s, c, to, (store_place){.number = number}, text);
}

store_result get_at(store *s, const store_caller *c, uint32_t from, store_place place,
                    const char *text)
{
    stored *m = NULL;
    const store_result result = store_get(s, c, from, place, &m);
    if (result != STORE_DONE)
        return result;
    if (place.number != 0)
        assert_int_equal(m->number, place.number);
    if (text != NULL) {
        assert_int_equal(m->len, strlen(text));
        assert_memory_equal(m->bytes, text, m->len);
    }
    stored_release(m);
    return result;
}

void expect_message(store *s, const store_caller *c, uint32_t from, uint64_t number,
                    const char *text)
{
    const store_place place = {.number = number};
    assert_int_equal(get_at(s, c, from, place, text), STORE_DONE);
}

store_result get(store *s, const store_caller *c, uint32_t from, uint64_t number)
{
    return get_at(s, c, from, (store_place){.number = number}, NULL);
}

/* ---- Redis ---- */

/* Whether it answers soon; false when it has ended. */
bool stores_redis_is_up(void)
{
    char url[128];
    pt_error error;
    listener l = {0};
    const store_listener told = stores_told(&l);
    redis_url(url, sizeof url, &stores_world.redis);
    const uint64_t end_ms = clock_ms() + LONGEST_MS;
    while (redis_runs(&stores_world.redis) && clock_ms() < end_ms) {
        store *s = NULL;
        if (store_open(&s, url, &stores_options, &told, &error) == PT_OK) {
            store_free(s);
            return true;
        }
        (void)poll(NULL, 0, 10);
    }
    return false;
}

void stores_empty_redis(void)
{
    /* Unused sessions expire at once. */
    listener l = {0};
    store_options quick = stores_options;
    quick.expiry_ms = 1;
    store *s = stores_open(REDIS, &quick, &l);
    store_figures figures = {.sessions = 1};
    const uint64_t end_ms = clock_ms() + LONGEST_MS;
    while (figures.sessions != 0) {
        assert_true(clock_ms() < end_ms);
        store_sweep(s, false);
        assert_int_equal(store_measure(s, &figures), STORE_DONE);
        (void)poll(NULL, 0, 1);
    }
    store_free(s);
}

/* ---- life ---- */

int stores_setup(void **state)
{
    (void)state;
    (void)snprintf(stores_world.folder, sizeof stores_world.folder, "/tmp/polytune-store-XXXXXX");
    if (mkdtemp(stores_world.folder) == NULL)
        return -1;
    stores_world.redis.port = free_port();
    redis_start(&stores_world.redis, stores_world.folder);
    if (!stores_redis_is_up()) {
        print_message("redis-server cannot be started: its tests are skipped\n");
        redis_stop(&stores_world.redis);
    }
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

int stores_teardown(void **state)
{
    (void)state;
    redis_stop(&stores_world.redis);
    return nftw(stores_world.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
