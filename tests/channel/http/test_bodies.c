/* Which packets share a body, without anybody who performs the requests: the test reads the bodies
 * and says how they were answered, at the time it likes. */
#include "channel/http/idle_driver.h"

#include "base/le.h"
#include "channel/http/bodies.h"
#include "wire/wire.h"

#define ROOM ((size_t)16 << 20)

#define LINGER_MS 5000  /* after the last packet a body ends */
#define SHORT_MS  60000 /* after a long one failed they are short */

static uint8_t room[ROOM];

static void is_answered(delivery *d, transfer *t)
{
    (void)d;
    if (t->call.status == 200)
        delivery_sent(t);
    else if (!t->is_body)
        assert_true(delivery_retry(t, DELIVERY_NEVER));
}

static const delivery_link link_of_test = {
    .lanes = LANES,
    .askers = 1,
    .prepare_sending = prepare_sending,
    .prepare_body = prepare_sending,
    .ask_at = never_ask,
    .sent = is_answered,
    .bodies = &bodies_of_packets,
};

/* A delivery to somebody who takes bodies. */
static int scene_begin(void **state)
{
    static delivery d;
    idle_begin(&d, &link_of_test, MAILBOX_GATHER_BYTES); /* at any pace */
    d.is_quiet = true;
    bodies_offered(&d, PEER);
    *state = &d;
    return 0;
}

static int scene_end(void **state)
{
    delivery_clear(*state);
    return 0;
}

static transfer *begin(delivery *d)
{
    uint64_t next_ms = 0;
    return delivery_next(d, DELIVERY_ASK_ALL, &next_ms);
}

static transfer *begin_body(delivery *d)
{
    transfer *t = begin(d);
    assert_non_null(t);
    assert_true(t->is_body);
    return t;
}

/* What the source gives now: how many packets, with all that is in order about them; `ret_end`:
 * what it says behind them. */
static size_t read_packets(transfer *t, size_t *ret_end)
{
    size_t n = 0;
    size_t len = 0;
    for (;;) {
        const size_t got = t->call.source(t->call.source_user, room + len, ROOM - len);
        *ret_end = got;
        if (got == 0 || got == HTTP_SOURCE_WAITS)
            break;
        len += got;
    }
    for (size_t at = 0; at < len; n++)
        at += RECORD_HEAD + (le_get_u32(room + at) & ~RECORD_FLAG);
    return n;
}

static void expect_packets(transfer *t, size_t n, size_t end)
{
    size_t ended = 1;
    assert_int_equal(read_packets(t, &ended), n);
    assert_true(ended == end);
}

static void answer(transfer *t, long status, const char *came_ms)
{
    char problem[HTTP_PROBLEM_MAX];
    http_begin(&t->call);
    http_answer(&t->call, status);
    if (came_ms != NULL)
        http_answer_header(&t->call, WIRE_BODY, came_ms);
    delivery_done(t, problem, sizeof problem);
}

static bool goes_on(transfer *t)
{
    uint64_t at_ms = 0;
    return body_goes_on(t, clock_ms(), &at_ms);
}

/* One on a way where they are known to pass. */
static transfer *begin_passing(delivery *d)
{
    send_full(d, 1);
    transfer *t = begin_body(d);
    expect_packets(t, 1, HTTP_SOURCE_WAITS);
    bodies_arrived(d, PEER, t->packet->number, clock_ms());
    return t;
}

/* It has taken all there is, and ends. */
static void linger(transfer *t)
{
    clock_sleep(LINGER_MS);
    assert_true(goes_on(t));
    expect_packets(t, 0, 0);
}

static transfer *await_single(delivery *d)
{
    transfer *t = NULL;
    for (int i = 0; i < 1000 && (t = begin(d)) == NULL; i++)
        clock_sleep(1);
    assert_non_null(t);
    assert_false(t->is_body);
    return t;
}

static void expect_single(delivery *d, uint64_t number)
{
    transfer *t = await_single(d);
    assert_int_equal(t->packet->number, number);
    answer(t, 200, NULL);
}

static const packet *first_out(const delivery *d)
{
    return d->mail.boxes[PEER].out_first;
}

/* ---- what shares a body ---- */

static void packets_that_follow_share_one(void **state)
{
    delivery *d = *state;
    send_full(d, 3);
    transfer *t = begin_body(d);
    assert_null(begin(d));
    expect_packets(t, 3, HTTP_SOURCE_WAITS);
    assert_false(goes_on(t));
    send_full(d, 2);
    assert_true(goes_on(t));
    expect_packets(t, 2, HTTP_SOURCE_WAITS);
    clock_sleep(200);
    assert_true(goes_on(t));
    expect_packets(t, 0, 0);
    answer(t, 200, "200");
    assert_null(first_out(d));
}

