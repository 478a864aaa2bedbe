/* AES-128 encryption with run-time dispatch. Layer: crypto.
 *
 * Back-ends: "vaes512" and "vaes" (four or two blocks per instruction), "aesni", "soft" (bitsliced,
 * constant time; the reference). The best one is chosen once, on first use; the environment
 * variable POLYTUNE_AES=NAME forces one for tests. All give the same bytes. Thread safe. */
#ifndef CRYPTO_AES_H
#define CRYPTO_AES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/block.h"

typedef struct aes_key {
    block round[11];
} aes_key;

void aes_key_expand(aes_key *ret_key, block key);

/* Expands n keys, several interleaved (section 0.4). */
void aes_key_expand_n(aes_key *ret_keys, const block *keys, size_t n);

block aes_encrypt(const aes_key *key, block v);

/* ret[t] = AES_key(LE128(first + t)), t = 0 .. n-1. The counter must not pass 2^64. */
void aes_ctr(block *ret, const aes_key *key, uint64_t first, size_t n);

/* ret[i] = AES_key(v[i]); ret may be v. */
void aes_encrypt_n(block *ret, const aes_key *key, const block *v, size_t n);

/* Name of the back-end in use. */
const char *aes_backend(void);

/* Uses the named back-end from now on; false if this machine or build lacks it. For tests. */
bool aes_force_backend(const char *name);

#endif
