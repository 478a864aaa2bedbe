/* The direct channel's server: POST /msg/{from}. See direct.h. */
#include "channel/http/direct.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "channel/http/bodies.h"
#include "channel/http/courier.h"
#include "httpd/text.h"
#include "wire/wire.h"

#define HOLD_ROOM_MS 10000 /* while the inbox is full, or a packet before it is missing */
#define HOLD_BODY_MS 30000 /* the same of a body of many packets: all is sent anew */
/* Bodies of one party at a time: those on their way, and a repeat. */
#define ARRIVING_MAX (DELIVERY_FLIGHT_MAX + FRAME_PACKET_MAX)

typedef enum standing { KNOWN, NOT_YET_KNOWN, STRANGER } standing;

static size_t post_take(httpd_request *http, const char *bytes, size_t len);

/* ---- head ---- */

/* Behind a reverse proxy the path may come with the own URL's prefix or without. */
static const char *without_prefix(const char *path, const char *prefix)
{
    const size_t len = strlen(prefix);
    return strncmp(path, prefix, len) == 0 && path[len] == '/' ? path + len : path;
}

void direct_post_begin(direct_post *r, direct *owner, const char *method, const char *path)
{
    httpd_request *http = &r->http;
    uint64_t from = 0;
    r->owner = owner;
    const mailboxes *m = &owner->d.mail;
    path = without_prefix(path, owner->prefix);
    http->allow = "POST";
    const size_t msg = strlen(owner->inbox);
    if (strncmp(path, owner->inbox, msg) != 0) {
        httpd_refuse(http, 404,
                     "no such path: the party that answers there has another in its URL");
    } else if (strcmp(method, "POST") != 0) {
        httpd_refuse(http, 405, "this path does not take that method");
    } else if (!text_number(path + msg, strlen(path + msg), m->parties - 1, &from)) {
        httpd_refuse(http, 404, "the computation here has no such party");
    } else if (from == m->party) {
        httpd_refuse(http, 404, "that is this party itself: are the URLs in the same order?");
    } else {
        r->has_from = true;
        r->from = (size_t)from;
    }
}

static void post_begin(httpd_request *http, const char *method, const char *path)
{
    direct *owner = httpd_user(http->server);
    (void)atomic_fetch_add(&owner->n_users, 1);
    direct_post_begin((direct_post *)http, owner, method, path);
}

/* The only value of a header that may come once. */
static void take_once(httpd_request *http, const char **ret_value, const char *value)
{
    if (*ret_value != NULL)
        httpd_refuse(http, 400, "a header came twice");
    *ret_value = value;
}

static void post_header(httpd_request *http, const char *name, const char *value)
{
    direct_post *r = (direct_post *)http;
    if (strcasecmp(name, WIRE_SESSION) == 0) {
        take_once(http, &r->session, value);
    } else if (strcasecmp(name, WIRE_CLIENT) == 0) {
        take_once(http, &r->client, value);
    } else if (strcasecmp(name, WIRE_TO) == 0) {
        take_once(http, &r->to, value);
    } else if (strcasecmp(name, WIRE_TERMS) == 0) {
        r->terms = value;
    } else if (strcasecmp(name, WIRE_LAST) == 0) {
        r->is_last = true;
    } else if (strcasecmp(name, WIRE_BODY) == 0) {
        r->is_body = true;
    } else if (strcasecmp(name, WIRE_SEQ) == 0) {
        if (r->has_number || !text_number(value, strlen(value), UINT64_MAX - 1, &r->number) ||
            r->number == 0)
            httpd_refuse(http, 400, WIRE_SEQ " is one number from 1");
        r->has_number = true;
    }
}

/* Who posts. With the lock held. */
static standing standing_of(const direct_post *r)
{
    char commit[HEX_SIZE(DIRECT_COMMIT_BYTES)];
    const direct_peer *o = &r->owner->others[r->from];
    if (o->its_commit[0] == '\0')
        return NOT_YET_KNOWN;
    direct_commit(commit, r->client);
    return sodium_memcmp(commit, o->its_commit, sizeof commit) == 0 ? KNOWN : STRANGER;
}

static bool is_in_session(const direct_post *r)
{
    return r->session != NULL && strcmp(r->session, r->owner->d.session) == 0;
}

