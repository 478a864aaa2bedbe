/* The direct HTTP channel: opening, closing, and posting to the others. See direct.h for who
 * believes whom, and delivery.h for the rest. */
#include "channel/http/direct.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/random.h"
#include "channel/attendance.h"
#include "channel/http/bodies.h"
#include "channel/http/courier.h"
#include "channel/http/direct_check.h"
#include "channel/http/direct_hub.h"
#include "channel/http/url.h"
#include "polytune/network.h"
#include "wire/wire.h"

#define DEFAULT_SESSION   "polytune"
#define PROBE_MS          2000 /* a party that was silent for so long is asked whether it is there */
#define WANTED_MS         20   /* how often a party is asked because of others that use its name */
#define FRESH_MS          500  /* an answer of so long ago need not be asked for again */
#define ABSENCE           4    /* a party whose port takes no connection for that part is gone */
#define ABSENCE_MIN_MS    2000
#define HAS_ENDED         410 /* a hub's answer for a session that was there */
#define CONNECTIONS       1024
#define CLIENT_TIMEOUT_MS 60000

void direct_commit(char ret_commit[HEX_SIZE(DIRECT_COMMIT_BYTES)], const char *number)
{
    uint8_t hash[DIRECT_COMMIT_BYTES];
    (void)crypto_generichash(hash, sizeof hash, (const uint8_t *)number, strlen(number), NULL, 0);
    hex_write(ret_commit, hash, sizeof hash);
}

/* ---- the link; with the lock held ---- */

static direct_peer *other_of(const delivery *d, const mailbox *b)
{
    return &((const direct *)d)->others[b->party];
}

static void direct_prepare(const delivery *d, const mailbox *b, http_call *call)
{
    const direct_peer *o = other_of(d, b);
    http_prepare(call, HTTP_POST, o->base, "%s%zu", ((const direct *)d)->inbox, d->mail.party);
    http_directly(call);
    http_header(call, WIRE_SESSION ": %s", d->session);
    http_header(call, WIRE_CLIENT ": %s", o->number);
    http_header(call, WIRE_TO ": %zu", b->party);
    delivery_add_terms(d, call);
    const direct_hub *hub = ((const direct *)d)->hub;
    if (hub != NULL && hub->authorize != NULL)
        hub->authorize(hub->authorize_user, call);
}

/* Whoever answers there is that party, whatever else the answer is. */
static void compare_with_answer(const direct *d, mailbox *b, const http_call *call)
{
    char terms[TERMS_MAX + 1];
    pt_error error;
    if (d->is_open || mailbox_has_failed(b) ||
        !http_response_header(call, WIRE_TERMS, terms, sizeof terms))
        return;
    if (delivery_compare_terms(&d->d, b->party, terms, &error) != PT_OK)
        mailbox_fail(b, error.status, "%s", error.message);
}

static void direct_prepare_sending(delivery *d, const mailbox *b, const packet *p, http_call *call)
{
    direct_prepare(d, b, call);
    http_header(call, WIRE_SEQ ": %" PRIu64, p->number);
    if (p->is_last)
        http_header(call, WIRE_LAST ": true");
}

static void direct_prepare_body(delivery *d, const mailbox *b, const packet *p, http_call *call)
{
    direct_prepare_sending(d, b, p, call);
    http_header(call, WIRE_BODY ": 1");
}

static void direct_prepare_asking(delivery *d, transfer *t)
{
    direct_peer *o = other_of(d, t->box);
    direct_prepare(d, t->box, &t->call);
    if (t->lane != 0)
        return;
    o->asked_ms = clock_ms();
    o->is_wanted = false;
}

/* One asks. Until the peer has accepted us, others do the same beside it: their connections are
 * then there for the first packets, which need not wait for new ones. */
