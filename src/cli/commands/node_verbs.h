/* What `polytune node VERB` can be. Layer: cli. */
#ifndef CLI_COMMANDS_NODE_VERBS_H
#define CLI_COMMANDS_NODE_VERBS_H

#include "cli/flags/args.h"

typedef struct node_verb {
    const char *name;
    const char *argument;     /* what follows it, or NULL */
    const char *const *flags; /* those of polytune node that it takes; ended by NULL */
    /* `argument` is NULL if there is none. */
    pt_status (*run)(const args *a, const char *argument, pt_error *error);
} node_verb;

extern const node_verb node_verb_approve;
extern const node_verb node_verb_audit;
extern const node_verb node_verb_check_config;
extern const node_verb node_verb_deny;
extern const node_verb node_verb_pending;
extern const node_verb node_verb_serve; /* without a name */
extern const node_verb node_verb_show;
extern const node_verb node_verb_sign;
extern const node_verb node_verb_signing_key;

#endif
