/* Who calls. Layer: node.
 *
 * A caller is known by the SHA-256 of a secret token, by a token (JWT) that a configured issuer has
 * signed, or by the certificate that TLS has verified. Secrets are compared in constant time; what
 * is refused is refused with a reason that helps whoever has a token of his own and tells others
 * nothing. Used by one thread. */
#ifndef NODE_CALLER_H
#define NODE_CALLER_H

#include "node/config.h"

typedef struct node_caller {
    const char *name; /* the config's */
    unsigned roles;   /* enum node_role */
} node_caller;

/* The issuers' keys, ready for use. */
typedef struct caller_keys caller_keys;

/* Reads the key files of a config, which must outlive the keys. PT_ERR_FILE, PT_ERR_INPUT. */
MUST_CHECK pt_status caller_keys_new(caller_keys **ret_keys, const node_config *c, pt_error *error);
/* Accepts NULL. */
void caller_keys_free(caller_keys *keys);

/* What a request shows of its caller; each may be NULL. */
typedef struct caller_proof {
    const char *authorization;      /* the header's value */
    const char *certificate_sha256; /* of the verified certificate (DER): 64 digits */
} caller_proof;

/* PT_ERR_REFUSED, with a reason that may be told, when it is nobody known. A header decides, if
 * there is one, whatever certificate comes with it. `now` is the time in seconds since 1970. */
MUST_CHECK pt_status caller_identify(node_caller *ret_caller, const caller_keys *keys,
                                     const caller_proof *proof, int64_t now, pt_error *error);

#endif
