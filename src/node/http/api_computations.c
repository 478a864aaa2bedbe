/* What is known of computations, and what may be done about them. */
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "node/computation.h"
#include "node/http/request.h"

#define LIST_MAX 10000
#define WHY_MAX  200

/* ---- as JSON ---- */

static const char *const record_states[] = {[RECORD_PENDING] = "pending",
                                            [RECORD_QUEUED] = "queued",
                                            [RECORD_RUNNING] = "running",
                                            [RECORD_DONE] = "done",
                                            [RECORD_FAILED] = "failed"};
static const char *const phase_states[] = {[PHASE_CHECKING] = "checking",
                                           [PHASE_WAITING] = "waiting",
                                           [PHASE_AGREED] = "agreed",
                                           [PHASE_RUNNING] = "running",
                                           [PHASE_OVER] = "queued"};

static json_t *text_or_null(const char *text)
{
    if (text == NULL || !utf8_is_valid(text, strlen(text)))
        return json_null();
    return json_string(text);
}

/* What the run costs this party, and how long it still takes if it goes on as it has so far: with
 * the network that there is. */
static json_t *describe_plan(const node_computation *c)
{
    const pt_plan_seat *seat = &c->plan;
    const double ran_ms = (double)(clock_ms() - c->protocol_ms);
    json_t *plan = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "and_gates", (json_int_t)c->n_ands,
                             "bytes_sent", (json_int_t)seat->bytes_sent, "bytes_received",
                             (json_int_t)seat->bytes_received, "messages_sent",
                             (json_int_t)seat->messages_sent, "delays", (json_int_t)seat->delays,
                             "memory_bytes", (json_int_t)seat->memory_bytes);
    if (seat->seconds > 0)
        (void)json_object_set_new(plan, "seconds_at_least", json_real(seat->seconds));
    if (c->done != 0 && c->total >= c->done && ran_ms > 0)
        (void)json_object_set_new(
            plan, "seconds_more",
            json_real(ran_ms / 1000 * (double)(c->total - c->done) / (double)c->done));
    return plan;
}

/* What its thread knows; with the node's lock held. */
static void describe_running(json_t *all, const node_computation *c)
{
    const uint32_t deadline_ms = c->settings->config.deadline_ms;
    const uint64_t since_ms = clock_ms() - c->begun_ms;
    (void)json_object_set_new(all, "state", json_string(phase_states[c->phase]));
    if (c->awaited[0] != '\0')
        (void)json_object_set_new(all, "awaited", text_or_null(c->awaited));
    if (c->n_ands != 0)
        (void)json_object_set_new(all, "and_gates", json_integer((json_int_t)c->n_ands));
    if (c->has_plan)
        (void)json_object_set_new(all, "plan", describe_plan(c));
    if (c->step != NULL)
        (void)json_object_set_new(all, "progress",
                                  json_pack("{s:s, s:I, s:I}", "step", c->step, "done",
                                            (json_int_t)c->done, "total", (json_int_t)c->total));
    if (deadline_ms > since_ms)
        (void)json_object_set_new(all, "seconds_left",
                                  json_integer((json_int_t)((deadline_ms - since_ms) / 1000)));
}

/* All of it that somebody has to decide about; `with_program`: also its text. */
static void describe_policy(json_t *all, const record *found, bool with_program)
{
    policy p;
    pt_error error;
    if (found->policy == NULL) {
        (void)json_object_update_new(all, json_loads(found->summary, 0, NULL));
        return;
    }
    if (policy_restore(&p, found->policy, NULL, 0, &error) == PT_OK) {
        policy_put_shown(all, &p, found->policy);
        if (with_program)
            (void)json_object_set_new(all, "program", text_or_null(p.program));
    }
    policy_clear(&p);
}

static json_t *describe(node *n, const record *found, bool with_program)
{
    json_t *all =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:b, s:I, s:I}", "computation_id", found->id, "state",
                  record_states[found->state], "caller", text_or_null(found->caller), "allowed_by",
                  text_or_null(found->decision), "reason", text_or_null(found->reason), "agreed",
                  (int)found->has_agreed, "created_ms", (json_int_t)found->created_ms, "changed_ms",
                  (json_int_t)found->changed_ms);
    if (all == NULL)
        return NULL;
    describe_policy(all, found, with_program);
    if (found->deliver_ms != 0)
        (void)json_object_set_new(all, "delivery",
                                  json_pack("{s:I, s:I}", "tries", (json_int_t)found->tries,
                                            "next_ms", (json_int_t)found->deliver_ms));
    monitor_lock(&n->lock);
    const node_computation *c = computation_find(n, found->id);
    if (c != NULL && found->state < RECORD_DONE)
        describe_running(all, c);
    monitor_unlock(&n->lock);
    return all;
}