static void small_ones_alone_do_not(void **state)
{
    delivery *d = *state;
    send_bytes(d, 10);
    transfer *t = begin(d);
    assert_non_null(t);
    assert_false(t->is_body);
    answer(t, 200, NULL);
    assert_null(first_out(d));
}

static void nobody_gets_one_who_does_not_take_them(void **state)
{
    delivery d;
    (void)state;
    idle_begin(&d, &link_of_test, MAILBOX_GATHER_BYTES);
    send_full(&d, LANES + 2);
    for (size_t i = 0; i < LANES; i++)
        assert_false(begin(&d)->is_body);
    delivery_clear(&d);
}

static void packets_that_are_large_go_alone(void **state)
{
    delivery *d = *state;
    send_full(d, 1);
    send_bytes(d, RECORD_MAX);
    transfer *t = begin_body(d);
    expect_packets(t, 1, 0);
    transfer *large = begin(d);
    assert_false(large->is_body);
    answer(t, 200, NULL);
    answer(large, 200, NULL);
    assert_null(first_out(d));
}

static void the_goodbye_ends_it(void **state)
{
    delivery *d = *state;
    send_full(d, 2);
    transfer *t = begin_body(d);
    d->mail.boxes[PEER].out_last->next = frame_bye();
    d->mail.boxes[PEER].out_last = d->mail.boxes[PEER].out_last->next;
    bodies_arrived(d, PEER, 1, clock_ms());
    size_t end = 1;
    assert_int_equal(read_packets(t, &end), 3);
    assert_int_equal(end, 0);
    answer(t, 200, NULL);
    assert_null(first_out(d));
}

/* ---- what is known of the way ---- */

/* A body of which something has come before its end goes on for long, and beyond what a packet may
 * have; what has arrived is dropped. */
static void one_that_passes_goes_on(void **state)
{
    delivery *d = *state;
    uint64_t number = 0;
    send_full(d, 1);
    transfer *t = begin_body(d);
    expect_packets(t, 1, HTTP_SOURCE_WAITS);
    assert_true(bodies_want_to_know(d, PEER));
    bodies_arrived(d, PEER, ++number, clock_ms());
    for (int i = 0; i < 40; i++) {
        send_full(d, 1);
        assert_true(goes_on(t));
        expect_packets(t, 1, HTTP_SOURCE_WAITS);
        assert_true(bodies_want_to_know(d, PEER));
        bodies_arrived(d, PEER, ++number, clock_ms());
        assert_false(bodies_want_to_know(d, PEER));
        assert_int_equal(first_out(d)->number, number);
        clock_sleep(1000);
        assert_false(goes_on(t));
    }
    clock_sleep(5000);
    assert_true(goes_on(t));
    expect_packets(t, 0, 0);
    answer(t, 200, "45000");
    assert_null(first_out(d));
}

/* As much as is kept is on its way, until it is known to have arrived. A body that has all of it
 * ends too, for only then it shows whether its connection is still there; none begins behind it. */
static void what_is_on_its_way_is_bounded(void **state)
{
    delivery *d = *state;
    transfer *t = begin_passing(d);
    const size_t most = DELIVERY_FLIGHT_MAX / (2 * MAILBOX_GATHER_BYTES);
    send_full(d, 2 * most);
    size_t n = 0;
    size_t end = 0;
    while (goes_on(t))
        n += read_packets(t, &end);
    assert_true(end == HTTP_SOURCE_WAITS);
    assert_in_range(n, most / 2, most + 1);
    assert_true(bodies_want_to_know(d, PEER));
    clock_sleep(LINGER_MS - 1);
    assert_false(goes_on(t));
    clock_sleep(1);
    assert_true(goes_on(t));
    expect_packets(t, 0, 0);
    clock_sleep(60000);
    assert_null(begin(d));
    bodies_arrived(d, PEER, n, clock_ms());
    t = begin_body(d);
    assert_true(read_packets(t, &end) > 0);
}

/* It goes on as soon as some of what it has is known to have arrived. */
static void a_full_one_goes_on_when_some_has_arrived(void **state)
{
    delivery *d = *state;
    transfer *t = begin_passing(d);
    send_full(d, 2 * DELIVERY_FLIGHT_MAX / (2 * MAILBOX_GATHER_BYTES));
    size_t n = 1;
    size_t end = 0;
    while (goes_on(t))
        n += read_packets(t, &end);
    for (int i = 0; i < 5; i++) {
        clock_sleep(LINGER_MS - 1);
        assert_false(goes_on(t));
        n++;
        bodies_arrived(d, PEER, n - 10, clock_ms());
        assert_true(goes_on(t));
        assert_in_range(read_packets(t, &end), 1, 100);
        assert_true(end == HTTP_SOURCE_WAITS);
    }
}

