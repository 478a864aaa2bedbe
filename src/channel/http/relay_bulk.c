#include "channel/http/relay_bulk.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/min.h"
#include "channel/http/bodies.h"
#include "channel/http/relay_impl.h"
#include "wire/wire.h"

#define BODY_HOLD_S 30   /* that long a packet of a body may wait: all is sent anew */
#define UNTOLD_MS   1000 /* after a question that was not answered */
#define POLLS_SMALL 4    /* for packets of a party at once, while they are small */
#define POLLS_IDLE  2    /* or none came for a while */
#define SMALL_MAX   ((size_t)16 << 10)
#define FLOWING_MS  500
#define EARLY_MAX   ((size_t)4 << 20) /* bytes of packets that came before others */

/* Those that ask a party: for a packet each; and which of those for it have come. */
enum { ASKER_ARRIVED = RELAY_POLLS, ASKERS };

_Static_assert(ASKERS <= DELIVERY_ASKERS_MAX, "there are as many");

static void bulk_joined(delivery *d, const http_call *call)
{
    char text[8];
    ((relay_channel *)d)->takes_bodies = http_response_header(call, WIRE_BODY, text, sizeof text);
}

/* ---- sending ---- */

static void bulk_prepare_body(delivery *d, const mailbox *b, const packet *p, http_call *call)
{
    const relay_channel *c = (relay_channel *)d;
    http_prepare(call, HTTP_POST, c->base, WIRE_BODIES("%s", "%zu", "%zu") "?" WIRE_WAIT "=%d%s",
                 d->session, d->mail.party, b->party, BODY_HOLD_S,
                 d->mail.parties == 2 ? "&" WIRE_LEAVE "=1" : "");
    relay_add_headers(c, call, p->number, b->out_first->number);
}

/* Whether the answer tells which packets have come. */
static bool note_arrived(const transfer *t)
{
    char text[24];
    if (t->call.status != 200 || !http_response_header(&t->call, WIRE_RECEIVED, text, sizeof text))
        return false;
    bodies_arrived(t->owner, t->box->party, strtoull(text, NULL, 10), t->started_ms);
    return true;
}

static void bulk_sent(delivery *d, transfer *t)
{
    if (!t->is_body) {
        relay_sent(d, t);
    } else if (note_arrived(t)) { /* else its packets are sent one by one, and judged then */
        relay_note_left((relay_channel *)d, &t->call);
        delivery_sent(t);
    }
}

/* ---- asking ---- */

/* Several ask at once, so that there is always one at the relay for the packet that comes there.
 * Each asks for one of the next RELAY_POLLS packets, and has those at that distance behind it that
 * are there too, so that none is asked for by two. */
static uint64_t number_to_ask(const transfer *t)
{
    const relay_channel *c = (const relay_channel *)t->owner;
    const uint64_t first = relay_first_missing(t->box);
    if (c->n_polls <= 1)
        return first + t->lane;
    return first + (t->lane + RELAY_POLLS - first % RELAY_POLLS) % RELAY_POLLS +
           RELAY_POLLS * relay_poll_of(c, t)->early.count;
}

/* Whether messages come one after the other, and so many more answers of their size are not too
 * much for a link that all of them share. Small ones are few, and who asks for many has no
 * connection left for what it sends. */
static bool is_flowing(const relay_channel *c, const mailbox *b, uint64_t more)
{
    uint64_t last_ms = 0;
    size_t longest = 0;
    for (size_t i = 0; i < RELAY_POLLS; i++) {
        const relay_poll *p = &c->polls[b->party * RELAY_POLLS + i];
        last_ms = relay_later(last_ms, p->received_ms);
        longest = max_size(longest, p->received_len);
    }
    return clock_ms() - last_ms < FLOWING_MS && more * longest <= DELIVERY_FLIGHT_MAX &&
           (more <= POLLS_SMALL || longest > SMALL_MAX);
}

/* Whether it may ask for a message behind the first that is missing. */
static bool may_ask_ahead(const relay_channel *c, const transfer *t)
{
    const size_t n_early = relay_poll_of(c, t)->early.count;
    const uint64_t ahead = number_to_ask(t) - RELAY_POLLS * n_early - relay_first_missing(t->box);
    return ahead < c->n_polls && mailbox_has_room(t->box) &&
           (n_early == 0 ||
            (c->gives_many && n_early < WIRE_TOGETHER && t->box->early < EARLY_MAX)) &&
           (ahead < POLLS_IDLE || is_flowing(c, t->box, ahead + 1));
}

static void bulk_ask(transfer *t)
{
    const relay_channel *c = (const relay_channel *)t->owner;
    const bool is_much = c->is_numbered && c->n_polls > 1 && is_flowing(c, t->box, 1);
    relay_ask_for(t, number_to_ask(t), is_much ? RELAY_POLLS : 0);
}

