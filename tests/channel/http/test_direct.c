/* The direct HTTP channel: what every channel does, and what parties do whose peers are late, gone,
 * started anew, busy, somebody else, or hostile. */
#define _DEFAULT_SOURCE
#include "support/test.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/le.h"
#include "channel/channel.h"
#include "channel/conformance.h"
#include "channel/http/bodies.h"
#include "channel/http/direct_mesh.h"
#include "channel/http/fake_party.h"
#include "channel/talk.h"
#include "httpd/http.h"
#include "polytune/network.h"
#include "support/port.h"

#define PATIENCE_MS 60000

static void open_direct(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    (void)user;
    direct_mesh_open(ret_channels, parties, timeout_ms);
}

/* ---- a party under test, number 0, and one that the test plays ---- */

typedef struct scene {
    fake_party fake;
    uint16_t port; /* of party 0 */
    pt_channel channel;
} scene;

static void scene_open(scene *s, uint32_t timeout_ms)
{
    char own[64];
    pt_error error;
    fake_party_start(&s->fake, 0, 'a');
    s->port = free_port();
    (void)snprintf(own, sizeof own, "http://127.0.0.1:%u", (unsigned)s->port);
    const char *urls[] = {own, s->fake.url};
    const pt_direct_options o = {.urls = urls, .parties = 2, .network.timeout_ms = timeout_ms};
    if (pt_channel_direct_open(&s->channel, &o, &error) != PT_OK)
        fail_msg("%s", error.message);
}

static void scene_close(scene *s)
{
    pt_channel_close(&s->channel);
    if (s->fake.server != NULL)
        fake_party_stop(&s->fake);
}

/* Posts a text as packet `number`. */
static int post_text(const scene *s, uint64_t number, const char *text)
{
    packet *p = frame_message((const uint8_t *)text, strlen(text));
    assert_non_null(p);
    frame_number(p, number);
    const int status = fake_party_post(&s->fake, s->port, number, p->bytes.bytes, p->bytes.len);
    frame_free(p);
    return status;
}

typedef struct poster {
    const scene *scene;
    uint64_t number;
    const char *text;
    atomic_int status;
    pthread_t thread;
} poster;

static void *post_in_background(void *user)
{
    poster *p = user;
    p->status = post_text(p->scene, p->number, p->text);
    return NULL;
}

static void post_begin(poster *p)
{
    assert_int_equal(pthread_create(&p->thread, NULL, post_in_background, p), 0);
}

static void expect_posted(poster *p)
{
    (void)pthread_join(p->thread, NULL);
    assert_int_equal(p->status, 200);
}

static void repeats_are_dropped_and_gaps_refused(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    assert_int_equal(post_text(&s, DIRECT_LANES + 1, "far ahead"), 409);
    assert_int_equal(post_text(&s, 1, "one"), 200);
    assert_int_equal(post_text(&s, 1, "one"), 200);
    assert_int_equal(post_text(&s, DIRECT_LANES + 2, "far ahead"), 409);
    assert_int_equal(post_text(&s, 2, "two"), 200);
    assert_int_equal(post_text(&s, 1, "another one"), 200);
    assert_int_equal(post_text(&s, 3, "three"), 200);
    expect_text(&s.channel, 1, "one");
    expect_text(&s.channel, 1, "two");
    expect_text(&s.channel, 1, "three");
    scene_close(&s);
}

/* Each on a connection of its own, so the network may turn their order around. */
static void what_comes_early_waits_for_what_is_before_it(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    poster three = {.scene = &s, .number = 3, .text = "three"};
    poster again = {.scene = &s, .number = 3, .text = "three"};
    poster two = {.scene = &s, .number = 2, .text = "two"};
    post_begin(&three);
    post_begin(&again);
    post_begin(&two);
    /* Meanwhile the party answers others, and receives nothing. */
    for (int i = 0; i < 20; i++)
        assert_int_equal(fake_party_post(&s.fake, s.port, 0, "", 0), 200);
    assert_int_equal(three.status + again.status + two.status, 0);
    assert_int_equal(post_text(&s, 1, "one"), 200);
    expect_posted(&two);
    expect_posted(&three);
    expect_posted(&again);
    expect_text(&s.channel, 1, "one");
    expect_text(&s.channel, 1, "two");
    expect_text(&s.channel, 1, "three");
    assert_int_equal(post_text(&s, 4, "four"), 200);
    expect_text(&s.channel, 1, "four");
    scene_close(&s);
}

