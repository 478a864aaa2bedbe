#define _POSIX_C_SOURCE 200809L
#include "node/config_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/private_file.h"
#include "channel/http/url.h"
#include "crypto/ct.h"
#include "data/odbc_link.h"
#include "data/source.h"
#include "node/signing_key.h"

/* ---- Names ---- */

/* The names of a list of structs, which begin with theirs. */
typedef struct name_list {
    const char *what; /* "participant" */
    const void *first;
    size_t n;
    size_t size;
} name_list;

#define NAMES(what, list, n)                                                                       \
    (name_list)                                                                                    \
    {                                                                                              \
        what, list, n, sizeof *(list)                                                              \
    }

_Static_assert(offsetof(node_participant, name) == 0 && offsetof(node_source, name) == 0 &&
                   offsetof(node_output, name) == 0 && offsetof(node_caller_entry, name) == 0 &&
                   offsetof(node_rule, name) == 0 && offsetof(node_jwt_issuer, issuer) == 0,
               "name_list finds the names");

static const char *nth_name(const name_list *l, size_t i)
{
    const char *name;
    memcpy(&name, (const uint8_t *)l->first + i * l->size, sizeof name);
    return name;
}

static bool has_name(const name_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(nth_name(l, i), name) == 0)
            return true;
    }
    return false;
}

static pt_status check_known(const field_reader *r, size_t line, const name_list *known,
                             const char *name)
{
    nearest n;
    if (has_name(known, name))
        return PT_OK;
    nearest_init(&n, name, strlen(name));
    for (size_t i = 0; i < known->n; i++)
        nearest_offer(&n, nth_name(known, i));
    if (n.best != NULL)
        return field_fail(r, line, "there is no %s '%.64s'; did you mean '%s'?", known->what, name,
                          n.best);
    return field_fail(r, line, "there is no %s '%.64s'%s", known->what, name,
                      known->n == 0 ? ": none is configured" : "");
}

