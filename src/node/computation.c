#include "node/computation.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/thread.h"
#include "node/run/result_text.h"
#include "node/run/run.h"

#define LEAD_TELL_MS 10000 /* who waits for the leader hears of it so often */
#define LEAD_LOOK_MS 200
/* Between tries to keep an end, doubling. */
#define KEEP_FIRST_MS   500
#define KEEP_LONGEST_MS 30000

/* ---- with the node's lock held ---- */

node_computation *computation_find(const node *n, const char *id)
{
    for (node_computation *c = n->computations; c != NULL; c = c->next)
        if (!c->is_over && !c->is_handed_over && strcmp(c->policy.id, id) == 0)
            return c;
    return NULL;
}

bool computation_is_taken_up(const node *n, const char *id)
{
    const node_computation *c = n->computations;
    while (c != NULL && strcmp(c->policy.id, id) != 0)
        c = c->next;
    return c != NULL;
}

void computation_stop(node_computation *c, stop_cause cause)
{
    if (c->stop == STOP_FOR_NOBODY)
        c->stop = cause;
}

void computation_unsettle(node_computation *c)
{
    c->is_stale = true;
}

/* ---- what run.c asks and tells ---- */

bool computation_is_stale(node_computation *c)
{
    monitor_lock(&c->owner->lock);
    const bool is_stale = c->is_stale && c->stop == STOP_FOR_NOBODY;
    monitor_unlock(&c->owner->lock);
    return is_stale;
}

void computation_meets(node_computation *c, bool meets)
{
    monitor_lock(&c->owner->lock);
    c->meets = meets;
    monitor_unlock(&c->owner->lock);
}

void computation_renew(node_computation *c)
{
    node *n = c->owner;
    monitor_lock(&n->lock);
    settings *before = c->settings;
    c->settings = n->settings;
    c->settings->n_users++;
    c->is_stale = false;
    monitor_unlock(&n->lock);
    settings_release(n, before);
}

bool computation_may_begin(node_computation *c)
{
    monitor_lock(&c->owner->lock);
    const bool is_stale = c->is_stale;
    monitor_unlock(&c->owner->lock);
    return !is_stale;
}

void computation_enter(node_computation *c, computation_phase phase)
{
    static const char *const names[] = {[PHASE_CHECKING] = "checking",
                                        [PHASE_WAITING] = "waiting",
                                        [PHASE_AGREED] = "agreed",
                                        [PHASE_RUNNING] = "running",
                                        [PHASE_OVER] = "over"};
    monitor_lock(&c->owner->lock);
    c->phase = phase;
    c->awaited[0] = '\0';
    monitor_unlock(&c->owner->lock);
    node_log(c->owner, NODE_LOG_INFO, names[phase], c->policy.id, c->caller, "%s", "");
    node_wake(c->owner);
}

bool computation_cancelled(void *computation)
{
    node_computation *c = computation;
    const uint64_t now = clock_ms();
    const uint32_t deadline_ms = c->settings->config.deadline_ms;
    monitor_lock(&c->owner->lock);
    const bool stops = c->stop != STOP_FOR_NOBODY || (c->is_stale && c->meets) ||
                       (c->hurry_ms != 0 && now >= c->hurry_ms) ||
                       (deadline_ms != 0 && now - c->begun_ms >= deadline_ms);
    monitor_unlock(&c->owner->lock);
    return stops;
}

void computation_notice(void *computation, const char *text)
{
    node_computation *c = computation;
    monitor_lock(&c->owner->lock);
    (void)snprintf(c->awaited, sizeof c->awaited, "%s", text);
    monitor_unlock(&c->owner->lock);
}

void computation_progress(void *computation, const char *phase, uint64_t done, uint64_t total)
{
    node_computation *c = computation;
    monitor_lock(&c->owner->lock);
    if (strcmp(phase, "compiled") == 0)
        c->n_ands = total;
    c->step = phase;
    c->done = done;
    c->total = total;
    monitor_unlock(&c->owner->lock);
}

