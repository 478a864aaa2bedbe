/* The channel over an HTTP relay: its paths and answers; see net.h for the rest. */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "channel/http/net.h"
#include "channel/http/url.h"
#include "polytune/network.h"
#include "wire/wire.h"

#define RESPONSE_MAX     ((size_t)64 << 10)
#define POLL_FIRST_MS    2 /* between polls of a relay that does not hold them, doubling */
#define POLL_MAX_MS      200
#define HELD_MS          500 /* an empty answer after less was not held */
#define SEATS_HOLD_MS    1000
#define SEATS_POLL_MS    100
#define LEAVE_TIMEOUT_MS 2000L

typedef struct relay_channel {
    net_channel net;
    char *base;  /* URL without a slash at the end */
    char *shown; /* the same for messages: without a user and password */

    bool is_numbered;  /* the relay keeps numbered messages until they are acknowledged */
    char epoch[24];    /* which of the sessions of that name it is: WIRE_SESSION */
    char token[33];    /* a secret that binds this party's seat to this client */
    unsigned *n_empty; /* per peer: answers "nothing yet" at once, in a row */
} relay_channel;

/* ---- the link ---- */

/* Proves that the seat is this client's. */
static void show_token(const relay_channel *c, http_call *call)
{
    /* A user and password in the URL are for a proxy before the relay, which reads Authorization.
     */
    const bool has_login = strcmp(c->base, c->shown) != 0;
    http_header(call, has_login ? WIRE_TOKEN ": %s" : WIRE_AUTHORIZATION ": " WIRE_BEARER "%s",
                c->token);
}

static void add_headers(const relay_channel *c, http_call *call, uint64_t number)
{
    if (!c->is_numbered)
        return;
    http_header(call, WIRE_SEQ ": %" PRIu64, number);
    http_header(call, WIRE_SESSION ": %s", c->epoch);
    show_token(c, call);
}

static void prepare_sending(net_peer *p, http_call *call)
{
    const relay_channel *c = (relay_channel *)p->channel;
    http_prepare(call, HTTP_POST, c->base, WIRE_SEND("%s", "%zu", "%zu") "?" WIRE_WAIT "=%d",
                 c->net.session, c->net.party, p->party, WIRE_HOLD_S);
    add_headers(c, call, p->sending.number);
}

static void prepare_asking(net_peer *p, http_call *call)
{
    const relay_channel *c = (relay_channel *)p->channel;
    http_prepare(call, HTTP_POST, c->base, WIRE_RECV("%s", "%zu", "%zu") "?" WIRE_WAIT "=%d",
                 c->net.session, p->party, c->net.party, WIRE_HOLD_S);
    add_headers(c, call, p->asking.number);
}

static uint64_t ask_at(const net_peer *p)
{
    return p->finished || !net_has_room(p) ? NET_NEVER : p->asking.not_before_ms;
}

/* Anything but success. One relay serves all peers: what breaks it breaks all. */
static void handle_failure(transfer *t)
{
    relay_channel *c = (relay_channel *)t->peer->channel;
    const long status = t->call.status;
    char problem[NET_PROBLEM_MAX];
    http_explain(&t->call, problem, sizeof problem);
    const bool may_pass = http_is_transient(&t->call);
    if (may_pass && courier_retry(t, c->net.patience.timeout_ms))
        return;
    pt_status class = status == 429 ? PT_ERR_TIMEOUT : PT_ERR_IO;
    if (!may_pass && status != 409 && !t->call.response.failed)
        class = PT_ERR_REFUSED;
    net_fail_all(&c->net, class, "relay %s, session %s: %s", c->shown, c->net.session, problem);
}

static void sent(net_peer *p)
{
    if (p->sending.call.status == 200)
        courier_sent(p);
    else
        handle_failure(&p->sending);
}

