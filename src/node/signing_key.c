#define _POSIX_C_SOURCE 200809L
#include "node/signing_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/private_file.h"
#include "base/random.h"

#define FILE_BYTES_MAX 4096
#define SEED_BYTES     crypto_sign_SEEDBYTES
#define BASE64         sodium_base64_VARIANT_ORIGINAL

static const char begin_line[] = "-----BEGIN PRIVATE KEY-----";
static const char end_line[] = "-----END PRIVATE KEY-----";

/* What stands before the 32 bytes of an Ed25519 key (RFC 8410): PKCS #8 and SubjectPublicKeyInfo.
 */
static const uint8_t private_head[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                       0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
static const uint8_t public_head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                      0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

#define PRIVATE_DER_BYTES (sizeof private_head + SEED_BYTES)
#define PUBLIC_DER_BYTES  (sizeof public_head + SIGNING_PUBLIC_BYTES)

_Static_assert(crypto_sign_BYTES == SIGNING_BYTES &&
                   crypto_sign_PUBLICKEYBYTES == SIGNING_PUBLIC_BYTES &&
                   crypto_sign_SECRETKEYBYTES == sizeof((signing_key){0}).secret,
               "Ed25519's sizes");
_Static_assert(sodium_base64_ENCODED_LEN(PUBLIC_DER_BYTES, BASE64) == SIGNING_PUBLIC_SIZE,
               "a public key's line");

/* ---- Text ---- */

void signing_public_print(char ret_text[SIGNING_PUBLIC_SIZE],
                          const uint8_t key[SIGNING_PUBLIC_BYTES])
{
    uint8_t der[PUBLIC_DER_BYTES];
    memcpy(der, public_head, sizeof public_head);
    memcpy(der + sizeof public_head, key, SIGNING_PUBLIC_BYTES);
    (void)sodium_bin2base64(ret_text, SIGNING_PUBLIC_SIZE, der, sizeof der, BASE64);
}

bool signing_public_parse(uint8_t ret_key[SIGNING_PUBLIC_BYTES], const char *text, size_t len)
{
    uint8_t der[PUBLIC_DER_BYTES];
    size_t got = 0;
    if (len != SIGNING_PUBLIC_SIZE - 1 ||
        sodium_base642bin(der, sizeof der, text, len, NULL, &got, NULL, BASE64) != 0 ||
        got != sizeof der || sodium_memcmp(der, public_head, sizeof public_head) != 0)
        return false;
    memcpy(ret_key, der + sizeof public_head, SIGNING_PUBLIC_BYTES);
    return true;
}

/* What is wrong with the text of a private key's file, or NULL. */
static const char *fault_of_pem(uint8_t ret_seed[SEED_BYTES], const char *text)
{
    uint8_t der[PRIVATE_DER_BYTES];
    size_t got = 0;
    const char *fault = NULL;
    const char *at = strstr(text, begin_line);
    const char *end = at == NULL ? NULL : strstr(at, end_line);
    if (end == NULL)
        return "it has no line -----BEGIN PRIVATE KEY----- with its end";
    at += sizeof begin_line - 1;
    if (sodium_base642bin(der, sizeof der, at, (size_t)(end - at), " \t\r\n", &got, NULL, BASE64) !=
            0 ||
        got != sizeof der || sodium_memcmp(der, private_head, sizeof private_head) != 0)
        fault = "it is no Ed25519 key";
    else
        memcpy(ret_seed, der + sizeof private_head, SEED_BYTES);
    mem_wipe(der, sizeof der);
    return fault;
}

static size_t print_pem(char *ret_text, size_t size, const uint8_t seed[SEED_BYTES])
{
    uint8_t der[PRIVATE_DER_BYTES];
    char line[sodium_base64_ENCODED_LEN(PRIVATE_DER_BYTES, BASE64)];
    memcpy(der, private_head, sizeof private_head);
    memcpy(der + sizeof private_head, seed, SEED_BYTES);
    (void)sodium_bin2base64(line, sizeof line, der, sizeof der, BASE64);
    const int len = snprintf(ret_text, size, "%s\n%s\n%s\n", begin_line, line, end_line);
    mem_wipe(der, sizeof der);
    mem_wipe(line, sizeof line);
    return (size_t)len;
}

/* ---- Files ---- */

pt_status signing_key_create(uint8_t ret_public[SIGNING_PUBLIC_BYTES], const char *path,
                             pt_error *error)
{
    signing_key key;
    uint8_t seed[SEED_BYTES];
    char text[256];
    pt_status status = random_bytes(seed, sizeof seed, error);
    if (status != PT_OK)
        return status;
    (void)crypto_sign_seed_keypair(key.public, key.secret, seed);
    status = private_file_create(path, text, print_pem(text, sizeof text, seed), error);
    if (status == PT_OK)
        memcpy(ret_public, key.public, SIGNING_PUBLIC_BYTES);
    mem_wipe(text, sizeof text);
    mem_wipe(seed, sizeof seed);
    signing_key_clear(&key);
    return status;
}

/* FILE_BYTES_MAX bytes, terminated. */
static pt_status read_pem(char *ret_text, const char *path, pt_error *error)
{
    unsigned mode = 0;
    size_t len = 0;
    ssize_t got = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    ret_text[0] = '\0';
    if (fd < 0)
        return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    if (private_file_is_open_to_others(fd, &mode)) {
        (void)close(fd);
        return error_set(error, PT_ERR_FILE,
                         "the private key in '%s' is open to others (mode %03o): if nobody has "
                         "seen it, 'chmod 600 %s', otherwise make a new one",
                         path, mode, path);
    }
    while (len < FILE_BYTES_MAX - 1 &&
           (got = read(fd, ret_text + len, FILE_BYTES_MAX - 1 - len)) > 0)
        len += (size_t)got;
    const int problem = errno;
    (void)close(fd);
    ret_text[len] = '\0';
    if (got < 0)
        return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(problem));
    return PT_OK;
}

pt_status signing_key_read(signing_key *ret_key, const char *path, pt_error *error)
{
    char text[FILE_BYTES_MAX];
    uint8_t seed[SEED_BYTES];
    *ret_key = (signing_key){0};
    pt_status status = read_pem(text, path, error);
    const char *fault = status == PT_OK ? fault_of_pem(seed, text) : NULL;
    if (fault != NULL)
        status = error_set(error, PT_ERR_INPUT,
                           "'%s' is not the file of a private signing key ('openssl genpkey "
                           "-algorithm ed25519' makes one): %s",
                           path, fault);
    if (status == PT_OK)
        (void)crypto_sign_seed_keypair(ret_key->public, ret_key->secret, seed);
    mem_wipe(text, sizeof text);
    mem_wipe(seed, sizeof seed);
    return status;
}

void signing_key_clear(signing_key *key)
{
    mem_wipe(key, sizeof *key);
}

/* ---- Signatures ---- */

void signing_sign(uint8_t ret_signature[SIGNING_BYTES], const signing_key *key, const void *message,
                  size_t len)
{
    (void)crypto_sign_detached(ret_signature, NULL, message, len, key->secret);
}

bool signing_verify(const uint8_t signature[SIGNING_BYTES], const uint8_t key[SIGNING_PUBLIC_BYTES],
                    const void *message, size_t len)
{
    return crypto_sign_verify_detached(signature, message, len, key) == 0;
}
