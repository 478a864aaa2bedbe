/* Whole numbers of 128 bits, which compilers have for hosts of 64 bits only. Layer: base.
 *
 * Not constant in time. */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"

typedef struct wide {
    uint64_t hi, lo;
} wide;

static inline wide wide_product(uint64_t a, uint64_t b)
{
    const uint64_t a_hi = a >> 32, a_lo = a & UINT32_MAX;
    const uint64_t b_hi = b >> 32, b_lo = b & UINT32_MAX;
    const uint64_t low = a_lo * b_lo;
    const uint64_t middle = a_hi * b_lo + (low >> 32);
    const uint64_t other = a_lo * b_hi + (middle & UINT32_MAX);
    return (wide){.hi = a_hi * b_hi + (middle >> 32) + (other >> 32),
                  .lo = other << 32 | (low & UINT32_MAX)};
}

/* The low 128 bits of a * b. */
static inline wide wide_multiply(wide a, uint64_t b)
{
    const wide low = wide_product(a.lo, b);
    return (wide){.hi = low.hi + a.hi * b, .lo = low.lo};
}

static inline bool wide_less(wide a, wide b)
{
    return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

/* The low 64 bits of a / b, and a % b; b is not 0. */
static inline uint64_t wide_divide(uint64_t *ret_remainder, wide a, uint64_t b)
{
    PT_ASSERT(b != 0);
    uint64_t rest = a.hi % b;
    if (rest == 0) {
        *ret_remainder = a.lo % b;
        return a.lo / b;
    }
    uint64_t quotient = 0;
    for (unsigned i = 64; i-- > 0;) {
        const bool carry = rest >> 63 != 0;
        rest = rest << 1 | (a.lo >> i & 1);
        const bool fits = carry || rest >= b;
        quotient = quotient << 1 | fits;
        rest -= fits ? b : 0;
    }
    *ret_remainder = rest;
    return quotient;
}

#endif
