/* The peer-to-peer channel: direct, over the relay, mixed, and with peers that do not follow the
 * rules. */
#define _DEFAULT_SOURCE
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/le.h"
#include "channel/channel.h"
#include "channel/conformance.h"
#include "channel/frame.h"
#include "channel/p2p/p2p_impl.h"
#include "channel/p2p/p2p_mesh.h"
#include "channel/p2p/punch.h"
#include "polytune/network.h"
#include "support/relay.h"

#define PATIENCE_MS 60000
#define QUICK_MS    3000 /* tries to connect for a second only */
#define MIB         ((size_t)1 << 20)

static const char phase[] = "p2p";

static void open_settled(const relay_server *server, const char *session, pt_channel *ret_channels,
                         size_t parties, size_t first_relayed, uint32_t timeout_ms)
{
    p2p_mesh_open(relay_server_port(server), session, ret_channels, parties, first_relayed,
                  timeout_ms);
    p2p_mesh_settle(ret_channels, parties, first_relayed);
}

static void open_direct(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    open_settled(user, "direct", ret_channels, parties, parties, timeout_ms);
}

/* What is sent first goes through the relay, and the rest directly. */
static void open_moving(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    p2p_mesh_open(relay_server_port(user), "moving", ret_channels, parties, parties, timeout_ms);
}

static void open_relayed(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    p2p_mesh_open(relay_server_port(user), "relayed", ret_channels, parties, 0, timeout_ms);
}

/* Parties 0 and 1 connect, the others do not. */
static void open_mixed(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    open_settled(user, "mixed", ret_channels, parties, 2, timeout_ms);
}

static void send_text(const pt_channel *c, size_t to, const char *text)
{
    pt_error error;
    if (channel_send(c, to, phase, (const uint8_t *)text, strlen(text), &error) != PT_OK)
        fail_msg("%s", error.message);
}

static void expect_text(const pt_channel *c, size_t from, const char *text)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_error error;
    if (channel_recv(c, from, phase, 1000, &bytes, &len, &error) != PT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(bytes, text, len);
    free(bytes);
}

static void expect_failure(const pt_channel *c, size_t from, pt_status status, const char *words)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_error error;
    assert_int_equal(channel_recv(c, from, phase, 1000, &bytes, &len, &error), status);
    assert_int_equal(error.party, from);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

/* ---- on the way ---- */

static void direct_connections_need_no_relay(void **state)
{
    (void)state;
    pt_channel c[3];
    relay_server *server = fixture_start((relay_options){0});
    open_settled(server, "outlive", c, 3, 3, PATIENCE_MS);
    relay_server_free(server);
    for (size_t from = 0; from < 3; from++)
        for (size_t to = 0; to < 3; to++)
            if (from != to)
                send_text(&c[from], to, "still there");
    for (size_t from = 0; from < 3; from++)
        for (size_t to = 0; to < 3; to++)
            if (from != to)
                expect_text(&c[to], from, "still there");
    const uint64_t start = clock_ms();
    for (size_t i = 0; i < 3; i++)
        send_text(&c[i], (i + 1) % 3, "bye");
    expect_text(&c[1], 0, "bye");
    /* Closing one after the other: nobody waits for a party that has not closed yet. */
    for (size_t i = 0; i < 3; i++)
        pt_channel_close(&c[i]);
    assert_true(clock_ms() - start < PATIENCE_MS);
}

static void a_relay_that_dies_leaves_direct_connections(void **state)
{
    (void)state;
    pt_channel c[3];
    relay_server *server = fixture_start((relay_options){0});
    open_settled(server, "half", c, 3, 2, 400);
    relay_server_free(server);
    expect_failure(&c[2], 0, PT_ERR_IO, "relay");
    expect_failure(&c[0], 2, PT_ERR_IO, "relay");
    send_text(&c[0], 1, "one");
    expect_text(&c[1], 0, "one");
    for (size_t i = 0; i < 3; i++)
        pt_channel_close(&c[i]);
}

