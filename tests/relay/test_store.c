/* One suite for the three stores: what store.h promises holds for each. Redis is a server of the
 * test's own; where there is none to start, its part says so. */
#define _GNU_SOURCE
#include "support/test.h"

#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "relay/store.h"
#include "support/redis.h"

#define LONGEST_MS 60000 /* of waits that should be short */

/* ---- what the store tells ---- */

typedef struct listener {
    unsigned wakes[STORE_WAKE_ALL + 1];
    unsigned notes[STORE_EXPIRED + 1];
    unsigned n_by_time; /* of the notes: nobody made it happen */
    char last[256];     /* the last wake: session, from, to */
} listener;

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

/* ---- a store of each kind ---- */

static struct {
    char folder[64];
    redis_process redis;
    unsigned n_opened;
} world;

typedef enum kind { MEMORY, SQLITE, REDIS } kind;

static const store_options options = {.sessions = 100,
                                      .seats = 8,
                                      .messages = 4,
                                      .queue_bytes = 100,
                                      .session_bytes = 2000,
                                      .bytes = 20000,
                                      .expiry_ms = 3600000,
                                      .timeout_ms = 60000};

/* Collects until the listener was woken so often. */
static void wait_for_wakes(store *s, const listener *l, store_wake what, unsigned n)
{
    while (l->wakes[what] < n) {
        store_collect(s);
        (void)poll(NULL, 0, 1);
    }
}

static store *open_store(kind k, const store_options *o, listener *l)
{
    char where[128] = "memory";
    store *s = NULL;
    pt_error error;
    const store_listener told = {l, on_wake, on_note, on_woken};
    if (k == SQLITE)
        (void)snprintf(where, sizeof where, "sqlite:%s/%u.db", world.folder, world.n_opened++);
    if (k == REDIS)
        redis_url(where, sizeof where, &world.redis);
    if (store_open(&s, where, o, &told, &error) != PT_OK)
        fail_msg("%s", error.message);
    if (k == REDIS) /* it listens */
        wait_for_wakes(s, l, STORE_WAKE_ALL, 1);
    return s;
}

/* ---- short hands ---- */

static store_caller caller(const char *session, uint32_t party, const char *token)
{
    store_caller c = {.session = session, .party = party, .may_open = true};
    c.has_token = token != NULL;
    if (token != NULL)
        memcpy(c.digest, token, strlen(token));
    return c;
}

static uint64_t join(store *s, const store_caller *c)
{
    store_joined joined;
    assert_int_equal(store_join(s, c, &joined), STORE_DONE);
    return joined.epoch;
}

static store_result put(store *s, const store_caller *c, uint32_t to, uint64_t number,
                        const char *text)
{
    uint8_t *bytes = mem_new(strlen(text) + 1, 1);
    assert_non_null(bytes);
    memcpy(bytes, text, strlen(text));
    const store_result result =
        store_put(s, c, to, (store_place){.number = number}, bytes, strlen(text));
    if (result != STORE_DONE)
        mem_free(bytes);
    return result;
}

static void expect_message(store *s, const store_caller *c, uint32_t from, uint64_t number,
                           const char *text)
{
    stored *m = NULL;
    assert_int_equal(store_get(s, c, from, (store_place){.number = number}, &m), STORE_DONE);
    assert_int_equal(m->len, strlen(text));
    assert_memory_equal(m->bytes, text, m->len);
    if (number != 0)
        assert_int_equal(m->number, number);
    stored_release(m);
}

static store_result get(store *s, const store_caller *c, uint32_t from, uint64_t number)
{
    stored *m = NULL;
    const store_result result = store_get(s, c, from, (store_place){.number = number}, &m);
    if (result == STORE_DONE)
        stored_release(m);
    return result;
}

/* ---- the suite ---- */

static void numbers_make_it_exactly_once(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    const store_caller a = caller("once", 0, "a");
    const store_caller b = caller("once", 1, "b");
    assert_int_equal(join(s, &a), join(s, &b));
    assert_int_equal(get(s, &b, 0, 1), STORE_EMPTY);
    assert_int_equal(put(s, &a, 1, 1, "one"), STORE_DONE);
    wait_for_wakes(s, &l, STORE_WAKE_RECEIVER, 1);
    assert_string_equal(l.last, "once 0 1");
    assert_int_equal(put(s, &a, 1, 1, "one"), STORE_REPEATED);
    assert_int_equal(put(s, &a, 1, 3, "three"), STORE_LOST);
    assert_int_equal(put(s, &a, 1, 2, ""), STORE_DONE);
    expect_message(s, &b, 0, 1, "one");
    expect_message(s, &b, 0, 1, "one");
    expect_message(s, &b, 0, 2, "");
    wait_for_wakes(s, &l, STORE_WAKE_SENDER, 1);
    assert_int_equal(get(s, &b, 0, 1), STORE_LOST);
    assert_int_equal(get(s, &b, 0, 4), STORE_LOST);
    assert_int_equal(get(s, &b, 0, 3), STORE_EMPTY);
    assert_int_equal(get(s, &b, 0, 2), STORE_LOST);
    assert_int_equal(get(s, &b, 2, 2), STORE_LOST);
    assert_int_equal(get(s, &b, 2, 1), STORE_EMPTY);
    assert_int_equal(put(s, &a, 1, UINT64_MAX - 1, "far"), STORE_LOST);
    assert_int_equal(put(s, &a, 1, 2, "again"), STORE_REPEATED);
    store_free(s);
}

