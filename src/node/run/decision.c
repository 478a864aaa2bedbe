#include "node/run/decision.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "node/run/input.h"

#define DAY_MS       ((int64_t)24 * 3600 * 1000)
#define BY_PERSON    "person "
#define BY_RULE      "rule "
#define BY_NOBODY    "--insecure-allow-all"
#define DECISION_MAX 160

static bool is_by(const node_computation *c, const char *what)
{
    return c->decision != NULL && strncmp(c->decision, what, strlen(what)) == 0;
}

static bool is_decided_by(const node_computation *c, const char *decision)
{
    return c->decision != NULL && strcmp(c->decision, decision) == 0;
}

/* ---- asking the rules ---- */

/* How many the rule has allowed; this one, if it is among them, is none of the others. */
static bool count_runs(void *user, const char *rule, uint64_t *ret_runs)
{
    const node_computation *c = user;
    char decision[DECISION_MAX];
    (void)snprintf(decision, sizeof decision, BY_RULE "%s", rule);
    if (records_count(c->owner->records, ret_runs, decision, records_now() - DAY_MS, NULL) != PT_OK)
        return false;
    if (is_decided_by(c, decision) && *ret_runs > 0)
        --*ret_runs;
    return true;
}

static bool ask_rules(node_decision *ret_decision, node_computation *c, uint64_t n_ands,
                      uint64_t n_rows)
{
    const policy *p = &c->policy;
    const char **names = mem_new(p->n_constants, sizeof *names);
    if (names == NULL)
        return false;
    for (size_t i = 0; i < p->n_constants; i++)
        names[i] = p->constants[i].name;
    const rules_request request = {
        .program = p->program,
        .program_len = strlen(p->program),
        .function = p->function,
        .participants = (const char *const *)p->participants,
        .n_participants = p->n_parties,
        .party = p->party,
        .caller = c->caller,
        .source = p->source,
        .output = p->output_name != NULL ? p->output_name : p->output_url,
        .constants = names,
        .n_constants = p->n_constants,
        .n_ands = n_ands,
        .n_rows = n_rows,
        .runs_of_day = count_runs,
        .user = c,
    };
    rules_decide(ret_decision, &c->settings->config, &request);
    mem_free(names);
    return true;
}

static bool count_rows(uint64_t *ret_rows, const node_computation *c, char why[DECISION_WHY_MAX])
{
    input in;
    pt_error error;
    const pt_status status = input_open(&in, &c->policy, &c->settings->config, &error);
    *ret_rows = in.n_data;
    input_clear(&in);
    if (status != PT_OK)
        (void)snprintf(why, DECISION_WHY_MAX, "%.390s", error.message);
    return status == PT_OK;
}

/* What the rules want to know. Gates are known only when all parties have told their constants:
 * until then there are none. */
static verdict measure(uint64_t *ret_ands, uint64_t *ret_rows, node_computation *c,
                       char why[DECISION_WHY_MAX])
{
    node_decision d;
    *ret_ands = *ret_rows = RULES_UNKNOWN;
    (void)snprintf(why, DECISION_WHY_MAX, "out of memory");
    if (!ask_rules(&d, c, RULES_UNKNOWN, RULES_UNKNOWN))
        return VERDICT_FAILED;
    if (d.outcome != RULES_MEASURE)
        return VERDICT_ALLOWED;
    *ret_ands = 0;
    return !d.needs_rows || count_rows(ret_rows, c, why) ? VERDICT_ALLOWED : VERDICT_FAILED;
}

/* ---- deciding ---- */

static verdict verdict_of(const node_decision *d, char why[DECISION_WHY_MAX])
{
    (void)snprintf(why, DECISION_WHY_MAX, "%s", d->why);
    if (d->outcome == RULES_ALLOW)
        return VERDICT_ALLOWED;
    return d->outcome == RULES_REFUSE ? VERDICT_REFUSED : VERDICT_ASK;
}

/* Notes what decided, in the records too, where it counts among the rule's runs. */
static verdict note_decision(node_computation *c, const char *decision, char why[DECISION_WHY_MAX])
{
    pt_error error;
    char *copy = mem_string(decision);
    const bool is_new = !is_decided_by(c, decision);
    if (copy == NULL ||
        records_allowed(c->owner->records, c->policy.id, decision, is_new, &error) != PT_OK) {
        mem_free(copy);
        (void)snprintf(why, DECISION_WHY_MAX, "the store cannot be used");
        return VERDICT_FAILED;
    }
    mem_free(c->decision);
    c->decision = copy;
    return VERDICT_ALLOWED;
}

/* It is none of the rule's runs. If the store does not hear of it, one too many counts. */
static void uncount_run(node_computation *c)
{
    pt_error error;
    if (records_take_back(c->owner->records, c->policy.id, c->decision, &error) != PT_OK)
        return;
    mem_free(c->decision);
    c->decision = NULL;
}

