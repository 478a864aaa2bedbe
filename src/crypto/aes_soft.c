/* Bitsliced AES-128: constant time, the reference for the other back-ends. Layer: crypto.
 *
 * A slice holds one bit of every byte of SLICE_BLOCKS blocks; eight slices are a state. In each 64
 * bits of a slice the byte in row r and column c of block b sits at bit 16 r + 4 c + b, so that
 * ShiftRows turns 16-bit groups and MixColumns turns whole words. The S-box is the circuit of
 * Boyar and Peralta (eprint 2009/191): 115 gates, no table. */
#include <string.h>

#include "base/mem.h"
#include "base/min.h"
#include "crypto/aes_backend.h"

#if defined(__GNUC__) || defined(__clang__)
typedef uint64_t slice __attribute__((vector_size(16)));
#else
typedef uint64_t slice;
#endif

#define SLICE_WORDS  (sizeof(slice) / sizeof(uint64_t))
#define SLICE_BLOCKS (4 * SLICE_WORDS)
#define SLICE_KEYS   (4 * SLICE_BLOCKS) /* key words that fill a state */
#define ROUNDS       10

typedef struct sliced_key {
    slice round[ROUNDS + 1][8];
} sliced_key;

static void slice_swap_bits(slice *a, slice *b, unsigned shift, uint64_t mask)
{
    const slice t = ((*a >> shift) ^ *b) & mask;
    *b ^= t;
    *a ^= t << shift;
}

/* Transposes the 8 x 8 bits that equal bytes of the eight slices form; its own inverse. */
static void slice_transpose(slice q[8])
{
    for (size_t i = 0; i < 8; i += 2)
        slice_swap_bits(&q[i], &q[i + 1], 1, 0x5555555555555555u);
    for (size_t i = 0; i < 8; i += 4) {
        slice_swap_bits(&q[i], &q[i + 2], 2, 0x3333333333333333u);
        slice_swap_bits(&q[i + 1], &q[i + 3], 2, 0x3333333333333333u);
    }
    for (size_t i = 0; i < 4; i++)
        slice_swap_bits(&q[i], &q[i + 4], 4, 0x0f0f0f0f0f0f0f0fu);
}

/* Moves byte i of the low half to byte 2 i. */
static uint64_t spread(uint64_t v)
{
    v &= 0xffffffffu;
    v = (v | v << 16) & 0x0000ffff0000ffffu;
    return (v | v << 8) & 0x00ff00ff00ff00ffu;
}

/* The inverse of spread on the even bytes; odd bytes are ignored. */
static uint64_t gather(uint64_t v)
{
    v &= 0x00ff00ff00ff00ffu;
    v = (v | v >> 8) & 0x0000ffff0000ffffu;
    return (v | v >> 16) & 0xffffffffu;
}

static void slice_blocks(slice q[8], const block v[SLICE_BLOCKS])
{
    uint64_t words[8][SLICE_WORDS];
    for (size_t i = 0; i < SLICE_BLOCKS; i++) {
        words[i % 4][i / 4] = spread(v[i].lo) | spread(v[i].hi) << 8;
        words[i % 4 + 4][i / 4] = spread(v[i].lo >> 32) | spread(v[i].hi >> 32) << 8;
    }
    memcpy(q, words, sizeof words);
    slice_transpose(q);
}

static void unslice_blocks(block ret[SLICE_BLOCKS], slice q[8])
{
    uint64_t words[8][SLICE_WORDS];
    slice_transpose(q);
    memcpy(words, q, sizeof words);
    for (size_t i = 0; i < SLICE_BLOCKS; i++) {
        const uint64_t even = words[i % 4][i / 4];
        const uint64_t odd = words[i % 4 + 4][i / 4];
        ret[i] = block_make(gather(even >> 8) | gather(odd >> 8) << 32, gather(even) | gather(odd)
                                                                                           << 32);
    }
}