static void a_slow_receiver_holds_up_nobody_else(void **state)
{
    pt_channel c[3];
    pt_error error;
    uint8_t *bytes = calloc(MIB, 1);
    assert_non_null(bytes);
    open_settled(*state, "slow", c, 3, 3, PATIENCE_MS);
    /* Small packets first: taking one of them does not yet make room. */
    for (int i = 0; i < 20; i++) {
        send_text(&c[0], 1, "small");
        send_text(&c[0], 2, "round trip");
        expect_text(&c[2], 0, "round trip");
    }
    for (uint8_t i = 0; i < 60; i++) {
        bytes[7] = i;
        assert_int_equal(channel_send(&c[0], 1, phase, bytes, MIB, &error), PT_OK);
    }
    for (int i = 0; i < 50; i++) {
        send_text(&c[0], 2, "quick");
        expect_text(&c[2], 0, "quick");
        send_text(&c[1], 0, "back");
        expect_text(&c[0], 1, "back");
    }
    for (int i = 0; i < 20; i++)
        expect_text(&c[1], 0, "small");
    for (uint8_t i = 0; i < 60; i++) {
        uint8_t *received = NULL;
        size_t len = 0;
        assert_int_equal(channel_recv(&c[1], 0, phase, MIB, &received, &len, &error), PT_OK);
        assert_int_equal(len, MIB);
        assert_int_equal(received[7], i);
        free(received);
    }
    free(bytes);
    for (size_t i = 0; i < 3; i++)
        pt_channel_close(&c[i]);
}

/* ---- a peer made by hand ---- */

/* One of two parties, as far as the test says; the other is a real one. */
typedef struct hand {
    size_t party;
    pt_channel relay;
    punch *punch;
    offer own;
    offer theirs;
    pt_channel other;
} hand;

static void hand_start(hand *h, const relay_server *server, size_t party)
{
    char url[64];
    pt_error error;
    fixture_url(url, server);
    *h = (hand){.party = party};
    p2p_opening *opening = p2p_open_start(url, "hand", 1 - party, 2, QUICK_MS, false);
    const pt_relay_options options = {.url = url,
                                      .session = "hand",
                                      .party = party,
                                      .parties = 2,
                                      .network.timeout_ms = PATIENCE_MS};
    if (pt_channel_relay_open(&h->relay, &options, &error) != PT_OK)
        fail_msg("%s", error.message);
    if (p2p_open_wait(opening, &h->other, &error) != PT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(punch_new(&h->punch, party, 2, &error), PT_OK);
    punch_gather(&h->own.candidates, h->punch, url, NULL, 1000);
    memset(h->own.nonce, 0x42, sizeof h->own.nonce);
}

/* Through the relay. */
static void hand_send(hand *h, unsigned tag, const void *bytes, size_t len)
{
    uint8_t tagged[1000];
    assert_true(len < sizeof tagged);
    memcpy(tagged, bytes, len);
    tagged[len] = (uint8_t)tag;
    assert_int_equal(channel_send(&h->relay, 1 - h->party, phase, tagged, len + 1, NULL), PT_OK);
}

static void hand_say(hand *h, const char *text)
{
    hand_send(h, P2P_DATA, text, strlen(text));
}

static void hand_send_offer(hand *h)
{
    buffer b;
    buffer_init(&b, OFFER_BYTES_MAX);
    offer_put(&b, &h->own);
    hand_send(h, P2P_OFFER, b.bytes, b.len);
    buffer_clear(&b);
}

/* The next message through the relay, without its tag, which must be this one. */
static size_t hand_recv(hand *h, p2p_tag tag, uint8_t *ret_bytes, size_t max_len)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_error error;
    if (channel_recv(&h->relay, 1 - h->party, phase, max_len + 1, &bytes, &len, &error) != PT_OK)
        fail_msg("%s", error.message);
    assert_true(len >= 1);
    assert_int_equal(bytes[len - 1], tag);
    memcpy(ret_bytes, bytes, len - 1);
    free(bytes);
    return len - 1;
}

static void hand_recv_offer(hand *h)
{
    uint8_t bytes[OFFER_BYTES_MAX];
    const size_t len = hand_recv(h, P2P_OFFER, bytes, sizeof bytes);
    assert_true(offer_parse(&h->theirs, bytes, len));
}

