/* Bucket size and cyclic shifts (protocol spec, sections 4.5 and 4.6). Layer: mpc.
 *
 * B layers of `len` leaky triples become `len` good ones: gate p takes triple p of layer 0 and
 * triple (p + shift_c) mod len of layer c. A cheater survives with at most 2^-B len^-(B-1). */
#ifndef MPC_TRIPLE_BUCKET_H
#define MPC_TRIPLE_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mpc/session/params.h"
#include "mpc/session/session.h"

typedef struct bucket_size {
    unsigned layers; /* B */
    uint64_t len;    /* l: gates, padded with dummies */
} bucket_size;

/* B is admissible for len: len^(B-1) * 2^B >= 2^rho, in exact integers. */
bool bucket_is_admissible(unsigned layers, uint64_t len, unsigned rho);

/* l_min(B), the least admissible length. */
uint64_t bucket_len_min(unsigned layers, unsigned rho);

/* Among B = 3 .. 14 the one with least B * max(n_and, l_min(B)); the smallest such B. */
bucket_size bucket_choose(uint64_t n_and, unsigned rho);

/* ret_shifts[c], c < layers: 0 for layer 0, else the coin's sub-value "shift" c modulo len. */
void bucket_shifts(const session *s, const uint8_t *coin, bucket_size size, size_t *ret_shifts);

#endif
