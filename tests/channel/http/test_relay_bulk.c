/* Which packets a relay is asked for at once, without one: the test says how requests ended, at the
 * time it likes. */
#include "support/still_clock.h"
#include "support/test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/le.h"
#include "base/mem.h"
#include "channel/http/relay_bulk.h"
#include "channel/http/relay_impl.h"
#include "wire/wire.h"

#define PEER    0
#define RUNNING RELAY_POLLS

/* ---- the channel ---- */

static void nudge(mailboxes *m)
{
    (void)m;
}

static const mailbox_pump pump = {nudge, nudge, mailboxes_wait};

static pt_status driver_begin(delivery *d, pt_error *error)
{
    (void)d;
    (void)error;
    return PT_OK;
}

static void driver_end(delivery *d)
{
    (void)d;
}

/* Answers to joining. */
static bool driver_perform(delivery *d, http_call *call, uint64_t timeout_ms)
{
    (void)d;
    (void)timeout_ms;
    http_begin(call);
    http_answer(call, 200);
    http_answer_header(call, WIRE_SESSION, "00000000000000e1");
    http_answer_header(call, WIRE_TAKES_AHEAD, "8");
    http_answer_header(call, WIRE_SEATS, "0,1");
    return true;
}

/* What comes from the peer: packet i is the text of i, made long. */
typedef struct scene {
    pt_channel channel;
    relay_channel *c;
    mailbox *box;
    transfer *running[RUNNING];
    size_t n_running;
    uint64_t n_there;
    uint64_t n_taken;
    size_t len; /* of a packet */
    bool is_old;
    uint64_t random;
} scene;

static scene scene_begin(void)
{
    static const http_driver driver = {.pump = &pump,
                                       .at_once = true,
                                       .hold_s = WIRE_HOLD_S,
                                       .open = driver_begin,
                                       .perform = driver_perform,
                                       .start = driver_begin,
                                       .halt = driver_end,
                                       .close = driver_end};
    const pt_relay_options o = {.url = "http://fake",
                                .session = "s",
                                .party = 1,
                                .parties = 2,
                                .network.timeout_ms = 60000};
    scene s = {.len = 20000, .random = 1};
    assert_int_equal(relay_channel_open(&s.channel, &o, &relay_bulk_link, &driver, NULL), PT_OK);
    s.c = s.channel.self;
    s.c->d.is_quiet = true;
    s.box = &s.c->d.mail.boxes[PEER];
    return s;
}

static void scene_end(scene *s)
{
    mailboxes_fail(&s->c->d.mail, PT_ERR_IO, "the test is over");
    pt_channel_close(&s->channel);
}

static unsigned below(scene *s, unsigned n)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return (unsigned)(s->random % n);
}

/* ---- questions and answers ---- */

/* 0: it has no such header. */
static uint64_t header_of(const transfer *t, const char *name)
{
    const size_t len = strlen(name);
    uint64_t number = 0;
    for (const char *line = NULL; (line = http_next_header(&t->call, line)) != NULL;)
        if (strncmp(line, name, len) == 0)
            number = strtoull(line + len, NULL, 10);
    return number;
}

static uint64_t number_of(const transfer *t)
{
    return header_of(t, WIRE_SEQ ": ");
}

static uint64_t first_of(const transfer *t)
{
    const uint64_t first = header_of(t, WIRE_FIRST ": ");
    return first == 0 ? number_of(t) : first;
}

static bool asks_for_many(transfer *t)
{
    const char *url = buffer_text(&t->call.url);
    assert_non_null(url);
    return strstr(url, "&" WIRE_EVERY "=8") != NULL;
}

/* Begins what is due: of no packet are there two questions, and none acknowledges what is not here.
 */
