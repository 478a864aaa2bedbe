/* What must have come before a message leaves (protocol spec, section 6.6, column "leaves after"):
 * every party's channel is recorded. A wave carries the steps of its row, and when it leaves, all
 * waves before it and the frames behind them have come. That what came was verified is not seen
 * here. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "channel/channel.h"
#include "mpc/circuits.h"
#include "mpc/engine_run.h"
#include "mpc/session/message.h"

#define WAVES_MAX 64
#define ROWS_MAX  1024

typedef struct event {
    bool is_sent, is_frame;
    size_t peer;
    wave_name name;
    uint64_t wave;   /* of which all before it must have come to the sender */
    uint64_t behind; /* the wave that a frame goes behind; of a wave, itself */
} event;

typedef struct record {
    const session *s;
    pt_channel inner;
    event *events;
    size_t count, capacity;
    uint64_t waves_sent;         /* one more than the last */
    uint32_t carried[WAVES_MAX]; /* by wave, a bit for each step */
} record;

/* By the caller's number. Each party writes its own. */
static record records[PARTIES_MAX];

/* ---- What parties do ---- */

static wave_name name_of(const char *phase)
{
    wave_name name = 0;
    while (name < WAVE_NAMES && strcmp(wave_text(name), phase) != 0)
        name++;
    return name;
}

static void note_carried(record *r, wave_name name)
{
    if (r->s->wave >= WAVES_MAX)
        abort();
    r->carried[r->s->wave] |= UINT32_C(1) << name;
}

static void note_event(record *r, event e)
{
    if (r->count == r->capacity) {
        r->capacity = r->capacity == 0 ? 256 : 2 * r->capacity;
        r->events = mem_resize(r->events, r->capacity, sizeof *r->events);
        if (r->events == NULL)
            abort();
    }
    r->events[r->count++] = e;
}

static pt_status record_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                             size_t len, pt_error *error)
{
    record *r = self;
    event e = {.is_sent = true, .peer = to, .name = name_of(phase), .wave = r->s->wave};
    e.is_frame = len == 0 || bytes[0] != MESSAGE_WAVE;
    if (to < r->s->n) { /* and no dealer */
        if (!e.is_frame)
            r->waves_sent = e.wave + 1;
        e.behind = r->waves_sent > e.wave ? e.wave : e.wave - 1;
        note_carried(r, e.name);
        note_event(r, e);
    }
    return channel_send(&r->inner, to, phase, bytes, len, error);
}

static pt_status record_recv(void *self, size_t from, const char *phase, size_t max_len,
                             uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    record *r = self;
    const pt_status status =
        channel_recv(&r->inner, from, phase, max_len, ret_bytes, ret_len, error);
    if (status == PT_OK && from < r->s->n)
        note_event(r, (event){.peer = from, .name = name_of(phase)});
    return status;
}

static void record_close(void *self)
{
    pt_channel_close(&((record *)self)->inner);
}

static pt_channel_kind record_kind(void *self)
{
    return channel_kind(&((record *)self)->inner);
}

static void record_all(test_run *t)
{
    static const pt_channel_ops ops = {record_send, record_recv, record_close, record_kind};
    for (size_t i = 0; i < t->parties.n; i++) {
        const session *s = &t->parties.sessions[i];
        const size_t party = s->roster[s->me];
        records[party] = (record){.s = s, .inner = t->parties.channels[party]};
        t->parties.channels[party] = (pt_channel){&ops, &records[party]};
    }
}

/* The steps that travel along in another one's wave have no name on the channel. */
static void record_step(void *user, session *s, const char *name, size_t peer, void *data,
                        size_t len)
{
    (void)user;
    (void)data;
    const wave_name step = name_of(name);
    if (step < WAVE_NAMES && len > 0 && peer < s->n)
        note_carried(&records[s->roster[s->me]], step);
}

/* ---- What they ought to have done ---- */

/* How many of the first messages from `from` must have come to `to` before it sends `e`. */
static size_t count_due(size_t from, size_t to, const event *e)
{
    const record *r = &records[from];
    size_t seen = 0;
    size_t due = 0;
    for (size_t i = 0; i < r->count; i++) {
        const event *m = &r->events[i];
        if (!m->is_sent || m->peer != to)
            continue;
        seen++;
        if (m->behind < (m->is_frame ? e->behind : e->wave))
            due = seen;
    }
    return due;
}