void computation_plan(node_computation *c, const pt_plan_seat *seat)
{
    monitor_lock(&c->owner->lock);
    c->plan = *seat;
    c->has_plan = true;
    c->protocol_ms = clock_ms();
    c->step = NULL; /* what was done before is no part of it */
    c->done = c->total = 0;
    monitor_unlock(&c->owner->lock);
}

/* Takes a place if there is one. */
static bool take_place(node_computation *c)
{
    node *n = c->owner;
    const uint64_t concurrency = c->settings->config.concurrency;
    monitor_lock(&n->lock);
    const bool fits = c->leads || concurrency == 0 || n->n_led < concurrency;
    if (fits && !c->leads) {
        n->n_led++;
        c->leads = true;
    }
    monitor_unlock(&n->lock);
    return fits;
}

static void wait_for_place(node *n)
{
    monitor_lock(&n->lock);
    (void)monitor_wait(&n->lock, clock_ms() + LEAD_LOOK_MS);
    monitor_unlock(&n->lock);
}

pt_status computation_lead(node_computation *c, const pt_channel *channel, pt_error *error)
{
    uint64_t told_ms = clock_ms();
    while (!take_place(c)) {
        if (computation_cancelled(c))
            return error_set(error, PT_ERR_CANCELLED, "cancelled while waiting for room");
        if (clock_ms() - told_ms >= LEAD_TELL_MS) {
            const pt_status status = agreement_tell(channel, &c->policy, false, error);
            if (status != PT_OK)
                return status;
            told_ms = clock_ms();
        }
        wait_for_place(c->owner);
    }
    return PT_OK;
}

/* ---- the end ---- */

static void log_end(const node_computation *c, const run_end *end)
{
    if (end->status == PT_OK)
        node_log(c->owner, NODE_LOG_INFO, "done", c->policy.id, c->caller, "%" PRIu64 " ANDs",
                 c->n_ands);
    else
        node_log(c->owner, NODE_LOG_WARN, "failed", c->policy.id, c->caller, "%s", end->reason);
}

/* Whether `output` is told of a failure: not when who scheduled it has just been told, as the Rust
 * project's server does. Who waited for a person, or for other rules, may have gone long ago. */
static bool is_told_elsewhere(const run_end *end)
{
    return end->has_agreed || end->is_late ||
           (end->refusal != 400 && end->refusal != 403 && !end->is_withdrawn);
}

/* *ret_done is false when it is not the ender's any more. */
static pt_status end_record(node *n, bool *ret_done, const char *id, record_ender ender,
                            bool has_url, const run_end *run, pt_error *error)
{
    const bool is_done = run->status == PT_OK;
    size_t len = 0;
    char *text = result_text(is_done, run->details, run->reason);
    uint8_t *sealed = text == NULL ? NULL
                                   : seal_close(&len, n->seal_key, SEAL_RESULT, id,
                                                (const uint8_t *)text, strlen(text));
    if (text != NULL)
        mem_free_secret(text, strlen(text));
    *ret_done = false;
    if (sealed == NULL)
        return error_memory(error);
    const record_end end = {
        .ender = ender,
        .state = is_done ? RECORD_DONE : RECORD_FAILED,
        .refusal = run->has_agreed ? 0 : run->refusal,
        .is_denied = run->is_denied,
        .reason = is_done ? NULL : run->reason,
        .told = is_done ? NULL : run->told,
        .result = sealed,
        .result_len = len,
        .delivers = has_url && (is_done || is_told_elsewhere(run)),
    };
    const pt_status status = records_end(n->records, ret_done, id, &end, error);
    mem_free(sealed);
    return status;
}

/* In the store; *ret_end: how. */
static bool fail_record(node *n, run_end *ret_end, const record *r, record_ender ender,
                        unsigned refusal, const char *reason)
{
    policy p = {0};
    pt_error error;
    bool done = false;
    run_end *end = ret_end;
    *end = (run_end){.status = PT_ERR_STOPPED,
                     .refusal = refusal,
                     .has_agreed = r->has_agreed,
                     .is_late = ender == ENDER_PERSON};
    (void)snprintf(end->reason, sizeof end->reason, "%s", reason);
    (void)snprintf(end->told, sizeof end->told, "%.250s", reason);
    const bool has_url = r->policy != NULL &&
                         policy_restore(&p, r->policy, NULL, 0, &error) == PT_OK &&
                         p.output_url != NULL;
    policy_clear(&p);
    if (end_record(n, &done, r->id, ender, has_url, end, &error) != PT_OK)
        node_log(n, NODE_LOG_ERROR, "store", r->id, NULL, "%s", error.message);
    return done;
}