static const node_rule *find_rule(const node_config *config, const char *name)
{
    for (size_t i = 0; i < config->n_rules; i++)
        if (strcmp(config->rules[i].name, name) == 0)
            return &config->rules[i];
    return NULL;
}

/* Other nodes that share the records decide at the same time, and may have counted before this one
 * was among the rule's runs: now all of them are. Who finds too many leaves it to a person. */
static verdict count_again(node_computation *c, const char *name, char why[DECISION_WHY_MAX])
{
    const node_rule *rule = find_rule(&c->settings->config, name);
    uint64_t others = 0;
    if (rule == NULL || rule->runs_a_day == 0)
        return VERDICT_ALLOWED;
    if (count_runs(c, name, &others) && others < rule->runs_a_day)
        return VERDICT_ALLOWED;
    (void)snprintf(why, DECISION_WHY_MAX,
                   "rule '%s' would allow it, but has allowed its %llu runs a day", name,
                   (unsigned long long)rule->runs_a_day);
    return VERDICT_ASK;
}

static verdict decide_by_rules(node_computation *c, uint64_t n_ands, uint64_t n_rows,
                               char why[DECISION_WHY_MAX])
{
    node_decision d;
    char decision[DECISION_MAX];
    if (!ask_rules(&d, c, n_ands, n_rows))
        return VERDICT_FAILED;
    const verdict v = verdict_of(&d, why);
    if (v != VERDICT_ALLOWED)
        return v;
    (void)snprintf(decision, sizeof decision, BY_RULE "%s", d.rule);
    const bool is_new = !is_decided_by(c, decision);
    const verdict noted = note_decision(c, decision, why);
    if (noted != VERDICT_ALLOWED)
        return noted;
    const verdict counted = count_again(c, d.rule, why);
    if (counted != VERDICT_ALLOWED && is_new)
        uncount_run(c);
    return counted;
}

/* The configuration may be another than when it was scheduled. */
static bool may_still_schedule(const node_computation *c)
{
    const node_config *config = &c->settings->config;
    for (size_t i = 0; i < config->n_callers; i++)
        if (c->caller != NULL && strcmp(config->callers[i].name, c->caller) == 0)
            return (config->callers[i].roles & NODE_SCHEDULE) != 0;
    return false;
}

/* A person has allowed it, in place of rules that asked for one. Rules may have come since then
 * that deny it. */
static verdict heed_denials(node_computation *c, char why[DECISION_WHY_MAX])
{
    node_decision d;
    if (!ask_rules(&d, c, RULES_UNKNOWN, RULES_UNKNOWN)) {
        (void)snprintf(why, DECISION_WHY_MAX, "out of memory");
        return VERDICT_FAILED;
    }
    return d.outcome == RULES_REFUSE ? verdict_of(&d, why) : VERDICT_ALLOWED;
}

verdict decision_make(node_computation *c, char ret_why[DECISION_WHY_MAX])
{
    ret_why[0] = '\0';
    if (c->settings->config.insecure_allow_all)
        return note_decision(c, BY_NOBODY, ret_why);
    if (!may_still_schedule(c)) {
        (void)snprintf(ret_why, DECISION_WHY_MAX, "who asked for it may not schedule any more");
        return VERDICT_REFUSED;
    }
    if (is_by(c, BY_PERSON))
        return heed_denials(c, ret_why);
    uint64_t n_ands = 0;
    uint64_t n_rows = 0;
    verdict v = measure(&n_ands, &n_rows, c, ret_why);
    if (v != VERDICT_ALLOWED)
        return v;
    /* One after the other, or two at once could both be a rule's last run of the day. */
    (void)pthread_mutex_lock(&c->owner->deciding);
    v = decide_by_rules(c, n_ands, n_rows, ret_why);
    (void)pthread_mutex_unlock(&c->owner->deciding);
    return v;
}

verdict decision_confirm(node_computation *c, uint64_t n_ands, uint64_t n_rows, bool *ret_is_other,
                         char ret_why[DECISION_WHY_MAX])
{
    char before[DECISION_MAX];
    ret_why[0] = '\0';
    *ret_is_other = false;
    (void)snprintf(before, sizeof before, "%s", c->decision == NULL ? "" : c->decision);
    if (!is_by(c, BY_RULE))
        return VERDICT_ALLOWED; /* nobody, or a person, who has set no limits */
    /* Another rule than before may be the one that allows so much: it is a run of that one. */
    (void)pthread_mutex_lock(&c->owner->deciding);
    const verdict v = decide_by_rules(c, n_ands, n_rows, ret_why);
    (void)pthread_mutex_unlock(&c->owner->deciding);
    *ret_is_other = v == VERDICT_ALLOWED && strcmp(before, c->decision) != 0;
    /* It is too late to ask anybody. */
    return v == VERDICT_ASK ? VERDICT_REFUSED : v;
}
