/* The sums on 256-bit vectors: two neighbours at a time. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/fold_backend.h"

typedef __m256i vec;
#define LANES           ((size_t)2)
#define vec_xor(a, b)   _mm256_xor_si256(a, b)
#define vec_load(p)     _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define vec_store(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)

static ALWAYS_INLINE void vec_store_rows(block *v, size_t stride, const vec *odd, unsigned k)
{
    if (k == 1) {
        _mm_store_si128((__m128i *)v, _mm256_castsi256_si128(odd[0]));
        _mm_store_si128((__m128i *)(v + stride), _mm256_extracti128_si256(odd[0], 1));
    }
    for (unsigned b = 0; b + 1 < k; b += 2) {
        vec_store(v + b, _mm256_permute2x128_si256(odd[b], odd[b + 1], 0x20));
        vec_store(v + stride + b, _mm256_permute2x128_si256(odd[b], odd[b + 1], 0x31));
    }
}

#include "crypto/fold_impl.h"

void fold_leaves_avx2(block *ret_u, block *ret_v, size_t v_stride, const block *g, size_t stride,
                      size_t n, unsigned k)
{
    const size_t done = fold_known(ret_u, ret_v, v_stride, g, stride, n, k);
    if (done < n)
        fold_leaves_portable(ret_u + done, ret_v + done * v_stride, v_stride, g + done, stride,
                             n - done, k);
}
