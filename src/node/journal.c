#include "node/journal.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "channel/http/url.h"

#define REFUSALS_MAX 30 /* lines in a minute */
#define REFUSALS_MS  60000
#define TEXT_BYTES   400

typedef struct refusals {
    uint64_t minute_ms; /* when the minute began in which they are counted */
    unsigned n;
    uint64_t n_untold; /* without a line */
} refusals;

struct journal {
    pthread_mutex_t lock;
    audit *log;
    refusals strangers; /* who must not push those whom the node knows out of the log */
    refusals callers;
};

pt_status journal_open(journal **ret_journal, const node_config *c, pt_error *error)
{
    signing_key key;
    *ret_journal = NULL;
    if (c->audit_file == NULL)
        return PT_OK;
    journal *j = mem_new(1, sizeof *j);
    if (j == NULL)
        return error_memory(error);
    (void)pthread_mutex_init(&j->lock, NULL);
    pt_status status = signing_key_read(&key, c->audit_key_file, error);
    if (status == PT_OK)
        status = audit_open(&j->log, c->audit_file, &key, error);
    signing_key_clear(&key);
    if (status == PT_OK)
        status = journal_configured(j, c, error);
    if (status == PT_OK)
        *ret_journal = j;
    else
        journal_close(j);
    return status;
}

void journal_close(journal *j)
{
    if (j == NULL)
        return;
    (void)audit_close(j->log, NULL);
    (void)pthread_mutex_destroy(&j->lock);
    mem_free(j);
}

bool journal_get_head(journal *j, audit_head *ret_head)
{
    if (j == NULL)
        return false;
    (void)pthread_mutex_lock(&j->lock);
    audit_get_head(j->log, ret_head);
    (void)pthread_mutex_unlock(&j->lock);
    return true;
}

/* Takes `fields` over. */
static pt_status put(journal *j, const char *event, json_t *fields, pt_error *error)
{
    if (j == NULL) {
        json_decref(fields);
        return PT_OK;
    }
    (void)pthread_mutex_lock(&j->lock);
    const pt_status status = audit_append(j->log, event, fields, error);
    (void)pthread_mutex_unlock(&j->lock);
    return status;
}

/* `fields` with `more` behind them; both are taken over. NULL: out of memory. */
static json_t *with(json_t *fields, json_t *more)
{
    const bool done = fields != NULL && more != NULL && json_object_update(fields, more) == 0;
    json_decref(more);
    if (done)
        return fields;
    json_decref(fields);
    return NULL;
}

json_t *journal_text(const char *text)
{
    char copy[TEXT_BYTES];
    size_t len = 0;
    for (; text[len] != '\0' && len + 1 < sizeof copy; len++)
        copy[len] = text[len] >= ' ' && text[len] <= '~' ? text[len] : '?';
    return json_stringn(copy, len);
}

/* Without user and password, which are nobody's business. */
static json_t *url_text(const char *url)
{
    char *without = url_shown(url);
    json_t *text = without == NULL ? NULL : journal_text(without);
    mem_free(without);
    return text;
}

static json_t *text_or_nothing(const char *text)
{
    return text == NULL ? json_null() : journal_text(text);
}

static json_t *output_text(const policy *p)
{
    return p->output_url != NULL ? url_text(p->output_url) : text_or_nothing(p->output_name);
}

pt_status journal_configured(journal *j, const node_config *c, pt_error *error)
{
    return put(j, "configured",
               json_pack("{s:s, s:s?, s:i}", "file", c->path, "sha256", c->sha256, "rules",
                         (int)c->n_rules),
               error);
}

/* Names and keys of those that are known. */
static json_t *list_participants(const policy *p, const node_config *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->n_parties; i++) {
        const node_participant *known =
            i == p->party ? NULL : node_config_participant_at(c, p->participants[i]);
        json_t *one = json_pack("{s:o}", "url", url_text(p->participants[i]));
        if (known != NULL)
            one = with(one, json_pack("{s:s, s:s}", "name", known->name, "key", known->key));
        if (list == NULL || one == NULL || json_array_append_new(list, one) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *list_constants(const policy *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->n_constants; i++) {
        if (json_array_append_new(list, journal_text(p->constants[i].name)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *list_output_parties(const policy *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->n_parties; i++) {
        if (p->receives[i] && json_array_append_new(list, json_integer((json_int_t)i)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* NULL: out of memory. */
static json_t *policy_hash_text(const policy *p)
{
    char hash[POLICY_HASH_SIZE];
    char *printed = policy_print(p);
    if (printed == NULL)
        return NULL;
    policy_hash(hash, printed);
    mem_free(printed);
    return json_string(hash);
}

pt_status journal_policy(journal *j, const char *event, const char *caller, const policy *p,
                         const node_config *c, json_t *more, pt_error *error)
{
    char hash[POLICY_HASH_SIZE];
    if (j == NULL) {
        json_decref(more);
        return PT_OK;
    }
    hex_write(hash, p->program_sha256, sizeof p->program_sha256);
    json_t *fields = json_pack("{s:s, s:s?, s:s, s:o, s:I, s:I, s:o, s:o}", "computation", p->id,
                               "caller", caller, "program_sha256", hash, "function",
                               journal_text(p->function == NULL ? "main" : p->function), "party",
                               (json_int_t)p->party, "leader", (json_int_t)p->leader, "source",
                               text_or_nothing(p->source), "output", output_text(p));
    fields = with(fields, json_pack("{s:o, s:o, s:o, s:o}", "policy_sha256", policy_hash_text(p),
                                    "participants", list_participants(p, c), "output_parties",
                                    list_output_parties(p), "constants", list_constants(p)));
    return put(j, event, with(fields, more), error);
}

pt_status journal_deed(journal *j, const char *event, const char *id, const char *who, json_t *more,
                       pt_error *error)
{
    return put(j, event, with(json_pack("{s:s, s:s?}", "computation", id, "who", who), more),
               error);
}

/* Whether another refusal gets a line now; *ret_untold: how many have got none since the last that
 * did. Whoever floods the node must not fill its disk. */
static bool may_tell(journal *j, refusals *of, uint64_t *ret_untold)
{
    const uint64_t now = clock_ms();
    (void)pthread_mutex_lock(&j->lock);
    if (now - of->minute_ms >= REFUSALS_MS) {
        of->minute_ms = now;
        of->n = 0;
    }
    const bool tells = of->n < REFUSALS_MAX;
    *ret_untold = of->n_untold;
    if (tells)
        of->n++;
    of->n_untold = tells ? 0 : of->n_untold + 1;
    (void)pthread_mutex_unlock(&j->lock);
    return tells;
}

void journal_refusal(journal *j, const char *path, unsigned status, const char *who,
                     const char *why)
{
    uint64_t untold = 0;
    if (j == NULL || !may_tell(j, who[0] == '\0' ? &j->strangers : &j->callers, &untold))
        return;
    json_t *fields = json_pack("{s:o, s:i, s:s, s:o}", "path", journal_text(path), "status",
                               (int)status, "who", who, "why", journal_text(why));
    if (untold != 0)
        fields =
            with(fields, json_pack("{s:I}", "refusals_before_without_a_line", (json_int_t)untold));
    /* It is refused in any case. */
    (void)put(j, "request refused", fields, NULL);
}

json_t *journal_hash(const char *text, size_t len)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char hex[HEX_SIZE(sizeof hash)];
    (void)crypto_hash_sha256(hash, (const uint8_t *)text, len);
    hex_write(hex, hash, sizeof hash);
    return json_string(hex);
}
