#define _POSIX_C_SOURCE 200809L
#include "node/bearer.h"

#include <errno.h>
#include <pthread.h>
#include <rhonabwy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/read_file.h"

#define KEY_MAX ((size_t)1 << 20)

struct bearer {
    pthread_mutex_t lock;
    jwk_t *key;
    json_t *claims;
    char *issuer;
    uint64_t seconds;
    char token[BEARER_TOKEN_MAX]; /* made last; "" if none */
    time_t made;
};

static pt_status read_bearer_key(bearer *b, const char *path, pt_error *error)
{
    buffer text;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    (void)setvbuf(file, NULL, _IONBF, 0);
    buffer_init(&text, KEY_MAX);
    pt_status status = read_file(&text, file, path, error);
    (void)fclose(file);
    if (status == PT_OK && r_jwk_import_from_pem_der(b->key, R_X509_TYPE_PRIVKEY, R_FORMAT_PEM,
                                                     text.bytes, text.len) != RHN_OK)
        status = error_set(error, PT_ERR_INPUT, "'%s' is no private key (PEM)", path);
    buffer_clear(&text);
    /* It would be in every token, and the other server's have none. */
    if (status == PT_OK)
        (void)r_jwk_delete_property_str(b->key, "kid");
    const char *curve = status == PT_OK ? r_jwk_get_property_str(b->key, "crv") : NULL;
    if (status == PT_OK && (curve == NULL || strcmp(curve, "P-256") != 0))
        status = error_set(error, PT_ERR_INPUT,
                           "'%s' is no key on P-256, which ES256 signs with: openssl ecparam -name "
                           "prime256v1 -genkey",
                           path);
    return status;
}

static pt_status read_claims(bearer *b, const char *text, pt_error *error)
{
    b->claims = text == NULL ? json_object() : json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(b->claims))
        return error_set(error, PT_ERR_USAGE, "--jwt-claims is a JSON object, not '%.60s'", text);
    return PT_OK;
}

pt_status bearer_new(bearer **ret_bearer, const bearer_options *o, pt_error *error)
{
    bearer *b = mem_new(1, sizeof *b);
    if (b == NULL)
        return error_memory(error);
    (void)pthread_mutex_init(&b->lock, NULL);
    b->seconds = o->seconds;
    b->issuer = mem_string(o->issuer);
    pt_status status =
        b->issuer == NULL || r_jwk_init(&b->key) != RHN_OK ? error_memory(error) : PT_OK;
    if (status == PT_OK)
        status = read_bearer_key(b, o->key_file, error);
    if (status == PT_OK)
        status = read_claims(b, o->claims, error);
    if (status == PT_OK && !bearer_token(b, b->token))
        status = error_set(error, PT_ERR_INPUT, "'%s' cannot sign tokens", o->key_file);
    if (status == PT_OK)
        *ret_bearer = b;
    else
        bearer_free(b);
    return status;
}

void bearer_free(bearer *b)
{
    if (b == NULL)
        return;
    r_jwk_free(b->key);
    json_decref(b->claims);
    mem_free(b->issuer);
    (void)pthread_mutex_destroy(&b->lock);
    mem_wipe(b->token, sizeof b->token);
    mem_free(b);
}

/* The claims of a token made now, as text; free(). */
static char *claims_text(const bearer *b, time_t now)
{
    json_t *all = json_deep_copy(b->claims);
    (void)json_object_set_new(all, "iss", json_string(b->issuer));
    (void)json_object_set_new(all, "iat", json_integer((json_int_t)now));
    (void)json_object_set_new(all, "exp", json_integer((json_int_t)now + (json_int_t)b->seconds));
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text;
}

static bool make_token(bearer *b, time_t now)
{
    jwt_t *jwt = NULL;
    char *token = NULL;
    char *claims = claims_text(b, now);
    if (claims != NULL && r_jwt_init(&jwt) == RHN_OK &&
        r_jwt_set_header_str_value(jwt, "typ", "JWT") == RHN_OK &&
        r_jwt_set_sign_alg(jwt, R_JWA_ALG_ES256) == RHN_OK &&
        r_jwt_set_full_claims_json_str(jwt, claims) == RHN_OK)
        token = r_jwt_serialize_signed(jwt, b->key, R_FLAG_IGNORE_REMOTE);
    r_jwt_free(jwt);
    free(claims);
    const bool fits = token != NULL && strlen(token) < BEARER_TOKEN_MAX;
    if (fits) {
        memcpy(b->token, token, strlen(token) + 1);
        b->made = now;
    }
    r_free(token);
    return fits;
}

bool bearer_token(bearer *b, char ret_token[BEARER_TOKEN_MAX])
{
    const time_t now = time(NULL);
    (void)pthread_mutex_lock(&b->lock);
    const bool is_fresh =
        b->token[0] != '\0' && now >= b->made && (uint64_t)(now - b->made) < b->seconds / 2;
    const bool ok = is_fresh || make_token(b, now);
    if (ok && ret_token != b->token)
        memcpy(ret_token, b->token, strlen(b->token) + 1);
    (void)pthread_mutex_unlock(&b->lock);
    return ok;
}
