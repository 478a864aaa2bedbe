/* The table every back-end of gf128.h fills, and the portable reduction. Internal. Layer: crypto.
 */
#ifndef CRYPTO_GF128_BACKEND_H
#define CRYPTO_GF128_BACKEND_H

#include "crypto/backend.h"
#include "crypto/gf128.h"

typedef struct gf_backend_ops {
    backend base;
    block (*mul)(block a, block b);
    void (*dot_add)(gf_acc *acc, const block *a, const block *b, size_t n);
    void (*dot_rows)(gf_acc *acc, const block *rows, size_t stride, const block *weights, size_t n);
    void (*powers)(block *ret, block start, block x, size_t n);
} gf_backend_ops;

extern const gf_backend_ops gf_backend_soft;
extern const gf_backend_ops gf_backend_pclmul;
extern const gf_backend_ops gf_backend_vpclmul;
extern const gf_backend_ops gf_backend_vpclmul512;

/* True when the back-end of that name is built in and this machine can run it. */
bool gf_has_backend(const char *name);

/* X^128 = X^7 + X^2 + X + 1: the upper half is folded into the lower one, and the at most seven
 * bits that this pushes over the edge are folded once more. */
static inline block gf_reduce_words(const gf_acc *acc)
{
    const uint64_t lo = acc->hi.lo;
    const uint64_t hi = acc->hi.hi;
    const uint64_t over = hi >> 63 ^ hi >> 62 ^ hi >> 57;
    const uint64_t low = lo ^ over;
    return (block){
        .lo = acc->lo.lo ^ low ^ low << 1 ^ low << 2 ^ low << 7,
        .hi = acc->lo.hi ^ hi ^ (hi << 1 | lo >> 63) ^ (hi << 2 | lo >> 62) ^ (hi << 7 | lo >> 57),
    };
}

#endif
