#include "channel/http/relay_bulk.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "channel/http/bodies.h"
#include "channel/http/relay_impl.h"
#include "wire/wire.h"

#define BODY_HOLD_S 30   /* that long a packet of a body may wait: all is sent anew */
#define UNTOLD_MS   1000 /* after a question that was not answered */

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

static void bulk_prepare_asking(delivery *d, transfer *t)
{
    const relay_channel *c = (relay_channel *)d;
    if (c->takes_bodies)
        bodies_offered(d, t->box->party);
    if (t->lane < RELAY_POLLS) {
        relay_prepare_asking(d, t);
        return;
    }
    http_prepare(&t->call, HTTP_GET, c->base, WIRE_BODIES("%s", "%zu", "%zu"), d->session,
                 d->mail.party, t->box->party);
    relay_add_headers(c, &t->call, 1, 1);
}

static uint64_t bulk_ask_at(const delivery *d, const transfer *t)
{
    if (t->lane < RELAY_POLLS)
        return relay_ask_at(d, t);
    const uint64_t at = bodies_ask_at(d, t->box->party);
    return at > t->not_before_ms ? at : t->not_before_ms;
}

static void bulk_asked(delivery *d, transfer *t)
{
    if (t->lane < RELAY_POLLS) {
        relay_asked(d, t);
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