static uint64_t direct_ask_at(const delivery *d, const transfer *t)
{
    const mailbox *b = t->box;
    const direct_peer *o = other_of(d, b);
    const transfer *first = delivery_asker(d, b->party);
    if (t != first)
        return !o->accepted && first->is_running && t->started_ms < first->started_ms
                   ? t->not_before_ms
                   : DELIVERY_NEVER;
    if (mailbox_is_shut(b) || !mailbox_is_wanted(b))
        return DELIVERY_NEVER;
    if (o->is_wanted)
        return o->asked_ms + WANTED_MS;
    if (!o->accepted || t->failing_since_ms != 0)
        return t->not_before_ms;
    return min_u64(o->heard_ms + PROBE_MS, bodies_ask_at(d, b->party));
}

static bool is_commit(const char *text)
{
    return strlen(text) == 2 * DIRECT_COMMIT_BYTES &&
           strspn(text, "0123456789abcdef") == 2 * DIRECT_COMMIT_BYTES;
}

/* What the answer tells of bodies of many packets. */
static void note_bodies(delivery *d, const mailbox *b, const transfer *t)
{
    const http_call *call = &t->call;
    char text[24];
    if (!http_response_header(call, WIRE_BODY, text, sizeof text) ||
        !http_response_header(call, WIRE_RECEIVED, text, sizeof text))
        return;
    bodies_offered(d, b->party);
    bodies_arrived(d, b->party, strtoull(text, NULL, 10), t->started_ms);
}

/* Learns from an answer who is at that URL. False if that is nobody who speaks our language, or not
 * the one who was there before. */
static bool note_commit(delivery *owner, mailbox *b, const transfer *t)
{
    const http_call *call = &t->call;
    const direct *d = (direct *)owner;
    direct_peer *o = other_of(&d->d, b);
    char commit[sizeof o->its_commit];
    if (!http_response_header(call, WIRE_COMMIT, commit, sizeof commit) || !is_commit(commit))
        return false;
    const bool is_new = strcmp(commit, o->its_commit) != 0;
    if (is_new && o->its_commit[0] != '\0' && (d->is_open || b->n_received != 0)) {
        mailbox_fail(b, PT_ERR_IO, "%s was started anew in the middle of the session", b->name);
        return false;
    }
    note_bodies(owner, b, t);
    memcpy(o->its_commit, commit, sizeof commit);
    o->heard_ms = clock_ms();
    /* If it was that party who asked us before, it had our hash in the answer. */
    if (is_new)
        o->accepted = strcmp(commit, o->answered_commit) == 0;
    return true;
}

/* For how long a request may fail in this way. */
static uint64_t patience_ms(const direct *d, const http_call *call)
{
    const uint64_t timeout_ms = d->d.mail.patience.timeout_ms;
    if (!d->is_open || call->status == 429)
        return DELIVERY_NEVER; /* opening has its own clock; who is full is alive */
    if (call->outcome == HTTP_NOBODY || call->status == 502)
        return timeout_ms < ABSENCE * ABSENCE_MIN_MS ? min_u64(timeout_ms, ABSENCE_MIN_MS)
                                                     : timeout_ms / ABSENCE;
    return timeout_ms;
}

/* Anything but success. */
static void direct_failed(const direct *d, transfer *t)
{
    mailbox *b = t->box;
    const long status = t->call.status;
    char problem[HTTP_PROBLEM_MAX];
    if (mailbox_has_failed(b))
        return;
    http_explain(&t->call, problem, sizeof problem);
    /* Before all are there, a proxy without its server may give any answer. */
    const bool may_pass = http_is_transient(&t->call) || status == 403 ||
                          (!d->is_open && status != 0 && status != 409 && status != HAS_ENDED);
    if (status == HAS_ENDED)
        mailbox_fail(b, PT_ERR_STOPPED, "%s: %s", b->name, problem);
    else if (!may_pass)
        mailbox_fail(b, d->is_open ? PT_ERR_IO : PT_ERR_REFUSED, "%s: %s", b->name, problem);
    else if (!delivery_retry(t, patience_ms(d, &t->call)))
        mailbox_fail(b, PT_ERR_IO, "%s cannot be reached any more: %s", b->name, problem);
}

