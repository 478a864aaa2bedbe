#include "node/run/run.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "crypto/ct.h"
#include "node/run/config_words.h"
#include "node/run/decision.h"
#include "node/run/input.h"
#include "node/run/output.h"
#include "node/run/panic_text.h"
#include "polytune/polytune.h"

#define DEFAULT_MAX_ANDS  ((uint64_t)50000000)
#define DEFAULT_MAX_BYTES ((uint64_t)4 << 30)
#define DEFAULT_WAIT_MS   600000
#define AGAIN_MS          200
#define TIMED_ANDS        ((uint64_t)200000)
#define LAST_WORDS_MS     2000

typedef struct run {
    node_computation *c;
    const policy *p;
    run_end *end;
    pt_error error;
    pt_channel channel; /* no operations: not open */
    input input;
    output output;
    pt_constant *given;
    size_t n_given;
    pt_constants *constants; /* of all */
    pt_program *program;
    uint8_t *bits;
    size_t n_bits;
} run;

/* ---- the program ---- */

static pt_compile_options compile_options(const run *r, const pt_constant *constants, size_t n)
{
    return (pt_compile_options){.source = r->p->program,
                                .source_len = strlen(r->p->program),
                                .function = r->p->function,
                                .constants = constants,
                                .n_constants = n,
                                .max_ands = DEFAULT_MAX_ANDS,
                                .max_bytes = DEFAULT_MAX_BYTES,
                                .progress = computation_progress,
                                .progress_user = r->c,
                                .cancelled = computation_cancelled,
                                .cancelled_user = r->c};
}

/* Keeps the program's errors as the reason. */
static void keep_diagnostics(run *r, pt_diagnostics *diagnostics)
{
    char *text = NULL;
    if (diagnostics != NULL && pt_diagnostics_count(diagnostics) != 0 &&
        pt_diagnostics_print(&text, diagnostics, false, 0, NULL) == PT_OK)
        (void)snprintf(r->end->reason, sizeof r->end->reason,
                       "the policy's program is not valid\n\n%s", text);
    pt_text_free(text);
    pt_diagnostics_free(diagnostics);
}

static pt_status check_program(run *r)
{
    pt_diagnostics *diagnostics = NULL;
    pt_program_facts facts = {0};
    const pt_compile_options options = compile_options(r, r->p->constants, r->p->n_constants);
    const pt_status status = pt_program_inspect(&facts, &diagnostics, &options, &r->error);
    keep_diagnostics(r, diagnostics);
    if (status == PT_OK && facts.n_parties != 0 && facts.n_parties != r->p->n_parties)
        return error_set(&r->error, PT_ERR_PROGRAM,
                         "the program is for %zu parties, and there are %zu participants",
                         facts.n_parties, r->p->n_parties);
    return status;
}

/* ---- whether it is allowed ---- */

static pt_status heed(run *r, verdict v, const char *why)
{
    if (v == VERDICT_ALLOWED || v == VERDICT_REFUSED)
        r->end->is_denied = v == VERDICT_REFUSED;
    if (v == VERDICT_ALLOWED)
        return PT_OK;
    r->end->waits = v == VERDICT_ASK;
    if (v == VERDICT_FAILED)
        return error_set(&r->error, PT_ERR_FILE, "nobody can tell whether it is allowed: %s", why);
    return error_set(&r->error, PT_ERR_REFUSED, "%s", why);
}

/* Why nobody can tell may quote the source: the audit log does not need it. */
static pt_status note_verdict(run *r, verdict v, const char *why)
{
    static const char *const events[] = {[VERDICT_ALLOWED] = "allowed",
                                         [VERDICT_ASK] = "waits for a person",
                                         [VERDICT_REFUSED] = "refused",
                                         [VERDICT_FAILED] = "not decided"};
    const node_computation *c = r->c;
    const char *told = NULL;
    if (v == VERDICT_ALLOWED)
        told = c->decision;
    else if (v != VERDICT_FAILED)
        told = why;
    return journal_policy(c->owner->journal, events[v], c->caller, r->p, &c->settings->config,
                          json_pack("{s:o}", v == VERDICT_ALLOWED ? "by" : "why",
                                    told == NULL ? json_null() : journal_text(told)),
                          &r->error);
}

