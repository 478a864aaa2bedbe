/* PCLMULQDQ on 128-bit vectors: one product at a time. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/gf128.h"

typedef __m128i vec;
#define LANES            ((size_t)1)
#define GF_BACKEND       gf_backend_pclmul
#define GF_BACKEND_NAME  "pclmul"
#define GF_BACKEND_NEEDS CPU_PCLMUL

#define vec_xor(a, b)             _mm_xor_si128(a, b)
#define vec_clmul(a, b, selector) _mm_clmulepi64_si128(a, b, selector)
#define vec_low_up(a)             _mm_slli_si128(a, 8)
#define vec_high_down(a)          _mm_srli_si128(a, 8)
#define vec_swap64(a)             _mm_shuffle_epi32(a, 0x4e)
#define vec_zero()                _mm_setzero_si128()
#define vec_of_low(v)             (v)
#define vec_sum(v)                (v)

static ALWAYS_INLINE vec vec_of_block(block v)
{
    return _mm_set_epi64x((long long)v.hi, (long long)v.lo);
}

static ALWAYS_INLINE vec vec_load(const block *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

static ALWAYS_INLINE void vec_store(block *p, vec v)
{
    _mm_storeu_si128((__m128i *)p, v);
}

static ALWAYS_INLINE void vec_add_halves(gf_acc *acc, vec low, vec high)
{
    vec_store(&acc->lo, vec_xor(vec_load(&acc->lo), low));
    vec_store(&acc->hi, vec_xor(vec_load(&acc->hi), high));
}

#include "crypto/gf128_x86_impl.h"