static bool succeeded(delivery *owner, const transfer *t)
{
    const direct *d = (direct *)owner;
    const bool is_party = note_commit(owner, t->box, t);
    compare_with_answer(d, t->box, &t->call);
    return t->call.status == 200 && is_party && !mailbox_has_failed(t->box);
}

static void direct_sent(delivery *owner, transfer *t)
{
    const direct *d = (direct *)owner;
    if (succeeded(owner, t))
        delivery_sent(t);
    else if (!t->is_body) /* else its packets are sent one by one, and judged then */
        direct_failed(d, t);
}

/* The peer has not yet heard our answer, by which it knows us, or has by now. */
static bool will_accept(const direct *d, const transfer *t)
{
    const direct_peer *o = other_of(&d->d, t->box);
    return t->call.status == 403 && o->accepted && !d->is_open && !mailbox_has_failed(t->box) &&
           strcmp(o->its_commit, o->answered_commit) == 0;
}

static void direct_asked(delivery *owner, transfer *t)
{
    const direct *d = (direct *)owner;
    direct_peer *o = other_of(owner, t->box);
    if (succeeded(owner, t) || will_accept(d, t)) {
        delivery_succeeded(t);
        o->accepted = true;
        o->is_wanted = o->is_wanted && strcmp(o->its_commit, o->answered_commit) != 0;
        monitor_wake(&owner->mail.lock);
    } else if (t->lane != 0) {
        delivery_succeeded(t); /* the first says what is wrong */
    } else {
        o->accepted = o->accepted && d->is_open;
        direct_failed(d, t);
    }
}

static const delivery_link direct_link = {
    .lanes = DIRECT_LANES,
    .askers = DIRECT_ASKERS,
    .prepare_sending = direct_prepare_sending,
    .prepare_asking = direct_prepare_asking,
    .prepare_body = direct_prepare_body,
    .ask_at = direct_ask_at,
    .sent = direct_sent,
    .asked = direct_asked,
    .bodies = &bodies_of_packets,
};

static void direct_has_room(mailboxes *m)
{
    courier_nudge(m);
    httpd_wake(((direct *)m)->server);
}

static const mailbox_pump direct_pump = {courier_nudge, direct_has_room, mailboxes_wait};

/* ---- closing ---- */

void direct_release(direct *d)
{
    if (atomic_fetch_sub(&d->n_users, 1) != 1)
        return;
    for (size_t i = 0; d->others != NULL && i < d->d.mail.parties; i++) {
        mem_free(d->others[i].base);
        mem_wipe(d->others[i].number, sizeof d->others[i].number);
    }
    mem_free(d->others);
    mem_free(d->prefix);
    mem_free(d->inbox);
    delivery_clear(&d->d);
    mem_free(d);
}

/* Its server ends with it. */
static void free_with_server(direct *d)
{
    if (d->server != NULL) {
        httpd_request_stop(d->server);
        httpd_wait(d->server);
    }
    d->d.driver->halt(&d->d); /* which may still wake the server until here */
    httpd_free(d->server);
    direct_release(d);
}

/* Posts may still be on their way: they are answered, and the last one frees the channel. */
static void free_on_hub(direct *d)
{
    direct_hub_leave(d->hub, d);
    monitor_lock(&d->d.mail.lock);
    d->is_gone = true;
    monitor_unlock(&d->d.mail.lock);
    httpd_wake(d->server);
    d->d.driver->halt(&d->d);
    direct_release(d);
}

static void direct_free(direct *d)
{
    if (d->hub != NULL)
        free_on_hub(d);
    else
        free_with_server(d);
}

/* A peer posts until it is told 200 for all, so what it still has for us is taken and dropped. */
static void direct_close(void *self)
{
    direct *d = self;
    monitor_lock(&d->d.mail.lock);
    d->d.mail.closing = true;
    monitor_unlock(&d->d.mail.lock);
    httpd_wake(d->server);
    mailboxes_flush(&d->d.mail);
    direct_free(d);
}

