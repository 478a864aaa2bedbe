/* Who is let in, and every kind of token that is not. */
#define _POSIX_C_SOURCE 200809L
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/hex.h"
#include "node/caller.h"
#include "node/jwt.h"
#include "node/signing_key.h"
#include "support/test.h"

/* A key pair and a token by openssl: {"alg":"ES256","typ":"JWT","kid":"1"},
 * {"iss":"es","sub":"officer","aud":"node","exp":1800000000} */
#define ES_PEM                                                                                     \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAErdLJdgQNP0/XXFmnoukY+VdER1JZ\n"                           \
    "SM305/QW25l2tLXRrjopCX5Edgd3LviEMd+PegLwPHHKdGZXMjwTBHr0yQ==\n"                               \
    "-----END PUBLIC KEY-----\n"
#define ES_TOKEN                                                                                   \
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjEifQ."                                          \
    "eyJpc3MiOiJlcyIsInN1YiI6Im9mZmljZXIiLCJhdWQiOiJub2RlIiwiZXhwIjoxODAwMDAwMDAwfQ."              \
    "njPkbqk2K-k1BUcYE8N06874dSnwamlfh1J-zfv-6Ossr3iuVMtoz1s5PI1a-2W_I3iZ3Z-LNfH-CDIj6Bru8Q"
#define ES_EXP 1800000000

#define TOKEN     "correct horse"
#define TOKEN_SHA "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631"
#define CERT_SHA  "aa04d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b56ff"
#define NOW       ((int64_t)1700000000)

typedef struct fixture {
    char folder[64];
    node_config config;
    caller_keys *keys;
    signing_key ed; /* of the issuer "ed" */
} fixture;

static void put_file(const fixture *f, const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", f->folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void put_ed_key(fixture *f)
{
    uint8_t seed[32] = {7};
    char line[SIGNING_PUBLIC_SIZE];
    char pem[256];
    (void)crypto_sign_seed_keypair(f->ed.public, f->ed.secret, seed);
    signing_public_print(line, f->ed.public);
    (void)snprintf(pem, sizeof pem, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n",
                   line);
    put_file(f, "ed.pem", pem);
}

static void parse_config(fixture *f, const char *issuers)
{
    char path[128];
    char text[2048];
    pt_error error;
    pt_error_clear(&error);
    (void)snprintf(path, sizeof path, "%s/n.yaml", f->folder);
    const int len = snprintf(
        text, sizeof text,
        "key: k\nstore: sqlite:s\naudit: {file: a, key: b}\n"
        "tls: {certificate: a, key: b, client-ca: c}\n"
        "callers:\n"
        "  - {name: office, token-sha256: " TOKEN_SHA ", roles: [schedule]}\n"
        "  - {name: officer, jwt-issuer: es, jwt-subject: officer, roles: [read, approve]}\n"
        "  - {name: board, jwt-issuer: ed, jwt-subject: board, roles: [approve]}\n"
        "  - {name: admin, certificate-sha256: " CERT_SHA ", roles: [admin]}\n"
        "issuers:\n%s",
        issuers);
    if (node_config_parse(&f->config, path, text, (size_t)len, &error) != PT_OK)
        fail_msg("%s", error.message);
}

#define ISSUERS                                                                                    \
    "  - {issuer: es, audience: node, key: es.pem, algorithm: ES256}\n"                            \
    "  - {issuer: ed, audience: node, key: ed.pem, algorithm: EdDSA}\n"

static int open_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/polytune-caller-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    put_file(f, "es.pem", ES_PEM);
    put_ed_key(f);
    parse_config(f, ISSUERS);
    assert_int_equal(caller_keys_new(&f->keys, &f->config, NULL), PT_OK);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    static const char *const names[] = {"es.pem", "ed.pem", "bad.pem"};
    fixture *f = *state;
    char path[128];
    caller_keys_free(f->keys);
    node_config_clear(&f->config);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", f->folder, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static void assert_known(const fixture *f, const char *authorization, const char *certificate,
                         int64_t now, const char *name, unsigned roles)
{
    node_caller caller = {0};
    pt_error error;
    const caller_proof proof = {authorization, certificate};
    pt_error_clear(&error);
    if (caller_identify(&caller, f->keys, &proof, now, &error) != PT_OK)
        fail_msg("%s", error.message);
    assert_string_equal(caller.name, name);
    assert_int_equal(caller.roles, roles);
}