/* Nor does it make a party wait for longer. */
static void what_comes_early_is_no_sign_of_what_is_missing(void **state)
{
    (void)state;
    scene s;
    pt_error error;
    static char text[1000000]; /* a minute, at the rate of what is slow */
    memset(text, 'x', sizeof text - 1);
    scene_open(&s, 500);
    poster two = {.scene = &s, .number = 2, .text = text};
    post_begin(&two);
    const uint64_t start_ms = clock_ms();
    uint8_t *bytes = NULL;
    size_t len = 0;
    assert_int_equal(channel_recv(&s.channel, 1, "p", 1000, &bytes, &len, &error), PT_ERR_TIMEOUT);
    assert_in_range(clock_ms() - start_ms, 400, 30000);
    scene_close(&s);
    (void)pthread_join(two.thread, NULL);
}

/* Whether the first packet to party 1 has been refused. */
static bool is_told_to_wait(const scene *s)
{
    direct *d = s->channel.self;
    monitor_lock(&d->d.mail.lock);
    const bool is_refused = d->d.sending[1 * DIRECT_LANES + 1].n_failures != 0;
    monitor_unlock(&d->d.mail.lock);
    return is_refused;
}

static void a_busy_party_is_obeyed(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    s.fake.n_busy = 2;
    assert_int_equal(channel_send(&s.channel, 1, "p", (const uint8_t *)"x", 1, NULL), PT_OK);
    const uint64_t end_ms = clock_ms() + PATIENCE_MS;
    while (!is_told_to_wait(&s) && clock_ms() < end_ms)
        clock_sleep(1);
    pt_channel_close(&s.channel); /* sends what is queued, and the end behind it */
    assert_int_equal(s.fake.n_posted, 2);
    assert_int_equal(s.fake.n_in_haste, 0);
    fake_party_stop(&s.fake);
}

static void a_full_inbox_holds_the_sender_back(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    uint64_t number = 1;
    for (; number <= MAILBOX_INBOX_COUNT; number++)
        assert_int_equal(post_text(&s, number, "early"), 200);
    poster late = {.scene = &s, .number = number, .text = "late"};
    post_begin(&late);
    /* While it is held, others are answered. */
    for (int i = 0; i < 20; i++)
        assert_int_equal(fake_party_post(&s.fake, s.port, 0, "", 0), 200);
    assert_int_equal(late.status, 0);
    expect_text(&s.channel, 1, "early");
    expect_posted(&late);
    for (int i = 1; i < MAILBOX_INBOX_COUNT; i++)
        expect_text(&s.channel, 1, "early");
    expect_text(&s.channel, 1, "late");
    scene_close(&s);
}

/* ---- bodies of many packets ---- */

/* Appends texts as packets from `number` on, one after the other. */
static size_t put_records(uint8_t *at, uint64_t number, const char *const *texts, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        packet *p = frame_message((const uint8_t *)texts[i], strlen(texts[i]));
        assert_non_null(p);
        frame_number(p, number + i);
        le_put_u32(at + len, (uint32_t)p->bytes.len);
        memcpy(at + len + RECORD_HEAD, p->bytes.bytes, p->bytes.len);
        len += RECORD_HEAD + p->bytes.len;
        frame_free(p);
    }
    return len;
}

static const char *const numerals[] = {"one", "two", "three", "four", "five", "six"};

static int post_body(const scene *s, uint64_t number, const void *bytes, size_t len)
{
    return fake_party_post_with(&s->fake, s->port, number, "X-Polytune-Body: 1\r\n", bytes, len);
}

/* The numerals from `number` on. */
static int post_numerals(const scene *s, uint64_t number, size_t n)
{
    uint8_t body[512];
    return post_body(s, number, body, put_records(body, number, &numerals[number - 1], n));
}

static void expect_numerals(const scene *s, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        expect_text(&s->channel, 1, numerals[from - 1 + i]);
}