/* Where the last bytes of what was sent are held back, the end of the body sets them free. */
static void one_that_lags_ends(void **state)
{
    delivery *d = *state;
    send_full(d, 1);
    transfer *t = begin_body(d);
    expect_packets(t, 1, HTTP_SOURCE_WAITS);
    bodies_arrived(d, PEER, 1, clock_ms());
    assert_false(bodies_want_to_know(d, PEER));
    send_bytes(d, 10);
    assert_true(goes_on(t));
    expect_packets(t, 1, HTTP_SOURCE_WAITS);
    assert_true(bodies_want_to_know(d, PEER));
    bodies_arrived(d, PEER, 1, clock_ms()); /* asked too early to tell */
    assert_false(goes_on(t));
    clock_sleep(20);
    bodies_arrived(d, PEER, 1, clock_ms());
    assert_true(goes_on(t));
    expect_packets(t, 0, 0);
}

/* Nothing is lost by who claims to have what was never sent. */
static void what_was_not_sent_has_not_arrived(void **state)
{
    delivery *d = *state;
    send_full(d, 3);
    transfer *t = begin_body(d);
    bodies_arrived(d, PEER, UINT64_MAX, clock_ms());
    expect_packets(t, 3, HTTP_SOURCE_WAITS);
    bodies_arrived(d, PEER, UINT64_MAX, clock_ms());
    assert_int_equal(first_out(d)->number, 3);
}

/* Bodies that are kept somewhere until they are whole end soon, and are the last. */
static void where_they_are_held_up_there_are_no_more(void **state)
{
    delivery *d = *state;
    send_full(d, 2);
    transfer *t = begin_body(d);
    expect_packets(t, 2, HTTP_SOURCE_WAITS);
    for (int i = 0; i < 4; i++) {
        clock_sleep(50);
        bodies_arrived(d, PEER, 0, clock_ms());
    }
    assert_true(goes_on(t));
    send_full(d, 1);
    expect_packets(t, 0, 0);
    answer(t, 200, "3");
    assert_false(begin(d)->is_body);
}

/* A body that has sent a packet, after one that nothing was known of but whose answer said that it
 * came as it was sent. */
static transfer *begin_where_they_pass(delivery *d)
{
    send_full(d, 1);
    transfer *t = begin_body(d);
    expect_packets(t, 1, HTTP_SOURCE_WAITS);
    clock_sleep(200);
    expect_packets(t, 0, 0);
    answer(t, 200, "190");
    send_full(d, 1);
    t = begin_body(d);
    expect_packets(t, 1, HTTP_SOURCE_WAITS);
    return t;
}

static void an_answer_shows_that_they_pass(void **state)
{
    delivery *d = *state;
    transfer *t = begin_where_they_pass(d);
    clock_sleep(4000);
    assert_false(goes_on(t));
}

/* What was learnt may have been wrong: a server that is slow takes long over what comes at once. */
static void one_of_which_nothing_comes_while_it_is_open_is_held_up(void **state)
{
    delivery *d = *state;
    transfer *t = begin_where_they_pass(d);
    linger(t);
    answer(t, 200, "5000");
    send_full(d, 1);
    assert_false(begin(d)->is_body);
}

/* ---- failing ---- */

static void packets_of_one_that_failed_go_singly(void **state)
{
    delivery *d = *state;
    for (uint64_t round = 0; round < 3; round++) {
        send_full(d, 3);
        transfer *t = begin_body(d);
        expect_packets(t, 3, HTTP_SOURCE_WAITS);
        answer(t, 502, NULL);
        for (uint64_t i = 0; i < 3; i++)
            expect_single(d, 3 * round + i + 1);
        assert_null(first_out(d));
    }
    send_full(d, 1); /* three times in a row */
    expect_single(d, 10);
}

/* The peer takes nothing of one that is open before it has what another had that failed. */
static void what_failed_does_not_wait_for_one_that_is_open(void **state)
{
    delivery *d = *state;
    transfer *cut = begin_passing(d);
    linger(cut);
    send_full(d, 2);
    transfer *open = begin_body(d);
    expect_packets(open, 2, HTTP_SOURCE_WAITS);
    send_full(d, 1);
    answer(cut, 502, NULL);
    assert_true(goes_on(open));
    expect_packets(open, 0, 0);
    expect_single(d, 1);
    expect_single(d, 4); /* what the other had has yet to arrive */
    answer(open, 200, NULL);
    assert_null(first_out(d));
    send_full(d, 1);
    begin_body(d);
}

/* Nor before it has one that was sent by itself. */
static void one_by_itself_does_not_wait_for_one_that_is_open(void **state)
{
    delivery *d = *state;
    send_bytes(d, 10);
    transfer *single = await_single(d);
    send_full(d, 2);
    transfer *t = begin_body(d);
    expect_packets(t, 2, HTTP_SOURCE_WAITS);
    answer(single, 503, NULL);
    expect_single(d, 1);
    send_full(d, 1);
    assert_null(begin(d));
    assert_true(goes_on(t));
    expect_packets(t, 1, HTTP_SOURCE_WAITS);
}

