/* AES-NI on 128-bit vectors: one block each. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/aes.h"

typedef __m128i vec;
#define LANES             ((size_t)1)
#define AES_BACKEND       aes_backend_aesni
#define AES_BACKEND_NAME  "aesni"
#define AES_BACKEND_NEEDS CPU_AESNI

#define vec_xor(a, b)           _mm_xor_si128(a, b)
#define vec_and(a, b)           _mm_and_si128(a, b)
#define vec_add_low64(v, n)     _mm_add_epi64(v, _mm_set_epi64x(0, n))
#define vec_and_not(a, b)       _mm_andnot_si128(a, b)
#define vec_add32(a, b)         _mm_add_epi32(a, b)
#define vec_shift_right32(a, n) _mm_srli_epi32(a, n)
#define vec_enc(a, k)           _mm_aesenc_si128(a, k)
#define vec_enc_last(a, k)      _mm_aesenclast_si128(a, k)
#define vec_shuffle8(a, c)      _mm_shuffle_epi8(a, c)
#define vec_swap64(a)           _mm_shuffle_epi32(a, 0x4e)
#define vec_unpack_lo32(a, b)   _mm_unpacklo_epi32(a, b)
#define vec_unpack_hi32(a, b)   _mm_unpackhi_epi32(a, b)
#define vec_unpack_lo64(a, b)   _mm_unpacklo_epi64(a, b)
#define vec_unpack_hi64(a, b)   _mm_unpackhi_epi64(a, b)
#define vec_set32(v)            _mm_set1_epi32((int)(v))
#define vec_put32(v, w)         _mm_blend_epi16(v, w, 0x03)

static ALWAYS_INLINE vec vec_of_block(const block *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

static ALWAYS_INLINE vec vec_counter(uint64_t first)
{
    return _mm_cvtsi64_si128((long long)first);
}

static ALWAYS_INLINE vec vec_load_lanes(const block *p, size_t stride)
{
    (void)stride;
    return _mm_loadu_si128((const __m128i *)p);
}

static ALWAYS_INLINE void vec_store_lanes(block *p, size_t stride, vec v)
{
    (void)stride;
    _mm_storeu_si128((__m128i *)p, v);
}

static ALWAYS_INLINE vec vec_load_some(const block *p, size_t n)
{
    (void)n;
    return _mm_loadu_si128((const __m128i *)p);
}

static ALWAYS_INLINE void vec_store_some(block *p, vec v, size_t n)
{
    (void)n;
    _mm_storeu_si128((__m128i *)p, v);
}

static ALWAYS_INLINE vec vec_eps_some(const uint32_t *eps, size_t n)
{
    (void)n;
    return _mm_cvtsi32_si128((int)*eps);
}

#include "crypto/aes_x86_impl.h"
