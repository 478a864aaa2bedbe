/* In place of libsodium's blamka-round-ref.h (the compiler is told to include this file first):
 * Argon2's permutation (RFC 9106, section 3.6) once, of two words at a time, where libsodium writes
 * it out four times. Layer: wasm. */
#ifndef WASM_LIBS_ARGON2_ROUND_H
#define WASM_LIBS_ARGON2_ROUND_H
#define blamka_round_ref_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t argon2_pair __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) argon2_pair argon2_sum(argon2_pair x, argon2_pair y)
{
    const argon2_pair low = {0xffffffff, 0xffffffff};
    return x + y + 2 * ((x & low) * (y & low));
}

static inline __attribute__((always_inline)) argon2_pair argon2_turn(argon2_pair v, unsigned by)
{
    return v >> by | v << (64 - by);
}

/* A column in each lane. */
static void argon2_mix(argon2_pair *a, argon2_pair *b, argon2_pair *c, argon2_pair *d)
{
    *a = argon2_sum(*a, *b);
    *d = argon2_turn(*d ^ *a, 32);
    *c = argon2_sum(*c, *d);
    *b = argon2_turn(*b ^ *c, 24);
    *a = argon2_sum(*a, *b);
    *d = argon2_turn(*d ^ *a, 16);
    *c = argon2_sum(*c, *d);
    *b = argon2_turn(*b ^ *c, 63);
}

/* Four words in a row turn left by one. */
static void argon2_shift(argon2_pair *low, argon2_pair *high)
{
    const argon2_pair first = *low;
    *low = __builtin_shufflevector(first, *high, 1, 2);
    *high = __builtin_shufflevector(*high, first, 1, 2);
}

static void argon2_swap(argon2_pair *low, argon2_pair *high)
{
    const argon2_pair first = *low;
    *low = *high;
    *high = first;
}

/* Of eight pairs of words, which lie `step` words apart. */
static __attribute__((noinline)) void argon2_round(uint64_t *v, ptrdiff_t step)
{
    argon2_pair p[8];
    for (ptrdiff_t i = 0; i < 8; i++)
        p[i] = *(const argon2_pair *)(v + i * step);
    for (int half = 0; half < 2; half++) {
        argon2_mix(&p[0], &p[2], &p[4], &p[6]);
        argon2_mix(&p[1], &p[3], &p[5], &p[7]);
        /* The diagonals become columns, and the other way round after a second time. */
        argon2_shift(&p[2], &p[3]);
        argon2_swap(&p[4], &p[5]);
        argon2_shift(&p[6], &p[7]);
        argon2_swap(half == 0 ? &p[6] : &p[2], half == 0 ? &p[7] : &p[3]);
    }
    for (ptrdiff_t i = 0; i < 8; i++)
        *(argon2_pair *)(v + i * step) = p[i];
}

#define BLAKE2_ROUND_NOMSG(v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15)   \
    argon2_round(&(v0), &(v2) - &(v0))

#endif