static void begin_all(scene *s)
{
    uint64_t next_ms = 0;
    for (transfer *t; (t = delivery_next(&s->c->d, DELIVERY_ASK_ALL, &next_ms)) != NULL;) {
        assert_true(s->n_running < RUNNING && !t->is_sending);
        assert_true(number_of(t) >= first_of(t));
        assert_int_equal(first_of(t), s->box->n_received + 1);
        for (size_t i = 0; i < s->n_running; i++)
            assert_true(number_of(t) % RELAY_POLLS != number_of(s->running[i]) % RELAY_POLLS);
        s->running[s->n_running++] = t;
    }
}

static void put_packet(scene *s, buffer *b, uint64_t number)
{
    uint8_t *bytes = buffer_extend(b, s->len);
    assert_non_null(bytes);
    memset(bytes, 0, s->len);
    le_put_u64(bytes, number);
}

static void put_record(scene *s, buffer *b, uint64_t number)
{
    buffer_put_u32(b, (uint32_t)s->len);
    put_packet(s, b, number);
}

/* Ends it as answered so far. */
static void done(scene *s, transfer *t)
{
    char problem[HTTP_PROBLEM_MAX];
    size_t i = 0;
    while (s->running[i] != t)
        i++;
    s->running[i] = s->running[--s->n_running];
    delivery_done(t, problem, sizeof problem);
}

/* Answers with what is there, at most `most`; one as a relay of before. */
static void answer(scene *s, transfer *t, unsigned most)
{
    const uint64_t number = number_of(t);
    unsigned n = 0;
    while (n < most && number + (uint64_t)n * RELAY_POLLS <= s->n_there)
        n++;
    http_begin(&t->call);
    http_answer(&t->call, n == 0 ? 400 : 200);
    if (n > 1)
        http_answer_header(&t->call, WIRE_EVERY_HEADER, "8");
    for (unsigned i = 0; i < n && n > 1; i++)
        put_record(s, &t->call.response, number + (uint64_t)i * RELAY_POLLS);
    if (n == 1)
        put_packet(s, &t->call.response, number);
    done(s, t);
}

/* A connection that is cut within the answer. */
static void cut(scene *s, transfer *t)
{
    http_begin(&t->call);
    put_record(s, &t->call.response, number_of(t));
    http_no_answer(&t->call, HTTP_BROKEN, "it was cut");
    done(s, t);
}

/* Takes a packet out: it must be the next. */
static void take(scene *s)
{
    message m = queue_take(&s->box->inbox);
    assert_int_equal(m.len, s->len);
    assert_int_equal(le_get_u64(m.bytes), ++s->n_taken);
    s->box->inbox_bytes -= m.len;
    mem_free(m.bytes);
}

static void take_all(scene *s)
{
    while (s->box->inbox.count != 0)
        take(s);
}

/* Packets come, and a question is answered well, badly, or not. */
static void step(scene *s)
{
    clock_sleep(below(s, 4));
    s->n_there += below(s, 40) == 0 ? below(s, 300) : below(s, 3);
    begin_all(s);
    if (s->n_running != 0) {
        transfer *t = s->running[below(s, (unsigned)s->n_running)];
        const bool is_far = number_of(t) - first_of(t) >= WIRE_AHEAD;
        const bool may_be_many = asks_for_many(t) && !s->is_old;
        switch (below(s, 8)) {
        case 0:
            cut(s, t);
            break;
        case 1:
            http_begin(&t->call);
            http_answer(&t->call, 503);
            done(s, t);
            break;
        default:
            answer(s, t, !may_be_many && is_far ? 0 : may_be_many ? 1 + below(s, 12) : 1);
        }
    }
    while (s->box->inbox.count != 0 && below(s, 8) != 0)
        take(s);
}

/* Whatever order the answers come in, from relays old and new behind one name. */
static void all_packets_come_once_and_in_order(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        scene s = scene_begin();
        s.random = seed;
        s.len = seed % 2 == 0 ? 20000 : 8;
        s.is_old = seed % 4 == 0;
        for (int i = 0; i < 100000 && s.n_taken < 3000; i++) {
            if (below(&s, 200) == 0)
                s.is_old = seed % 4 == 0 || (seed % 4 == 1 && !s.is_old);
            step(&s);
        }
        assert_true(s.n_taken >= 3000);
        assert_false(mailbox_has_failed(s.box));
        assert_true(s.c->gives_many == (seed % 4 != 0));
        scene_end(&s);
    }
}

