/* Who lives and who has died, as the three stores tell it. */
#include "relay/stores.h"

#include <poll.h>

#include "base/clock.h"

/* Asking who sits there is a sign of life of the seat whose token is shown, and of no other. */
static void who_asks_for_the_seats_keeps_its_own(kind k)
{
    listener l = {0};
    store_options short_lived = stores_options;
    short_lived.timeout_ms = 1000;
    store *s = stores_open(k, &short_lived, &l);
    store_seats seats;
    store_joined joined;
    const store_caller a = caller("keep", 2, "a");
    const store_caller other = caller("keep", 1, "o");
    const store_caller stranger = caller("keep", 2, "s");
    const store_caller stranger_too = caller("keep", 1, "s");
    const store_caller asker = caller("keep", 0, "a");
    (void)join(s, &a);
    (void)join(s, &other);
    const uint64_t start = clock_ms();
    while (clock_ms() - start < 1300) {
        (void)poll(NULL, 0, 20);
        assert_int_equal(store_list(s, &asker, &seats), STORE_DONE);
        assert_int_equal(seats.n, 2);
        assert_true(seats.has_own);
        assert_int_equal(seats.own, 2);
        assert_int_equal(store_join(s, &stranger, &joined), STORE_TAKEN);
    }
    assert_int_equal(store_join(s, &stranger_too, &joined), STORE_DONE);
    assert_int_equal(store_list(s, &other, &seats), STORE_DONE);
    assert_false(seats.has_own);
    (void)poll(NULL, 0, 1100);
    assert_int_equal(store_join(s, &stranger, &joined), STORE_DONE);
    store_free(s);
}

/* Sweeps until the receiver is told that the sender has gone; the time that took since `start`. */
static uint64_t wait_for_death(store *s, const store_caller *receiver, uint32_t sender,
                               uint64_t start)
{
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
    assert_int_equal(joined.timeout_ms, a_ms == 0 ? stores_options.timeout_ms : a_ms);
    (void)join(s, b);
    assert_int_equal(put(s, b, 0, 1, "m"), STORE_DONE);
}

static void who_is_silent_dies_after_the_smallest_timeout(kind k)
{
    listener l = {0};
    store *s = stores_open(k, &stores_options, &l);
    store_caller a = caller("silent", 0, "a");
    store_caller b = caller("silent", 1, "b");
    const uint64_t start = clock_ms();
    start_pair(s, &a, &b, 0, 1500);
    assert_in_range(wait_for_death(s, &b, 0, start), 1400, 20000);
    assert_int_equal(l.notes[STORE_LEFT], 1);
    assert_int_equal(l.n_by_time, 1);
    stores_wait_for_wakes(s, &l, STORE_WAKE_SESSION, 1);
    /* Who asked lives; it was the last, so that its death ends the session. */
    for (store_figures figures = {.sessions = 1}; figures.sessions != 0;) {
        store_sweep(s, true);
        assert_int_equal(store_measure(s, &figures), STORE_DONE);
    }
    assert_int_equal(l.notes[STORE_ENDED], 1);
    store_free(s);
}

#define A_QUARTER_MS 2000

/* The seat's last connection closes and it asks again, some times. False if the machine was too
 * busy for it to be in time. */
static bool comes_back_in_time(store *s, const store_caller *a, const store_caller *b)
{
    for (int i = 0; i < 12; i++) {
        const uint64_t left = clock_ms();
        assert_int_equal(store_absent(s, a), STORE_DONE);
        (void)poll(NULL, 0, 180);
        store_sweep(s, true);
        const store_result back = get(s, a, 1, 1);
        if (clock_ms() - left >= A_QUARTER_MS - 100)
            return false;
        assert_int_equal(back, STORE_DONE);
        assert_int_equal(get(s, b, 0, 1), STORE_EMPTY);
    }
    return true;
}

static void who_closed_dies_after_a_quarter(kind k)
{
    listener l = {0};
    store *s = stores_open(k, &stores_options, &l);
    store_caller a, b;
    int attempt = 0;
    do {
        static const char *const names[] = {"closed", "again", "thrice", "once more", "last"};
        assert_in_range(attempt, 0, sizeof names / sizeof names[0] - 1);
        a = caller(names[attempt], 0, "a");
        b = caller(names[attempt], 1, "b");
        const store_caller stranger = caller(names[attempt++], 0, "s");
        start_pair(s, &a, &b, 4 * A_QUARTER_MS, 60000);
        assert_int_equal(store_absent(s, &stranger), STORE_DONE); /* speaks for nobody */
    } while (!comes_back_in_time(s, &a, &b));
    const uint64_t start = clock_ms();
    assert_int_equal(store_absent(s, &a), STORE_DONE);
    assert_in_range(wait_for_death(s, &b, 0, start), A_QUARTER_MS - 50, 4 * A_QUARTER_MS - 100);
    store_free(s);
}

/* Closed here, open there: whoever knows better says so in time. */
static void who_is_connected_elsewhere_lives(kind k)
{
    listener l = {0};
    store *s = stores_open(k, &stores_options, &l);
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
    store *s = stores_open(k, &stores_options, &l);
    store_caller a = caller("early", 0, "a");
    store_caller b = caller("early", 1, "b");
    const store_caller plain = caller("early", 2, NULL);
    start_pair(s, &a, &b, 1000, 60000);
    (void)join(s, &plain);
    (void)poll(NULL, 0, 1100);
    assert_int_equal(get(s, &b, 0, 1), STORE_EMPTY);
    store_sweep(s, false);
    assert_int_equal(l.n_by_time, 0);
    (void)wait_for_death(s, &b, 0, clock_ms());
    /* Who has no token does not die: its requests are anybody's. */
    store_sweep(s, true);
    assert_int_equal(get(s, &b, 2, 1), STORE_EMPTY);
    store_free(s);
}
/* ---- of each kind ---- */

#define FOR_ALL(X)                                                                                 \
    X(who_asks_for_the_seats_keeps_its_own)                                                        \
    X(who_is_silent_dies_after_the_smallest_timeout)                                               \
    X(who_closed_dies_after_a_quarter)                                                             \
    X(who_is_connected_elsewhere_lives)                                                            \
    X(nobody_dies_before_the_relay_may_tell)
FOR_ALL(DEFINE)

/* A pattern for the names of the cases may be given. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {FOR_ALL(LIST)};
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, stores_setup, stores_teardown);
}
