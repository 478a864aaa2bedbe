/* Pseudorandom generators (protocol spec, section 0.4). Layer: crypto.
 *
 * prg_expand is the spec's PRG(key): block t = AES_key(LE128(t)).
 * An rng is the generator for secrets of one purpose and thread: AES-CTR under a key from the
 * operating system, or from a seed in tests. rng_clear wipes it. Never copied, never used after
 * fork. */
#ifndef CRYPTO_PRG_H
#define CRYPTO_PRG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/aes.h"
#include "crypto/block.h"

/* ret[t] = AES_key(LE128(first + t)). */
void prg_expand(block *ret, block key, uint64_t first, size_t n);

typedef struct rng {
    aes_key key;
    uint64_t counter;
} rng;

/* Seeds from the operating system. */
void rng_init(rng *r);
/* Seeds from a given key: deterministic, for tests only. */
void rng_init_seed(rng *r, block seed);
void rng_clear(rng *r);

block rng_block(rng *r);
void rng_blocks(rng *r, block *ret, size_t n);
void rng_bytes(rng *r, void *ret_bytes, size_t len);

#endif
