/* The channel over an HTTP relay; see relay_impl.h for how it is built. */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "channel/relay_impl.h"

#define SESSION_MAX      128
#define RESPONSE_MAX     ((size_t)64 << 10)
#define NOTICE_AFTER_MS  2000 /* a wait is first spoken of after so long, then every second */
#define NOTICE_EVERY_MS  1000
#define SEATS_HOLD_MS    1000
#define SEATS_POLL_MS    100
#define LEAVE_TIMEOUT_MS 2000L

void relay_notice(const relay_channel *c, const char *format, ...)
{
    if (c->notice == NULL)
        return;
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->notice(c->notice_user, text);
}

static unsigned long long seconds(uint64_t ms)
{
    return ms / 1000;
}

/* ---- send and recv ---- */

static pt_status check_peer(const relay_channel *c, size_t peer, pt_error *error)
{
    if (peer < c->parties && peer != c->party)
        return PT_OK;
    return error_set(error, PT_ERR_USAGE, "party %zu has no channel to party %zu", c->party, peer);
}

/* Reports the channel's failure as one of this call. With the lock held. */
static pt_status report_failure(const relay_channel *c, size_t peer, const char *phase,
                                pt_error *error)
{
    return error_set_peer(error, c->failure.status, (int)peer, phase, "%s", c->failure.message);
}

static void put_packets(relay_peer *p, packet *first)
{
    if (p->out_last == NULL)
        p->out_first = first;
    else
        p->out_last->next = first;
    while (first->next != NULL)
        first = first->next;
    p->out_last = first;
}

/* Appends to the last packet if that has not been sent yet: while one is on its way, small messages
 * gather behind it. With the lock held. */
static bool append(relay_peer *p, const uint8_t *bytes, size_t len)
{
    const bool is_waiting = p->out_last != NULL && !(p->out_sending && p->out_last == p->out_first);
    return is_waiting && frame_append(p->out_last, bytes, len);
}

static pt_status relay_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                            size_t len, pt_error *error)
{
    relay_channel *c = self;
    pt_status status = check_peer(c, to, error);
    if (status != PT_OK)
        return status;
    relay_peer *p = &c->peers[to];
    monitor_lock(&c->lock);
    if (c->failure.status != PT_OK)
        status = report_failure(c, to, phase, error);
    const bool done = status != PT_OK || append(p, bytes, len);
    monitor_unlock(&c->lock);
    if (done)
        return status;
    packet *packets = frame_message(bytes, len);
    if (packets == NULL)
        return error_memory(error);
    monitor_lock(&c->lock);
    put_packets(p, packets);
    monitor_unlock(&c->lock);
    courier_nudge(c);
    return PT_OK;
}

/* Why nothing came in time. With the lock held. */
static pt_status report_silence(const relay_peer *p, const char *phase, pt_error *error)
{
    const relay_channel *c = p->channel;
    if (p->recv_is_failing)
        return error_set_peer(error, PT_ERR_IO, (int)p->party, phase,
                              "relay %s cannot be used while waiting for party %zu: %s", c->shown,
                              p->party, p->recv_problem);
    return error_set_peer(error, PT_ERR_TIMEOUT, (int)p->party, phase,
                          "party %zu sent nothing for %.1f s (relay %s, session %s)", p->party,
                          (double)c->timeout_ms / 1000, c->shown, c->session);
}

/* Waits for a packet, telling the user from time to time. With the lock held, which is released
 * while waiting or telling. */
static pt_status wait_for_packet(relay_peer *p, const char *phase, pt_error *error)
{
    relay_channel *c = p->channel;
    const uint64_t start = clock_ms();
    const uint64_t deadline = start + c->timeout_ms;
    uint64_t notice_at = start + NOTICE_AFTER_MS;
    while (p->inbox.count == 0) {
        const uint64_t now = clock_ms();
        if (c->failure.status != PT_OK)
            return report_failure(c, p->party, phase, error);
        if (now >= deadline)
            return report_silence(p, phase, error);
        if (now >= notice_at) {
            notice_at = now + NOTICE_EVERY_MS;
            monitor_unlock(&c->lock);
            relay_notice(c, "waiting for party %zu (%llu s)", p->party, seconds(now - start));
            monitor_lock(&c->lock);
            continue;
        }
        (void)monitor_wait(&c->lock, notice_at < deadline ? notice_at : deadline);
    }
    return PT_OK;
}

static pt_status feed_packet(relay_peer *p, const char *phase, pt_error *error)
{
    relay_channel *c = p->channel;
    message received = {0};
    monitor_lock(&c->lock);
    const pt_status status = wait_for_packet(p, phase, error);
    if (status == PT_OK) {
        received = queue_take(&p->inbox);
        p->inbox_bytes -= received.len;
    }
    monitor_unlock(&c->lock);
    if (status == PT_OK) {
        courier_nudge(c); /* there is room again */
        frame_feed(&p->frames, received);
    }
    return status;
}

