/* BLAKE2b's compression of a block (RFC 7693, section 3.2) as loops: libsodium's, all twelve rounds
 * written out, takes 5 KB more. */
#include <blake2.h>

#include "base/le.h"

#define ROUNDS 12

/* The order of message words in a round; rounds 10 and 11 are as 0 and 1. */
static const uint8_t order[10][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                      {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                      {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                      {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                      {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                      {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                      {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                      {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                      {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                      {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

static const uint64_t start[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                  0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                  0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

static uint64_t turn_right(uint64_t x, unsigned by)
{
    return x >> by | x << (64 - by);
}

static void mix(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t x, uint64_t y)
{
    *a += *b + x;
    *d = turn_right(*d ^ *a, 32);
    *c += *d;
    *b = turn_right(*b ^ *c, 24);
    *a += *b + y;
    *d = turn_right(*d ^ *a, 16);
    *c += *d;
    *b = turn_right(*b ^ *c, 63);
}

int blake2b_compress_ref(blake2b_state *s, const uint8_t bytes[BLAKE2B_BLOCKBYTES])
{
    uint64_t m[16];
    uint64_t v[16];
    for (size_t i = 0; i < 16; i++)
        m[i] = le_get_u64(bytes + 8 * i);
    for (size_t i = 0; i < 8; i++) {
        v[i] = s->h[i];
        v[8 + i] = start[i];
    }
    for (size_t i = 0; i < 2; i++) {
        v[12 + i] ^= s->t[i];
        v[14 + i] ^= s->f[i];
    }
    for (size_t r = 0; r < ROUNDS; r++) {
        const uint8_t *at = order[r % 10];
        /* The columns, then the diagonals. */
        for (size_t i = 0; i < 8; i++, at += 2) {
            const size_t by = i / 4;
            mix(&v[i % 4], &v[4 + (i + by) % 4], &v[8 + (i + 2 * by) % 4],
                &v[12 + (i + 3 * by) % 4], m[at[0]], m[at[1]]);
        }
    }
    for (size_t i = 0; i < 8; i++)
        s->h[i] ^= v[i] ^ v[8 + i];
    return 0;
}
