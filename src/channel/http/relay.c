#include "channel/http/relay_impl.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/random.h"
#include "channel/attendance.h"
#include "channel/http/url.h"
#include "wire/wire.h"

#define RESPONSE_MAX       ((size_t)64 << 10)
#define RESPONSE_TERMS_MAX 1024
#define POLLS_LEAST        2
#define PARTIES_AT_ONCE    8 /* for more there would be too many connections */
#define POLL_FIRST_MS      2 /* between polls of a relay that does not hold them, doubling */
#define POLL_MAX_MS        200
#define HELD_MS            500 /* an empty answer after less was not held */
#define SEATS_HOLD_MS      1000
#define SEATS_POLL_MS      100
#define ALIVE_EVERY_MS     1500 /* less than a quarter of the shortest time-out */
#define ALIVE_TIMEOUT_MS   1000
#define LEAVE_TIMEOUT_MS   2000
#define LEAVE_SPENT_MS     300 /* after something else has timed out */

_Static_assert(RELAY_LANES <= DELIVERY_LANES_MAX && RELAY_POLLS <= DELIVERY_ASKERS_MAX &&
                   RELAY_LANES <= WIRE_AHEAD && RELAY_POLLS <= WIRE_AHEAD,
               "a relay takes as many at once");

/* ---- the link ---- */

/* Proves that the seat is this client's, and says how long that may be silent. */
static void show_token(const relay_channel *c, http_call *call)
{
    http_header(call, WIRE_TIMEOUT ": %" PRIu32, c->d.mail.patience.timeout_ms);
    /* A user and password in the URL are for a proxy before the relay, which reads Authorization.
     */
    if (strcmp(c->base, c->shown) != 0)
        http_header(call, WIRE_TOKEN ": %s", c->token);
    else
        http_header(call, WIRE_AUTHORIZATION ": " WIRE_BEARER "%s", c->token);
}

void relay_add_headers(const relay_channel *c, http_call *call, uint64_t number, uint64_t first)
{
    if (!c->is_numbered)
        return;
    http_header(call, WIRE_SEQ ": %" PRIu64, number);
    if (first != number)
        http_header(call, WIRE_FIRST ": %" PRIu64, first);
    http_header(call, WIRE_SESSION ": %s", c->epoch);
    show_token(c, call);
}

/* With one peer its goodbye is the last message of all. */
void relay_prepare_sending(delivery *d, const mailbox *b, const packet *p, http_call *call)
{
    const relay_channel *c = (relay_channel *)d;
    http_prepare(call, HTTP_POST, c->base, WIRE_SEND("%s", "%zu", "%zu") "?" WIRE_WAIT "=%u%s",
                 d->session, d->mail.party, b->party, d->driver->hold_s,
                 p->is_last && c->is_numbered && d->mail.parties == 2 ? "&" WIRE_LEAVE "=1" : "");
    relay_add_headers(c, call, p->number, b->out_first->number);
}

relay_poll *relay_poll_of(const relay_channel *c, const transfer *t)
{
    return &c->polls[t->box->party * RELAY_POLLS + t->lane];
}

uint64_t relay_first_missing(const mailbox *b)
{
    return b->n_received + 1;
}

void relay_ask_for(transfer *t, uint64_t number, unsigned every)
{
    const delivery *d = t->owner;
    const relay_channel *c = (const relay_channel *)d;
    char more[32] = "";
    if (every != 0)
        (void)snprintf(more, sizeof more, "&" WIRE_EVERY "=%u", every);
    http_prepare(&t->call, HTTP_POST, c->base, WIRE_RECV("%s", "%zu", "%zu") "?" WIRE_WAIT "=%u%s",
                 d->session, t->box->party, d->mail.party, d->driver->hold_s, more);
    relay_poll_of(c, t)->number = number;
    relay_add_headers(c, &t->call, number, relay_first_missing(t->box));
}

