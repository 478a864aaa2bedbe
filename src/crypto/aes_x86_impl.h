/* The AES back-ends of x86-64, written once over vectors of LANES blocks. Layer: crypto.
 *
 * The including file defines: the type vec; LANES (1, 2 or 4); the operations vec_xor, vec_and,
 * vec_enc, vec_enc_last, vec_shuffle8, vec_swap64 (halves of every block trade places),
 * vec_unpack_{lo,hi}{32,64} (inside every block), vec_set32, vec_of_block (one block in all
 * lanes), vec_counter (lane i = LE128(first + i)), vec_add64; vec_load_some and vec_store_some (n
 * <= LANES blocks), vec_load_lanes and vec_store_lanes (lane i at p + i * stride); and
 * AES_BACKEND, the name of the table, with AES_BACKEND_NAME and AES_BACKEND_NEEDS.
 *
 * Key schedules run on 4 * LANES keys at once in word form: w[j] holds word j of every key, so that
 * one last-round instruction does SubWord for all of them (its ShiftRows is undone by the byte
 * shuffle that also does RotWord), and round keys come out of a 4 x 4 transposition. Word form
 * keeps key e * LANES + i in element e of lane i; after the transposition vector e holds keys
 * e * LANES .. e * LANES + LANES - 1. */
#include <immintrin.h>

#include "base/compiler.h"
#include "base/mem.h"
#include "crypto/aes_backend.h"
#include "crypto/cpu.h"

#if defined(__clang__)
#    define UNROLL _Pragma("clang loop unroll(full)")
#else
#    define UNROLL _Pragma("GCC unroll 16")
#endif

#define ROUNDS 10
#define KEYS   (4 * LANES)

/* ---- Key schedule ---- */

static const _Alignas(16) uint8_t rotate_and_unshift[16] = {1, 14, 11, 4,  5,  2,  15, 8,
                                                            9, 6,  3,  12, 13, 10, 7,  0};

static ALWAYS_INLINE vec vec_of_bytes(const uint8_t bytes[16])
{
    return vec_of_block((const block *)(const void *)bytes);
}

static ALWAYS_INLINE void schedule_round(vec w[4], vec shuffle, unsigned round)
{
    const vec t = vec_enc_last(vec_shuffle8(w[3], shuffle), vec_set32(aes_rcon[round - 1]));
    w[0] = vec_xor(w[0], t);
    w[1] = vec_xor(w[1], w[0]);
    w[2] = vec_xor(w[2], w[1]);
    w[3] = vec_xor(w[3], w[2]);
}

/* Transposes the 4 x 4 words of every lane: word form to keys and back. */
static ALWAYS_INLINE void transpose_words(vec ret[4], const vec w[4])
{
    const vec a = vec_unpack_lo32(w[0], w[1]);
    const vec b = vec_unpack_lo32(w[2], w[3]);
    const vec c = vec_unpack_hi32(w[0], w[1]);
    const vec d = vec_unpack_hi32(w[2], w[3]);
    ret[0] = vec_unpack_lo64(a, b);
    ret[1] = vec_unpack_hi64(a, b);
    ret[2] = vec_unpack_lo64(c, d);
    ret[3] = vec_unpack_hi64(c, d);
}

static void expand_group(aes_key ret_keys[KEYS], const block keys[KEYS])
{
    const vec shuffle = vec_of_bytes(rotate_and_unshift);
    const size_t stride = sizeof(aes_key) / sizeof(block);
    vec k[4];
    vec w[4];
    for (size_t e = 0; e < 4; e++)
        k[e] = vec_load_lanes(keys + e * LANES, 1);
    transpose_words(w, k);
    for (unsigned r = 0; r <= ROUNDS; r++) {
        if (r > 0)
            schedule_round(w, shuffle, r);
        transpose_words(k, w);
        for (size_t e = 0; e < 4; e++)
            vec_store_lanes(&ret_keys[e * LANES].round[r], stride, k[e]);
    }
}

/* One key in row form: the last word in all four columns makes ShiftRows the identity. */
static void expand_one(aes_key *ret_key, const block *key)
{
    const __m128i rotate = _mm_set1_epi32(0x0c0f0e0d);
    __m128i k = _mm_load_si128((const __m128i *)key);
    _mm_store_si128((__m128i *)&ret_key->round[0], k);
    UNROLL
    for (size_t r = 1; r <= ROUNDS; r++) {
        const __m128i t =
            _mm_aesenclast_si128(_mm_shuffle_epi8(k, rotate), _mm_set1_epi32(aes_rcon[r - 1]));
        k = _mm_xor_si128(k, _mm_slli_si128(k, 4));
        k = _mm_xor_si128(k, _mm_slli_si128(k, 8));
        k = _mm_xor_si128(k, t);
        _mm_store_si128((__m128i *)&ret_key->round[r], k);
    }
}