static pt_status decide_among(run *r, bool may_ask)
{
    char why[DECISION_WHY_MAX];
    verdict v = decision_make(r->c, why);
    if (v == VERDICT_ASK && !may_ask)
        v = VERDICT_REFUSED;
    const pt_status status = note_verdict(r, v, why);
    return status == PT_OK ? heed(r, v, why) : status;
}

static pt_status decide(run *r)
{
    return decide_among(r, true);
}

/* With what is known by now. */
static pt_status confirm_decision(run *r)
{
    char why[DECISION_WHY_MAX];
    const uint64_t n_ands = pt_circuit_and_gates(pt_program_circuit(r->program));
    computation_progress(r->c, "compiled", n_ands, n_ands);
    bool is_other = false;
    const verdict v = decision_confirm(r->c, n_ands, r->input.n_data, &is_other, why);
    pt_status status = PT_OK;
    if (v != VERDICT_ALLOWED || is_other)
        status = note_verdict(r, v, why);
    return status == PT_OK ? heed(r, v, why) : status;
}

/* ---- the channel ---- */

static pt_status check_participants(run *r)
{
    const node_config *config = &r->c->settings->config;
    const policy *p = r->p;
    const char *own = p->participants[p->party];
    if (config->insecure_allow_all)
        return PT_OK;
    if (config->url != NULL && !policy_same_url(own, config->url))
        return error_set(&r->error, PT_ERR_REFUSED,
                         "party %zu is to be this node, and its URL is %.200s, not %.200s",
                         p->party, config->url, own);
    for (size_t i = 0; i < p->n_parties; i++) {
        if (i != p->party && node_config_participant_at(config, p->participants[i]) == NULL)
            return error_set(&r->error, PT_ERR_REFUSED,
                             "participant %zu, %.200s, is none of this node's configuration", i,
                             p->participants[i]);
    }
    return PT_OK;
}

/* Public keys by party, zeros where none is known; NULL when out of memory. */
static uint8_t *make_roster(const run *r)
{
    const settings *s = r->c->settings;
    uint8_t *roster = mem_new(r->p->n_parties, PT_KEY_BYTES);
    for (size_t i = 0; roster != NULL && i < r->p->n_parties; i++) {
        const node_participant *other =
            node_config_participant_at(&s->config, r->p->participants[i]);
        if (i == r->p->party)
            memcpy(roster + i * PT_KEY_BYTES, s->public_key, PT_KEY_BYTES);
        else if (other != NULL)
            memcpy(roster + i * PT_KEY_BYTES, other->key_bytes, PT_KEY_BYTES);
    }
    return roster;
}

static pt_status open_network(run *r)
{
    const policy *p = r->p;
    const node_config *config = &r->c->settings->config;
    const pt_network_options net = {.timeout_ms = config->timeout_ms,
                                    .wait_ms = config->wait_ms,
                                    .deadline_ms = config->deadline_ms,
                                    .notice = computation_notice,
                                    .notice_user = r->c,
                                    .cancelled = computation_cancelled,
                                    .cancelled_user = r->c};
    if (config->relay != NULL) {
        const pt_relay_options relay = {.url = config->relay,
                                        .session = p->id,
                                        .party = p->party,
                                        .parties = p->n_parties,
                                        .network = net};
        return pt_channel_relay_open(&r->channel, &relay, &r->error);
    }
    const pt_direct_options by_url = {.urls = (const char *const *)p->participants,
                                      .party = p->party,
                                      .parties = p->n_parties,
                                      .session = p->id,
                                      .network = net};
    return direct_hub_open(&r->channel, &r->c->owner->hub, &by_url, &r->error);
}

static pt_status open_channel(run *r)
{
    pt_status status = open_network(r);
    if (status != PT_OK)
        return status;
    const settings *s = r->c->settings;
    uint8_t *roster = s->private_key == NULL ? NULL : make_roster(r);
    if (s->private_key != NULL && roster == NULL)
        return error_memory(&r->error);
    const pt_secure_options secure = {.party = r->p->party,
                                      .parties = r->p->n_parties,
                                      .session = r->p->id,
                                      .session_len = strlen(r->p->id),
                                      .private_key = s->private_key,
                                      .roster = roster};
    status = pt_channel_secure_wrap(&r->channel, r->channel, &secure, &r->error);
    mem_free(roster);
    return status;
}

/* In the place of constants that this party cannot tell: a list that cannot be sent, by which the
 * others hear that it stops. With no constants from it, they would blame the program for those. */
