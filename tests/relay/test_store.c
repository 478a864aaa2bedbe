/* One suite for the three stores: what store.h promises of messages, seats, sessions and limits
 * holds for each. */
#include "relay/stores.h"

#include <poll.h>

static void numbers_make_it_exactly_once(kind k)
{
    listener l = {0};
    store *s = stores_open(k, &stores_options, &l);
    const store_caller a = caller("once", 0, "a");
    const store_caller b = caller("once", 1, "b");
    assert_int_equal(join(s, &a), join(s, &b));
    assert_int_equal(get(s, &b, 0, 1), STORE_EMPTY);
    assert_int_equal(put(s, &a, 1, 1, "one"), STORE_DONE);
    stores_wait_for_wakes(s, &l, STORE_WAKE_RECEIVER, 1);
    assert_string_equal(l.last, "once 0 1");
    assert_int_equal(put(s, &a, 1, 1, "one"), STORE_REPEATED);
    assert_int_equal(put(s, &a, 1, 3, "three"), STORE_LOST);
    assert_int_equal(put(s, &a, 1, 2, ""), STORE_DONE);
    expect_message(s, &b, 0, 1, "one");
    expect_message(s, &b, 0, 1, "one");
    expect_message(s, &b, 0, 2, "");
    stores_wait_for_wakes(s, &l, STORE_WAKE_SENDER, 1);
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

static uint64_t received(store *s, const store_caller *c, uint32_t to)
{
    uint64_t number = UINT64_MAX;
    assert_int_equal(store_received(s, c, to, &number), STORE_DONE);
    return number;
}

/* Whether they wait or have been taken. */
static void who_sends_is_told_what_has_come(kind k)
{
    listener l = {0};
    uint64_t number;
    store *s = stores_open(k, &stores_options, &l);
    store_caller a = caller("come", 0, "a");
    const store_caller b = caller("come", 1, "b");
    const store_caller stranger = caller("come", 0, "s");
    const store_caller nobody = caller("come", 0, NULL);
    const uint64_t epoch = join(s, &a);
    assert_int_equal(join(s, &b), epoch);
    assert_int_equal(received(s, &a, 1), 0);
    assert_int_equal(put(s, &a, 1, 1, "one"), STORE_DONE);
    assert_int_equal(put(s, &a, 1, 2, "two"), STORE_DONE);
    assert_int_equal(received(s, &a, 1), 2);
    assert_int_equal(received(s, &a, 2), 0);
    assert_int_equal(received(s, &b, 0), 0);
    assert_int_equal(get(s, &b, 0, 3), STORE_EMPTY);
    assert_int_equal(received(s, &a, 1), 2);
    assert_int_equal(store_received(s, &stranger, 1, &number), STORE_FORBIDDEN);
    assert_int_equal(store_received(s, &nobody, 1, &number), STORE_UNAUTHORIZED);
    a.has_epoch = true;
    a.epoch = epoch + 1;
    assert_int_equal(store_received(s, &a, 1, &number), STORE_LOST);
    store_free(s);
}

static void plain_clients_take_the_oldest(kind k)
{
    listener l = {0};
    store *s = stores_open(k, &stores_options, &l);
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
    store *s = stores_open(k, &stores_options, &l);
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
    store *s = stores_open(k, &stores_options, &l);
    store_seats seats;
    store_joined joined = {0};
    store_caller a = caller("bound", 2, "a");
    const store_caller stranger = caller("bound", 2, "s");
    const store_caller nobody = caller("bound", 2, NULL);
    const store_caller plain = caller("bound", 0, NULL);
    const uint64_t epoch = join(s, &a);
    assert_int_equal(join(s, &a), epoch);
    assert_int_equal(l.notes[STORE_SEATED], 1);
    stores_wait_for_wakes(s, &l, STORE_WAKE_WATCHERS, 1);
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

/* With several on their way or asked for, the oldest of which is `first`; each is its own digit. */
static store_result put_ahead(store *s, const store_caller *c, uint64_t number, uint64_t first)
{
    const char text[] = {(char)('0' + number), '\0'};
    return put_at(s, c, 1, (store_place){.number = number, .first = first}, text);
}

static store_result get_ahead(store *s, const store_caller *c, uint64_t number, uint64_t first)
{
    const char text[] = {(char)('0' + number), '\0'};
    return get_at(s, c, 0, (store_place){.number = number, .first = first}, text);
}

static void what_is_early_waits_for_its_turn(kind k)
{
    listener l = {0};
    store *s = stores_open(k, &stores_options, &l);
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
    store *s = stores_open(k, &stores_options, &l);
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
    store *s = stores_open(k, &stores_options, &l);
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
    /* Who comes back may run something else; of who has left it is told still what it ran. */
    callers[1].terms = "n=4";
    (void)join(s, &callers[1]);
    assert_int_equal(put(s, &callers[0], 1, 1, "used"), STORE_DONE);
    assert_int_equal(store_leave(s, &callers[0]), STORE_DONE);
    assert_int_equal(store_leave(s, &callers[2]), STORE_DONE);
    assert_int_equal(store_list(s, &callers[3], &seats), STORE_DONE);
    assert_int_equal(seats.n, 4);
    assert_int_equal(seats.n_terms, 2);
    assert_string_equal(seats.terms[0].text, "n=2");
    assert_string_equal(seats.terms[1].text, "n=4");
    callers[1].terms = NULL;
    (void)join(s, &callers[1]);
    assert_int_equal(store_list(s, &callers[3], &seats), STORE_DONE);
    assert_int_equal(seats.n_terms, 1);
    store_free(s);
}

static void tokens_can_be_demanded(kind k)
{
    listener l = {0};
    store_options strict = stores_options;
    strict.needs_tokens = true;
    store *s = stores_open(k, &strict, &l);
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
    store *s = stores_open(k, &stores_options, &l);
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
    stores_wait_for_wakes(s, &l, STORE_WAKE_SESSION, 1);
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
    store_options tight = stores_options;
    tight.sessions = 2;
    tight.seats = 2;
    store *s = stores_open(k, &tight, &l);
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
    store_options quick = stores_options;
    quick.expiry_ms = 30;
    store *s = stores_open(k, &quick, &l);
    const store_caller a = caller("old", 0, "a");
    const store_caller nobody = caller("old", 0, NULL); /* asking is no sign of a life */
    store_seats seats;
    (void)join(s, &a);
    assert_int_equal(put(s, &a, 1, 1, "m"), STORE_DONE);
    for (seats.n = 1; seats.n != 0;) {
        store_sweep(s, true);
        assert_int_equal(store_list(s, &nobody, &seats), STORE_DONE);
    }
    stores_wait_for_wakes(s, &l, STORE_WAKE_SESSION, 1);
    assert_int_equal(l.notes[STORE_EXPIRED], 1);
    store_free(s);
}

static void figures_count(kind k)
{
    listener l = {0};
    store *s = stores_open(k, &stores_options, &l);
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

/* The last bytes are for sessions that are there. */
static void none_is_opened_with_the_last_bytes(kind k)
{
    listener l = {0};
    store_options tight = stores_options;
    tight.bytes = 3000;
    store *s = stores_open(k, &tight, &l);
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
    store_options shares = stores_options;
    shares.address_sessions = 2;
    shares.address_bytes = 1200;
    store *s = stores_open(k, &shares, &l);
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

#define FOR_ALL(X)                                                                                 \
    X(what_is_early_waits_for_its_turn)                                                            \
    X(numbers_make_it_exactly_once)                                                                \
    X(who_sends_is_told_what_has_come)                                                             \
    X(plain_clients_take_the_oldest)                                                               \
    X(who_left_is_told_after_its_last_message)                                                     \
    X(seats_are_bound_to_tokens)                                                                   \
    X(what_was_said_before_the_seat_is_taken_is_forgotten)                                         \
    X(what_seats_run_is_listed)                                                                    \
    X(tokens_can_be_demanded)                                                                      \
    X(sessions_end_and_are_replaced)                                                               \
    X(none_is_opened_with_the_last_bytes)                                                          \
    X(an_address_has_its_share)                                                                    \
    X(limits_hold)                                                                                 \
    X(unused_sessions_expire)                                                                      \
    X(figures_count)
FOR_ALL(DEFINE)

/* A pattern for the names of the cases may be given. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {FOR_ALL(LIST)};
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, stores_setup, stores_teardown);
}
