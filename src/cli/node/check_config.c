/* polytune node check-config: whether a node would start with a configuration, and what its
 * operator should know of it. */
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands/node_verbs.h"
#include "cli/flags/keys.h"
#include "cli/output.h"
#include "cli/report.h"
#include "node/caller.h"
#include "node/config.h"
#include "node/signing_key.h"

static void tell_advice(void *user, const char *advice)
{
    report_message(REPORT_WARN, "%s: %s", (const char *)user, advice);
}

static pt_status print_summary(const node_config *c, pt_error *error)
{
    char line[512];
    (void)snprintf(line, sizeof line,
                   "%.200s is in order: %zu participants, %zu sources, %zu outputs, %zu callers, "
                   "%zu issuers of tokens, %zu rules",
                   c->path, c->n_participants, c->n_sources, c->n_outputs, c->n_callers,
                   c->n_issuers, c->n_rules);
    return output_line(line, error);
}

/* What the key files hold: a node that starts reads them, too. */
static pt_status check_keys(const node_config *c, pt_error *error)
{
    uint8_t private_key[PT_KEY_BYTES];
    signing_key audit_key;
    caller_keys *keys = NULL;
    pt_status status = key_read(private_key, c->key_file, error);
    mem_wipe(private_key, sizeof private_key);
    if (status != PT_OK)
        return status;
    status = signing_key_read(&audit_key, c->audit_key_file, error);
    signing_key_clear(&audit_key);
    if (status == PT_OK)
        status = caller_keys_new(&keys, c, error);
    caller_keys_free(keys);
    return status;
}

static pt_status check_config_run(const args *a, const char *argument, pt_error *error)
{
    const char *path = args_get(a, "config");
    node_config config;
    (void)argument;
    if (path == NULL)
        return error_set(error, PT_ERR_USAGE, "polytune node check-config needs --config=FILE");
    pt_status status = node_config_read(&config, path, error);
    if (status == PT_OK)
        status = check_keys(&config, error);
    if (status == PT_OK) {
        node_config_advise(&config, tell_advice, (void *)path);
        node_config_advise_files(&config, tell_advice, (void *)path);
        status = print_summary(&config, error);
    }
    node_config_clear(&config);
    return status;
}

static const char *const flags_taken[] = {"config", NULL};
const node_verb node_verb_check_config = {"check-config", NULL, flags_taken, check_config_run};
