/* VAES on 512-bit vectors: four blocks each. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/aes.h"

typedef __m512i vec;
#define LANES             ((size_t)4)
#define AES_BACKEND       aes_backend_vaes512
#define AES_BACKEND_NAME  "vaes512"
#define AES_BACKEND_NEEDS (CPU_AESNI | CPU_AVX2 | CPU_VAES | CPU_AVX512)

#define vec_xor(a, b)           _mm512_xor_si512(a, b)
#define vec_and(a, b)           _mm512_and_si512(a, b)
#define vec_add_low64(v, n)     _mm512_add_epi64(v, _mm512_set_epi64(0, n, 0, n, 0, n, 0, n))
#define vec_and_not(a, b)       _mm512_andnot_si512(a, b)
#define vec_add32(a, b)         _mm512_add_epi32(a, b)
#define vec_shift_right32(a, n) _mm512_srli_epi32(a, n)
#define vec_enc(a, k)           _mm512_aesenc_epi128(a, k)
#define vec_enc_last(a, k)      _mm512_aesenclast_epi128(a, k)
#define vec_shuffle8(a, c)      _mm512_shuffle_epi8(a, c)
#define vec_swap64(a)           _mm512_shuffle_epi32(a, _MM_PERM_BADC)
#define vec_unpack_lo32(a, b)   _mm512_unpacklo_epi32(a, b)
#define vec_unpack_hi32(a, b)   _mm512_unpackhi_epi32(a, b)
#define vec_unpack_lo64(a, b)   _mm512_unpacklo_epi64(a, b)
#define vec_unpack_hi64(a, b)   _mm512_unpackhi_epi64(a, b)
#define vec_set32(v)            _mm512_set1_epi32((int)(v))

#define vec_put32(v, w) _mm512_mask_mov_epi32(v, 0x1111, w)

static ALWAYS_INLINE __m128i vaes512_load(const block *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

static ALWAYS_INLINE vec vec_of_block(const block *p)
{
    return _mm512_broadcast_i32x4(vaes512_load(p));
}

static ALWAYS_INLINE vec vec_counter(uint64_t first)
{
    const __m512i offsets = _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0);
    return _mm512_add_epi64(_mm512_maskz_set1_epi64(0x55, (long long)first), offsets);
}

static ALWAYS_INLINE vec vec_load_lanes(const block *p, size_t stride)
{
    __m512i v = _mm512_castsi128_si512(vaes512_load(p));
    v = _mm512_inserti32x4(v, vaes512_load(p + stride), 1);
    v = _mm512_inserti32x4(v, vaes512_load(p + 2 * stride), 2);
    return _mm512_inserti32x4(v, vaes512_load(p + 3 * stride), 3);
}

static ALWAYS_INLINE void vec_store_lanes(block *p, size_t stride, vec v)
{
    _mm_storeu_si128((__m128i *)p, _mm512_castsi512_si128(v));
    _mm_storeu_si128((__m128i *)(p + stride), _mm512_extracti32x4_epi32(v, 1));
    _mm_storeu_si128((__m128i *)(p + 2 * stride), _mm512_extracti32x4_epi32(v, 2));
    _mm_storeu_si128((__m128i *)(p + 3 * stride), _mm512_extracti32x4_epi32(v, 3));
}

/* The 64-bit halves of the first n blocks. */
static ALWAYS_INLINE __mmask8 mask_of(size_t n)
{
    return (__mmask8)((1u << 2 * n) - 1);
}

static ALWAYS_INLINE vec vec_load_some(const block *p, size_t n)
{
    return _mm512_maskz_loadu_epi64(mask_of(n), p);
}

static ALWAYS_INLINE void vec_store_some(block *p, vec v, size_t n)
{
    _mm512_mask_storeu_epi64(p, mask_of(n), v);
}

/* eps[i] in the low 32 bits of lane i. */
static ALWAYS_INLINE vec vec_eps_some(const uint32_t *eps, size_t n)
{
    const __m128i some = _mm_maskz_loadu_epi32((__mmask8)((1u << n) - 1), eps);
    const __m512i spread = _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0);
    return _mm512_maskz_permutexvar_epi32(0x1111, spread, _mm512_castsi128_si512(some));
}

#include "crypto/aes_x86_impl.h"