static pt_status refuse_constants(run *r)
{
    static const pt_constant none = {.party = "", .name = "", .literal = ""};
    return pt_constants_exchange(&r->constants, &r->channel, r->p->party, r->p->n_parties, &none, 1,
                                 NULL);
}

/* ---- agreement ---- */

/* Whether the parties have met by the keys that the present configuration has for them. */
static bool has_met_rightly(const run *r, const uint8_t *roster)
{
    uint8_t *now = make_roster(r);
    const bool is_same =
        roster != NULL && now != NULL && ct_equal(roster, now, r->p->n_parties * PT_KEY_BYTES);
    mem_free(now);
    return is_same;
}

/* The configuration was read again when the parties had met already: its rules decide, too. It is
 * too late to ask anybody, since the others wait to begin. */
static pt_status decide_among_others(run *r)
{
    uint8_t *roster = make_roster(r);
    computation_renew(r->c);
    r->end->is_late = r->end->is_denied = true;
    pt_status status = check_participants(r);
    if (status == PT_OK && !has_met_rightly(r, roster))
        status = error_set(&r->error, PT_ERR_REFUSED,
                           "the configuration has other keys by now than those by which it met");
    mem_free(roster);
    return status == PT_OK ? decide_among(r, false) : status;
}

/* From here on the rules that count are those by which it runs. */
static pt_status settle(run *r)
{
    pt_status status = PT_OK;
    while (status == PT_OK && !computation_may_begin(r->c))
        status = decide_among_others(r);
    return status;
}

/* Until the leader has room, and says so. */
static pt_status wait_to_begin(run *r)
{
    const bool leads = r->p->leader == r->p->party;
    pt_status status = leads ? computation_lead(r->c, &r->channel, &r->error)
                             : agreement_wait(&r->channel, r->p, &r->error);
    if (status != PT_OK)
        return status;
    status = settle(r);
    if (status == PT_OK && leads)
        return agreement_tell(&r->channel, r->p, true, &r->error);
    if (status != PT_OK && !leads) { /* the others have begun, and wait for its constants */
        const pt_status refused = refuse_constants(r);
        PT_ASSERT(refused != PT_OK);
    }
    return status;
}

static pt_status agree(run *r)
{
    pt_error error;
    pt_status status = agreement_exchange(&r->channel, r->p, &r->error);
    if (status == PT_OK)
        status = records_agreed(r->c->owner->records, r->p->id, &r->error);
    if (status != PT_OK)
        return status;
    r->end->has_agreed = true;
    computation_enter(r->c, PHASE_AGREED);
    status = wait_to_begin(r);
    if (status != PT_OK)
        return status;
    status = records_begin(r->c->owner->records, &r->end->has_begun, r->p->id, &error);
    if (status != PT_OK || !r->end->has_begun)
        return error_set(&r->error, PT_ERR_INTERNAL, "it cannot be begun: %s",
                         status != PT_OK ? error.message : "another node has taken it over");
    computation_enter(r->c, PHASE_RUNNING);
    return PT_OK;
}

/* Whether a party that was there is worth waiting for once more: its node may have been started
 * anew, and nothing has begun. Who has stopped for a reason says so once they have met, and that
 * counts; before that, its node may only have read its configuration again. */
static bool may_meet_again(const run *r, pt_status status, bool has_met)
{
    const uint32_t wait_ms = r->c->settings->config.wait_ms;
    const uint64_t limit_ms = wait_ms == 0 ? DEFAULT_WAIT_MS : wait_ms;
    return r->channel.ops != NULL && !r->end->has_begun &&
           (status == PT_ERR_IO || status == PT_ERR_CLOSED || status == PT_ERR_TIMEOUT ||
            (status == PT_ERR_STOPPED && !has_met)) &&
           !computation_cancelled(r->c) && clock_ms() - r->c->begun_ms < limit_ms;
}

/* The configuration was read again before it began: its rules count, and its keys. */
static pt_status decide_anew(run *r)
{
    pt_channel_close(&r->channel);
    computation_renew(r->c);
    r->end->is_late = r->end->is_denied = true;
    node_log(r->c->owner, NODE_LOG_INFO, "again", r->p->id, r->c->caller,
             "it is decided by the rules that were read");
    const pt_status status = check_participants(r);
    return status == PT_OK ? decide(r) : status;
}

