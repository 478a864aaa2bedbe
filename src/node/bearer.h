/* Tokens that this node's own requests carry, for proxies in front of the other nodes and of where
 * results go: JWTs signed by ES256, as the Rust project's server makes them. Layer: node.
 *
 * Claims: iss, iat, exp, and what else was given. Nobody here verifies them; the parties know each
 * other by their keys. Any thread. */
#ifndef NODE_BEARER_H
#define NODE_BEARER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/status.h"

typedef struct bearer bearer;

typedef struct bearer_options {
    const char *key_file; /* PEM, a private key on P-256 */
    const char *issuer;
    uint64_t seconds;   /* until a token expires */
    const char *claims; /* a JSON object; NULL: none */
} bearer_options;

/* PT_ERR_FILE, PT_ERR_INPUT. */
MUST_CHECK pt_status bearer_new(bearer **ret_bearer, const bearer_options *o, pt_error *error);
/* Accepts NULL. */
void bearer_free(bearer *b);

#define BEARER_SCHEME    "Bearer "
#define BEARER_TOKEN_MAX 2048

/* A token that is good for a while yet. False when it cannot be made. */
MUST_CHECK bool bearer_token(bearer *b, char ret_token[BEARER_TOKEN_MAX]);

#endif
