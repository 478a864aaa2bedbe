/* The faster transposition, for transpose.c only. Layer: crypto. */
#ifndef CRYPTO_TRANSPOSE_BACKEND_H
#define CRYPTO_TRANSPOSE_BACKEND_H

#include "crypto/transpose.h"

/* Needs CPU_AVX2. */
void transpose_128_avx2(block rows[128], const block *planes, size_t stride);

#endif
