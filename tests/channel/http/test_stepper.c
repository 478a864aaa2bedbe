/* The relay channel without threads and without a network: two parties take turns in one thread,
 * each with the stepper over an HTTP call that a fake relay answers on the spot. All above that
 * call - numbers, acknowledgements, packets, repetition, patience - is what the courier drives.
 *
 *     fake_relay *relay = fake_relay_new(...);
 *     http_driver driver = stepper_driver(fake_relay_caller(relay));
 *     relay_channel_open(&channel, &options, &driver, &error);
 */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include <time.h>

#include "base/clock.h"
#include "channel/channel.h"
#include "channel/http/fake_relay.h"
#include "channel/http/relay.h"
#include "channel/http/stepper.h"

#define LARGE ((size_t)9 << 20) /* more than two packets */

/* Two parties. A call that would wait for the other one is cancelled after a few looks, and called
 * again when that one has had its turn. */
typedef struct pair {
    fake_relay *relay;
    http_driver driver;
    pt_channel channel[2];
    uint32_t timeout_ms;
    size_t n_looks; /* left in this turn */
    size_t n_notices;
    char notice[200]; /* the last */
    pt_status status; /* of opening the second one */
} pair;

static bool is_over(void *user)
{
    pair *p = user;
    if (p->n_looks == 0)
        return true;
    p->n_looks--;
    return false;
}

static void take_notice(void *user, const char *text)
{
    pair *p = user;
    p->n_notices++;
    (void)snprintf(p->notice, sizeof p->notice, "%s", text);
}

static pt_status open_one(pair *p, size_t party, size_t parties, pt_error *error)
{
    const pt_relay_options o = {.url = "http://fake/",
                                .session = "fake",
                                .party = party,
                                .parties = parties,
                                .network = {.timeout_ms = p->timeout_ms,
                                            .wait_ms = p->timeout_ms,
                                            .notice = take_notice,
                                            .notice_user = p,
                                            .cancelled = is_over,
                                            .cancelled_user = p}};
    return relay_channel_open(&p->channel[party], &o, &relay_link, &p->driver, error);
}

/* The first party waits for the second: that one's turn. */
static void open_second(void *user)
{
    pair *p = user;
    if (p->channel[1].ops == NULL)
        p->status = open_one(p, 1, 2, NULL);
}

static void pair_init(pair *p, fake_relay_options options, uint32_t timeout_ms)
{
    *p = (pair){.timeout_ms = timeout_ms, .n_looks = SIZE_MAX};
    options.idle = open_second;
    options.user = p;
    p->relay = fake_relay_new(options);
    p->driver = stepper_driver(fake_relay_caller(p->relay));
}

