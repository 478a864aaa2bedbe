/* The direct HTTP channel: opening, closing, and posting to the others. See direct.h for who
 * believes whom, and net.h for the rest. */
#include "channel/http/direct.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "channel/http/url.h"
#include "polytune/network.h"
#include "wire/wire.h"

#define DEFAULT_SESSION   "polytune"
#define PROBE_MS          2000 /* a party that was silent for so long is asked whether it is there */
#define WANTED_MS         20   /* how often a party is asked because of others that use its name */
#define GONE_MS           5000 /* a party whose port takes no connection for so long is gone */
#define CONNECTIONS       1024
#define CLIENT_TIMEOUT_MS 60000

void direct_commit(char ret_commit[DIRECT_HEX(DIRECT_COMMIT_BYTES)], const char *number)
{
    uint8_t hash[DIRECT_COMMIT_BYTES];
    (void)crypto_generichash(hash, sizeof hash, (const uint8_t *)number, strlen(number), NULL, 0);
    (void)sodium_bin2hex(ret_commit, DIRECT_HEX(DIRECT_COMMIT_BYTES), hash, sizeof hash);
}

/* ---- the link; with the lock held ---- */

static direct *owner_of(const net_peer *p)
{
    return (direct *)p->channel;
}

static direct_peer *other_of(const net_peer *p)
{
    return &owner_of(p)->others[p->party];
}

static void prepare(const net_peer *p, http_call *call)
{
    const net_channel *c = p->channel;
    http_prepare(call, HTTP_POST, other_of(p)->base, WIRE_MSG "%zu", c->party);
    http_header(call, WIRE_SESSION ": %s", c->session);
    http_header(call, WIRE_CLIENT ": %s", other_of(p)->number);
    http_header(call, WIRE_TO ": %zu", p->party);
}

static void prepare_sending(net_peer *p, http_call *call)
{
    prepare(p, call);
    http_header(call, WIRE_SEQ ": %" PRIu64, p->sending.number);
    if (p->out_first->is_last)
        http_header(call, WIRE_LAST ": true");
}

static void prepare_asking(net_peer *p, http_call *call)
{
    direct_peer *o = other_of(p);
    prepare(p, call);
    o->asked_ms = clock_ms();
    o->is_wanted = false;
}

static uint64_t ask_at(const net_peer *p)
{
    const direct_peer *o = other_of(p);
    if (p->left || p->finished)
        return NET_NEVER;
    if (o->is_wanted)
        return o->asked_ms + WANTED_MS;
    if (!o->accepted || p->asking.failing_since_ms != 0)
        return p->asking.not_before_ms;
    return o->heard_ms + PROBE_MS;
}

static bool is_commit(const char *text)
{
    return strlen(text) == 2 * DIRECT_COMMIT_BYTES &&
           strspn(text, "0123456789abcdef") == 2 * DIRECT_COMMIT_BYTES;
}

/* Learns from an answer who is at that URL. False if that is nobody who speaks our language, or not
 * the one who was there before. */
static bool note_commit(net_peer *p, const http_call *call)
{
    direct *d = owner_of(p);
    direct_peer *o = other_of(p);
    char commit[sizeof o->its_commit];
    if (!http_response_header(call, WIRE_COMMIT, commit, sizeof commit) || !is_commit(commit))
        return false;
    if (strcmp(commit, o->its_commit) == 0)
        return true;
    if (o->its_commit[0] != '\0' && (d->is_open || o->last_number != 0)) {
        net_fail(p, PT_ERR_IO, "%s was started anew in the middle of the session", p->name);
        return false;
    }
    memcpy(o->its_commit, commit, sizeof commit);
    o->accepted = false;
    return true;
}

/* For how long a request may fail in this way. */
static uint64_t patience_ms(const transfer *t)
{
    const direct *d = owner_of(t->peer);
    if (!d->is_open || t->call.status == 429)
        return NET_NEVER; /* opening has its own clock; who is full is alive */
    const bool nobody_there = t->call.result == CURLE_COULDNT_CONNECT || t->call.status == 502;
    return nobody_there && GONE_MS < d->net.patience.timeout_ms ? GONE_MS
                                                                : d->net.patience.timeout_ms;
}

