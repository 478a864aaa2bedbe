/* Tokens that an issuer has signed (JWT, RFC 7519, as a compact JWS). Layer: node.
 *
 * Only what is needed is taken: a header of alg and perhaps typ and kid, the algorithm of the
 * issuer's key and no other, and the claims iss, sub, aud and exp, perhaps nbf. Whatever else a
 * header may ask for (compression, keys from elsewhere, nesting, extensions) is refused by name
 * before any library sees the token. Nothing is ever fetched. Used by one thread. */
#ifndef NODE_JWT_H
#define NODE_JWT_H

#include "node/config.h"

#define JWT_BYTES_MAX ((size_t)8192)
/* By how much clocks may differ. */
#define JWT_LEEWAY_S 60

typedef struct jwt_keys jwt_keys;

/* Reads the key of each of a config's issuers; the config must outlive the keys. PT_ERR_FILE,
 * PT_ERR_INPUT. */
MUST_CHECK pt_status jwt_keys_new(jwt_keys **ret_keys, const node_config *c, pt_error *error);
/* Accepts NULL. */
void jwt_keys_free(jwt_keys *keys);

#define JWT_SUBJECT_SIZE 256

/* Who is meant by a token that holds. */
typedef struct jwt_holder {
    const char *issuer; /* the config's */
    char subject[JWT_SUBJECT_SIZE];
} jwt_holder;

/* PT_ERR_REFUSED with the reason; "the token .." begins it. */
MUST_CHECK pt_status jwt_check(jwt_holder *ret_holder, const jwt_keys *keys, const char *token,
                               int64_t now, pt_error *error);

#endif