static void pair_open(pair *p, fake_relay_options options, uint32_t timeout_ms)
{
    pt_error error;
    pair_init(p, options, timeout_ms);
    if (open_one(p, 0, 2, &error) != PT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(p->status, PT_OK);
}

static void pair_close(pair *p)
{
    p->n_looks = SIZE_MAX;
    pt_channel_close(&p->channel[0]);
    pt_channel_close(&p->channel[1]);
    fake_relay_free(p->relay);
}

/* Receives in turns; only the receiver is sent anything. */
static pt_status receive(pair *p, size_t to, size_t max_len, uint8_t **ret_bytes, size_t *ret_len,
                         pt_error *error)
{
    for (size_t turn = 0;; turn++) {
        const size_t who = turn % 2 == 0 ? to : 1 - to;
        p->n_looks = 3;
        const pt_status status =
            channel_recv(&p->channel[who], 1 - who, "p", max_len, ret_bytes, ret_len, error);
        p->n_looks = SIZE_MAX;
        if (who == to && status != PT_ERR_CANCELLED)
            return status;
        if (status != PT_ERR_CANCELLED)
            fail_msg("party %zu: %s", who, error->message);
    }
}

static void send_pattern(pair *p, size_t from, size_t len, uint8_t seed)
{
    pt_error error;
    uint8_t *bytes = malloc(len + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(seed + i / 7);
    if (channel_send(&p->channel[from], 1 - from, "p", bytes, len, &error) != PT_OK)
        fail_msg("%s", error.message);
    free(bytes);
}

static void expect_pattern(pair *p, size_t to, size_t len, uint8_t seed)
{
    uint8_t *bytes = NULL;
    size_t got = 0;
    pt_error error;
    if (receive(p, to, LARGE, &bytes, &got, &error) != PT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(got, len);
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != (uint8_t)(seed + i / 7))
            fail_msg("byte %zu differs", i);
    free(bytes);
}

static void expect_failure(pair *p, size_t to, pt_status status, const char *words)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_error error;
    assert_int_equal(channel_recv(&p->channel[to], 1 - to, "p", LARGE, &bytes, &len, &error),
                     status);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

/* Messages of many lengths, one way and the other. */
static void converse(pair *p, size_t n)
{
    static const size_t lengths[] = {1, 0, 1000, 70000};
    for (size_t i = 0; i < n; i++)
        send_pattern(p, 0, lengths[i % 4], (uint8_t)i);
    for (size_t i = 0; i < n; i++)
        expect_pattern(p, 1, lengths[i % 4], (uint8_t)i);
    for (size_t i = 0; i < n; i++) {
        send_pattern(p, 1, lengths[i % 4], (uint8_t)(i + 1));
        expect_pattern(p, 0, lengths[i % 4], (uint8_t)(i + 1));
    }
}

/* ---- when all goes well ---- */

static void messages_arrive(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){0}, 0);
    converse(&p, 20);
    send_pattern(&p, 0, LARGE, 3);
    expect_pattern(&p, 1, LARGE, 3);
    assert_int_equal(p.n_notices, 0);
    pair_close(&p);
}

static void a_relay_that_numbers_nothing_will_do(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){.is_plain = true}, 0);
    converse(&p, 20);
    pair_close(&p);
}

static void small_messages_share_a_request(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){0}, 0);
    for (size_t i = 0; i < 100; i++)
        send_pattern(&p, 0, 10, (uint8_t)i);
    assert_int_equal(fake_relay_count(p.relay, "/send/"), 0);
    for (size_t i = 0; i < 100; i++)
        expect_pattern(&p, 1, 10, (uint8_t)i);
    assert_int_equal(fake_relay_count(p.relay, "/send/"), 1);
    pair_close(&p);
}

static void what_is_sent_does_not_pile_up(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){0}, 0);
    for (size_t i = 0; i < 10; i++)
        send_pattern(&p, 0, (size_t)2 << 20, (uint8_t)i);
    assert_true(fake_relay_count(p.relay, "/send/") >= 9);
    for (size_t i = 0; i < 10; i++)
        expect_pattern(&p, 1, (size_t)2 << 20, (uint8_t)i);
    pair_close(&p);
}

static void closing_sends_what_waits_and_says_goodbye(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){0}, 0);
    send_pattern(&p, 0, 1000, 1);
    pt_channel_close(&p.channel[0]);
    assert_int_equal(fake_relay_count(p.relay, "/join/fake/0"), 2); /* and leaves */
    uint8_t *bytes = NULL;
    size_t len = 0;
    assert_int_equal(channel_recv(&p.channel[1], 0, "p", LARGE, &bytes, &len, NULL), PT_OK);
    assert_int_equal(len, 1000);
    free(bytes);
    expect_failure(&p, 1, PT_ERR_CLOSED, "party 0 closed the connection");
    pair_close(&p);
}

/* ---- when it does not ---- */

static void every_message_arrives_once_whatever_is_lost(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        pair p;
        pair_init(&p, (fake_relay_options){0}, 0);
        fake_relay_disturb(p.relay, 200, seed);
        assert_int_equal(open_one(&p, 0, 2, NULL), PT_OK);
        assert_int_equal(p.status, PT_OK);
        converse(&p, 12);
        send_pattern(&p, 1, LARGE, (uint8_t)seed);
        expect_pattern(&p, 0, LARGE, (uint8_t)seed);
        assert_true(fake_relay_disturbances(p.relay) >= 5);
        assert_true(p.n_notices != 0);
        assert_non_null(strstr(p.notice, "retrying"));
        pair_close(&p);
    }
}

