/* Noise protocol framework, revision 34: Noise_XX_25519_ChaChaPoly_BLAKE2b and, with a pre-shared
 * key, Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b, on libsodium's primitives. Layer: channel.
 *
 *     XX      1  -> e                  XXpsk3  1  -> e
 *             2  <- e, ee, s, es               2  <- e, ee, s, es
 *             3  -> s, se                      3  -> s, se, psk
 *
 * Bytes in, bytes out: no channel, no clock. Call sodium_init() before anything here. One thread
 * at a time per object.
 *
 * A handshake is init, then write and read in turns (the initiator writes first), then split. A
 * step that fails wipes the handshake; every later step answers NOISE_DEAD. Calls out of turn are
 * our own fault, and asserted. */
#ifndef CHANNEL_SECURE_NOISE_H
#define CHANNEL_SECURE_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#define NOISE_KEY_BYTES   32
#define NOISE_HASH_BYTES  64
#define NOISE_TAG_BYTES   16
#define NOISE_MESSAGE_MAX 65535 /* section 3 */

/* What handshake message 1, 2 or 3 has besides its payload. */
#define NOISE_OVERHEAD_1     NOISE_KEY_BYTES
#define NOISE_OVERHEAD_1_PSK (NOISE_KEY_BYTES + NOISE_TAG_BYTES)
#define NOISE_OVERHEAD_2     (2 * NOISE_KEY_BYTES + 2 * NOISE_TAG_BYTES)
#define NOISE_OVERHEAD_3     (NOISE_KEY_BYTES + 2 * NOISE_TAG_BYTES)

typedef enum noise_result {
    NOISE_OK,
    NOISE_LENGTH,    /* too short or too long for what is due */
    NOISE_POINT,     /* a public key with which Diffie-Hellman gives zero */
    NOISE_STATIC,    /* the tag of the peer's static key is wrong */
    NOISE_PAYLOAD,   /* the tag of a payload or of a transport message is wrong */
    NOISE_EXHAUSTED, /* no nonce is left */
    NOISE_DEAD       /* an earlier step failed */
} noise_result;

typedef struct noise_keypair {
    uint8_t public_key[NOISE_KEY_BYTES];
    uint8_t secret_key[NOISE_KEY_BYTES];
} noise_keypair;

/* A fresh pair from the operating system's randomness. */
void noise_keypair_new(noise_keypair *ret_pair);
/* The pair of a secret key. */
void noise_keypair_of(noise_keypair *ret_pair, const uint8_t secret_key[NOISE_KEY_BYTES]);

/* CipherState (section 5.1) with a key. */
typedef struct noise_cipher {
    uint8_t key[NOISE_KEY_BYTES];
    uint64_t nonce;
} noise_cipher;

/* Encrypts `len` bytes, at most NOISE_MESSAGE_MAX - NOISE_TAG_BYTES, to len + NOISE_TAG_BYTES at
 * `out`, which may be `in`. */
MUST_CHECK noise_result noise_seal(noise_cipher *c, uint8_t *out, const uint8_t *in, size_t len);

/* Decrypts `len` bytes, tag included, to len - NOISE_TAG_BYTES at `out`, which may be `in`. After
 * NOISE_PAYLOAD the bytes at `out` are undefined and the nonce is as before. */
MUST_CHECK noise_result noise_open(noise_cipher *c, uint8_t *out, const uint8_t *in, size_t len);

typedef struct noise_handshake {
    bool initiator;
    bool has_psk;
    bool has_key;
    bool dead;
    unsigned message; /* the next one, 1 to 3; then 4 */
    uint8_t psk[NOISE_KEY_BYTES];
    noise_keypair own_static;
    noise_keypair own_ephemeral;
    uint8_t peer_static[NOISE_KEY_BYTES]; /* known after message 2 or 3 */
    uint8_t peer_ephemeral[NOISE_KEY_BYTES];
    uint8_t chaining_key[NOISE_HASH_BYTES]; /* ck */
    uint8_t hash[NOISE_HASH_BYTES];         /* h; after message 3 the handshake hash */
    noise_cipher cipher;                    /* k and n, when has_key */
} noise_handshake;

typedef struct noise_options {
    bool initiator;
    const uint8_t *psk; /* NOISE_KEY_BYTES for XXpsk3, NULL for XX */
    const uint8_t *prologue;
    size_t prologue_len;
    const noise_keypair *own_static;
    const noise_keypair *own_ephemeral; /* for tests; NULL makes a fresh one */
} noise_options;

/* Copies what it needs of the options. */
void noise_handshake_init(noise_handshake *hs, const noise_options *options);

/* Whether all three messages have passed. */
bool noise_handshake_done(const noise_handshake *hs);

/* Writes the next message with a payload of `len` bytes to `out`, which has room for `len` more
 * than the message's NOISE_OVERHEAD. */
MUST_CHECK noise_result noise_handshake_write(noise_handshake *hs, uint8_t *out, size_t *ret_len,
                                              const uint8_t *payload, size_t len);

/* Reads the next message; its payload, shorter than the message, goes to `out`. Outputs are
 * undefined on failure. */
MUST_CHECK noise_result noise_handshake_read(noise_handshake *hs, uint8_t *out, size_t *ret_len,
                                             const uint8_t *bytes, size_t len);

/* The ciphers of both directions, after message 3; wipes the handshake. */
void noise_handshake_split(noise_handshake *hs, noise_cipher *ret_send, noise_cipher *ret_recv);

/* Wipes; a zeroed handshake may be cleared too. */
void noise_handshake_clear(noise_handshake *hs);

#endif