static void assert_stranger(const fixture *f, const char *authorization, const char *certificate,
                            int64_t now, const char *why)
{
    node_caller caller = {0};
    pt_error error;
    const caller_proof proof = {authorization, certificate};
    pt_error_clear(&error);
    assert_int_equal(caller_identify(&caller, f->keys, &proof, now, &error), PT_ERR_REFUSED);
    assert_null(caller.name);
    assert_int_equal(caller.roles, 0);
    if (strstr(error.message, why) == NULL)
        fail_msg("expected '%s', got '%s'", why, error.message);
}

/* ---- Tokens and certificates ---- */

static void by_secret_token(void **state)
{
    const fixture *f = *state;
    assert_known(f, "Bearer " TOKEN, NULL, NOW, "office", NODE_SCHEDULE);
    assert_known(f, "bearer  " TOKEN, NULL, NOW, "office", NODE_SCHEDULE);
    assert_stranger(f, "Bearer " TOKEN "r", NULL, NOW, "the token is not known");
    assert_stranger(f, "Bearer " TOKEN " ", NULL, NOW, "the token is not known");
    assert_stranger(f, "Bearer correct hors", NULL, NOW, "the token is not known");
    assert_stranger(f, "Bearer " TOKEN_SHA, NULL, NOW, "the token is not known");
    assert_stranger(f, "Bearer ", NULL, NOW, "is not 'Bearer TOKEN'");
    assert_stranger(f, "Bearer", NULL, NOW, "is not 'Bearer TOKEN'");
    assert_stranger(f, "", NULL, NOW, "is not 'Bearer TOKEN'");
    assert_stranger(f, TOKEN, NULL, NOW, "is not 'Bearer TOKEN'");
    assert_stranger(f, "Basic " TOKEN, NULL, NOW, "is not 'Bearer TOKEN'");
    assert_stranger(f, NULL, NULL, NOW, "shows who it is");
}

static void by_certificate_of_tls(void **state)
{
    const fixture *f = *state;
    char upper[65] = CERT_SHA;
    assert_known(f, NULL, CERT_SHA, NOW, "admin", NODE_ADMIN);
    upper[0] = 'A';
    assert_known(f, NULL, upper, NOW, "admin", NODE_ADMIN);
    assert_stranger(f, NULL, TOKEN_SHA, NOW, "the certificate is not known");
    assert_stranger(f, NULL, "", NOW, "the certificate has no fingerprint");
    assert_stranger(f, NULL, CERT_SHA "00", NOW, "the certificate has no fingerprint");
    /* a header decides */
    assert_known(f, "Bearer " TOKEN, CERT_SHA, NOW, "office", NODE_SCHEDULE);
    assert_stranger(f, "Bearer wrong", CERT_SHA, NOW, "the token is not known");
}

/* ---- JWT ---- */

static void a_token_made_by_openssl(void **state)
{
    const fixture *f = *state;
    char token[] = "Bearer " ES_TOKEN;
    assert_known(f, token, NULL, NOW, "officer", NODE_READ | NODE_APPROVE);
    assert_known(f, token, NULL, ES_EXP + JWT_LEEWAY_S - 1, "officer", NODE_READ | NODE_APPROVE);
    assert_stranger(f, token, NULL, ES_EXP + JWT_LEEWAY_S, "has expired");
    /* Whatever letter is another one, it is refused. */
    for (size_t i = strlen("Bearer "); i + 1 < sizeof token - 1; i++) {
        const char old = token[i];
        token[i] = old == 'A' ? 'B' : 'A';
        assert_stranger(f, token, NULL, NOW, "token");
        token[i] = old;
    }
    for (size_t len = strlen("Bearer ") + 1; len < sizeof token - 1; len++) {
        const char old = token[len];
        token[len] = '\0';
        assert_stranger(f, token, NULL, NOW, "token");
        token[len] = old;
    }
}

