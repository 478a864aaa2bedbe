/* Asking a running node, for the people who look after it. Layer: node. */
#ifndef NODE_CLIENT_H
#define NODE_CLIENT_H

#include <jansson.h>

#include "channel/http/call.h"
#include "polytune/status.h"

typedef struct node_client {
    const char *url;
    const char *token;  /* NULL: none */
    const char *tls_ca; /* PEM; NULL: the system's */
} node_client;

/* Asks, and waits for the answer: *ret_answer is its JSON, or NULL if it has none. `path` begins
 * with a slash, `body` may be NULL and stays the caller's. PT_ERR_USAGE when the token could be
 * read on its way; PT_ERR_IO when the node cannot be reached; PT_ERR_REFUSED, with its reason. */
MUST_CHECK pt_status node_client_ask(json_t **ret_answer, const node_client *client,
                                     http_method method, const char *path, const json_t *body,
                                     pt_error *error);

#endif