/* SubBytes. Names follow the paper; index 0 is the most significant bit there. */
static void sub_bytes(slice q[8])
{
    const slice x0 = q[7], x1 = q[6], x2 = q[5], x3 = q[4];
    const slice x4 = q[3], x5 = q[2], x6 = q[1], x7 = q[0];

    /* Top linear layer. */
    const slice y14 = x3 ^ x5, y13 = x0 ^ x6, y9 = x0 ^ x3, y8 = x0 ^ x5;
    const slice t0 = x1 ^ x2, y1 = t0 ^ x7, y4 = y1 ^ x3, y12 = y13 ^ y14;
    const slice y2 = y1 ^ x0, y5 = y1 ^ x6, y3 = y5 ^ y8, t1 = x4 ^ y12;
    const slice y15 = t1 ^ x5, y20 = t1 ^ x1, y6 = y15 ^ x7, y10 = y15 ^ t0;
    const slice y11 = y20 ^ y9, y7 = x7 ^ y11, y17 = y10 ^ y11, y19 = y10 ^ y8;
    const slice y16 = t0 ^ y11, y21 = y13 ^ y16, y18 = x0 ^ y16;

    /* Inversion in the tower field. */
    const slice t2 = y12 & y15, t4 = (y3 & y6) ^ t2, t6 = (y4 & x7) ^ t2;
    const slice t7 = y13 & y16, t9 = (y5 & y1) ^ t7, t11 = (y2 & y7) ^ t7;
    const slice t12 = y9 & y11, t14 = (y14 & y17) ^ t12, t16 = (y8 & y10) ^ t12;
    const slice t21 = t4 ^ t14 ^ y20, t22 = t6 ^ t16 ^ y19;
    const slice t23 = t9 ^ t14 ^ y21, t24 = t11 ^ t16 ^ y18;
    const slice t25 = t21 ^ t22, t26 = t21 & t23, t27 = t24 ^ t26;
    const slice t29 = (t25 & t27) ^ t22, t30 = t23 ^ t24, t31 = t22 ^ t26;
    const slice t33 = (t31 & t30) ^ t24, t35 = t27 ^ t33, t36 = t24 & t35;
    const slice t37 = t36 ^ t23 ^ t33, t38 = t27 ^ t36, t40 = t25 ^ (t29 & t38);
    const slice t41 = t40 ^ t37, t42 = t29 ^ t33, t43 = t29 ^ t40;
    const slice t44 = t33 ^ t37, t45 = t42 ^ t41;
    const slice z0 = t44 & y15, z1 = t37 & y6, z2 = t33 & x7, z3 = t43 & y16, z4 = t40 & y1;
    const slice z5 = t29 & y7, z6 = t42 & y11, z7 = t45 & y17, z8 = t41 & y10, z9 = t44 & y12;
    const slice z10 = t37 & y3, z11 = t33 & y4, z12 = t43 & y13, z13 = t40 & y5, z14 = t29 & y2;
    const slice z15 = t42 & y9, z16 = t45 & y14, z17 = t41 & y8;

    /* Bottom linear layer. */
    const slice t46 = z15 ^ z16, t48 = z5 ^ z13, t53 = z0 ^ z3;
    const slice t57 = z2 ^ z12 ^ t53, t58 = z4 ^ t46, t59 = z3 ^ z6 ^ z7, t60 = t46 ^ t57;
    const slice t62 = z7 ^ z8 ^ t58, t63 = z9 ^ z10 ^ t58, t64 = z4 ^ t59;
    const slice t65 = z14 ^ t57 ^ t62, t66 = z1 ^ t63, s3 = t53 ^ t66;
    q[7] = t59 ^ t63;
    q[6] = t64 ^ ~s3;
    q[5] = z16 ^ z17 ^ ~(t64 ^ t65);
    q[4] = s3;
    q[3] = z2 ^ z5 ^ t66;
    q[2] = z10 ^ z11 ^ t65;
    q[1] = z12 ^ t48 ^ ~t62;
    q[0] = t48 ^ ~t60;
}

