/* POST /schedule: a policy goes into the records, and who sent it waits until the parties agree on
 * it. The same again waits, too, or learns how it ended. */
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "node/computation.h"
#include "node/http/request.h"

#define HELD_MAX      512  /* requests; others need connections, too */
#define LOOK_AGAIN_MS 2000 /* while waiting: another node may have ended it */
#define OPEN_MAX      1000 /* policies of one caller that have not ended */
#define OPEN_BYTES    ((uint64_t)512 << 20)

/* ---- storing ---- */

static bool is_same(const node *n, const policy *p, const char *public_text, const record *found,
                    const char *caller)
{
    size_t len = 0;
    if (found->caller == NULL || strcmp(found->caller, caller) != 0 ||
        strcmp(found->policy, public_text) != 0)
        return false;
    if (found->input == NULL)
        return true; /* it has begun, and the input is gone */
    uint8_t *input =
        seal_open(&len, n->seal_key, SEAL_INPUT, p->id, found->input, found->input_len);
    const bool same = input != NULL && len == p->input_len &&
                      (len == 0 || sodium_memcmp(input, p->input, len) == 0);
    mem_free_secret(input, len);
    return same;
}

/* The id is taken: the same policy of the same caller waits for the same answer. */
static void compare_with_stored(node_request *r, const policy *p, const char *public_text)
{
    record found;
    pt_error error;
    bool is_there = false;
    if (records_find(r->node->records, &found, &is_there, p->id, &error) != PT_OK)
        request_refuse(r, 503, "Store", "the store cannot be used at the moment");
    else if (!is_there || !is_same(r->node, p, public_text, &found, r->caller))
        request_refuse(r, 400, "Schedule",
                       "there is another policy with this computation_id; each computation needs "
                       "one of its own");
    record_clear(&found);
}

static bool fits_limits(node_request *r, const policy *p)
{
    uint64_t n_open = 0;
    uint64_t bytes = 0;
    pt_error error;
    if (records_load(r->node->records, &n_open, &bytes, r->caller, &error) != PT_OK) {
        request_refuse(r, 503, "Store", "the store cannot be used at the moment");
        return false;
    }
    if (n_open < OPEN_MAX && bytes + p->input_len <= OPEN_BYTES)
        return true;
    request_refuse(r, 429, "Schedule", "too much of this caller's waits already");
    return false;
}

/* What the audit log does not know of does not stay. */
static void note_scheduled(node_request *r, const policy *p)
{
    node *n = r->node;
    pt_error error;
    bool done = false;
    settings *s = settings_use(n);
    const pt_status status =
        journal_policy(n->journal, "scheduled", r->caller, p, &s->config, json_object(), &error);
    settings_release(n, s);
    if (status == PT_OK) {
        node_log(n, NODE_LOG_INFO, "scheduled", p->id, r->caller, "%s", "");
        return;
    }
    node_log(n, NODE_LOG_ERROR, "audit", p->id, r->caller, "%s", error.message);
    request_refuse(r, 503, "Audit", "the audit log cannot be written at the moment");
    if (records_remove(n->records, &done, p->id, &error) != PT_OK)
        node_log(n, NODE_LOG_ERROR, "store", p->id, NULL, "%s", error.message);
}

static void store_policy(node_request *r, const policy *p)
{
    node *n = r->node;
    pt_error error;
    size_t len = 0;
    char *public_text = policy_print(p);
    char *summary = public_text == NULL ? NULL : policy_summary(p, public_text);
    uint8_t *sealed =
        p->input == NULL ? NULL
                         : seal_close(&len, n->seal_key, SEAL_INPUT, p->id, p->input, p->input_len);
    record added = {.state = RECORD_QUEUED,
                    .caller = r->caller,
                    .policy = public_text,
                    .summary = summary,
                    .input = sealed,
                    .input_len = len};
    memcpy(added.id, p->id, sizeof added.id);
    if (summary == NULL || (p->input != NULL && sealed == NULL)) {
        request_refuse(r, 503, "Schedule", "out of memory");
    } else {
        const pt_status status = records_add(n->records, &added, &error);
        if (status == PT_ERR_REFUSED)
            compare_with_stored(r, p, public_text);
        else if (status != PT_OK)
            request_refuse(r, 503, "Store", "the store cannot be used at the moment");
        else
            note_scheduled(r, p);
    }
    mem_free(public_text);
    mem_free(summary);
    mem_free(sealed);
}