static void expand_n(aes_key *ret_keys, const block *keys, size_t n)
{
    for (; n >= KEYS; n -= KEYS, keys += KEYS, ret_keys += KEYS)
        expand_group(ret_keys, keys);
    for (size_t i = 0; i < n; i++)
        expand_one(&ret_keys[i], &keys[i]);
}

/* ---- Many blocks under one key ---- */

/* Encrypts c vectors in place; c is a constant at every call. */
static ALWAYS_INLINE void encrypt_vecs(vec *s, const aes_key *key, size_t c)
{
    const vec first = vec_of_block(&key->round[0]);
    UNROLL
    for (size_t i = 0; i < c; i++)
        s[i] = vec_xor(s[i], first);
    UNROLL
    for (size_t r = 1; r < ROUNDS; r++) {
        const vec k = vec_of_block(&key->round[r]);
        UNROLL
        for (size_t i = 0; i < c; i++)
            s[i] = vec_enc(s[i], k);
    }
    const vec last = vec_of_block(&key->round[ROUNDS]);
    UNROLL
    for (size_t i = 0; i < c; i++)
        s[i] = vec_enc_last(s[i], last);
}

static ALWAYS_INLINE vec hash_input(vec x, vec eps, vec high_halves)
{
    return vec_xor(vec_xor(vec_swap64(x), vec_and(x, high_halves)), eps);
}

/* What one key is used for: ret[i] from in[i], from first + i, or from in[i] and eps[i]. */
typedef enum purpose { ENCRYPT, COUNT, HASH } purpose;

typedef struct one_key_job {
    const aes_key *key;
    const block *in;
    const uint32_t *eps;
    uint64_t first;
} one_key_job;

/* Blocks done .. done + n - 1 in c vectors, (c - 1) * LANES < n <= c * LANES. The purpose and c are
 * constants at every call. */
static ALWAYS_INLINE void run_step(purpose what, block *ret, const one_key_job *job, size_t done,
                                   size_t n, size_t c)
{
    const block ones = block_make(UINT64_MAX, 0);
    const vec high_halves = vec_of_block(&ones);
    vec s[8];
    vec v[8];
    UNROLL
    for (size_t i = 0; i < c; i++) {
        const size_t at = done + i * LANES;
        const size_t blocks = i + 1 < c ? LANES : n - i * LANES;
        if (what == COUNT)
            s[i] = vec_counter(job->first + at);
        else
            s[i] = vec_load_some(job->in + at, blocks);
        if (what == HASH)
            s[i] = hash_input(s[i], vec_eps_some(job->eps + at, blocks), high_halves);
        v[i] = s[i];
    }
    encrypt_vecs(s, job->key, c);
    UNROLL
    for (size_t i = 0; i < c; i++) {
        const size_t at = done + i * LANES;
        const size_t blocks = i + 1 < c ? LANES : n - i * LANES;
        vec_store_some(ret + at, what == HASH ? vec_xor(s[i], v[i]) : s[i], blocks);
    }
}

static ALWAYS_INLINE void run_job(purpose what, block *ret, const one_key_job *job, size_t n)
{
    size_t done = 0;
    for (; n - done >= 8 * LANES; done += 8 * LANES)
        run_step(what, ret, job, done, 8 * LANES, 8);
    if (n - done >= 4 * LANES) {
        run_step(what, ret, job, done, 4 * LANES, 4);
        done += 4 * LANES;
    }
    switch ((n - done + LANES - 1) / LANES) {
    case 1:
        run_step(what, ret, job, done, n - done, 1);
        break;
    case 2:
        run_step(what, ret, job, done, n - done, 2);
        break;
    case 3:
        run_step(what, ret, job, done, n - done, 3);
        break;
    case 4:
        run_step(what, ret, job, done, n - done, 4);
        break;
    default:
        break;
    }
}

static void encrypt_n(block *ret, const aes_key *key, const block *v, size_t n)
{
    const one_key_job job = {.key = key, .in = v};
    run_job(ENCRYPT, ret, &job, n);
}

static void ctr(block *ret, const aes_key *key, uint64_t first, size_t n)
{
    const one_key_job job = {.key = key, .first = first};
    run_job(COUNT, ret, &job, n);
}

static void hash_blocks(block *ret, const aes_key *key, const block *x, const uint32_t *eps,
                        size_t n)
{
    const one_key_job job = {.key = key, .in = x, .eps = eps};
    run_job(HASH, ret, &job, n);
}