/* Row r turns by r columns: 4 r bits inside its 16. */
static void shift_rows(slice q[8])
{
    for (size_t i = 0; i < 8; i++) {
        const slice x = q[i];
        q[i] = (x & 0x000000000000ffffu) | (x >> 4 & 0x000000000fff0000u) |
               (x << 12 & 0x00000000f0000000u) | (x >> 8 & 0x000000ff00000000u) |
               (x << 8 & 0x0000ff0000000000u) | (x >> 12 & 0x000f000000000000u) |
               (x << 4 & 0xfff0000000000000u);
    }
}

static slice turn(slice v, unsigned bits)
{
    return v >> bits | v << (64 - bits);
}

/* Row r becomes 2 d_r + a_{r+1} + d_{r+2} with d_r = a_r + a_{r+1}. */
static void mix_columns(slice q[8])
{
    slice d[8];
    slice rest[8];
    for (size_t i = 0; i < 8; i++) {
        const slice next = turn(q[i], 16);
        d[i] = q[i] ^ next;
        rest[i] = next ^ turn(d[i], 32);
    }
    for (size_t i = 0; i < 8; i++)
        q[i] = rest[i] ^ d[(i + 7) % 8];
    q[1] ^= d[7]; /* the reduction by X^8 + X^4 + X^3 + X + 1 */
    q[3] ^= d[7];
    q[4] ^= d[7];
}

static void add_round_key(slice q[8], const slice key[8])
{
    for (size_t i = 0; i < 8; i++)
        q[i] ^= key[i];
}

/* Encrypts SLICE_BLOCKS blocks in place, each under its own key. */
static void encrypt_sliced(block v[SLICE_BLOCKS], const sliced_key *key)
{
    slice q[8];
    slice_blocks(q, v);
    add_round_key(q, key->round[0]);
    for (size_t r = 1; r < ROUNDS; r++) {
        sub_bytes(q);
        shift_rows(q);
        mix_columns(q);
        add_round_key(q, key->round[r]);
    }
    sub_bytes(q);
    shift_rows(q);
    add_round_key(q, key->round[ROUNDS]);
    unslice_blocks(v, q);
}

static void slice_key(sliced_key *ret, const aes_key *const keys[SLICE_BLOCKS])
{
    for (size_t r = 0; r <= ROUNDS; r++) {
        block rounds[SLICE_BLOCKS];
        for (size_t i = 0; i < SLICE_BLOCKS; i++)
            rounds[i] = keys[i]->round[r];
        slice_blocks(ret->round[r], rounds);
    }
}

static void slice_one_key(sliced_key *ret, const aes_key *key)
{
    const aes_key *keys[SLICE_BLOCKS];
    for (size_t i = 0; i < SLICE_BLOCKS; i++)
        keys[i] = key;
    slice_key(ret, keys);
}

/* SubWord on SLICE_KEYS words. */
static void sub_words(uint32_t w[SLICE_KEYS])
{
    block v[SLICE_BLOCKS];
    slice q[8];
    memcpy(v, w, sizeof v);
    slice_blocks(q, v);
    sub_bytes(q);
    unslice_blocks(v, q);
    memcpy(w, v, sizeof v);
}

/* Key expansion of n <= SLICE_KEYS keys with one S-box pass per round. */
static void expand_some(aes_key *ret_keys, const block *keys, size_t n)
{
    uint32_t last[SLICE_KEYS] = {0};
    for (size_t k = 0; k < n; k++)
        ret_keys[k].round[0] = keys[k];
    for (size_t r = 1; r <= ROUNDS; r++) {
        for (size_t k = 0; k < n; k++) {
            const uint32_t w3 = (uint32_t)(ret_keys[k].round[r - 1].hi >> 32);
            last[k] = w3 >> 8 | w3 << 24;
        }
        sub_words(last);
        for (size_t k = 0; k < n; k++) {
            const block old = ret_keys[k].round[r - 1];
            const uint32_t w0 = (uint32_t)old.lo ^ last[k] ^ aes_rcon[r - 1];
            const uint32_t w1 = (uint32_t)(old.lo >> 32) ^ w0;
            const uint32_t w2 = (uint32_t)old.hi ^ w1;
            const uint32_t w3 = (uint32_t)(old.hi >> 32) ^ w2;
            ret_keys[k].round[r] = block_make((uint64_t)w3 << 32 | w2, (uint64_t)w1 << 32 | w0);
        }
    }
    mem_wipe(last, sizeof last);
}