static void refuse_policy(node_request *r, policy_fault fault, const pt_error *error)
{
    static const unsigned statuses[] = {
        [POLICY_NO_JSON] = 400, [POLICY_WRONG_SHAPE] = 422, [POLICY_NO_MEMORY] = 503};
    request_refuse(r, statuses[fault], "Schedule", "%s", error->message);
}

/* Takes the policy in, or refuses. */
static void take_policy(node_request *r)
{
    policy p;
    policy_fault fault;
    pt_error error;
    const buffer *body = &r->http.body;
    const char *text = body->len == 0 ? "" : (const char *)body->bytes;
    if (!policy_parse(&p, text, body->len, &fault, &error))
        refuse_policy(r, fault, &error);
    else if (fits_limits(r, &p))
        store_policy(r, &p);
    if (r->refusal != 0)
        request_note_refusal(r, r->refusal, r->details);
    memcpy(r->id, p.id, sizeof r->id);
    policy_clear(&p);
    request_drop_body(r);
    r->is_stored = r->refusal == 0;
    monitor_lock(&r->node->lock);
    if (r->is_stored)
        r->node->counts.scheduled++;
    else
        r->node->counts.refused++;
    monitor_unlock(&r->node->lock);
    if (r->is_stored)
        node_wake(r->node);
}

/* ---- waiting ---- */

static enum MHD_Result hold_schedule(node_request *r)
{
    monitor_lock(&r->node->lock);
    const bool stops = r->node->is_stopping;
    monitor_unlock(&r->node->lock);
    if (stops || httpd_is_stopping(r->http.server))
        return request_problem(
            r, 500, "StateMachineStopped",
            "this node is being stopped; the policy stays, and may be sent again "
            "to wait for it");
    if (httpd_client_is_gone(&r->http))
        return MHD_NO;
    if (httpd_n_held(r->http.server) >= HELD_MAX)
        return request_problem(r, 503, "Schedule",
                               "too many wait here; the policy stays, and may be sent again to "
                               "wait for it");
    r->http.deadline_ms = clock_ms() + LOOK_AGAIN_MS;
    httpd_hold(&r->http);
    return MHD_YES;
}

static enum MHD_Result answer_recorded(node_request *r, const record *found)
{
    if (found->has_agreed || found->state == RECORD_DONE || found->state == RECORD_RUNNING)
        return request_empty(r, 200);
    if (found->state != RECORD_FAILED)
        return hold_schedule(r);
    const unsigned status = found->refusal == 0 ? 500 : found->refusal;
    return request_problem(r, status, status == 500 ? "StateMachineStopped" : "Schedule",
                           "Error: %s\n", found->reason == NULL ? "it failed" : found->reason);
}

enum MHD_Result answer_schedule(node_request *r)
{
    node *n = r->node;
    record found;
    pt_error error;
    bool is_there = false;
    if (!r->is_stored)
        take_policy(r);
    if (r->refusal != 0)
        return request_problem(r, r->refusal, r->type, "%s", r->details);
    monitor_lock(&n->lock);
    const node_computation *c = computation_find(n, r->id);
    const bool is_taken_up = c != NULL;
    const computation_phase phase = is_taken_up ? c->phase : PHASE_OVER;
    monitor_unlock(&n->lock);
    if (is_taken_up)
        return phase == PHASE_AGREED || phase == PHASE_RUNNING ? request_empty(r, 200)
                                                               : hold_schedule(r);
    if (records_find_state(n->records, &found, &is_there, r->id, &error) != PT_OK)
        return request_store_problem(r, &error);
    const enum MHD_Result result =
        is_there ? answer_recorded(r, &found)
                 : request_problem(r, 500, "StateMachineStopped", "it was deleted");
    record_clear(&found);
    return result;
}