static void relay_prepare_asking(delivery *d, transfer *t)
{
    (void)d;
    relay_ask_for(t, relay_first_missing(t->box), 0);
}

uint64_t relay_later(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

/* A full inbox takes nothing, but who asks for nothing counts as dead at the relay after its
 * time-out: it asks now and then all the same, and what is there stays there. */
static uint64_t sign_of_life_at(const delivery *d, const transfer *t)
{
    const relay_channel *c = (const relay_channel *)d;
    if (!c->is_numbered)
        return DELIVERY_NEVER; /* that relay would take the answer for received */
    uint64_t last_ms = 0;
    for (size_t i = 0; i < d->link->askers; i++)
        last_ms = relay_later(last_ms, delivery_asker(d, t->box->party)[i].started_ms);
    return relay_later(t->not_before_ms, last_ms + d->mail.patience.timeout_ms / 4);
}

uint64_t relay_ask_at(const delivery *d, const transfer *t)
{
    if (!mailbox_is_wanted(t->box))
        return DELIVERY_NEVER;
    return mailbox_has_room(t->box) ? t->not_before_ms : sign_of_life_at(d, t);
}

static pt_status class_of_failure(const http_call *call, bool may_pass)
{
    if (call->status == 429)
        return PT_ERR_TIMEOUT;
    if (may_pass || call->status == 409 || call->response.failed)
        return PT_ERR_IO;
    return PT_ERR_REFUSED;
}

/* Anything but success. One relay serves all peers: what breaks it breaks all. */
static void relay_failed(delivery *d, transfer *t)
{
    const relay_channel *c = (relay_channel *)d;
    const bool may_pass = http_is_transient(&t->call);
    char problem[HTTP_PROBLEM_MAX];
    if (may_pass && delivery_retry(t, d->mail.patience.timeout_ms))
        return;
    http_explain(&t->call, problem, sizeof problem);
    mailboxes_fail(&d->mail, class_of_failure(&t->call, may_pass), "relay %s, session %s: %s",
                   c->shown, d->session, problem);
}

void relay_note_left(relay_channel *c, const http_call *call)
{
    char left[8];
    c->has_left = c->has_left || http_response_header(call, WIRE_LEFT, left, sizeof left);
}

void relay_sent(delivery *d, transfer *t)
{
    relay_note_left((relay_channel *)d, &t->call);
    if (t->call.status == 200)
        delivery_sent(t);
    else
        relay_failed(d, t);
}

/* Asks again, not too soon if the relay did not hold the request. */
void relay_received_nothing(transfer *t)
{
    const uint64_t now = clock_ms();
    unsigned *n_empty = &relay_poll_of((relay_channel *)t->owner, t)->n_empty;
    delivery_succeeded(t);
    if (now - t->started_ms >= HELD_MS) {
        *n_empty = 0;
        return;
    }
    uint64_t delay = POLL_FIRST_MS;
    for (unsigned i = 0; i < *n_empty && delay < POLL_MAX_MS; i++)
        delay *= 2;
    t->not_before_ms = now + min_u64(delay, POLL_MAX_MS);
    ++*n_empty;
}

static bool received_packet(const relay_channel *c, transfer *t)
{
    mailbox *b = t->box;
    delivery_succeeded(t);
    relay_poll_of(c, t)->n_empty = 0;
    if (!mailbox_has_room(b))
        return true; /* only a sign of life: see sign_of_life_at */
    message m = {0};
    m.bytes = buffer_take(&t->call.response, &m.len);
    if (m.bytes == NULL)
        m.bytes = mem_new(1, 1);
    if (m.bytes == NULL)
        return false;
    if (mailbox_receive(b, m))
        return true;
    mem_free(m.bytes);
    return false;
}

void relay_asked(delivery *d, transfer *t)
{
    const relay_channel *c = (relay_channel *)d;
    switch (t->call.status) {
    case 200:
        if (!received_packet(c, t))
            mailbox_fail(t->box, PT_ERR_MEMORY, "out of memory");
        break;
    case 400:
    case 404:
        relay_received_nothing(t);
        break;
    case 410:
        delivery_succeeded(t);
        mailbox_gone(t->box);
        break;
    default:
        relay_failed(d, t);
        break;
    }
}

void relay_prepare_warming(delivery *d, http_call *call)
{
    http_prepare(call, HTTP_GET, ((relay_channel *)d)->base, WIRE_PING);
}

const delivery_link relay_link = {
    .lanes = RELAY_LANES,
    .askers = 1,
    .prepare_sending = relay_prepare_sending,
    .prepare_asking = relay_prepare_asking,
    .ask_at = relay_ask_at,
    .sent = relay_sent,
    .asked = relay_asked,
    .prepare_warming = relay_prepare_warming,
};

/* ---- closing ---- */

static bool is_broken(relay_channel *c)
{
    bool broken = false;
    monitor_lock(&c->d.mail.lock);
    for (size_t i = 0; i < c->d.mail.parties; i++)
        broken = broken || mailbox_has_failed(&c->d.mail.boxes[i]);
    monitor_unlock(&c->d.mail.lock);
    return broken;
}

/* Gives the seat back; if that fails, the relay forgets it after a while. */
static void relay_leave(relay_channel *c)
{
    http_call call;
    if (!c->is_numbered || c->has_left || is_broken(c))
        return;
    http_call_init(&call, RESPONSE_MAX);
    http_prepare(&call, HTTP_DELETE, c->base, WIRE_JOIN("%s", "%zu"), c->d.session,
                 c->d.mail.party);
    show_token(c, &call);
    (void)c->d.driver->perform(&c->d, &call,
                               c->d.mail.patience.is_spent ? LEAVE_SPENT_MS : LEAVE_TIMEOUT_MS);
    http_call_clear(&call);
}

static void relay_free(relay_channel *c)
{
    delivery_clear(&c->d);
    mem_free(c->base);
    mem_free(c->shown);
    for (size_t i = 0; c->polls != NULL && i < c->d.mail.parties * RELAY_POLLS; i++)
        queue_clear(&c->polls[i].early);
    mem_free(c->polls);
    mem_free_secret(c, sizeof *c);
}

static void relay_close(void *self)
{
    relay_channel *c = self;
    mailboxes_flush(&c->d.mail);
    c->d.driver->halt(&c->d);
    relay_leave(c);
    relay_free(c);
}

static const pt_channel_ops relay_ops = {
    .send = mailboxes_send, .recv = mailboxes_recv, .close = relay_close};

/* ---- signs of life ---- */

/* When the last request of any kind began. */
static uint64_t last_request_ms(const relay_channel *c)
{
    uint64_t last = c->alive_ms;
    for (size_t i = 0; i < c->d.mail.parties * c->d.link->askers; i++)
        if (c->d.asking[i].started_ms > last)
            last = c->d.asking[i].started_ms;
    for (size_t i = 0; i < c->d.mail.parties * c->d.link->lanes; i++)
        if (c->d.sending[i].started_ms > last)
            last = c->d.sending[i].started_ms;
    return last;
}

void relay_channel_show_life(const pt_channel *channel)
{
    PT_ASSERT(channel->ops == &relay_ops);
    relay_channel *c = channel->self;
    const uint64_t every_ms = min_u64(c->d.mail.patience.timeout_ms / 8, ALIVE_EVERY_MS);
    const uint64_t now = clock_ms();
    if (!c->is_numbered || now - last_request_ms(c) < every_ms)
        return;
    c->alive_ms = now;
    http_call call;
    http_call_init(&call, RESPONSE_MAX);
    http_prepare(&call, HTTP_GET, c->base,
                 WIRE_PARTICIPANTS("%s") "?" WIRE_WAIT "=0&" WIRE_PARTIES "=%zu", c->d.session,
                 c->d.mail.parties);
    show_token(c, &call);
    (void)c->d.driver->perform(&c->d, &call, ALIVE_TIMEOUT_MS);
    http_call_clear(&call);
}

/* ---- calls before the first message ---- */

/* A call that is made until it succeeds. */
typedef struct joining {
    relay_channel *channel;
    http_call call;
    waiting waits;
    bool has_joined;   /* the relay is there */
    uint64_t asked_ms; /* when the last attempt began */
    char problem[160]; /* how the last attempt that tells something ended; "": it is no problem */
} joining;

/* A redirection, or no answer to a path that every relay has. */
static bool is_no_relays_answer(const http_call *call)
{
    return !call->response.failed && ((call->status >= 300 && call->status < 400) ||
                                      call->status == 404 || call->status == 405);
}

static const char *advice_on(const joining *j)
{
    if (is_no_relays_answer(&j->call))
        return "; is this a relay?";
    if (j->call.status == 409 && !j->has_joined)
        return ". Every party needs a number of its own, and a dealer has the one behind the last "
               "party's; where strangers use the same session name, take another";
    return "";
}

/* What an attempt that failed means; PT_OK: another one. */
static pt_status judge_attempt(const joining *j, uint64_t waited, pt_error *error)
{
    const relay_channel *c = j->channel;
    const http_call *call = &j->call;
    const bool is_over = waited >= c->d.mail.patience.timeout_ms;
    /* A seat that cannot be had now but perhaps soon. */
    const bool is_conflict = call->status == 409;
    const bool may_pass = http_is_transient(call) || (is_conflict && call->retry_after_ms != 0);
    if (!may_pass || (is_conflict && is_over))
        return error_set(error, PT_ERR_REFUSED, "relay %s, session %s, party %zu: %s%s", c->shown,
                         c->d.session, c->d.mail.party, j->problem, advice_on(j));
    if (is_over)
        return error_set(error, call->outcome == HTTP_ANSWERED ? PT_ERR_TIMEOUT : PT_ERR_IO,
                         "relay %s cannot be used by party %zu: %s (tried for %llu s)", c->shown,
                         c->d.mail.party, j->problem, waiting_seconds(&j->waits));
    return PT_OK;
}

/* The relay is awaited, not a party, unless it is there and holds its answer. */
static pt_status report_joining_over(const joining *j, pt_error *error)
{
    const pt_status status = patience_report_over(&j->channel->d.mail.patience, error);
    if (status != PT_ERR_CANCELLED || (j->has_joined && j->problem[0] == '\0'))
        return status;
    return error_set(error, status, "cancelled while waiting for the relay %s%s%s",
                     j->channel->shown, j->problem[0] == '\0' ? "" : ": ", j->problem);
}

static void pause_before_attempt(joining *j, unsigned n_failures, uint64_t waited)
{
    const patience *p = &j->channel->d.mail.patience;
    uint64_t delay = delivery_backoff_ms(&j->channel->d, n_failures);
    if (delay < j->call.retry_after_ms)
        delay = j->call.retry_after_ms;
    if (waiting_is_due(&j->waits))
        patience_notice(p, "retrying (%llu s): relay %s: %s", waiting_seconds(&j->waits),
                        j->channel->shown, j->problem);
    patience_sleep(p, min_u64(delay, p->timeout_ms - waited));
}

/* Performs what `prepare` prepares until it succeeds, is refused, or has failed for the timeout. */
static pt_status perform_patiently(joining *j, void (*prepare)(const relay_channel *c, http_call *),
                                   pt_error *error)
{
    relay_channel *c = j->channel;
    const patience *p = &c->d.mail.patience;
    j->waits = waiting_begin();
    j->waits.notice_at_ms = j->waits.start_ms; /* the first failure is told at once */
    for (unsigned n_failures = 0;; n_failures++) {
        const uint64_t before = clock_ms() - j->waits.start_ms;
        const uint64_t left = before < p->timeout_ms ? p->timeout_ms - before : 1;
        if (patience_is_over(p))
            return report_joining_over(j, error);
        prepare(c, &j->call);
        j->asked_ms = clock_ms();
        if (!c->d.driver->perform(&c->d, &j->call, left))
            return error_memory(error);
        if (j->call.status == 200) {
            j->problem[0] = '\0';
            return PT_OK;
        }
        /* That the last, short try was cut off tells less than how the others ended. */
        if (j->call.outcome != HTTP_TIMEOUT || n_failures == 0)
            http_explain(&j->call, j->problem, sizeof j->problem);
        const uint64_t waited = clock_ms() - j->waits.start_ms;
        const pt_status status = judge_attempt(j, waited, error);
        if (status != PT_OK)
            return status;
        pause_before_attempt(j, n_failures, waited);
    }
}

/* ---- joining ---- */

/* For how long the relay may hold an answer until all are there: it must come well before this side
 * gives up. */
static int seats_hold_s(const relay_channel *c)
{
    return c->d.mail.patience.timeout_ms > 2 * SEATS_HOLD_MS ? SEATS_HOLD_MS / 1000 : 0;
}

/* Who comes first hears of the others with the answer, if they come soon. */
static void prepare_join(const relay_channel *c, http_call *call)
{
    http_prepare(call, HTTP_PUT, c->base,
                 WIRE_JOIN("%s", "%zu") "?" WIRE_WAIT "=%d&" WIRE_PARTIES "=%zu", c->d.session,
                 c->d.mail.party, seats_hold_s(c), c->d.mail.parties);
    show_token(c, call);
    delivery_add_terms(&c->d, call);
}

/* A relay that numbers messages answers with a name for the session; a plain one does not. An older
 * one that numbers takes one after the other. */
static void note_epoch(relay_channel *c, const http_call *call)
{
    char epoch[sizeof c->epoch];
    if (!http_response_header(call, WIRE_SESSION, epoch, sizeof epoch))
        return;
    const size_t len = strlen(epoch);
    if (len == 0 || len > 16 || strspn(epoch, "0123456789abcdef") != len)
        return;
    memcpy(c->epoch, epoch, len + 1);
    c->is_numbered = true;
    char ahead[8];
    if (c->d.mail.parties > PARTIES_AT_ONCE ||
        !http_response_header(call, WIRE_TAKES_AHEAD, ahead, sizeof ahead) ||
        strtoul(ahead, NULL, 10) < WIRE_AHEAD)
        return;
    const size_t parties = c->d.mail.parties;
    if (c->d.link->joined != NULL)
        c->d.link->joined(&c->d, call);
    c->n_polls = c->d.driver->at_once ? delivery_at_once(parties, POLLS_LEAST, RELAY_POLLS) : 1;
    c->d.n_lanes = delivery_at_once(parties, DELIVERY_LANES_MIN, RELAY_LANES);
}

static void prepare_seats(const relay_channel *c, http_call *call)
{
    http_prepare(call, HTTP_GET, c->base,
                 WIRE_PARTICIPANTS("%s") "?" WIRE_WAIT "=%d&" WIRE_PARTIES "=%zu", c->d.session,
                 seats_hold_s(c), c->d.mail.parties);
    show_token(c, call);
    delivery_add_terms(&c->d, call);
    if (c->is_numbered)
        http_header(call, WIRE_SESSION ": %s", c->epoch);
}

/* Marks who is listed. False if the response is not a list of numbers. */
static bool parse_seats(const relay_channel *c, const http_call *call, bool *ret_seated)
{
    const size_t parties = c->d.mail.parties;
    json_t *list = json_loadb((const char *)call->response.bytes, call->response.len,
                              JSON_REJECT_DUPLICATES, NULL);
    bool ok = json_is_array(list);
    memset(ret_seated, 0, parties * sizeof *ret_seated);
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const json_int_t party = json_integer_value(item);
        ok = json_is_integer(item);
        if (ok && party >= 0 && (uint64_t)party < parties)
            ret_seated[party] = true;
    }
    json_decref(list);
    return ok;
}

