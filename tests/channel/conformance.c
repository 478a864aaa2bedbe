#include "support/test.h"

#include "channel/conformance.h"

#include <pthread.h>
#include <stdbool.h>

#include "channel/channel.h"

#define PATIENCE_MS 60000
#define MIB         ((size_t)1 << 20)

static const char phase[] = "conformance";

static void open_mesh(void **state, pt_channel *channels, size_t parties, uint32_t timeout_ms)
{
    const conformance_subject *subject = *state;
    if (parties > subject->max_parties)
        skip();
    subject->open(subject->user, channels, parties, timeout_ms);
}

static void *close_one(void *channel)
{
    pt_channel_close(channel);
    return NULL;
}

/* Closing may wait for the peer to take what is queued, so it gets a thread. */
static pthread_t start_closing(pt_channel *channel)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, close_one, channel), 0);
    return thread;
}

static void close_mesh(pt_channel *channels, size_t parties)
{
    pthread_t threads[CONFORMANCE_MAX_PARTIES];
    for (size_t i = 0; i < parties; i++)
        threads[i] = start_closing(&channels[i]);
    for (size_t i = 0; i < parties; i++)
        (void)pthread_join(threads[i], NULL);
}

/* Fills a message so that its place in the order, its direction and its length all show. */
static void fill(uint8_t *bytes, size_t len, size_t from, size_t to, size_t number)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 257 + from * 17 + to * 5 + number * 3);
}

static size_t length_of(size_t number)
{
    static const size_t lengths[] = {0, 1, 16, 1000, 33, 0, 5000, 70000, 2};
    return lengths[number % (sizeof lengths / sizeof *lengths)];
}

/* The helpers below may run outside the main thread, where cmocka's assertions must not be used:
 * they return NULL or what went wrong. */
static const char *send_one(const pt_channel *c, size_t from, size_t to, size_t number, size_t len)
{
    uint8_t *bytes = malloc(len + 1);
    if (bytes == NULL)
        return "no memory";
    fill(bytes, len, from, to, number);
    pt_error error;
    const pt_status status = channel_send(c, to, phase, bytes, len, &error);
    free(bytes);
    return status == PT_OK ? NULL : pt_status_name(status);
}

static const char *recv_one(const pt_channel *c, size_t from, size_t to, size_t number, size_t len)
{
    uint8_t *bytes = NULL;
    size_t received = 0;
    pt_error error;
    const pt_status status = channel_recv(c, from, phase, len, &bytes, &received, &error);
    if (status != PT_OK)
        return pt_status_name(status);
    uint8_t *expected = malloc(len + 1);
    const char *wrong = NULL;
    if (expected == NULL) {
        wrong = "no memory";
    } else {
        fill(expected, len, from, to, number);
        if (received != len)
            wrong = "a message of the wrong length";
        else if (memcmp(bytes, expected, len) != 0)
            wrong = "a message with wrong bytes";
    }
    free(expected);
    free(bytes);
    return wrong;
}

static void assert_fine(const char *wrong)
{
    if (wrong != NULL)
        fail_msg("%s", wrong);
}

static void messages_arrive_whole_and_in_order(void **state)
{
    pt_channel c[2];
    open_mesh(state, c, 2, PATIENCE_MS);
    for (size_t i = 0; i < 300; i++)
        assert_fine(send_one(&c[0], 0, 1, i, length_of(i)));
    for (size_t i = 0; i < 300; i++)
        assert_fine(recv_one(&c[1], 0, 1, i, length_of(i)));
    close_mesh(c, 2);
}

static void an_empty_message_is_a_message(void **state)
{
    pt_channel c[2];
    open_mesh(state, c, 2, PATIENCE_MS);
    pt_error error;
    uint8_t *bytes = NULL;
    size_t len = 99;
    assert_int_equal(channel_send(&c[0], 1, phase, NULL, 0, &error), PT_OK);
    assert_int_equal(channel_recv(&c[1], 0, phase, 0, &bytes, &len, &error), PT_OK);
    assert_non_null(bytes);
    assert_int_equal(len, 0);
    free(bytes);
    close_mesh(c, 2);
}

static void a_dialogue_works(void **state)
{
    pt_channel c[2];
    open_mesh(state, c, 2, PATIENCE_MS);
    for (size_t i = 0; i < 50; i++) {
        assert_fine(send_one(&c[i % 2], i % 2, 1 - i % 2, i, 100));
        assert_fine(recv_one(&c[1 - i % 2], i % 2, 1 - i % 2, i, 100));
    }
    close_mesh(c, 2);
}