static void hand_hear(hand *h, const char *text)
{
    uint8_t bytes[1000];
    assert_int_equal(hand_recv(h, P2P_DATA, bytes, sizeof bytes - 1), strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

/* The other takes what was sent to it, while nothing else waits for that. */
static void hand_is_heard(hand *h)
{
    hand_say(h, "listen");
    expect_text(&h->other, h->party, "listen");
}

static void hand_work(hand *h)
{
    const uint64_t deadline = clock_ms() + PATIENCE_MS;
    assert_int_equal(punch_add(h->punch, 1 - h->party, &h->own, &h->theirs, NULL), PT_OK);
    while (!punch_has(h->punch, 1 - h->party)) {
        assert_true(clock_ms() < deadline);
        punch_turn(h->punch, -1, deadline);
    }
}

/* Makes the connection as it should be; the socket. */
static int hand_connect(hand *h)
{
    candidate remote;
    hand_recv_offer(h);
    hand_send_offer(h);
    hand_is_heard(h);
    hand_work(h);
    const int fd = punch_take(h->punch, 1 - h->party, &remote);
    /* What follows the hello does not wait until that is acknowledged. */
    int on = 0;
    socklen_t size = sizeof on;
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    assert_true(on);
    return fd;
}

/* What the higher party says on it. */
static void hand_choose(int fd)
{
    static const uint8_t choice[] = {PUNCH_CHOICE};
    assert_int_equal(send(fd, choice, sizeof choice, MSG_NOSIGNAL), sizeof choice);
}

/* The same as party 0, which moves to it. */
static int hand_join(hand *h, const relay_server *server)
{
    hand_start(h, server, 0);
    const int fd = hand_connect(h);
    hand_send(h, P2P_MOVED, "", 0);
    return fd;
}

/* Over the connection, as message `number` there. */
static void hand_say_directly(int fd, uint64_t number, const char *text)
{
    packet *p = frame_message((const uint8_t *)text, strlen(text));
    uint8_t length[4];
    assert_non_null(p);
    frame_number(p, number);
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (uint8_t)(p->bytes.len >> (8 * i));
    assert_int_equal(send(fd, length, sizeof length, MSG_NOSIGNAL), sizeof length);
    assert_int_equal(send(fd, p->bytes.bytes, p->bytes.len, MSG_NOSIGNAL), p->bytes.len);
    frame_free(p);
}

static void hand_end(hand *h)
{
    punch_free(h->punch); /* closes the connection, if it still has it: the other waits for that */
    pt_channel_close(&h->other);
    pt_channel_close(&h->relay);
}

/* The other is told how many ways there are. */
static void hand_expect_told(hand *h, unsigned n_direct, unsigned n_relayed)
{
    const p2p_ways *ways = p2p_ways_of(1 - h->party);
    const uint64_t deadline = clock_ms() + PATIENCE_MS;
    while (atomic_load(&ways->n_direct) < n_direct || atomic_load(&ways->n_relayed) < n_relayed) {
        assert_true(clock_ms() < deadline);
        clock_sleep(1);
    }
    assert_int_equal(atomic_load(&ways->n_direct), n_direct);
    assert_int_equal(atomic_load(&ways->n_relayed), n_relayed);
}

static void hand_expect_malformed(hand *h, const char *word)
{
    expect_failure(&h->other, h->party, PT_PEER_MALFORMED, word);
}

/* ---- moving ---- */

static void each_direction_moves_by_itself(void **state)
{
    hand h;
    uint8_t nothing[1];
    hand_start(&h, *state, 0);
    const int fd = hand_connect(&h);
    send_text(&h.other, 0, "still there");
    hand_hear(&h, "still there");
    /* What goes directly is faster than what was sent before, and is not taken before. */
    hand_say_directly(fd, 1, "third");
    hand_say(&h, "first");
    hand_say(&h, "second");
    hand_send(&h, P2P_MOVED, "", 0);
    expect_text(&h.other, 0, "first");
    expect_text(&h.other, 0, "second");
    expect_text(&h.other, 0, "third");
    hand_expect_told(&h, 1, 0);
    assert_int_equal(hand_recv(&h, P2P_MOVED, nothing, 0), 0);
    (void)close(fd);
    hand_end(&h);
}

static void what_the_relay_brings_after_the_move_is_not_taken(void **state)
{
    hand h;
    const int fd = hand_join(&h, *state);
    hand_say(&h, "old");
    hand_send_offer(&h);
    hand_send(&h, P2P_MOVED, "", 0);
    hand_say_directly(fd, 1, "new");
    expect_text(&h.other, 0, "new");
    hand_say(&h, "older");
    hand_say_directly(fd, 2, "newer");
    expect_text(&h.other, 0, "newer");
    (void)close(fd);
    expect_failure(&h.other, 0, PT_ERR_IO, "the direct connection to party 0 at ");
    hand_end(&h);
}

static void the_lower_party_moves_first(void **state)
{
    hand h;
    uint8_t nothing[1];
    hand_start(&h, *state, 1);
    const int fd = hand_connect(&h);
    hand_is_heard(&h);
    hand_choose(fd);
    assert_int_equal(hand_recv(&h, P2P_MOVED, nothing, 0), 0);
    hand_is_heard(&h);
    hand_send(&h, P2P_MOVED, "", 0);
    hand_say_directly(fd, 1, "there");
    expect_text(&h.other, 1, "there");
    hand_expect_told(&h, 1, 0);
    (void)close(fd);
    hand_end(&h);
}

/* The hand is busy for longer than the other tries in earnest. */
static void who_is_late_still_connects(void **state)
{
    hand h;
    candidate remote;
    hand_start(&h, *state, 0);
    hand_recv_offer(&h);
    hand_send_offer(&h);
    hand_is_heard(&h);
    hand_expect_told(&h, 0, 1);
    hand_work(&h);
    hand_send(&h, P2P_MOVED, "", 0);
    const int fd = punch_take(h.punch, 1, &remote);
    hand_say_directly(fd, 1, "late");
    expect_text(&h.other, 0, "late");
    hand_expect_told(&h, 1, 1);
    (void)close(fd);
    hand_end(&h);
}

/* Packets for the other until the connection takes no more for a while; how many, and what of the
 * last one is missing. */
static uint64_t hand_fill(int fd, const uint8_t *body, size_t len, uint8_t *ret_rest,
                          size_t *ret_missing)
{
    uint64_t number = 0;
    *ret_missing = 0;
    while (*ret_missing == 0 && number < 2 * CHANNEL_INBOX_BYTES / len) {
        packet *p = frame_message(body, len);
        assert_non_null(p);
        frame_number(p, ++number);
        const size_t size = sizeof(uint32_t) + p->bytes.len;
        uint8_t *whole = malloc(size);
        assert_non_null(whole);
        le_put_u32(whole, (uint32_t)p->bytes.len);
        memcpy(whole + sizeof(uint32_t), p->bytes.bytes, p->bytes.len);
        *ret_missing = size;
        for (struct pollfd w = {.fd = fd, .events = POLLOUT};
             *ret_missing != 0 && poll(&w, 1, 200) == 1;) {
            const ssize_t n = send(fd, whole + size - *ret_missing, *ret_missing, MSG_NOSIGNAL);
            assert_true(n > 0);
            *ret_missing -= (size_t)n;
        }
        memcpy(ret_rest, whole + size - *ret_missing, *ret_missing);
        free(whole);
        frame_free(p);
    }
    return number;
}

/* Both inboxes would be full. */
static void little_is_read_before_the_move(void **state)
{
    enum { LEN = 32 << 10 };
    const int small = LEN;
    uint8_t *body = calloc(LEN, 1);
    uint8_t rest[LEN + 100];
    size_t missing = 0;
    hand h;
    assert_non_null(body);
    hand_start(&h, *state, 0);
    const int fd = hand_connect(&h);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    const uint64_t n = hand_fill(fd, body, LEN, rest, &missing);
    assert_true(missing != 0 && n * LEN < CHANNEL_INBOX_BYTES / 2);
    assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK), 0);
    hand_send(&h, P2P_MOVED, "", 0);
    for (uint64_t i = 1; i <= n; i++) {
        uint8_t *bytes = NULL;
        size_t len = 0;
        pt_error error;
        if (i == n) /* by now there is room for the rest */
            assert_int_equal(send(fd, rest, missing, MSG_NOSIGNAL), missing);
        if (channel_recv(&h.other, 0, phase, LEN, &bytes, &len, &error) != PT_OK)
            fail_msg("%s", error.message);
        assert_int_equal(len, LEN);
        free(bytes);
    }
    (void)close(fd);
    free(body);
    hand_end(&h);
}