static void plain_clients_take_the_oldest(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    const store_caller a = caller("plain", 0, NULL);
    const store_caller b = caller("plain", 1, NULL);
    assert_int_equal(get(s, &b, 0, 0), STORE_EMPTY);
    assert_int_equal(put(s, &a, 1, 0, "one"), STORE_DONE);
    assert_int_equal(put(s, &a, 1, 0, "two"), STORE_DONE);
    expect_message(s, &b, 0, 0, "one");
    expect_message(s, &b, 0, 0, "one");
    assert_int_equal(store_delivered(s, &b, 0, 1), STORE_DONE);
    assert_int_equal(store_delivered(s, &b, 0, 1), STORE_DONE);
    expect_message(s, &b, 0, 0, "two");
    assert_int_equal(store_delivered(s, &b, 0, 2), STORE_DONE);
    assert_int_equal(get(s, &b, 0, 0), STORE_EMPTY);
    store_free(s);
}

static void who_left_is_told_after_its_last_message(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    const store_caller a = caller("left", 0, "a");
    const store_caller b = caller("left", 1, "b");
    assert_int_equal(join(s, &a), join(s, &b));
    assert_int_equal(put(s, &a, 1, 1, "last"), STORE_DONE);
    assert_int_equal(store_leave(s, &a), STORE_DONE);
    expect_message(s, &b, 0, 1, "last");
    assert_int_equal(get(s, &b, 0, 2), STORE_GONE);
    assert_int_equal(get(s, &b, 2, 1), STORE_EMPTY); /* nobody sat there yet */
    (void)join(s, &a);
    assert_int_equal(get(s, &b, 0, 2), STORE_EMPTY);
    store_free(s);
}

static void seats_are_bound_to_tokens(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    store_seats seats;
    store_joined joined = {0};
    store_caller a = caller("bound", 2, "a");
    const store_caller stranger = caller("bound", 2, "s");
    const store_caller nobody = caller("bound", 2, NULL);
    const store_caller plain = caller("bound", 0, NULL);
    const uint64_t epoch = join(s, &a);
    assert_int_equal(join(s, &a), epoch);
    assert_int_equal(l.notes[STORE_SEATED], 1);
    wait_for_wakes(s, &l, STORE_WAKE_WATCHERS, 1);
    assert_int_equal(store_join(s, &stranger, &joined), STORE_TAKEN);
    assert_true(joined.has_holder);
    assert_memory_equal(joined.holder, a.digest, STORE_DIGEST_BYTES);
    assert_int_equal(store_join(s, &nobody, &joined), STORE_TAKEN);
    assert_int_equal(put(s, &stranger, 0, 1, "m"), STORE_FORBIDDEN);
    assert_int_equal(put(s, &nobody, 0, 1, "m"), STORE_UNAUTHORIZED);
    assert_int_equal(get(s, &stranger, 0, 1), STORE_FORBIDDEN);
    assert_int_equal(get(s, &nobody, 0, 0), STORE_UNAUTHORIZED);
    assert_int_equal(store_delivered(s, &stranger, 0, 1), STORE_FORBIDDEN);
    assert_int_equal(store_leave(s, &stranger), STORE_FORBIDDEN);
    assert_int_equal(store_leave(s, &nobody), STORE_UNAUTHORIZED);
    store_caller other = a;
    for (size_t at = 0; at < STORE_DIGEST_BYTES; at++) {
        other.digest[at] ^= 1;
        assert_int_equal(put(s, &other, 0, 1, "m"), STORE_FORBIDDEN);
        other.digest[at] ^= 1;
    }
    assert_int_equal(put(s, &a, 0, 1, "m"), STORE_DONE);
    /* A seat without a token is anybody's. */
    assert_int_equal(join(s, &plain), epoch);
    assert_int_equal(join(s, &plain), epoch);
    expect_message(s, &plain, 2, 0, "m");
    assert_int_equal(store_list(s, &a, &seats), STORE_DONE);
    assert_int_equal(seats.n, 2);
    assert_int_equal(seats.parties[0], 0);
    assert_int_equal(seats.parties[1], 2);
    a.has_epoch = true;
    a.epoch = epoch + 1;
    assert_int_equal(put(s, &a, 0, 2, "m"), STORE_LOST);
    assert_int_equal(get(s, &a, 0, 1), STORE_LOST);
    assert_int_equal(store_list(s, &a, &seats), STORE_LOST);
    a.epoch = epoch;
    assert_int_equal(put(s, &a, 0, 2, "m"), STORE_DONE);
    store_free(s);
}

/* Puts a message, with several on their way, the oldest of which is `first`. */
static store_result put_ahead(store *s, const store_caller *c, uint64_t number, uint64_t first)
{
    uint8_t *bytes = mem_new(1, 1);
    assert_non_null(bytes);
    bytes[0] = (uint8_t)('0' + number);
    const store_result result =
        store_put(s, c, 1, (store_place){.number = number, .first = first}, bytes, 1);
    if (result != STORE_DONE)
        mem_free(bytes);
    return result;
}

/* Asks for a message, with several asked for, the oldest of which is `first`; its byte. */
static store_result get_ahead(store *s, const store_caller *c, uint64_t number, uint64_t first)
{
    stored *m = NULL;
    const store_result result =
        store_get(s, c, 0, (store_place){.number = number, .first = first}, &m);
    if (result == STORE_DONE) {
        assert_int_equal(m->number, number);
        assert_int_equal(m->bytes[0], '0' + number);
        stored_release(m);
    }
    return result;
}

