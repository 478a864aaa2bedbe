/* Bit vectors packed least significant bit first: bit i is bit i%8 of byte i/8. Layer: base. */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t bits_bytes(size_t n_bits)
{
    return n_bits / 8 + (n_bits % 8 != 0);
}

static inline unsigned bits_get(const uint8_t *bits, size_t i)
{
    return ((unsigned)bits[i / 8] >> (i % 8)) & 1u;
}

/* Writes `bit` (0 or 1) without a branch on it. */
static inline void bits_set(uint8_t *bits, size_t i, unsigned bit)
{
    const unsigned shift = (unsigned)(i % 8);
    bits[i / 8] = (uint8_t)((bits[i / 8] & ~(1u << shift)) | ((bit & 1u) << shift));
}

/* Bits i .. i + n - 1 from the lowest of `word`, whose others are zero, n <= 64; i is a multiple of
 * 64. Bits behind them in the last byte become zero. */
static inline void bits_set_word(uint8_t *bits, size_t i, size_t n, uint64_t word)
{
    for (size_t b = 0; b < bits_bytes(n); b++)
        bits[i / 8 + b] = (uint8_t)(word >> (8 * b));
}

/* True when the bits past `n_bits` in the last byte are zero. */
static inline bool bits_padding_is_zero(const uint8_t *bits, size_t n_bits)
{
    return n_bits % 8 == 0 || (bits[n_bits / 8] >> (n_bits % 8)) == 0;
}

#endif