static void packets_of_a_body_are_taken_once(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    assert_int_equal(post_numerals(&s, 1, 3), 200);
    assert_int_equal(post_numerals(&s, 2, 3), 200);
    assert_int_equal(post_numerals(&s, 1, 2), 200);
    assert_int_equal(post_text(&s, 5, "five"), 200);
    assert_int_equal(post_numerals(&s, 4, 3), 200);
    expect_numerals(&s, 1, 6);
    scene_close(&s);
}

typedef struct body_poster {
    const scene *scene;
    uint64_t number;
    size_t n;
    atomic_int status;
    pthread_t thread;
} body_poster;

static void *post_body_in_background(void *user)
{
    body_poster *p = user;
    p->status = post_numerals(p->scene, p->number, p->n);
    return NULL;
}

static void body_post_begin(body_poster *p)
{
    assert_int_equal(pthread_create(&p->thread, NULL, post_body_in_background, p), 0);
}

static void expect_body_posted(body_poster *p)
{
    (void)pthread_join(p->thread, NULL);
    assert_int_equal(p->status, 200);
}

static void an_early_body_waits_for_what_is_before_it(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    body_poster late = {.scene = &s, .number = 5, .n = 2};
    body_poster early = {.scene = &s, .number = 3, .n = 2};
    body_post_begin(&late);
    body_post_begin(&early);
    for (int i = 0; i < 20; i++)
        assert_int_equal(fake_party_post(&s.fake, s.port, 0, "", 0), 200);
    assert_int_equal(late.status + early.status, 0);
    assert_int_equal(post_numerals(&s, 1, 2), 200);
    expect_body_posted(&early);
    expect_body_posted(&late);
    expect_numerals(&s, 1, 6);
    scene_close(&s);
}

static void a_body_waits_for_room(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    static const char *const texts[] = {"many"};
    static uint8_t body[(MAILBOX_INBOX_COUNT + 1) * 64];
    size_t len = 0;
    for (uint64_t i = 1; i < MAILBOX_INBOX_COUNT; i++)
        len += put_records(body + len, i, texts, 1);
    assert_int_equal(post_body(&s, 1, body, len), 200);
    len = put_records(body, MAILBOX_INBOX_COUNT, texts, 1);
    len += put_records(body + len, MAILBOX_INBOX_COUNT + 1, texts, 1);
    /* Of a body of which the first packet has room, and the second not yet. */
    char head[320];
    const int n = snprintf(head, sizeof head,
                           "X-Polytune-Session: polytune\r\nX-Polytune-To: 0\r\n"
                           "X-Polytune-Client: %s\r\nX-Polytune-Seq: %d\r\n"
                           "X-Polytune-Body: 1\r\n",
                           s.fake.number, MAILBOX_INBOX_COUNT);
    assert_true(n > 0 && (size_t)n < sizeof head);
    const int fd = http_connect(s.port);
    assert_true(http_ask(fd, "POST", "/msg/1", head, body, len));
    for (int i = 0; i < MAILBOX_INBOX_COUNT + 1; i++)
        expect_text(&s.channel, 1, "many");
    http_response r = http_read(fd);
    assert_int_equal(r.status, 200);
    char received[24];
    assert_true(http_value(&r, "X-Polytune-Received", received, sizeof received));
    assert_int_equal(strtoul(received, NULL, 10), MAILBOX_INBOX_COUNT + 1);
    http_clear(&r);
    (void)close(fd);
    scene_close(&s);
}

/* The packets before what is wrong are taken. */
static void bad_bodies_are_refused(void **state)
{
    (void)state;
    static const uint32_t bad_lengths[] = {0, RECORD_MAX + 1, ~RECORD_FLAG, UINT32_MAX,
                                           RECORD_FLAG};
    for (size_t i = 0; i < sizeof bad_lengths / sizeof *bad_lengths; i++) {
        scene s;
        uint8_t body[512];
        scene_open(&s, PATIENCE_MS);
        size_t len = put_records(body, 1, numerals, 2);
        le_put_u32(body + len, bad_lengths[i]);
        assert_int_equal(post_body(&s, 1, body, len + RECORD_HEAD), 0); /* cut */
        expect_numerals(&s, 1, 2);
        assert_int_equal(post_numerals(&s, 3, 1), 200);
        expect_numerals(&s, 3, 1);
        scene_close(&s);
    }
}