/* Of one who asks: noted for the user, and believed by nobody. */
static void note_rumour(direct *d, const char *terms)
{
    char own[TERMS_FIELD_MAX + 1];
    char other[TERMS_FIELD_MAX + 1];
    if (!terms_are_good(terms, strlen(terms)) || !terms_differ(own, other, d->d.terms, terms))
        return;
    monitor_lock(&d->d.mail.lock);
    (void)snprintf(d->rumour, sizeof d->rumour, "; a request says %s, and it is %s here", other,
                   own);
    monitor_unlock(&d->d.mail.lock);
}

/* All of the head is there. A body is kept only of those who are known. */
static void post_check(httpd_request *http)
{
    direct_post *r = (direct_post *)http;
    mailboxes *m = &r->owner->d.mail;
    uint64_t to = 0;
    if (r->terms != NULL && is_in_session(r))
        note_rumour(r->owner, r->terms);
    if (http->refusal != 0)
        return;
    if (r->session == NULL || r->client == NULL || r->to == NULL) {
        httpd_refuse(http, 400,
                     WIRE_SESSION ", " WIRE_CLIENT " and " WIRE_TO " must say "
                                  "who talks to whom");
        return;
    }
    monitor_lock(&m->lock);
    if (strcmp(r->session, r->owner->d.session) != 0)
        httpd_refuse(http, m->closing ? 503 : 409, "this party takes part in another session");
    else if (!text_number(r->to, strlen(r->to), m->parties - 1, &to) || to != m->party)
        httpd_refuse(http, 409, "this party has another number: are the URLs in the same order?");
    const bool is_known = standing_of(r) == KNOWN;
    http->wants_body = r->has_number && is_known;
    http->take = r->is_body ? post_take : NULL;
    r->came_ms = clock_ms();
    http->gives_way = !is_known;
    monitor_unlock(&m->lock);
}

/* ---- body ---- */

static bool post_charge(httpd_request *http, size_t len)
{
    const direct_post *r = (direct_post *)http;
    mailboxes *m = &r->owner->d.mail;
    mailbox *b = &m->boxes[r->from];
    monitor_lock(&m->lock);
    /* A hub's server may have a larger limit for other requests. */
    const bool fits =
        http->body.len + len <= FRAME_PACKET_MAX && len <= ARRIVING_MAX - b->arriving - b->early;
    size_t *bytes = r->is_early ? &b->early : &b->arriving;
    *bytes += fits ? len : 0;
    monitor_unlock(&m->lock);
    return fits;
}

static void post_discharge(httpd_request *http, size_t len)
{
    const direct_post *r = (direct_post *)http;
    mailboxes *m = &r->owner->d.mail;
    monitor_lock(&m->lock);
    size_t *bytes = r->is_early ? &m->boxes[r->from].early : &m->boxes[r->from].arriving;
    PT_ASSERT(*bytes >= len);
    *bytes -= len;
    monitor_unlock(&m->lock);
}

/* ---- answers; with the lock held ---- */

/* Every answer to a known party number tells the hash of our number for it. */
static enum MHD_Result post_reply(direct_post *r, unsigned status, int retry_after_s,
                                  const char *text)
{
    return httpd_reply_with(&r->http, status, retry_after_s, text, WIRE_COMMIT,
                            r->owner->others[r->from].commit);
}

static bool may_wait(direct_post *r)
{
    const uint64_t now = clock_ms();
    if (r->http.deadline_ms == 0)
        r->http.deadline_ms = now + (r->is_body ? HOLD_BODY_MS : HOLD_ROOM_MS);
    return now < r->http.deadline_ms;
}

/* Moves the body into the inbox. False when out of memory. */
static bool put_packet(direct_post *r, mailbox *b)
{
    message m = {0};
    m.bytes = buffer_take(&r->http.body, &m.len);
    if (m.bytes == NULL)
        m.bytes = mem_new(1, 1);
    if (m.bytes != NULL && mailbox_receive(b, m))
        return true;
    mem_free(m.bytes);
    return false;
}

/* What waits for packets before it is no sign that these come. With the lock held. */
static void post_set_early(direct_post *r, mailbox *b, bool is_early)
{
    if (r->is_early == is_early)
        return;
    size_t *from = is_early ? &b->arriving : &b->early;
    size_t *to = is_early ? &b->early : &b->arriving;
    PT_ASSERT(*from >= r->http.charged);
    *from -= r->http.charged;
    *to += r->http.charged;
    r->is_early = is_early;
}

