/* Portable constant-time arithmetic in F: the reference. Layer: crypto.
 *
 * Carry-less products come from integer ones: each operand is cut into four parts that keep every
 * fourth bit, so that sums of up to fifteen ones stay inside the three free bits between two kept
 * ones. In the low 64 bits only the top position sums sixteen, and its carry leaves the word. The
 * high 64 bits are the low ones of the bit-reversed operands, reversed. */
#include "base/compiler.h"
#include "crypto/gf128_backend.h"

#define FOURTHS 0x1111111111111111u /* every fourth bit */

/* The words of Karatsuba's formula - low, both, high - and those of the reversed operand, each cut
 * into its four parts. */
typedef struct operand {
    uint64_t part[6][4];
} operand;

/* Of products of such words, the low 64 bits. */
typedef struct products {
    uint64_t low[6];
} products;

static uint64_t mul_low(const uint64_t a[4], const uint64_t b[4])
{
    uint64_t ret = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t sum = 0;
        for (unsigned j = 0; j < 4; j++)
            sum ^= a[j] * b[(i + 4 - j) % 4];
        ret |= sum & FOURTHS << i;
    }
    return ret;
}

/* Vectors of GCC 12 and Clang. */
typedef uint64_t pair __attribute__((vector_size(16)));
typedef uint16_t pair_halves __attribute__((vector_size(16)));

/* The bits of each word. */
static block reverse_words(block b)
{
    pair v = {b.lo, b.hi};
    v = (v >> 1 & 0x5555555555555555u) | (v & 0x5555555555555555u) << 1;
    v = (v >> 2 & 0x3333333333333333u) | (v & 0x3333333333333333u) << 2;
    v = (v >> 4 & 0x0f0f0f0f0f0f0f0fu) | (v & 0x0f0f0f0f0f0f0f0fu) << 4;
    pair_halves h = (pair_halves)v;
    h = h >> 8 | h << 8;
    v = (pair)__builtin_shufflevector(h, h, 3, 2, 1, 0, 7, 6, 5, 4);
    return (block){.lo = v[0], .hi = v[1]};
}

static void operand_split(operand *ret, block v)
{
    const block r = reverse_words(v);
    const uint64_t words[6] = {v.lo, v.lo ^ v.hi, v.hi, r.lo, r.lo ^ r.hi, r.hi};
    for (size_t w = 0; w < 6; w++)
        for (unsigned j = 0; j < 4; j++)
            ret->part[w][j] = words[w] & FOURTHS << j;
}

static void products_add(products *sum, const operand *a, const operand *b)
{
    for (size_t w = 0; w < 6; w++)
        sum->low[w] ^= mul_low(a->part[w], b->part[w]);
}

/* The high halves come from the reversed operands. */
static NOINLINE void products_end(gf_acc *acc, const products *sum)
{
    const uint64_t *low = sum->low;
    const block ends = reverse_words((block){.lo = low[3], .hi = low[5]});
    const block middle = reverse_words((block){.lo = low[4], .hi = 0});
    const uint64_t high[3] = {ends.lo >> 1, middle.lo >> 1, ends.hi >> 1};
    acc->lo.lo ^= low[0];
    acc->lo.hi ^= high[0] ^ low[1] ^ low[0] ^ low[2];
    acc->hi.lo ^= low[2] ^ high[1] ^ high[0] ^ high[2];
    acc->hi.hi ^= high[2];
}

static void soft_dot_add(gf_acc *acc, const block *a, const block *b, size_t n)
{
    products sum = {{0}};
    for (size_t i = 0; i < n; i++) {
        operand x;
        operand y;
        operand_split(&x, a[i]);
        operand_split(&y, b[i]);
        products_add(&sum, &x, &y);
    }
    products_end(acc, &sum);
}

static void soft_dot_rows(gf_acc *acc, const block *rows, size_t stride, const block *weights,
                          size_t n)
{
    products sums[GF_ROW] = {{{0}}};
    for (size_t i = 0; i < n; i++) {
        operand weight;
        operand_split(&weight, weights[i]);
        for (size_t p = 0; p < GF_ROW; p++) {
            operand x;
            operand_split(&x, rows[i * stride + p]);
            products_add(&sums[p], &x, &weight);
        }
    }
    for (size_t p = 0; p < GF_ROW; p++)
        products_end(&acc[p], &sums[p]);
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