static void a_repeated_message_is_dropped(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){.is_plain = true, .repeat_nth = 1}, 0);
    send_pattern(&p, 0, 10, 1);
    expect_pattern(&p, 1, 10, 1);
    send_pattern(&p, 0, 10, 2);
    expect_pattern(&p, 1, 10, 2);
    pair_close(&p);
}

static void a_lost_message_is_noticed(void **state)
{
    pair p;
    pt_error error;
    uint8_t *bytes = NULL;
    size_t len = 0;
    (void)state;
    pair_open(&p, (fake_relay_options){.is_plain = true, .lose_nth = 1}, 0);
    send_pattern(&p, 0, (size_t)3 << 20, 1);
    send_pattern(&p, 0, (size_t)3 << 20, 2);
    assert_int_equal(receive(&p, 1, LARGE, &bytes, &len, &error), PT_ERR_IO);
    assert_non_null(strstr(error.message, "a message from party 0 was lost"));
    pair_close(&p);
}

static void a_relay_that_fails_is_given_up(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){0}, 150);
    send_pattern(&p, 0, 10, 1);
    fake_relay_answer(p.relay, 503);
    const uint64_t before = clock_ms();
    expect_failure(&p, 0, PT_ERR_IO, "HTTP status 503: as told");
    assert_in_range(clock_ms() - before, 100, 10000);
    assert_true(fake_relay_count(p.relay, "/send/") >= 2);
    assert_non_null(strstr(p.notice, "retrying: party 1 (relay http://fake, session fake): "
                                     "HTTP status 503"));
    /* Waiting has an end of its own; the channel breaks when a request has failed for that long. */
    for (size_t i = 0; i < 20 && channel_send(&p.channel[0], 1, "p", NULL, 0, NULL) == PT_OK; i++)
        expect_failure(&p, 0, PT_ERR_IO, "HTTP status 503: as told");
    fake_relay_answer(p.relay, -1);
    assert_int_equal(channel_send(&p.channel[0], 1, "p", NULL, 0, NULL), PT_ERR_IO);
    expect_failure(&p, 0, PT_ERR_IO, "relay http://fake, session fake: HTTP status 503: as told");
    pair_close(&p);
}

static void a_relay_that_is_gone_is_given_up(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){0}, 150);
    fake_relay_answer(p.relay, 0);
    expect_failure(&p, 1, PT_ERR_IO, "nobody is there");
    pair_close(&p);
}

static void a_refusal_ends_it_at_once(void **state)
{
    static const struct {
        long answer;
        pt_status status;
    } rows[] = {{401, PT_ERR_REFUSED}, {403, PT_ERR_REFUSED}, {409, PT_ERR_IO}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pair p;
        pair_open(&p, (fake_relay_options){0}, 0);
        fake_relay_answer(p.relay, rows[i].answer);
        const size_t before = fake_relay_count(p.relay, "/recv/");
        expect_failure(&p, 0, rows[i].status, "as told");
        assert_int_equal(fake_relay_count(p.relay, "/recv/"), before + 1);
        pair_close(&p);
    }
}

static void who_left_without_a_goodbye_is_gone(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){0}, 0);
    fake_relay_answer(p.relay, 410);
    expect_failure(&p, 0, PT_ERR_CLOSED, "party 1 has gone");
    fake_relay_answer(p.relay, -1);
    pair_close(&p);
}

static void silence_has_an_end(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){0}, 150);
    expect_failure(&p, 0, PT_ERR_TIMEOUT,
                   "party 1 sent nothing for 0.1 s (relay http://fake, session fake)");
    pair_close(&p);
}

/* One request at most, if one is due. */
static void step(pair *p, size_t party)
{
    delivery *d = p->channel[party].self;
    monitor_lock(&d->mail.lock);
    d->driver->pump->wait(&d->mail, &d->mail.boxes[1 - party], clock_ms());
    monitor_unlock(&d->mail.lock);
}

