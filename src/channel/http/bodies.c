#include "channel/http/bodies.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/min.h"
#include "wire/wire.h"

#define PACKETS_MAX 256 /* on their way, which are a list */
#define KEPT_MAX    DELIVERY_FLIGHT_MAX
#define ASK_BYTES   (KEPT_MAX / 4) /* on their way, before the peer is asked what it has */
#define ASK_PACKETS (PACKETS_MAX / 4)
#define AHEAD_MIN   2   /* packets on their way, from which on those behind them share a body */
#define PROVING_MS  200 /* and until so many questions are answered, to show whether they pass */
#define IN_VAIN     4
#define LINGER_MS   5000 /* after the last packet, where they are known to pass at once */
#define LONG_MAX    ((size_t)1 << 30)
#define ASK_MS      10  /* between questions what the peer has, */
#define ASK_MAX_MS  100 /* doubling up to that while it takes none */
#define LAGGING_MS  5
#define LAGGING_MAX ((size_t)256 << 10)
#define FAILURES    3     /* in a row: no bodies any more */
#define SHORT_MS    60000 /* after a long one has failed, and twice that when it happens again */

typedef struct body {
    transfer t; /* first; its packet is the first one */
    packet *last;
    size_t at;       /* bytes of the last one's record that the driver has */
    size_t bytes;    /* of all records, the last one's too */
    size_t kept;     /* and of those whose packets are not known to have arrived */
    size_t n;        /* the number of those */
    bool has_ended;  /* it takes no further packet */
    bool is_waiting; /* its source had nothing */
    bool is_whole;   /* all that it took is known to have arrived */
    bool has_passed; /* some of it was there before its end */
    uint64_t first_number;
    uint64_t begun_ms;
    uint64_t taken_ms; /* when it took the last packet */
    uint64_t ended_ms;
} body;

/* What is known of the way to a peer. */
typedef struct bodies_way {
    bool is_offered;
    bool is_held_up;       /* it keeps bodies until they are whole */
    bool is_passing;       /* it does not */
    unsigned n_in_vain;    /* answers to the question what of a body has come: nothing */
    unsigned n_failed;     /* in a row; those that are cut at once count as one */
    uint64_t singly_until; /* packets before this number are sent one by one: they may have come */
    /* Until then bodies are short, as long ones may not pass; and for how long that was. */
    uint64_t short_until_ms;
    uint64_t short_ms;
    uint64_t received; /* what the peer said last to have, */
    uint64_t heard_ms; /* when, */
    uint64_t ask_ms;   /* and after how long it is asked again */
} bodies_way;

typedef struct bodies_state {
    bodies_way *ways; /* one for each party */
    body *bodies;     /* BODIES for each party */
} bodies_state;

static bodies_way *way_to(const delivery *d, const mailbox *b)
{
    return &d->bodies->ways[b->party];
}

static body *bodies_to(const delivery *d, const mailbox *b)
{
    return &d->bodies->bodies[b->party * BODIES];
}

/* ---- taking packets ---- */

static bool seems_held_up(const body *y)
{
    const bodies_way *way = way_to(y->t.owner, y->t.box);
    return !way->is_passing && way->n_in_vain >= IN_VAIN && clock_ms() - y->begun_ms >= PROVING_MS;
}

static bool fits(const body *y, const packet *p)
{
    const bodies_way *way = way_to(y->t.owner, y->t.box);
    const bool is_long = way->is_passing && clock_ms() >= way->short_until_ms;
    const size_t most = is_long ? LONG_MAX : BODY_MAX;
    return p->bytes.len <= RECORD_MAX && y->bytes + RECORD_HEAD + p->bytes.len <= most &&
           !seems_held_up(y);
}

/* As many are on their way as are kept: those that it had must be known to have arrived. */
static bool body_is_full(const body *y)
{
    return y->n >= PACKETS_MAX || y->kept >= KEPT_MAX;
}

static void body_take(body *y, packet *p)
{
    mailbox_begin(y->t.box, p);
    y->last = p;
    y->is_whole = false;
    y->at = 0;
    y->bytes += RECORD_HEAD + p->bytes.len;
    y->kept += RECORD_HEAD + p->bytes.len;
    y->n++;
    y->taken_ms = clock_ms();
}

static bool is_copied(const body *y)
{
    return y->at == RECORD_HEAD + y->last->bytes.len;
}