static void put_base64(buffer *b, const void *bytes, size_t len)
{
    char text[16384];
    (void)sodium_bin2base64(text, sizeof text, bytes, len,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    buffer_printf(b, "%s", text);
}

enum signer { BY_ISSUER, BY_STRANGER, BY_PUBLIC_TEXT, BY_NOBODY };

/* "Bearer HEADER.CLAIMS.SIGNATURE" */
static const char *make_token(buffer *b, const fixture *f, const char *header, const char *claims,
                              enum signer signer)
{
    uint8_t signature[SIGNING_BYTES];
    signing_key stranger;
    buffer_init(b, 1 << 20);
    buffer_printf(b, "Bearer ");
    put_base64(b, header, strlen(header));
    buffer_printf(b, ".");
    put_base64(b, claims, strlen(claims));
    const uint8_t *text = b->bytes + strlen("Bearer ");
    const size_t len = b->len - strlen("Bearer ");
    if (signer == BY_ISSUER) {
        signing_sign(signature, &f->ed, text, len);
    } else if (signer == BY_STRANGER) {
        (void)crypto_sign_keypair(stranger.public, stranger.secret);
        signing_sign(signature, &stranger, text, len);
    } else if (signer == BY_PUBLIC_TEXT) {
        crypto_auth_hmacsha256_state hmac;
        (void)crypto_auth_hmacsha256_init(&hmac, (const uint8_t *)ES_PEM, strlen(ES_PEM));
        (void)crypto_auth_hmacsha256_update(&hmac, text, len);
        (void)crypto_auth_hmacsha256_final(&hmac, signature);
    }
    buffer_printf(b, ".");
    if (signer != BY_NOBODY)
        put_base64(b, signature, signer == BY_PUBLIC_TEXT ? 32 : sizeof signature);
    return buffer_text(b);
}

#define HEADER       "{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}"
#define CLAIMS(rest) "{\"iss\":\"ed\",\"sub\":\"board\"," rest "}"
#define GOOD         CLAIMS("\"aud\":\"node\",\"exp\":1700000100")

typedef struct token_row {
    const char *header;
    const char *claims;
    enum signer signer;
    const char *why; /* NULL: it is taken */
} token_row;

static const token_row tokens[] = {
    {HEADER, GOOD, BY_ISSUER, NULL},
    {"{\"alg\":\"EdDSA\"}", GOOD, BY_ISSUER, NULL},
    {"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"../../etc/passwd\"}", GOOD, BY_ISSUER, NULL},
    {HEADER, GOOD, BY_STRANGER, "is not signed by its issuer"},
    /* algorithms */
    {"{\"alg\":\"none\"}", GOOD, BY_NOBODY, "is no signed JWT"},
    {"{\"alg\":\"none\"}", GOOD, BY_ISSUER, "algorithm is not EdDSA"},
    {"{\"alg\":\"None\"}", GOOD, BY_ISSUER, "algorithm is not EdDSA"},
    {"{\"alg\":\"eddsa\"}", GOOD, BY_ISSUER, "algorithm is not EdDSA"},
    {"{\"alg\":\"HS256\"}", GOOD, BY_PUBLIC_TEXT, "algorithm is not EdDSA"},
    {"{\"alg\":\"HS256\"}",
     "{\"iss\":\"es\",\"sub\":\"officer\",\"aud\":\"node\",\"exp\":1800000000}", BY_PUBLIC_TEXT,
     "algorithm is not ES256"},
    {"{\"alg\":\"ES256\"}",
     "{\"iss\":\"es\",\"sub\":\"officer\",\"aud\":\"node\",\"exp\":1800000000}", BY_PUBLIC_TEXT,
     "is not signed by its issuer"},
    {HEADER, "{\"iss\":\"es\",\"sub\":\"officer\",\"aud\":\"node\",\"exp\":1800000000}", BY_ISSUER,
     "algorithm is not ES256"},
    {"{\"alg\":[\"EdDSA\"]}", GOOD, BY_ISSUER, "algorithm is not EdDSA"},
    {"{\"alg\":null}", GOOD, BY_ISSUER, "algorithm is not EdDSA"},
    {"{}", GOOD, BY_ISSUER, "algorithm is not EdDSA"},
    /* headers that ask for more */
    {"{\"alg\":\"EdDSA\",\"jku\":\"http://127.0.0.1:1/k\"}", GOOD, BY_ISSUER,
     "asks for more than alg, typ and kid"},
    {"{\"alg\":\"EdDSA\",\"x5u\":\"http://127.0.0.1:1/k\"}", GOOD, BY_ISSUER, "asks for more"},
    {"{\"alg\":\"EdDSA\",\"x5c\":[\"MIIB\"]}", GOOD, BY_ISSUER, "asks for more"},
    {"{\"alg\":\"EdDSA\",\"jwk\":{\"kty\":\"OKP\"}}", GOOD, BY_STRANGER, "asks for more"},
    {"{\"alg\":\"EdDSA\",\"zip\":\"DEF\"}", GOOD, BY_ISSUER, "asks for more"},
    {"{\"alg\":\"EdDSA\",\"crit\":[\"b64\"],\"b64\":false}", GOOD, BY_ISSUER, "asks for more"},
    {"{\"alg\":\"EdDSA\",\"cty\":\"JWT\"}", GOOD, BY_ISSUER, "asks for more"},
    {"{\"alg\":\"EdDSA\",\"enc\":\"A128GCM\"}", GOOD, BY_ISSUER, "asks for more"},
    {"{\"alg\":\"EdDSA\",\"typ\":\"JWE\"}", GOOD, BY_ISSUER, "of a type (typ)"},
    {"{\"alg\":\"EdDSA\",\"typ\":7}", GOOD, BY_ISSUER, "of a type (typ)"},
    {"{\"alg\":\"EdDSA\",\"alg\":\"none\"}", GOOD, BY_ISSUER, "does not hold a JSON header"},
    /* time */
    {HEADER, CLAIMS("\"aud\":\"node\""), BY_ISSUER, "does not say when it expires"},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":\"1800000000\""), BY_ISSUER,
     "does not say when it expires"},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":1.8e9"), BY_ISSUER, "does not say when it expires"},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":true"), BY_ISSUER, "does not say when it expires"},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":0"), BY_ISSUER, "has expired"},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":-9223372036854775808"), BY_ISSUER, "has expired"},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":9223372036854775807"), BY_ISSUER, NULL},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":9223372036854775808"), BY_ISSUER,
     "does not hold a JSON header and JSON claims"},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":1699999940"), BY_ISSUER, "has expired"},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":1699999941"), BY_ISSUER, NULL},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":1800000000,\"nbf\":1700000061"), BY_ISSUER,
     "does not hold yet"},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":1800000000,\"nbf\":1700000060"), BY_ISSUER, NULL},
    {HEADER, CLAIMS("\"aud\":\"node\",\"exp\":1800000000,\"nbf\":\"0\""), BY_ISSUER, "(nbf)"},
    /* for whom, by whom, about whom */
    {HEADER, CLAIMS("\"exp\":1800000000"), BY_ISSUER, "is for somebody else"},
    {HEADER, CLAIMS("\"aud\":\"Node\",\"exp\":1800000000"), BY_ISSUER, "is for somebody else"},
    {HEADER, CLAIMS("\"aud\":[],\"exp\":1800000000"), BY_ISSUER, "is for somebody else"},
    {HEADER, CLAIMS("\"aud\":[\"other\",1,null],\"exp\":1800000000"), BY_ISSUER,
     "is for somebody else"},
    {HEADER, CLAIMS("\"aud\":{\"node\":\"node\"},\"exp\":1800000000"), BY_ISSUER,
     "is for somebody else"},
    {HEADER, CLAIMS("\"aud\":[\"other\",\"node\"],\"exp\":1800000000"), BY_ISSUER, NULL},
    {HEADER, "{\"sub\":\"board\",\"aud\":\"node\",\"exp\":1800000000}", BY_ISSUER,
     "is of an issuer that is not known"},
    {HEADER, "{\"iss\":\"ef\",\"sub\":\"board\",\"aud\":\"node\",\"exp\":1800000000}", BY_ISSUER,
     "is of an issuer that is not known"},
    {HEADER, "{\"iss\":[\"ed\"],\"sub\":\"board\",\"aud\":\"node\",\"exp\":1800000000}", BY_ISSUER,
     "is of an issuer that is not known"},
    {HEADER,
     "{\"iss\":\"ed\",\"iss\":\"ed\",\"sub\":\"board\",\"aud\":\"node\",\"exp\":1800000000}",
     BY_ISSUER, "does not hold a JSON header"},
    {HEADER, "{\"iss\":\"ed\",\"aud\":\"node\",\"exp\":1800000000}", BY_ISSUER,
     "does not say whose it is"},
    {HEADER, "{\"iss\":\"ed\",\"sub\":\"\",\"aud\":\"node\",\"exp\":1800000000}", BY_ISSUER,
     "does not say whose it is"},
    {HEADER, "{\"iss\":\"ed\",\"sub\":7,\"aud\":\"node\",\"exp\":1800000000}", BY_ISSUER,
     "does not say whose it is"},
    /* a subject of another issuer's */
    {HEADER, "{\"iss\":\"ed\",\"sub\":\"officer\",\"aud\":\"node\",\"exp\":1800000000}", BY_ISSUER,
     "subject may not call this node"},
    /* what is no JSON object */
    {"7", GOOD, BY_ISSUER, "does not hold a JSON header"},
    {HEADER, "[]", BY_ISSUER, "does not hold a JSON header"},
    {HEADER, "{\"iss\":\"ed\"", BY_ISSUER, "does not hold a JSON header"},
    {HEADER, "{\"iss\":\"e\\u0000d\"}", BY_ISSUER, "does not hold a JSON header"},
    {HEADER, "{\"iss\":\"\xff\"}", BY_ISSUER, "does not hold a JSON header"},
};

