/* VAES on 256-bit vectors: two blocks each. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/aes.h"

typedef __m256i vec;
#define LANES             ((size_t)2)
#define AES_BACKEND       aes_backend_vaes
#define AES_BACKEND_NAME  "vaes"
#define AES_BACKEND_NEEDS (CPU_AESNI | CPU_AVX2 | CPU_VAES)

#define vec_xor(a, b)           _mm256_xor_si256(a, b)
#define vec_and(a, b)           _mm256_and_si256(a, b)
#define vec_add_low64(v, n)     _mm256_add_epi64(v, _mm256_set_epi64x(0, n, 0, n))
#define vec_and_not(a, b)       _mm256_andnot_si256(a, b)
#define vec_add32(a, b)         _mm256_add_epi32(a, b)
#define vec_shift_right32(a, n) _mm256_srli_epi32(a, n)
#define vec_enc(a, k)           _mm256_aesenc_epi128(a, k)
#define vec_enc_last(a, k)      _mm256_aesenclast_epi128(a, k)
#define vec_shuffle8(a, c)      _mm256_shuffle_epi8(a, c)
#define vec_swap64(a)           _mm256_shuffle_epi32(a, 0x4e)
#define vec_unpack_lo32(a, b)   _mm256_unpacklo_epi32(a, b)
#define vec_unpack_hi32(a, b)   _mm256_unpackhi_epi32(a, b)
#define vec_unpack_lo64(a, b)   _mm256_unpacklo_epi64(a, b)
#define vec_unpack_hi64(a, b)   _mm256_unpackhi_epi64(a, b)
#define vec_set32(v)            _mm256_set1_epi32((int)(v))

#define vec_put32(v, w) _mm256_blend_epi32(v, w, 0x11)

static ALWAYS_INLINE __m128i vaes_load(const block *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

static ALWAYS_INLINE vec vec_of_block(const block *p)
{
    return _mm256_broadcastsi128_si256(vaes_load(p));
}

static ALWAYS_INLINE vec vec_counter(uint64_t first)
{
    const __m256i offsets = _mm256_set_epi64x(0, 1, 0, 0);
    const __m128i base = _mm_cvtsi64_si128((long long)first);
    return _mm256_add_epi64(_mm256_broadcastsi128_si256(base), offsets);
}

static ALWAYS_INLINE vec vec_load_lanes(const block *p, size_t stride)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(vaes_load(p)), vaes_load(p + stride), 1);
}

static ALWAYS_INLINE void vec_store_lanes(block *p, size_t stride, vec v)
{
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(v));
    _mm_storeu_si128((__m128i *)(p + stride), _mm256_extracti128_si256(v, 1));
}

static ALWAYS_INLINE vec vec_load_some(const block *p, size_t n)
{
    return n == LANES ? _mm256_loadu_si256((const __m256i *)(const void *)p)
                      : _mm256_zextsi128_si256(vaes_load(p));
}

static ALWAYS_INLINE void vec_store_some(block *p, vec v, size_t n)
{
    if (n == LANES)
        _mm256_storeu_si256((__m256i *)(void *)p, v);
    else
        _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(v));
}

static ALWAYS_INLINE vec vec_eps_some(const uint32_t *eps, size_t n)
{
    const __m128i first = _mm_cvtsi32_si128((int)eps[0]);
    const __m128i second = _mm_cvtsi32_si128((int)eps[n - 1]);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

#include "crypto/aes_x86_impl.h"
