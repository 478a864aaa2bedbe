/* polytune node: a party's own standing server, and those who look after it. */
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "cli/commands/command.h"
#include "cli/commands/node_verbs.h"

static const flag flags[] = {
    {"config", "FILE", "the node's configuration", false},
    {"addr", "HOST:PORT", "where to listen (default 127.0.0.1:8000, or the configuration's)",
     false},
    {"key", "FILE",
     "the node's private key, of polytune keygen, if not the configuration's; sign: the private "
     "signing key",
     false},
    {"store", "WHERE", "where queue and results are kept: sqlite:FILE", false},
    {"concurrency", "N", "computations that this party leads at a time (default 2)", false},
    {"wait", "SECONDS", "for the other parties to take part (default 600)", false},
    {"timeout", "SECONDS", "without progress of another party (default 60)", false},
    {"deadline", "SECONDS", "for all of a computation (default: none)", false},
    {"jwt-key", "FILE",
     "have the node's requests carry tokens (JWT) signed with this key on P-256 (PEM), for proxies "
     "in "
     "front of the other nodes",
     false},
    {"jwt-iss", "TEXT", "their issuer (default polytune)", false},
    {"jwt-exp", "SECONDS", "how long they are good (default 300)", false},
    {"jwt-claims", "JSON", "more claims of theirs, an object", false},
    {"insecure-allow-all", NULL,
     "to try it on one machine: everybody may have it compute anything; only on loopback", false},
    {"verify", NULL, "audit: read the log and say whether it holds together", false},
    {"file", "FILE", "audit: the log, in place of the configuration's", false},
    {"public-key", "KEY", "audit: whose signatures it must bear (MCowBQYDK2VwAyEA..)", false},
    {"head", "SEQ:HASH", "audit: a head that was shown once, which must be in the log", false},
    {"node", "URL", "pending, show, approve, deny: the node to ask (default http://127.0.0.1:8000)",
     false},
    {"token-file", "FILE", "the same: the file with the token of who asks", false},
    {"tls-ca", "FILE", "the same: the authorities (PEM) of the node's https certificate", false},
    {"program", "SHA256", "approve: the program that was looked at; no other is approved", false},
    {"policy", "SHA256", "approve: the policy that was looked at, as show prints it", false},
    {"why", "TEXT", "deny: the reason, which all parties will read", false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_common, NULL};

static const node_verb *const verbs[] = {
    &node_verb_approve, &node_verb_audit,       &node_verb_check_config,
    &node_verb_deny,    &node_verb_pending,     &node_verb_show,
    &node_verb_sign,    &node_verb_signing_key, NULL,
};

static bool is_listed(const char *const *names, const char *name)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static pt_status check_verb_flags(const node_verb *v, const args *a, pt_error *error)
{
    for (const flag *f = flags; f->name != NULL; f++) {
        if (args_get(a, f->name) != NULL && !is_listed(v->flags, f->name))
            return error_set(error, PT_ERR_USAGE, "polytune node %s does not take --%s", v->name,
                             f->name);
    }
    return PT_OK;
}

static pt_status run_verb(const node_verb *v, const args *a, pt_error *error)
{
    const size_t wanted = (size_t)(v->name[0] != '\0') + (v->argument != NULL);
    if (a->n_positional != wanted)
        return error_set(error, PT_ERR_USAGE, "usage: polytune node %s%s%s [FLAGS]", v->name,
                         v->argument == NULL ? "" : " ", v->argument == NULL ? "" : v->argument);
    const pt_status status = check_verb_flags(v, a, error);
    return status == PT_OK ? v->run(a, v->argument != NULL ? a->positional[1] : NULL, error)
                           : status;
}

static pt_status node_run(const args *a, pt_error *error)
{
    if (a->n_positional == 0)
        return run_verb(&node_verb_serve, a, error);
    const char *name = a->positional[0];
    nearest n;
    nearest_init(&n, name, strlen(name));
    for (const node_verb *const *v = verbs; *v != NULL; v++) {
        if (strcmp((*v)->name, name) == 0)
            return run_verb(*v, a, error);
        nearest_offer(&n, (*v)->name);
    }
    if (n.best != NULL)
        return error_set(error, PT_ERR_USAGE, "polytune node has no '%.60s'; did you mean '%s'?",
                         name, n.best);
    return error_set(error, PT_ERR_USAGE, "polytune node has no '%.60s'; --help lists what it has",
                     name);
}

const command command_node = {
    .name = "node",
    .arguments = "[VERB ..]",
    .summary = "a party's own standing server",
    .details = "Without VERB it runs the node; VERB is\n"
               "  audit --verify    whether the audit log of --config, or --file, is as it was "
               "written: which line was changed, if one was, and its head\n"
               "  pending           what waits for a person at the node --node\n"
               "  show ID           a computation, with its program\n"
               "  approve ID        print what its policy says, and let that be computed\n"
               "  deny ID           refuse it, --why\n"
               "  check-config      whether the file of --config is in order; docs/node.md and "
               "examples/node.yaml show what it may hold\n"
               "  sign PROGRAM      print the program with a signature by --key, by which rules "
               "of nodes know it\n"
               "  signing-key FILE  make a key that signs programs or an audit log, and print its "
               "public key\n",
    .flags = flag_lists,
    .n_positional = 0,
    .n_optional = 2,
    .run = node_run,
};