static pt_status meet_once(run *r, bool *ret_has_met)
{
    computation_meets(r->c, true);
    const pt_status status = open_channel(r);
    computation_meets(r->c, false);
    *ret_has_met = status == PT_OK;
    return status == PT_OK ? agree(r) : status;
}

static pt_status meet(run *r)
{
    for (;;) {
        bool has_met = false;
        pt_status status = meet_once(r, &has_met);
        const bool again = status != PT_OK && may_meet_again(r, status, has_met);
        const bool is_stale = (again || !has_met) && computation_is_stale(r->c);
        if (status == PT_OK || (!again && !is_stale))
            return status;
        if (is_stale)
            status = decide_anew(r);
        else
            node_log(r->c->owner, NODE_LOG_INFO, "again", r->p->id, r->c->caller, "%s",
                     r->error.message);
        if (is_stale && status != PT_OK)
            return status;
        pt_channel_close(&r->channel);
        computation_enter(r->c, PHASE_WAITING);
        if (!is_stale)
            clock_sleep(AGAIN_MS);
    }
}

/* ---- constants, input, program ---- */

static pt_status take_bits(run *r, const pt_compile_options *options)
{
    pt_diagnostics *diagnostics = NULL;
    pt_signature *signature = NULL;
    pt_status status = pt_signature_new(&signature, &diagnostics, options, &r->error);
    keep_diagnostics(r, diagnostics);
    if (status == PT_OK && pt_signature_party_count(signature) != r->p->n_parties)
        status = error_set(&r->error, PT_ERR_CONSTANT,
                           "with the constants of all, the program is for %zu parties, not %zu",
                           pt_signature_party_count(signature), r->p->n_parties);
    if (status == PT_OK) {
        const pt_type *type = pt_signature_input_type(signature, r->p->party);
        r->n_bits = pt_type_bits(type);
        status = input_bits(&r->bits, &r->input, type, &r->error);
    }
    pt_signature_free(signature);
    policy_forget_input(&r->c->policy);
    return status;
}

static pt_status compile(run *r, const pt_constant *constants, size_t n)
{
    pt_diagnostics *diagnostics = NULL;
    const pt_compile_options options = compile_options(r, constants, n);
    pt_status status = take_bits(r, &options);
    if (status != PT_OK)
        return status;
    status = pt_program_compile(&r->program, &diagnostics, &options, &r->error);
    keep_diagnostics(r, diagnostics);
    if (status == PT_OK)
        status = pt_program_check_input(r->program, r->p->party, r->bits, r->n_bits, &r->error);
    if (status == PT_OK)
        status = confirm_decision(r);
    if (status != PT_OK || !r->p->receives[r->p->party])
        return status;
    return output_open(&r->output, &r->c->settings->config, r->p->output_name,
                       pt_program_output_type(r->program), &r->error);
}

/* What is this party's own to give, which may need its table. */
static pt_status own_constants(run *r)
{
    const pt_status status = input_open(&r->input, r->p, &r->c->settings->config, &r->error);
    return status == PT_OK ? input_constants(&r->given, &r->n_given, &r->input, &r->error) : status;
}

/* All tell each other their constants, compile, and make sure that they saw the same. */
static pt_status run_prepare(run *r)
{
    size_t n = 0;
    pt_status status = own_constants(r);
    if (status != PT_OK) {
        const pt_status refused = refuse_constants(r);
        PT_ASSERT(refused != PT_OK);
        return status;
    }
    status = pt_constants_exchange(&r->constants, &r->channel, r->p->party, r->p->n_parties,
                                   r->given, r->n_given, &r->error);
    if (status != PT_OK)
        return status;
    const pt_constant *list = pt_constants_list(&n, r->constants);
    status = compile(r, list, n);
    return pt_constants_confirm(r->constants, &r->channel, status, &r->error);
}

/* ---- the protocol ---- */

/* To an output of this node: who asked for it does not see it. Takes the literal over. */
static pt_status put_out(run *r, pt_literal *literal, const uint8_t *bits)
{
    char details[128];
    pt_literal_free(literal);
    const pt_status status = output_write(&r->output, bits, &r->error);
    if (status != PT_OK)
        return status;
    (void)snprintf(details, sizeof details, "{\"output\":\"%s\"}", r->p->output_name);
    r->end->details = mem_string(details);
    return r->end->details == NULL ? error_memory(&r->error) : PT_OK;
}