void computation_note(node *n, const char *event, const char *id, const char *who, json_t *more)
{
    pt_error error;
    if (journal_deed(n->journal, event, id, who, more, &error) != PT_OK)
        node_log(n, NODE_LOG_ERROR, "audit", id, NULL, "%s", error.message);
}

static void note_failed_record(node *n, const record *r, const run_end *end)
{
    computation_note(n, "ended", r->id, r->caller,
                     json_pack("{s:s, s:o}", "outcome", "failed", "told", journal_text(end->told)));
    node_log(n, NODE_LOG_WARN, "failed", r->id, r->caller, "%s", end->reason);
}

bool computation_fail_record(node *n, const record *r, record_ender ender, unsigned refusal,
                             const char *reason)
{
    run_end end;
    const bool done = fail_record(n, &end, r, ender, refusal, reason);
    if (done)
        note_failed_record(n, r, &end);
    return done;
}

bool computation_deny(node *n, const record *r, const char *who, json_t *more, const char *reason)
{
    run_end end;
    if (!fail_record(n, &end, r, ENDER_PERSON, 403, reason)) {
        json_decref(more);
        return false;
    }
    computation_note(n, "denied", r->id, who, more);
    note_failed_record(n, r, &end);
    return true;
}

/* Reasons stay out of the log: they may quote the input. */
static pt_status note_end(const node_computation *c, const run_end *end, pt_error *error)
{
    const json_int_t ms = (json_int_t)(clock_ms() - c->begun_ms);
    json_t *more = NULL;
    if (end->status == PT_OK)
        more = json_pack("{s:s, s:o, s:I}", "outcome", "done", "result_sha256",
                         journal_hash(end->details, strlen(end->details)), "milliseconds", ms);
    else
        more = json_pack("{s:s, s:s, s:o, s:I}", "outcome", "failed", "status",
                         pt_status_name(end->status), "told", journal_text(end->told),
                         "milliseconds", ms);
    return journal_deed(c->owner->journal, "ended", c->policy.id, c->caller, more, error);
}

/* ---- keeping the end ---- */

/* What becomes of its record. */
typedef enum kept_as {
    KEPT_ENDED,
    KEPT_WAITING, /* a person has to decide */
    KEPT_QUEUED   /* as it was before: other rules count by now, or the node stops */
} kept_as;

/* An end on its way into the audit log and the store. */
typedef struct keeping {
    node_computation *c;
    const run_end *end;
    kept_as as;
    run_end withdrawn; /* the end of what was stopped before anybody could decide */
    bool is_noted;     /* in the audit log, which needs it once */
    bool is_told;      /* that it cannot be kept: it counts among the node's */
} keeping;

/* Of a try before the answer may have been lost. */
static pt_status check_kept(const keeping *k, pt_error *error)
{
    const node_computation *c = k->c;
    const bool is_done = k->end->status == PT_OK;
    record r;
    bool found = false;
    const pt_status status = records_find_state(c->owner->records, &r, &found, c->policy.id, error);
    if (status != PT_OK)
        return status;
    const bool is_same = found && r.state == (is_done ? RECORD_DONE : RECORD_FAILED) &&
                         (is_done || (r.reason != NULL && strcmp(r.reason, k->end->reason) == 0));
    record_clear(&r);
    if (!is_same)
        node_log(c->owner, NODE_LOG_ERROR, "store", c->policy.id, NULL,
                 "its end is not kept: it is not this node's any more");
    return PT_OK;
}