/* Nothing yet: ask again, not too soon if the relay did not hold the request. */
static void received_nothing(transfer *t, unsigned *n_empty)
{
    const uint64_t now = clock_ms();
    courier_succeeded(t);
    if (now - t->started_ms >= HELD_MS) {
        *n_empty = 0;
        return;
    }
    uint64_t delay = POLL_FIRST_MS;
    for (unsigned i = 0; i < *n_empty && delay < POLL_MAX_MS; i++)
        delay *= 2;
    t->not_before_ms = now + (delay < POLL_MAX_MS ? delay : POLL_MAX_MS);
    ++*n_empty;
}

static void asked(net_peer *p)
{
    relay_channel *c = (relay_channel *)p->channel;
    transfer *t = &p->asking;
    const long status = t->call.status;
    if (status == 400 || status == 404) {
        received_nothing(t, &c->n_empty[p->party]);
        return;
    }
    if (status == 410) {
        courier_succeeded(t);
        net_peer_gone(p);
        return;
    }
    if (status != 200) {
        handle_failure(t);
        return;
    }
    message m = {0};
    m.bytes = buffer_take(&t->call.response, &m.len);
    if (m.bytes == NULL)
        m.bytes = mem_new(1, 1);
    if (m.bytes == NULL || !net_receive(p, m)) {
        mem_free(m.bytes);
        net_fail(p, PT_ERR_MEMORY, "out of memory");
        return;
    }
    courier_succeeded(t);
    t->number++;
    c->n_empty[p->party] = 0;
}

static const net_link relay_link = {
    .nudge = courier_nudge,
    .has_room = courier_nudge,
    .prepare_sending = prepare_sending,
    .prepare_asking = prepare_asking,
    .ask_at = ask_at,
    .sent = sent,
    .asked = asked,
};

/* ---- closing ---- */

static bool is_broken(relay_channel *c)
{
    bool broken = false;
    monitor_lock(&c->net.lock);
    for (size_t i = 0; i < c->net.parties; i++)
        broken = broken || c->net.peers[i].failure.status != PT_OK;
    monitor_unlock(&c->net.lock);
    return broken;
}

/* Gives the seat back; if that fails, the relay forgets it after a while. */
static void leave(relay_channel *c)
{
    http_call call;
    if (!c->is_numbered || is_broken(c) || !http_call_init(&call, RESPONSE_MAX, c->net.tls_ca))
        return;
    (void)curl_easy_setopt(call.easy, CURLOPT_TIMEOUT_MS, LEAVE_TIMEOUT_MS);
    http_prepare(&call, HTTP_DELETE, c->base, WIRE_JOIN("%s", "%zu"), c->net.session, c->net.party);
    show_token(c, &call);
    if (http_ready(&call))
        http_perform(&call);
    http_call_clear(&call);
}

static void relay_free(relay_channel *c)
{
    net_clear(&c->net);
    mem_free(c->base);
    mem_free(c->shown);
    mem_free(c->n_empty);
    mem_free_secret(c, sizeof *c);
}

static void relay_close(void *self)
{
    relay_channel *c = self;
    net_flush(&c->net);
    courier_stop(&c->net);
    leave(c);
    relay_free(c);
}

static const pt_channel_ops relay_ops = {.send = net_send, .recv = net_recv, .close = relay_close};

/* ---- joining ---- */

/* A redirection, or no answer to a path that every relay has. */
static bool is_no_relays_answer(const http_call *call)
{
    return call->result == CURLE_OK && !call->response.failed &&
           ((call->status >= 300 && call->status < 400) || call->status == 404 ||
            call->status == 405);
}

