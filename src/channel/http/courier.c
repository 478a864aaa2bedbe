#include "channel/http/courier.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/thread.h"
#include "channel/http/bodies.h"
#include "channel/http/http.h"
#include "wire/wire.h"

#define WARMERS          6
#define WARMERS_TLS      3    /* each connection reads all the authorities, for about 20 ms */
#define WARMING_MAX      4096 /* bytes of an answer that nobody reads */
#define CALL_POLL_MAX_MS 1000

/* A request that makes a connection for others. */
typedef struct warmer {
    http_handle *handle;
    http_call call;
    bool is_running;
} warmer;

typedef struct courier {
    delivery *delivery;
    CURLM *multi;
    http_handle *single; /* for calls by themselves */
    warmer warmers[WARMERS];
    bool has_warmed;
    http_handle **handles; /* per party those of the lanes, of those that ask, and of bodies */
    size_t n_handles;
    pthread_t thread;
    bool has_thread;
    bool stopping; /* under the lock */
} courier;

void courier_nudge(mailboxes *m)
{
    const courier *c = ((delivery *)m)->driver_state;
    if (c != NULL)
        (void)curl_multi_wakeup(c->multi);
}

static size_t bodies_each(const delivery *d)
{
    return d->link->bodies == NULL ? 0 : d->link->bodies->each;
}

static size_t handles_each(const delivery *d)
{
    return d->link->lanes + d->link->askers + bodies_each(d);
}

static http_handle *handle_of(const courier *c, const transfer *t)
{
    const delivery *d = c->delivery;
    size_t at = handles_each(d) * t->box->party + t->lane;
    if (t->is_body)
        at += d->link->lanes + d->link->askers;
    else if (!t->is_sending)
        at += d->link->lanes;
    return c->handles[at];
}

/* ---- the thread ---- */

/* Whose handle that is. */
static const transfer *transfer_of(const delivery *d, size_t handle)
{
    const size_t lanes = d->link->lanes;
    const size_t party = handle / handles_each(d);
    const size_t i = handle % handles_each(d);
    if (i >= lanes + d->link->askers)
        return d->link->bodies->at(d, party, i - lanes - d->link->askers);
    return i < lanes ? &d->sending[party * lanes + i] : delivery_asker(d, party) + (i - lanes);
}

static void courier_begin(courier *c, transfer *t)
{
    http_handle *h = handle_of(c, t);
    CURL *easy = http_handle_easy(h);
    if (!http_handle_begin(h, &t->call, 0) ||
        curl_easy_setopt(easy, CURLOPT_PRIVATE, t) != CURLE_OK ||
        curl_multi_add_handle(c->multi, easy) != CURLM_OK)
        delivery_give_up(t);
}

/* Starts what is due; returns for how long there is nothing more to start. With the lock held. */
static uint64_t start_due(courier *c)
{
    uint64_t next_ms = 0;
    for (transfer *t; (t = delivery_next(c->delivery, DELIVERY_ASK_ALL, &next_ms)) != NULL;)
        courier_begin(c, t);
    const uint64_t now = clock_ms();
    return next_ms <= now ? 0 : next_ms - now;
}

/* A body of the peer that waited and is to go on; NULL: none, and `ret_idle_ms` no longer than
 * until one is. With the lock held. */
static transfer *next_going_on(const courier *c, size_t party, uint64_t *ret_idle_ms)
{
    const delivery *d = c->delivery;
    const uint64_t now = clock_ms();
    for (size_t i = 0; party != d->mail.party && i < bodies_each(d); i++) {
        uint64_t at_ms;
        transfer *t = d->link->bodies->at(d, party, i);
        if (body_goes_on(t, now, &at_ms))
            return t;
        *ret_idle_ms = min_u64(*ret_idle_ms, at_ms <= now ? 0 : at_ms - now);
    }
    return NULL;
}

