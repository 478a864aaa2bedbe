/* VPCLMULQDQ on 256-bit vectors: two products at a time in sums. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/cpu.h"
#include "crypto/gf128_backend.h"
#include "crypto/gf128_x86_impl.h"

static ALWAYS_INLINE __m256i load2(const block *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

static ALWAYS_INLINE __m128i sum_lanes(__m256i v)
{
    return _mm_xor_si128(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

typedef struct sums {
    __m256i low;
    __m256i middle;
    __m256i middle2;
    __m256i high;
} sums;

static ALWAYS_INLINE void add_products(sums *s, __m256i x, __m256i y)
{
    s->low = _mm256_xor_si256(s->low, _mm256_clmulepi64_epi128(x, y, 0x00));
    s->middle = _mm256_xor_si256(s->middle, _mm256_clmulepi64_epi128(x, y, 0x01));
    s->middle2 = _mm256_xor_si256(s->middle2, _mm256_clmulepi64_epi128(x, y, 0x10));
    s->high = _mm256_xor_si256(s->high, _mm256_clmulepi64_epi128(x, y, 0x11));
}

static void dot_add(gf_acc *acc, const block *a, const block *b, size_t n)
{
    const __m256i zero = _mm256_setzero_si256();
    sums s = {zero, zero, zero, zero};
    size_t i = 0;
    for (; n - i >= 2; i += 2)
        add_products(&s, load2(&a[i]), load2(&b[i]));
    if (i < n)
        add_products(&s, _mm256_zextsi128_si256(load(&a[i])), _mm256_zextsi128_si256(load(&b[i])));
    const __m128i middle = sum_lanes(_mm256_xor_si256(s.middle, s.middle2));
    const __m128i low = _mm_xor_si128(load(&acc->lo), sum_lanes(s.low));
    const __m128i high = _mm_xor_si128(load(&acc->hi), sum_lanes(s.high));
    store(&acc->lo, _mm_xor_si128(low, _mm_slli_si128(middle, 8)));
    store(&acc->hi, _mm_xor_si128(high, _mm_srli_si128(middle, 8)));
}

const gf_backend_ops gf_backend_vpclmul = {
    .name = "vpclmul",
    .needs = CPU_PCLMUL | CPU_AVX2 | CPU_VPCLMUL,
    .mul = mul_blocks,
    .dot_add = dot_add,
    .powers = powers,
};