static void each_kind_of_token(void **state)
{
    const fixture *f = *state;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        buffer b;
        const char *token = make_token(&b, f, tokens[i].header, tokens[i].claims, tokens[i].signer);
        if (tokens[i].why == NULL)
            assert_known(f, token, NULL, NOW, "board", NODE_APPROVE);
        else
            assert_stranger(f, token, NULL, NOW, tokens[i].why);
        buffer_clear(&b);
    }
}

static void what_is_no_token(void **state)
{
    static const char *const texts[] = {
        "Bearer .",
        "Bearer ..",
        "Bearer ...",
        "Bearer a.b",
        "Bearer a.b.c",
        "Bearer a.b.c.d.e",
        "Bearer .e30.e30",
        "Bearer e30..e30",
        "Bearer e30.e30.",
        "Bearer e30=.e30.e30",
        "Bearer e30.e30.e30\n",
        "Bearer " ES_TOKEN ".",
        "Bearer " ES_TOKEN " ",
        "Bearer " ES_TOKEN "=",
        "Bearer " ES_TOKEN "\xc3\xa9",
    };
    const fixture *f = *state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_stranger(f, texts[i], NULL, NOW, "token");
}

/* Long subjects, deep nesting, and more than is taken. */
static void huge_tokens(void **state)
{
    const fixture *f = *state;
    char claims[8000];
    buffer b;
    memset(claims, '[', sizeof claims - 1);
    claims[sizeof claims - 1] = '\0';
    assert_stranger(f, make_token(&b, f, HEADER, claims, BY_ISSUER), NULL, NOW, "Bearer TOKEN");
    buffer_clear(&b);
    claims[5000] = '\0';
    assert_stranger(f, make_token(&b, f, HEADER, claims, BY_ISSUER), NULL, NOW,
                    "does not hold a JSON header");
    buffer_clear(&b);
    (void)snprintf(claims, sizeof claims,
                   "{\"iss\":\"ed\",\"aud\":\"node\",\"exp\":1800000000,\"sub\":\"%0300d\"}", 1);
    assert_stranger(f, make_token(&b, f, HEADER, claims, BY_ISSUER), NULL, NOW,
                    "does not say whose it is");
    buffer_clear(&b);
}