/* Has bodies that waited go on: libcurl may ask their source at once, so without the lock. */
static void go_on(const courier *c, uint64_t *ret_idle_ms)
{
    monitor *lock = &c->delivery->mail.lock;
    for (size_t party = 0; party < c->delivery->mail.parties; party++) {
        transfer *t;
        do {
            monitor_lock(lock);
            t = next_going_on(c, party, ret_idle_ms);
            monitor_unlock(lock);
            if (t != NULL)
                (void)curl_easy_pause(http_handle_easy(handle_of(c, t)), CURLPAUSE_CONT);
        } while (t != NULL);
    }
}

/* What has ended, out of libcurl's hands; NULL: nothing has. The connection stays for others. */
static CURL *take_ended(courier *c, int *ret_result)
{
    int n_left;
    for (const CURLMsg *m; (m = curl_multi_info_read(c->multi, &n_left)) != NULL;) {
        if (m->msg != CURLMSG_DONE)
            continue;
        CURL *easy = m->easy_handle;
        *ret_result = (int)m->data.result;
        (void)curl_multi_remove_handle(c->multi, easy);
        for (size_t i = 0; i < WARMERS; i++)
            if (c->warmers[i].is_running && http_handle_easy(c->warmers[i].handle) == easy)
                c->warmers[i].is_running = false;
        return easy;
    }
    return NULL;
}

/* The transfer whose request has ended, or NULL. With the lock held. */
static transfer *reap_one(courier *c)
{
    int result = 0;
    for (CURL *easy; (easy = take_ended(c, &result)) != NULL;) {
        transfer *t = NULL;
        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        if (t == NULL)
            continue; /* a warmer */
        http_handle_end(handle_of(c, t), result);
        return t;
    }
    return NULL;
}

/* Handles what has finished. Returns whether there was anything; `ret_problem` is the empty text,
 * or why a request has just begun to fail. */
static bool reap(courier *c, char *ret_problem, size_t size)
{
    bool any = false;
    char problem[MAILBOX_PROBLEM_MAX + 128];
    ret_problem[0] = '\0';
    monitor_lock(&c->delivery->mail.lock);
    for (transfer *t; (t = reap_one(c)) != NULL; any = true) {
        delivery_done(t, problem, sizeof problem);
        if (problem[0] != '\0')
            (void)snprintf(ret_problem, size, "%s", problem);
    }
    monitor_unlock(&c->delivery->mail.lock);
    return any;
}

static void *courier_run(void *user)
{
    courier *c = user;
    delivery *d = c->delivery;
    char problem[MAILBOX_PROBLEM_MAX + 128];
    for (;;) {
        monitor_lock(&d->mail.lock);
        const bool ends = c->stopping;
        uint64_t idle_ms = ends ? 0 : start_due(c);
        monitor_unlock(&d->mail.lock);
        if (ends)
            break;
        go_on(c, &idle_ms);
        int n_running;
        (void)curl_multi_perform(c->multi, &n_running);
        const bool any = reap(c, problem, sizeof problem);
        if (problem[0] != '\0')
            patience_notice(&d->mail.patience, "retrying: %s", problem);
        /* What has finished may leave the next one to start. */
        if (!any)
            (void)curl_multi_poll(c->multi, NULL, 0, (int)idle_ms, NULL);
    }
    return NULL;
}

/* ---- starting and stopping ---- */

static bool make_handles(courier *c)
{
    const mailboxes *m = &c->delivery->mail;
    const size_t each = handles_each(c->delivery);
    c->handles = mem_new(each * m->parties, sizeof(http_handle *));
    if (c->handles == NULL)
        return false;
    c->n_handles = each * m->parties;
    for (size_t i = 0; i < c->n_handles; i++) {
        if (i / each == m->party)
            continue;
        c->handles[i] = http_handle_new(c->delivery->tls_ca);
        if (c->handles[i] == NULL)
            return false;
    }
    return true;
}

static bool make_multi(courier *c)
{
    const long n = (long)c->n_handles + 1 + WARMERS;
    c->multi = curl_multi_init();
    return c->multi != NULL && curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, n) == CURLM_OK;
}

