#include "node/delivery.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/random.h"
#include "base/thread.h"
#include "channel/http/http.h"

#define ATTEMPT_MS   15000 /* for one try */
#define LAST_MS      1000  /* and for one that begins while the node stops, which waits for it */
#define BUSY_MS      60000 /* so long nobody else tries it */
#define GIVE_UP_MS   600000
#define FIRST_MS     500 /* after a failure, doubling */
#define LONGEST_MS   60000
#define RESPONSE_MAX 4096

struct node_delivery {
    node *owner;
    node_delivery *next;
    record record;
    policy policy;
    pthread_t thread;
    bool is_over; /* under the node's lock */
};

static uint64_t wait_after(unsigned tries)
{
    uint64_t full = FIRST_MS;
    uint32_t random = 0;
    for (unsigned i = 1; i < tries && full < LONGEST_MS; i++)
        full = min_u64(2 * full, LONGEST_MS);
    if (random_bytes(&random, sizeof random, NULL) != PT_OK)
        return full;
    return full / 2 + random % (full / 2 + 1);
}

/* True when it was taken; else `ret_problem` says why not. */
static bool post_result(const node_delivery *d, const uint8_t *body, size_t len,
                        char ret_problem[HTTP_PROBLEM_MAX])
{
    http_call call;
    http_handle *handle = http_handle_new(NULL);
    if (handle == NULL)
        return false;
    http_call_init(&call, RESPONSE_MAX);
    http_prepare(&call, HTTP_POST, d->policy.output_url, "%s", "");
    http_header(&call, "Content-Type: application/json");
    /* A place that nobody has allowed, of what was denied, does not get the node's token. */
    if (d->record.decision != NULL)
        node_authorize(d->owner, &call);
    http_body(&call, body, len);
    monitor_lock(&d->owner->lock);
    const uint64_t within_ms = d->owner->is_stopping ? LAST_MS : ATTEMPT_MS;
    monitor_unlock(&d->owner->lock);
    const bool is_made = http_is_ready(&call) && http_perform(handle, &call, within_ms);
    const bool is_taken =
        is_made && call.outcome == HTTP_ANSWERED && call.status >= 200 && call.status < 300;
    ret_problem[0] = '\0';
    if (!is_taken)
        http_explain(&call, ret_problem, HTTP_PROBLEM_MAX);
    http_call_clear(&call);
    http_handle_free(handle);
    return is_taken;
}

static void note_taken(const node_delivery *d)
{
    node *n = d->owner;
    pt_error error;
    pt_status status = records_tried(n->records, d->record.id, 0, &error);
    if (status == PT_OK)
        status = records_fetched(n->records, d->record.id, &error);
    if (status != PT_OK)
        node_log(n, NODE_LOG_ERROR, "store", d->record.id, NULL, "%s", error.message);
    if (journal_deed(n->journal, "delivered", d->record.id, d->record.caller, json_object(),
                     &error) != PT_OK)
        node_log(n, NODE_LOG_ERROR, "audit", d->record.id, NULL, "%s", error.message);
    monitor_lock(&n->lock);
    n->counts.delivered++;
    monitor_unlock(&n->lock);
    node_log(n, NODE_LOG_INFO, "delivered", d->record.id, d->record.caller, "%s", "");
}

static void note_failed(const node_delivery *d, const char *problem)
{
    node *n = d->owner;
    pt_error error;
    const bool is_last = records_now() - d->record.deliver_since_ms >= GIVE_UP_MS;
    const int64_t again_ms = is_last ? 0 : (int64_t)wait_after(d->record.tries);
    if (records_tried(n->records, d->record.id, again_ms, &error) != PT_OK)
        node_log(n, NODE_LOG_ERROR, "store", d->record.id, NULL, "%s", error.message);
    if (is_last) {
        monitor_lock(&n->lock);
        n->counts.undelivered++;
        monitor_unlock(&n->lock);
    }
    node_log(n, NODE_LOG_WARN, "undelivered", d->record.id, d->record.caller, "%s; %s", problem,
             is_last ? "given up: the result stays here until it is fetched" : "it is tried again");
}

static void *delivery_thread(void *user)
{
    node_delivery *d = user;
    node *n = d->owner;
    size_t len = 0;
    char problem[HTTP_PROBLEM_MAX];
    const record *r = &d->record;
    uint8_t *body = seal_open(&len, n->seal_key, SEAL_RESULT, r->id, r->result, r->result_len);
    if (body == NULL)
        note_failed(d, "the result cannot be opened: it was sealed with another key");
    else if (post_result(d, body, len, problem))
        note_taken(d);
    else
        note_failed(d, problem);
    mem_free_secret(body, len);
    monitor_lock(&n->lock);
    d->is_over = true;
    monitor_unlock(&n->lock);
    node_wake(n);
    return NULL;
}

static void delivery_free(node_delivery *d)
{
    record_clear(&d->record);
    policy_clear(&d->policy);
    mem_free(d);
}

/* Takes the record over. */
static void begin_delivery(node *n, record *due)
{
    pt_error error;
    node_delivery *d = mem_new(1, sizeof *d);
    if (d == NULL) {
        record_clear(due); /* it is due again some time later */
        return;
    }
    d->owner = n;
    d->record = *due;
    pt_status status = policy_restore(&d->policy, d->record.policy, NULL, 0, &error);
    if (status == PT_OK && d->policy.output_url == NULL)
        status = error_set(&error, PT_ERR_INPUT, "it has no URL for its output");
    monitor_lock(&n->lock);
    if (status == PT_OK)
        status = thread_start(&d->thread, delivery_thread, d, &error);
    if (status == PT_OK) {
        d->next = n->deliveries;
        n->deliveries = d;
        n->n_delivering++;
    }
    monitor_unlock(&n->lock);
    if (status != PT_OK) {
        note_failed(d, error.message);
        delivery_free(d);
    }
}

void delivery_begin_due(node *n)
{
    for (;;) {
        record due;
        pt_error error;
        bool found = false;
        monitor_lock(&n->lock);
        const bool has_room = n->n_delivering < DELIVERIES_MAX;
        monitor_unlock(&n->lock);
        if (!has_room)
            return;
        if (records_due(n->records, &due, &found, BUSY_MS, &error) != PT_OK) {
            node_log(n, NODE_LOG_ERROR, "store", NULL, NULL, "%s", error.message);
            return;
        }
        if (!found)
            return;
        begin_delivery(n, &due);
    }
}

void delivery_reap(node *n, bool all)
{
    for (;;) {
        monitor_lock(&n->lock);
        node_delivery **at = &n->deliveries;
        while (*at != NULL && !all && !(*at)->is_over)
            at = &(*at)->next;
        node_delivery *over = *at;
        if (over != NULL) {
            *at = over->next;
            n->n_delivering--;
        }
        monitor_unlock(&n->lock);
        if (over == NULL)
            return;
        (void)pthread_join(over->thread, NULL);
        delivery_free(over);
    }
}