static void a_body_that_ends_within_a_packet_is_refused(void **state)
{
    (void)state;
    scene s;
    uint8_t body[512];
    scene_open(&s, PATIENCE_MS);
    const size_t len = put_records(body, 1, numerals, 2);
    assert_int_equal(post_body(&s, 1, body, len - 1), 400);
    assert_int_equal(post_body(&s, 1, body, 2), 400);
    assert_int_equal(post_body(&s, 1, body, len), 200);
    expect_numerals(&s, 1, 2);
    scene_close(&s);
}

static void strangers_change_nothing(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    scene forged = {.port = s.port};
    memset(forged.fake.number, 'b', sizeof forged.fake.number - 1);
    assert_int_equal(post_text(&s, 1, "one"), 200);
    for (uint64_t i = 1; i < 5; i++)
        assert_int_equal(post_text(&forged, i, "forged"), 403);
    assert_int_equal(post_numerals(&forged, 1, 3), 403);
    /* The hash, which everybody may see, is not the number. */
    memcpy(forged.fake.number, s.fake.commit, sizeof forged.fake.number - 1);
    assert_int_equal(post_text(&forged, 2, "forged"), 403);
    forged.fake.number[0] = '\0';
    assert_int_equal(post_text(&forged, 2, "forged"), 403);
    assert_int_equal(post_text(&s, 2, "two"), 200);
    expect_text(&s.channel, 1, "one");
    expect_text(&s.channel, 1, "two");
    scene_close(&s);
}

static void a_party_started_anew_is_noticed(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    scene again = {.port = s.port};
    memset(again.fake.number, 'c', sizeof again.fake.number - 1);
    direct_commit(again.fake.commit, again.fake.number);
    s.fake.says = again.fake.commit;
    assert_int_equal(post_text(&again, 1, "hello again"), 403);
    expect_failure(&s.channel, 1, PT_ERR_IO, "was started anew");
    assert_int_equal(channel_send(&s.channel, 1, "p", NULL, 0, NULL), PT_ERR_IO);
    assert_int_equal(post_text(&again, 1, "hello again"), 403);
    scene_close(&s);
}

static void a_party_that_is_gone_is_named(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    fake_party_stop(&s.fake);
    expect_failure(&s.channel, 1, PT_ERR_IO, s.fake.url); /* long before it would be silence */
    scene_close(&s);
}

static void malformed_packets_are_told_apart(void **state)
{
    (void)state;
    static const char *const packets[] = {"", "garbage", "\2\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"};
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        scene s;
        scene_open(&s, PATIENCE_MS);
        assert_int_equal(fake_party_post(&s.fake, s.port, 1, packets[i], strlen(packets[i])), 200);
        expect_failure(&s.channel, 1, PT_PEER_MALFORMED, "malformed");
        expect_failure(&s.channel, 1, PT_PEER_MALFORMED, "malformed");
        scene_close(&s);
    }
}

/* ---- requests that are no party's ---- */

static void expect_status(uint16_t port, const char *method, const char *path, const char *headers,
                          int status)
{
    http_response r = http_once(port, method, path, headers, "", 0);
    if (r.status != status)
        fail_msg("%s %s %s: %d instead of %d", method, path, headers, r.status, status);
    http_clear(&r);
}