/* What the seats run, as the relay tells it: PARTY TERMS, and so on. */
static pt_status compare_terms(const joining *j, pt_error *error)
{
    const relay_channel *c = j->channel;
    char text[RESPONSE_TERMS_MAX];
    pt_status status = PT_OK;
    if (!http_response_header(&j->call, WIRE_TERMS, text, sizeof text))
        return PT_OK;
    for (char *at = text, *next; status == PT_OK && at != NULL; at = next) {
        char *end = NULL;
        next = strchr(at, ',');
        if (next != NULL)
            *next++ = '\0';
        const unsigned long party = strtoul(at, &end, 10);
        if (end != at && *end == ' ' && party != c->d.mail.party)
            status = delivery_compare_terms(&c->d, party, end + 1, error);
    }
    return status;
}

/* Notes who is seated, and compares what they run. */
static pt_status note_seats(joining *j, attendance *a, const bool *seated, pt_error *error)
{
    for (size_t i = 0; i < a->parties; i++)
        attendance_note(a, i, seated[i]);
    const pt_status status = compare_terms(j, error);
    if (status != PT_OK)
        patience_sleep(&j->channel->d.mail.patience, DELIVERY_TERMS_LINGER_MS);
    return status;
}

/* The answer to joining may tell who is there. */
static pt_status note_seats_joined(joining *j, attendance *a, pt_error *error)
{
    bool seated[CHANNEL_MAX_PARTIES] = {false};
    char text[RESPONSE_TERMS_MAX];
    if (!http_response_header(&j->call, WIRE_SEATS, text, sizeof text))
        return PT_OK;
    for (char *at = text, *end = NULL; *at >= '0' && *at <= '9'; at = *end == ',' ? end + 1 : end) {
        const unsigned long party = strtoul(at, &end, 10);
        if (party < a->parties)
            seated[party] = true;
    }
    return note_seats(j, a, seated, error);
}