static void a_large_message_arrives(void **state)
{
    pt_channel c[2];
    open_mesh(state, c, 2, PATIENCE_MS);
    const size_t len = 32 * MIB + 5;
    assert_fine(send_one(&c[0], 0, 1, 1, len));
    assert_fine(send_one(&c[0], 0, 1, 2, 7));
    assert_fine(recv_one(&c[1], 0, 1, 1, len));
    assert_fine(recv_one(&c[1], 0, 1, 2, 7));
    close_mesh(c, 2);
}

static void a_huge_message_arrives(void **state)
{
    if (getenv("POLYTUNE_TEST_HUGE") == NULL)
        skip();
    pt_channel c[2];
    open_mesh(state, c, 2, PATIENCE_MS);
    assert_fine(send_one(&c[0], 0, 1, 1, 1024 * MIB));
    assert_fine(recv_one(&c[1], 0, 1, 1, 1024 * MIB));
    close_mesh(c, 2);
}

/* One party's talk with one peer, in a thread of its own. */
typedef struct talker {
    const pt_channel *channel;
    size_t party;
    size_t peer;
    pthread_t thread;
    const char *wrong;
} talker;

static void *talk(void *user)
{
    talker *t = user;
    for (size_t i = 0; i < 60 && t->wrong == NULL; i++) {
        t->wrong = send_one(t->channel, t->party, t->peer, 2 * i, length_of(2 * i));
        if (t->wrong == NULL)
            t->wrong = send_one(t->channel, t->party, t->peer, 2 * i + 1, length_of(2 * i + 1));
        for (size_t n = 2 * i; n < 2 * i + 2 && t->wrong == NULL; n++)
            t->wrong = recv_one(t->channel, t->peer, t->party, n, length_of(n));
    }
    return NULL;
}

static void all_pairs_talk_at_once_from_many_threads(void **state)
{
    const conformance_subject *subject = *state;
    const size_t parties = subject->max_parties < 5 ? subject->max_parties : 5;
    pt_channel c[5];
    open_mesh(state, c, parties, PATIENCE_MS);
    talker talkers[5 * 5] = {0};
    size_t n = 0;
    for (size_t party = 0; party < parties; party++)
        for (size_t peer = 0; peer < parties; peer++)
            if (party != peer)
                talkers[n++] = (talker){.channel = &c[party], .party = party, .peer = peer};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&talkers[i].thread, NULL, talk, &talkers[i]), 0);
    for (size_t i = 0; i < n; i++)
        (void)pthread_join(talkers[i].thread, NULL);
    for (size_t i = 0; i < n; i++)
        assert_fine(talkers[i].wrong);
    close_mesh(c, parties);
}

/* A party that sends a lot to everybody before it receives anything. */
typedef struct ring_party {
    const pt_channel *channel;
    size_t party;
    size_t parties;
    pthread_t thread;
    const char *wrong;
} ring_party;

static void *send_all_then_receive(void *user)
{
    ring_party *p = user;
    for (size_t peer = 0; peer < p->parties; peer++)
        for (size_t i = 0; i < 8 && peer != p->party && p->wrong == NULL; i++)
            p->wrong = send_one(p->channel, p->party, peer, i, MIB);
    for (size_t peer = 0; peer < p->parties; peer++)
        for (size_t i = 0; i < 8 && peer != p->party && p->wrong == NULL; i++)
            p->wrong = recv_one(p->channel, peer, p->party, i, MIB);
    return NULL;
}

static void sending_never_waits_for_the_peer(void **state)
{
    const conformance_subject *subject = *state;
    const size_t parties = subject->max_parties < 3 ? subject->max_parties : 3;
    pt_channel c[3];
    open_mesh(state, c, parties, PATIENCE_MS);
    ring_party ring[3] = {0};
    for (size_t i = 0; i < parties; i++) {
        ring[i] = (ring_party){&c[i], i, parties, 0, NULL};
        assert_int_equal(pthread_create(&ring[i].thread, NULL, send_all_then_receive, &ring[i]), 0);
    }
    for (size_t i = 0; i < parties; i++)
        (void)pthread_join(ring[i].thread, NULL);
    for (size_t i = 0; i < parties; i++)
        assert_fine(ring[i].wrong);
    close_mesh(c, parties);
}

/* Receiving must fail with `expected`, blame party `from` and leave the outputs alone. */
static void assert_recv_fails(const pt_channel *c, size_t from, size_t max_len, pt_status expected)
{
    uint8_t canary = 0;
    uint8_t *bytes = &canary;
    size_t len = 12345;
    pt_error error;
    pt_error_clear(&error);
    assert_int_equal(channel_recv(c, from, phase, max_len, &bytes, &len, &error), expected);
    assert_ptr_equal(bytes, &canary);
    assert_int_equal(len, 12345);
    assert_int_equal(error.status, expected);
    assert_true(error.message[0] != '\0');
    if (expected != PT_ERR_USAGE) {
        assert_int_equal(error.party, from);
        assert_string_equal(error.phase, phase);
    }
}

