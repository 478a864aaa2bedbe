/* The faster sums, for fold.c only. Layer: crypto. */
#ifndef CRYPTO_FOLD_BACKEND_H
#define CRYPTO_FOLD_BACKEND_H

#include "crypto/fold.h"

/* Needs CPU_AVX2. */
void fold_leaves_avx2(block *ret_u, block *ret_v, size_t v_stride, const block *g, size_t stride,
                      size_t n, unsigned k);

#endif
