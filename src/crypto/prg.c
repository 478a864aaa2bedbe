#include "crypto/prg.h"

#include <sodium.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/min.h"

void prg_expand(block *ret, block key, uint64_t first, size_t n)
{
    aes_key schedule;
    aes_key_expand(&schedule, key);
    aes_ctr(ret, &schedule, first, n);
    mem_wipe(&schedule, sizeof schedule);
}

void rng_init(rng *r)
{
    block seed;
    randombytes_buf(&seed, sizeof seed);
    rng_init_seed(r, seed);
    mem_wipe(&seed, sizeof seed);
}

void rng_init_seed(rng *r, block seed)
{
    aes_key_expand(&r->key, seed);
    r->counter = 0;
}

void rng_clear(rng *r)
{
    mem_wipe(r, sizeof *r);
}

block rng_block(rng *r)
{
    block ret;
    rng_blocks(r, &ret, 1);
    return ret;
}

void rng_blocks(rng *r, block *ret, size_t n)
{
    PT_ASSERT(n <= UINT64_MAX - r->counter);
    aes_ctr(ret, &r->key, r->counter, n);
    r->counter += n;
}

void rng_bytes(rng *r, void *ret_bytes, size_t len)
{
    uint8_t *out = ret_bytes;
    block some[8];
    while (len > 0) {
        const size_t bytes = min_size(len, sizeof some);
        rng_blocks(r, some, (bytes + sizeof(block) - 1) / sizeof(block));
        memcpy(out, some, bytes);
        out += bytes;
        len -= bytes;
    }
    mem_wipe(some, sizeof some);
}
