/* The garbling hash H_S (protocol spec, section 0.4; GKWY20 = eprint 2019/1168). Layer: crypto.
 *
 *     H_S(x; w, eps) = AES_{S xor LE128(w)}(v) xor v,   v = sigma(x) xor eps,   eps(i,j) = 256 i +
 * j
 *
 * S is a public per-session block, one per domain. A tweak w changes the AES key and is used for
 * one purpose once; eps separates several outputs under one key. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/aes.h"
#include "crypto/block.h"

static inline uint32_t hash_eps(unsigned i, unsigned j)
{
    return 256u * i + j;
}

/* ret_keys[t] = key schedule of S xor LE128(first_tweak + t). */
void hash_keys(aes_key *ret_keys, block s, uint64_t first_tweak, size_t n);

/* The hashes of a gate, n under each of its two keys: ret[k*n + i] = H(x[k*n + i]; eps[i]) under
 * keys[k], i = 0 .. n-1. Both at once, for back-ends that compute so many blocks in the time of
 * one. ret may be x. */
void hash_pair(block *ret, const aes_key keys[2], const block *x, const uint32_t *eps, size_t n);

/* The batch kernel: ret[t*m + j] = H_S(x[t*m + j]; first_tweak + t, eps[j]) for t < n_tweaks, j <
 * m. ret may be x. */
void hash_batch(block *ret, block s, uint64_t first_tweak, size_t n_tweaks, const block *x,
                const uint32_t *eps, size_t m);

#endif
