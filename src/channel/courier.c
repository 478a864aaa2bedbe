#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "channel/relay_impl.h"

#define HOLD_S           15 /* how long the relay may hold a request that waits */
#define BACKOFF_FIRST_MS 20 /* after a failure, doubling */
#define BACKOFF_MAX_MS   2000
#define POLL_FIRST_MS    2 /* between polls of a relay that does not hold them, doubling */
#define POLL_MAX_MS      200
#define HELD_MS          500 /* an empty answer after less was not held */
#define IDLE_MS          1000

static uint64_t random_next(relay_channel *c)
{
    /* xorshift64 (Marsaglia 2003): good enough to spread retries. */
    uint64_t x = c->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return c->random = x;
}

static uint64_t doubled(uint64_t first, uint64_t max, unsigned times)
{
    while (times-- != 0 && first < max)
        first *= 2;
    return first < max ? first : max;
}

uint64_t courier_backoff_ms(relay_channel *c, unsigned n_failures)
{
    const uint64_t full = doubled(BACKOFF_FIRST_MS, BACKOFF_MAX_MS, n_failures);
    return full / 2 + random_next(c) % (full / 2 + 1);
}

/* Breaks the channel; the first failure stays. Called with the lock held. */
static void fail(relay_channel *c, pt_status status, const relay_peer *peer, const char *problem)
{
    if (c->failure.status != PT_OK)
        return;
    (void)error_set_peer(&c->failure, status, peer == NULL ? PT_NO_PARTY : (int)peer->party, NULL,
                         "relay %s, session %s: %s", c->shown, c->session, problem);
    monitor_wake(&c->lock);
}

/* ---- starting requests; with the lock held ---- */

static void start(relay_channel *c, transfer *t, uint64_t now_ms)
{
    if (c->is_numbered) {
        http_header(&t->call, "X-Polytune-Seq: %" PRIu64, t->number);
        http_header(&t->call, "X-Polytune-Session: %s", c->token);
        http_header(&t->call, "X-Polytune-Client: %" PRIx64, c->client);
    }
    if (!http_ready(&t->call) || curl_multi_add_handle(c->multi, t->call.easy) != CURLM_OK) {
        fail(c, PT_ERR_MEMORY, t->peer, "out of memory");
        return;
    }
    t->running = true;
    t->started_ms = now_ms;
}

static bool wants_sending(const relay_peer *p)
{
    return p->out_first != NULL && !p->sending.running;
}

static bool wants_receiving(const relay_peer *p)
{
    return !p->receiving.running && !p->finished && p->inbox_bytes < RELAY_INBOX_BYTES &&
           p->inbox.count < RELAY_INBOX_COUNT;
}

static void start_sending(relay_channel *c, relay_peer *p, uint64_t now_ms)
{
    http_call *call = &p->sending.call;
    p->out_sending = true;
    frame_number(p->out_first, p->sending.number);
    http_prepare(call, HTTP_POST, c->base, "/send/%s/%zu/%zu?wait=%d", c->session, c->party,
                 p->party, HOLD_S);
    http_header(call, "Content-Type: application/octet-stream");
    http_body(call, p->out_first->bytes.bytes, p->out_first->bytes.len);
    start(c, &p->sending, now_ms);
}

static void start_receiving(relay_channel *c, relay_peer *p, uint64_t now_ms)
{
    http_prepare(&p->receiving.call, HTTP_POST, c->base, "/recv/%s/%zu/%zu?wait=%d", c->session,
                 p->party, c->party, HOLD_S);
    start(c, &p->receiving, now_ms);
}

/* Starts what is due; returns for how long there is nothing more to start. */
static uint64_t start_due(relay_channel *c)
{
    const uint64_t now = clock_ms();
    uint64_t next = now + IDLE_MS;
    for (size_t i = 0; i < c->parties; i++) {
        relay_peer *p = &c->peers[i];
        if (i == c->party)
            continue;
        if (wants_sending(p)) {
            if (p->sending.not_before_ms <= now)
                start_sending(c, p, now);
            else if (p->sending.not_before_ms < next)
                next = p->sending.not_before_ms;
        }
        if (wants_receiving(p)) {
            if (p->receiving.not_before_ms <= now)
                start_receiving(c, p, now);
            else if (p->receiving.not_before_ms < next)
                next = p->receiving.not_before_ms;
        }
    }
    return next - now;
}

/* ---- finished requests; with the lock held ---- */

static void succeeded(transfer *t)
{
    t->n_failures = 0;
    t->n_empty = 0;
    t->failing_since_ms = 0;
    t->not_before_ms = 0;
    t->number++;
}

/* Plans another attempt, or breaks the channel when the trouble has lasted too long. */
static void retry_later(relay_channel *c, transfer *t, const char *problem)
{
    const uint64_t now = clock_ms();
    /* The attempt itself may have taken long. */
    if (t->failing_since_ms == 0)
        t->failing_since_ms = t->started_ms;
    if (now - t->failing_since_ms >= c->timeout_ms) {
        fail(c, t->call.status == 429 ? PT_ERR_TIMEOUT : PT_ERR_IO, t->peer, problem);
        return;
    }
    uint64_t delay = courier_backoff_ms(c, t->n_failures++);
    if (delay < t->call.retry_after_ms)
        delay = t->call.retry_after_ms;
    t->not_before_ms = now + delay;
}

/* Anything but success. True when it will be tried again. */
static bool handle_failure(relay_channel *c, transfer *t)
{
    char problem[160];
    http_explain(&t->call, problem, sizeof problem);
    if (http_is_transient(&t->call))
        retry_later(c, t, problem);
    else
        fail(c, t->call.status == 409 || t->call.response.failed ? PT_ERR_IO : PT_ERR_REFUSED,
             t->peer, problem);
    return c->failure.status == PT_OK;
}

