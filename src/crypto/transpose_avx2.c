/* The transposition on 256-bit vectors.
 *
 * Vector p holds planes p and p + 64. First every 8 x 8 square of bits is transposed, eight planes
 * and all byte columns at a time; then byte c of plane 8 q + r holds bits 8 q .. 8 q + 7 of row
 * 8 c + r, and byte transpositions bring the eight bytes of a half row together. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/transpose_backend.h"

static ALWAYS_INLINE __m256i load_planes(const block *planes, size_t stride, size_t p)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)&planes[p * stride]);
    const __m128i high = _mm_loadu_si128((const __m128i *)&planes[(p + 64) * stride]);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* Swaps the bits `shift` up in a, under the mask, with those of b. */
static ALWAYS_INLINE void avx2_swap_bits(__m256i *a, __m256i *b, int shift, __m256i mask)
{
    const __m256i t = _mm256_and_si256(_mm256_xor_si256(_mm256_srli_epi64(*a, shift), *b), mask);
    *b = _mm256_xor_si256(*b, t);
    *a = _mm256_xor_si256(*a, _mm256_slli_epi64(t, shift));
}

static ALWAYS_INLINE void avx2_transpose_bits(__m256i v[8])
{
    const __m256i mask1 = _mm256_set1_epi8(0x55);
    const __m256i mask2 = _mm256_set1_epi8(0x33);
    const __m256i mask4 = _mm256_set1_epi8(0x0f);
    for (size_t i = 0; i < 8; i += 2)
        avx2_swap_bits(&v[i], &v[i + 1], 1, mask1);
    for (size_t i = 0; i < 8; i += 4) {
        avx2_swap_bits(&v[i], &v[i + 2], 2, mask2);
        avx2_swap_bits(&v[i + 1], &v[i + 3], 2, mask2);
    }
    for (size_t i = 0; i < 4; i++)
        avx2_swap_bits(&v[i], &v[i + 4], 4, mask4);
}

/* From v[q] = bytes c = 0 .. 15 of each lane, to the eight bytes q of c = 2 i and 2 i + 1 in
 * ret[i].
 */
static ALWAYS_INLINE void transpose_bytes(__m256i ret[8], const __m256i v[8])
{
    __m256i pairs[8];
    __m256i quads[8];
    for (size_t i = 0; i < 4; i++) { /* bytes 0 .. 7, then 8 .. 15, of planes 2 i and 2 i + 1 */
        pairs[i] = _mm256_unpacklo_epi8(v[2 * i], v[2 * i + 1]);
        pairs[i + 4] = _mm256_unpackhi_epi8(v[2 * i], v[2 * i + 1]);
    }
    for (size_t i = 0; i < 8; i += 2) {
        quads[i] = _mm256_unpacklo_epi16(pairs[i], pairs[i + 1]);
        quads[i + 1] = _mm256_unpackhi_epi16(pairs[i], pairs[i + 1]);
    }
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 2; k++) {
            ret[4 * i + 2 * k] = _mm256_unpacklo_epi32(quads[4 * i + k], quads[4 * i + 2 + k]);
            ret[4 * i + 2 * k + 1] = _mm256_unpackhi_epi32(quads[4 * i + k], quads[4 * i + 2 + k]);
        }
    }
}

void transpose_128_avx2(block rows[128], const block *planes, size_t stride)
{
    __m256i squares[8][8]; /* [r][q] */
    for (size_t q = 0; q < 8; q++) {
        __m256i v[8];
        for (size_t r = 0; r < 8; r++)
            v[r] = load_planes(planes, stride, 8 * q + r);
        avx2_transpose_bits(v);
        for (size_t r = 0; r < 8; r++)
            squares[r][q] = v[r];
    }
    for (size_t r = 0; r < 8; r++) {
        __m256i v[8];
        transpose_bytes(v, squares[r]);
        for (size_t i = 0; i < 8; i++) {
            const __m256i two = _mm256_permute4x64_epi64(v[i], 0xd8);
            _mm_store_si128((__m128i *)&rows[16 * i + r], _mm256_castsi256_si128(two));
            _mm_store_si128((__m128i *)&rows[16 * i + 8 + r], _mm256_extracti128_si256(two, 1));
        }
    }
}