/* Anything but success. */
static void handle_failure(transfer *t)
{
    net_peer *p = t->peer;
    const direct *d = owner_of(p);
    const long status = t->call.status;
    char problem[NET_PROBLEM_MAX];
    if (p->failure.status != PT_OK)
        return;
    http_explain(&t->call, problem, sizeof problem);
    /* Before all are there, a proxy without its server may give any answer. */
    const bool may_pass = http_is_transient(&t->call) || status == 403 ||
                          (!d->is_open && status != 0 && status != 409);
    if (!may_pass)
        net_fail(p, d->is_open ? PT_ERR_IO : PT_ERR_REFUSED, "%s: %s", p->name, problem);
    else if (!courier_retry(t, patience_ms(t)))
        net_fail(p, PT_ERR_IO, "%s cannot be reached any more: %s", p->name, problem);
}

static bool succeeded(transfer *t)
{
    net_peer *p = t->peer;
    const bool is_party = note_commit(p, &t->call);
    if (t->call.status != 200 || !is_party || p->failure.status != PT_OK)
        return false;
    other_of(p)->heard_ms = clock_ms();
    return true;
}

static void sent(net_peer *p)
{
    if (succeeded(&p->sending))
        courier_sent(p);
    else
        handle_failure(&p->sending);
}

static void asked(net_peer *p)
{
    direct_peer *o = other_of(p);
    if (!succeeded(&p->asking)) {
        o->accepted = o->accepted && owner_of(p)->is_open;
        handle_failure(&p->asking);
        return;
    }
    courier_succeeded(&p->asking);
    o->accepted = true;
    monitor_wake(&p->channel->lock);
}

static void has_room(net_channel *c)
{
    courier_nudge(c);
    httpd_wake(((direct *)c)->server);
}

static const net_link direct_link = {
    .nudge = courier_nudge,
    .has_room = has_room,
    .prepare_sending = prepare_sending,
    .prepare_asking = prepare_asking,
    .ask_at = ask_at,
    .sent = sent,
    .asked = asked,
};

/* ---- closing ---- */

static void direct_free(direct *d)
{
    if (d->server != NULL) {
        httpd_request_stop(d->server);
        httpd_wait(d->server);
    }
    courier_stop(&d->net); /* which may still wake the server until here */
    httpd_free(d->server);
    for (size_t i = 0; d->others != NULL && i < d->net.parties; i++) {
        mem_free(d->others[i].base);
        mem_wipe(d->others[i].number, sizeof d->others[i].number);
    }
    mem_free(d->others);
    mem_free(d->prefix);
    net_clear(&d->net);
    mem_free(d);
}

/* A peer posts until it is told 200 for all, so what it still has for us is taken and dropped. */
static void direct_close(void *self)
{
    direct *d = self;
    monitor_lock(&d->net.lock);
    d->net.closing = true;
    monitor_unlock(&d->net.lock);
    httpd_wake(d->server);
    net_flush(&d->net);
    direct_free(d);
}

static const pt_channel_ops direct_ops = {
    .send = net_send, .recv = net_recv, .close = direct_close};

/* ---- opening ---- */

/* Which party has not answered since then; NULL if all have. With the lock held. */
static net_peer *find_missing(direct *d, uint64_t since_ms, size_t *ret_n)
{
    net_peer *missing = NULL;
    *ret_n = 0;
    for (size_t i = d->net.parties; i-- != 0;) {
        net_peer *p = &d->net.peers[i];
        const direct_peer *o = &d->others[i];
        if (i == d->net.party || p->left || (o->accepted && o->heard_ms >= since_ms))
            continue;
        missing = p;
        ++*ret_n;
    }
    return missing;
}

/* Asks all once more: who came early may have been started anew since. */
static void ask_all(direct *d)
{
    for (size_t i = 0; i < d->net.parties; i++)
        d->others[i].is_wanted = i != d->net.party;
    courier_nudge(&d->net);
}

static const net_peer *find_failed(const direct *d)
{
    for (size_t i = 0; i < d->net.parties; i++)
        if (i != d->net.party && d->net.peers[i].failure.status != PT_OK)
            return &d->net.peers[i];
    return NULL;
}