/* Performs what `prepare` prepares until it succeeds, is refused, or has failed for the timeout. */
static pt_status perform_patiently(relay_channel *c, http_call *call,
                                   void (*prepare)(const relay_channel *c, http_call *call),
                                   pt_error *error)
{
    const patience *p = &c->net.patience;
    waiting w = waiting_begin();
    char problem[160] = "";
    w.notice_at_ms = w.start_ms; /* the first failure is told at once */
    for (unsigned n_failures = 0;; n_failures++) {
        const uint64_t before = clock_ms() - w.start_ms;
        const uint64_t left = before < p->timeout_ms ? p->timeout_ms - before : 1;
        if (patience_is_over(p))
            return patience_report_cancelled(error);
        prepare(c, call);
        if (!http_ready(call) ||
            curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)left) != CURLE_OK)
            return error_memory(error);
        http_perform(call);
        if (call->status == 200)
            return PT_OK;
        /* That the last, short try was cut off tells less than how the others ended. */
        if (call->result != CURLE_OPERATION_TIMEDOUT || n_failures == 0)
            http_explain(call, problem, sizeof problem);
        const uint64_t waited = clock_ms() - w.start_ms;
        /* A seat that cannot be had now but perhaps soon. */
        const bool is_conflict = call->status == 409;
        const bool may_pass = http_is_transient(call) || (is_conflict && call->retry_after_ms != 0);
        if (!may_pass || (is_conflict && waited >= p->timeout_ms))
            return error_set(error, PT_ERR_REFUSED, "relay %s, session %s, party %zu: %s%s",
                             c->shown, c->net.session, c->net.party, problem,
                             is_no_relays_answer(call) ? "; is this a relay?" : "");
        if (waited >= p->timeout_ms)
            return error_set(error, call->result == CURLE_OK ? PT_ERR_TIMEOUT : PT_ERR_IO,
                             "relay %s cannot be used by party %zu: %s", c->shown, c->net.party,
                             problem);
        if (waiting_is_due(&w))
            patience_notice(p, "retrying (%llu s): relay %s: %s", waiting_seconds(&w), c->shown,
                            problem);
        uint64_t delay = courier_backoff_ms(&c->net, n_failures);
        if (delay < call->retry_after_ms)
            delay = call->retry_after_ms;
        patience_sleep(p, delay < p->timeout_ms - waited ? delay : p->timeout_ms - waited);
    }
}

static void prepare_join(const relay_channel *c, http_call *call)
{
    http_prepare(call, HTTP_PUT, c->base, WIRE_JOIN("%s", "%zu"), c->net.session, c->net.party);
    show_token(c, call);
}

/* A relay that numbers messages answers with a name for the session; a plain one does not. */
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
}

static void prepare_seats(const relay_channel *c, http_call *call)
{
    /* The answer must come well before this side gives up. */
    http_prepare(call, HTTP_GET, c->base,
                 WIRE_PARTICIPANTS("%s") "?" WIRE_WAIT "=%d&" WIRE_PARTIES "=%zu", c->net.session,
                 c->net.patience.timeout_ms > 2 * SEATS_HOLD_MS ? SEATS_HOLD_MS / 1000 : 0,
                 c->net.parties);
    show_token(c, call);
    if (c->is_numbered)
        http_header(call, WIRE_SESSION ": %s", c->epoch);
}

/* Marks who is listed. False if the response is not a list of numbers. */
static bool parse_seats(const relay_channel *c, const http_call *call, bool *ret_seated)
{
    json_t *list = json_loadb((const char *)call->response.bytes, call->response.len,
                              JSON_REJECT_DUPLICATES, NULL);
    bool ok = json_is_array(list);
    memset(ret_seated, 0, c->net.parties * sizeof *ret_seated);
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const json_int_t party = json_integer_value(item);
        ok = json_is_integer(item);
        if (ok && party >= 0 && (uint64_t)party < c->net.parties)
            ret_seated[party] = true;
    }
    json_decref(list);
    return ok;
}

static size_t count_seated(const relay_channel *c, const bool *seated, size_t *ret_missing)
{
    size_t n = 0;
    *ret_missing = c->net.parties;
    for (size_t i = c->net.parties; i-- != 0;) {
        if (seated[i])
            n++;
        else
            *ret_missing = i;
    }
    return n;
}