static const pt_channel_ops direct_ops = {
    .send = mailboxes_send, .recv = mailboxes_recv, .close = direct_close};

/* ---- opening ---- */

/* Which party has not answered since then; NULL if all have. With the lock held. */
static const mailbox *find_missing(const direct *d, uint64_t since_ms, size_t *ret_n)
{
    const mailboxes *m = &d->d.mail;
    const mailbox *missing = NULL;
    *ret_n = 0;
    for (size_t i = m->parties; i-- != 0;) {
        const mailbox *b = &m->boxes[i];
        const direct_peer *o = &d->others[i];
        if (i == m->party || mailbox_is_shut(b) || (o->accepted && o->heard_ms >= since_ms))
            continue;
        missing = b;
        ++*ret_n;
    }
    return missing;
}

/* Asks those once more that have not answered since then: who came early may have been started anew
 * meanwhile. */
static void ask_again(direct *d, uint64_t since_ms)
{
    for (size_t i = 0; i < d->d.mail.parties; i++)
        if (i != d->d.mail.party && d->others[i].heard_ms < since_ms)
            d->others[i].is_wanted = true;
    courier_nudge(&d->d.mail);
}

static const mailbox *find_failed(const direct *d)
{
    const mailboxes *m = &d->d.mail;
    for (size_t i = 0; i < m->parties; i++)
        if (i != m->party && mailbox_has_failed(&m->boxes[i]))
            return &m->boxes[i];
    return NULL;
}

static attendance direct_attendance(const direct *d)
{
    attendance a = {.parties = d->d.mail.parties};
    for (size_t i = 0; i < a.parties; i++) {
        const direct_peer *o = &d->others[i];
        attendance_note(&a, i, i == d->d.mail.party || o->its_commit[0] != '\0');
        attendance_note(&a, i, i == d->d.mail.party || o->accepted);
    }
    return a;
}

/* Tells for whom it waits, without the lock, which is held before and after. */
static void direct_tell(direct *d, const mailbox *missing, const waiting *w)
{
    mailboxes *m = &d->d.mail;
    char problem[MAILBOX_PROBLEM_MAX + 2] = "";
    /* That nobody is there is what waiting is for; other answers are worth a word. */
    if (missing->in == INBOX_TROUBLED && delivery_asker(&d->d, missing->party)->call.status != 0)
        (void)snprintf(problem, sizeof problem, ": %s", missing->trouble);
    const attendance a = direct_attendance(d);
    char absent[ATTENDANCE_TEXT];
    char rumour[DIRECT_RUMOUR_MAX];
    attendance_list(absent, &a, false);
    const bool is_one = strchr(absent, ' ') == strrchr(absent, ' ');
    memcpy(rumour, d->rumour, sizeof rumour);
    monitor_unlock(&m->lock);
    patience_notice(&m->patience, "waiting for %s (%llu s)%s%s", is_one ? missing->name : absent,
                    waiting_seconds(w), rumour, problem);
    monitor_lock(&m->lock);
}

static pt_status report_missing(const direct *d, const mailbox *missing, pt_error *error)
{
    const attendance a = direct_attendance(d);
    const bool speaks = missing->in == INBOX_TROUBLED;
    char absent[ATTENDANCE_TEXT];
    char left[ATTENDANCE_TEXT + 32];
    attendance_list(absent, &a, false);
    attendance_list_left(left, &a);
    /* Of one the URL is told. */
    const bool is_one = strchr(absent, ' ') == strrchr(absent, ' ');
    const size_t first = attendance_missing(&a);
    if (is_one && first < a.parties)
        missing = &d->d.mail.boxes[first];
    return error_set_peer(
        error, PT_ERR_TIMEOUT, (int)missing->party, "join",
        "%s did not come within " CLOCK_SECONDS "%s%s%s%s", is_one ? missing->name : absent,
        CLOCK_SECONDS_OF(d->d.mail.patience.wait_ms), absent[0] == '\0' ? "" : left, d->rumour,
        speaks ? ": " : "", speaks ? missing->trouble : "");
}