/* Tells for whom it waits, without the lock, which is held before and after. */
static void tell(const net_peer *p, const waiting *w)
{
    net_channel *c = p->channel;
    char problem[NET_PROBLEM_MAX];
    /* That nobody is there is what waiting is for; other answers are worth a word. */
    const bool speaks = p->ask_is_failing && p->asking.call.status != 0;
    (void)snprintf(problem, sizeof problem, "%s", speaks ? p->ask_problem : "");
    monitor_unlock(&c->lock);
    patience_notice(&c->patience, "waiting for %s (%llu s)%s%s", p->name, waiting_seconds(w),
                    speaks ? ": " : "", problem);
    monitor_lock(&c->lock);
}

static pt_status report_missing(const net_peer *missing, pt_error *error)
{
    const bool speaks = missing->ask_is_failing;
    return error_set_peer(error, PT_ERR_TIMEOUT, (int)missing->party, "join",
                          "%s did not come within %.1f s%s%s", missing->name,
                          (double)missing->channel->patience.timeout_ms / 1000, speaks ? ": " : "",
                          speaks ? missing->ask_problem : "");
}

static pt_status wait_for_parties(direct *d, pt_error *error)
{
    net_channel *c = &d->net;
    waiting w = waiting_begin();
    size_t n_before = c->parties;
    size_t n_missing = 0;
    uint64_t complete = 0; /* when all had come; then each is asked again */
    for (;;) {
        const uint64_t now = clock_ms();
        net_peer *missing = find_missing(d, 0, &n_missing);
        if (missing != NULL) {
            complete = 0;
        } else if (complete == 0) {
            complete = now;
            ask_all(d);
        }
        if (missing == NULL)
            missing = find_missing(d, complete, &n_missing);
        if (missing == NULL)
            return PT_OK;
        const net_peer *failed = find_failed(d);
        if (failed != NULL)
            return error_set_peer(error, failed->failure.status, (int)failed->party, "join", "%s",
                                  failed->failure.message);
        if (n_missing < n_before)
            w.progress_ms = clock_ms();
        n_before = n_missing;
        switch (patience_wait(&c->patience, &w, &c->lock)) {
        case WAIT_ON:
            break;
        case WAIT_TELL:
            tell(missing, &w);
            break;
        case WAIT_TIMEOUT:
            return report_missing(missing, error);
        case WAIT_CANCELLED:
            return patience_report_cancelled(error);
        }
    }
}

static void draw_number(direct_peer *o)
{
    uint8_t number[DIRECT_NUMBER_BYTES];
    randombytes_buf(number, sizeof number);
    (void)sodium_bin2hex(o->number, sizeof o->number, number, sizeof number);
    mem_wipe(number, sizeof number);
    direct_commit(o->commit, o->number);
}

static bool channel_init(direct *d, const pt_direct_options *o, const net_options *net,
                         const char *prefix)
{
    bool ok = net_init(&d->net, &direct_link, net) && sodium_init() >= 0;
    d->others = mem_new(o->parties, sizeof *d->others);
    d->prefix = mem_string(prefix);
    d->net.via = mem_string("");
    d->net.is_quiet = true;
    ok = ok && d->others != NULL && d->prefix != NULL && d->net.via != NULL;
    for (size_t i = 0; ok && i < o->parties; i++) {
        direct_peer *other = &d->others[i];
        other->base = url_base(o->urls[i]);
        d->net.peers[i].name =
            other->base == NULL ? NULL : net_text("party %zu at %s", i, other->base);
        ok = d->net.peers[i].name != NULL;
        draw_number(other);
    }
    return ok;
}

/* Starts serving and asking the others; with the lock held neither thread begins before both are
 * there. */
static pt_status start(direct *d, const pt_direct_options *o, const url_parts *own, pt_error *error)
{
    const httpd_options http = {
        .address = o->listen_host != NULL ? o->listen_host : own->host,
        .port = o->listen_host != NULL ? o->listen_port : own->port,
        .max_connections = CONNECTIONS,
        .client_timeout_ms = CLIENT_TIMEOUT_MS,
        .tls_cert = o->tls_cert,
        .tls_key = o->tls_key,
    };
    pt_status status = httpd_new(&d->server, &direct_app, d, error);
    if (status != PT_OK)
        return status;
    monitor_lock(&d->net.lock);
    status = httpd_start(d->server, &http, error);
    if (status == PT_OK && !courier_start(&d->net))
        status = error_memory(error);
    if (status == PT_OK)
        status = wait_for_parties(d, error);
    d->is_open = status == PT_OK;
    d->net.is_quiet = false;
    monitor_unlock(&d->net.lock);
    return status;
}

