/* A party's standing server: it takes requests to compute (policies), decides or has somebody
 * decide which are allowed, keeps them in a store, runs them with the nodes of the other parties,
 * and delivers results. Layer: node.
 *
 * docs/node.md says what it does for whom; api.h has its HTTP interface, computation.h the life of
 * a computation, records.h what is kept, config.h what its operator tells it. Threads: the HTTP
 * server's answers and never waits; the keeper's (node.c) takes computations up and looks after
 * all others; each computation that is taken up has one; so does each delivery. */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "node/bearer.h"
#include "node/config.h"
#include "polytune/status.h"

typedef enum node_level { NODE_LOG_ERROR, NODE_LOG_WARN, NODE_LOG_INFO, NODE_LOG_DEBUG } node_level;

/* Something that happened, for a log. Holds no secrets. */
typedef struct node_event {
    node_level level;
    const char *what; /* "scheduled", "refused", "waiting", "agreed", "running", "done", "failed",
                         "delivered", "node", .. */
    const char *computation; /* its id; NULL: none */
    const char *caller;      /* NULL: none */
    const char *text;        /* NULL: none */
} node_event;

/* What it is told by the command's own flags. */
typedef struct node_options {
    const node_config *config;  /* taken over by node_start and node_reload, see node_settings.h */
    const uint8_t *private_key; /* PT_KEY_BYTES; NULL: only with insecure_allow_all */
    bearer_options bearer;      /* tokens that its requests carry; without a key file none do */
    void (*log)(void *user, const node_event *event);
    void *log_user;
} node_options;

typedef struct node node;

/* Opens the store, listens, and takes up what was left. The configuration is taken over in any
 * case. PT_ERR_USAGE, PT_ERR_FILE, PT_ERR_INPUT, PT_ERR_IO. */
MUST_CHECK pt_status node_start(node **ret_node, node_config *config, const node_options *options,
                                pt_error *error);
uint16_t node_port(const node *n);
/* Another configuration from now on, and what was taken up before goes on with the old one. Where
 * to listen, certificates and the store stay. Takes the configuration over in any case. */
MUST_CHECK pt_status node_reload(node *n, node_config *config, const uint8_t *private_key,
                                 pt_error *error);
/* Whether all its threads have shown that they are alive within the last seconds. */
bool node_is_alive(node *n);
/* Ends what runs, tells the others, and stops: within two seconds or so. Accepts NULL. */
void node_stop(node *n);

#endif