static void sent(relay_channel *c, relay_peer *p)
{
    if (p->sending.call.status != 200) {
        (void)handle_failure(c, &p->sending);
        return;
    }
    packet *done = p->out_first;
    p->out_first = done->next;
    if (p->out_first == NULL)
        p->out_last = NULL;
    done->next = NULL;
    frame_free(done);
    p->out_sending = false;
    succeeded(&p->sending);
    monitor_wake(&c->lock);
}

/* Nothing yet: ask again, not too soon if the relay did not hold the request. */
static void received_nothing(transfer *t)
{
    const uint64_t now = clock_ms();
    t->failing_since_ms = 0;
    t->n_failures = 0;
    if (now - t->started_ms >= HELD_MS) {
        t->n_empty = 0;
        t->not_before_ms = 0;
    } else {
        t->not_before_ms = now + doubled(POLL_FIRST_MS, POLL_MAX_MS, t->n_empty);
        t->n_empty++;
    }
}

static void received(relay_channel *c, relay_peer *p)
{
    transfer *t = &p->receiving;
    const long status = t->call.status;
    p->recv_is_failing = false;
    if (status == 400 || status == 404) {
        received_nothing(t);
        return;
    }
    if (status != 200) {
        p->recv_is_failing = handle_failure(c, t);
        http_explain(&t->call, p->recv_problem, sizeof p->recv_problem);
        return;
    }
    message m = {0};
    m.bytes = buffer_take(&t->call.response, &m.len);
    if (m.bytes == NULL)
        m.bytes = mem_new(1, 1);
    if (m.bytes == NULL || !queue_put_taken(&p->inbox, m)) {
        mem_free(m.bytes);
        fail(c, PT_ERR_MEMORY, p, "out of memory");
        return;
    }
    p->inbox_bytes += m.len;
    succeeded(t);
    monitor_wake(&c->lock);
}

/* Handles what has finished. Returns whether there was anything; `ret_problem` is the empty text,
 * or why a request has just begun to fail. */
static bool reap(relay_channel *c, char *ret_problem, size_t size)
{
    bool any = false;
    int n_left;
    ret_problem[0] = '\0';
    for (const CURLMsg *m; (m = curl_multi_info_read(c->multi, &n_left)) != NULL;) {
        if (m->msg != CURLMSG_DONE)
            continue;
        transfer *t = NULL;
        const CURLcode result = m->data.result;
        CURL *easy = m->easy_handle;
        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        (void)curl_multi_remove_handle(c->multi, easy);
        any = true;
        t->running = false;
        http_done(&t->call, result);
        const bool failed_before = t->failing_since_ms != 0;
        if (t == &t->peer->sending)
            sent(c, t->peer);
        else
            received(c, t->peer);
        if (!failed_before && t->failing_since_ms != 0)
            http_explain(&t->call, ret_problem, size);
    }
    return any;
}

/* ---- the thread ---- */

static void *run(void *user)
{
    relay_channel *c = user;
    char problem[160];
    for (;;) {
        monitor_lock(&c->lock);
        const bool ends = c->stopping || c->failure.status != PT_OK;
        const uint64_t idle_ms = ends ? 0 : start_due(c);
        monitor_unlock(&c->lock);
        if (ends)
            break;
        int n_running;
        (void)curl_multi_perform(c->multi, &n_running);
        monitor_lock(&c->lock);
        const bool any = reap(c, problem, sizeof problem);
        monitor_unlock(&c->lock);
        if (problem[0] != '\0')
            relay_notice(c, "retrying: relay %s: %s", c->shown, problem);
        /* What has finished may leave the next one to start. */
        if (!any)
            (void)curl_multi_poll(c->multi, NULL, 0, (int)idle_ms, NULL);
    }
    return NULL;
}

static bool transfer_init(transfer *t, relay_peer *peer, size_t response_max)
{
    t->peer = peer;
    t->number = 1;
    return http_call_init(&t->call, response_max) &&
           curl_easy_setopt(t->call.easy, CURLOPT_PRIVATE, t) == CURLE_OK;
}

/* Signals are for the program's own threads. */
static bool start_thread(relay_channel *c)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    c->has_courier = pthread_create(&c->courier, NULL, run, c) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return c->has_courier;
}

bool courier_start(relay_channel *c)
{
    c->multi = curl_multi_init();
    if (c->multi == NULL ||
        curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)(2 * c->parties)) != CURLM_OK)
        return false;
    for (size_t i = 0; i < c->parties; i++) {
        relay_peer *p = &c->peers[i];
        if (i != c->party && (!transfer_init(&p->sending, p, 4096) ||
                              !transfer_init(&p->receiving, p, FRAME_PACKET_MAX)))
            return false;
    }
    return start_thread(c);
}

static void transfer_clear(relay_channel *c, transfer *t)
{
    if (t->running)
        (void)curl_multi_remove_handle(c->multi, t->call.easy);
    if (t->call.easy != NULL)
        http_call_clear(&t->call);
}

void courier_stop(relay_channel *c)
{
    if (c->has_courier) {
        monitor_lock(&c->lock);
        c->stopping = true;
        monitor_unlock(&c->lock);
        courier_nudge(c);
        (void)pthread_join(c->courier, NULL);
        c->has_courier = false;
    }
    for (size_t i = 0; i < c->parties && c->peers != NULL; i++) {
        transfer_clear(c, &c->peers[i].sending);
        transfer_clear(c, &c->peers[i].receiving);
    }
    (void)curl_multi_cleanup(c->multi);
    c->multi = NULL;
}

void courier_nudge(relay_channel *c)
{
    (void)curl_multi_wakeup(c->multi);
}