/* Goes to the next packet, if there is one that it can take. */
static bool body_advance(body *y)
{
    packet *p = y->last->next;
    const mailbox *b = y->t.box;
    if (y->last->is_last || mailbox_has_failed(b) || mailbox_is_shut(b))
        y->has_ended = true;
    if (y->has_ended || p == NULL || body_is_full(y))
        return false;
    if (!mailbox_waits(p) || !fits(y, p)) {
        y->has_ended = true;
        return false;
    }
    body_take(y, p);
    return true;
}

/* When a body that takes nothing is to end. One that is full too: as long as it waits, nobody sees
 * that its connection is gone. */
static uint64_t body_ends_at(const body *y)
{
    const bodies_way *way = way_to(y->t.owner, y->t.box);
    if (y->has_ended)
        return 0;
    if (!way->is_passing)
        return seems_held_up(y) ? 0 : y->taken_ms + PROVING_MS;
    return y->taken_ms + LINGER_MS;
}

static size_t copy_record(const body *y, uint8_t *ret_bytes, size_t room)
{
    const packet *p = y->last;
    if (y->at >= RECORD_HEAD) {
        const size_t at = y->at - RECORD_HEAD;
        const size_t n = min_size(room, p->bytes.len - at);
        memcpy(ret_bytes, p->bytes.bytes + at, n);
        return n;
    }
    uint8_t head[RECORD_HEAD];
    le_put_u32(head, (uint32_t)p->bytes.len | (p->is_last ? RECORD_FLAG : 0));
    const size_t n = min_size(room, RECORD_HEAD - y->at);
    memcpy(ret_bytes, head + y->at, n);
    return n;
}

/* An http_source, on the driver's thread, without the lock. */
static size_t body_source(void *user, uint8_t *ret_bytes, size_t room)
{
    body *y = user;
    monitor *lock = &y->t.owner->mail.lock;
    size_t done = 0;
    monitor_lock(lock);
    while (done < room && (!is_copied(y) || body_advance(y))) {
        const size_t n = copy_record(y, ret_bytes + done, room - done);
        y->at += n;
        done += n;
    }
    const uint64_t now = clock_ms();
    if (done == 0 && now < body_ends_at(y)) {
        y->is_waiting = true;
        done = HTTP_SOURCE_WAITS;
    } else if (done == 0) {
        y->has_ended = true;
        y->ended_ms = now;
    }
    monitor_unlock(lock);
    return done;
}

bool body_goes_on(transfer *t, uint64_t now_ms, uint64_t *ret_at_ms)
{
    body *y = (body *)t;
    *ret_at_ms = DELIVERY_NEVER;
    if (!t->is_running || !y->is_waiting)
        return false;
    *ret_at_ms = body_ends_at(y);
    const bool has_more = !y->has_ended && y->last->next != NULL && !body_is_full(y);
    if (!has_more && now_ms < *ret_at_ms)
        return false;
    y->is_waiting = false;
    return true;
}

/* ---- beginning ---- */

/* The first packet that waits; NULL: none does. */
static packet *first_waiting(const mailbox *b, size_t *ret_n_ahead)
{
    packet *p = b->out_first;
    *ret_n_ahead = 0;
    while (p != NULL && !mailbox_waits(p)) {
        p = p->next;
        ++*ret_n_ahead;
    }
    return p;
}

/* Whether a body is open that takes that packet in its time: one before its own is repeated by
 * itself. */
static bool is_taken_by(const body *y, const packet *p)
{
    return y->t.is_running && !y->has_ended && (p->number == 0 || p->number > y->last->number);
}

/* All that a body which failed had, or others beside it, must have arrived before there are bodies
 * again: so the way is known to be there. */
static bool is_repeating(const delivery *d, const mailbox *b)
{
    const packet *first = b->out_first;
    return first->number != 0 && first->number < way_to(d, b)->singly_until;
}

/* Bodies that have ended may be full, and count as one that is: nothing begins behind them. */
static bool is_flying_enough(const delivery *d, const mailbox *b)
{
    size_t kept = 0;
    size_t n = 0;
    for (size_t i = 0; i < BODIES; i++) {
        const body *y = &bodies_to(d, b)[i];
        kept += y->t.is_running ? y->kept : 0;
        n += y->t.is_running ? y->n : 0;
    }
    return n >= PACKETS_MAX || kept >= KEPT_MAX;
}

static bool may_begin(const delivery *d, const mailbox *b)
{
    const bodies_way *way = way_to(d, b);
    return way->is_offered && !way->is_held_up && way->n_failed < FAILURES && !is_repeating(d, b) &&
           !is_flying_enough(d, b);
}