/* Asks once who is seated. */
static pt_status ask_for_seats(joining *j, attendance *a, pt_error *error)
{
    bool seated[CHANNEL_MAX_PARTIES];
    const pt_status status = perform_patiently(j, prepare_seats, error);
    if (status != PT_OK)
        return status;
    if (!parse_seats(j->channel, &j->call, seated))
        return error_set(error, PT_ERR_REFUSED,
                         "relay %s: its list of participants is not one; is this a relay?",
                         j->channel->shown);
    return note_seats(j, a, seated, error);
}

static pt_status report_absent(const relay_channel *c, const attendance *a, pt_error *error)
{
    char absent[ATTENDANCE_TEXT];
    char left[ATTENDANCE_TEXT + 32];
    attendance_list(absent, a, false);
    attendance_list_left(left, a);
    if (absent[0] == '\0')
        return error_set_peer(error, PT_ERR_TIMEOUT, PT_NO_PARTY, "join",
                              "not all were at session %s of relay %s at once%s", c->d.session,
                              c->shown, left);
    return error_set_peer(error, PT_ERR_TIMEOUT, (int)attendance_missing(a), "join",
                          "%s did not join session %s at relay %s%s", absent, c->d.session,
                          c->shown, left);
}

static void tell_absent(const patience *p, const attendance *a, const waiting *w)
{
    char absent[ATTENDANCE_TEXT];
    char left[ATTENDANCE_TEXT + 32];
    attendance_list(absent, a, false);
    attendance_list_left(left, a);
    patience_notice(p, "waiting for %s (%llu s)%s", absent[0] == '\0' ? "all" : absent,
                    waiting_seconds(w), left);
}