static pt_status wait_for_parties(relay_channel *c, http_call *call, pt_error *error)
{
    bool seated[CHANNEL_MAX_PARTIES];
    size_t n_most = 1; /* this party */
    waiting w = waiting_begin();
    for (;;) {
        const uint64_t asked = clock_ms();
        const pt_status status = perform_patiently(c, call, prepare_seats, error);
        if (status != PT_OK)
            return status;
        if (!parse_seats(c, call, seated))
            return error_set(error, PT_ERR_REFUSED,
                             "relay %s: its list of participants is not one; is this a relay?",
                             c->shown);
        size_t missing;
        const uint64_t now = clock_ms();
        const size_t n = count_seated(c, seated, &missing);
        if (n == c->net.parties)
            return PT_OK;
        /* Who comes, goes and comes again is no progress. */
        if (n > n_most) {
            w.progress_ms = now;
            n_most = n;
        }
        if (now - w.progress_ms >= c->net.patience.timeout_ms)
            return error_set_peer(error, PT_ERR_TIMEOUT, (int)missing, "join",
                                  "party %zu did not join session %s at relay %s", missing,
                                  c->net.session, c->shown);
        if (waiting_is_due(&w))
            patience_notice(&c->net.patience, "waiting for party %zu (%llu s)", missing,
                            waiting_seconds(&w));
        if (now - asked < SEATS_POLL_MS)
            patience_sleep(&c->net.patience, SEATS_POLL_MS);
    }
}

static pt_status join(relay_channel *c, pt_error *error)
{
    http_call call;
    if (!http_call_init(&call, RESPONSE_MAX, c->net.tls_ca))
        return error_memory(error);
    pt_status status = perform_patiently(c, &call, prepare_join, error);
    if (status == PT_OK) {
        note_epoch(c, &call);
        status = wait_for_parties(c, &call, error);
    }
    http_call_clear(&call);
    if (status != PT_OK)
        leave(c);
    return status;
}

/* ---- opening ---- */

static bool channel_init(relay_channel *c, const pt_relay_options *o, const net_options *net)
{
    uint8_t random[sizeof c->token / 2];
    bool ok =
        net_init(&c->net, &relay_link, net) && getrandom(random, sizeof random, 0) == sizeof random;
    for (size_t i = 0; ok && i < sizeof random; i++)
        (void)snprintf(c->token + 2 * i, 3, "%02x", random[i]);
    mem_wipe(random, sizeof random);
    c->base = url_base(o->url);
    c->shown = url_shown(o->url);
    c->n_empty = mem_new(o->parties, sizeof *c->n_empty);
    ok = ok && c->base != NULL && c->shown != NULL && c->n_empty != NULL;
    c->net.via = ok ? net_text(" (relay %s, session %s)", c->shown, c->net.session) : NULL;
    ok = ok && c->net.via != NULL;
    for (size_t i = 0; ok && i < o->parties; i++)
        ok = (c->net.peers[i].name = net_text("party %zu", i)) != NULL;
    return ok;
}

pt_status pt_channel_relay_open(pt_channel *ret_channel, const pt_relay_options *options,
                                pt_error *error)
{
    if (ret_channel == NULL || options == NULL)
        return error_set(error, PT_ERR_USAGE, "a place for the channel and options must be given");
    const net_options net = {.session = options->session,
                             .party = options->party,
                             .parties = options->parties,
                             .tls_ca = options->network.tls_ca,
                             .patience = patience_init(&options->network)};
    if (options->url == NULL || !url_is_good(options->url))
        return error_set(error, PT_ERR_USAGE,
                         "\"%.200s\" is not the URL of a relay, such as http://127.0.0.1:8000",
                         options->url == NULL ? "" : options->url);
    pt_status status = net_check(&net, error);
    if (status != PT_OK)
        return status;
    relay_channel *c = mem_new(1, sizeof *c);
    if (c == NULL)
        return error_memory(error);
    status = channel_init(c, options, &net) ? join(c, error) : error_memory(error);
    if (status == PT_OK && !courier_start(&c->net)) {
        status = error_memory(error);
        leave(c);
    }
    if (status != PT_OK) {
        relay_free(c);
        return status;
    }
    *ret_channel = (pt_channel){&relay_ops, c};
    return PT_OK;
}