static void a_full_inbox_asks_now_and_then_and_loses_nothing(void **state)
{
    pair p;
    (void)state;
    pair_open(&p, (fake_relay_options){0}, 4000);
    send_pattern(&p, 0, LARGE, 1);
    send_pattern(&p, 0, LARGE, 2);
    delivery *d = p.channel[1].self;
    const mailbox *box = &d->mail.boxes[0];
    while (mailbox_has_room(box)) {
        step(&p, 0);
        step(&p, 1);
    }
    const uint64_t n_received = box->n_received;
    const size_t n_asked = fake_relay_count(p.relay, "/recv/");
    step(&p, 1);
    assert_int_equal(fake_relay_count(p.relay, "/recv/"), n_asked);
    d->asking[0].started_ms -= 1000; /* a quarter of the time-out later */
    step(&p, 1);
    assert_int_equal(fake_relay_count(p.relay, "/recv/"), n_asked + 1);
    assert_int_equal(box->n_received, n_received);
    expect_pattern(&p, 1, LARGE, 1);
    expect_pattern(&p, 1, LARGE, 2);
    pair_close(&p);
}

static void opening_has_an_end(void **state)
{
    pair p;
    pt_error error;
    (void)state;
    pair_init(&p, (fake_relay_options){0}, 150);
    fake_relay_answer(p.relay, 0);
    assert_int_equal(open_one(&p, 0, 2, &error), PT_ERR_IO);
    assert_non_null(strstr(error.message, "relay http://fake cannot be used by party 0"));
    fake_relay_answer(p.relay, 404);
    assert_int_equal(open_one(&p, 0, 2, &error), PT_ERR_REFUSED);
    assert_non_null(strstr(error.message, "is this a relay?"));
    fake_relay_answer(p.relay, -1);
    assert_int_equal(open_one(&p, 0, 3, &error), PT_ERR_TIMEOUT);
    assert_non_null(strstr(error.message, "did not join session fake at relay http://fake"));
    pair_close(&p);
}

/* Who computes for long makes no request: the host says that the party lives, and not too often. */
static void a_host_that_computes_shows_life(void **state)
{
    (void)state;
    static const struct timespec pause = {.tv_nsec = 150000000};
    pair p;
    pair_open(&p, (fake_relay_options){0}, 800); /* every 100 ms */
    const size_t n = fake_relay_count(p.relay, "/participants/fake");
    (void)nanosleep(&pause, NULL);
    relay_channel_show_life(&p.channel[0]);
    relay_channel_show_life(&p.channel[0]);
    assert_int_equal(fake_relay_count(p.relay, "/participants/fake"), n + 1);
    (void)nanosleep(&pause, NULL);
    relay_channel_show_life(&p.channel[0]);
    assert_int_equal(fake_relay_count(p.relay, "/participants/fake"), n + 2);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_arrive),
        cmocka_unit_test(a_relay_that_numbers_nothing_will_do),
        cmocka_unit_test(small_messages_share_a_request),
        cmocka_unit_test(what_is_sent_does_not_pile_up),
        cmocka_unit_test(closing_sends_what_waits_and_says_goodbye),
        cmocka_unit_test(every_message_arrives_once_whatever_is_lost),
        cmocka_unit_test(a_repeated_message_is_dropped),
        cmocka_unit_test(a_lost_message_is_noticed),
        cmocka_unit_test(a_relay_that_fails_is_given_up),
        cmocka_unit_test(a_relay_that_is_gone_is_given_up),
        cmocka_unit_test(a_refusal_ends_it_at_once),
        cmocka_unit_test(who_left_without_a_goodbye_is_gone),
        cmocka_unit_test(silence_has_an_end),
        cmocka_unit_test(a_full_inbox_asks_now_and_then_and_loses_nothing),
        cmocka_unit_test(opening_has_an_end),
        cmocka_unit_test(a_host_that_computes_shows_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
