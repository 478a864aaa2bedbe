/* polytune node audit --verify: whether a log is as the node has written it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/hex.h"
#include "cli/commands/node_verbs.h"
#include "cli/output.h"
#include "cli/report.h"
#include "node/audit.h"
#include "node/config.h"

typedef struct audit_wishes {
    node_config config;
    const char *file;
    bool has_key;
    uint8_t key[SIGNING_PUBLIC_BYTES];
    bool has_head;
    audit_head head;
} audit_wishes;

/* SEQ:HASH */
static pt_status read_head(audit_wishes *w, const char *text, pt_error *error)
{
    char seq[24] = "";
    uint64_t number = 0;
    uint8_t hash[(AUDIT_HASH_SIZE - 1) / 2];
    const size_t digits = strcspn(text, ":");
    if (text[digits] == ':' && digits < sizeof seq &&
        hex_read(hash, sizeof hash, text + digits + 1)) {
        memcpy(seq, text, digits);
        if (args_number(&number, seq, "--head", 1, UINT32_MAX, NULL) == PT_OK) {
            w->has_head = true;
            w->head.seq = number;
            hex_write(w->head.hash, hash, sizeof hash);
            return PT_OK;
        }
    }
    return error_set(error, PT_ERR_USAGE,
                     "--head is SEQ:HASH, as audit --verify and the node show it, not '%.100s'",
                     text);
}

/* The configuration's own key, of which its operator has the file. */
static pt_status key_of_config(audit_wishes *w, pt_error *error)
{
    signing_key key;
    const pt_status status = signing_key_read(&key, w->config.audit_key_file, error);
    memcpy(w->key, key.public, sizeof w->key);
    w->has_key = true;
    signing_key_clear(&key);
    return status;
}

static pt_status read_wishes(audit_wishes *w, const args *a, pt_error *error)
{
    const char *config = args_get(a, "config");
    const char *key = args_get(a, "public-key");
    const char *head = args_get(a, "head");
    pt_status status = PT_OK;
    w->file = args_get(a, "file");
    if (args_get(a, "verify") == NULL || (config == NULL) == (w->file == NULL))
        return error_set(error, PT_ERR_USAGE,
                         "polytune node audit needs --verify and either --config=FILE or "
                         "--file=FILE");
    if (config != NULL)
        status = node_config_read(&w->config, config, error);
    if (status == PT_OK && config != NULL)
        w->file = w->config.audit_file;
    if (status == PT_OK && config != NULL && key == NULL)
        status = key_of_config(w, error);
    if (status == PT_OK && key != NULL) {
        w->has_key = signing_public_parse(w->key, key, strlen(key));
        if (!w->has_key)
            return error_set(error, PT_ERR_USAGE,
                             "--public-key is the line that begins with MCowBQYDK2VwAyEA in the "
                             "key's PEM file, not '%.70s'",
                             key);
    }
    return status == PT_OK && head != NULL ? read_head(w, head, error) : status;
}

static void tell_limits(const audit_wishes *w, const audit_report *r)
{
    if (r->n_half_bytes != 0)
        report_message(
            REPORT_WARN,
            "%zu bytes of a half-written line at the end: the node cuts them off when it "
            "starts",
            r->n_half_bytes);
    if (r->n_unsigned != 0)
        report_message(REPORT_WARN, "the last %" PRIu64 " lines are not signed yet", r->n_unsigned);
    if (!w->has_key && r->n_signatures != 0)
        report_message(REPORT_WARN,
                       "all signatures are by %s: compare it with the node's, or give --public-key",
                       r->key);
    if (!w->has_head)
        report_message(REPORT_INFO, "lines cut off at the end are only found with --head, one that "
                                    "was shown before");
}

static pt_status print_report(const audit_wishes *w, const audit_report *r, pt_error *error)
{
    char line[512];
    tell_limits(w, r);
    (void)snprintf(line, sizeof line,
                   "%.200s holds together: %" PRIu64 " lines, %" PRIu64 " signatures\nhead %" PRIu64
                   ":%s",
                   w->file, r->head.seq, r->n_signatures, r->head.seq, r->head.hash);
    return output_line(line, error);
}

static pt_status audit_run(const args *a, const char *argument, pt_error *error)
{
    audit_wishes w = {0};
    audit_report report;
    (void)argument;
    pt_status status = read_wishes(&w, a, error);
    if (status == PT_OK)
        status = audit_verify(&report, w.file, w.has_key ? w.key : NULL,
                              w.has_head ? &w.head : NULL, error);
    if (status == PT_OK)
        status = print_report(&w, &report, error);
    node_config_clear(&w.config);
    return status;
}

static const char *const audit_flags[] = {"verify", "config", "file", "public-key", "head", NULL};
const node_verb node_verb_audit = {"audit", NULL, audit_flags, audit_run};