/* ---- seeing ---- */

static bool may_see_all(const node_request *r)
{
    return (r->roles & (NODE_READ | NODE_APPROVE | NODE_ADMIN)) != 0;
}

/* Whether the caller may see it: who scheduled it, and who may see all. */
static bool may_see(const node_request *r, const record *found)
{
    return may_see_all(r) || (found->caller != NULL && strcmp(found->caller, r->caller) == 0);
}

typedef struct listing {
    node_request *request;
    json_t *list;
} listing;

/* Those in the wanted state; what this node has taken up has one that its record does not tell. */
static void list_one(void *user, const record *found)
{
    const listing *l = user;
    const node_request *r = l->request;
    json_t *one = may_see(r, found) ? describe(r->node, found, false) : NULL;
    const char *state = json_string_value(json_object_get(one, "state"));
    if (state != NULL && (r->state == NULL || strcmp(r->state, state) == 0))
        (void)json_array_append(l->list, one);
    json_decref(one);
}

/* What records may be in that state; false: there is none of that name. */
static bool records_in_state(records_wanted *wanted, const char *state)
{
    static const struct {
        const char *name;
        record_state from, to;
    } states[] = {
        {"pending", RECORD_PENDING, RECORD_PENDING}, {"queued", RECORD_QUEUED, RECORD_RUNNING},
        {"checking", RECORD_QUEUED, RECORD_RUNNING}, {"waiting", RECORD_QUEUED, RECORD_RUNNING},
        {"agreed", RECORD_QUEUED, RECORD_RUNNING},   {"running", RECORD_QUEUED, RECORD_RUNNING},
        {"done", RECORD_DONE, RECORD_DONE},          {"failed", RECORD_FAILED, RECORD_FAILED},
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (strcmp(states[i].name, state) != 0)
            continue;
        wanted->from = states[i].from;
        wanted->to = states[i].to;
        return true;
    }
    return false;
}

enum MHD_Result answer_list(node_request *r)
{
    pt_error error;
    records_wanted wanted = {.from = RECORD_PENDING, .to = RECORD_FAILED, .max = LIST_MAX};
    if (r->state != NULL && !records_in_state(&wanted, r->state))
        return request_problem(r, 400, "BadQuery",
                               "a state is pending, queued, checking, waiting, agreed, running, "
                               "done or failed");
    if (!may_see_all(r))
        wanted.caller = r->caller;
    listing l = {.request = r, .list = json_array()};
    if (records_list(r->node->records, &wanted, list_one, &l, &error) != PT_OK) {
        json_decref(l.list);
        return request_store_problem(r, &error);
    }
    return request_json(r, 200, l.list);
}

/* The record of the path if the caller may see it; else the answer has been given. */
static bool find_visible(node_request *r, record *ret_record, enum MHD_Result *ret_answer)
{
    pt_error error;
    bool is_there = false;
    if (records_find(r->node->records, ret_record, &is_there, r->id, &error) != PT_OK) {
        *ret_answer = request_store_problem(r, &error);
        return false;
    }
    if (is_there && may_see(r, ret_record))
        return true;
    if (is_there)
        request_note_refusal(r, 404, "it is another caller's");
    record_clear(ret_record);
    *ret_answer =
        request_problem(r, 404, "UnknownComputationId", "no computation %s is known here", r->id);
    return false;
}

/* Refuses with a line in the audit log. */
static enum MHD_Result forbid(node_request *r, unsigned status, const char *type, const char *why)
{
    request_note_refusal(r, status, why);
    return request_problem(r, status, type, "%s", why);
}

/* Writes into the audit log what is about to be done; else the answer has been given. */
static bool note_deed(node_request *r, const char *event, json_t *more, enum MHD_Result *ret_answer)
{
    pt_error error;
    if (journal_deed(r->node->journal, event, r->id, r->caller, more, &error) == PT_OK)
        return true;
    node_log(r->node, NODE_LOG_ERROR, "audit", r->id, r->caller, "%s", error.message);
    *ret_answer = request_problem(r, 503, "Audit", "the audit log cannot be written at the moment");
    return false;
}

/* ---- stopping ---- */