/* It came before one that it follows: not what is awaited, and no sign that this comes. */
static enum MHD_Result post_wait_for_turn(direct_post *r, mailbox *b)
{
    if (r->number - b->n_received > DIRECT_LANES)
        return post_reply(r, 409, -1, "a message before this one is missing\n");
    if (!may_wait(r))
        return post_reply(r, 429, 1, "a message before this one has not come yet\n");
    post_set_early(r, b, true);
    httpd_hold(&r->http);
    return MHD_YES;
}

/* Takes the packet in, which is the next one, unless there is no room. False when out of memory. */
static bool post_take_in(direct_post *r, mailbox *b)
{
    const mailboxes *m = &r->owner->d.mail;
    if (m->closing || !mailbox_is_wanted(b))
        mailbox_ignore(b);
    else if (!put_packet(r, b))
        return false;
    if (r->is_last)
        mailbox_shut(b);
    if (b->early != 0)
        httpd_wake(r->http.server);
    return true;
}

static bool post_has_room(const direct_post *r, const mailbox *b)
{
    return r->owner->d.mail.closing || !mailbox_is_wanted(b) || mailbox_has_room(b);
}

/* Takes the packet in; 200 once that is done. */
static enum MHD_Result post_take_packet(direct_post *r)
{
    mailboxes *m = &r->owner->d.mail;
    mailbox *b = &m->boxes[r->from];
    if (r->number <= b->n_received)
        return post_reply(r, 200, -1, "");
    if (r->number != b->n_received + 1)
        return post_wait_for_turn(r, b);
    if (!post_has_room(r, b)) {
        if (!may_wait(r))
            return post_reply(r, 429, 1, "full: this party has not taken the messages before\n");
        httpd_hold(&r->http);
        return MHD_YES;
    }
    if (!post_take_in(r, b)) {
        mailbox_fail(b, PT_ERR_MEMORY, "out of memory");
        return post_reply(r, 503, -1, "out of memory\n");
    }
    return post_reply(r, 200, -1, "");
}

/* ---- bodies of many packets ---- */

/* Whether the packet may be completed: it is the next one and there is room, or it came before.
 * Else it waits, not for ever, or is refused. With the lock held. */
static bool record_may_come(direct_post *r, mailbox *b)
{
    httpd_request *http = &r->http;
    const bool is_next = r->number == b->n_received + 1;
    if (r->owner->is_gone || httpd_is_stopping(http->server))
        httpd_refuse(http, 503, "this party is closing");
    else if (standing_of(r) != KNOWN || mailbox_has_failed(b))
        httpd_refuse(http, 409, "the party that answers there has given up on the asking one");
    else if (r->number <= b->n_received || (is_next && post_has_room(r, b)))
        post_set_early(r, b, false);
    else if (!may_wait(r))
        httpd_refuse(http, 429, "full: packets before these have not come or not been taken");
    else
        httpd_hold(http);
    if (http->held)
        post_set_early(r, b, !is_next);
    return !http->held && http->refusal == 0;
}

/* The packet is whole. With the lock held. */
static void record_hand_on(direct_post *r, mailbox *b, bool is_last)
{
    r->is_last = is_last;
    if (r->number <= b->n_received || post_take_in(r, b))
        return;
    mailbox_fail(b, PT_ERR_MEMORY, "out of memory");
    httpd_refuse(&r->http, 503, "out of memory");
}

/* Completes the packet: an httpd_take_record. */
static bool record_end(httpd_request *http, bool is_last)
{
    direct_post *r = (direct_post *)http;
    monitor *lock = &r->owner->d.mail.lock;
    mailbox *b = &r->owner->d.mail.boxes[r->from];
    monitor_lock(lock);
    const bool may_come = record_may_come(r, b);
    if (may_come)
        record_hand_on(r, b, is_last);
    monitor_unlock(lock);
    if (!may_come)
        return false;
    http->deadline_ms = 0;
    r->number++;
    return true;
}

static size_t post_take(httpd_request *http, const char *bytes, size_t len)
{
    return httpd_take_records(http, &((direct_post *)http)->records, record_end, bytes, len);
}