/* ---- Key files ---- */

static void keys_of_another_kind(void **state)
{
    static const char *const pems[] = {
        "",
        "no key\n",
        /* P-384, RSA, secp256k1 */
        "-----BEGIN PUBLIC KEY-----\n"
        "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEcostwE63AlTV36iG0ls6SLNik5Tml9rO\n"
        "RzZAG4xVY0KxAQhTPpIWgBeE935DVUiCpirkVuTwz5zhhv2HlWtirIs43fLPwrGc\n"
        "hJuFqOcQP0n2NZw9P12Uwa1GjUyTlbEw\n"
        "-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n"
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlN40dP01RA69OR34vLei\n"
        "IPJFppGpWdUVWvJYOSYhK6L0uQRjj90TBAwDZ+/3z6VUaBiX3Xln1cB2b0g4E3gH\n"
        "PbtKL2usLHd5W6Qb82qy8vV468TqtOT6+c/XmvzNqKh765RGjqueNTf5udDiSQPe\n"
        "Rb9QAZPOHgzGroX9wZSUEa4NJHF4z8QKxnt6RX6/tC57hRHTANsrr0nTc/CVkRT7\n"
        "LX8BIgKrfWHyvB6Qn6jB465GO1cCtBqcHzj2uiw5Kg0+akkAvR0piJ+3lxysTtM3\n"
        "xnPM0IcLHlqhUgSDdbdk3WZKNUftGz8RbhsBEpwRfqzM11BObK4XXm2HqPDKn3N5\n"
        "EQIDAQAB\n"
        "-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n"
        "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEXzWfm6kgNPe9ceEatJlyqZA/FrQFkJcM\n"
        "5AGJreJ6EsRklEedTsa0TgrKiy6FHhfXI0+cKVcKTRVIjhIUxcrLXw==\n"
        "-----END PUBLIC KEY-----\n",
        /* the other issuer's algorithm */
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEAGMfRK9aINvRhKVvz3onLoDiEOqHHImGOSB0YrvMXyM0=\n"
        "-----END PUBLIC KEY-----\n",
        /* a private key has no place here */
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        "-----END PRIVATE KEY-----\n",
    };
    fixture *f = *state;
    fixture other = {0};
    caller_keys *keys = NULL;
    pt_error error;
    memcpy(other.folder, f->folder, sizeof other.folder);
    parse_config(&other, "  - {issuer: es, audience: node, key: bad.pem, algorithm: ES256}\n"
                         "  - {issuer: ed, audience: node, key: ed.pem, algorithm: EdDSA}\n");
    assert_int_equal(caller_keys_new(&keys, &other.config, &error), PT_ERR_FILE);
    for (size_t i = 0; i < sizeof pems / sizeof *pems; i++) {
        put_file(&other, "bad.pem", pems[i]);
        if (caller_keys_new(&keys, &other.config, &error) != PT_ERR_INPUT)
            fail_msg("key %zu is taken", i);
        assert_non_null(strstr(error.message, "is not the public key (PEM) on P-256"));
    }
    node_config_clear(&other.config);
    assert_null(keys);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(by_secret_token),         cmocka_unit_test(by_certificate_of_tls),
        cmocka_unit_test(a_token_made_by_openssl), cmocka_unit_test(each_kind_of_token),
        cmocka_unit_test(what_is_no_token),        cmocka_unit_test(huge_tokens),
        cmocka_unit_test(keys_of_another_kind),
    };
    return cmocka_run_group_tests(cases, open_fixture, close_fixture);
}
