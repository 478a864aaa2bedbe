/* Sums over the leaves of trees, for the extension of COT (protocol spec, section 2.3). Layer:
 * crypto.
 *
 * Of 2^k leaves of n blocks each, leaf y at g + y * stride: ret_u[t] is the sum of all leaves at t,
 * ret_v[t * v_stride + b] that of the leaves y with bit b set, b < k. k is 1, 2 or 4. Constant
 * time. Back-ends AVX2 (chosen at run time) and portable give the same result. Nothing overlaps. */
#ifndef CRYPTO_FOLD_H
#define CRYPTO_FOLD_H

#include <stddef.h>

#include "crypto/block.h"

void fold_leaves(block *ret_u, block *ret_v, size_t v_stride, const block *g, size_t stride,
                 size_t n, unsigned k);

/* The portable reference. */
void fold_leaves_portable(block *ret_u, block *ret_v, size_t v_stride, const block *g,
                          size_t stride, size_t n, unsigned k);

#endif