/* What cuts all that are there is one failure. */
static void those_cut_at_once_count_as_one(void **state)
{
    delivery *d = *state;
    transfer *t[BODIES];
    uint64_t number = 0;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < BODIES; i++) {
            t[i] = begin_passing(d);
            linger(t[i]);
        }
        for (size_t i = 0; i < BODIES; i++)
            answer(t[i], 502, NULL);
        for (size_t i = 0; i < BODIES; i++)
            expect_single(d, ++number);
        assert_null(first_out(d));
    }
    send_full(d, 1);
    begin_body(d);
}

/* Packets for more than a single one may have, in a body: whether it takes them all. The rest goes
 * in others. */
static bool may_be_long(delivery *d)
{
    size_t end = 0;
    transfer *t = begin_passing(d);
    send_full(d, BODY_MAX / (2 * MAILBOX_GATHER_BYTES) + 1);
    assert_true(goes_on(t));
    (void)read_packets(t, &end);
    const bool is_long = end == HTTP_SOURCE_WAITS;
    if (is_long)
        linger(t);
    answer(t, 200, NULL);
    while ((t = begin(d)) != NULL) {
        if (t->is_body) {
            const size_t n = read_packets(t, &end);
            bodies_arrived(d, PEER, t->packet->number + n - 1, clock_ms());
            linger(t);
        }
        answer(t, 200, NULL);
    }
    assert_null(first_out(d));
    return is_long;
}

static void cut_long_one(delivery *d)
{
    size_t end = 0;
    transfer *t = begin_passing(d);
    send_full(d, BODY_MAX / (2 * MAILBOX_GATHER_BYTES) + 1);
    assert_true(goes_on(t));
    (void)read_packets(t, &end);
    assert_true(end == HTTP_SOURCE_WAITS);
    answer(t, 502, NULL);
    while (first_out(d) != NULL)
        answer(await_single(d), 200, NULL);
}

/* Its length may have been why; or not, so later it is tried again, ever more seldom. */
static void after_a_long_one_failed_they_are_short_for_a_while(void **state)
{
    delivery *d = *state;
    assert_true(may_be_long(d));
    for (uint64_t ms = SHORT_MS; ms <= 4 * SHORT_MS; ms *= 2) {
        cut_long_one(d);
        assert_false(may_be_long(d));
        clock_sleep(ms / 2);
        assert_false(may_be_long(d));
        clock_sleep(ms / 2);
        assert_true(may_be_long(d));
    }
}

/* It is none to packets that it cannot have seen. */
static void an_answer_before_the_end_is_a_failure(void **state)
{
    delivery *d = *state;
    send_full(d, 2);
    transfer *t = begin_body(d);
    expect_packets(t, 2, HTTP_SOURCE_WAITS);
    answer(t, 200, "0");
    assert_int_equal(first_out(d)->number, 1);
    assert_false(begin(d)->is_body);
}

/* A peer that takes nothing more gets nothing more. */
static void a_peer_that_has_closed_ends_it(void **state)
{
    delivery *d = *state;
    send_full(d, 3);
    transfer *t = begin_body(d);
    mailbox_shut(&d->mail.boxes[PEER]);
    size_t end = 1;
    assert_int_equal(read_packets(t, &end), 1);
    assert_int_equal(end, 0);
    answer(t, 502, NULL);
    assert_null(first_out(d));
    assert_null(begin(d));
}

#define with_scene(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_scene(packets_that_follow_share_one),
        with_scene(small_ones_alone_do_not),
        cmocka_unit_test(nobody_gets_one_who_does_not_take_them),
        with_scene(packets_that_are_large_go_alone),
        with_scene(the_goodbye_ends_it),
        with_scene(one_that_passes_goes_on),
        with_scene(what_is_on_its_way_is_bounded),
        with_scene(a_full_one_goes_on_when_some_has_arrived),
        with_scene(one_that_lags_ends),
        with_scene(what_was_not_sent_has_not_arrived),
        with_scene(where_they_are_held_up_there_are_no_more),
        with_scene(an_answer_shows_that_they_pass),
        with_scene(one_of_which_nothing_comes_while_it_is_open_is_held_up),
        with_scene(packets_of_one_that_failed_go_singly),
        with_scene(what_failed_does_not_wait_for_one_that_is_open),
        with_scene(one_by_itself_does_not_wait_for_one_that_is_open),
        with_scene(those_cut_at_once_count_as_one),
        with_scene(after_a_long_one_failed_they_are_short_for_a_while),
        with_scene(an_answer_before_the_end_is_a_failure),
        with_scene(a_peer_that_has_closed_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
