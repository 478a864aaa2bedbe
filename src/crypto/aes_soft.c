/* Bitsliced AES-128: constant time, the reference for the other back-ends. Layer: crypto.
 *
 * A slice holds one bit of every byte of eight blocks, and eight slices are a state. The byte in
 * row r and column c has its bits in byte 4 r + c of the slices, block b in bit b: so slicing is
 * the transposition of 8 by 8 bits, ShiftRows turns 32-bit groups and MixColumns turns the whole by
 * 32 bits. The S-box is the circuit of Boyar and Peralta (eprint 2009/191): 115 gates, no table. */
#include <string.h>

#include "base/mem.h"
#include "base/min.h"
#include "crypto/aes_backend.h"

/* Vectors of GCC 12 and Clang: a word is a row, a half two columns. */
typedef uint32_t slice __attribute__((vector_size(16)));
typedef uint16_t slice_halves __attribute__((vector_size(16)));
typedef uint8_t slice_bytes __attribute__((vector_size(16)));

#define SLICE_BLOCKS 8
#define ROUNDS       10

typedef struct sliced_key {
    slice round[ROUNDS + 1][8];
} sliced_key;

/* ---- blocks and slices ---- */

static void slice_swap_bits(slice *a, slice *b, unsigned shift, uint32_t mask)
{
    const slice t = ((*a >> shift) ^ *b) & mask;
    *b ^= t;
    *a ^= t << shift;
}

/* Transposes the 8 x 8 bits that equal bytes of the eight slices form; its own inverse. */
static void slice_transpose(slice q[8])
{
    for (size_t i = 0; i < 8; i += 2)
        slice_swap_bits(&q[i], &q[i + 1], 1, 0x55555555u);
    for (size_t i = 0; i < 8; i += 4) {
        slice_swap_bits(&q[i], &q[i + 2], 2, 0x33333333u);
        slice_swap_bits(&q[i + 1], &q[i + 3], 2, 0x33333333u);
    }
    for (size_t i = 0; i < 4; i++)
        slice_swap_bits(&q[i], &q[i + 4], 4, 0x0f0f0f0fu);
}

/* The bytes of the low half before those of the high half, in turns. In two steps that compilers
 * know instructions for. */
static slice interleave(slice v)
{
    const slice_bytes low = (slice_bytes)v;
    const slice_bytes high = (slice_bytes)__builtin_shufflevector(v, v, 2, 3, 0, 1);
    return (slice)__builtin_shufflevector(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6,
                                          22, 7, 23);
}

/* Bytes by columns, as in a block, become bytes by rows; its own inverse. */
static slice turn_bytes(slice v)
{
    return interleave(interleave(v));
}

static void slice_blocks(slice q[8], const block v[SLICE_BLOCKS])
{
    memcpy(q, v, 8 * sizeof *q);
    for (size_t i = 0; i < 8; i++)
        q[i] = turn_bytes(q[i]);
    slice_transpose(q);
}

static void unslice_blocks(block ret[SLICE_BLOCKS], slice q[8])
{
    slice_transpose(q);
    for (size_t i = 0; i < 8; i++)
        q[i] = turn_bytes(q[i]);
    memcpy(ret, q, 8 * sizeof *q);
}

static slice_bytes turn_block(block v)
{
    slice bytes;
    memcpy(&bytes, &v, sizeof bytes);
    return (slice_bytes)turn_bytes(bytes);
}

/* The same block eight times. */
static void slice_one_block(slice q[8], block v)
{
    const slice_bytes bytes = turn_block(v);
    for (unsigned i = 0; i < 8; i++) {
        const uint8_t bit = (uint8_t)(1u << i);
        q[i] = (slice)((bytes & bit) == bit);
    }
}

/* Two blocks, each four times. */
static void slice_two_blocks(slice q[8], block low, block high)
{
    const slice_bytes a = turn_block(low);
    const slice_bytes b = turn_block(high);
    for (unsigned i = 0; i < 8; i++) {
        const uint8_t bit = (uint8_t)(1u << i);
        const slice of_a = (slice)((a & bit) == bit);
        const slice of_b = (slice)((b & bit) == bit);
        q[i] = (of_a & 0x0f0f0f0fu) | (of_b & 0xf0f0f0f0u);
    }
}

/* ---- the cipher ---- */

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

/* Row r turns by r columns. */
static slice shift_row_bytes(slice x)
{
#if defined(__SSSE3__) || defined(__ARM_NEON) || defined(__wasm_simd128__)
    /* Where one instruction moves bytes anywhere. */
    const slice_bytes v = (slice_bytes)x;
    return (slice)__builtin_shufflevector(v, v, 0, 1, 2, 3, 5, 6, 7, 4, 10, 11, 8, 9, 15, 12, 13,
                                          14);
#else
    /* Rows 2 and 3 turn by two, then rows 1 and 3 by one. */
    const slice_halves v = (slice_halves)x;
    const slice two = (slice)__builtin_shufflevector(v, v, 0, 1, 2, 3, 5, 4, 7, 6);
    const slice one = two >> 8 | two << 24;
    const slice odd = {0, ~0u, 0, ~0u};
    return (two & ~odd) | (one & odd);
#endif
}

static void shift_rows(slice q[8])
{
    for (size_t i = 0; i < 8; i++)
        q[i] = shift_row_bytes(q[i]);
}

/* Row r becomes row r + 1, or r + 2. */
static slice next_row(slice v)
{
    return __builtin_shufflevector(v, v, 1, 2, 3, 0);
}

static slice second_row(slice v)
{
    return __builtin_shufflevector(v, v, 2, 3, 0, 1);
}

