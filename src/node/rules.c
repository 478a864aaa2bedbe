#include "node/rules.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "node/program_signature.h"

/* What a request is, once looked up. */
typedef struct rules_case {
    const node_config *config;
    const rules_request *request;
    node_decision *decision;
} rules_case;

static void set_why(node_decision *d, const char *format, ...) PRINTF_LIKE(2, 3);

static void set_why(node_decision *d, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)vsnprintf(d->why, sizeof d->why, format, list);
    va_end(list);
    /* Names and URLs come from others, and the sentence goes to a terminal. */
    for (char *c = d->why; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            *c = '?';
    }
}

static bool has_ref(const node_refs *refs, const char *text)
{
    for (size_t i = 0; text != NULL && i < refs->n; i++) {
        if (strcmp(refs->list[i].text, text) == 0)
            return true;
    }
    return false;
}

/* ---- Programs ---- */

static void hash_program(char ret_text[65], const rules_request *r)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, (const uint8_t *)r->program, r->program_len);
    hex_write(ret_text, hash, sizeof hash);
}

static bool is_signed_for(const node_rule *rule, const rules_request *r)
{
    uint8_t key[SIGNING_PUBLIC_BYTES];
    for (size_t i = 0; i < rule->signed_by.n; i++) {
        const char *text = rule->signed_by.list[i].text;
        if (signing_public_parse(key, text, strlen(text)) &&
            program_is_signed_by(r->program, r->program_len, key))
            return true;
    }
    return false;
}

static bool fits_program(const rules_case *k, const node_rule *rule)
{
    if (rule->programs.n == 0 && rule->signed_by.n == 0)
        return rule->kind != NODE_ALLOW;
    return has_ref(&rule->programs, k->decision->program_sha256) || is_signed_for(rule, k->request);
}

/* ---- Participants, callers, places ---- */

/* Allowing wants all others in the list; the rest is for whoever is in it. */
static bool fits_participants(const rules_case *k, const node_rule *rule)
{
    const rules_request *r = k->request;
    size_t n_listed = 0;
    if (rule->participants.n == 0)
        return true;
    for (size_t i = 0; i < r->n_participants; i++) {
        const node_participant *p =
            i == r->party ? NULL : node_config_participant_at(k->config, r->participants[i]);
        n_listed += p != NULL && has_ref(&rule->participants, p->name);
    }
    return rule->kind == NODE_ALLOW ? n_listed == r->n_participants - 1 : n_listed != 0;
}

static bool fits_caller(const rules_case *k, const node_rule *rule)
{
    return rule->callers.n == 0 || has_ref(&rule->callers, k->request->caller);
}

static bool fits_source(const rules_case *k, const node_rule *rule)
{
    if (rule->sources.n == 0)
        return rule->kind != NODE_ALLOW || k->request->source == NULL;
    return has_ref(&rule->sources, k->request->source);
}

/* Whether a path can lead out of the folder in which it begins. */
static bool climbs(const char *url)
{
    return strstr(url, "/.") != NULL || strchr(url, '%') != NULL || strchr(url, '\\') != NULL;
}

/* A URL that ends with a slash stands for all that begins so. */
static bool is_below(const char *allowed, const char *url)
{
    const size_t len = strlen(allowed);
    return len != 0 && allowed[len - 1] == '/' && strstr(allowed, "://") != NULL &&
           strncmp(allowed, url, len) == 0 && !climbs(url);
}

static bool fits_output(const rules_case *k, const node_rule *rule)
{
    const char *output = k->request->output;
    if (rule->outputs.n == 0)
        return rule->kind != NODE_ALLOW || output == NULL;
    for (size_t i = 0; output != NULL && i < rule->outputs.n; i++) {
        const char *allowed = rule->outputs.list[i].text;
        if (strcmp(allowed, output) == 0 || is_below(allowed, output))
            return true;
    }
    return false;
}

static bool fits_constants(const rules_case *k, const node_rule *rule)
{
    for (size_t i = 0; rule->kind == NODE_ALLOW && i < k->request->n_constants; i++) {
        if (!has_ref(&rule->constants, k->request->constants[i]))
            return false;
    }
    return true;
}

static bool fits_function(const rules_case *k, const node_rule *rule)
{
    const char *function = k->request->function == NULL ? "main" : k->request->function;
    if (rule->functions.n == 0)
        return rule->kind != NODE_ALLOW || strcmp(function, "main") == 0;
    return has_ref(&rule->functions, function);
}

/* Who, what and where; the parts in which a rule does not fit are told by name. */
static const char *misfit_of(const rules_case *k, const node_rule *rule)
{
    static const struct {
        const char *part;
        bool (*fits)(const rules_case *k, const node_rule *rule);
    } parts[] = {
        {"program", fits_program},
        {"function", fits_function},
        {"participants", fits_participants},
        {"caller", fits_caller},
        {"source", fits_source},
        {"output", fits_output},
        {"constants", fits_constants},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].fits(k, rule))
            return parts[i].part;
    }
    return NULL;
}

/* ---- Limits ---- */