static void bad_requests_are_refused(void **state)
{
    (void)state;
    static const char good[] = "X-Polytune-Session: polytune\r\nX-Polytune-To: 0\r\n"
                               "X-Polytune-Client: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    static const struct {
        const char *method;
        const char *path;
        const char *headers;
        int status;
    } requests[] = {
        {"POST", "/msg/1", good, 200},
        {"POST", "/msg/%31", good, 200},
        {"POST", "/msg/0", good, 404}, /* itself */
        {"POST", "/msg/2", good, 404},
        {"POST", "/msg/18446744073709551617", good, 404},
        {"POST", "/msg/-1", good, 404},
        {"POST", "/msg/+1", good, 404},
        {"POST", "/msg/1/", good, 404},
        {"POST", "/msg/", good, 404},
        {"POST", "/msg", good, 404},
        {"POST", "/", good, 404},
        {"POST", "//msg/1", good, 404},
        {"POST", "/x/../msg/1", good, 404},
        {"POST", "/msg%2f1", good, 404},
        {"POST", "/msg/1%00", good, 404},
        {"GET", "/msg/1", good, 405},
        {"PUT", "/msg/1", good, 405},
        {"POST", "/msg/1", "", 400},
        {"POST", "/msg/1", "X-Polytune-Session: polytune\r\nX-Polytune-To: 0\r\n", 400},
        {"POST", "/msg/1", "X-Polytune-Session: a\r\nX-Polytune-Session: a\r\n", 400},
        {"POST", "/msg/1",
         "X-Polytune-Session: other\r\nX-Polytune-To: 0\r\nX-Polytune-Client: a\r\n", 409},
        {"POST", "/msg/1",
         "X-Polytune-Session: polytune\r\nX-Polytune-To: 1\r\nX-Polytune-Client: a\r\n", 409},
        {"POST", "/msg/1",
         "X-Polytune-Session: polytune\r\nX-Polytune-To: 0\r\nX-Polytune-Client: a\r\n", 403},
        {"POST", "/msg/1",
         "X-Polytune-Session: polytune\r\nX-Polytune-To: 0\r\nX-Polytune-Client: a\r\n"
         "X-Polytune-Seq: 0\r\n",
         400},
        {"POST", "/msg/1",
         "X-Polytune-Session: polytune\r\nX-Polytune-To: 0\r\nX-Polytune-Client: a\r\n"
         "X-Polytune-Seq: 1\r\nX-Polytune-Seq: 1\r\n",
         400},
    };
    scene s;
    scene_open(&s, PATIENCE_MS);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        expect_status(s.port, requests[i].method, requests[i].path, requests[i].headers,
                      requests[i].status);
    assert_int_equal(post_text(&s, 1, "one"), 200);
    expect_text(&s.channel, 1, "one");
    scene_close(&s);
}

/* Bodies of strangers, as large as allowed, are read and dropped; larger ones are refused. */
static void bodies_of_strangers_are_not_kept(void **state)
{
    (void)state;
    scene s;
    scene_open(&s, PATIENCE_MS);
    uint8_t *bytes = calloc(FRAME_PACKET_MAX, 1);
    assert_non_null(bytes);
    fake_party stranger = {0};
    memset(stranger.number, 'b', sizeof stranger.number - 1);
    for (int i = 0; i < 10; i++)
        assert_int_equal(fake_party_post(&stranger, s.port, 1, bytes, FRAME_PACKET_MAX), 403);
    free(bytes);
    const int fd = http_connect(s.port);
    static const char head[] = "POST /msg/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4194305\r\n\r\n";
    assert_true(http_write(fd, head, sizeof head - 1));
    http_response r = http_read(fd);
    assert_int_equal(r.status, 413);
    http_clear(&r);
    (void)close(fd);
    assert_int_equal(post_text(&s, 1, "one"), 200);
    expect_text(&s.channel, 1, "one");
    scene_close(&s);
}

/* More connections than a party's server has. */
enum { N_BESIEGERS = 1200 };

static void allow_besiegers(void)
{
    enum { N_FILES = 4 * N_BESIEGERS };
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_max < N_FILES)
        skip();
    files.rlim_cur = files.rlim_cur < N_FILES ? N_FILES : files.rlim_cur;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
}

/* With half a head on each, and garbage. */
static void a_besieged_party_serves_the_others(void **state)
{
    enum { N = N_BESIEGERS };
    (void)state;
    static int fds[N];
    allow_besiegers();
    static const char *const starts[] = {"", "POST /msg/1 HTTP/1.1\r\nHost: x\r\n", "\x16\x03\x01",
                                         "GET\r\n\r\n"};
    scene s;
    scene_open(&s, PATIENCE_MS);
    for (uint64_t i = 0; i < N; i++) {
        const char *start = starts[i % (sizeof starts / sizeof *starts)];
        fds[i] = http_connect(s.port);
        assert_true(fds[i] >= 0);
        (void)http_write(fds[i], start, strlen(start));
        if (i % 100 == 0) {
            assert_int_equal(post_text(&s, i / 100 + 1, "in between"), 200);
            expect_text(&s.channel, 1, "in between");
        }
    }
    for (size_t i = 0; i < N; i++)
        (void)close(fds[i]);
    scene_close(&s);
}