/* Stops what runs; what has ended, or has not begun, is forgotten. */
static enum MHD_Result delete_computation(node_request *r, const record *found)
{
    node *n = r->node;
    pt_error error;
    bool done = false;
    const bool is_own = found->caller != NULL && strcmp(found->caller, r->caller) == 0;
    if (!is_own && (r->roles & NODE_ADMIN) == 0)
        return forbid(r, 403, "Forbidden", "it is stopped by who asked for it, or an admin");
    enum MHD_Result answer = MHD_NO;
    if (!note_deed(r, "to be deleted", json_object(), &answer))
        return answer;
    monitor_lock(&n->lock);
    node_computation *c = computation_find(n, r->id);
    if (c != NULL)
        computation_stop(c, STOP_FOR_CALLER);
    monitor_unlock(&n->lock);
    if (c == NULL && records_remove(n->records, &done, r->id, &error) != PT_OK)
        return request_store_problem(r, &error);
    if (c == NULL && !done)
        return request_problem(r, 409, "Running", "another node is running it");
    computation_note(n, c == NULL ? "deleted" : "stopped", r->id, r->caller, json_object());
    node_log(n, NODE_LOG_INFO, "deleted", r->id, r->caller, "%s", "");
    node_wake(n);
    return request_empty(r, c == NULL ? 204 : 202);
}

enum MHD_Result answer_computation(node_request *r)
{
    record found;
    enum MHD_Result answer = MHD_NO;
    if (!find_visible(r, &found, &answer))
        return answer;
    if (r->is_delete) {
        answer = delete_computation(r, &found);
    } else {
        answer = request_json(r, 200, describe(r->node, &found, true));
    }
    record_clear(&found);
    return answer;
}

/* ---- the result ---- */

static enum MHD_Result send_result(node_request *r, const record *found)
{
    node *n = r->node;
    size_t len = 0;
    pt_error error;
    if (found->state < RECORD_DONE)
        return request_problem(r, 409, "NotEnded", "it has not ended yet");
    uint8_t *text =
        seal_open(&len, n->seal_key, SEAL_RESULT, r->id, found->result, found->result_len);
    if (text == NULL)
        return request_problem(r, 500, "Store",
                               "the result cannot be opened: it was sealed with another key");
    enum MHD_Result answer = MHD_NO;
    const bool is_noted = note_deed(r, "fetched", json_object(), &answer);
    if (is_noted)
        answer = request_text(r, 200, "application/json", (const char *)text, len);
    mem_free_secret(text, len);
    if (is_noted && records_fetched(n->records, r->id, &error) != PT_OK)
        node_log(n, NODE_LOG_ERROR, "store", r->id, NULL, "%s", error.message);
    return answer;
}

enum MHD_Result answer_result(node_request *r)
{
    record found;
    enum MHD_Result answer = MHD_NO;
    if (!find_visible(r, &found, &answer))
        return answer;
    if (found.caller == NULL || strcmp(found.caller, r->caller) != 0)
        answer = forbid(r, 403, "Forbidden", "the result is for who asked for it");
    else
        answer = send_result(r, &found);
    record_clear(&found);
    return answer;
}

/* ---- deciding ---- */

/* Hashes of what was looked at; "" where there is none. */
typedef struct approval {
    char policy[POLICY_HASH_SIZE];
    char program[POLICY_HASH_SIZE];
} approval;

/* False when it is there and something else. */
static bool read_hash(char ret_hash[POLICY_HASH_SIZE], const json_t *all, const char *key)
{
    uint8_t hash[POLICY_HASH_BYTES];
    const json_t *wanted = json_object_get(all, key);
    ret_hash[0] = '\0';
    if (wanted == NULL)
        return true;
    if (!json_is_string(wanted) || !hex_read(hash, sizeof hash, json_string_value(wanted)))
        return false;
    hex_write(ret_hash, hash, sizeof hash);
    return true;
}

static bool read_approval(approval *ret_approval, const buffer *body)
{
    json_t *all = body->len == 0 ? json_object()
                                 : json_loadb((const char *)body->bytes, body->len,
                                              JSON_REJECT_DUPLICATES, NULL);
    const bool is_good = json_is_object(all) &&
                         read_hash(ret_approval->policy, all, "policy_sha256") &&
                         read_hash(ret_approval->program, all, "program_sha256");
    json_decref(all);
    return is_good;
}

/* Whether what was looked at is what is there: an id may have been deleted and given to another
 * policy. Else the answer has been given. */
static bool is_looked_at(node_request *r, const approval *wanted, const approval *is,
                         enum MHD_Result *ret_answer)
{
    if (wanted->program[0] != '\0' && strcmp(wanted->program, is->program) != 0)
        *ret_answer = forbid(r, 409, "OtherProgram", "its program is not the one that is approved");
    else if (strcmp(wanted->policy, is->policy) != 0)
        *ret_answer = forbid(r, 409, "OtherPolicy",
                             "its policy is not the one that is approved: look at it "
                             "again");
    else
        return true;
    return false;
}

