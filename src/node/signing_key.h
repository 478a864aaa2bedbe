/* Ed25519 keys that sign audit logs and programs. Layer: node.
 *
 * Private ones are PEM files as `openssl genpkey -algorithm ed25519` writes them, public ones the
 * one line of base64 in the file that `openssl pkey -pubout` writes: what is signed here can be
 * verified with openssl alone. */
#ifndef NODE_SIGNING_KEY_H
#define NODE_SIGNING_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/status.h"

#define SIGNING_PUBLIC_BYTES 32
#define SIGNING_BYTES        64
#define SIGNING_PUBLIC_SIZE  61 /* as text, terminated */

typedef struct signing_key {
    uint8_t secret[64]; /* libsodium's form: seed and public key */
    uint8_t public[SIGNING_PUBLIC_BYTES];
} signing_key;

/* Makes a key in a new file that only its owner may read. PT_ERR_FILE, also when it exists. */
MUST_CHECK pt_status signing_key_create(uint8_t ret_public[SIGNING_PUBLIC_BYTES], const char *path,
                                        pt_error *error);

/* Reads a private key. PT_ERR_FILE, also when it is open to others; PT_ERR_INPUT when it is none.
 * Wipe with signing_key_clear, which is in order after a failure, too. */
MUST_CHECK pt_status signing_key_read(signing_key *ret_key, const char *path, pt_error *error);
void signing_key_clear(signing_key *key);

/* The public key as text, and back; false: it is none. */
void signing_public_print(char ret_text[SIGNING_PUBLIC_SIZE],
                          const uint8_t key[SIGNING_PUBLIC_BYTES]);
MUST_CHECK bool signing_public_parse(uint8_t ret_key[SIGNING_PUBLIC_BYTES], const char *text,
                                     size_t len);

void signing_sign(uint8_t ret_signature[SIGNING_BYTES], const signing_key *key, const void *message,
                  size_t len);
MUST_CHECK bool signing_verify(const uint8_t signature[SIGNING_BYTES],
                               const uint8_t key[SIGNING_PUBLIC_BYTES], const void *message,
                               size_t len);

#endif