/* Requests in a party's name, of which the body does not come. A party that had to wait until they
 * are cut off would wait for longer than the one here does. */
static void requests_of_strangers_make_place(void **state)
{
    enum { N = N_BESIEGERS };
    (void)state;
    static int fds[N];
    char headers[256];
    scene s;
    const struct timeval limit = {.tv_sec = 30};
    allow_besiegers();
    scene_open(&s, PATIENCE_MS);
    for (size_t i = 0; i < N; i++) {
        static const char head[] =
            "POST /msg/1 HTTP/1.1\r\nHost: x\r\nX-Polytune-Session: polytune\r\n"
            "X-Polytune-To: 0\r\nX-Polytune-Client: b\r\nX-Polytune-Seq: 1\r\n"
            "Content-Length: 1000\r\n\r\n";
        fds[i] = http_connect(s.port);
        assert_true(fds[i] >= 0);
        (void)http_write(fds[i], head, sizeof head - 1);
    }
    const int fd = http_connect(s.port);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    (void)snprintf(headers, sizeof headers,
                   "X-Polytune-Session: polytune\r\nX-Polytune-To: 0\r\nX-Polytune-Client: %s\r\n",
                   s.fake.number);
    assert_true(http_ask(fd, "POST", "/msg/1", headers, "", 0));
    http_response r = http_read(fd);
    assert_int_equal(r.status, 200);
    http_clear(&r);
    (void)close(fd);
    for (size_t i = 0; i < N; i++)
        (void)close(fds[i]);
    scene_close(&s);
}

/* ---- opening ---- */

static pt_status try_open(const pt_direct_options *options, pt_error *error)
{
    pt_channel c = {0};
    const pt_status status = pt_channel_direct_open(&c, options, error);
    if (status == PT_OK)
        pt_channel_close(&c);
    return status;
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"http://a:1", NULL},
        {"http://a:1", ""},
        {"http://a:1", "ftp://b:2"},
        {"http://a:1", "b:2"},
        {"http://a:1", "http://"},
        {"http://a:1", "http://b:2/?x"},
        {"http://a:1", "http://b/#f"},
        {"http://a:1", "http://me:pw@b:2"},
        {"http://a:1", "http://a:1"},
        {"http://a:1", "http://A:1/"},
        {"http://a", "http://a:80"},
        {"http://a:0", "http://b:1"},
        {"http://a:1", "http://b:70000"},
        {"https://a:1", "http://b:2"},
        {"http://[::1]:1", "http://[::1]:1/"},
    };
    pt_error error;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const pt_direct_options o = {
            .urls = pairs[i], .parties = 2, .network.timeout_ms = 1, .network.wait_ms = 1};
        if (try_open(&o, &error) != PT_ERR_USAGE)
            fail_msg("%s %s", pairs[i][0], pairs[i][1]);
    }
    const char *good[] = {"http://127.0.0.1:1", "http://127.0.0.1:2"};
    pt_direct_options o = {.urls = good, .parties = 2, .party = 2};
    assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
    o = (pt_direct_options){.urls = good, .parties = 2, .session = "a b"};
    assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
    o = (pt_direct_options){.urls = good, .parties = 2, .tls_cert = "x"};
    assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
    o = (pt_direct_options){.urls = good, .parties = 2, .tls_cert = "x", .tls_key = "y"};
    assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
    o = (pt_direct_options){.urls = NULL, .parties = 2};
    assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
}

static void a_port_that_is_taken_is_an_error(void **state)
{
    (void)state;
    fake_party fake;
    fake_party_start(&fake, 0, 'a');
    const char *urls[] = {fake.url, "http://127.0.0.1:1"};
    const pt_direct_options o = {.urls = urls, .parties = 2};
    pt_error error;
    assert_int_equal(try_open(&o, &error), PT_ERR_IO);
    assert_non_null(strstr(error.message, "cannot listen"));
    fake_party_stop(&fake);
}

/* One of two parties that opens in a thread. */
typedef struct opener {
    pt_direct_options options;
    pt_channel channel;
    pt_status status;
    pt_error error;
    pthread_t thread;
    sem_t waits; /* posted when it says that it waits */
} opener;

static void *open_one(void *user)
{
    opener *o = user;
    o->status = pt_channel_direct_open(&o->channel, &o->options, &o->error);
    return NULL;
}