/* ---- The batch kernel: KEYS tweaks at a time ---- */

typedef struct group_keys {
    vec round[ROUNDS + 1][4];
} group_keys;

/* Word form of S xor LE128(first + t), t < KEYS. */
static ALWAYS_INLINE void tweaked_words(vec w[4], const block *s, uint64_t first)
{
    _Alignas(64) uint32_t low[KEYS];
    _Alignas(64) uint32_t high[KEYS];
    for (size_t i = 0; i < LANES; i++) {
        for (size_t e = 0; e < 4; e++) {
            const uint64_t tweaked = s->lo ^ (first + e * LANES + i);
            low[4 * i + e] = (uint32_t)tweaked;
            high[4 * i + e] = (uint32_t)(tweaked >> 32);
        }
    }
    w[0] = vec_load_lanes((const block *)(const void *)low, 1);
    w[1] = vec_load_lanes((const block *)(const void *)high, 1);
    w[2] = vec_set32((uint32_t)s->hi);
    w[3] = vec_set32((uint32_t)(s->hi >> 32));
}

static ALWAYS_INLINE void schedule_group(group_keys *ret, const block *s, uint64_t first)
{
    const vec shuffle = vec_of_bytes(rotate_and_unshift);
    vec w[4];
    tweaked_words(w, s, first);
    transpose_words(ret->round[0], w);
    UNROLL
    for (unsigned r = 1; r <= ROUNDS; r++) {
        schedule_round(w, shuffle, r);
        transpose_words(ret->round[r], w);
    }
}

/* Columns j .. j + c - 1 of the KEYS x m inputs at x + j: 4 c vectors in flight. c is a constant at
 * every call. */
static ALWAYS_INLINE void hash_columns(block *ret, const group_keys *keys, const block *x,
                                       const uint32_t *eps, size_t m, size_t c)
{
    const block ones = block_make(UINT64_MAX, 0);
    const vec high_halves = vec_of_block(&ones);
    vec s[12];
    vec v[12];
    UNROLL
    for (size_t e = 0; e < 4; e++) {
        UNROLL
        for (size_t j = 0; j < c; j++) {
            const vec in = vec_load_lanes(x + e * LANES * m + j, m);
            v[e * c + j] = hash_input(in, vec_eps(eps[j]), high_halves);
            s[e * c + j] = vec_xor(v[e * c + j], keys->round[0][e]);
        }
    }
    UNROLL
    for (size_t r = 1; r < ROUNDS; r++) {
        UNROLL
        for (size_t i = 0; i < 4 * c; i++)
            s[i] = vec_enc(s[i], keys->round[r][i / c]);
    }
    UNROLL
    for (size_t e = 0; e < 4; e++) {
        UNROLL
        for (size_t j = 0; j < c; j++) {
            const vec last = vec_xor(keys->round[ROUNDS][e], v[e * c + j]);
            vec_store_lanes(ret + e * LANES * m + j, m, vec_enc_last(s[e * c + j], last));
        }
    }
}

static ALWAYS_INLINE void hash_group(block *ret, const group_keys *keys, const block *x,
                                     const uint32_t *eps, size_t m)
{
    for (size_t j = 0; j < m;) {
        const size_t left = m - j;
        if (left == 3 || left > 4) {
            hash_columns(ret + j, keys, x + j, eps + j, m, 3);
            j += 3;
        } else if (left == 1) {
            hash_columns(ret + j, keys, x + j, eps + j, m, 1);
            j += 1;
        } else {
            hash_columns(ret + j, keys, x + j, eps + j, m, 2);
            j += 2;
        }
    }
}

static void hash_tweaks(block *ret, block s, uint64_t first_tweak, size_t n_tweaks, const block *x,
                        const uint32_t *eps, size_t m)
{
    size_t t = 0;
    for (; n_tweaks - t >= KEYS; t += KEYS) {
        group_keys keys;
        schedule_group(&keys, &s, first_tweak + t);
        hash_group(ret + t * m, &keys, x + t * m, eps, m);
    }
    for (; t < n_tweaks; t++) {
        const block tweaked = block_xor(s, block_make(0, first_tweak + t));
        aes_key key;
        expand_one(&key, &tweaked);
        hash_blocks(ret + t * m, &key, x + t * m, eps, m);
    }
}

const aes_backend_ops AES_BACKEND = {
    .name = AES_BACKEND_NAME,
    .needs = AES_BACKEND_NEEDS,
    .expand_n = expand_n,
    .encrypt_n = encrypt_n,
    .ctr = ctr,
    .hash_n = hash_blocks,
    .hash_batch = hash_tweaks,
};