/* One by one they would share the link, or wait for each other's answers. */
static bool is_worthwhile(const packet *p, size_t n_ahead)
{
    return !p->is_last && p->bytes.len <= RECORD_MAX &&
           (p->bytes.len >= MAILBOX_GATHER_BYTES || n_ahead >= AHEAD_MIN);
}

static transfer *bodies_next(delivery *d, mailbox *b, bool *ret_is_taken)
{
    size_t n_ahead = 0;
    packet *p = mailbox_is_shut(b) ? NULL : first_waiting(b, &n_ahead);
    body *y = NULL;
    bool is_any_open = false;
    *ret_is_taken = false;
    if (p == NULL)
        return NULL;
    for (size_t i = 0; i < BODIES; i++) {
        body *each = &bodies_to(d, b)[i];
        if (!each->t.is_running)
            y = each;
        is_any_open = is_any_open || (each->t.is_running && !each->has_ended);
        *ret_is_taken = *ret_is_taken || is_taken_by(each, p);
    }
    if (is_any_open || y == NULL || !may_begin(d, b) || !is_worthwhile(p, n_ahead))
        return NULL;
    *y = (body){.t = y->t};
    y->t.packet = p;
    y->begun_ms = clock_ms();
    body_take(y, p);
    y->first_number = p->number;
    d->link->prepare_body(d, b, p, &y->t.call);
    http_header(&y->t.call, "Content-Type: application/octet-stream");
    http_body_from(&y->t.call, body_source, y);
    *ret_is_taken = true;
    return &y->t;
}

/* ---- the end ---- */

/* Gives back what it took. */
static void body_release(body *y, void (*give)(mailbox *b, packet *p))
{
    packet *p = y->t.packet;
    for (; y->n != 0; y->n--) {
        packet *next = p->next;
        give(y->t.box, p);
        p = next;
    }
    y->t.packet = NULL;
}

/* The server tells for how long the body came. Where it passes at once, that is no less than it
 * took to send. But a slow server has it come slowly, too: nothing is there while such a body that
 * has been sent is open, however long. */
static void learn_way(const body *y)
{
    bodies_way *way = way_to(y->t.owner, y->t.box);
    char text[16];
    const uint64_t sent_ms = y->ended_ms - y->begun_ms;
    if (way->is_passing && !y->has_passed && y->ended_ms - y->taken_ms >= LINGER_MS) {
        way->is_passing = false;
        way->is_held_up = true;
    }
    if (way->is_passing || way->is_held_up || sent_ms < PROVING_MS)
        return;
    way->is_passing = http_response_header(&y->t.call, WIRE_BODY, text, sizeof text) &&
                      2 * strtoull(text, NULL, 10) >= sent_ms;
    way->is_held_up = !way->is_passing;
}

static void body_sent(transfer *t)
{
    body *y = (body *)t;
    bodies_way *way = way_to(t->owner, t->box);
    if (y->ended_ms == 0)
        return; /* the answer is none to packets that it has not seen */
    way->n_failed = 0;
    learn_way(y);
    body_release(y, mailbox_sent);
    delivery_succeeded(t);
}

/* One that began before another failed says nothing new, nor does its length. */
static void note_failure(const body *y)
{
    bodies_way *way = way_to(y->t.owner, y->t.box);
    if (y->first_number < way->singly_until)
        return;
    way->n_failed++;
    if (y->bytes <= BODY_MAX)
        return;
    way->short_ms = way->short_ms == 0 ? SHORT_MS : 2 * way->short_ms;
    way->short_until_ms = clock_ms() + way->short_ms;
}

/* No other goes on: the peer takes nothing of it before these packets have come again. */
static void body_take_back(transfer *t)
{
    body *y = (body *)t;
    if (t->packet == NULL)
        return;
    note_failure(y);
    way_to(t->owner, t->box)->singly_until = t->box->next_number;
    for (size_t i = 0; i < BODIES; i++)
        bodies_to(t->owner, t->box)[i].has_ended = true;
    body_release(y, mailbox_not_sent);
}

void bodies_offered(delivery *d, size_t party)
{
    d->bodies->ways[party].is_offered = true;
}

/* The last one stays: of it the body may still be read. */
static void body_drop_arrived(body *y, uint64_t number)
{
    while (y->t.packet != y->last && y->t.packet->number <= number) {
        packet *p = y->t.packet;
        y->t.packet = p->next;
        y->kept -= RECORD_HEAD + p->bytes.len;
        y->n--;
        way_to(y->t.owner, y->t.box)->n_failed = 0;
        mailbox_sent(y->t.box, p);
    }
}