static void count_waits(void *user, const char *text)
{
    opener *o = user;
    if (strstr(text, "waiting for party 1 at http://127.0.0.1:") != NULL &&
        strstr(text, " s)") != NULL)
        (void)sem_post(&o->waits);
}

static void start_opening(opener *o)
{
    assert_int_equal(pthread_create(&o->thread, NULL, open_one, o), 0);
}

static void a_party_that_is_late_is_waited_for(void **state)
{
    (void)state;
    direct_urls urls;
    direct_urls_find(&urls, 2);
    opener o[2] = {{.options = {.urls = urls.list, .parties = 2, .network.notice = count_waits}},
                   {.options = {.urls = urls.list, .party = 1, .parties = 2}}};
    o[0].options.network.notice_user = &o[0];
    assert_int_equal(sem_init(&o[0].waits, 0, 0), 0);
    start_opening(&o[0]);
    (void)sem_wait(&o[0].waits);
    start_opening(&o[1]);
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(o[i].thread, NULL);
        assert_int_equal(o[i].status, PT_OK);
    }
    pt_channel_close(&o[0].channel);
    pt_channel_close(&o[1].channel);
    (void)sem_destroy(&o[0].waits);
}

static uint16_t port_of(const char *url)
{
    return (uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10);
}

/* Opens with a party that turns us away at its URL, after somebody with that number has asked. */
static pt_status open_after_being_asked(char number, uint32_t wait_ms)
{
    fake_party fake;
    fake_party who = {0};
    direct_urls at;
    direct_urls_find(&at, 2);
    const char *urls[] = {at.list[0], at.list[1]};
    const uint16_t port = port_of(urls[0]);
    memset(who.number, number, sizeof who.number - 1);
    opener o = {.options = {.urls = urls, .parties = 2, .network.wait_ms = wait_ms}};
    start_opening(&o);
    const uint64_t end_ms = clock_ms() + PATIENCE_MS;
    int status = 0;
    while ((status = fake_party_post(&who, port, 0, "", 0)) == 0 && clock_ms() < end_ms)
        clock_sleep(1);
    assert_int_equal(status, 403); /* it has not been met yet */
    fake_party_start_with(&fake, port_of(urls[1]), 'a', 403);
    (void)pthread_join(o.thread, NULL);
    fake.status = 200;
    if (o.status == PT_OK)
        pt_channel_close(&o.channel);
    fake_party_stop(&fake);
    return o.status;
}

/* Its request had our hash in the answer: it knows us without being asked again. */
static void who_has_asked_knows_us(void **state)
{
    (void)state;
    assert_int_equal(open_after_being_asked('a', PATIENCE_MS), PT_OK);
}

static void who_asks_in_its_name_does_not_count(void **state)
{
    (void)state;
    assert_int_equal(open_after_being_asked('b', 4000), PT_ERR_TIMEOUT);
}

static void who_never_comes_is_named(void **state)
{
    (void)state;
    direct_urls urls;
    direct_urls_find(&urls, 3);
    pt_error error;
    pt_direct_options o = {.urls = urls.list, .parties = 2, .network.wait_ms = 200};
    assert_int_equal(try_open(&o, &error), PT_ERR_TIMEOUT);
    assert_int_equal(error.party, 1);
    assert_non_null(strstr(error.message, "party 1 at http://127.0.0.1:"));
    o.parties = 3;
    assert_int_equal(try_open(&o, &error), PT_ERR_TIMEOUT);
    assert_int_equal(error.party, 1);
    assert_non_null(strstr(error.message, "parties 1 and 2 did not come within 0.2 s"));
}

static void terms_must_be_terms(void **state)
{
    (void)state;
    direct_urls urls;
    direct_urls_find(&urls, 2);
    pt_error error;
    const pt_direct_options o = {
        .urls = urls.list, .parties = 2, .network = {.wait_ms = 200, .terms = "many things"}};
    assert_int_equal(try_open(&o, &error), PT_ERR_USAGE);
    assert_non_null(strstr(error.message, "NAME=VALUE"));
}