static pt_status relay_wait_for_parties(joining *j, pt_error *error)
{
    const mailboxes *m = &j->channel->d.mail;
    attendance a = {.parties = m->parties};
    size_t n_most = 1; /* this party */
    waiting w = waiting_begin();
    w.notice_at_ms -= w.start_ms - j->asked_ms;
    w.start_ms = w.progress_ms = j->asked_ms;
    const pt_status joined = note_seats_joined(j, &a, error);
    if (joined != PT_OK || attendance_count(&a) == m->parties)
        return joined;
    for (;;) {
        const uint64_t asked = clock_ms();
        const pt_status status = ask_for_seats(j, &a, error);
        const size_t n = attendance_count(&a);
        if (status != PT_OK || n == m->parties)
            return status;
        const uint64_t now = clock_ms();
        /* Who comes, goes and comes again is no progress. */
        if (n > n_most) {
            w.progress_ms = now;
            n_most = n;
        }
        if (now - w.progress_ms >= m->patience.wait_ms)
            return report_absent(j->channel, &a, error);
        if (waiting_is_due(&w))
            tell_absent(&m->patience, &a, &w);
        if (now - asked < SEATS_POLL_MS)
            patience_sleep(&m->patience, SEATS_POLL_MS);
    }
}

static pt_status relay_join(relay_channel *c, pt_error *error)
{
    joining j = {.channel = c};
    http_call_init(&j.call, RESPONSE_MAX);
    pt_status status = perform_patiently(&j, prepare_join, error);
    if (status == PT_OK) {
        note_epoch(c, &j.call);
        j.has_joined = true;
        status = relay_wait_for_parties(&j, error);
    }
    http_call_clear(&j.call);
    return status;
}