/* Nothing of interest can come from that peer any more. */
static void stop_asking(relay_peer *p)
{
    monitor_lock(&p->channel->lock);
    p->finished = true;
    monitor_unlock(&p->channel->lock);
}

static pt_status report_frames(relay_peer *p, frame_result result, const char *phase,
                               size_t max_len, pt_error *error)
{
    const int party = (int)p->party;
    switch (result) {
    case FRAME_CLOSED:
        stop_asking(p);
        return error_set_peer(error, PT_ERR_CLOSED, party, phase, "party %d closed the connection",
                              party);
    case FRAME_TOO_LARGE:
        return error_set_peer(error, PT_ERR_TOO_LARGE, party, phase,
                              "party %d sent a message of more than the %zu bytes expected", party,
                              max_len);
    case FRAME_MALFORMED:
        stop_asking(p);
        return error_set_peer(error, PT_PEER_MALFORMED, party, phase,
                              "party %d or the relay %s sent a malformed packet", party,
                              p->channel->base);
    case FRAME_LOST:
        stop_asking(p);
        return error_set_peer(error, PT_ERR_IO, party, phase,
                              "the relay %s lost a message from party %d", p->channel->base, party);
    case FRAME_MEMORY:
    case FRAME_MESSAGE:
    case FRAME_NEED_MORE:
        break;
    }
    return error_memory(error);
}

static pt_status relay_recv(void *self, size_t from, const char *phase, size_t max_len,
                            uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    relay_channel *c = self;
    pt_status status = check_peer(c, from, error);
    if (status != PT_OK)
        return status;
    relay_peer *p = &c->peers[from];
    for (;;) {
        message m;
        const frame_result result = frame_next(&p->frames, max_len, &m);
        if (result == FRAME_MESSAGE) {
            *ret_bytes = m.bytes;
            *ret_len = m.len;
            return PT_OK;
        }
        if (result != FRAME_NEED_MORE)
            return report_frames(p, result, phase, max_len, error);
        status = feed_packet(p, phase, error);
        if (status != PT_OK)
            return status;
    }
}

/* ---- closing ---- */

static size_t n_packets_queued(const relay_channel *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->parties; i++)
        for (const packet *p = c->peers[i].out_first; p != NULL; p = p->next)
            n++;
    return n;
}

/* Says goodbye to the peers and waits until all has been sent, as long as that makes progress. */
static void flush(relay_channel *c)
{
    monitor_lock(&c->lock);
    for (size_t i = 0; i < c->parties && c->failure.status == PT_OK; i++) {
        packet *bye = i == c->party ? NULL : frame_bye();
        if (bye != NULL)
            put_packets(&c->peers[i], bye);
    }
    courier_nudge(c);
    size_t n = n_packets_queued(c);
    uint64_t deadline = clock_ms() + c->timeout_ms;
    while (n != 0 && c->failure.status == PT_OK && clock_ms() < deadline) {
        (void)monitor_wait(&c->lock, deadline);
        const size_t n_now = n_packets_queued(c);
        if (n_now < n)
            deadline = clock_ms() + c->timeout_ms;
        n = n_now;
    }
    monitor_unlock(&c->lock);
}

/* Gives the seat back; if that fails, the relay forgets it after a while. */
static void leave(relay_channel *c)
{
    http_call call;
    if (!c->is_numbered || c->failure.status != PT_OK || !http_call_init(&call, RESPONSE_MAX))
        return;
    (void)curl_easy_setopt(call.easy, CURLOPT_TIMEOUT_MS, LEAVE_TIMEOUT_MS);
    http_prepare(&call, HTTP_DELETE, c->base, "/join/%s/%zu", c->session, c->party);
    http_header(&call, "X-Polytune-Client: %" PRIx64, c->client);
    if (http_ready(&call))
        http_perform(&call);
    http_call_clear(&call);
}

static void relay_free(relay_channel *c)
{
    courier_stop(c);
    for (size_t i = 0; i < c->parties && c->peers != NULL; i++) {
        frame_free(c->peers[i].out_first);
        queue_clear(&c->peers[i].inbox);
        frame_reader_clear(&c->peers[i].frames);
    }
    if (c->has_lock)
        monitor_clear(&c->lock);
    mem_free(c->peers);
    mem_free(c->base);
    mem_free(c->shown);
    mem_free(c->session);
    mem_free(c);
}

static void relay_close(void *self)
{
    relay_channel *c = self;
    flush(c);
    courier_stop(c);
    leave(c);
    relay_free(c);
}

static const pt_channel_ops relay_ops = {relay_send, relay_recv, relay_close};

/* ---- joining ---- */

