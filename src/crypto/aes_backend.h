/* The table every AES back-end fills. Internal to aes.c, hash.c and the back-ends. Layer: crypto.
 *
 * Shapes are those of aes.h and hash.h; a back-end accepts every n and m, also zero. The key
 * schedule has the standard byte layout in all of them, so keys may cross back-ends in tests. */
#ifndef CRYPTO_AES_BACKEND_H
#define CRYPTO_AES_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/aes.h"
#include "crypto/backend.h"

typedef struct aes_backend {
    backend base;
    void (*expand_n)(aes_key *ret_keys, const block *keys, size_t n);
    void (*encrypt_n)(block *ret, const aes_key *key, const block *v, size_t n);
    void (*ctr)(block *ret, const aes_key *key, uint64_t first, size_t n);
    void (*hash_pair)(block *ret, const aes_key *keys, const block *x, const uint32_t *eps,
                      size_t n);
    void (*hash_batch)(block *ret, block s, uint64_t first_tweak, size_t n_tweaks, const block *x,
                       const uint32_t *eps, size_t m);
} aes_backend_ops;

extern const aes_backend_ops aes_backend_soft;
extern const aes_backend_ops aes_backend_aesni;
extern const aes_backend_ops aes_backend_vaes;
extern const aes_backend_ops aes_backend_vaes512;

/* The back-end in use; chooses on the first call. */
const aes_backend_ops *aes_active(void);

/* True when the back-end of that name is built in and this machine can run it. */
bool aes_has_backend(const char *name);

/* Round constants of the key schedule (FIPS 197, section 5.2). */
static const uint8_t aes_rcon[10] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36};

/* What the hash feeds to the cipher: sigma(x) xor eps. */
static inline block aes_hash_input(block x, uint32_t eps)
{
    block v = block_sigma(x);
    v.lo ^= eps;
    return v;
}

#endif