/* ---- options ---- */

static pt_status check_url(const pt_direct_options *o, size_t i, pt_error *error)
{
    url_parts parts;
    if (o->urls[i] == NULL || !url_split(&parts, o->urls[i]))
        return error_set(error, PT_ERR_USAGE,
                         "\"%.200s\" is not the URL of a party, such as http://127.0.0.1:8000",
                         o->urls[i] == NULL ? "" : o->urls[i]);
    const bool has_credentials = parts.has_credentials;
    url_clear(&parts);
    if (has_credentials)
        return error_set(error, PT_ERR_USAGE,
                         "the URL of party %zu has a user or password in it; "
                         "parties do not ask for one",
                         i);
    return PT_OK;
}

/* Whether two good URLs lead to the same place. */
static bool are_same(const char *a, const char *b)
{
    url_parts x = {0};
    url_parts y = {0};
    const bool same = url_split(&x, a) && url_split(&y, b) && x.port == y.port &&
                      strcmp(x.host, y.host) == 0 && strcmp(x.path, y.path) == 0;
    url_clear(&x);
    url_clear(&y);
    return same;
}

static pt_status check_own(const pt_direct_options *o, const url_parts *own, pt_error *error)
{
    if ((o->tls_cert == NULL) != (o->tls_key == NULL))
        return error_set(error, PT_ERR_USAGE, "TLS needs both a certificate and its key");
    if (own->is_https && o->tls_cert == NULL && o->listen_host == NULL)
        return error_set(error, PT_ERR_USAGE,
                         "the own URL is https: give a certificate and its key, or where to listen "
                         "behind a proxy that has them");
    if (!own->is_https && o->tls_cert != NULL)
        return error_set(error, PT_ERR_USAGE,
                         "there is a certificate, but the own URL %.200s is not https",
                         o->urls[o->party]);
    return PT_OK;
}

static pt_status check_options(const pt_direct_options *o, const net_options *net, pt_error *error)
{
    pt_status status = net_check(net, error);
    if (status == PT_OK && o->urls == NULL)
        status = error_set(error, PT_ERR_USAGE, "the URLs of the parties are missing");
    for (size_t i = 0; status == PT_OK && i < o->parties; i++) {
        status = check_url(o, i, error);
        for (size_t j = 0; status == PT_OK && j < i; j++)
            if (are_same(o->urls[i], o->urls[j]))
                status =
                    error_set(error, PT_ERR_USAGE, "parties %zu and %zu have the same URL, %.200s",
                              j, i, o->urls[i]);
    }
    return status;
}

pt_status pt_channel_direct_open(pt_channel *ret_channel, const pt_direct_options *options,
                                 pt_error *error)
{
    if (ret_channel == NULL || options == NULL)
        return error_set(error, PT_ERR_USAGE, "a place for the channel and options must be given");
    const net_options net = {.session =
                                 options->session != NULL ? options->session : DEFAULT_SESSION,
                             .party = options->party,
                             .parties = options->parties,
                             .tls_ca = options->network.tls_ca,
                             .patience = patience_init(&options->network)};
    url_parts own = {0};
    direct *d = NULL;
    pt_status status = check_options(options, &net, error);
    if (status == PT_OK && !url_split(&own, options->urls[options->party]))
        status = error_memory(error);
    if (status == PT_OK)
        status = check_own(options, &own, error);
    if (status == PT_OK) {
        d = mem_new(1, sizeof *d);
        status =
            d != NULL && channel_init(d, options, &net, own.path) ? PT_OK : error_memory(error);
    }
    if (status == PT_OK)
        status = start(d, options, &own, error);
    url_clear(&own);
    if (status == PT_OK)
        *ret_channel = (pt_channel){&direct_ops, d};
    else if (d != NULL)
        direct_free(d);
    return status;
}