static void soft_expand_n(aes_key *ret_keys, const block *keys, size_t n)
{
    for (size_t i = 0; i < n; i += SLICE_KEYS)
        expand_some(ret_keys + i, keys + i, min_size(n - i, SLICE_KEYS));
}

static void soft_encrypt_n(block *ret, const aes_key *key, const block *v, size_t n)
{
    sliced_key sliced;
    slice_one_key(&sliced, key);
    for (size_t i = 0; i < n; i += SLICE_BLOCKS) {
        block some[SLICE_BLOCKS] = {{0}};
        const size_t count = min_size(n - i, SLICE_BLOCKS);
        memcpy(some, v + i, count * sizeof *v);
        encrypt_sliced(some, &sliced);
        memcpy(ret + i, some, count * sizeof *ret);
    }
    mem_wipe(&sliced, sizeof sliced);
}

static void soft_ctr(block *ret, const aes_key *key, uint64_t first, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = block_make(0, first + i);
    soft_encrypt_n(ret, key, ret, n);
}

static void soft_hash_n(block *ret, const aes_key *key, const block *x, const uint32_t *eps,
                        size_t n)
{
    for (size_t i = 0; i < n; i += SLICE_BLOCKS) {
        block v[SLICE_BLOCKS];
        block enc[SLICE_BLOCKS];
        const size_t count = min_size(n - i, SLICE_BLOCKS);
        for (size_t j = 0; j < count; j++)
            v[j] = aes_hash_input(x[i + j], eps[i + j]);
        soft_encrypt_n(enc, key, v, count);
        for (size_t j = 0; j < count; j++)
            ret[i + j] = block_xor(enc[j], v[j]);
    }
}

/* Hashes `count` <= SLICE_BLOCKS neighbouring inputs, number `first` on, of tweaks whose keys
 * start at key 0. */
static void hash_some(block *ret, const aes_key *keys, const block *x, const uint32_t *eps,
                      size_t m, size_t first, size_t count)
{
    const aes_key *of_block[SLICE_BLOCKS];
    block v[SLICE_BLOCKS] = {{0}};
    block enc[SLICE_BLOCKS];
    for (size_t j = 0; j < SLICE_BLOCKS; j++) {
        const size_t i = first + (j < count ? j : 0);
        of_block[j] = &keys[i / m];
        v[j] = aes_hash_input(x[i], eps[i % m]);
    }
    sliced_key sliced;
    slice_key(&sliced, of_block);
    memcpy(enc, v, sizeof enc);
    encrypt_sliced(enc, &sliced);
    for (size_t j = 0; j < count; j++)
        ret[first + j] = block_xor(enc[j], v[j]);
}

static void soft_hash_batch(block *ret, block s, uint64_t first_tweak, size_t n_tweaks,
                            const block *x, const uint32_t *eps, size_t m)
{
    for (size_t t = 0; t < n_tweaks; t += SLICE_KEYS) {
        const size_t n = min_size(n_tweaks - t, SLICE_KEYS);
        block tweaked[SLICE_KEYS];
        aes_key keys[SLICE_KEYS];
        for (size_t k = 0; k < n; k++)
            tweaked[k] = block_xor(s, block_make(0, first_tweak + t + k));
        expand_some(keys, tweaked, n);
        for (size_t i = 0; i < n * m; i += SLICE_BLOCKS)
            hash_some(ret + t * m, keys, x + t * m, eps, m, i, min_size(n * m - i, SLICE_BLOCKS));
    }
}

const aes_backend_ops aes_backend_soft = {
    .base = {.name = "soft", .needs = 0},
    .expand_n = soft_expand_n,
    .encrypt_n = soft_encrypt_n,
    .ctr = soft_ctr,
    .hash_n = soft_hash_n,
    .hash_batch = soft_hash_batch,
};