static void assert_come(const char *what, size_t n, size_t party, const size_t *come,
                        const event *e)
{
    for (size_t from = 0; from < n; from++) {
        const size_t due = from == party ? 0 : count_due(from, party, e);
        if (come[from] < due)
            fail_msg("%s: party %zu: %s of wave %u with %zu of %zu messages of party %zu", what,
                     party, e->name < WAVE_NAMES ? wave_text(e->name) : "the end",
                     (unsigned)e->wave, come[from], due, from);
    }
}

/* Whatever `party` sent, it left after all that was due, and in the end nothing is left. */
static void assert_leaves_after(const char *what, size_t n, size_t party)
{
    const record *r = &records[party];
    const event end = {.name = WAVE_NAMES, .wave = WAVES_MAX, .behind = WAVES_MAX};
    size_t come[PARTIES_MAX] = {0};
    for (size_t i = 0; i < r->count; i++) {
        const event *e = &r->events[i];
        if (e->is_sent)
            assert_come(what, n, party, come, e);
        else
            come[e->peer]++;
    }
    assert_come(what, n, party, come, &end);
}

/* "HELLO, BOT1, BOT2 COT, .." of what all parties carried; steps of a wave in the order of
 * wave_name.h. */
static void put_rows(char ret_rows[ROWS_MAX], size_t n)
{
    size_t at = 0;
    ret_rows[0] = '\0';
    for (size_t w = 0; w < WAVES_MAX; w++) {
        uint32_t carried = 0;
        for (size_t party = 0; party < n; party++)
            carried |= records[party].carried[w];
        const char *before = w == 0 ? "" : ", ";
        for (wave_name name = 0; name < WAVE_NAMES; name++) {
            if (((carried >> name) & 1u) == 0)
                continue;
            at += (size_t)snprintf(ret_rows + at, ROWS_MAX - at, "%s%s", before, wave_text(name));
            assert_true(at < ROWS_MAX);
            before = " ";
        }
    }
}

typedef struct release_case {
    size_t n;
    const test_preparation *preparation;
    uint32_t gates;
    unsigned and_percent;
    uint64_t segment_ands; /* 0: one segment */
    size_t evaluator;
    size_t receiver; /* EVERYBODY, or a single one */
    const char *rows;
} release_case;

#define EVERYBODY PARTIES_MAX

static void assert_released(const release_case *c)
{
    char what[96];
    snprintf(what, sizeof what, "%zu parties, %s, %u gates, P_1 is %zu", c->n, c->preparation->name,
             (unsigned)c->gates, c->evaluator);
    const circuit_shape shape = {.n_parties = c->n,
                                 .inputs = 8,
                                 .gates = c->gates,
                                 .outputs = 8,
                                 .and_percent = c->and_percent};
    pt_circuit *circuit = test_circuit_random(&shape, c->gates);
    uint8_t inputs[PARTIES_MAX * 8] = {0};
    test_run t = {.circuit = circuit,
                  .inputs = inputs,
                  .segment_ands = c->segment_ands,
                  .preparation = c->preparation,
                  .options = {.evaluator = c->evaluator,
                              .output_parties = c->receiver == EVERYBODY ? NULL : &c->receiver,
                              .n_output_parties = c->receiver == EVERYBODY ? 0 : 1},
                  .hook = record_step,
                  .prepare = record_all};
    test_run_parties(&t);
    test_run_assert_right(&t);
    for (size_t party = 0; party < c->n; party++)
        assert_leaves_after(what, c->n, party);
    char rows[ROWS_MAX];
    put_rows(rows, c->n);
    if (strcmp(rows, c->rows) != 0)
        fail_msg("%s: the waves carry\n%s\nand not\n%s", what, rows, c->rows);
    for (size_t party = 0; party < c->n; party++)
        mem_free(records[party].events);
    test_run_clear(&t);
    pt_circuit_free(circuit);
}

static void assert_all_released(const release_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_released(&cases[i]);
}

/* Frames that leave after a wave and before the next one stand in the row of the next. */
#define BITS       "COT COIN_O, ABCHK, "
#define SETUP      "HELLO, BOT1, BOT2 COT, COIN_O, ABCHK, "
#define TRIPLES_2  "TRU TRS, COIN_O, "
#define TRIPLES    "BARRIER TRU, TRS, COIN_O, "
#define DC_TRIPLES "BARRIER DC1 TRU, DC2 TRS, COIN_O DC3, "
#define ZERO       "ZB, ZC, ZO, "
#define AT_ONCE    "ZC INM, ZO, OPEN INL, LBL GC, EV1, "
#define TWO_WAVES  "ZC INM, ZO, OPEN INL, OPEN LBL, GC EV1, "

