/* 128-column bit transposition. Layer: crypto.
 *
 * planes: 128 blocks, plane p at planes[p * stride]; bit h of plane p becomes bit p of row h:
 *     bit(rows[h], p) = bit(planes[p * stride], h)
 * Constant time. Back-ends AVX2 (chosen at run time) and portable give the same result. With a
 * stride of 1 rows may be planes, else they do not overlap.
 */
#ifndef CRYPTO_TRANSPOSE_H
#define CRYPTO_TRANSPOSE_H

#include <stddef.h>

#include "crypto/block.h"

void transpose_128(block rows[128], const block *planes, size_t stride);

/* The portable reference. */
void transpose_128_portable(block rows[128], const block *planes, size_t stride);

#endif
