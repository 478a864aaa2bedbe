/* What the two PCLMULQDQ back-ends share: single products and powers. Layer: crypto. */
#ifndef CRYPTO_GF128_X86_IMPL_H
#define CRYPTO_GF128_X86_IMPL_H

#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/gf128_backend.h"

static ALWAYS_INLINE __m128i load(const block *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

static ALWAYS_INLINE void store(block *p, __m128i v)
{
    _mm_storeu_si128((__m128i *)p, v);
}

/* Folds the upper half in two steps of 64 bits: c * X^128 = c * (X^7 + X^2 + X + 1). */
static ALWAYS_INLINE __m128i reduce(__m128i low, __m128i high)
{
    const __m128i polynomial = _mm_cvtsi64_si128(0x87);
    const __m128i top = _mm_clmulepi64_si128(high, polynomial, 0x01);
    const __m128i fold = _mm_xor_si128(high, _mm_srli_si128(top, 8));
    low = _mm_xor_si128(low, _mm_slli_si128(top, 8));
    return _mm_xor_si128(low, _mm_clmulepi64_si128(fold, polynomial, 0x00));
}

static ALWAYS_INLINE __m128i mul(__m128i x, __m128i y)
{
    const __m128i middle =
        _mm_xor_si128(_mm_clmulepi64_si128(x, y, 0x01), _mm_clmulepi64_si128(x, y, 0x10));
    const __m128i low = _mm_clmulepi64_si128(x, y, 0x00);
    const __m128i high = _mm_clmulepi64_si128(x, y, 0x11);
    return reduce(_mm_xor_si128(low, _mm_slli_si128(middle, 8)),
                  _mm_xor_si128(high, _mm_srli_si128(middle, 8)));
}

static block mul_blocks(block a, block b)
{
    block ret;
    store(&ret, mul(load(&a), load(&b)));
    return ret;
}

#define POWER_LANES 8

/* POWER_LANES neighbours advance together by x^POWER_LANES. */
static void powers(block *ret, block start, block x, size_t n)
{
    __m128i lane[POWER_LANES];
    __m128i step = load(&x);
    lane[0] = load(&start);
    for (size_t i = 1; i < POWER_LANES; i++)
        lane[i] = mul(lane[i - 1], step);
    for (size_t i = 1; i < POWER_LANES; i *= 2)
        step = mul(step, step);
    size_t done = 0;
    for (; n - done >= POWER_LANES; done += POWER_LANES) {
        for (size_t i = 0; i < POWER_LANES; i++) {
            store(&ret[done + i], lane[i]);
            lane[i] = mul(lane[i], step);
        }
    }
    for (size_t i = 0; i < n - done; i++)
        store(&ret[done + i], lane[i]);
}

#endif