static void what_is_early_waits_for_its_turn(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    const store_caller a = caller("ahead", 0, "a");
    const store_caller b = caller("ahead", 1, "b");
    (void)join(s, &a);
    (void)join(s, &b);
    assert_int_equal(get_ahead(s, &b, 2, 1), STORE_EMPTY);
    assert_int_equal(get_ahead(s, &b, 3, 2), STORE_LOST);
    assert_int_equal(put_ahead(s, &a, 3, 1), STORE_EARLY);
    assert_int_equal(put_ahead(s, &a, 2, 1), STORE_EARLY);
    assert_int_equal(put_ahead(s, &a, 2, 2), STORE_LOST); /* the first was said to be here */
    assert_int_equal(put_ahead(s, &a, 2, 0), STORE_LOST);
    assert_int_equal(put_ahead(s, &a, 1, 1), STORE_DONE);
    assert_int_equal(put_ahead(s, &a, 2, 1), STORE_DONE);
    assert_int_equal(put_ahead(s, &a, 2, 1), STORE_REPEATED);
    assert_int_equal(put_ahead(s, &a, 1, 1), STORE_REPEATED);
    assert_int_equal(put_ahead(s, &a, 3, 2), STORE_DONE);
    /* What is ahead acknowledges nothing but what is before the first. */
    assert_int_equal(get_ahead(s, &b, 2, 1), STORE_DONE);
    assert_int_equal(get_ahead(s, &b, 1, 1), STORE_DONE);
    assert_int_equal(get_ahead(s, &b, 2, 1), STORE_DONE);
    assert_int_equal(get_ahead(s, &b, 4, 2), STORE_EMPTY);
    assert_int_equal(get_ahead(s, &b, 1, 0), STORE_LOST);
    assert_int_equal(get_ahead(s, &b, 3, 1), STORE_DONE); /* it was on its way for long */
    assert_int_equal(get_ahead(s, &b, 3, 2), STORE_DONE);
    assert_int_equal(get_ahead(s, &b, 2, 2), STORE_DONE);
    assert_int_equal(get_ahead(s, &b, 5, 4), STORE_EMPTY);
    assert_int_equal(get_ahead(s, &b, 6, 5), STORE_LOST);
    store_free(s);
}

/* On a relay that serves anybody: what strangers send in the name of a seat that nobody has taken
 * is not its owner's. */
static void what_was_said_before_the_seat_is_taken_is_forgotten(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    store_figures before;
    store_figures after;
    const store_caller nobody = caller("early", 0, NULL);
    const store_caller nobody_too = caller("early", 1, NULL);
    const store_caller a = caller("early", 0, "a");
    const store_caller b = caller("early", 1, "b");
    assert_int_equal(put(s, &nobody_too, 0, 1, "kept until b comes"), STORE_DONE);
    assert_int_equal(store_measure(s, &before), STORE_DONE);
    for (uint64_t i = 1; i <= 3; i++)
        assert_int_equal(put(s, &nobody, 1, i, "junk"), STORE_DONE);
    (void)join(s, &a);
    assert_int_equal(store_measure(s, &after), STORE_DONE);
    assert_int_equal(after.messages, before.messages);
    (void)join(s, &b);
    assert_int_equal(put(s, &a, 1, 1, "true"), STORE_DONE);
    assert_int_equal(put(s, &nobody, 1, 2, "junk"), STORE_UNAUTHORIZED);
    expect_message(s, &b, 0, 1, "true");
    assert_int_equal(get(s, &b, 0, 2), STORE_EMPTY);
    assert_int_equal(get(s, &a, 1, 1), STORE_EMPTY);
    assert_int_equal(put(s, &b, 0, 1, "true, too"), STORE_DONE);
    expect_message(s, &a, 1, 1, "true, too");
    /* Who joins again takes nothing back. */
    (void)join(s, &a);
    assert_int_equal(put(s, &a, 1, 1, "true"), STORE_REPEATED);
    store_free(s);
}

static void what_seats_run_is_listed(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    store_seats seats;
    store_caller callers[4] = {caller("terms", 0, "a"), caller("terms", 1, "b"),
                               caller("terms", 2, "c"), caller("terms", 3, "d")};
    callers[0].terms = "n=2";
    callers[1].terms = "n=3;x=1";
    callers[2].terms = "n=2";
    for (size_t i = 0; i < 4; i++)
        (void)join(s, &callers[i]);
    assert_int_equal(store_list(s, &callers[3], &seats), STORE_DONE);
    assert_int_equal(seats.n, 4);
    assert_int_equal(seats.n_terms, 2);
    assert_string_equal(seats.terms[0].text, "n=2");
    assert_int_equal(seats.terms[0].party, 0);
    assert_string_equal(seats.terms[1].text, "n=3;x=1");
    assert_int_equal(seats.terms[1].party, 1);
    /* Who comes back may run something else; who has left runs nothing. */
    callers[1].terms = "n=4";
    (void)join(s, &callers[1]);
    assert_int_equal(put(s, &callers[0], 1, 1, "used"), STORE_DONE);
    assert_int_equal(store_leave(s, &callers[0]), STORE_DONE);
    assert_int_equal(store_leave(s, &callers[2]), STORE_DONE);
    assert_int_equal(store_list(s, &callers[3], &seats), STORE_DONE);
    assert_int_equal(seats.n, 4);
    assert_int_equal(seats.n_terms, 1);
    assert_string_equal(seats.terms[0].text, "n=4");
    callers[1].terms = NULL;
    (void)join(s, &callers[1]);
    assert_int_equal(store_list(s, &callers[3], &seats), STORE_DONE);
    assert_int_equal(seats.n_terms, 0);
    store_free(s);
}

static void tokens_can_be_demanded(kind k)
{
    listener l = {0};
    store_options strict = options;
    strict.needs_tokens = true;
    store *s = open_store(k, &strict, &l);
    const store_caller a = caller("strict", 0, "a");
    const store_caller b = caller("strict", 1, "b");
    const store_caller nobody = caller("strict", 1, NULL);
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_FORBIDDEN);
    assert_int_equal(get(s, &nobody, 0, 0), STORE_UNAUTHORIZED);
    (void)join(s, &a);
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_DONE);
    assert_int_equal(get(s, &b, 0, 1), STORE_FORBIDDEN);
    (void)join(s, &b);
    expect_message(s, &b, 0, 1, "m");
    assert_int_equal(get(s, &nobody, 0, 0), STORE_UNAUTHORIZED);
    store_free(s);
}