static void channels_that_are_still_moving_close(void **state)
{
    pt_channel c[3];
    for (int round = 0; round < 10; round++) {
        p2p_mesh_open(relay_server_port(*state), "early", c, 3, 3, PATIENCE_MS);
        for (int i = 0; i < round; i++) {
            send_text(&c[1], 2, "one");
            expect_text(&c[2], 1, "one");
            send_text(&c[2], 1, "another");
            expect_text(&c[1], 2, "another");
        }
        send_text(&c[0], 1, "last");
        pt_channel_close(&c[0]);
        expect_text(&c[1], 0, "last");
        pt_channel_close(&c[2]);
        pt_channel_close(&c[1]);
    }
}

/* ---- peers and networks that do not connect ---- */

static void talk_through_the_relay(hand *h)
{
    hand_say(h, "to you");
    expect_text(&h->other, h->party, "to you");
    send_text(&h->other, h->party, "and back");
    hand_hear(h, "and back");
}

/* Somewhere in this machine where nobody listens. */
static void offer_a_closed_port(hand *h)
{
    assert_true(h->own.candidates.n != 0);
    h->own.candidates.n = 1;
    h->own.candidates.items[0].port = 1024; /* below those that the system gives out */
}

static void unreachable_addresses_leave_it_to_the_relay(void **state)
{
    hand h;
    hand_start(&h, *state, 0);
    offer_a_closed_port(&h);
    hand_recv_offer(&h);
    hand_send_offer(&h);
    talk_through_the_relay(&h);
    hand_expect_told(&h, 0, 1);
    talk_through_the_relay(&h);
    hand_end(&h);
}