/* That a packet of a body has come before its end shows that such bodies pass at once. */
static void note_passing(body *y, uint64_t number)
{
    bodies_way *way = way_to(y->t.owner, y->t.box);
    if (number >= y->first_number && y->ended_ms == 0)
        way->is_passing = y->has_passed = true;
    else if (y->ended_ms == 0)
        way->n_in_vain++;
}

/* Some hold back the last bytes, as if more came at once: the end of the body sets these free. Not
 * where so much is on its way that it may still be coming. */
static void note_lagging(body *y, uint64_t number, uint64_t asked_ms)
{
    y->is_whole = number >= y->last->number;
    if (y->is_waiting && !y->is_whole && y->kept <= LAGGING_MAX &&
        asked_ms >= y->taken_ms + LAGGING_MS)
        y->has_ended = true;
}

/* Who is busy has nothing new to tell for a while. */
static void note_heard(const delivery *d, size_t party, uint64_t received)
{
    bodies_way *way = &d->bodies->ways[party];
    const bool is_busy = received == way->received && bodies_want_to_know(d, party);
    way->ask_ms = is_busy ? min_u64(2 * way->ask_ms, ASK_MAX_MS) : ASK_MS;
    way->received = received;
    way->heard_ms = clock_ms();
}

void bodies_arrived(delivery *d, size_t party, uint64_t number, uint64_t asked_ms)
{
    for (size_t i = 0; i < BODIES; i++) {
        body *y = &d->bodies->bodies[party * BODIES + i];
        if (!y->t.is_running || y->t.packet == NULL)
            continue;
        note_passing(y, number);
        body_drop_arrived(y, number);
        note_lagging(y, number, asked_ms);
    }
    note_heard(d, party, number);
}

bool bodies_want_to_know(const delivery *d, size_t party)
{
    const bool is_known = d->bodies->ways[party].is_passing;
    size_t kept = 0;
    size_t n = 0;
    for (size_t i = 0; i < BODIES; i++) {
        const body *y = &d->bodies->bodies[party * BODIES + i];
        if (!y->t.is_running || y->has_ended)
            continue;
        if (!is_known || (y->is_waiting && !y->is_whole))
            return true;
        kept += y->kept;
        n += y->n;
    }
    return kept >= ASK_BYTES || n >= ASK_PACKETS;
}

uint64_t bodies_ask_at(const delivery *d, size_t party)
{
    const bodies_way *way = &d->bodies->ways[party];
    return bodies_want_to_know(d, party) ? way->heard_ms + way->ask_ms : DELIVERY_NEVER;
}

/* ---- life ---- */

static bool bodies_init(delivery *d)
{
    const size_t parties = d->mail.parties;
    d->bodies = mem_new(1, sizeof *d->bodies);
    if (d->bodies == NULL)
        return false;
    d->bodies->ways = mem_new(parties, sizeof *d->bodies->ways);
    d->bodies->bodies = mem_new(parties * BODIES, sizeof *d->bodies->bodies);
    if (d->bodies->ways == NULL || d->bodies->bodies == NULL)
        return false;
    for (size_t i = 0; i < parties * BODIES; i++) {
        transfer *t = &d->bodies->bodies[i].t;
        *t = (transfer){.owner = d,
                        .box = &d->mail.boxes[i / BODIES],
                        .is_sending = true,
                        .is_body = true,
                        .lane = i % BODIES};
        http_call_init(&t->call, DELIVERY_ANSWER_MAX);
    }
    return true;
}

static void bodies_clear(delivery *d)
{
    bodies_state *s = d->bodies;
    if (s == NULL)
        return;
    for (size_t i = 0; s->bodies != NULL && i < d->mail.parties * BODIES; i++)
        http_call_clear(&s->bodies[i].t.call);
    mem_free(s->bodies);
    mem_free(s->ways);
    mem_free(s);
    d->bodies = NULL;
}

static transfer *bodies_at(const delivery *d, size_t party, size_t i)
{
    return &d->bodies->bodies[party * BODIES + i].t;
}

const delivery_bodies bodies_of_packets = {
    .each = BODIES,
    .init = bodies_init,
    .clear = bodies_clear,
    .at = bodies_at,
    .next = bodies_next,
    .sent = body_sent,
    .take_back = body_take_back,
};