static pt_status decode(run *r, const uint8_t *out, size_t n_out)
{
    pt_literal *literal = NULL;
    pt_panic panic = {0};
    char *json = NULL;
    pt_status status = pt_program_decode(&literal, &panic, r->program, out, n_out, &r->error);
    if (status == PT_ERR_PANIC)
        panic_text(r->end->reason, sizeof r->end->reason, &panic);
    if (status == PT_OK && r->output.to != NULL)
        return put_out(r, literal, out + n_out - r->output.n_bits);
    if (status == PT_OK)
        status = pt_literal_to_json(&json, literal, &r->error);
    pt_literal_free(literal);
    if (status == PT_OK) {
        r->end->details = mem_string(json);
        mem_wipe(json, strlen(json));
        if (r->end->details == NULL)
            status = error_memory(&r->error);
    }
    pt_text_free(json);
    return status;
}

static size_t list_receivers(size_t ret_list[POLICY_PARTIES_MAX], const policy *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_parties; i++)
        if (p->receives[i])
            ret_list[n++] = i;
    return n;
}

/* From here on the others can learn something. */
static pt_status note_begin(run *r)
{
    char digest[HEX_SIZE(PT_CONSTANTS_DIGEST_BYTES)];
    uint8_t bytes[PT_CONSTANTS_DIGEST_BYTES];
    const uint64_t n_ands = pt_circuit_and_gates(pt_program_circuit(r->program));
    pt_constants_digest(bytes, r->constants);
    hex_write(digest, bytes, sizeof bytes);
    return journal_deed(r->c->owner->journal, "begun", r->p->id, r->c->caller,
                        json_pack("{s:I, s:I, s:s}", "and_gates", (json_int_t)n_ands, "rows",
                                  (json_int_t)r->input.n_data, "constants_digest", digest),
                        &r->error);
}

/* What the run will cost, to be shown. The time is told of those only that take so long that
 * measuring the machine, a tenth of a second, does not matter. */
static void make_plan(run *r, const pt_circuit *circuit, const pt_mpc_options *options)
{
    static const pt_plan_link no_limit = {0};
    pt_plan plan;
    pt_plan_seat *seats = mem_new(r->p->n_parties, sizeof *seats);
    const bool is_timed = pt_circuit_and_gates(circuit) >= TIMED_ANDS;
    if (seats != NULL && pt_plan_make(&plan, seats, r->p->n_parties, circuit, options,
                                      is_timed ? &no_limit : NULL, NULL) == PT_OK)
        computation_plan(r->c, &seats[r->p->party]);
    mem_free(seats);
}

/* What the protocol compares besides the circuit: the computation and everybody's constants. */
#define SESSION_BYTES (POLICY_ID_SIZE + PT_CONSTANTS_DIGEST_BYTES)

static pt_status run_protocol(run *r)
{
    const policy *p = r->p;
    const pt_circuit *circuit = pt_program_circuit(r->program);
    const size_t n_out = pt_circuit_output_bits(circuit);
    uint8_t session[SESSION_BYTES];
    size_t receivers[POLICY_PARTIES_MAX];
    memcpy(session, p->id, POLICY_ID_SIZE);
    pt_constants_digest(session + POLICY_ID_SIZE, r->constants);
    const size_t n_receivers = list_receivers(receivers, p);
    const pt_mpc_options options = {.party = p->party,
                                    .parties = p->n_parties,
                                    .evaluator = p->leader,
                                    .output_parties = receivers,
                                    .n_output_parties = n_receivers,
                                    .session = session,
                                    .session_len = sizeof session,
                                    .threads = (unsigned)r->c->settings->config.threads,
                                    .progress = computation_progress,
                                    .progress_user = r->c,
                                    .cancelled = computation_cancelled,
                                    .cancelled_user = r->c};
    make_plan(r, circuit, &options);
    uint8_t *out = mem_new(n_out, 1);
    if (out == NULL)
        return error_memory(&r->error);
    pt_status status =
        pt_mpc_run(out, n_out, &r->channel, circuit, r->bits, r->n_bits, &options, &r->error);
    if (status == PT_OK && p->receives[p->party])
        status = decode(r, out, n_out);
    else if (status == PT_OK)
        r->end->details = mem_string("null");
    mem_free_secret(out, n_out);
    return status;
}

/* ---- failures ---- */

