/* VPCLMULQDQ on 512-bit vectors: four products at a time. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/gf128.h"

typedef __m512i vec;
#define LANES            ((size_t)4)
#define GF_BACKEND       gf_backend_vpclmul512
#define GF_BACKEND_NAME  "vpclmul512"
#define GF_BACKEND_NEEDS (CPU_PCLMUL | CPU_AVX2 | CPU_VPCLMUL | CPU_AVX512)

#define vec_xor(a, b)             _mm512_xor_si512(a, b)
#define vec_clmul(a, b, selector) _mm512_clmulepi64_epi128(a, b, selector)
#define vec_low_up(a)             _mm512_bslli_epi128(a, 8)
#define vec_high_down(a)          _mm512_bsrli_epi128(a, 8)
#define vec_swap64(a)             _mm512_shuffle_epi32(a, _MM_PERM_BADC)
#define vec_zero()                _mm512_setzero_si512()
#define vec_of_low(v)             _mm512_zextsi128_si512(v)

static ALWAYS_INLINE __m128i vec_sum(vec v)
{
    const vec halves = vec_xor(v, _mm512_shuffle_i64x2(v, v, 0x4e));
    const vec all = vec_xor(halves, _mm512_shuffle_i64x2(halves, halves, 0xb1));
    return _mm512_castsi512_si128(all);
}

static ALWAYS_INLINE vec vec_of_block(block v)
{
    return _mm512_broadcast_i32x4(_mm_set_epi64x((long long)v.hi, (long long)v.lo));
}

static ALWAYS_INLINE vec vec_load(const block *p)
{
    return _mm512_loadu_si512(p);
}

static ALWAYS_INLINE void vec_store(block *p, vec v)
{
    _mm512_storeu_si512(p, v);
}

/* The halves of a sum are neighbours: two sums a vector. */
static ALWAYS_INLINE void vec_add_halves(gf_acc *acc, vec low, vec high)
{
    const vec first = _mm512_shuffle_i64x2(low, high, 0x44); /* low 0, 1, high 0, 1 */
    const vec second = _mm512_shuffle_i64x2(low, high, 0xee);
    vec_store(&acc[0].lo, vec_xor(vec_load(&acc[0].lo), _mm512_shuffle_i64x2(first, first, 0xd8)));
    vec_store(&acc[2].lo,
              vec_xor(vec_load(&acc[2].lo), _mm512_shuffle_i64x2(second, second, 0xd8)));
}

#include "crypto/gf128_x86_impl.h"
