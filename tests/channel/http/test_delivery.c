/* Which packets leave when, without anybody who performs the requests: the test says that they were
 * answered, at the time it likes. */
#include "channel/http/idle_driver.h"

#define PATIENCE_MS 2000

/* What becomes of what is sent. */
static bool link_is_down;
static bool gave_up;

static void prepare_asking(delivery *d, transfer *t)
{
    (void)d;
    (void)t;
}

static void has_arrived(delivery *d, transfer *t)
{
    (void)d;
    if (!link_is_down)
        delivery_sent(t);
    else if (!delivery_retry(t, PATIENCE_MS))
        gave_up = true;
}

static const delivery_link link_of_test = {
    .lanes = LANES,
    .askers = 1,
    .prepare_sending = prepare_sending,
    .prepare_asking = prepare_asking,
    .ask_at = never_ask,
    .sent = has_arrived,
};

static void delivery_begin(delivery *d)
{
    idle_begin(d, &link_of_test, 0);
}

/* Begins what is due; how many these are. */
static size_t begin_due(delivery *d, transfer **ret_list, uint64_t *ret_next_ms)
{
    size_t n = 0;
    for (transfer *t; (t = delivery_next(d, DELIVERY_ASK_ALL, ret_next_ms)) != NULL; n++) {
        assert_true(n < LANES);
        ret_list[n] = t;
    }
    return n;
}

static void answer(transfer *t)
{
    char problem[64];
    delivery_done(t, problem, sizeof problem);
    assert_string_equal(problem, "");
}

/* One full packet, whose answer takes so long. */
static void send_one(delivery *d, uint64_t took_ms)
{
    transfer *list[LANES];
    uint64_t next_ms = 0;
    send_full(d, 1);
    while (begin_due(d, list, &next_ms) == 0)
        clock_sleep(1);
    clock_sleep(took_ms);
    answer(list[0]);
}

static void all_lanes_are_used_at_first(void **state)
{
    delivery d;
    transfer *list[LANES];
    uint64_t next_ms = 0;
    (void)state;
    delivery_begin(&d);
    send_full(&d, LANES + 2);
    assert_int_equal(begin_due(&d, list, &next_ms), LANES);
    answer(list[1]); /* those behind the first wait for that one */
    assert_int_equal(begin_due(&d, list + 2, &next_ms), 0);
    answer(list[0]);
    clock_sleep(30);
    size_t n = begin_due(&d, list, &next_ms);
    clock_sleep(30);
    n += begin_due(&d, list, &next_ms);
    assert_int_equal(n, 2);
    delivery_clear(&d);
}

static void full_packets_leave_at_even_distances(void **state)
{
    delivery d;
    transfer *list[LANES];
    uint64_t next_ms = 0;
    (void)state;
    delivery_begin(&d);
    send_one(&d, 10 * LANES);
    send_full(&d, 2);
    assert_int_equal(begin_due(&d, list, &next_ms), 1);
    const uint64_t left_ms = clock_ms();
    assert_in_range(next_ms, left_ms + 5, left_ms + 20);
    clock_sleep(next_ms - left_ms + 1);
    assert_int_equal(begin_due(&d, list, &next_ms), 1);
    delivery_clear(&d);
}

static void small_packets_leave_at_once(void **state)
{
    delivery d;
    transfer *list[LANES];
    uint64_t next_ms = 0;
    (void)state;
    delivery_begin(&d);
    send_one(&d, 10 * LANES);
    for (size_t i = 0; i < LANES; i++) {
        send_bytes(&d, 1);
        assert_int_equal(begin_due(&d, list, &next_ms), 1);
    }
    delivery_clear(&d);
}

static void what_flies_at_once_is_bounded(void **state)
{
    delivery d;
    transfer *list[LANES];
    uint64_t next_ms = 0;
    (void)state;
    delivery_begin(&d);
    send_bytes(&d, FRAME_PACKET_MAX / 2);
    send_bytes(&d, 5 * (FRAME_PACKET_MAX - 100));
    assert_int_equal(begin_due(&d, list, &next_ms), 3);
    answer(list[0]);
    clock_sleep(30);
    assert_int_equal(begin_due(&d, list, &next_ms), 1);
    delivery_clear(&d);
}

/* As long as that makes them take no longer, and back again. */
static void full_packets_grow_while_the_link_has_room(void **state)
{
    delivery d;
    (void)state;
    delivery_begin(&d);
    const mailbox *b = &d.mail.boxes[PEER];
    send_one(&d, 10);
    for (int i = 0; i < 4; i++)
        send_one(&d, 10);
    const size_t grown = b->gather;
    assert_true(grown > MAILBOX_GATHER_BYTES);
    for (int i = 0; i < 6; i++)
        send_one(&d, 60);
    assert_true(b->gather < grown);
    assert_true(b->gather >= MAILBOX_GATHER_BYTES);
    delivery_clear(&d);
}

static void answer_while_down(transfer *t)
{
    char problem[256];
    link_is_down = true;
    delivery_done(t, problem, sizeof problem);
    link_is_down = false;
}

/* A lane that waited for those before it has not failed all the while. */
static void what_is_repeated_in_turn_has_its_own_patience(void **state)
{
    delivery d;
    transfer *list[LANES];
    uint64_t next_ms = 0;
    (void)state;
    delivery_begin(&d);
    gave_up = false;
    send_full(&d, LANES);
    assert_int_equal(begin_due(&d, list, &next_ms), LANES);
    clock_sleep(PATIENCE_MS * 6 / 10);
    for (size_t i = 0; i < LANES; i++)
        answer_while_down(list[i]);
    while (begin_due(&d, list, &next_ms) == 0)
        clock_sleep(1);
    answer(list[0]); /* the link is back */
    while (begin_due(&d, list, &next_ms) == 0)
        clock_sleep(1);
    clock_sleep(PATIENCE_MS * 6 / 10);
    answer_while_down(list[0]);
    assert_false(gave_up);
    delivery_clear(&d);
}

