/* VPCLMULQDQ on 256-bit vectors: two products at a time. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/gf128.h"

typedef __m256i vec;
#define LANES            ((size_t)2)
#define GF_BACKEND       gf_backend_vpclmul
#define GF_BACKEND_NAME  "vpclmul"
#define GF_BACKEND_NEEDS (CPU_PCLMUL | CPU_AVX2 | CPU_VPCLMUL)

#define vec_xor(a, b)             _mm256_xor_si256(a, b)
#define vec_clmul(a, b, selector) _mm256_clmulepi64_epi128(a, b, selector)
#define vec_low_up(a)             _mm256_slli_si256(a, 8)
#define vec_high_down(a)          _mm256_srli_si256(a, 8)
#define vec_swap64(a)             _mm256_shuffle_epi32(a, 0x4e)
#define vec_zero()                _mm256_setzero_si256()
#define vec_of_low(v)             _mm256_zextsi128_si256(v)

static ALWAYS_INLINE __m128i vec_sum(vec v)
{
    return _mm_xor_si128(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

static ALWAYS_INLINE vec vec_of_block(block v)
{
    return _mm256_broadcastsi128_si256(_mm_set_epi64x((long long)v.hi, (long long)v.lo));
}

static ALWAYS_INLINE vec vec_load(const block *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static ALWAYS_INLINE void vec_store(block *p, vec v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}

/* The halves of a sum are neighbours: one vector. */
static ALWAYS_INLINE void vec_add_halves(gf_acc *acc, vec low, vec high)
{
    const vec first = _mm256_permute2x128_si256(low, high, 0x20);
    const vec second = _mm256_permute2x128_si256(low, high, 0x31);
    vec_store(&acc[0].lo, vec_xor(vec_load(&acc[0].lo), first));
    vec_store(&acc[1].lo, vec_xor(vec_load(&acc[1].lo), second));
}

#include "crypto/gf128_x86_impl.h"