/* Two parties that disagree are both refused. */
static void expect_refusal(opener *o, const char *words)
{
    for (size_t i = 0; i < 2; i++)
        start_opening(&o[i]);
    bool told = false;
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(o[i].thread, NULL);
        assert_true(o[i].status == PT_ERR_REFUSED || o[i].status == PT_ERR_TIMEOUT);
        told = told || strstr(o[i].error.message, words) != NULL;
    }
    if (!told)
        fail_msg("%s / %s", o[0].error.message, o[1].error.message);
}

static void another_session_is_refused(void **state)
{
    (void)state;
    direct_urls urls;
    direct_urls_find(&urls, 2);
    opener o[2] = {
        {.options = {.urls = urls.list, .parties = 2, .session = "a", .network.wait_ms = 1000}},
        {.options = {.urls = urls.list,
                     .party = 1,
                     .parties = 2,
                     .session = "b",
                     .network.wait_ms = 1000}}};
    expect_refusal(o, "another session");
}

static void another_order_of_urls_is_refused(void **state)
{
    (void)state;
    direct_urls urls;
    direct_urls_find(&urls, 3);
    const char *swapped[] = {urls.list[2], urls.list[1], urls.list[0]};
    opener o[2] = {
        {.options = {.urls = urls.list, .party = 0, .parties = 3, .network.wait_ms = 1000}},
        {.options = {.urls = swapped, .party = 1, .parties = 3, .network.wait_ms = 1000}}};
    expect_refusal(o, "same order");
}

/* Something answers at the URL, but does not speak our language. */
static void what_is_no_party_is_not_taken_for_one(void **state)
{
    (void)state;
    scene s;
    char own[64];
    fake_party_start(&s.fake, 0, 'a');
    (void)snprintf(own, sizeof own, "http://127.0.0.1:%u", (unsigned)free_port());
    const char *urls[] = {own, s.fake.url};
    const pt_direct_options o = {.urls = urls, .parties = 2, .network.wait_ms = 500};
    static const char *const commits[] = {"", "x", "abc"};
    pt_error error;
    for (size_t i = 0; i < sizeof commits / sizeof *commits; i++) {
        s.fake.says = commits[i];
        assert_int_equal(try_open(&o, &error), PT_ERR_TIMEOUT);
        assert_int_equal(error.party, 1);
        assert_non_null(strstr(error.message, "HTTP status 200"));
    }
    assert_true(s.fake.n_asked > 0);
    fake_party_stop(&s.fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeats_are_dropped_and_gaps_refused),
        cmocka_unit_test(what_comes_early_waits_for_what_is_before_it),
        cmocka_unit_test(what_comes_early_is_no_sign_of_what_is_missing),
        cmocka_unit_test(a_busy_party_is_obeyed),
        cmocka_unit_test(a_full_inbox_holds_the_sender_back),
        cmocka_unit_test(packets_of_a_body_are_taken_once),
        cmocka_unit_test(an_early_body_waits_for_what_is_before_it),
        cmocka_unit_test(a_body_waits_for_room),
        cmocka_unit_test(bad_bodies_are_refused),
        cmocka_unit_test(a_body_that_ends_within_a_packet_is_refused),
        cmocka_unit_test(strangers_change_nothing),
        cmocka_unit_test(a_party_started_anew_is_noticed),
        cmocka_unit_test(a_party_that_is_gone_is_named),
        cmocka_unit_test(malformed_packets_are_told_apart),
        cmocka_unit_test(bad_requests_are_refused),
        cmocka_unit_test(bodies_of_strangers_are_not_kept),
        cmocka_unit_test(a_besieged_party_serves_the_others),
        cmocka_unit_test(requests_of_strangers_make_place),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(a_port_that_is_taken_is_an_error),
        cmocka_unit_test(a_party_that_is_late_is_waited_for),
        cmocka_unit_test(who_has_asked_knows_us),
        cmocka_unit_test(who_asks_in_its_name_does_not_count),
        cmocka_unit_test(who_never_comes_is_named),
        cmocka_unit_test(terms_must_be_terms),
        cmocka_unit_test(another_session_is_refused),
        cmocka_unit_test(another_order_of_urls_is_refused),
        cmocka_unit_test(what_is_no_party_is_not_taken_for_one),
    };
    conformance_subject subject = {"direct HTTP channel", 5, open_direct, NULL};
    return conformance_run(&subject) + cmocka_run_group_tests(tests, NULL, NULL);
}
