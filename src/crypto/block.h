/* A block: 16 bytes read as a little-endian 128-bit integer (protocol spec, section 0.3). Layer:
 * crypto.
 *
 * Bit t of the integer is coefficient X^t in the field of gf128.h; bit 0 is the least significant
 * bit of byte 0. Memory order equals wire order, so arrays of blocks go onto the wire as they are.
 */
#ifndef CRYPTO_BLOCK_H
#define CRYPTO_BLOCK_H

#include <stdint.h>
#include <string.h>

typedef struct block {
    _Alignas(16) uint64_t lo;
    uint64_t hi;
} block;

_Static_assert(sizeof(block) == 16, "a block is 16 bytes");

static inline block block_make(uint64_t hi, uint64_t lo)
{
    return (block){.lo = lo, .hi = hi};
}

static inline block block_zero(void)
{
    return (block){0, 0};
}

static inline block block_load(const void *bytes)
{
    block v;
    memcpy(&v, bytes, sizeof v);
    return v;
}

static inline void block_store(void *ret_bytes, block v)
{
    memcpy(ret_bytes, &v, sizeof v);
}

static inline block block_xor(block a, block b)
{
    return (block){a.lo ^ b.lo, a.hi ^ b.hi};
}

static inline block block_or(block a, block b)
{
    return (block){.lo = a.lo | b.lo, .hi = a.hi | b.hi};
}

/* v if bit is 1, zero if it is 0; no branch. */
static inline block block_if(unsigned bit, block v)
{
    const uint64_t mask = (uint64_t)0 - (uint64_t)(bit & 1u);
    return (block){v.lo & mask, v.hi & mask};
}

/* bit(v, t); t is public. */
static inline unsigned block_bit(block v, unsigned t)
{
    return (unsigned)((t < 64 ? v.lo >> t : v.hi >> (t - 64)) & 1u);
}

/* sigma(hi || lo) = (hi xor lo) || hi, section 0.4. */
static inline block block_sigma(block v)
{
    return (block){.lo = v.hi, .hi = v.hi ^ v.lo};
}

#endif