/* The line comes first: a result that the audit log does not know of is not given out. */
static pt_status keep_end(keeping *k, pt_error *error)
{
    const node_computation *c = k->c;
    bool done = false;
    pt_status status = k->is_noted ? PT_OK : note_end(c, k->end, error);
    k->is_noted = status == PT_OK;
    if (status == PT_OK)
        status = end_record(c->owner, &done, c->policy.id, ENDER_OWNER,
                            c->policy.output_url != NULL, k->end, error);
    return status == PT_OK && !done ? check_kept(k, error) : status;
}

static void withdraw(keeping *k)
{
    run_end *end = &k->withdrawn;
    *end = (run_end){.status = PT_ERR_CANCELLED, .refusal = 500, .is_withdrawn = true};
    (void)snprintf(end->reason, sizeof end->reason, "it was stopped by who may");
    (void)snprintf(end->told, sizeof end->told, "%.250s", end->reason);
    k->end = end;
}

/* What the audit log calls ended stays so. Who stops what waits for a person finds it in the store
 * alone from here on. */
static void choose_record(keeping *k)
{
    node_computation *c = k->c;
    const run_end *end = k->end;
    k->as = KEPT_ENDED;
    if (k->is_noted)
        return;
    monitor_lock(&c->owner->lock);
    if (end->waits && c->stop == STOP_FOR_CALLER) {
        withdraw(k);
    } else if (end->waits) {
        k->as = c->is_stale && c->stop == STOP_FOR_NOBODY ? KEPT_QUEUED : KEPT_WAITING;
        c->is_handed_over = k->as == KEPT_WAITING || c->is_handed_over;
    } else if (c->stop == STOP_FOR_NODE && end->status != PT_OK && !end->has_agreed) {
        k->as = KEPT_QUEUED;
    }
    monitor_unlock(&c->owner->lock);
}

static pt_status try_keeping(keeping *k, pt_error *error)
{
    records *r = k->c->owner->records;
    choose_record(k);
    if (k->as == KEPT_WAITING)
        return records_suspend(r, k->c->policy.id, k->end->reason, error);
    if (k->as == KEPT_QUEUED)
        return records_release(r, k->c->policy.id, error);
    return keep_end(k, error);
}

/* Says that it cannot be kept, and waits; false when the node stops. */
static bool wait_to_keep(keeping *k, uint64_t wait_ms, const pt_error *error)
{
    node *n = k->c->owner;
    const uint64_t until_ms = clock_ms() + wait_ms;
    monitor_lock(&n->lock);
    (void)snprintf(k->c->awaited, sizeof k->c->awaited, "the store, to keep how it ended");
    n->n_unkept += k->is_told ? 0 : 1;
    k->is_told = true;
    monitor_unlock(&n->lock);
    node_log(n, NODE_LOG_ERROR, "unkept", k->c->policy.id, k->c->caller,
             "how it ended cannot be kept, and is tried again: %s", error->message);
    monitor_lock(&n->lock);
    while (!n->is_stopping && monitor_wait(&n->lock, until_ms))
        ;
    const bool goes_on = !n->is_stopping;
    monitor_unlock(&n->lock);
    return goes_on;
}

/* Until the end is kept, or the node stops: then it is not known to the next start, which takes
 * the computation for one that was stopped in the middle. Its result must not be lost because a
 * disk is full for an hour. */
static bool keep_until_stop(keeping *k)
{
    node_computation *c = k->c;
    pt_error error;
    uint64_t wait_ms = KEEP_FIRST_MS;
    bool goes_on = true;
    pt_status status = try_keeping(k, &error);
    while (status != PT_OK && goes_on) {
        goes_on = wait_to_keep(k, wait_ms, &error);
        wait_ms = min_u64(2 * wait_ms, KEEP_LONGEST_MS);
        status = try_keeping(k, &error);
    }
    monitor_lock(&c->owner->lock);
    c->owner->n_unkept -= k->is_told ? 1 : 0;
    monitor_unlock(&c->owner->lock);
    if (status != PT_OK)
        node_log(c->owner, NODE_LOG_ERROR, "unkept", c->policy.id, c->caller,
                 "how it ended is lost, and the next start will call it failed: %s", error.message);
    return status == PT_OK;
}