const char *run_told(pt_status status, const pt_error *error)
{
    if (status == PT_ERR_REFUSED)
        return "it is not allowed there";
    switch (pt_status_class_of(status)) {
    case PT_CLASS_INPUT:
        if (status == PT_ERR_CONSTANT)
            return error->message;
        return "its input cannot be used";
    case PT_CLASS_PEER:
        return status == PT_PEER_SETUP ? error->message : "a check failed";
    case PT_CLASS_INTERNAL:
        return "it has a problem of its own";
    case PT_CLASS_DONE:
    case PT_CLASS_USAGE:
    case PT_CLASS_PROGRAM:
    case PT_CLASS_PANIC:
    case PT_CLASS_TRANSPORT:
        break;
    }
    return error->message;
}

static void explain_cancelled(run *r)
{
    node *n = r->c->owner;
    monitor_lock(&n->lock);
    const stop_cause stop = r->c->stop;
    monitor_unlock(&n->lock);
    if (stop == STOP_FOR_CALLER)
        (void)error_set(&r->error, PT_ERR_CANCELLED, "it was stopped by who may");
    else if (stop == STOP_FOR_NODE)
        (void)error_set(&r->error, PT_ERR_CANCELLED, "its node is being stopped");
    else
        (void)error_set(&r->error, PT_ERR_TIMEOUT, "it was not done within the time for all of it");
}

/* Another party stopped: why, in its own words, if it says so. */
static void hear_reason(run *r)
{
    node *n = r->c->owner;
    char words[AGREEMENT_REASON_MAX];
    const int party = r->error.party;
    if (party < 0 || (size_t)party >= r->p->n_parties || (size_t)party == r->p->party ||
        strstr(r->error.message, "stopped: ") == NULL)
        return;
    monitor_lock(&n->lock);
    r->c->hurry_ms = clock_ms() + LAST_WORDS_MS;
    monitor_unlock(&n->lock);
    if (agreement_last_words(words, &r->channel, (size_t)party))
        (void)error_set_peer(&r->error, r->error.status, party, NULL, "party %d stopped: %s", party,
                             words);
}

static unsigned refusal_of(const run *r, pt_status status)
{
    if (pt_status_class_of(status) == PT_CLASS_PROGRAM || status == PT_ERR_CONSTANT)
        return 400;
    if (status == PT_ERR_REFUSED && r->channel.ops == NULL)
        return 403;
    return status == PT_PEER_SETUP && r->p->leader == r->p->party ? 400 : 500;
}

static void explain_failure(run *r, pt_status status)
{
    run_end *end = r->end;
    if (status == PT_ERR_CANCELLED)
        explain_cancelled(r);
    else if ((status == PT_ERR_STOPPED || status == PT_PEER_ABORT) && r->channel.ops != NULL)
        hear_reason(r);
    config_words(r->error.message, sizeof r->error.message);
    (void)snprintf(end->told, sizeof end->told, "%.250s", run_told(status, &r->error));
    if (end->reason[0] == '\0')
        (void)snprintf(end->reason, sizeof end->reason, "%s", r->error.message);
    end->refusal = refusal_of(r, status);
    if (r->channel.ops != NULL && status != PT_ERR_PANIC)
        agreement_stop(&r->channel, r->p, end->told);
}

/* ---- all of it ---- */

static pt_status run_steps(run *r)
{
    typedef pt_status (*step)(run * r);
    static const step before[] = {check_program, check_participants, decide};
    static const step after[] = {meet, run_prepare, note_begin, run_protocol};
    pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < sizeof before / sizeof *before; i++)
        status = before[i](r);
    if (status == PT_OK)
        computation_enter(r->c, PHASE_WAITING);
    for (size_t i = 0; status == PT_OK && i < sizeof after / sizeof *after; i++)
        status = after[i](r);
    return status;
}

void run_computation(run_end *ret_end, node_computation *c)
{
    run r = {.c = c, .p = &c->policy, .end = ret_end};
    *ret_end = (run_end){.is_late = c->decision != NULL || c->has_waited};
    pt_error_clear(&r.error);
    ret_end->status = run_steps(&r);
    if (ret_end->status != PT_OK)
        explain_failure(&r, ret_end->status);
    pt_channel_close(&r.channel);
    input_clear(&r.input);
    output_clear(&r.output);
    mem_free(r.given);
    pt_constants_free(r.constants);
    pt_program_free(r.program);
    mem_free_secret(r.bits, r.bits == NULL ? 0 : r.n_bits);
}