static void a_side_that_does_not_move_stays_with_the_relay(void **state)
{
    for (size_t party = 0; party < 2; party++) {
        hand h;
        hand_start(&h, *state, party);
        const int fd = hand_connect(&h);
        talk_through_the_relay(&h);
        (void)close(fd);
        talk_through_the_relay(&h);
        hand_end(&h);
    }
}

static void moves_that_cannot_be_are_malformed(void **state)
{
    hand h;
    uint8_t nothing[1];
    for (size_t party = 0; party < 2; party++) {
        /* There is no connection. */
        hand_start(&h, *state, party);
        offer_a_closed_port(&h);
        hand_send_offer(&h);
        hand_send(&h, P2P_MOVED, "", 0);
        hand_expect_malformed(&h, "move");
        hand_end(&h);
        /* None is wanted. */
        hand_start(&h, *state, party);
        hand_send(&h, P2P_MOVED, "", 0);
        hand_expect_malformed(&h, "move");
        hand_end(&h);
    }
    /* The higher party must wait for the lower one, which has not read that it was chosen. */
    hand_start(&h, *state, 1);
    int fd = hand_connect(&h);
    hand_send(&h, P2P_MOVED, "", 0);
    hand_expect_malformed(&h, "move");
    (void)close(fd);
    hand_end(&h);
    /* It says more than that. */
    hand_start(&h, *state, 1);
    fd = hand_connect(&h);
    hand_choose(fd);
    assert_int_equal(hand_recv(&h, P2P_MOVED, nothing, 0), 0);
    hand_send(&h, P2P_MOVED, "x", 1);
    hand_expect_malformed(&h, "move");
    (void)close(fd);
    hand_end(&h);
}

static void malformed_messages_are_refused(void **state)
{
    hand h;
    hand_start(&h, *state, 0);
    hand_send(&h, P2P_OFFER, "PTp4 and so on", 14);
    hand_expect_malformed(&h, "offer");
    hand_send(&h, P2P_MOVED + 1, "text", 4);
    hand_expect_malformed(&h, "message");
    assert_int_equal(channel_send(&h.relay, 1, phase, NULL, 0, NULL), PT_OK);
    hand_expect_malformed(&h, "message");
    hand_send_offer(&h);
    hand_send_offer(&h);
    hand_expect_malformed(&h, "offer");
    hand_end(&h);
}