static void leave_place(node_computation *c)
{
    monitor_lock(&c->owner->lock);
    if (c->leads)
        c->owner->n_led--;
    c->leads = false;
    monitor_unlock(&c->owner->lock);
}

static void computation_finish(node_computation *c, const run_end *end)
{
    node *n = c->owner;
    leave_place(c);
    keeping k = {.c = c, .end = end};
    const bool is_kept = keep_until_stop(&k);
    if (is_kept && k.as == KEPT_WAITING)
        node_log(n, NODE_LOG_INFO, "pending", c->policy.id, c->caller, "%s", end->reason);
    else if (is_kept && k.as == KEPT_ENDED)
        log_end(c, k.end);
    monitor_lock(&n->lock);
    if (end->status == PT_OK)
        n->counts.done += is_kept ? 1 : 0;
    else if (!end->waits)
        n->counts.failed++;
    c->phase = PHASE_OVER;
    c->is_over = true;
    /* Rules that were read meanwhile have not seen it among those that wait. */
    n->must_reconsider = n->must_reconsider || (k.as == KEPT_WAITING && c->is_stale);
    monitor_unlock(&n->lock);
    node_wake(n);
}

static void *computation_thread(void *user)
{
    node_computation *c = user;
    run_end end;
    run_computation(&end, c);
    computation_finish(c, &end);
    if (end.details != NULL)
        mem_free_secret(end.details, strlen(end.details));
    mem_wipe(&end, sizeof end);
    return NULL;
}

/* ---- taking up ---- */

static void computation_free(node_computation *c)
{
    if (c->settings != NULL)
        settings_release(c->owner, c->settings);
    policy_clear(&c->policy);
    mem_free(c->caller);
    mem_free(c->decision);
    mem_free(c);
}

/* The policy with its input, of which a record that waits has one unless a source gives it. */
static const char *restore_policy(policy *ret_policy, const node *n, const record *r)
{
    size_t len = 0;
    pt_error error;
    uint8_t *input = seal_open(&len, n->seal_key, SEAL_INPUT, r->id, r->input, r->input_len);
    if (policy_restore(ret_policy, r->policy, input, len, &error) != PT_OK)
        return "what the store has of it cannot be read";
    if (ret_policy->source == NULL && ret_policy->input == NULL)
        return "its input cannot be opened: it was sealed with another key";
    return NULL;
}

static const char *start_computation(node *n, record *r)
{
    pt_error error;
    node_computation *c = mem_new(1, sizeof *c);
    if (c == NULL)
        return "out of memory";
    c->owner = n;
    c->begun_ms = clock_ms();
    c->has_waited = r->reason != NULL;
    c->caller = r->caller;
    c->decision = r->decision;
    r->caller = r->decision = NULL;
    const char *problem = restore_policy(&c->policy, n, r);
    c->settings = settings_use(n);
    monitor_lock(&n->lock);
    c->is_stale = c->settings != n->settings; /* read anew before this was among the computations */
    if (problem == NULL && thread_start(&c->thread, computation_thread, c, &error) != PT_OK)
        problem = "no thread can be started";
    if (problem == NULL) {
        c->next = n->computations;
        n->computations = c;
        n->n_taken_up++;
    }
    monitor_unlock(&n->lock);
    if (problem != NULL)
        computation_free(c);
    return problem;
}

void computation_take_up(node *n, record *claimed)
{
    const char *problem = start_computation(n, claimed);
    if (problem != NULL)
        (void)computation_fail_record(n, claimed, ENDER_OWNER, 500, problem);
    record_clear(claimed);
}

void computation_reap(node *n)
{
    for (;;) {
        monitor_lock(&n->lock);
        node_computation **at = &n->computations;
        while (*at != NULL && !(*at)->is_over)
            at = &(*at)->next;
        node_computation *over = *at;
        if (over != NULL) {
            *at = over->next;
            n->n_taken_up--;
        }
        monitor_unlock(&n->lock);
        if (over == NULL)
            return;
        (void)pthread_join(over->thread, NULL);
        computation_free(over);
    }
}