static void bulk_prepare_asking(delivery *d, transfer *t)
{
    const relay_channel *c = (relay_channel *)d;
    if (c->takes_bodies)
        bodies_offered(d, t->box->party);
    if (t->lane < RELAY_POLLS) {
        bulk_ask(t);
        return;
    }
    http_prepare(&t->call, HTTP_GET, c->base, WIRE_BODIES("%s", "%zu", "%zu"), d->session,
                 d->mail.party, t->box->party);
    relay_add_headers(c, &t->call, 1, 1);
}

static uint64_t bulk_ask_at(const delivery *d, const transfer *t)
{
    if (t->lane < RELAY_POLLS)
        return number_to_ask(t) == relay_first_missing(t->box) ||
                       may_ask_ahead((const relay_channel *)d, t)
                   ? relay_ask_at(d, t)
                   : DELIVERY_NEVER;
    const uint64_t at = bodies_ask_at(d, t->box->party);
    return at > t->not_before_ms ? at : t->not_before_ms;
}

/* Keeps a packet until those before it are here, taking over its bytes; false when out of memory.
 */
static bool keep_early(mailbox *b, relay_poll *asked, message m)
{
    if (m.bytes == NULL && m.len == 0)
        m.bytes = mem_new(1, 1);
    if (m.bytes == NULL)
        return false;
    if (!queue_put_taken(&asked->early, m)) {
        mem_free(m.bytes);
        return false;
    }
    b->early += m.len;
    return true;
}

/* Of an answer of many packets. If something is wrong with it, the packets' reader will say so;
 * those that are too many are asked for again. */
static bool keep_records(const transfer *t, relay_poll *asked)
{
    reader r;
    reader_init(&r, t->call.response.bytes, t->call.response.len);
    while (reader_left(&r) != 0 && asked->early.count < (size_t)2 * WIRE_TOGETHER) {
        const size_t said = reader_u32(&r);
        const size_t len = min_size(said, reader_left(&r));
        const uint8_t *bytes = reader_take(&r, len);
        if (!keep_early(t->box, asked, (message){message_copy(bytes, len), len}))
            return false;
    }
    return true;
}

/* Hands on what came early, as far as nothing is missing before it. */
static bool receive_early(const relay_channel *c, mailbox *b)
{
    for (;;) {
        relay_poll *next = &c->polls[b->party * RELAY_POLLS + relay_first_missing(b) % RELAY_POLLS];
        const message *m = queue_first(&next->early);
        if (m == NULL)
            return true;
        if (!mailbox_receive(b, *m))
            return false;
        b->early -= queue_take(&next->early).len;
    }
}

static bool received_packets(relay_channel *c, transfer *t)
{
    relay_poll *asked = relay_poll_of(c, t);
    char every[8];
    message m = {0};
    asked->n_empty = 0;
    asked->received_ms = clock_ms();
    asked->received_len = t->call.response.len;
    delivery_succeeded(t);
    if (asked->number == relay_first_missing(t->box) && !mailbox_has_room(t->box))
        return true; /* only a sign of life */
    if (http_response_header(&t->call, WIRE_EVERY_HEADER, every, sizeof every)) {
        c->gives_many = true;
        return keep_records(t, asked) && receive_early(c, t->box);
    }
    m.bytes = buffer_take(&t->call.response, &m.len);
    return keep_early(t->box, asked, m) && receive_early(c, t->box);
}

static void bulk_asked_for_packets(relay_channel *c, transfer *t)
{
    const bool is_ahead =
        c->is_numbered && relay_poll_of(c, t)->number != relay_first_missing(t->box);
    if (t->call.status == 200 && c->n_polls > 1) {
        if (!received_packets(c, t))
            mailbox_fail(t->box, PT_ERR_MEMORY, "out of memory");
    } else if (t->call.status == 410 && is_ahead) {
        relay_received_nothing(t); /* which says nothing of those before it */
    } else {
        relay_asked(&c->d, t);
    }
}

static void bulk_asked(delivery *d, transfer *t)
{
    if (t->lane < RELAY_POLLS) {
        bulk_asked_for_packets((relay_channel *)d, t);
        return;
    }
    delivery_succeeded(t); /* what is wrong others will say */
    if (!note_arrived(t))
        t->not_before_ms = clock_ms() + UNTOLD_MS;
}

const delivery_link relay_bulk_link = {
    .lanes = RELAY_LANES,
    .askers = ASKERS,
    .prepare_sending = relay_prepare_sending,
    .prepare_asking = bulk_prepare_asking,
    .prepare_body = bulk_prepare_body,
    .ask_at = bulk_ask_at,
    .sent = bulk_sent,
    .asked = bulk_asked,
    .prepare_warming = relay_prepare_warming,
    .bodies = &bodies_of_packets,
    .joined = bulk_joined,
};