/* Connects to where the other party listens, says so many bytes, and leaves the connection open. */
static int stranger(const hand *h, const void *bytes, size_t len)
{
    struct sockaddr_storage address;
    const socklen_t size = candidate_to_socket(&address, &h->theirs.candidates.items[0]);
    const int fd = socket(address.ss_family, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, size) != 0)
        fail_msg("connect: %s", strerror(errno));
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
    return fd;
}

static void strangers_are_told_apart(void **state)
{
    static const uint8_t hello[41] = {'P', 'T', 'p', '4', 0};
    static const uint8_t nobody[41] = {'P', 'T', 'p', '4', 0xff, 0xff, 0xff, 0xff};
    int fds[60];
    candidate remote;
    hand h;
    hand_start(&h, *state, 0);
    hand_recv_offer(&h);
    for (size_t i = 0; i < 60; i++)
        fds[i] = i % 4 == 0   ? stranger(&h, "GET / HTTP/1.1\r\n\r\n", 18)
                 : i % 4 == 1 ? stranger(&h, hello, sizeof hello)
                 : i % 4 == 2 ? stranger(&h, nobody, sizeof nobody)
                              : stranger(&h, hello, 7);
    hand_send_offer(&h);
    hand_is_heard(&h);
    hand_work(&h);
    hand_send(&h, P2P_MOVED, "", 0);
    const int fd = punch_take(h.punch, 1, &remote);
    hand_say_directly(fd, 1, "me");
    expect_text(&h.other, 0, "me");
    (void)close(fd);
    for (size_t i = 0; i < 60; i++)
        (void)close(fds[i]);
    hand_end(&h);
}

/* ---- direct connections that fail ---- */

static void a_peer_that_vanishes_is_named(void **state)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    for (int how = 0; how < 3; how++) {
        hand h;
        const int fd = hand_join(&h, *state);
        if (how == 1) /* in the middle of a packet */
            assert_int_equal(send(fd, "\100\0\0\0\1\1", 6, MSG_NOSIGNAL), 6);
        if (how == 2) /* a reset */
            assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
        (void)close(fd);
        expect_failure(&h.other, 0, PT_ERR_IO, "the direct connection to party 0 at ");
        expect_failure(&h.other, 0, PT_ERR_IO, "the direct connection to party 0 at ");
        const pt_status sent = channel_send(&h.other, 0, phase, NULL, 0, NULL);
        assert_true(sent == PT_OK || sent == PT_ERR_IO);
        hand_end(&h);
    }
}

static void malformed_packets_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        pt_status status;
    } packets[] = {
        {"\0\0\0\0", 4, PT_PEER_MALFORMED},
        {"\1\0\100\0", 4, PT_PEER_MALFORMED}, /* 4 MiB and one */
        {"\377\377\377\377", 4, PT_PEER_MALFORMED},
        {"\1\0\0\0\1", 5, PT_PEER_MALFORMED},
        {"\11\0\0\0\2\1\0\0\0\0\0\0\0", 13, PT_PEER_MALFORMED},
        {"\11\0\0\0\1\2\0\0\0\0\0\0\0", 13, PT_ERR_IO}, /* number 2 first */
        {"\12\0\0\0\1\1\0\0\0\0\0\0\0\7", 14, PT_PEER_MALFORMED},
    };
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        hand h;
        const int fd = hand_join(&h, *state);
        assert_int_equal(send(fd, packets[i].bytes, packets[i].len, MSG_NOSIGNAL), packets[i].len);
        expect_failure(&h.other, 0, packets[i].status, "party 0");
        (void)close(fd);
        hand_end(&h);
    }
}