/* Takes the seat of a holder that dies at once. */
static void take_over(store *s, const store_caller *holder, const store_caller *who,
                      store_joined *ret_joined)
{
    store_caller dying = *holder;
    store_result result = STORE_TAKEN;
    dying.timeout_ms = 1;
    (void)join(s, &dying);
    while (result == STORE_TAKEN)
        result = store_join(s, who, ret_joined);
    assert_int_equal(result, STORE_DONE);
}

static void sessions_end_and_are_replaced(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    store_joined joined = {0};
    store_figures figures;
    const store_caller a = caller("end", 0, "a");
    const store_caller b = caller("end", 1, "b");
    const store_caller again = caller("end", 0, "c");
    store_caller late = caller("end", 2, "d");
    const uint64_t first = join(s, &a);
    (void)join(s, &b);
    /* Before anything was sent a seat becomes free again. */
    assert_int_equal(store_leave(s, &b), STORE_DONE);
    (void)join(s, &late);
    assert_int_equal(store_leave(s, &late), STORE_DONE);
    (void)join(s, &b);
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_DONE);
    /* Later it waits for its owner; others wait until the run is over. */
    assert_int_equal(store_leave(s, &a), STORE_DONE);
    assert_int_equal(store_join(s, &again, &joined), STORE_ENDING);
    assert_int_equal(store_join(s, &late, &joined), STORE_ENDING);
    assert_int_equal(join(s, &a), first);
    assert_int_equal(put(s, &a, 1, 2, "n"), STORE_DONE);
    assert_int_equal(store_leave(s, &a), STORE_DONE);
    expect_message(s, &b, 0, 1, "m");
    assert_int_equal(store_leave(s, &b), STORE_DONE);
    wait_for_wakes(s, &l, STORE_WAKE_SESSION, 1);
    assert_int_equal(l.notes[STORE_ENDED], 1);
    assert_int_equal(store_measure(s, &figures), STORE_DONE);
    assert_int_equal(figures.sessions + figures.seats + figures.messages + figures.bytes, 0);
    /* A client that is gone loses its seat, and with it the session that was used. */
    const uint64_t second = join(s, &a);
    assert_int_not_equal(first, second);
    take_over(s, &a, &again, &joined);
    assert_int_equal(joined.epoch, second);
    assert_int_equal(put(s, &again, 1, 1, "m"), STORE_DONE);
    take_over(s, &again, &a, &joined);
    assert_int_not_equal(joined.epoch, second);
    assert_int_equal(l.notes[STORE_REPLACED], 1);
    assert_int_equal(get(s, &b, 0, 0), STORE_EMPTY);
    /* Who may not open, may not. */
    late = caller("other", 0, "d");
    late.may_open = false;
    assert_int_equal(store_join(s, &late, &joined), STORE_CLOSED);
    assert_int_equal(put(s, &late, 1, 1, "m"), STORE_CLOSED);
    store_free(s);
}

static void limits_hold(kind k)
{
    listener l = {0};
    store_options tight = options;
    tight.sessions = 2;
    tight.seats = 2;
    store *s = open_store(k, &tight, &l);
    store_joined joined;
    const store_caller plain = caller("full", 0, NULL);
    const store_caller seats[3] = {caller("full", 0, "a"), caller("full", 1, "b"),
                                   caller("full", 2, "c")};
    char text[91] = {0};
    memset(text, 'x', sizeof text - 1);
    (void)join(s, &seats[0]);
    (void)join(s, &seats[1]);
    assert_int_equal(store_join(s, &seats[2], &joined), STORE_FULL_SEATS);
    const store_caller second = caller("full-2", 0, "a");
    const store_caller third = caller("full-3", 0, "a");
    (void)join(s, &second);
    assert_int_equal(store_join(s, &third, &joined), STORE_FULL_SESSIONS);
    assert_int_equal(put(s, &third, 1, 1, "m"), STORE_FULL_SESSIONS);
    (void)plain;
    /* Bytes of a queue; the first message always fits. */
    assert_int_equal(put(s, &seats[0], 1, 1, text), STORE_DONE);
    assert_int_equal(put(s, &seats[0], 1, 2, text), STORE_FULL_QUEUE);
    assert_int_equal(get(s, &seats[1], 0, 2), STORE_EMPTY);
    /* Messages of a queue. */
    for (uint64_t i = 2; i <= 5; i++)
        assert_int_equal(put(s, &seats[0], 1, i, "m"), STORE_DONE);
    assert_int_equal(put(s, &seats[0], 1, 6, "m"), STORE_FULL_QUEUE);
    expect_message(s, &seats[1], 0, 3, "m");
    assert_int_equal(put(s, &seats[0], 1, 6, "m"), STORE_DONE);
    /* Bytes of a session. */
    store_result result = STORE_DONE;
    for (uint32_t to = 2; to < 40 && result == STORE_DONE; to++)
        result = put(s, &seats[0], to, 1, text);
    assert_int_equal(result, STORE_FULL_SESSION);
    store_free(s);
}

static void unused_sessions_expire(kind k)
{
    listener l = {0};
    store_options quick = options;
    quick.expiry_ms = 30;
    store *s = open_store(k, &quick, &l);
    const store_caller a = caller("old", 0, "a");
    const store_caller nobody = caller("old", 0, NULL); /* asking is no sign of a life */
    store_seats seats;
    (void)join(s, &a);
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_DONE);
    for (seats.n = 1; seats.n != 0;) {
        store_sweep(s, true);
        assert_int_equal(store_list(s, &nobody, &seats), STORE_DONE);
    }
    wait_for_wakes(s, &l, STORE_WAKE_SESSION, 1);
    assert_int_equal(l.notes[STORE_EXPIRED], 1);
    store_free(s);
}