static pt_status check_refs(const field_reader *r, const node_refs *refs, const name_list *known)
{
    for (size_t i = 0; i < refs->n; i++) {
        const pt_status status = check_known(r, refs->list[i].line, known, refs->list[i].text);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status check_alone(const field_reader *r, const name_list *l, size_t i, size_t line)
{
    const name_list earlier = {l->what, l->first, i, l->size};
    if (has_name(&earlier, nth_name(l, i)))
        return field_fail(r, line, "there are two %ss '%.64s'", l->what, nth_name(l, i));
    return PT_OK;
}

/* ---- Participants, sources, outputs ---- */

static pt_status check_participant(const field_reader *r, node_config *c, size_t i)
{
    node_participant *p = &c->participants[i];
    pt_error inner;
    pt_error_clear(&inner);
    if (pt_channel_secure_key_parse(p->key_bytes, p->key, strlen(p->key), false, &inner) != PT_OK)
        return field_fail(r, p->line, "the key of participant '%s': %s", p->name, inner.message);
    for (const node_participant *other = c->participants; other < p; other++) {
        if (strcmp(other->url, p->url) == 0)
            return field_fail(r, p->line, "participants '%s' and '%s' have the same URL",
                              other->name, p->name);
        if (ct_equal(other->key_bytes, p->key_bytes, PT_KEY_BYTES))
            return field_fail(r, p->line, "participants '%s' and '%s' have the same key",
                              other->name, p->name);
    }
    const name_list names = NAMES("participant", c->participants, c->n_participants);
    return check_alone(r, &names, i, p->line);
}

static pt_status check_odbc(const field_reader *r, size_t line, const char *place)
{
    const char *where = place + strlen(ODBC_PREFIX);
    if (strncmp(place, ODBC_PREFIX, strlen(ODBC_PREFIX)) == 0 && where[0] != '@' &&
        odbc_has_password(where))
        return field_fail(r, line,
                          "a password does not belong here: put the connection into a file that "
                          "only the node may read, and write odbc:@FILE");
    return PT_OK;
}

static pt_status check_source(const field_reader *r, const node_config *c, size_t i)
{
    const node_source *s = &c->sources[i];
    const name_list names = NAMES("source", c->sources, c->n_sources);
    if (!source_is_table(s->from))
        return field_fail(r, s->line,
                          "source '%s': from is @FILE.csv, @FILE.tsv, sqlite:FILE or odbc:.., not "
                          "'%.80s'",
                          s->name, s->from);
    const bool is_database = source_needs_query(s->from);
    if (is_database != (s->query != NULL))
        return field_fail(r, s->line, "source '%s': %s", s->name,
                          is_database ? "a database needs a query" : "a file takes no query");
    if (is_database && (s->separator != NULL || s->header == HEADER_ROW))
        return field_fail(r, s->line, "source '%s': separator and header are for files", s->name);
    if (s->separator != NULL &&
        (strlen(s->separator) != 1 || strchr(";,|:\t ", *s->separator) == NULL))
        return field_fail(r, s->line, "source '%s': separator is one of ; , | : or a blank or tab",
                          s->name);
    bool has_comma = false;
    if (s->decimal != NULL && !source_read_decimal(&has_comma, s->decimal))
        return field_fail(r, s->line, "source '%s': decimal is \".\" or \",\"", s->name);
    const pt_status status = check_odbc(r, s->line, s->from);
    return status == PT_OK ? check_alone(r, &names, i, s->line) : status;
}

static pt_status check_output(const field_reader *r, const node_config *c, size_t i)
{
    const node_output *o = &c->outputs[i];
    const name_list names = NAMES("output", c->outputs, c->n_outputs);
    const bool is_database = source_needs_query(o->to);
    if (!is_database && o->to[0] != '@')
        return field_fail(r, o->line,
                          "output '%s': to is @FILE, sqlite:FILE or odbc:.., not '%.80s'", o->name,
                          o->to);
    if (is_database != (o->table != NULL))
        return field_fail(r, o->line, "output '%s': %s", o->name,
                          is_database ? "a database needs a table" : "a file takes no table");
    const pt_status status = check_odbc(r, o->line, o->to);
    return status == PT_OK ? check_alone(r, &names, i, o->line) : status;
}

/* ---- Callers ---- */

static pt_status check_jwt_caller(const field_reader *r, const node_config *c,
                                  node_caller_entry *caller)
{
    const name_list issuers = NAMES("issuer", c->issuers, c->n_issuers);
    if (caller->jwt_subject == NULL && caller->jwt_issuer != NULL)
        return field_fail(r, caller->line, "caller '%s' has a jwt-issuer and no jwt-subject",
                          caller->name);
    if (caller->jwt_subject == NULL)
        return PT_OK;
    if (caller->jwt_issuer == NULL && c->n_issuers == 1)
        caller->jwt_issuer = c->issuers[0].issuer;
    if (caller->jwt_issuer == NULL)
        return field_fail(r, caller->line, "caller '%s' needs a jwt-issuer: %s", caller->name,
                          c->n_issuers == 0 ? "there are no issuers" : "there are several issuers");
    return check_known(r, caller->line, &issuers, caller->jwt_issuer);
}

/* Two callers known by the same would be one or the other. */
static bool same_caller(const node_caller_entry *a, const node_caller_entry *b)
{
    if (a->token_sha256 != NULL && b->token_sha256 != NULL)
        return strcmp(a->token_sha256, b->token_sha256) == 0;
    if (a->certificate_sha256 != NULL && b->certificate_sha256 != NULL)
        return strcmp(a->certificate_sha256, b->certificate_sha256) == 0;
    return a->jwt_subject != NULL && b->jwt_subject != NULL &&
           strcmp(a->jwt_subject, b->jwt_subject) == 0 && strcmp(a->jwt_issuer, b->jwt_issuer) == 0;
}

static pt_status check_caller(const field_reader *r, node_config *c, size_t i)
{
    node_caller_entry *caller = &c->callers[i];
    const name_list names = NAMES("caller", c->callers, c->n_callers);
    const int ways = (caller->token_sha256 != NULL) + (caller->jwt_subject != NULL) +
                     (caller->certificate_sha256 != NULL);
    pt_status status = check_jwt_caller(r, c, caller);
    if (status != PT_OK)
        return status;
    if (ways != 1)
        return field_fail(r, caller->line,
                          "caller '%s' is known by one of token-sha256, jwt-subject and "
                          "certificate-sha256, not by %s",
                          caller->name, ways == 0 ? "none" : "several");
    if (caller->certificate_sha256 != NULL && c->client_ca == NULL)
        return field_fail(r, caller->line,
                          "caller '%s' has a certificate, which nobody asks for without client-ca "
                          "in tls",
                          caller->name);
    for (const node_caller_entry *other = c->callers; other < caller; other++) {
        if (same_caller(other, caller))
            return field_fail(r, caller->line, "callers '%s' and '%s' are known by the same",
                              other->name, caller->name);
    }
    return check_alone(r, &names, i, caller->line);
}

static pt_status check_issuer(const field_reader *r, const node_config *c, size_t i)
{
    const name_list names = NAMES("issuer", c->issuers, c->n_issuers);
    return check_alone(r, &names, i, c->issuers[i].line);
}

/* ---- Rules ---- */

static pt_status check_signers(const field_reader *r, const node_rule *rule)
{
    uint8_t key[SIGNING_PUBLIC_BYTES];
    for (size_t i = 0; i < rule->signed_by.n; i++) {
        const node_ref *ref = &rule->signed_by.list[i];
        if (!signing_public_parse(key, ref->text, strlen(ref->text)))
            return field_fail(r, ref->line,
                              "signed-by takes public Ed25519 keys, the line that begins with "
                              "MCowBQYDK2VwAyEA in their PEM file, not '%.70s'",
                              ref->text);
    }
    return PT_OK;
}

/* An output of a rule is a name or a URL; one that ends with a slash stands for all below it. */
static pt_status check_rule_outputs(const field_reader *r, const node_config *c,
                                    const node_rule *rule)
{
    const name_list outputs = NAMES("output", c->outputs, c->n_outputs);
    for (size_t i = 0; i < rule->outputs.n; i++) {
        const node_ref *ref = &rule->outputs.list[i];
        const bool is_url = strstr(ref->text, "://") != NULL;
        if (is_url && (!url_is_good(ref->text) || strchr(ref->text, '@') != NULL))
            return field_fail(r, ref->line, "'%.100s' is no URL http(s)://HOST[:PORT]/..",
                              ref->text);
        if (is_url && strchr(strstr(ref->text, "://") + 3, '/') == NULL)
            return field_fail(r, ref->line,
                              "'%.100s' needs a path: a / at its end allows all of that server",
                              ref->text);
        const pt_status status = is_url ? PT_OK : check_known(r, ref->line, &outputs, ref->text);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status check_rule_sense(const field_reader *r, const node_rule *rule)
{
    const bool has_limit =
        rule->max_ands != 0 || rule->max_rows != 0 || rule->min_rows != 0 || rule->runs_a_day != 0;
    if (rule->kind == NODE_ALLOW && rule->programs.n == 0 && rule->signed_by.n == 0)
        return field_fail(r, rule->line,
                          "rule '%s' would allow every program: name programs or signed-by, or let "
                          "it ask",
                          rule->name);
    if (rule->kind != NODE_ALLOW && has_limit)
        return field_fail(r, rule->line,
                          "rule '%s' has limits, which are for rules that allow: what exceeds one "
                          "is not allowed by that rule",
                          rule->name);
    if (rule->kind != NODE_ALLOW && (rule->constants.n != 0 || rule->functions.n != 0))
        return field_fail(r, rule->line,
                          "rule '%s' names constants or functions, which are for rules that allow",
                          rule->name);
    if ((rule->max_rows != 0 || rule->min_rows != 0) && rule->sources.n == 0)
        return field_fail(r, rule->line,
                          "rule '%s' limits rows and names no sources, whose rows would be counted",
                          rule->name);
    if (rule->max_rows != 0 && rule->min_rows > rule->max_rows)
        return field_fail(r, rule->line, "rule '%s': min-rows is more than max-rows", rule->name);
    return PT_OK;
}

static pt_status check_rule(const field_reader *r, const node_config *c, size_t i)
{
    const node_rule *rule = &c->rules[i];
    const name_list names = NAMES("rule", c->rules, c->n_rules);
    const name_list participants = NAMES("participant", c->participants, c->n_participants);
    const name_list callers = NAMES("caller", c->callers, c->n_callers);
    const name_list sources = NAMES("source", c->sources, c->n_sources);
    pt_status status = check_alone(r, &names, i, rule->line);
    if (status == PT_OK)
        status = check_rule_sense(r, rule);
    if (status == PT_OK)
        status = check_signers(r, rule);
    if (status == PT_OK)
        status = check_refs(r, &rule->participants, &participants);
    if (status == PT_OK)
        status = check_refs(r, &rule->callers, &callers);
    if (status == PT_OK)
        status = check_refs(r, &rule->sources, &sources);
    if (status == PT_OK)
        status = check_rule_outputs(r, c, rule);
    return status;
}

/* ---- All of it ---- */

/* HOST:PORT, [::1]:8000 for IPv6. */
static pt_status split_listen(const field_reader *r, node_config *c)
{
    const char *listen = c->address;
    const char *colon = strrchr(listen, ':');
    unsigned port = 0;
    if (colon == NULL || colon == listen || (listen[0] == '[') != (colon[-1] == ']') ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || strlen(colon + 1) > 5 ||
        sscanf(colon + 1, "%u", &port) != 1 || port > UINT16_MAX || strchr(listen, '/') != NULL)
        return error_set(r->error, PT_ERR_INPUT,
                         "%s: 'listen' is HOST:PORT such as 127.0.0.1:8000 or [::1]:8000, not "
                         "'%.80s'",
                         r->name, listen);
    const size_t bracket = listen[0] == '[';
    c->port = (uint16_t)port;
    c->address = arena_string(r->arena, listen + bracket, (size_t)(colon - listen) - 2 * bracket);
    return c->address == NULL ? error_memory(r->error) : PT_OK;
}

static pt_status check_store(const field_reader *r, const node_config *c)
{
    static const char *const kinds[] = {"sqlite:", "postgres://", "postgresql://", NULL};
    for (const char *const *kind = kinds; *kind != NULL; kind++) {
        if (strncmp(c->store, *kind, strlen(*kind)) == 0 && c->store[strlen(*kind)] != '\0')
            return PT_OK;
    }
    return error_set(r->error, PT_ERR_INPUT,
                     "%s: 'store' is sqlite:FILE or postgres://HOST/DATABASE, not '%.80s'", r->name,
                     c->store);
}

static pt_status check_parts(const field_reader *r, node_config *c)
{
    pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < c->n_participants; i++)
        status = check_participant(r, c, i);
    for (size_t i = 0; status == PT_OK && i < c->n_sources; i++)
        status = check_source(r, c, i);
    for (size_t i = 0; status == PT_OK && i < c->n_outputs; i++)
        status = check_output(r, c, i);
    for (size_t i = 0; status == PT_OK && i < c->n_issuers; i++)
        status = check_issuer(r, c, i);
    for (size_t i = 0; status == PT_OK && i < c->n_callers; i++)
        status = check_caller(r, c, i);
    for (size_t i = 0; status == PT_OK && i < c->n_rules; i++)
        status = check_rule(r, c, i);
    return status;
}

pt_status config_check(const field_reader *r, node_config *c)
{
    pt_status status = split_listen(r, c);
    if (status == PT_OK)
        status = check_store(r, c);
    return status == PT_OK ? check_parts(r, c) : status;
}

/* ---- Files ---- */

/* Whoever may write the file decides who may what; whoever may read a secret one has the secret. */
static pt_status check_file(const char *path, const char *what, bool is_secret, pt_error *error)
{
    struct stat info;
    unsigned mode = 0;
    if (path == NULL)
        return PT_OK;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set(error, PT_ERR_FILE, "cannot read %s '%s': %s", what, path,
                         strerror(errno));
    const bool is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    const bool is_open = private_file_is_open_to_others(fd, &mode);
    (void)close(fd);
    if (!is_file)
        return error_set(error, PT_ERR_FILE, "%s '%s' is no file", what, path);
    if (is_secret && is_open)
        return error_set(error, PT_ERR_FILE,
                         "%s '%s' is open to others (mode %03o): if nobody has seen it, 'chmod 600 "
                         "%s', otherwise make a new one",
                         what, path, mode, path);
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return error_set(error, PT_ERR_FILE,
                         "others may write %s '%s' (mode %03o): 'chmod go-w %s', and look at what "
                         "it holds",
                         what, path, (unsigned)info.st_mode & 0777u, path);
    return PT_OK;
}

/* The connection's file of odbc:@FILE may hold a password. */
static pt_status check_connection(const char *place, pt_error *error)
{
    static const char prefix[] = ODBC_PREFIX "@";
    if (strncmp(place, prefix, sizeof prefix - 1) != 0)
        return PT_OK;
    return check_file(place + sizeof prefix - 1, "the connection", true, error);
}

/* postgres://USER:PASSWORD@HOST/.. */
static bool has_password(const char *store)
{
    const char *authority = strstr(store, "://");
    if (authority == NULL)
        return false;
    authority += 3;
    const char *at = memchr(authority, '@', strcspn(authority, "/?#"));
    return (at != NULL && memchr(authority, ':', (size_t)(at - authority)) != NULL) ||
           strstr(store, "password=") != NULL;
}

pt_status config_check_files(const node_config *c, pt_error *error)
{
    pt_status status = check_file(c->path, "the configuration", has_password(c->store), error);
    if (status == PT_OK)
        status = check_file(c->key_file, "the key", true, error);
    if (status == PT_OK)
        status = check_file(c->audit_key_file, "the audit's key", true, error);
    if (status == PT_OK)
        status = check_file(c->tls_key, "the TLS key", true, error);
    if (status == PT_OK)
        status = check_file(c->tls_certificate, "the TLS certificate", false, error);
    if (status == PT_OK)
        status = check_file(c->client_ca, "the clients' CA", false, error);
    for (size_t i = 0; status == PT_OK && i < c->n_issuers; i++)
        status = check_file(c->issuers[i].key_file, "the issuer's key", false, error);
    for (size_t i = 0; status == PT_OK && i < c->n_sources; i++)
        status = check_connection(c->sources[i].from, error);
    for (size_t i = 0; status == PT_OK && i < c->n_outputs; i++)
        status = check_connection(c->outputs[i].to, error);
    return status;
}