static void two_parties(void **state)
{
    (void)state;
#define FURTHER BITS TRIPLES_2 ZERO "OPEN, GC EV1, "
    static const release_case cases[] = {
        {2, &test_ideal_ot, 60, 75, 0, 0, EVERYBODY, SETUP TRIPLES_2 AT_ONCE "EV2 OUT, OUT"},
        {2, &test_ideal_ot, 60, 75, 0, 1, 0, SETUP TRIPLES_2 AT_ONCE "EV2, OUT"},
        {2, &test_ideal_ot, 60, 75, 0, 1, 1, SETUP TRIPLES_2 AT_ONCE "EV2 OUT"},
        {2, &test_ideal_ot, 60, 75, 15, 1, EVERYBODY,
         SETUP TRIPLES_2 AT_ONCE "EV2, " FURTHER "EV2, " FURTHER "EV2 OUT, OUT"},
        {2, &test_ideal_ot, 6000, 75, 0, 0, EVERYBODY, SETUP TRIPLES_2 AT_ONCE "EV2 OUT, OUT"},
    };
#undef FURTHER
    assert_all_released(cases, sizeof cases / sizeof *cases);
}

static void more_parties(void **state)
{
    (void)state;
#define FURTHER   BITS TRIPLES ZERO "OPEN, GC EV1, "
#define FURTHER_B BITS TRIPLES ZERO "OPEN, OPEN, GC EV1, "
    static const release_case cases[] = {
        {3, &test_ideal_ot, 60, 75, 0, 1, 1, SETUP DC_TRIPLES AT_ONCE "EV2 OUT"},
        {3, &test_ideal_ot, 60, 75, 0, 0, EVERYBODY, SETUP DC_TRIPLES AT_ONCE "EV2 OUT, OUT"},
        {3, &test_ideal_ot, 60, 75, 15, 0, 2,
         SETUP DC_TRIPLES AT_ONCE "EV2, " FURTHER "EV2, " FURTHER "EV2 OUT, OUT"},
        {3, &test_ideal_ot, 6000, 75, 2000, 1, EVERYBODY,
         SETUP DC_TRIPLES TWO_WAVES "EV2, " FURTHER_B "EV2, " FURTHER "EV2 OUT, OUT"},
        {5, &test_ideal_ot, 60, 75, 30, 2, EVERYBODY,
         SETUP DC_TRIPLES AT_ONCE "EV2, " FURTHER "EV2 OUT, OUT"},
    };
#undef FURTHER
#undef FURTHER_B
    assert_all_released(cases, sizeof cases / sizeof *cases);
}

static void without_and_gates(void **state)
{
    (void)state;
    static const release_case cases[] = {
        {2, &test_ideal_ot, 60, 0, 0, 0, EVERYBODY, SETUP "INM, INL, LBL, OUT"},
        {3, &test_ideal_ot, 60, 0, 0, 1, EVERYBODY, SETUP "DC1, DC2, DC3, INM, INL, LBL, OUT"},
    };
    assert_all_released(cases, sizeof cases / sizeof *cases);
}

static void with_a_dealer(void **state)
{
    (void)state;
#define DEALT   "HELLO, BARRIER, COT COIN_O, "
#define FURTHER "COT OPEN, GC EV1, "
    static const release_case cases[] = {
        {2, &test_dealer, 60, 75, 0, 0, EVERYBODY,
         DEALT "OPEN INM, INL, LBL GC, EV1, EV2 OUT, OUT"},
        {3, &test_dealer, 60, 75, 15, 1, EVERYBODY,
         DEALT "OPEN INM, INL, LBL GC, EV1, EV2, " FURTHER "EV2, " FURTHER "EV2 OUT, OUT"},
        {3, &test_dealer, 6000, 75, 0, 2, 0, DEALT "OPEN INM, OPEN INL, LBL GC, EV1, EV2 OUT, OUT"},
        {3, &test_dealer, 60, 0, 0, 2, EVERYBODY, DEALT "INM, INL, LBL, OUT"},
    };
#undef DEALT
#undef FURTHER
    assert_all_released(cases, sizeof cases / sizeof *cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_parties),
        cmocka_unit_test(more_parties),
        cmocka_unit_test(without_and_gates),
        cmocka_unit_test(with_a_dealer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