static void figures_count(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    store_figures figures;
    const store_caller a = caller("count", 0, "a");
    const store_caller b = caller("count", 1, "b");
    (void)join(s, &a);
    (void)join(s, &b);
    assert_int_equal(put(s, &a, 1, 1, "0123456789"), STORE_DONE);
    assert_int_equal(put(s, &a, 1, 2, "m"), STORE_DONE);
    expect_message(s, &b, 0, 2, "m");
    assert_int_equal(store_measure(s, &figures), STORE_DONE);
    assert_int_equal(figures.sessions, 1);
    assert_int_equal(figures.seats, 2);
    assert_int_equal(figures.messages, 1);
    assert_in_range(figures.bytes, 1, 2000);
    assert_int_equal(s->carried, 2);
    assert_int_equal(store_check(s), STORE_DONE);
    store_free(s);
}

/* Asking who sits there is a sign of life of the seat whose token is shown, and of no other. */
static void who_asks_for_the_seats_keeps_its_own(kind k)
{
    listener l = {0};
    store_options short_lived = options;
    short_lived.timeout_ms = 300;
    store *s = open_store(k, &short_lived, &l);
    store_seats seats;
    store_joined joined;
    const store_caller a = caller("keep", 2, "a");
    const store_caller other = caller("keep", 1, "o");
    const store_caller stranger = caller("keep", 2, "s");
    const store_caller stranger_too = caller("keep", 1, "s");
    const store_caller asker = caller("keep", 0, "a");
    (void)join(s, &a);
    (void)join(s, &other);
    for (int i = 0; i < 12; i++) {
        (void)poll(NULL, 0, 50);
        assert_int_equal(store_list(s, &asker, &seats), STORE_DONE);
        assert_int_equal(seats.n, 2);
        assert_true(seats.has_own);
        assert_int_equal(seats.own, 2);
        assert_int_equal(store_join(s, &stranger, &joined), STORE_TAKEN);
    }
    assert_int_equal(store_join(s, &stranger_too, &joined), STORE_DONE);
    assert_int_equal(store_list(s, &other, &seats), STORE_DONE);
    assert_false(seats.has_own);
    (void)poll(NULL, 0, 400);
    assert_int_equal(store_join(s, &stranger, &joined), STORE_DONE);
    store_free(s);
}

/* Sweeps until the receiver is told that the sender has gone; the time that took. */
static uint64_t wait_for_death(store *s, const store_caller *receiver, uint32_t sender)
{
    const uint64_t start = clock_ms();
    for (store_result r; (r = get(s, receiver, sender, 1)) != STORE_GONE;) {
        assert_int_equal(r, STORE_EMPTY);
        assert_in_range(clock_ms() - start, 0, 30000);
        store_sweep(s, true);
        (void)poll(NULL, 0, 5);
    }
    return clock_ms() - start;
}

/* Two parties in a session that has carried a message; each waits for so long at most. */
static void start_pair(store *s, store_caller *a, store_caller *b, uint32_t a_ms, uint32_t b_ms)
{
    store_joined joined;
    a->timeout_ms = a_ms;
    b->timeout_ms = b_ms;
    assert_int_equal(store_join(s, a, &joined), STORE_DONE);
    assert_int_equal(joined.timeout_ms, a_ms == 0 ? options.timeout_ms : a_ms);
    (void)join(s, b);
    assert_int_equal(put(s, b, 0, 1, "m"), STORE_DONE);
}

static void who_is_silent_dies_after_the_smallest_timeout(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    store_caller a = caller("silent", 0, "a");
    store_caller b = caller("silent", 1, "b");
    start_pair(s, &a, &b, 0, 1500);
    assert_in_range(wait_for_death(s, &b, 0), 1400, 20000);
    assert_int_equal(l.notes[STORE_LEFT], 1);
    assert_int_equal(l.n_by_time, 1);
    wait_for_wakes(s, &l, STORE_WAKE_SESSION, 1);
    /* Who asked lives; it was the last, so that its death ends the session. */
    for (store_figures figures = {.sessions = 1}; figures.sessions != 0;) {
        store_sweep(s, true);
        assert_int_equal(store_measure(s, &figures), STORE_DONE);
    }
    assert_int_equal(l.notes[STORE_ENDED], 1);
    store_free(s);
}

static void who_closed_dies_after_a_quarter(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    store_caller a = caller("closed", 0, "a");
    store_caller b = caller("closed", 1, "b");
    const store_caller stranger = caller("closed", 0, "s");
    start_pair(s, &a, &b, 4000, 60000);
    assert_int_equal(store_absent(s, &stranger), STORE_DONE); /* speaks for nobody */
    for (int i = 0; i < 12; i++) {                            /* it comes back each time */
        assert_int_equal(store_absent(s, &a), STORE_DONE);
        (void)poll(NULL, 0, 100);
        store_sweep(s, true);
        assert_int_equal(get(s, &a, 1, 1), STORE_DONE);
        assert_int_equal(get(s, &b, 0, 1), STORE_EMPTY);
    }
    assert_int_equal(store_absent(s, &a), STORE_DONE);
    assert_in_range(wait_for_death(s, &b, 0), 950, 3900);
    store_free(s);
}