/* The body is at its end. Tells for how long it came. */
static enum MHD_Result post_end_body(direct_post *r)
{
    if (!httpd_records_are_whole(&r->records))
        return post_reply(r, 400, -1, "a body of several packets ends within one\n");
    return post_reply(r, 200, -1, "");
}

static enum MHD_Result answer_locked(direct_post *r)
{
    mailboxes *m = &r->owner->d.mail;
    direct_peer *o = &r->owner->others[r->from];
    if (r->owner->is_gone || httpd_is_stopping(r->http.server))
        return post_reply(r, 503, 1, "this party is closing\n");
    const standing who = standing_of(r);
    direct_commit(o->answered_commit, r->client);
    if (who == KNOWN) {
        /* It meets us by this answer, if it has not yet. */
        if (!r->owner->is_open && !o->accepted) {
            o->accepted = true;
            monitor_wake(&m->lock);
        }
        if (mailbox_has_failed(&m->boxes[r->from]))
            return post_reply(r, 409, -1,
                              "the party that answers there has given up on the asking one\n");
        if (!r->has_number)
            return post_reply(r, 200, -1, "");
        if (r->is_body && r->http.wants_body)
            return post_end_body(r);
        /* Known only by now: the body was not kept. It will come again. */
        return r->http.wants_body ? post_take_packet(r)
                                  : post_reply(r, 503, 0, "once more, please\n");
    }
    o->is_wanted = true;
    if (who == STRANGER)
        return post_reply(r, 403, -1, "not the party that answers at its URL\n");
    return post_reply(r, 403, -1,
                      "the party that answers there has not reached the asking one at its URL\n");
}

static enum MHD_Result post_answer(httpd_request *http)
{
    direct_post *r = (direct_post *)http;
    mailboxes *m = &r->owner->d.mail;
    monitor_lock(&m->lock);
    const enum MHD_Result result = answer_locked(r);
    /* With the lock, under which a channel that ends has its courier stopped. */
    if (r->owner->others[r->from].is_wanted && !r->owner->is_gone)
        courier_nudge(m);
    monitor_unlock(&m->lock);
    return result;
}

static void post_add_number(struct MHD_Response *response, const char *name, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    (void)MHD_add_response_header(response, name, text);
}

/* What the answer tells of bodies of many packets. */
static void post_add_bodies(const direct_post *r, struct MHD_Response *response)
{
    const mailboxes *m = &r->owner->d.mail;
    const bool has_come = r->is_body && !r->http.head.has_length; /* else somebody kept it */
    post_add_number(response, WIRE_BODY, has_come ? clock_ms() - r->came_ms : 0);
    post_add_number(response, WIRE_RECEIVED, m->boxes[r->from].n_received);
}

/* Every answer within the session tells what this party runs, also one that disagrees on who is
 * who.
 */
static void post_finish(httpd_request *http, unsigned status, struct MHD_Response *response)
{
    const direct_post *r = (const direct_post *)http;
    const direct *d = r->owner;
    (void)status;
    if (r->has_from && is_in_session(r))
        post_add_bodies(r, response);
    if (d->d.terms[0] == '\0' || !is_in_session(r))
        return;
    (void)MHD_add_response_header(response, WIRE_TERMS, d->d.terms);
}

static void post_end(httpd_request *http, bool sent)
{
    direct_post *r = (direct_post *)http;
    (void)sent;
    if (http->charged != 0)
        post_discharge(http, http->charged);
    http->charged = 0;
    direct_release(r->owner);
    r->owner = NULL;
}

/* There is room again, or the channel closes. */
static void server_woken(void *user)
{
    const direct *d = user;
    for (httpd_request *h = httpd_held(d->server), *next; h != NULL; h = next) {
        next = h->next;
        httpd_release(h);
    }
}

const httpd_app direct_app = {
    .name = "the party's server",
    .request_size = sizeof(direct_post),
    .body_max = FRAME_PACKET_MAX,
    .too_long = "a message is at most " WIRE_MESSAGE_MAX_TEXT,
    .begin = post_begin,
    .header = post_header,
    .check = post_check,
    .charge = post_charge,
    .discharge = post_discharge,
    .answer = post_answer,
    .finish = post_finish,
    .end = post_end,
    .woken = server_woken,
};