/* Sends the middle of a packet a byte at a time, for longer than the other party is patient. */
static void *drip(void *user)
{
    enum { DRIP_MS = 100, N_DRIPS = QUICK_MS / DRIP_MS * 4 / 3 };
    const int fd = *(const int *)user;
    static const uint8_t bytes[MIB];
    packet *p = frame_message(bytes, MIB);
    uint8_t length[4];
    frame_number(p, 1);
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (uint8_t)(p->bytes.len >> (8 * i));
    const uint8_t *at = p->bytes.bytes;
    bool ok = send(fd, length, sizeof length, MSG_NOSIGNAL) == sizeof length &&
              send(fd, at, MIB / 2, MSG_NOSIGNAL) == (ssize_t)(MIB / 2);
    at += MIB / 2;
    for (size_t i = 0; ok && i < N_DRIPS; i++) {
        (void)poll(NULL, 0, DRIP_MS);
        ok = send(fd, at++, 1, MSG_NOSIGNAL) == 1;
    }
    const size_t left = (size_t)(p->bytes.bytes + p->bytes.len - at);
    if (ok)
        (void)!send(fd, at, left, MSG_NOSIGNAL);
    frame_free(p);
    return NULL;
}

static void a_slow_packet_is_no_silence(void **state)
{
    hand h;
    pthread_t thread;
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_error error;
    int fd = hand_join(&h, *state);
    assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK), 0);
    assert_int_equal(pthread_create(&thread, NULL, drip, &fd), 0);
    const pt_status status = channel_recv(&h.other, 0, phase, MIB, &bytes, &len, &error);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (status != PT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(len, MIB);
    free(bytes);
    (void)close(fd);
    hand_end(&h);
}

static void a_peer_that_never_reads_does_not_hold_up_closing(void **state)
{
    hand h;
    uint8_t *bytes = calloc(MIB, 1);
    assert_non_null(bytes);
    const int fd = hand_join(&h, *state);
    hand_say_directly(fd, 1, "moved");
    expect_text(&h.other, 0, "moved");
    for (int i = 0; i < 30; i++)
        assert_int_equal(channel_send(&h.other, 0, phase, bytes, MIB, NULL), PT_OK);
    pt_channel_close(&h.other); /* gives up after the inactivity timeout */
    (void)close(fd);
    free(bytes);
    hand_end(&h);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    pt_channel c;
    const pt_p2p_options options[] = {
        {.relay = "nonsense", .session = "s", .parties = 2},
        {.relay = "http://127.0.0.1:9", .session = "a/b", .parties = 2},
        {.relay = "http://127.0.0.1:9", .session = "s", .party = 2, .parties = 2},
        {.relay = "http://127.0.0.1:9", .session = "s", .parties = 0},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_int_equal(pt_channel_p2p_open(&c, &options[i], NULL), PT_ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direct_connections_need_no_relay),
        cmocka_unit_test(a_relay_that_dies_leaves_direct_connections),
        cmocka_unit_test(a_slow_receiver_holds_up_nobody_else),
        cmocka_unit_test(each_direction_moves_by_itself),
        cmocka_unit_test(what_the_relay_brings_after_the_move_is_not_taken),
        cmocka_unit_test(the_lower_party_moves_first),
        cmocka_unit_test(who_is_late_still_connects),
        cmocka_unit_test(little_is_read_before_the_move),
        cmocka_unit_test(channels_that_are_still_moving_close),
        cmocka_unit_test(unreachable_addresses_leave_it_to_the_relay),
        cmocka_unit_test(a_side_that_does_not_move_stays_with_the_relay),
        cmocka_unit_test(moves_that_cannot_be_are_malformed),
        cmocka_unit_test(malformed_messages_are_refused),
        cmocka_unit_test(strangers_are_told_apart),
        cmocka_unit_test(a_peer_that_vanishes_is_named),
        cmocka_unit_test(malformed_packets_are_refused),
        cmocka_unit_test(a_slow_packet_is_no_silence),
        cmocka_unit_test(a_peer_that_never_reads_does_not_hold_up_closing),
        cmocka_unit_test(bad_options_are_refused),
    };
    relay_server *server = fixture_start((relay_options){0});
    conformance_subject direct = {"peer-to-peer channel, direct", 5, open_direct, server};
    conformance_subject relayed = {"peer-to-peer channel, relayed", 3, open_relayed, server};
    conformance_subject mixed = {"peer-to-peer channel, mixed", 4, open_mixed, server};
    conformance_subject moving = {"peer-to-peer channel, moving", 3, open_moving, server};
    int n_failed = conformance_run(&direct);
    n_failed += conformance_run(&moving);
    n_failed += conformance_run(&relayed);
    n_failed += conformance_run(&mixed);
    relay_server_free(server);
    return n_failed + cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