/* Closed here, open there: whoever knows better says so in time. */
static void who_is_connected_elsewhere_lives(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    store_caller a = caller("elsewhere", 0, "a");
    store_caller b = caller("elsewhere", 1, "b");
    start_pair(s, &a, &b, 4000, 60000);
    const uint64_t heard = clock_ms();
    assert_int_equal(store_absent(s, &a), STORE_DONE);
    while (clock_ms() - heard < 1500) {
        store_present(s, &(store_sign){&a, clock_ms() - heard}, 1);
        (void)poll(NULL, 0, 100);
        store_sweep(s, true);
        assert_int_equal(get(s, &b, 0, 1), STORE_EMPTY);
    }
    /* But silence is silence. */
    while (get(s, &b, 0, 1) == STORE_EMPTY) {
        store_present(s, &(store_sign){&a, clock_ms() - heard}, 1);
        (void)poll(NULL, 0, 20);
        store_sweep(s, true);
    }
    assert_in_range(clock_ms() - heard, 3900, 20000);
    store_free(s);
}

static void nobody_dies_before_the_relay_may_tell(kind k)
{
    listener l = {0};
    store *s = open_store(k, &options, &l);
    store_caller a = caller("early", 0, "a");
    store_caller b = caller("early", 1, "b");
    const store_caller plain = caller("early", 2, NULL);
    start_pair(s, &a, &b, 1000, 60000);
    (void)join(s, &plain);
    (void)poll(NULL, 0, 1100);
    assert_int_equal(get(s, &b, 0, 1), STORE_EMPTY);
    store_sweep(s, false);
    assert_int_equal(l.n_by_time, 0);
    (void)wait_for_death(s, &b, 0);
    /* Who has no token does not die: its requests are anybody's. */
    store_sweep(s, true);
    assert_int_equal(get(s, &b, 2, 1), STORE_EMPTY);
    store_free(s);
}

/* The last bytes are for sessions that are there. */
static void none_is_opened_with_the_last_bytes(kind k)
{
    listener l = {0};
    store_options tight = options;
    tight.bytes = 3000;
    store *s = open_store(k, &tight, &l);
    const store_caller a = caller("running", 0, "a");
    store_joined joined;
    char text[91] = {0};
    memset(text, 'x', sizeof text - 1);
    (void)join(s, &a);
    store_result opened = STORE_DONE;
    for (int i = 0; i < 20 && opened == STORE_DONE; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "more-%d", i);
        const store_caller more = caller(name, 0, "a");
        opened = store_join(s, &more, &joined);
    }
    assert_int_equal(opened, STORE_FULL_BYTES);
    assert_int_equal(put(s, &a, 1, 1, ""), STORE_DONE);
    store_free(s);
}

/* Of sessions that an address opened, and their bytes; others are not concerned. */
static void an_address_has_its_share(kind k)
{
    listener l = {0};
    store_options shares = options;
    shares.address_sessions = 2;
    shares.address_bytes = 1200;
    store *s = open_store(k, &shares, &l);
    store_joined joined;
    store_caller own[3] = {caller("own-0", 0, "a"), caller("own-1", 0, "a"),
                           caller("own-2", 0, "a")};
    store_caller other = caller("other", 0, "b");
    char text[91] = {0};
    memset(text, 'x', sizeof text - 1);
    other.address = "192.0.2.2";
    for (size_t i = 0; i < 3; i++) {
        own[i].address = "192.0.2.1";
        assert_int_equal(store_join(s, &own[i], &joined),
                         i < 2 ? STORE_DONE : STORE_FULL_ADDRESS_SESSIONS);
    }
    assert_int_equal(store_join(s, &other, &joined), STORE_DONE);
    store_result result = STORE_DONE;
    for (uint32_t to = 1; to < 20 && result == STORE_DONE; to++)
        result = put(s, &own[0], to, 1, text);
    assert_int_equal(result, STORE_FULL_ADDRESS_BYTES);
    assert_int_equal(put(s, &own[1], 1, 1, text), STORE_FULL_ADDRESS_BYTES);
    assert_int_equal(put(s, &other, 1, 1, text), STORE_DONE);
    assert_int_equal(store_leave(s, &own[0]), STORE_DONE);
    assert_int_equal(put(s, &own[1], 1, 1, text), STORE_DONE);
    assert_int_equal(store_join(s, &own[2], &joined), STORE_DONE);
    store_free(s);
}

/* ---- of each kind ---- */

static void empty_redis(void);

#define FOR_ALL(X)                                                                                 \
    X(what_is_early_waits_for_its_turn)                                                            \
    X(numbers_make_it_exactly_once)                                                                \
    X(plain_clients_take_the_oldest)                                                               \
    X(who_left_is_told_after_its_last_message)                                                     \
    X(seats_are_bound_to_tokens)                                                                   \
    X(who_asks_for_the_seats_keeps_its_own)                                                        \
    X(who_is_silent_dies_after_the_smallest_timeout)                                               \
    X(who_closed_dies_after_a_quarter)                                                             \
    X(who_is_connected_elsewhere_lives)                                                            \
    X(nobody_dies_before_the_relay_may_tell)                                                       \
    X(what_was_said_before_the_seat_is_taken_is_forgotten)                                         \
    X(what_seats_run_is_listed)                                                                    \
    X(tokens_can_be_demanded)                                                                      \
    X(sessions_end_and_are_replaced)                                                               \
    X(none_is_opened_with_the_last_bytes)                                                          \
    X(an_address_has_its_share)                                                                    \
    X(limits_hold)                                                                                 \
    X(unused_sessions_expire)                                                                      \
    X(figures_count)

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
        if (world.redis.pid == 0)                                                                  \
            skip();                                                                                \
        empty_redis();                                                                             \
        name(REDIS);                                                                               \
    }
FOR_ALL(DEFINE)