/* Waits a moment, or tells the user. */
static pt_status wait_for_missing(direct *d, const mailbox *missing, waiting *w, pt_error *error)
{
    mailboxes *m = &d->d.mail;
    uint64_t until_ms = 0;
    switch (patience_look(&m->patience, w, &until_ms)) {
    case WAIT_ON:
        mailboxes_wait(m, missing, until_ms);
        break;
    case WAIT_TELL:
        direct_tell(d, missing, w);
        break;
    case WAIT_TIMEOUT:
        return report_missing(d, missing, error);
    case WAIT_OVER:
        return patience_report_over(&m->patience, error);
    }
    return PT_OK;
}

/* Two who disagree are both as right. */
static pt_status report_failed(const mailbox *b, pt_error *error)
{
    const pt_status status = b->failure.status;
    return error_set_peer(error, status, status == PT_PEER_SETUP ? PT_NO_PARTY : (int)b->party,
                          "join", "%s", b->failure.message);
}

static pt_status direct_wait_for_parties(direct *d, pt_error *error)
{
    waiting w = waiting_begin();
    w.limit_ms = d->d.mail.patience.wait_ms;
    size_t n_before = d->d.mail.parties;
    size_t n_missing = 0;
    uint64_t complete = 0; /* shortly before all had come; who answered earlier is asked again */
    for (;;) {
        const uint64_t now = clock_ms();
        const mailbox *missing = find_missing(d, 0, &n_missing);
        if (missing != NULL) {
            complete = 0;
        } else if (complete == 0) {
            complete = now - min_u64(now - 1, FRESH_MS);
            ask_again(d, complete);
        }
        if (missing == NULL)
            missing = find_missing(d, complete, &n_missing);
        if (missing == NULL)
            return PT_OK;
        const mailbox *failed = find_failed(d);
        if (failed != NULL)
            return report_failed(failed, error);
        if (n_missing < n_before)
            w.progress_ms = clock_ms();
        n_before = n_missing;
        const pt_status status = wait_for_missing(d, missing, &w, error);
        if (status != PT_OK)
            return status;
    }
}

static pt_status draw_number(direct_peer *o, pt_error *error)
{
    uint8_t number[DIRECT_NUMBER_BYTES];
    const pt_status status = random_bytes(number, sizeof number, error);
    hex_write(o->number, number, sizeof number);
    mem_wipe(number, sizeof number);
    direct_commit(o->commit, o->number);
    return status;
}

static pt_status name_other(direct *d, size_t party, const char *url, pt_error *error)
{
    direct_peer *other = &d->others[party];
    mailbox *b = &d->d.mail.boxes[party];
    other->base = url_base(url);
    if (other->base == NULL)
        return error_memory(error);
    b->name = mailbox_text("party %zu at %s", party, other->base);
    if (b->name == NULL)
        return error_memory(error);
    return draw_number(other, error);
}

/* Fills a zeroed channel. */
static pt_status direct_init(direct *d, const pt_direct_options *o, const delivery_options *net,
                             const char *prefix, pt_error *error)
{
    pt_status status =
        delivery_init(&d->d, &direct_link, &courier_driver, &direct_pump, net, error);
    if (status != PT_OK)
        return status;
    if (sodium_init() < 0)
        return error_set(error, PT_ERR_INTERNAL, "libsodium cannot be used");
    d->others = mem_new(o->parties, sizeof *d->others);
    d->prefix = mem_string(prefix);
    d->inbox = d->hub == NULL ? mem_string(WIRE_MSG) : mailbox_text(WIRE_MSG "%s/", net->session);
    d->d.mail.via = mem_string("");
    d->d.is_quiet = true;
    if (d->others == NULL || d->prefix == NULL || d->inbox == NULL || d->d.mail.via == NULL)
        return error_memory(error);
    for (size_t i = 0; i < o->parties && status == PT_OK; i++)
        status = name_other(d, i, o->urls[i], error);
    return status;
}

