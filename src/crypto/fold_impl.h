/* The sums of fold.h, written once over vectors of LANES blocks. Layer: crypto.
 *
 * The including file defines the type vec, LANES, vec_xor, vec_load and vec_store, and
 * vec_store_rows(v, stride, odd, k): lane i of odd[b] to v[i * stride + b], b < k. */
#include "base/assert.h"
#include "base/compiler.h"
#include "crypto/fold.h"

#define FOLD_LEAVES_MAX 16
#define FOLD_BITS_MAX   4

/* The sums for LANES neighbours, by halving: adding neighbouring leaves removes bit 0 of the index.
 * k is a constant at every call. */
static ALWAYS_INLINE void fold_lanes(block *u, block *v, size_t v_stride, const block *g,
                                     size_t stride, unsigned k)
{
    vec s[FOLD_LEAVES_MAX];
    vec odd[FOLD_BITS_MAX];
    for (size_t y = 0; y < (size_t)1 << k; y++)
        s[y] = vec_load(g + y * stride);
    for (unsigned b = 0; b < k; b++) {
        odd[b] = s[1];
        s[0] = vec_xor(s[0], s[1]);
        for (size_t y = 1; y < (size_t)1 << (k - 1 - b); y++) {
            odd[b] = vec_xor(odd[b], s[2 * y + 1]);
            s[y] = vec_xor(s[2 * y], s[2 * y + 1]);
        }
    }
    vec_store_rows(v, v_stride, odd, k);
    vec_store(u, s[0]);
}

/* All that fill whole vectors; returns how many these are. */
static ALWAYS_INLINE size_t fold_vectors(block *u, block *v, size_t v_stride, const block *g,
                                         size_t stride, size_t n, unsigned k)
{
    size_t t = 0;
    for (; n - t >= LANES; t += LANES)
        fold_lanes(u + t, v + t * v_stride, v_stride, g + t, stride, k);
    return t;
}

/* The loops are short: the compiler is to know k. */
static ALWAYS_INLINE size_t fold_known(block *u, block *v, size_t v_stride, const block *g,
                                       size_t stride, size_t n, unsigned k)
{
    PT_ASSERT(k == 1 || k == 2 || k == 4);
    switch (k) {
    case 1:
        return fold_vectors(u, v, v_stride, g, stride, n, 1);
    case 2:
        return fold_vectors(u, v, v_stride, g, stride, n, 2);
    default:
        return fold_vectors(u, v, v_stride, g, stride, n, 4);
    }
}