/* ---- opening ---- */

static pt_status draw_token(relay_channel *c, pt_error *error)
{
    uint8_t bytes[RELAY_TOKEN_BYTES];
    const pt_status status = random_bytes(bytes, sizeof bytes, error);
    hex_write(c->token, bytes, sizeof bytes);
    mem_wipe(bytes, sizeof bytes);
    return status;
}

static bool copy_texts(relay_channel *c, const char *url)
{
    mailboxes *m = &c->d.mail;
    c->base = url_base(url);
    c->shown = url_shown(url);
    c->polls = mem_new(m->parties * RELAY_POLLS, sizeof *c->polls);
    if (c->base == NULL || c->shown == NULL || c->polls == NULL)
        return false;
    m->via = mailbox_text(" (relay %s, session %s)", c->shown, c->d.session);
    bool ok = m->via != NULL;
    for (size_t i = 0; ok && i < m->parties; i++) {
        m->boxes[i].name = mailbox_text("party %zu", i);
        ok = m->boxes[i].name != NULL;
    }
    return ok;
}

/* Fills a zeroed channel, takes the seat and starts the driver. */
static pt_status relay_start(relay_channel *c, const char *url, const delivery_options *o,
                             const delivery_link *link, const http_driver *driver, pt_error *error)
{
    pt_status status = delivery_init(&c->d, link, driver, NULL, o, error);
    if (status != PT_OK)
        return status;
    c->d.n_lanes = 1; /* for a relay that takes no more */
    status = draw_token(c, error);
    if (status != PT_OK)
        return status;
    if (!copy_texts(c, url))
        return error_memory(error);
    status = relay_join(c, error);
    if (status == PT_OK)
        status = driver->start(&c->d, error);
    if (status != PT_OK)
        relay_leave(c);
    return status;
}

pt_status relay_channel_open(pt_channel *ret_channel, const pt_relay_options *options,
                             const delivery_link *link, const http_driver *driver, pt_error *error)
{
    const delivery_options o = {.session = options->session,
                                .tls_ca = options->network.tls_ca,
                                .terms = options->network.terms,
                                .mail = {.party = options->party,
                                         .parties = options->parties,
                                         .patience = patience_init(&options->network)}};
    pt_status status = delivery_check(&o, error);
    if (status != PT_OK)
        return status;
    relay_channel *c = mem_new(1, sizeof *c);
    if (c == NULL)
        return error_memory(error);
    status = relay_start(c, options->url, &o, link, driver, error);
    if (status != PT_OK) {
        relay_free(c);
        return status;
    }
    *ret_channel = (pt_channel){&relay_ops, c};
    return PT_OK;
}
