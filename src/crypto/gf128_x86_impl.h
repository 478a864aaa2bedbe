/* The PCLMULQDQ back-ends, written once over vectors of LANES blocks. Layer: crypto.
 *
 * The including file defines: the type vec; LANES (1, 2 or 4); vec_xor, vec_clmul (selector as in
 * PCLMULQDQ), vec_low_up and vec_high_down (shift every block by 64 bits), vec_swap64 (halves of
 * every block trade places), vec_load, vec_store, vec_zero, vec_of_block (one block in all lanes),
 * vec_sum (the XOR of all lanes), vec_add_halves (to LANES neighbouring sums of 256 bits their two
 * halves); and GF_BACKEND, the name of the table, with GF_BACKEND_NAME and
 * GF_BACKEND_NEEDS. */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/cpu.h"
#include "crypto/gf128_backend.h"

/* By way of two general registers: a 16-byte load of two halves that were just stored would have to
 * wait until they have reached the cache. */
static ALWAYS_INLINE __m128i from_block(block v)
{
    long long lo = (long long)v.lo;
    long long hi = (long long)v.hi;
    __asm__("" : "+r"(lo), "+r"(hi));
    return _mm_set_epi64x(hi, lo);
}

static ALWAYS_INLINE block to_block(__m128i v)
{
    return block_make((uint64_t)_mm_extract_epi64(v, 1), (uint64_t)_mm_cvtsi128_si64(v));
}

/* Folds the upper half in two steps of 64 bits: c * X^128 = c * (X^7 + X^2 + X + 1). */
static ALWAYS_INLINE vec reduce(vec low, vec high)
{
    const vec polynomial = vec_of_block(block_make(0, 0x87));
    const vec top = vec_clmul(high, polynomial, 0x01);
    const vec fold = vec_xor(high, vec_high_down(top));
    return vec_xor(vec_xor(low, vec_low_up(top)), vec_clmul(fold, polynomial, 0x00));
}

/* Karatsuba's three products, unreduced: x0 y0, x1 y1 and (x0 + x1)(y0 + y1). */
typedef struct sums {
    vec low;
    vec high;
    vec middle;
} sums;

/* y_sum: y0 + y1 in the low half of every block. */
static ALWAYS_INLINE void add_weighted(sums *s, vec x, vec y, vec y_sum)
{
    const vec x_sum = vec_xor(x, vec_swap64(x));
    s->low = vec_xor(s->low, vec_clmul(x, y, 0x00));
    s->high = vec_xor(s->high, vec_clmul(x, y, 0x11));
    s->middle = vec_xor(s->middle, vec_clmul(x_sum, y_sum, 0x00));
}

static ALWAYS_INLINE void add_product(sums *s, vec x, vec y)
{
    add_weighted(s, x, y, vec_xor(y, vec_swap64(y)));
}

/* Leaves the two halves of the 256-bit sum in low and high. */
static ALWAYS_INLINE void combine(sums *s)
{
    const vec middle = vec_xor(s->middle, vec_xor(s->low, s->high));
    s->low = vec_xor(s->low, vec_low_up(middle));
    s->high = vec_xor(s->high, vec_high_down(middle));
}

static ALWAYS_INLINE vec mul(vec x, vec y)
{
    sums s = {vec_zero(), vec_zero(), vec_zero()};
    add_product(&s, x, y);
    combine(&s);
    return reduce(s.low, s.high);
}

static block mul_blocks(block a, block b)
{
    return to_block(vec_sum(mul(vec_of_low(from_block(a)), vec_of_low(from_block(b)))));
}

static void dot_add(gf_acc *acc, const block *a, const block *b, size_t n)
{
    sums s = {vec_zero(), vec_zero(), vec_zero()};
    size_t i = 0;
    for (; n - i >= LANES; i += LANES)
        add_product(&s, vec_load(a + i), vec_load(b + i));
    for (; i < n; i++)
        add_product(&s, vec_of_low(from_block(a[i])), vec_of_low(from_block(b[i])));
    combine(&s);
    acc->lo = block_xor(acc->lo, to_block(vec_sum(s.low)));
    acc->hi = block_xor(acc->hi, to_block(vec_sum(s.high)));
}

#define WEIGHTS 8 /* taken at once, so that they stay in the first-level cache */

static void dot_rows(gf_acc *acc, const block *rows, size_t stride, const block *weights, size_t n)
{
    vec weight[WEIGHTS];
    vec weight_sum[WEIGHTS];
    for (size_t from = 0; from < n; from += WEIGHTS) {
        const size_t count = n - from < WEIGHTS ? n - from : WEIGHTS;
        for (size_t t = 0; t < count; t++) {
            weight[t] = vec_of_block(weights[from + t]);
            weight_sum[t] = vec_xor(weight[t], vec_swap64(weight[t]));
        }
        for (size_t p = 0; p < GF_ROW; p += LANES) {
            const block *row = rows + from * stride + p;
            sums s = {vec_zero(), vec_zero(), vec_zero()};
            for (size_t t = 0; t < count; t++)
                add_weighted(&s, vec_load(row + t * stride), weight[t], weight_sum[t]);
            combine(&s);
            vec_add_halves(acc + p, s.low, s.high);
        }
    }
}

#define POWER_VECS (LANES < 4 ? 8 : 4) /* the first powers come one after the other */
#define POWERS     (POWER_VECS * LANES)

/* POWERS neighbours advance together by x^POWERS. */
static void powers(block *ret, block start, block x, size_t n)
{
    block first[POWERS];
    first[0] = start;
    for (size_t i = 1; i < POWERS && i < n; i++)
        first[i] = mul_blocks(first[i - 1], x);
    if (n <= POWERS) {
        for (size_t i = 0; i < n; i++)
            ret[i] = first[i];
        return;
    }
    block step = x;
    for (size_t i = 1; i < POWERS; i *= 2)
        step = mul_blocks(step, step);
    const vec advance = vec_of_block(step);
    vec power[POWER_VECS];
    for (size_t i = 0; i < POWER_VECS; i++)
        power[i] = vec_load(first + i * LANES);
    size_t done = 0;
    for (; n - done >= POWERS; done += POWERS) {
        for (size_t i = 0; i < POWER_VECS; i++) {
            vec_store(ret + done + i * LANES, power[i]);
            power[i] = mul(power[i], advance);
        }
    }
    for (size_t i = 0; i < POWER_VECS; i++)
        vec_store(first + i * LANES, power[i]);
    for (size_t i = 0; done + i < n; i++)
        ret[done + i] = first[i];
}

const gf_backend_ops GF_BACKEND = {
    .base = {.name = GF_BACKEND_NAME, .needs = GF_BACKEND_NEEDS},
    .mul = mul_blocks,
    .dot_add = dot_add,
    .dot_rows = dot_rows,
    .powers = powers,
};
