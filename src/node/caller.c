#include "node/caller.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "crypto/ct.h"
#include "node/jwt.h"

#define SHA256_CHARS    64
#define TOKEN_CHARS_MAX JWT_BYTES_MAX

struct caller_keys {
    const node_config *config;
    jwt_keys *issuers;
};

pt_status caller_keys_new(caller_keys **ret_keys, const node_config *c, pt_error *error)
{
    caller_keys *keys = mem_new(1, sizeof *keys);
    if (keys == NULL)
        return error_memory(error);
    keys->config = c;
    const pt_status status = jwt_keys_new(&keys->issuers, c, error);
    if (status == PT_OK)
        *ret_keys = keys;
    else
        mem_free(keys);
    return status;
}

void caller_keys_free(caller_keys *keys)
{
    if (keys == NULL)
        return;
    jwt_keys_free(keys->issuers);
    mem_free(keys);
}

static pt_status identify(node_caller *ret_caller, const node_caller_entry *entry)
{
    *ret_caller = (node_caller){entry->name, entry->roles};
    return PT_OK;
}

/* The text of `len` characters behind "Bearer "; NULL: the header is none. */
static const char *token_of(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return NULL;
    const char *token = authorization + sizeof scheme - 1;
    token += strspn(token, " ");
    return token[0] == '\0' || strlen(token) > TOKEN_CHARS_MAX ? NULL : token;
}

/* Looks at all entries, however many fit: time tells nothing of a token. */
static const node_caller_entry *find_token(const node_config *c, const char *token)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char text[SHA256_CHARS + 1];
    const node_caller_entry *found = NULL;
    (void)crypto_hash_sha256(hash, (const uint8_t *)token, strlen(token));
    hex_write(text, hash, sizeof hash);
    for (size_t i = 0; i < c->n_callers; i++) {
        const char *known = c->callers[i].token_sha256;
        if (known != NULL && ct_equal(known, text, SHA256_CHARS))
            found = &c->callers[i];
    }
    mem_wipe(hash, sizeof hash);
    mem_wipe(text, sizeof text);
    return found;
}

static const node_caller_entry *find_holder(const node_config *c, const jwt_holder *holder)
{
    for (size_t i = 0; i < c->n_callers; i++) {
        const node_caller_entry *entry = &c->callers[i];
        if (entry->jwt_subject != NULL && strcmp(entry->jwt_subject, holder->subject) == 0 &&
            strcmp(entry->jwt_issuer, holder->issuer) == 0)
            return entry;
    }
    return NULL;
}

static pt_status by_token(node_caller *ret_caller, const caller_keys *keys,
                          const char *authorization, int64_t now, pt_error *error)
{
    jwt_holder holder;
    const char *token = token_of(authorization);
    if (token == NULL)
        return error_set(error, PT_ERR_REFUSED, "the authorization is not 'Bearer TOKEN'");
    const node_caller_entry *entry = find_token(keys->config, token);
    if (entry != NULL)
        return identify(ret_caller, entry);
    if (keys->config->n_issuers == 0 || strchr(token, '.') == NULL)
        return error_set(error, PT_ERR_REFUSED, "the token is not known");
    const pt_status status = jwt_check(&holder, keys->issuers, token, now, error);
    if (status != PT_OK)
        return status;
    entry = find_holder(keys->config, &holder);
    if (entry == NULL)
        return error_set(error, PT_ERR_REFUSED, "the token's subject may not call this node");
    return identify(ret_caller, entry);
}

static pt_status by_certificate(node_caller *ret_caller, const node_config *c,
                                const char *fingerprint, pt_error *error)
{
    uint8_t bytes[SHA256_CHARS / 2];
    char text[SHA256_CHARS + 1];
    if (!hex_read(bytes, sizeof bytes, fingerprint))
        return error_set(error, PT_ERR_REFUSED, "the certificate has no fingerprint");
    hex_write(text, bytes, sizeof bytes);
    for (size_t i = 0; i < c->n_callers; i++) {
        const char *known = c->callers[i].certificate_sha256;
        if (known != NULL && ct_equal(known, text, SHA256_CHARS))
            return identify(ret_caller, &c->callers[i]);
    }
    return error_set(error, PT_ERR_REFUSED, "the certificate is not known");
}

pt_status caller_identify(node_caller *ret_caller, const caller_keys *keys,
                          const caller_proof *proof, int64_t now, pt_error *error)
{
    if (proof->authorization != NULL)
        return by_token(ret_caller, keys, proof->authorization, now, error);
    if (proof->certificate_sha256 != NULL)
        return by_certificate(ret_caller, keys->config, proof->certificate_sha256, error);
    return error_set(error, PT_ERR_REFUSED,
                     "a caller shows who it is: Authorization: Bearer TOKEN, or a certificate");
}