/* Whether the other end can keep what is early is not known of one that fails. */
static void nothing_follows_what_is_repeated(void **state)
{
    delivery d;
    transfer *list[LANES];
    uint64_t next_ms = 0;
    (void)state;
    delivery_begin(&d);
    send_bytes(&d, 1);
    assert_int_equal(begin_due(&d, list, &next_ms), 1);
    answer_while_down(list[0]);
    while (begin_due(&d, list, &next_ms) == 0)
        clock_sleep(1);
    send_bytes(&d, 1);
    assert_int_equal(begin_due(&d, list + 1, &next_ms), 0);
    answer(list[0]);
    assert_int_equal(begin_due(&d, list, &next_ms), 1);
    delivery_clear(&d);
}

#define LATEST_MS 2000 /* after the time-out an error comes within so long */

static void what_cannot_be_sent_is_given_up_in_time(void **state)
{
    delivery d;
    transfer *list[LANES];
    uint64_t next_ms = 0;
    (void)state;
    for (uint64_t took_ms = 0; took_ms < PATIENCE_MS; took_ms += PATIENCE_MS / 4) {
        delivery_begin(&d);
        gave_up = false;
        send_bytes(&d, 1);
        const uint64_t start_ms = now_ms;
        while (!gave_up) {
            while (begin_due(&d, list, &next_ms) == 0)
                clock_sleep(1);
            clock_sleep(took_ms); /* as long as an attempt takes */
            answer_while_down(list[0]);
        }
        assert_in_range(now_ms - start_ms, PATIENCE_MS, PATIENCE_MS + LATEST_MS + took_ms);
        delivery_clear(&d);
    }
}

static void sleep_until(mailboxes *m, const mailbox *awaited, uint64_t until_ms)
{
    (void)m;
    (void)awaited;
    assert_true(until_ms > now_ms);
    clock_sleep(until_ms - now_ms);
}

static bool go_on(void *user)
{
    (void)user;
    return false;
}

static void silence_ends_in_time(void **state)
{
    static const mailbox_pump sleeper = {nudge, nudge, sleep_until};
    static const uint32_t timeouts_ms[] = {1, 500, 4000, 60000};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof timeouts_ms / sizeof *timeouts_ms; i++) {
        const uint32_t timeout_ms = timeouts_ms[i / 2];
        const mailbox_options o = {
            .parties = 2,
            .patience = patience_init(&(pt_network_options){
                .timeout_ms = timeout_ms, .cancelled = i % 2 == 0 ? NULL : go_on})};
        mailboxes m = {0};
        uint8_t *bytes = NULL;
        size_t len = 0;
        assert_true(mailboxes_init(&m, &sleeper, &o));
        const uint64_t start_ms = now_ms;
        assert_int_equal(mailboxes_recv(&m, PEER, "p", 1, &bytes, &len, NULL), PT_ERR_TIMEOUT);
        assert_in_range(now_ms - start_ms, timeout_ms, timeout_ms + LATEST_MS);
        mailboxes_clear(&m);
    }
}

static void many_peers_share_what_is_done_at_once(void **state)
{
    static const struct {
        size_t parties, least, most, expected;
    } rows[] = {{1, 3, 8, 8}, {2, 3, 8, 8}, {4, 3, 8, 8},  {5, 3, 8, 6},   {8, 3, 8, 3},
                {8, 2, 8, 3}, {9, 2, 8, 3}, {13, 2, 8, 2}, {100, 3, 8, 3}, {8, 3, 1, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(delivery_at_once(rows[i].parties, rows[i].least, rows[i].most),
                         rows[i].expected);
}

static void what_differs_is_told(void **state)
{
    static const struct {
        const char *own, *theirs, *expected;
    } rows[] = {
        {"version=4;n=2", "version=4;n=2", NULL},
        {"version=4;n=2", "version=3;n=2",
         "party 1 runs version 3 of the protocol, and this party version 4: all parties need the "
         "same release"},
        {"version=4;n=2", "version=4;n=3", "party 1 runs something else: n=3, and n=2 here"},
        {"program=aa", "program=bb",
         "party 1 runs another program or circuit: program=bb, and program=aa here"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        delivery d = {0};
        pt_error error;
        (void)snprintf(d.terms, sizeof d.terms, "%s", rows[i].own);
        const pt_status status = delivery_compare_terms(&d, PEER, rows[i].theirs, &error);
        assert_int_equal(status, rows[i].expected == NULL ? PT_OK : PT_PEER_SETUP);
        if (rows[i].expected != NULL)
            assert_string_equal(error.message, rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_is_told),
        cmocka_unit_test(all_lanes_are_used_at_first),
        cmocka_unit_test(full_packets_leave_at_even_distances),
        cmocka_unit_test(small_packets_leave_at_once),
        cmocka_unit_test(what_flies_at_once_is_bounded),
        cmocka_unit_test(full_packets_grow_while_the_link_has_room),
        cmocka_unit_test(what_is_repeated_in_turn_has_its_own_patience),
        cmocka_unit_test(nothing_follows_what_is_repeated),
        cmocka_unit_test(what_cannot_be_sent_is_given_up_in_time),
        cmocka_unit_test(silence_ends_in_time),
        cmocka_unit_test(many_peers_share_what_is_done_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
