/* The field F = F_2[X]/(X^128 + X^7 + X^2 + X + 1), bit t <-> X^t (protocol spec, section 0.3).
 * Layer: crypto.
 *
 * Not GCM's reflected order. Back-ends: "vpclmul512", "vpclmul" and "pclmul" (four, two or one
 * product per instruction), "soft" (portable, constant time; the reference). The best one is chosen
 * once, on first use; POLYTUNE_GF=NAME forces one for tests. Thread safe. Sums of products are
 * accumulated unreduced and reduced once. */
#ifndef CRYPTO_GF128_H
#define CRYPTO_GF128_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/block.h"

block gf_mul(block a, block b);

/* An unreduced 256-bit sum of products; starts all zero. */
typedef struct gf_acc {
    block lo;
    block hi;
} gf_acc;

/* acc += sum of a[i] * b[i], i < n, unreduced. */
void gf_dot_add(gf_acc *acc, const block *a, const block *b, size_t n);

/* Neighbours that share their weights in gf_dot_rows. */
#define GF_ROW 128

/* acc[p] += sum of rows[t * stride + p] * weights[t], t < n, for every p < GF_ROW; unreduced. */
void gf_dot_rows(gf_acc acc[GF_ROW], const block *rows, size_t stride, const block *weights,
                 size_t n);

/* The reduced value of acc. */
block gf_reduce(const gf_acc *acc);

/* ret[i] = start * x^i, i = 0 .. n-1. Several powers are computed side by side. */
void gf_powers(block *ret, block start, block x, size_t n);

#define POLYHASH_STEP 64 /* positions that share a reduction */

/* PH_chi(v_1 .. v_m) = sum of chi^h v_h, fed in pieces in order (section 0.3). */
typedef struct polyhash {
    block powers[POLYHASH_STEP + 1]; /* chi^0, chi^1, .. */
    block next_power;
    gf_acc acc;
} polyhash;

void polyhash_init(polyhash *h, block chi);
void polyhash_add(polyhash *h, const block *v, size_t n);
/* Skips n positions, as if n zero blocks were added. */
void polyhash_skip(polyhash *h, size_t n);
block polyhash_value(const polyhash *h);

const char *gf_backend(void);
bool gf_force_backend(const char *name);

#endif