/* Whether what is known is within the rule's limits; else says why, for the first such rule. */
static bool is_within(rules_case *k, const node_rule *rule)
{
    const rules_request *r = k->request;
    node_decision *d = k->decision;
    uint64_t runs = 0;
    const struct {
        const char *what;
        const char *bound;
        uint64_t number, min, max;
    } limits[] = {
        {"AND gates", "most", r->n_ands, 0, rule->max_ands},
        {"rows", "most", r->n_rows, 0, rule->max_rows},
        {"rows", "least", r->n_rows, rule->min_rows, 0},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const bool is_over = limits[i].max != 0 && limits[i].number > limits[i].max;
        const bool is_under = limits[i].number < limits[i].min;
        if (limits[i].number == RULES_UNKNOWN || (!is_over && !is_under))
            continue;
        if (d->why[0] == '\0')
            set_why(d, "rule '%s' would allow it, but it has %llu %s, and %llu is the %s",
                    rule->name, (unsigned long long)limits[i].number, limits[i].what,
                    (unsigned long long)(is_over ? limits[i].max : limits[i].min), limits[i].bound);
        return false;
    }
    if (rule->runs_a_day == 0)
        return true;
    const bool is_known = r->runs_of_day != NULL && r->runs_of_day(r->user, rule->name, &runs);
    if (is_known && runs < rule->runs_a_day)
        return true;
    if (d->why[0] == '\0')
        set_why(d, "rule '%s' would allow it, but %s %llu runs a day", rule->name,
                is_known ? "has allowed its" : "nobody knows whether it has allowed its",
                (unsigned long long)rule->runs_a_day);
    return false;
}

/* Whether a limit of the rule needs to be measured first. */
static bool wants_measures(rules_case *k, const node_rule *rule)
{
    const rules_request *r = k->request;
    k->decision->needs_ands = rule->max_ands != 0 && r->n_ands == RULES_UNKNOWN;
    k->decision->needs_rows =
        (rule->max_rows != 0 || rule->min_rows != 0) && r->n_rows == RULES_UNKNOWN;
    return k->decision->needs_ands || k->decision->needs_rows;
}

/* ---- All of it ---- */

/* A URL may be written with slashes at its end or without: it is the same node, with one key. */
static bool is_listed_before(const rules_case *k, size_t i)
{
    const rules_request *r = k->request;
    const node_participant *p = node_config_participant_at(k->config, r->participants[i]);
    for (size_t j = 0; j < i; j++) {
        if (strcmp(r->participants[i], r->participants[j]) == 0 ||
            (p != NULL && p == node_config_participant_at(k->config, r->participants[j])))
            return true;
    }
    return false;
}

/* What is wrong with a request that no rule can mend; says so. */
static bool is_impossible(rules_case *k)
{
    const rules_request *r = k->request;
    if (r->party >= r->n_participants || r->n_participants < 2) {
        set_why(k->decision, "party %zu of %zu participants is no party", r->party,
                r->n_participants);
        return true;
    }
    for (size_t i = 0; i < r->n_participants; i++) {
        if (i == r->party || node_config_participant_at(k->config, r->participants[i]) != NULL)
            continue;
        set_why(k->decision, "no participant '%.120s' is configured", r->participants[i]);
        return true;
    }
    for (size_t i = 1; i < r->n_participants; i++) {
        if (!is_listed_before(k, i))
            continue;
        set_why(k->decision, "participant '%.120s' is there twice", r->participants[i]);
        return true;
    }
    if (r->source != NULL && node_config_source(k->config, r->source) == NULL) {
        set_why(k->decision, "no source '%.64s' is configured", r->source);
        return true;
    }
    if (r->output != NULL && strstr(r->output, "://") == NULL &&
        node_config_output(k->config, r->output) == NULL) {
        set_why(k->decision, "no output '%.64s' is configured", r->output);
        return true;
    }
    return false;
}

static rules_outcome apply(rules_case *k, const node_rule *rule)
{
    node_decision *d = k->decision;
    d->rule = rule->name;
    if (rule->kind == NODE_ALLOW && wants_measures(k, rule))
        return RULES_MEASURE;
    if (rule->kind == NODE_ALLOW) {
        set_why(d, "rule '%s' allows it", rule->name);
        return RULES_ALLOW;
    }
    set_why(d,
            rule->kind == NODE_ASK ? "rule '%s' wants a person to decide" : "rule '%s' denies it",
            rule->name);
    return rule->kind == NODE_ASK ? RULES_ASK : RULES_REFUSE;
}

/* The first rule that fits. */
static rules_outcome go_through(rules_case *k)
{
    const node_config *c = k->config;
    for (size_t i = 0; i < c->n_rules; i++) {
        const node_rule *rule = &c->rules[i];
        if (misfit_of(k, rule) == NULL && (rule->kind != NODE_ALLOW || is_within(k, rule)))
            return apply(k, rule);
    }
    if (k->decision->why[0] == '\0')
        set_why(k->decision, "no rule allows it");
    return RULES_ASK;
}

void rules_decide(node_decision *ret_decision, const node_config *c, const rules_request *request)
{
    rules_case k = {c, request, ret_decision};
    *ret_decision = (node_decision){.outcome = RULES_REFUSE};
    hash_program(ret_decision->program_sha256, request);
    if (c->insecure_allow_all) {
        set_why(ret_decision, "everything is allowed (--insecure-allow-all)");
        ret_decision->outcome = RULES_ALLOW;
        return;
    }
    if (!is_impossible(&k))
        ret_decision->outcome = go_through(&k);
}
