#include "node/jwt.h"

#include <errno.h>
#include <jansson.h>
#include <rhonabwy.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/read_file.h"

#define KEY_FILE_MAX ((size_t)65536)
#define PARTS        3

struct jwt_keys {
    const node_config *config;
    jwk_t **keys; /* one for each issuer */
};

typedef struct jwt_kind {
    const char *name; /* as alg says it */
    jwa_alg alg;
    int key_type;
    const char *key_is;
} jwt_kind;

/* By node_jwt_algorithm. */
static const jwt_kind kinds[] = {
    [NODE_JWT_ES256] = {"ES256", R_JWA_ALG_ES256, R_KEY_TYPE_EC, "P-256"},
    [NODE_JWT_EDDSA] = {"EdDSA", R_JWA_ALG_EDDSA, R_KEY_TYPE_EDDSA, "Ed25519"},
};

/* ---- Keys ---- */

static pt_status read_pem_text(buffer *ret_text, const char *path, pt_error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(error, PT_ERR_FILE, "cannot read the issuer's key '%s': %s", path,
                         strerror(errno));
    const pt_status status = read_file(ret_text, file, path, error);
    (void)fclose(file);
    return status;
}

/* A key of another kind than the issuer's algorithm would let tokens of another algorithm in. */
static bool is_of_kind(jwk_t *key, const jwt_kind *kind)
{
    unsigned bits = 0;
    const int type = r_jwk_key_type(key, &bits, R_FLAG_IGNORE_REMOTE);
    const char *curve = r_jwk_get_property_str(key, "crv");
    return (type & kind->key_type) != 0 && (type & R_KEY_TYPE_PUBLIC) != 0 && curve != NULL &&
           strcmp(curve, kind->key_is) == 0;
}

static pt_status load_key(jwk_t **ret_key, const node_jwt_issuer *issuer, pt_error *error)
{
    const jwt_kind *kind = &kinds[issuer->algorithm];
    buffer text;
    buffer_init(&text, 2 * KEY_FILE_MAX);
    pt_status status = read_pem_text(&text, issuer->key_file, error);
    if (status == PT_OK && r_jwk_init(ret_key) != RHN_OK)
        status = error_memory(error);
    if (status == PT_OK && (r_jwk_import_from_pem_der(*ret_key, R_X509_TYPE_PUBKEY, R_FORMAT_PEM,
                                                      text.bytes, text.len) != RHN_OK ||
                            !is_of_kind(*ret_key, kind)))
        status = error_set(error, PT_ERR_INPUT,
                           "'%s' is not the public key (PEM) on %s that tokens of '%.100s' with "
                           "algorithm %s need",
                           issuer->key_file, kind->key_is, issuer->issuer, kind->name);
    buffer_clear(&text);
    return status;
}

pt_status jwt_keys_new(jwt_keys **ret_keys, const node_config *c, pt_error *error)
{
    pt_status status = PT_OK;
    jwt_keys *keys = mem_new(1, sizeof *keys);
    if (keys == NULL)
        return error_memory(error);
    keys->config = c;
    keys->keys = mem_new(c->n_issuers, sizeof *keys->keys);
    if (keys->keys == NULL)
        status = error_memory(error);
    for (size_t i = 0; status == PT_OK && i < c->n_issuers; i++)
        status = load_key(&keys->keys[i], &c->issuers[i], error);
    if (status == PT_OK)
        *ret_keys = keys;
    else
        jwt_keys_free(keys);
    return status;
}

void jwt_keys_free(jwt_keys *keys)
{
    if (keys == NULL)
        return;
    for (size_t i = 0; keys->keys != NULL && i < keys->config->n_issuers; i++)
        r_jwk_free(keys->keys[i]);
    mem_free(keys->keys);
    mem_free(keys);
}

/* ---- The token's parts ---- */

static pt_status jwt_refuse(pt_error *error, const char *what)
{
    return error_set(error, PT_ERR_REFUSED, "the token %s", what);
}

/* HEADER.CLAIMS.SIGNATURE: where the parts begin and end. */
static bool split_token(const char *ret_parts[PARTS + 1], const char *token)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = token;
    for (size_t i = 0; i < PARTS; i++) {
        const size_t len = strspn(at, letters);
        if (len == 0 || at[len] != (i + 1 < PARTS ? '.' : '\0'))
            return false;
        ret_parts[i] = at;
        at += len + 1;
    }
    ret_parts[PARTS] = at;
    return true;
}