static void sleep_ms(uint64_t ms)
{
    const struct timespec time = {.tv_sec = (time_t)(ms / 1000),
                                  .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

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
    const uint64_t start = clock_ms();
    uint64_t told = 0;
    for (unsigned n_failures = 0;; n_failures++) {
        char problem[160];
        const uint64_t before = clock_ms() - start;
        const uint64_t left = before < c->timeout_ms ? c->timeout_ms - before : 1;
        prepare(c, call);
        if (!http_ready(call) ||
            curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)left) != CURLE_OK)
            return error_memory(error);
        http_perform(call);
        if (call->status == 200)
            return PT_OK;
        http_explain(call, problem, sizeof problem);
        const uint64_t waited = clock_ms() - start;
        /* A seat that cannot be had now but perhaps soon. */
        const bool is_conflict = call->status == 409;
        const bool may_pass = http_is_transient(call) || (is_conflict && call->retry_after_ms != 0);
        if (!may_pass || (is_conflict && waited >= c->timeout_ms))
            return error_set(error, PT_ERR_REFUSED, "relay %s, session %s, party %zu: %s%s",
                             c->shown, c->session, c->party, problem,
                             is_no_relays_answer(call) ? "; is this a relay?" : "");
        if (waited >= c->timeout_ms)
            return error_set(error, call->result == CURLE_OK ? PT_ERR_TIMEOUT : PT_ERR_IO,
                             "relay %s cannot be used by party %zu: %s", c->shown, c->party,
                             problem);
        if (n_failures == 0 || waited - told >= NOTICE_EVERY_MS) {
            told = waited;
            relay_notice(c, "retrying (%llu s): relay %s: %s", seconds(waited), c->shown, problem);
        }
        uint64_t delay = courier_backoff_ms(c, n_failures);
        if (delay < call->retry_after_ms)
            delay = call->retry_after_ms;
        sleep_ms(delay < c->timeout_ms - waited ? delay : c->timeout_ms - waited);
    }
}

static void prepare_join(const relay_channel *c, http_call *call)
{
    http_prepare(call, HTTP_PUT, c->base, "/join/%s/%zu", c->session, c->party);
    http_header(call, "X-Polytune-Client: %" PRIx64, c->client);
}

/* A relay that numbers messages answers with a token for the session; a plain one does not. */
static void note_token(relay_channel *c, const http_call *call)
{
    char token[sizeof c->token];
    if (!http_response_header(call, "X-Polytune-Session", token, sizeof token))
        return;
    const size_t len = strlen(token);
    if (len == 0 || len > 16 || strspn(token, "0123456789abcdef") != len)
        return;
    memcpy(c->token, token, len + 1);
    c->is_numbered = true;
}

static void prepare_seats(const relay_channel *c, http_call *call)
{
    /* The answer must come well before this side gives up. */
    http_prepare(call, HTTP_GET, c->base, "/participants/%s?wait=%d&parties=%zu", c->session,
                 c->timeout_ms > 2 * SEATS_HOLD_MS ? SEATS_HOLD_MS / 1000 : 0, c->parties);
    http_header(call, "X-Polytune-Client: %" PRIx64, c->client);
    if (c->is_numbered)
        http_header(call, "X-Polytune-Session: %s", c->token);
}

/* Marks who is listed. False if the response is not a list of numbers. */
static bool parse_seats(const relay_channel *c, const http_call *call, bool *ret_seated)
{
    json_t *list = json_loadb((const char *)call->response.bytes, call->response.len,
                              JSON_REJECT_DUPLICATES, NULL);
    bool ok = json_is_array(list);
    memset(ret_seated, 0, c->parties * sizeof *ret_seated);
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const json_int_t party = json_integer_value(item);
        ok = json_is_integer(item);
        if (ok && party >= 0 && (uint64_t)party < c->parties)
            ret_seated[party] = true;
    }
    json_decref(list);
    return ok;
}

static size_t count_seated(const relay_channel *c, const bool *seated, size_t *ret_missing)
{
    size_t n = 0;
    *ret_missing = c->parties;
    for (size_t i = c->parties; i-- != 0;) {
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
    size_t n_before = 1; /* this party */
    const uint64_t start = clock_ms();
    uint64_t progress = start;
    uint64_t told = start + NOTICE_AFTER_MS - NOTICE_EVERY_MS;
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
        if (n == c->parties)
            return PT_OK;
        if (n > n_before)
            progress = now;
        n_before = n;
        if (now - progress >= c->timeout_ms)
            return error_set_peer(error, PT_ERR_TIMEOUT, (int)missing, "join",
                                  "party %zu did not join session %s at relay %s", missing,
                                  c->session, c->shown);
        if (now - told >= NOTICE_EVERY_MS && now >= told) {
            told = now;
            relay_notice(c, "waiting for party %zu (%llu s)", missing, seconds(now - start));
        }
        if (now - asked < SEATS_POLL_MS)
            sleep_ms(SEATS_POLL_MS);
    }
}