static pt_status serve_alone(direct *d, const pt_direct_options *o, const url_parts *own,
                             pt_error *error)
{
    const httpd_options http = {
        .address = o->listen_host != NULL ? o->listen_host : own->host,
        .port = o->listen_host != NULL ? o->listen_port : own->port,
        .max_connections = CONNECTIONS,
        .client_timeout_ms = CLIENT_TIMEOUT_MS,
        .tls_cert = o->tls_cert,
        .tls_key = o->tls_key,
    };
    return httpd_start(d->server, &http, error);
}

/* Starts serving and asking the others; with the lock held neither thread begins before both are
 * there. */
static pt_status direct_start(direct *d, const pt_direct_options *o, const url_parts *own,
                              pt_error *error)
{
    pt_status status = PT_OK;
    if (d->hub == NULL)
        status = httpd_new(&d->server, &direct_app, d, error);
    if (status != PT_OK)
        return status;
    monitor_lock(&d->d.mail.lock);
    if (d->hub == NULL)
        status = serve_alone(d, o, own, error);
    else
        status = direct_hub_enter(d->hub, d, error);
    if (status == PT_OK)
        status = d->d.driver->start(&d->d, error);
    if (status == PT_OK)
        status = direct_wait_for_parties(d, error);
    d->is_open = status == PT_OK;
    d->d.is_quiet = false;
    monitor_unlock(&d->d.mail.lock);
    if (status == PT_PEER_SETUP)
        patience_sleep(&d->d.mail.patience, DELIVERY_TERMS_LINGER_MS);
    return status;
}

/* ---- opening ---- */

static pt_status open_checked(direct **ret_direct, direct_hub *hub,
                              const pt_direct_options *options, const delivery_options *net,
                              const url_parts *own, pt_error *error)
{
    direct *d = mem_new(1, sizeof *d);
    if (d == NULL)
        return error_memory(error);
    d->hub = hub;
    d->server = hub == NULL ? NULL : hub->server;
    atomic_init(&d->n_users, 1);
    pt_status status = direct_init(d, options, net, own->path, error);
    if (status == PT_OK)
        status = direct_start(d, options, own, error);
    if (status == PT_OK)
        *ret_direct = d;
    else
        direct_free(d);
    return status;
}

static pt_status direct_open(pt_channel *ret_channel, direct_hub *hub,
                             const pt_direct_options *options, pt_error *error)
{
    const delivery_options net = {.session =
                                      options->session != NULL ? options->session : DEFAULT_SESSION,
                                  .tls_ca = options->network.tls_ca,
                                  .terms = options->network.terms,
                                  .mail = {.party = options->party,
                                           .parties = options->parties,
                                           .patience = patience_init(&options->network)}};
    url_parts own = {0};
    direct *d = NULL;
    pt_status status = delivery_check(&net, error);
    if (status == PT_OK)
        status = direct_check_urls(options, error);
    if (status == PT_OK && hub == NULL)
        status = direct_check_own(options, error);
    if (status == PT_OK && !url_split(&own, options->urls[options->party]))
        status = error_memory(error);
    if (status == PT_OK)
        status = open_checked(&d, hub, options, &net, &own, error);
    url_clear(&own);
    if (status == PT_OK)
        *ret_channel = (pt_channel){&direct_ops, d};
    return status;
}

pt_status direct_hub_open(pt_channel *ret_channel, direct_hub *hub,
                          const pt_direct_options *options, pt_error *error)
{
    return direct_open(ret_channel, hub, options, error);
}

pt_status pt_channel_direct_open(pt_channel *ret_channel, const pt_direct_options *options,
                                 pt_error *error)
{
    if (ret_channel == NULL || options == NULL)
        return error_set(error, PT_ERR_USAGE, "a place for the channel and options must be given");
    return direct_open(ret_channel, NULL, options, error);
}