static void silence_times_out(void **state)
{
    pt_channel c[2];
    open_mesh(state, c, 2, 2000); /* opening must succeed within it */
    assert_recv_fails(&c[0], 1, 10, PT_ERR_TIMEOUT);
    close_mesh(c, 2);
}

static void closing_comes_after_what_was_sent(void **state)
{
    pt_channel c[2];
    open_mesh(state, c, 2, PATIENCE_MS);
    for (size_t i = 0; i < 20; i++)
        assert_fine(send_one(&c[0], 0, 1, i, length_of(i)));
    const pthread_t closing = start_closing(&c[0]);
    for (size_t i = 0; i < 20; i++)
        assert_fine(recv_one(&c[1], 0, 1, i, length_of(i)));
    assert_recv_fails(&c[1], 0, 10, PT_ERR_CLOSED);
    assert_recv_fails(&c[1], 0, 10, PT_ERR_CLOSED);
    (void)pthread_join(closing, NULL);
    pt_channel_close(&c[1]);
}

static void *expect_closed(void *user)
{
    talker *t = user;
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_error error;
    const pt_status status = channel_recv(t->channel, t->peer, phase, 10, &bytes, &len, &error);
    t->wrong = status == PT_ERR_CLOSED ? NULL : pt_status_name(status);
    if (status == PT_OK)
        free(bytes);
    return NULL;
}

static void closing_wakes_a_waiting_peer(void **state)
{
    pt_channel c[2];
    open_mesh(state, c, 2, PATIENCE_MS);
    talker waiting = {.channel = &c[1], .party = 1, .peer = 0};
    assert_int_equal(pthread_create(&waiting.thread, NULL, expect_closed, &waiting), 0);
    pt_channel_close(&c[0]);
    (void)pthread_join(waiting.thread, NULL);
    assert_fine(waiting.wrong);
    pt_channel_close(&c[1]);
}

static void messages_over_the_limit_are_refused(void **state)
{
    pt_channel c[2];
    open_mesh(state, c, 2, PATIENCE_MS);
    assert_fine(send_one(&c[0], 0, 1, 1, 1000));
    assert_fine(recv_one(&c[1], 0, 1, 1, 1000));
    assert_fine(send_one(&c[0], 0, 1, 2, 1001));
    assert_recv_fails(&c[1], 0, 1000, PT_ERR_TOO_LARGE);
    assert_fine(send_one(&c[1], 1, 0, 3, 9 * MIB));
    assert_recv_fails(&c[0], 1, 1000, PT_ERR_TOO_LARGE);
    close_mesh(c, 2);
}

static void there_is_no_channel_to_oneself_or_strangers(void **state)
{
    pt_channel c[2];
    open_mesh(state, c, 2, PATIENCE_MS);
    pt_error error;
    assert_int_equal(channel_send(&c[0], 0, phase, NULL, 0, &error), PT_ERR_USAGE);
    assert_int_equal(channel_send(&c[0], 2, phase, NULL, 0, &error), PT_ERR_USAGE);
    assert_recv_fails(&c[1], 1, 10, PT_ERR_USAGE);
    assert_recv_fails(&c[1], SIZE_MAX, 10, PT_ERR_USAGE);
    close_mesh(c, 2);
}

static void an_unused_mesh_closes(void **state)
{
    const conformance_subject *subject = *state;
    pt_channel c[CONFORMANCE_MAX_PARTIES];
    open_mesh(state, c, subject->max_parties, PATIENCE_MS);
    close_mesh(c, subject->max_parties);
}

int conformance_run(conformance_subject *subject)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(messages_arrive_whole_and_in_order, subject),
        cmocka_unit_test_prestate(an_empty_message_is_a_message, subject),
        cmocka_unit_test_prestate(a_dialogue_works, subject),
        cmocka_unit_test_prestate(a_large_message_arrives, subject),
        cmocka_unit_test_prestate(a_huge_message_arrives, subject),
        cmocka_unit_test_prestate(all_pairs_talk_at_once_from_many_threads, subject),
        cmocka_unit_test_prestate(sending_never_waits_for_the_peer, subject),
        cmocka_unit_test_prestate(silence_times_out, subject),
        cmocka_unit_test_prestate(closing_comes_after_what_was_sent, subject),
        cmocka_unit_test_prestate(closing_wakes_a_waiting_peer, subject),
        cmocka_unit_test_prestate(messages_over_the_limit_are_refused, subject),
        cmocka_unit_test_prestate(there_is_no_channel_to_oneself_or_strangers, subject),
        cmocka_unit_test_prestate(an_unused_mesh_closes, subject),
    };
    return cmocka_run_group_tests_name(subject->name, tests, NULL, NULL);
}
