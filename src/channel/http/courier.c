#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "channel/http/net.h"

#define BACKOFF_FIRST_MS 20 /* after a failure, doubling */
#define BACKOFF_MAX_MS   2000
#define IDLE_MS          1000

static uint64_t random_next(net_channel *c)
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

uint64_t courier_backoff_ms(net_channel *c, unsigned n_failures)
{
    const uint64_t full = doubled(BACKOFF_FIRST_MS, BACKOFF_MAX_MS, n_failures);
    return full / 2 + random_next(c) % (full / 2 + 1);
}

/* ---- starting requests; with the lock held ---- */

static void start(net_channel *c, transfer *t, uint64_t now_ms)
{
    if (!http_ready(&t->call) || curl_multi_add_handle(c->multi, t->call.easy) != CURLM_OK) {
        net_fail(t->peer, PT_ERR_MEMORY, "out of memory");
        return;
    }
    t->running = true;
    t->started_ms = now_ms;
}

static void start_sending(net_peer *p, uint64_t now_ms)
{
    http_call *call = &p->sending.call;
    p->out_sending = true;
    frame_number(p->out_first, p->sending.number);
    p->channel->link->prepare_sending(p, call);
    http_header(call, "Content-Type: application/octet-stream");
    http_body(call, p->out_first->bytes.bytes, p->out_first->bytes.len);
    start(p->channel, &p->sending, now_ms);
}

static void start_asking(net_peer *p, uint64_t now_ms)
{
    p->channel->link->prepare_asking(p, &p->asking.call);
    start(p->channel, &p->asking, now_ms);
}

/* When the peer's next packet is to be sent, and when it is to be asked. */
static uint64_t send_at(const net_peer *p)
{
    return p->out_first == NULL || p->sending.running ? NET_NEVER : p->sending.not_before_ms;
}

static uint64_t ask_at(const net_peer *p)
{
    return p->asking.running ? NET_NEVER : p->channel->link->ask_at(p);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Starts what is due; returns for how long there is nothing more to start. */
static uint64_t start_due(net_channel *c)
{
    const uint64_t now = clock_ms();
    uint64_t next = now + IDLE_MS;
    for (size_t i = 0; i < c->parties; i++) {
        net_peer *p = &c->peers[i];
        if (i == c->party || p->failure.status != PT_OK)
            continue;
        if (send_at(p) <= now)
            start_sending(p, now);
        if (ask_at(p) <= now)
            start_asking(p, now);
        next = smaller(next, smaller(send_at(p), ask_at(p)));
    }
    return next <= now ? 0 : next - now;
}

/* ---- finished requests; with the lock held ---- */

void courier_succeeded(transfer *t)
{
    t->n_failures = 0;
    t->failing_since_ms = 0;
    t->not_before_ms = 0;
}

static void drop_first(net_peer *p)
{
    packet *done = p->out_first;
    p->out_first = done->next;
    if (p->out_first == NULL)
        p->out_last = NULL;
    done->next = NULL;
    frame_free(done);
    p->out_sending = false;
    monitor_wake(&p->channel->lock);
}

void courier_sent(net_peer *p)
{
    drop_first(p);
    courier_succeeded(&p->sending);
    p->sending.number++;
}

bool courier_retry(transfer *t, uint64_t limit_ms)
{
    const uint64_t now = clock_ms();
    /* The attempt itself may have taken long. */
    if (t->failing_since_ms == 0)
        t->failing_since_ms = t->started_ms;
    if (now - t->failing_since_ms >= limit_ms)
        return false;
    uint64_t delay = courier_backoff_ms(t->peer->channel, t->n_failures++);
    if (delay < t->call.retry_after_ms)
        delay = t->call.retry_after_ms;
    t->not_before_ms = now + delay;
    return true;
}

static void finished_sending(net_peer *p)
{
    if (p->left)
        drop_first(p);
    else
        p->channel->link->sent(p);
}

static void finished_asking(net_peer *p)
{
    transfer *t = &p->asking;
    p->channel->link->asked(p);
    p->ask_is_failing = t->failing_since_ms != 0;
    if (p->ask_is_failing)
        http_explain(&t->call, p->ask_problem, sizeof p->ask_problem);
}

/* What went wrong with whom, for the user. */
static void explain(const transfer *t, char *ret_text, size_t size)
{
    char problem[NET_PROBLEM_MAX];
    http_explain(&t->call, problem, sizeof problem);
    (void)snprintf(ret_text, size, "%s%s: %s", t->peer->name, t->peer->channel->via, problem);
}

/* Handles what has finished. Returns whether there was anything; `ret_problem` is the empty text,
 * or why a request has just begun to fail. */
static bool reap(net_channel *c, char *ret_problem, size_t size)
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
            finished_sending(t->peer);
        else
            finished_asking(t->peer);
        if (!failed_before && t->failing_since_ms != 0 && !c->is_quiet)
            explain(t, ret_problem, size);
    }
    return any;
}

/* ---- the thread ---- */

static void *run(void *user)
{
    net_channel *c = user;
    char problem[NET_PROBLEM_MAX + 128];
    for (;;) {
        monitor_lock(&c->lock);
        const bool ends = c->stopping;
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
            patience_notice(&c->patience, "retrying: %s", problem);
        /* What has finished may leave the next one to start. */
        if (!any)
            (void)curl_multi_poll(c->multi, NULL, 0, (int)idle_ms, NULL);
    }
    return NULL;
}

static bool transfer_init(transfer *t, net_peer *peer, size_t response_max)
{
    t->peer = peer;
    t->number = 1;
    return http_call_init(&t->call, response_max, peer->channel->tls_ca) &&
           curl_easy_setopt(t->call.easy, CURLOPT_PRIVATE, t) == CURLE_OK;
}

/* Signals are for the program's own threads. */
static bool start_thread(net_channel *c)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    c->has_courier = pthread_create(&c->courier, NULL, run, c) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return c->has_courier;
}

bool courier_start(net_channel *c)
{
    c->multi = curl_multi_init();
    if (c->multi == NULL ||
        curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)(2 * c->parties)) != CURLM_OK)
        return false;
    for (size_t i = 0; i < c->parties; i++) {
        net_peer *p = &c->peers[i];
        if (i != c->party && (!transfer_init(&p->sending, p, 4096) ||
                              !transfer_init(&p->asking, p, FRAME_PACKET_MAX)))
            return false;
    }
    return start_thread(c);
}

static void transfer_clear(net_channel *c, transfer *t)
{
    if (t->running)
        (void)curl_multi_remove_handle(c->multi, t->call.easy);
    if (t->call.easy != NULL)
        http_call_clear(&t->call);
}

void courier_stop(net_channel *c)
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
        transfer_clear(c, &c->peers[i].asking);
    }
    (void)curl_multi_cleanup(c->multi);
    c->multi = NULL;
}

void courier_nudge(net_channel *c)
{
    (void)curl_multi_wakeup(c->multi);
}
