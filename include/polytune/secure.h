/* Encryption between the parties, over any other channel.
 *
 * Nobody but the two parties of a pair can read their messages, and nobody can alter, repeat,
 * reorder, drop or exchange one without being noticed: the Noise protocol, revision 34, pattern
 * Noise_XX_25519_ChaChaPoly_BLAKE2b, or Noise_XXpsk3_... with a session secret. Every session has
 * fresh keys: whoever learns a private key later cannot read what was sent before.
 *
 * Whether the other end is the right party is known in one of three ways.
 *
 * - With a roster, the parties' public keys: a party without the private key is refused.
 * - With a session secret: whoever does not know it is refused. All who know it are trusted not to
 *   pose as each other towards third parties. It may be a passphrase: it goes through Argon2id (2
 *   passes, 64 MiB, salted with the session's name), so that whoever plays a party and so gets
 *   something to test guesses against is slow at it. Five or more random words withstand that.
 * - With neither, messages are encrypted, but somebody who controls the way between the parties
 *   (a relay) may have taken their places. Then the parties compare the fingerprint over another
 *   way, by telephone for example, before they rely on it: if all hold the same words, nobody is in
 *   between and all see the same parties. Each party has to commit to its contribution before it
 *   learns those of others, so a cheater has one guess at the 80 bits per attempt, and no amount of
 *   computation helps (probability 2^-80). */
#ifndef POLYTUNE_SECURE_H
#define POLYTUNE_SECURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PT_KEY_BYTES        32
#define PT_FINGERPRINT_SIZE 30 /* five words with hyphens, terminated */

/* A fresh X25519 key pair. */
PT_API PT_MUST_CHECK pt_status pt_channel_secure_keygen(uint8_t ret_public_key[PT_KEY_BYTES],
                                                        uint8_t ret_private_key[PT_KEY_BYTES],
                                                        pt_error *error);

/* The public key of a private key. */
PT_API PT_MUST_CHECK pt_status pt_channel_secure_public_key(uint8_t ret_public_key[PT_KEY_BYTES],
                                                            const uint8_t private_key[PT_KEY_BYTES],
                                                            pt_error *error);

#define PT_KEY_TEXT_SIZE 52 /* terminated */

/* A key as text: a public key is pk: and 48 characters, a private one sk: and 48, base64url of the
 * 32 bytes and a 4-byte checksum, so that a typing error is found. */
PT_API void pt_channel_secure_key_print(char ret_text[PT_KEY_TEXT_SIZE],
                                        const uint8_t key[PT_KEY_BYTES], bool is_private);
/* Reads that, `len` characters. PT_ERR_INPUT says what is wrong with "it". */
PT_API PT_MUST_CHECK pt_status pt_channel_secure_key_parse(uint8_t ret_key[PT_KEY_BYTES],
                                                           const char *text, size_t len,
                                                           bool is_private, pt_error *error);

#define PT_SECRET_BITS_ENOUGH 60 /* of a session secret; less is worth a warning */

/* How many bits of guessing a session secret withstands, by a rough estimate: as if its characters
 * were drawn at random, and letters in a row were random words. What a person has thought of is
 * worth less. */
PT_API size_t pt_channel_secure_secret_bits(const void *secret, size_t len);

typedef struct pt_secure_options {
    size_t party;
    size_t parties;      /* that the inner channel connects, a dealer included */
    const void *session; /* the same bytes for all; no secret; may be empty */
    size_t session_len;
    const uint8_t *private_key; /* PT_KEY_BYTES; NULL for a fresh one */
    const uint8_t *roster;      /* public keys in party order, PT_KEY_BYTES each, all different, the
                                   own one included, zeros where a key is not known; or NULL */
    const void *session_secret; /* the same bytes for all, or NULL */
    size_t session_secret_len;
} pt_secure_options;

/* Wraps `inner` and takes it over: closing the wrapper closes it; on failure it stays the caller's.
 * Talks to all others, one and a half round trips, and with a session secret two, and returns once
 * each of them is who it should be; whether they find the same of this party shows, where they have
 * not said so yet, when it receives for the first time: PT_PEER_ABORT. What it needs of the options
 * it copies; of private key and session secret nothing is kept once it has returned, and the
 * caller's own can be wiped.
 *
 * Errors besides those of `inner`: PT_ERR_USAGE, also when the roster does not have this party's
 * key; PT_PEER_IDENTITY for a wrong key or session secret, or when the relay connects the wrong
 * parties; PT_PEER_SETUP when a party is set up differently, with a secret and without for example;
 * PT_PEER_ALTERED, PT_PEER_MALFORMED; PT_PEER_ABORT when another party has found one of these. The
 * others are told. The wrapper's recv gives PT_PEER_ALTERED for a message that was altered,
 * repeated, reordered, or follows a lost one; afterwards every call for that peer fails. */
PT_API PT_MUST_CHECK pt_status pt_channel_secure_wrap(pt_channel *ret_channel, pt_channel inner,
                                                      const pt_secure_options *options,
                                                      pt_error *error);

/* The words to compare, for a channel that pt_channel_secure_wrap made (else PT_ERR_USAGE): 80 bits
 * of a BLAKE2b hash of the session, and every party's public key and contribution, written as five
 * words that can be spoken. The same at all parties. */
PT_API PT_MUST_CHECK pt_status pt_channel_secure_fingerprint(char ret_words[PT_FINGERPRINT_SIZE],
                                                             const pt_channel *channel,
                                                             pt_error *error);

/* The quickest round trip that the handshake of such a channel has seen, with the peers whose
 * numbers are lower: what they answered at once. 0 where there is none, at party 0 always.
 * PT_ERR_USAGE. */
PT_API PT_MUST_CHECK pt_status pt_channel_secure_round_trip(double *ret_seconds,
                                                            const pt_channel *channel,
                                                            pt_error *error);

#ifdef __cplusplus
}
#endif
#endif