static void hash_record(approval *ret_hashes, const record *found)
{
    policy p;
    pt_error error;
    *ret_hashes = (approval){0};
    if (policy_restore(&p, found->policy, NULL, 0, &error) == PT_OK)
        hex_write(ret_hashes->program, p.program_sha256, sizeof p.program_sha256);
    policy_hash(ret_hashes->policy, found->policy);
    policy_clear(&p);
}

static json_t *approved_hashes(const approval *is)
{
    return json_pack("{s:s, s:s}", "policy_sha256", is->policy, "program_sha256", is->program);
}

static enum MHD_Result approve_record(node_request *r, const approval *wanted, const record *found)
{
    approval is;
    pt_error error;
    char decision[CALLER_SIZE + 16];
    bool done = false;
    enum MHD_Result answer = MHD_NO;
    hash_record(&is, found);
    if (!is_looked_at(r, wanted, &is, &answer))
        return answer;
    if (found->state != RECORD_PENDING)
        return request_problem(r, 409, "NotPending", "it does not wait for a person");
    if (!note_deed(r, "to be approved", approved_hashes(&is), &answer))
        return answer;
    (void)snprintf(decision, sizeof decision, "person %s", r->caller);
    if (records_approve(r->node->records, &done, r->id, found->policy, decision, &error) != PT_OK)
        return request_store_problem(r, &error);
    if (!done)
        return request_problem(r, 409, "NotPending", "it does not wait for a person");
    computation_note(r->node, "approved", r->id, r->caller, approved_hashes(&is));
    node_log(r->node, NODE_LOG_INFO, "approved", r->id, r->caller, "%s", "");
    node_wake(r->node);
    return request_empty(r, 200);
}

enum MHD_Result answer_approve(node_request *r)
{
    record found;
    approval wanted;
    enum MHD_Result answer = MHD_NO;
    if (!read_approval(&wanted, &r->http.body))
        return forbid(r, 422, "Approve",
                      "expected {\"policy_sha256\": TEXT} and perhaps "
                      "\"program_sha256\": SHA-256 in 64 hexadecimal digits");
    if (wanted.policy[0] == '\0')
        return forbid(r, 400, "Approve",
                      "policy_sha256 is missing: that of the policy that was looked at, "
                      "as GET shows it");
    if (!find_visible(r, &found, &answer))
        return answer;
    answer = approve_record(r, &wanted, &found);
    record_clear(&found);
    return answer;
}

/* {"why": text}; an empty text when there is none, false when it is something else. */
static bool read_why(char ret_why[WHY_MAX], const buffer *body)
{
    const char *why = "";
    json_t *all = body->len == 0 ? json_object()
                                 : json_loadb((const char *)body->bytes, body->len,
                                              JSON_REJECT_DUPLICATES, NULL);
    json_t *text = json_object_get(all, "why");
    const bool is_good = json_is_object(all) && (text == NULL || json_is_string(text));
    if (is_good && text != NULL)
        why = json_string_value(text);
    (void)snprintf(ret_why, WHY_MAX, "%s", why);
    json_decref(all);
    for (char *c = ret_why; *c != '\0'; c++)
        *c = *c >= 0x20 && *c < 0x7f ? *c : '?';
    return is_good;
}

static json_t *denied_fields(const char *why, const char *hash)
{
    return json_pack("{s:s, s:s}", "why", why, "policy_sha256", hash);
}

static enum MHD_Result deny_record(node_request *r, const record *found, const char *why)
{
    node *n = r->node;
    char hash[POLICY_HASH_SIZE];
    char reason[WHY_MAX + CALLER_SIZE + 32];
    enum MHD_Result answer = MHD_NO;
    if (found->state != RECORD_PENDING)
        return request_problem(r, 409, "NotPending", "it does not wait for a person");
    policy_hash(hash, found->policy);
    if (!note_deed(r, "to be denied", denied_fields(why, hash), &answer))
        return answer;
    (void)snprintf(reason, sizeof reason, "denied%s%s", why[0] == '\0' ? "" : ": ", why);
    if (!computation_deny(n, found, r->caller, denied_fields(why, hash), reason))
        return request_problem(r, 409, "NotPending", "it does not wait for a person");
    node_log(n, NODE_LOG_INFO, "denied", r->id, r->caller, "%s", why);
    node_wake(n);
    return request_empty(r, 200);
}

enum MHD_Result answer_deny(node_request *r)
{
    record found;
    char why[WHY_MAX];
    enum MHD_Result answer = MHD_NO;
    if (!read_why(why, &r->http.body))
        return forbid(r, 422, "Deny", "expected {\"why\": TEXT}");
    if (!find_visible(r, &found, &answer))
        return answer;
    answer = deny_record(r, &found, why);
    record_clear(&found);
    return answer;
}
