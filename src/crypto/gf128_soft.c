/* Portable constant-time arithmetic in F: the reference. Layer: crypto.
 *
 * Carry-less products come from integer ones: each operand is cut into four parts that keep every
 * fourth bit, so that sums of up to fifteen ones stay inside the three free bits between two kept
 * ones. In the low 64 bits only the top position sums sixteen, and its carry leaves the word. The
 * high 64 bits are the low ones of the bit-reversed operands, reversed. */
#include "crypto/gf128_backend.h"

static uint64_t mul_low(uint64_t a, uint64_t b)
{
    uint64_t ret = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t sum = 0;
        for (unsigned j = 0; j < 4; j++) {
            const unsigned k = (i + 4 - j) % 4;
            sum ^= (a & 0x1111111111111111u << j) * (b & 0x1111111111111111u << k);
        }
        ret |= sum & 0x1111111111111111u << i;
    }
    return ret;
}

static uint64_t reverse(uint64_t v)
{
    v = (v >> 1 & 0x5555555555555555u) | (v & 0x5555555555555555u) << 1;
    v = (v >> 2 & 0x3333333333333333u) | (v & 0x3333333333333333u) << 2;
    v = (v >> 4 & 0x0f0f0f0f0f0f0f0fu) | (v & 0x0f0f0f0f0f0f0f0fu) << 4;
    v = (v >> 8 & 0x00ff00ff00ff00ffu) | (v & 0x00ff00ff00ff00ffu) << 8;
    v = (v >> 16 & 0x0000ffff0000ffffu) | (v & 0x0000ffff0000ffffu) << 16;
    return v >> 32 | v << 32;
}

/* The three products of Karatsuba's formula, half of each. */
typedef struct halves {
    uint64_t low;
    uint64_t middle;
    uint64_t high;
} halves;

static void halves_add(halves *sum, block a, block b)
{
    sum->low ^= mul_low(a.lo, b.lo);
    sum->middle ^= mul_low(a.lo ^ a.hi, b.lo ^ b.hi);
    sum->high ^= mul_low(a.hi, b.hi);
}

static block reverse_words(block v)
{
    return (block){.lo = reverse(v.lo), .hi = reverse(v.hi)};
}

/* acc += sum of a[i * a_stride] * b[i]. */
static void soft_dot_strided(gf_acc *acc, const block *a, size_t a_stride, const block *b, size_t n)
{
    halves l = {0, 0, 0};
    halves h = {0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        halves_add(&l, a[i * a_stride], b[i]);
        halves_add(&h, reverse_words(a[i * a_stride]), reverse_words(b[i]));
    }
    h.low = reverse(h.low) >> 1;
    h.middle = reverse(h.middle) >> 1;
    h.high = reverse(h.high) >> 1;
    acc->lo.lo ^= l.low;
    acc->lo.hi ^= h.low ^ l.middle ^ l.low ^ l.high;
    acc->hi.lo ^= l.high ^ h.middle ^ h.low ^ h.high;
    acc->hi.hi ^= h.high;
}

static void soft_dot_add(gf_acc *acc, const block *a, const block *b, size_t n)
{
    soft_dot_strided(acc, a, 1, b, n);
}

static void soft_dot_rows(gf_acc *acc, const block *rows, const block *weights, size_t n)
{
    for (size_t p = 0; p < GF_ROW; p++)
        soft_dot_strided(&acc[p], rows + p, GF_ROW, weights, n);
}

static block soft_mul(block a, block b)
{
    gf_acc acc = {{0}, {0}};
    soft_dot_add(&acc, &a, &b, 1);
    return gf_reduce_words(&acc);
}

static void soft_powers(block *ret, block start, block x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ret[i] = start;
        start = soft_mul(start, x);
    }
}

const gf_backend_ops gf_backend_soft = {
    .base = {.name = "soft", .needs = 0},
    .mul = soft_mul,
    .dot_add = soft_dot_add,
    .dot_rows = soft_dot_rows,
    .powers = soft_powers,
};