static pt_status join(relay_channel *c, pt_error *error)
{
    http_call call;
    if (!http_call_init(&call, RESPONSE_MAX))
        return error_memory(error);
    pt_status status = perform_patiently(c, &call, prepare_join, error);
    if (status == PT_OK) {
        note_token(c, &call);
        status = wait_for_parties(c, &call, error);
    }
    http_call_clear(&call);
    if (status != PT_OK)
        leave(c);
    return status;
}

/* ---- opening ---- */

static bool is_session_name(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";
    const size_t len = strlen(name);
    return len >= 1 && len <= SESSION_MAX && strspn(name, allowed) == len;
}

/* The URL has a host, is http or https, and ends with the path. */
static bool is_relay_url(const char *url)
{
    CURLU *parsed = curl_url();
    char *part = NULL;
    bool ok = parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK;
    ok = ok && curl_url_get(parsed, CURLUPART_SCHEME, &part, 0) == CURLUE_OK &&
         (strcmp(part, "http") == 0 || strcmp(part, "https") == 0);
    curl_free(part);
    curl_url_cleanup(parsed);
    const char *host = strstr(url, "://");
    return ok && host != NULL && host[3] != '/' && strpbrk(url, "?# ") == NULL &&
           strlen(url) <= 2048;
}

static pt_status check_options(const pt_relay_options *o, pt_error *error)
{
    if (o->url == NULL || !is_relay_url(o->url))
        return error_set(error, PT_ERR_USAGE,
                         "\"%.200s\" is not the URL of a relay, such as http://127.0.0.1:8000",
                         o->url == NULL ? "" : o->url);
    if (o->session == NULL || !is_session_name(o->session))
        return error_set(error, PT_ERR_USAGE,
                         "a session name is 1 to %d of the characters A-Z a-z 0-9 . _ ~ -",
                         SESSION_MAX);
    if (o->parties == 0 || o->parties > CHANNEL_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "%zu parties: 1 to %d are possible", o->parties,
                         CHANNEL_MAX_PARTIES);
    if (o->party >= o->parties)
        return error_set(error, PT_ERR_USAGE, "party %zu: the %zu parties are numbered from 0",
                         o->party, o->parties);
    return PT_OK;
}

/* The URL for messages: a password in it is nobody else's business. */
static char *without_credentials(const char *url)
{
    char *shown = mem_string(url);
    char *host = shown == NULL ? NULL : strstr(shown, "://");
    if (host == NULL)
        return shown;
    host += 3;
    for (size_t i = strcspn(host, "/"); i-- != 0;) {
        if (host[i] == '@') {
            memmove(host, host + i + 1, strlen(host + i + 1) + 1);
            break;
        }
    }
    return shown;
}

static relay_channel *channel_new(const pt_relay_options *o)
{
    relay_channel *c = mem_new(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->party = o->party;
    c->parties = o->parties;
    c->timeout_ms = o->timeout_ms == 0 ? RELAY_DEFAULT_TIMEOUT_MS : o->timeout_ms;
    c->notice = o->notice;
    c->notice_user = o->notice_user;
    pt_error_clear(&c->failure);
    c->base = mem_string(o->url);
    for (size_t len = c->base == NULL ? 0 : strlen(c->base); len != 0 && c->base[len - 1] == '/';)
        c->base[--len] = '\0';
    c->session = mem_string(o->session);
    c->peers = mem_new(o->parties, sizeof *c->peers);
    c->has_lock = monitor_init(&c->lock);
    const bool random = getrandom(&c->client, sizeof c->client, 0) == sizeof c->client &&
                        getrandom(&c->random, sizeof c->random, 0) == sizeof c->random;
    c->shown = c->base == NULL ? NULL : without_credentials(c->base);
    if (c->shown == NULL || c->session == NULL || c->peers == NULL || !c->has_lock || !random) {
        relay_free(c);
        return NULL;
    }
    c->client |= 1; /* 0 would mean none; */
    c->random |= 1; /* xorshift would stay there */
    for (size_t i = 0; i < c->parties; i++) {
        c->peers[i].channel = c;
        c->peers[i].party = i;
        frame_reader_init(&c->peers[i].frames);
    }
    return c;
}

pt_status pt_channel_relay_open(pt_channel *ret_channel, const pt_relay_options *options,
                                pt_error *error)
{
    pt_status status = check_options(options, error);
    if (status != PT_OK)
        return status;
    relay_channel *c = channel_new(options);
    if (c == NULL)
        return error_memory(error);
    status = join(c, error);
    if (status == PT_OK && !courier_start(c)) {
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