static pt_status courier_open(delivery *d, pt_error *error)
{
    courier *c = mem_new(1, sizeof *c);
    PT_ASSERT(d->driver_state == NULL);
    if (c == NULL)
        return error_memory(error);
    c->delivery = d;
    d->driver_state = c;
    c->single = http_handle_new(d->tls_ca);
    for (size_t i = 0; i < WARMERS; i++)
        http_call_init(&c->warmers[i].call, WARMING_MAX);
    return c->single != NULL && make_handles(c) && make_multi(c) ? PT_OK : error_memory(error);
}

static bool has_tls(const http_call *call)
{
    return call->url.len >= 6 && memcmp(call->url.bytes, "https:", 6) == 0;
}

/* Nothing depends on them. */
static void start_warmers(courier *c)
{
    delivery *d = c->delivery;
    for (size_t i = 0; i < WARMERS && d->link->prepare_warming != NULL && !c->has_warmed; i++) {
        warmer *w = &c->warmers[i];
        d->link->prepare_warming(d, &w->call);
        if (i >= WARMERS_TLS && has_tls(&w->call))
            break;
        w->handle = http_handle_new(d->tls_ca);
        w->is_running = w->handle != NULL &&
                        http_handle_begin(w->handle, &w->call, CALL_POLL_MAX_MS) &&
                        curl_multi_add_handle(c->multi, http_handle_easy(w->handle)) == CURLM_OK;
    }
    c->has_warmed = true;
}

static bool courier_perform(delivery *d, http_call *call, uint64_t timeout_ms)
{
    courier *c = d->driver_state;
    CURL *single = http_handle_easy(c->single);
    int result = 0;
    int n_running;
    PT_ASSERT(!c->has_thread);
    start_warmers(c);
    if (!http_handle_begin(c->single, call, timeout_ms) ||
        curl_multi_add_handle(c->multi, single) != CURLM_OK)
        return false;
    for (;;) {
        (void)curl_multi_perform(c->multi, &n_running);
        const CURL *ended = take_ended(c, &result);
        if (ended == single)
            break;
        if (ended == NULL)
            (void)curl_multi_poll(c->multi, NULL, 0, CALL_POLL_MAX_MS, NULL);
    }
    http_handle_end(c->single, result);
    return true;
}

static pt_status courier_start(delivery *d, pt_error *error)
{
    courier *c = d->driver_state;
    const pt_status status = thread_start(&c->thread, courier_run, c, error);
    c->has_thread = status == PT_OK;
    return status;
}

static void courier_halt(delivery *d)
{
    courier *c = d->driver_state;
    mailboxes *m = &d->mail;
    if (c == NULL || !c->has_thread)
        return;
    monitor_lock(&m->lock);
    c->stopping = true;
    monitor_unlock(&m->lock);
    courier_nudge(m);
    (void)pthread_join(c->thread, NULL);
    c->has_thread = false;
    c->stopping = false;
    for (size_t i = 0; i < c->n_handles; i++)
        if (transfer_of(d, i)->is_running)
            (void)curl_multi_remove_handle(c->multi, http_handle_easy(c->handles[i]));
}

static void courier_close(delivery *d)
{
    courier *c = d->driver_state;
    if (c == NULL)
        return;
    courier_halt(d);
    for (size_t i = 0; i < WARMERS; i++) {
        if (c->warmers[i].is_running)
            (void)curl_multi_remove_handle(c->multi, http_handle_easy(c->warmers[i].handle));
        http_handle_free(c->warmers[i].handle);
        http_call_clear(&c->warmers[i].call);
    }
    for (size_t i = 0; i < c->n_handles; i++)
        http_handle_free(c->handles[i]);
    http_handle_free(c->single);
    (void)curl_multi_cleanup(c->multi);
    mem_free(c->handles);
    mem_free(c);
    d->driver_state = NULL;
}

static const mailbox_pump courier_pump = {courier_nudge, courier_nudge, mailboxes_wait};

const http_driver courier_driver = {
    .pump = &courier_pump,
    .at_once = true,
    .hold_s = WIRE_HOLD_S,
    .open = courier_open,
    .perform = courier_perform,
    .start = courier_start,
    .halt = courier_halt,
    .close = courier_close,
};