#define LIST(name)                                                                                 \
    cmocka_unit_test(name##_memory), cmocka_unit_test(name##_sqlite),                              \
        cmocka_unit_test(name##_redis),

/* ---- SQLite ---- */

static store *open_file(const char *where, listener *l)
{
    store *s = NULL;
    pt_error error;
    const store_listener told = {l, on_wake, on_note, on_woken};
    if (store_open(&s, where, &options, &told, &error) != PT_OK)
        fail_msg("%s", error.message);
    return s;
}

static void a_file_keeps_everything(void **state)
{
    (void)state;
    listener l = {0};
    char where[128];
    store_joined joined;
    (void)snprintf(where, sizeof where, "sqlite:%s/keep.db", world.folder);
    store_caller a = caller("keep", 0, "a");
    const store_caller b = caller("keep", 1, "b");
    const store_caller left = caller("keep", 2, "c");
    const store_caller plain = caller("keep", 3, NULL);
    const store_caller stranger = caller("keep", 0, "s");
    const store_caller ended = caller("ended", 0, "a");
    /* In a process that is killed, so that nothing is closed. */
    const pid_t child = fork();
    if (child == 0) {
        store *s = open_file(where, &l);
        a.epoch = join(s, &a);
        (void)join(s, &b);
        (void)join(s, &left);
        (void)join(s, &plain);
        (void)join(s, &ended);
        bool ok = put(s, &a, 1, 1, "one") == STORE_DONE && put(s, &a, 1, 2, "two") == STORE_DONE &&
                  put(s, &a, 1, 3, "") == STORE_DONE && put(s, &b, 0, 1, "gone") == STORE_DONE &&
                  get(s, &a, 1, 2) == STORE_EMPTY && get(s, &b, 0, 2) == STORE_DONE &&
                  store_leave(s, &left) == STORE_DONE && store_leave(s, &ended) == STORE_DONE;
        (void)kill(getpid(), ok ? SIGKILL : SIGTERM);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    for (int times = 0; times < 2; times++) {
        store *s = open_file(where, &l);
        store_figures figures;
        store_seats seats;
        assert_int_equal(store_measure(s, &figures), STORE_DONE);
        assert_int_equal(figures.sessions, 1);
        assert_int_equal(figures.messages, 2);
        assert_int_equal(store_list(s, &a, &seats), STORE_DONE);
        assert_int_equal(seats.n, 4);
        assert_int_equal(store_join(s, &stranger, &joined), STORE_TAKEN);
        assert_int_equal(store_join(s, &left, &joined), STORE_DONE);
        assert_int_equal(put(s, &stranger, 1, 4, "m"), STORE_FORBIDDEN);
        assert_int_equal(put(s, &a, 1, 3, "m"), STORE_REPEATED);
        assert_int_equal(put(s, &a, 1, 5, "m"), STORE_LOST);
        assert_int_equal(put(s, &b, 0, 1, "m"), STORE_REPEATED);
        assert_int_equal(get(s, &a, 1, 2), STORE_EMPTY);
        assert_int_equal(get(s, &b, 0, 1), STORE_LOST);
        expect_message(s, &b, 0, 2, "two");
        a.has_epoch = true;
        a.epoch = join(s, &a);
        assert_int_equal(get(s, &a, 1, 2), STORE_EMPTY);
        assert_int_equal(store_leave(s, &left), STORE_DONE);
        store_free(s);
    }
    store *s = open_file(where, &l);
    expect_message(s, &b, 0, 3, "");
    assert_int_equal(put(s, &a, 1, 4, "four"), STORE_DONE);
    expect_message(s, &b, 0, 4, "four");
    store_free(s);
}

static void expect_unusable(const char *where, pt_status status, const char *word)
{
    listener l = {0};
    store *s = NULL;
    pt_error error;
    const store_listener told = {&l, on_wake, on_note, on_woken};
    assert_int_equal(store_open(&s, where, &options, &told, &error), status);
    if (strstr(error.message, word) == NULL)
        fail_msg("no \"%s\" in: %s", word, error.message);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fchmod(fileno(f), S_IRUSR | S_IWUSR), 0);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void files_that_cannot_be_used_are_named(void **state)
{
    (void)state;
    listener l = {0};
    char where[128];
    static char junk[8192];
    memset(junk, 'j', sizeof junk);
    (void)snprintf(where, sizeof where, "sqlite:%s/junk.db", world.folder);
    write_file(where + 7, junk, sizeof junk);
    expect_unusable(where, PT_ERR_INPUT, "is not a database");
    (void)snprintf(where, sizeof where, "sqlite:%s/none/there.db", world.folder);
    expect_unusable(where, PT_ERR_FILE, "cannot open");
    (void)snprintf(where, sizeof where, "sqlite:%s", world.folder);
    expect_unusable(where, PT_ERR_FILE, "cannot open");
    (void)snprintf(where, sizeof where, "sqlite:%s/shared.db", world.folder);
    store *s = open_file(where, &l);
    expect_unusable(where, PT_ERR_IO, "in use");
    store_free(s);
    /* Another program's: the same file with another application's number (offset 68). */
    FILE *f = fopen(where + 7, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 68, SEEK_SET), 0);
    assert_int_equal(fwrite("ABCD", 1, 4, f), 4);
    assert_int_equal(fclose(f), 0);
    expect_unusable(where, PT_ERR_INPUT, "something else");
    expect_unusable("sqlite:", PT_ERR_USAGE, "sqlite:FILE");
    expect_unusable("postgres://x", PT_ERR_USAGE, "sqlite:FILE");
}

/* ---- Redis ---- */

/* Whether it answers soon; false when it has ended. */
static bool redis_is_up(void)
{
    char url[128];
    pt_error error;
    listener l = {0};
    const store_listener told = {&l, on_wake, on_note, on_woken};
    redis_url(url, sizeof url, &world.redis);
    const uint64_t end_ms = clock_ms() + LONGEST_MS;
    while (redis_runs(&world.redis) && clock_ms() < end_ms) {
        store *s = NULL;
        if (store_open(&s, url, &options, &told, &error) == PT_OK) {
            store_free(s);
            return true;
        }
        (void)poll(NULL, 0, 10);
    }
    return false;
}

static void empty_redis(void)
{
    /* Unused sessions expire at once. */
    listener l = {0};
    store_options quick = options;
    quick.expiry_ms = 1;
    store *s = open_store(REDIS, &quick, &l);
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

/* What an address opened at one relay counts at the other, too, and is given back there. */
static void relays_share_what_addresses_have(void **state)
{
    (void)state;
    if (world.redis.pid == 0)
        skip();
    empty_redis();
    listener l[2] = {{{0}, {0}, 0, ""}, {{0}, {0}, 0, ""}};
    store_options shares = options;
    shares.address_sessions = 2;
    store *s[2] = {open_store(REDIS, &shares, &l[0]), open_store(REDIS, &shares, &l[1])};
    store_joined joined;
    store_caller own[3] = {caller("one", 0, "a"), caller("two", 0, "a"), caller("three", 0, "a")};
    for (size_t i = 0; i < 3; i++) {
        own[i].address = "192.0.2.1";
        assert_int_equal(store_join(s[i % 2], &own[i], &joined),
                         i < 2 ? STORE_DONE : STORE_FULL_ADDRESS_SESSIONS);
    }
    assert_int_equal(store_join(s[1], &own[2], &joined), STORE_FULL_ADDRESS_SESSIONS);
    assert_int_equal(store_leave(s[1], &own[0]), STORE_DONE);
    assert_int_equal(store_join(s[0], &own[2], &joined), STORE_DONE);
    store_free(s[0]);
    store_free(s[1]);
}

static void relays_share_redis(void **state)
{
    (void)state;
    if (world.redis.pid == 0)
        skip();
    empty_redis();
    listener l[2] = {0};
    store *s[2] = {open_store(REDIS, &options, &l[0]), open_store(REDIS, &options, &l[1])};
    const store_caller a = caller("two", 0, "a");
    const store_caller b = caller("two", 1, "b");
    assert_int_equal(join(s[0], &a), join(s[1], &b));
    wait_for_wakes(s[0], &l[0], STORE_WAKE_WATCHERS, 2);
    assert_int_equal(get(s[1], &b, 0, 1), STORE_EMPTY);
    assert_int_equal(put(s[0], &a, 1, 1, "over"), STORE_DONE);
    wait_for_wakes(s[1], &l[1], STORE_WAKE_RECEIVER, 1);
    expect_message(s[1], &b, 0, 1, "over");
    assert_int_equal(put(s[1], &a, 1, 1, "over"), STORE_REPEATED);
    assert_int_equal(put(s[1], &a, 1, 2, "again"), STORE_DONE);
    expect_message(s[0], &b, 0, 2, "again");
    store_free(s[0]);
    store_free(s[1]);
}

/* Last, for it ends the server. */
static void redis_may_come_and_go(void **state)
{
    (void)state;
    if (world.redis.pid == 0)
        skip();
    empty_redis();
    listener l = {0};
    store *s = open_store(REDIS, &options, &l);
    store_caller a = caller("gone", 0, "a");
    a.epoch = join(s, &a);
    wait_for_wakes(s, &l, STORE_WAKE_ALL, 1);
    redis_stop(&world.redis);
    wait_for_wakes(s, &l, STORE_WAKE_ALL, 2);
    assert_int_equal(store_check(s), STORE_UNAVAILABLE);
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_UNAVAILABLE);
    assert_true(s->errors != 0);
    redis_start(&world.redis, world.folder);
    assert_true(redis_is_up());
    wait_for_wakes(s, &l, STORE_WAKE_ALL, 3);
    while (store_check(s) != STORE_DONE)
        (void)poll(NULL, 0, 10);
    /* It kept nothing: who means the old session is told. */
    a.has_epoch = true;
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_LOST);
    a.has_epoch = false;
    (void)join(s, &a);
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_DONE);
    store_free(s);
}