/* The first questions after a pause are for one packet each. */
static void many_are_asked_for_while_they_flow(void **state)
{
    (void)state;
    scene s = scene_begin();
    begin_all(&s);
    assert_int_equal(s.n_running, 2);
    assert_false(asks_for_many(s.running[0]));
    s.n_there = 20;
    answer(&s, s.running[0], 1);
    begin_all(&s);
    assert_int_equal(s.n_running, 8);
    assert_true(asks_for_many(s.running[7]));
    scene_end(&s);
}

static transfer *question_for(scene *s, uint64_t number)
{
    for (size_t i = 0; i < s->n_running; i++)
        if (number_of(s->running[i]) == number)
            return s->running[i];
    return NULL;
}

/* Of what is to wait for a packet before it not more than so much is asked for. */
static void what_is_kept_is_bounded(void **state)
{
    static const struct {
        size_t len;
        uint64_t n_taken; /* the first, and those of as many questions as there are then */
    } rows[] = {{20000, 1 + 8 * 12}, {8, 1 + 4}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scene s = scene_begin();
        size_t n_asked = 0;
        begin_all(&s);
        s.n_there = 1;
        s.len = rows[i].len;
        answer(&s, question_for(&s, 1), 1);
        s.n_there = 1000000;
        begin_all(&s);
        const transfer *missing = question_for(&s, 2);
        assert_non_null(missing);
        for (; s.n_running > 1 && n_asked < 10000; n_asked++) {
            answer(&s, s.running[s.running[0] == missing ? 1 : 0], 12);
            begin_all(&s);
        }
        assert_int_equal(s.n_running, 1);
        assert_true(n_asked > 8);
        assert_in_range(s.box->early, 1, (4u << 20) + 8 * 12 * s.len);
        answer(&s, s.running[0], 12);
        take_all(&s);
        assert_int_equal(s.n_taken, rows[i].n_taken);
        scene_end(&s);
    }
}

/* With these bytes, as if they were records. */
static void answer_with(scene *s, transfer *t, const void *bytes, size_t len)
{
    http_begin(&t->call);
    http_answer(&t->call, 200);
    http_answer_header(&t->call, WIRE_EVERY_HEADER, "8");
    buffer_put(&t->call.response, bytes, len);
    done(s, t);
}

/* What is wrong within an answer is handed on as a packet, for its reader to see. */
static void bad_answers_do_no_harm(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        size_t n_packets;
    } answers[] = {
        {"", 0, 0},
        {"\1", 1, 1},
        {"\0\0\0\0", 4, 1},
        {"\2\0\0\0x", 5, 1},
        {"\377\377\377\377x", 5, 1},
        {"\1\0\0\0x\0\0", 7, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        scene s = scene_begin();
        begin_all(&s);
        answer_with(&s, question_for(&s, 1), answers[i].bytes, answers[i].len);
        assert_int_equal(s.box->inbox.count, answers[i].n_packets);
        scene_end(&s);
    }
}

/* Empty ones take memory, too. */
static void an_answer_has_so_many_packets(void **state)
{
    static const uint8_t zeros[400000];
    (void)state;
    scene s = scene_begin();
    begin_all(&s);
    transfer *t = question_for(&s, 2);
    answer_with(&s, t, zeros, sizeof zeros);
    assert_int_equal(relay_poll_of(s.c, t)->early.count, 128);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_packets_come_once_and_in_order),
        cmocka_unit_test(many_are_asked_for_while_they_flow),
        cmocka_unit_test(what_is_kept_is_bounded),
        cmocka_unit_test(bad_answers_do_no_harm),
        cmocka_unit_test(an_answer_has_so_many_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
