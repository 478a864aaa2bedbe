/* PCLMULQDQ on 128-bit vectors. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/cpu.h"
#include "crypto/gf128_backend.h"
#include "crypto/gf128_x86_impl.h"

/* Schoolbook: on vectors its four products cost less than Karatsuba's three with their sums. */
static void dot_add(gf_acc *acc, const block *a, const block *b, size_t n)
{
    __m128i low = load(&acc->lo);
    __m128i high = load(&acc->hi);
    __m128i middle = _mm_setzero_si128();
    __m128i middle2 = _mm_setzero_si128();
    for (size_t i = 0; i < n; i++) {
        const __m128i x = load(&a[i]);
        const __m128i y = load(&b[i]);
        low = _mm_xor_si128(low, _mm_clmulepi64_si128(x, y, 0x00));
        middle = _mm_xor_si128(middle, _mm_clmulepi64_si128(x, y, 0x01));
        middle2 = _mm_xor_si128(middle2, _mm_clmulepi64_si128(x, y, 0x10));
        high = _mm_xor_si128(high, _mm_clmulepi64_si128(x, y, 0x11));
    }
    middle = _mm_xor_si128(middle, middle2);
    store(&acc->lo, _mm_xor_si128(low, _mm_slli_si128(middle, 8)));
    store(&acc->hi, _mm_xor_si128(high, _mm_srli_si128(middle, 8)));
}

const gf_backend_ops gf_backend_pclmul = {
    .name = "pclmul",
    .needs = CPU_PCLMUL,
    .mul = mul_blocks,
    .dot_add = dot_add,
    .powers = powers,
};