static void redis_that_cannot_be_used_is_named(void **state)
{
    (void)state;
    char url[64];
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%u", redis_free_port());
    expect_unusable(url, PT_ERR_IO, "cannot use Redis at 127.0.0.1");
    static const char *const wrong[] = {
        "redis://",     "redis://h:x",    "redis://h:0",   "redis://h:99999", "redis://h/x",
        "redis://[::1", "redis://:%zz@h", "redis://:%4@h", "redis://:%00@h",  "redis://u:p@/1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_unusable(wrong[i], PT_ERR_USAGE, "redis://[[USER]:PASSWORD@]");
    if (world.redis.pid == 0)
        return;
    (void)snprintf(url, sizeof url, "redis://:wrong@127.0.0.1:%u", world.redis.port);
    expect_unusable(url, PT_ERR_IO, "WRONGPASS");
}

/* ---- life ---- */

static int setup(void **state)
{
    (void)state;
    (void)snprintf(world.folder, sizeof world.folder, "/tmp/polytune-store-XXXXXX");
    if (mkdtemp(world.folder) == NULL)
        return -1;
    world.redis.port = redis_free_port();
    redis_start(&world.redis, world.folder);
    if (!redis_is_up()) {
        print_message("redis-server cannot be started: its tests are skipped\n");
        redis_stop(&world.redis);
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

static int teardown(void **state)
{
    (void)state;
    redis_stop(&world.redis);
    return nftw(world.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A pattern for the names of the cases may be given. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        FOR_ALL(LIST) cmocka_unit_test(a_file_keeps_everything),
        cmocka_unit_test(files_that_cannot_be_used_are_named),
        cmocka_unit_test(relays_share_redis),
        cmocka_unit_test(relays_share_what_addresses_have),
        cmocka_unit_test(redis_that_cannot_be_used_is_named),
        cmocka_unit_test(redis_may_come_and_go),
    };
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, setup, teardown);
}