/* Row r becomes 2 d_r + a_{r+1} + d_{r+2} with d_r = a_r + a_{r+1}. */
static void mix_columns(slice q[8])
{
    slice d[8];
    slice rest[8];
    for (size_t i = 0; i < 8; i++) {
        const slice next = next_row(q[i]);
        d[i] = q[i] ^ next;
        rest[i] = next ^ second_row(d[i]);
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

/* ---- keys ---- */

/* The next round's keys: the last column, its rows turned, goes through the S-box to the first
 * one, and then every column to the one after it. */
static void next_round_key(slice ret[8], const slice q[8], uint8_t constant)
{
    const slice first_column = {0xff, 0xff, 0xff, 0xff};
    const slice first_byte = {0xff, 0, 0, 0};
    slice t[8];
    for (size_t i = 0; i < 8; i++)
        t[i] = next_row(q[i] >> 24);
    sub_bytes(t);
    for (unsigned i = 0; i < 8; i++) {
        slice v = q[i] ^ (t[i] & first_column);
        if (((unsigned)constant >> i & 1u) != 0)
            v ^= first_byte;
        v ^= v << 8;
        ret[i] = v ^ v << 16;
    }
}

static void expand_sliced(sliced_key *ret, const block keys[SLICE_BLOCKS])
{
    slice_blocks(ret->round[0], keys);
    for (size_t r = 1; r <= ROUNDS; r++)
        next_round_key(ret->round[r], ret->round[r - 1], aes_rcon[r - 1]);
}

static void slice_one_key(sliced_key *ret, const aes_key *key)
{
    for (size_t r = 0; r <= ROUNDS; r++)
        slice_one_block(ret->round[r], key->round[r]);
}

static void slice_two_keys(sliced_key *ret, const aes_key keys[2])
{
    for (size_t r = 0; r <= ROUNDS; r++)
        slice_two_blocks(ret->round[r], keys[0].round[r], keys[1].round[r]);
}

static void expand_some(aes_key *ret_keys, const block *keys, size_t n)
{
    sliced_key sliced;
    block some[SLICE_BLOCKS] = {{0}};
    memcpy(some, keys, n * sizeof *keys);
    expand_sliced(&sliced, some);
    for (size_t r = 0; r <= ROUNDS; r++) {
        unslice_blocks(some, sliced.round[r]);
        for (size_t k = 0; k < n; k++)
            ret_keys[k].round[r] = some[k];
    }
    mem_wipe(&sliced, sizeof sliced);
    mem_wipe(some, sizeof some);
}

static void soft_expand_n(aes_key *ret_keys, const block *keys, size_t n)
{
    for (size_t i = 0; i < n; i += SLICE_BLOCKS)
        expand_some(ret_keys + i, keys + i, min_size(n - i, SLICE_BLOCKS));
}

/* ---- the back-end ---- */

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

/* v = AES(v) xor v. */
static void hash_sliced(block v[SLICE_BLOCKS], const sliced_key *keys)
{
    block enc[SLICE_BLOCKS];
    memcpy(enc, v, sizeof enc);
    encrypt_sliced(enc, keys);
    for (size_t j = 0; j < SLICE_BLOCKS; j++)
        v[j] = block_xor(enc[j], v[j]);
}

/* Half a state for each key: for two parties that is all, and one state in place of two. */
static void soft_hash_pair(block *ret, const aes_key *keys, const block *x, const uint32_t *eps,
                           size_t n)
{
    sliced_key sliced;
    slice_two_keys(&sliced, keys);
    for (size_t i = 0; i < n; i += SLICE_BLOCKS / 2) {
        block v[SLICE_BLOCKS] = {{0}};
        block *high = v + SLICE_BLOCKS / 2;
        const size_t count = min_size(n - i, SLICE_BLOCKS / 2);
        for (size_t j = 0; j < count; j++) {
            v[j] = aes_hash_input(x[i + j], eps[i + j]);
            high[j] = aes_hash_input(x[n + i + j], eps[i + j]);
        }
        hash_sliced(v, &sliced);
        memcpy(ret + i, v, count * sizeof *ret);
        memcpy(ret + n + i, high, count * sizeof *ret);
    }
}

/* One column of a batch: the inputs lie `step` apart, each under its own key. */
static void hash_column(block *ret, const sliced_key *keys, const block *x, uint32_t eps,
                        size_t count, size_t step)
{
    block v[SLICE_BLOCKS] = {{0}};
    for (size_t j = 0; j < count; j++)
        v[j] = aes_hash_input(x[j * step], eps);
    hash_sliced(v, keys);
    for (size_t j = 0; j < count; j++)
        ret[j * step] = v[j];
}

/* Eight tweaks at once: their keys are made once for all m inputs. */
static void soft_hash_batch(block *ret, block s, uint64_t first_tweak, size_t n_tweaks,
                            const block *x, const uint32_t *eps, size_t m)
{
    for (size_t t = 0; t < n_tweaks; t += SLICE_BLOCKS) {
        const size_t n = min_size(n_tweaks - t, SLICE_BLOCKS);
        block tweaked[SLICE_BLOCKS];
        sliced_key keys;
        for (size_t k = 0; k < SLICE_BLOCKS; k++)
            tweaked[k] = block_xor(s, block_make(0, first_tweak + t + k));
        expand_sliced(&keys, tweaked);
        for (size_t j = 0; j < m; j++)
            hash_column(ret + t * m + j, &keys, x + t * m + j, eps[j], n, m);
    }
}

const aes_backend_ops aes_backend_soft = {
    .base = {.name = "soft", .needs = 0},
    .expand_n = soft_expand_n,
    .encrypt_n = soft_encrypt_n,
    .ctr = soft_ctr,
    .hash_pair = soft_hash_pair,
    .hash_batch = soft_hash_batch,
};