/* A part's JSON object; NULL: it has none. */
static json_t *decode_part(const char *part, const char *next)
{
    char text[JWT_BYTES_MAX];
    size_t len = 0;
    if (sodium_base642bin((unsigned char *)text, sizeof text, part, (size_t)(next - part) - 1, NULL,
                          &len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return NULL;
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* ---- Checks ---- */

static pt_status check_type(const json_t *type, pt_error *error)
{
    const char *text = json_string_value(type);
    if (type == NULL ||
        (text != NULL && (strcasecmp(text, "JWT") == 0 || strcasecmp(text, "at+jwt") == 0)))
        return PT_OK;
    return jwt_refuse(error, "is of a type (typ) that is not taken");
}

static pt_status check_header(json_t *header, const jwt_kind *kind, pt_error *error)
{
    static const char *const taken[] = {"alg", "typ", "kid", NULL};
    const char *algorithm = text_of(header, "alg");
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(header, key, value)
    {
        const char *const *t = taken;
        while (*t != NULL && strcmp(*t, key) != 0)
            t++;
        if (*t == NULL)
            return jwt_refuse(error, "has a header that asks for more than alg, typ and kid");
    }
    if (algorithm == NULL || strcmp(algorithm, kind->name) != 0)
        return error_set(error, PT_ERR_REFUSED,
                         "the token's algorithm is not %s, the only one that is taken from its "
                         "issuer",
                         kind->name);
    return check_type(json_object_get(header, "typ"), error);
}

/* The claim is the text, or a list that holds it. */
static bool says(const json_t *claim, const char *text)
{
    const char *one = json_string_value(claim);
    if (one != NULL)
        return strcmp(one, text) == 0;
    for (size_t i = 0; i < json_array_size(claim); i++) {
        const char *entry = json_string_value(json_array_get(claim, i));
        if (entry != NULL && strcmp(entry, text) == 0)
            return true;
    }
    return false;
}

static pt_status check_times(const json_t *claims, int64_t now, pt_error *error)
{
    const json_t *expiry = json_object_get(claims, "exp");
    const json_t *begin = json_object_get(claims, "nbf");
    if (!json_is_integer(expiry))
        return jwt_refuse(error, "does not say when it expires (exp)");
    if (json_integer_value(expiry) <= now - JWT_LEEWAY_S)
        return jwt_refuse(error, "has expired");
    if (begin != NULL && !json_is_integer(begin))
        return jwt_refuse(error, "does not say in numbers from when it holds (nbf)");
    if (begin != NULL && json_integer_value(begin) > now + JWT_LEEWAY_S)
        return jwt_refuse(error, "does not hold yet (nbf)");
    return PT_OK;
}

static pt_status check_claims(jwt_holder *holder, const json_t *claims,
                              const node_jwt_issuer *issuer, int64_t now, pt_error *error)
{
    const char *subject = text_of(claims, "sub");
    const pt_status status = check_times(claims, now, error);
    if (status != PT_OK)
        return status;
    if (!says(json_object_get(claims, "aud"), issuer->audience))
        return jwt_refuse(error, "is for somebody else (aud)");
    if (subject == NULL || subject[0] == '\0' || strlen(subject) >= sizeof holder->subject)
        return jwt_refuse(error, "does not say whose it is (sub)");
    holder->issuer = issuer->issuer;
    memcpy(holder->subject, subject, strlen(subject) + 1);
    return PT_OK;
}

static bool has_signature(const char *token, jwk_t *key, const jwt_kind *kind)
{
    jwt_t *jwt = NULL;
    if (r_jwt_init(&jwt) != RHN_OK)
        return false;
    const bool is_signed =
        r_jwt_advanced_parse(jwt, token, R_PARSE_NONE, R_FLAG_IGNORE_REMOTE) == RHN_OK &&
        r_jwt_get_type(jwt) == R_JWT_TYPE_SIGN && r_jwt_get_sign_alg(jwt) == kind->alg &&
        r_jwt_verify_signature(jwt, key, R_FLAG_IGNORE_REMOTE) == RHN_OK;
    r_jwt_free(jwt);
    return is_signed;
}

/* Which issuer's it says it is; n_issuers: none's. */
static size_t find_issuer(const node_config *c, const json_t *claims)
{
    const char *name = text_of(claims, "iss");
    size_t i = 0;
    while (i < c->n_issuers && (name == NULL || strcmp(c->issuers[i].issuer, name) != 0))
        i++;
    return i;
}

static pt_status jwt_check_parts(jwt_holder *holder, const jwt_keys *keys, const char *token,
                                 json_t *header, const json_t *claims, int64_t now, pt_error *error)
{
    const size_t i = find_issuer(keys->config, claims);
    if (i == keys->config->n_issuers)
        return jwt_refuse(error, "is of an issuer that is not known here (iss)");
    const node_jwt_issuer *issuer = &keys->config->issuers[i];
    const jwt_kind *kind = &kinds[issuer->algorithm];
    const pt_status status = check_header(header, kind, error);
    if (status != PT_OK)
        return status;
    if (!has_signature(token, keys->keys[i], kind))
        return jwt_refuse(error, "is not signed by its issuer");
    return check_claims(holder, claims, issuer, now, error);
}

pt_status jwt_check(jwt_holder *ret_holder, const jwt_keys *keys, const char *token, int64_t now,
                    pt_error *error)
{
    const char *parts[PARTS + 1];
    if (strlen(token) > JWT_BYTES_MAX || !split_token(parts, token))
        return jwt_refuse(error, "is no signed JWT of at most 8192 characters");
    json_t *header = decode_part(parts[0], parts[1]);
    json_t *claims = decode_part(parts[1], parts[2]);
    const pt_status status =
        header == NULL || claims == NULL
            ? jwt_refuse(error, "does not hold a JSON header and JSON claims")
            : jwt_check_parts(ret_holder, keys, token, header, claims, now, error);
    json_decref(header);
    json_decref(claims);
    return status;
}
