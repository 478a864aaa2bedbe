/* The AES back-ends of x86-64, written once over vectors of LANES blocks. Layer: crypto.
 *
 * The including file defines the type vec, LANES (1, 2 or 4), AES_BACKEND (the name of the table),
 * AES_BACKEND_NAME, AES_BACKEND_NEEDS, and these operations, which work on every block of a vector:
 *   vec_xor, vec_and, vec_and_not, vec_add32, vec_shift_right32, vec_shuffle8,
 *   vec_unpack_{lo,hi}{32,64}, vec_enc, vec_enc_last   as the instructions of these names
 *   vec_swap64(v)               halves trade places
 *   vec_put32(v, w)             the lowest 32 bits from w, the others from v
 *   vec_add_low64(v, n)         adds the constant n to the low half
 *   vec_set32(n)                n in all four words
 *   vec_of_block(p)             one block in all lanes
 *   vec_counter(n)              LE128(n + i) in lane i
 *   vec_load_lanes(p, stride), vec_store_lanes(p, stride, v)     lane i at p + i * stride
 *   vec_load_some(p, n), vec_store_some(p, v, n)                 n <= LANES neighbours
 *   vec_eps_some(eps, n)        eps[i] in lane i, n <= LANES of them
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

#if defined(__SANITIZE_ADDRESS__)
#    define UNROLL /* instrumented and unrolled code takes minutes to compile */
#elif defined(__clang__)
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

/* The running sums do not wait for t, which keeps the way from one t to the next short. */
static ALWAYS_INLINE void schedule_round(vec w[4], vec shuffle, unsigned round)
{
    const vec t = vec_enc_last(vec_shuffle8(w[3], shuffle), vec_set32(aes_rcon[round - 1]));
    const vec sum1 = vec_xor(w[1], w[0]);
    const vec sum2 = vec_xor(w[2], sum1);
    const vec sum3 = vec_xor(w[3], sum2);
    w[0] = vec_xor(w[0], t);
    w[1] = vec_xor(sum1, t);
    w[2] = vec_xor(sum2, t);
    w[3] = vec_xor(sum3, t);
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

/* By way of two general registers: a 16-byte load of two halves that were just stored would have to
 * wait until they have reached the cache. */
static ALWAYS_INLINE __m128i load_halves(const block *v)
{
    long long lo = (long long)v->lo;
    long long hi = (long long)v->hi;
    __asm__("" : "+r"(lo), "+r"(hi));
    return _mm_set_epi64x(hi, lo);
}

static ALWAYS_INLINE __m128i load_round(const aes_key *key, size_t r)
{
    return _mm_load_si128((const __m128i *)&key->round[r]);
}

/* One key in row form: the last word in all four columns makes ShiftRows the identity. */
static void expand_one(aes_key *ret_key, const block *key)
{
    const __m128i rotate = _mm_set1_epi32(0x0c0f0e0d);
    __m128i k = load_halves(key);
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

/* sigma(x) xor eps: the swapped halves, plus x with its low half replaced by eps. */
static ALWAYS_INLINE vec hash_input(vec x, vec eps, vec high_halves)
{
    return vec_xor(vec_swap64(x), vec_put32(vec_and(x, high_halves), eps));
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
    const vec counter = vec_counter(job->first + done);
    vec s[8];
    vec v[8];
    UNROLL
    for (size_t i = 0; i < c; i++) {
        const size_t at = done + i * LANES;
        const size_t blocks = i + 1 < c ? LANES : n - i * LANES;
        if (what == COUNT)
            s[i] = vec_add_low64(counter, (long long)(i * LANES));
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

/* The hashes of a gate, n under each key, in one chain each: n is 1, 2 or 4, a constant at every
 * call. The inputs have just been stored half by half, and the results are read so: no access here
 * is wider than what must then be forwarded. */
static ALWAYS_INLINE void hash_few(block *ret, const aes_key *keys, const block *x,
                                   const uint32_t *eps, size_t n)
{
    __m128i s[8];
    __m128i v[8];
    UNROLL
    for (size_t i = 0; i < 2 * n; i++) {
        const block in = aes_hash_input(x[i], eps[i % n]);
        v[i] = load_halves(&in);
        s[i] = _mm_xor_si128(v[i], load_round(&keys[i / n], 0));
    }
    UNROLL
    for (size_t r = 1; r < ROUNDS; r++) {
        UNROLL
        for (size_t i = 0; i < 2 * n; i++)
            s[i] = _mm_aesenc_si128(s[i], load_round(&keys[i / n], r));
    }
    UNROLL
    for (size_t i = 0; i < 2 * n; i++) {
        const __m128i last = _mm_xor_si128(v[i], load_round(&keys[i / n], ROUNDS));
        _mm_store_si128((__m128i *)&ret[i], _mm_aesenclast_si128(s[i], last));
    }
}

static void hash_both(block *ret, const aes_key *keys, const block *x, const uint32_t *eps,
                      size_t n)
{
    switch (n) {
    case 1:
        hash_few(ret, keys, x, eps, 1);
        break;
    case 2:
        hash_few(ret, keys, x, eps, 2);
        break;
    case 4:
        hash_few(ret, keys, x, eps, 4);
        break;
    default:
        hash_blocks(ret, &keys[0], x, eps, n);
        hash_blocks(ret + n, &keys[1], x + n, eps, n);
        break;
    }
}

/* ---- The batch kernel: KEYS tweaks at a time ---- */

typedef struct group_keys {
    vec round[ROUNDS + 1][4];
} group_keys;

/* The key number that word form keeps in 32-bit element n. */
#define KEY_OF(n) (uint32_t)((n) % 4 * LANES + (n) / 4)

static const _Alignas(64) uint32_t key_numbers[16] = {
    KEY_OF(0), KEY_OF(1), KEY_OF(2),  KEY_OF(3),  KEY_OF(4),  KEY_OF(5),  KEY_OF(6),  KEY_OF(7),
    KEY_OF(8), KEY_OF(9), KEY_OF(10), KEY_OF(11), KEY_OF(12), KEY_OF(13), KEY_OF(14), KEY_OF(15)};

/* Word form of S xor LE128(first + t), t < KEYS, for one group after the other. */
typedef struct tweak_words {
    vec s[4];
    vec low;
    vec high;
} tweak_words;

/* Advances by n, each element below 2^31. An addition carries into the upper word when it clears
 * the top bit of the lower one. */
static ALWAYS_INLINE void tweak_add(tweak_words *t, vec n)
{
    const vec low = vec_add32(t->low, n);
    t->high = vec_add32(t->high, vec_shift_right32(vec_and_not(low, t->low), 31));
    t->low = low;
}

static ALWAYS_INLINE void tweak_start(tweak_words *t, const block *s, uint64_t first)
{
    t->s[0] = vec_set32((uint32_t)s->lo);
    t->s[1] = vec_set32((uint32_t)(s->lo >> 32));
    t->s[2] = vec_set32((uint32_t)s->hi);
    t->s[3] = vec_set32((uint32_t)(s->hi >> 32));
    t->low = vec_set32((uint32_t)first);
    t->high = vec_set32((uint32_t)(first >> 32));
    tweak_add(t, vec_load_lanes((const block *)(const void *)key_numbers, 1));
}

static ALWAYS_INLINE void tweak_next(vec w[4], tweak_words *t)
{
    w[0] = vec_xor(t->s[0], t->low);
    w[1] = vec_xor(t->s[1], t->high);
    w[2] = t->s[2];
    w[3] = t->s[3];
    tweak_add(t, vec_set32(KEYS));
}

/* Round r of a group's key schedule. */
static ALWAYS_INLINE void schedule_step(group_keys *ret, vec w[4], vec shuffle, unsigned r)
{
    if (r > 0)
        schedule_round(w, shuffle, r);
    transpose_words(ret->round[r], w);
}

/* The rectangle of the KEYS x m inputs that one pass hashes: key vectors e0 .. e0 + n_e - 1 in
 * columns j .. j + n_j - 1. */
typedef struct rectangle {
    size_t e0;
    size_t n_e;
    size_t j;
    size_t n_j;
} rectangle;

/* What a batch keeps over all groups. */
typedef struct batch {
    block s;
    uint64_t first_tweak;
    const uint32_t *eps;
    size_t m;
    vec shuffle;
    vec high_halves;
} batch;

/* Hashes one rectangle of at most eight vectors. Between the rounds go steps first_step ..
 * last_step of the next group's key schedule, which has nothing to do with them and so fills the
 * waiting time. All but the pointers and j are constants at every call. */
static ALWAYS_INLINE void hash_pass(block *ret, const block *x, const batch *b, rectangle part,
                                    const group_keys *keys, group_keys *next, vec w[4],
                                    unsigned first_step, unsigned last_step)
{
    const size_t n = part.n_e * part.n_j;
    const size_t m = b->m;
    const size_t corner = part.e0 * LANES * m + part.j;
    vec s[8];
    vec v[8];
    unsigned step = first_step;
    UNROLL
    for (size_t i = 0; i < n; i++) {
        const size_t e = i / part.n_j;
        const size_t j = i % part.n_j;
        const vec in = vec_load_lanes(x + corner + e * LANES * m + j, m);
        v[i] = hash_input(in, vec_set32(b->eps[part.j + j]), b->high_halves);
        s[i] = vec_xor(v[i], keys->round[0][part.e0 + e]);
    }
    UNROLL
    for (unsigned r = 1; r < ROUNDS; r++) {
        if (step <= last_step && step - first_step <= (r * (last_step - first_step + 1)) / ROUNDS)
            schedule_step(next, w, b->shuffle, step++);
        UNROLL
        for (size_t i = 0; i < n; i++)
            s[i] = vec_enc(s[i], keys->round[r][part.e0 + i / part.n_j]);
    }
    UNROLL
    for (; step <= last_step; step++)
        schedule_step(next, w, b->shuffle, step);
    UNROLL
    for (size_t i = 0; i < n; i++) {
        const size_t e = i / part.n_j;
        const size_t j = i % part.n_j;
        const vec last = vec_xor(keys->round[ROUNDS][part.e0 + e], v[i]);
        vec_store_lanes(ret + corner + e * LANES * m + j, m, vec_enc_last(s[i], last));
    }
}

/* The number m of columns decides how a group is cut into passes of about eight vectors. */
typedef enum shape { ONE_COLUMN, TWO_COLUMNS, THREE_COLUMNS, MORE_COLUMNS } shape;

/* Hashes n_groups groups of KEYS tweaks. The schedule of a group runs along with the encryption of
 * the one before; the last group has it run for nothing. The shape is a constant at every call. */
static ALWAYS_INLINE void hash_groups(shape columns, block *ret, const block *x, const batch *b,
                                      size_t n_groups)
{
    const size_t m = b->m;
    group_keys keys[2];
    vec w[4];
    tweak_words tweaks;
    tweak_start(&tweaks, &b->s, b->first_tweak);
    tweak_next(w, &tweaks);
    UNROLL
    for (unsigned r = 0; r <= ROUNDS; r++)
        schedule_step(&keys[0], w, b->shuffle, r);
    for (size_t g = 0; g < n_groups; g++, ret += KEYS * m, x += KEYS * m) {
        const group_keys *now = &keys[g % 2];
        group_keys *next = &keys[1 - g % 2];
        tweak_next(w, &tweaks);
        schedule_step(next, w, b->shuffle, 0);
        switch (columns) {
        case ONE_COLUMN:
            hash_pass(ret, x, b, (rectangle){0, 4, 0, 1}, now, next, w, 1, 10);
            break;
        case TWO_COLUMNS:
            hash_pass(ret, x, b, (rectangle){0, 4, 0, 2}, now, next, w, 1, 10);
            break;
        case THREE_COLUMNS:
            hash_pass(ret, x, b, (rectangle){0, 2, 0, 3}, now, next, w, 1, 5);
            hash_pass(ret, x, b, (rectangle){2, 2, 0, 3}, now, next, w, 6, 10);
            break;
        case MORE_COLUMNS:
            hash_pass(ret, x, b, (rectangle){0, 4, 0, 2}, now, next, w, 1, 5);
            hash_pass(ret, x, b, (rectangle){0, 4, 2, 2}, now, next, w, 6, 10);
            for (size_t j = 4; j + 1 < m; j += 2)
                hash_pass(ret, x, b, (rectangle){0, 4, j, 2}, now, next, w, 1, 0);
            if (m % 2 == 1)
                hash_pass(ret, x, b, (rectangle){0, 4, m - 1, 1}, now, next, w, 1, 0);
            break;
        }
    }
}

/* One function per shape: in a common one the compiler would pull the schedules together and undo
 * the interleaving. */
static NOINLINE void hash_columns_1(block *ret, const block *x, const batch *b, size_t n_groups)
{
    hash_groups(ONE_COLUMN, ret, x, b, n_groups);
}

static NOINLINE void hash_columns_2(block *ret, const block *x, const batch *b, size_t n_groups)
{
    hash_groups(TWO_COLUMNS, ret, x, b, n_groups);
}

static NOINLINE void hash_columns_3(block *ret, const block *x, const batch *b, size_t n_groups)
{
    hash_groups(THREE_COLUMNS, ret, x, b, n_groups);
}

static NOINLINE void hash_columns_more(block *ret, const block *x, const batch *b, size_t n_groups)
{
    hash_groups(MORE_COLUMNS, ret, x, b, n_groups);
}

static void hash_tweaks(block *ret, block s, uint64_t first_tweak, size_t n_tweaks, const block *x,
                        const uint32_t *eps, size_t m)
{
    const block ones = block_make(UINT64_MAX, 0);
    const batch b = {.eps = eps,
                     .m = m,
                     .s = s,
                     .first_tweak = first_tweak,
                     .shuffle = vec_of_bytes(rotate_and_unshift),
                     .high_halves = vec_of_block(&ones)};
    size_t t = n_tweaks / KEYS * KEYS;
    if (m == 0)
        return;
    if (t > 0) {
        void (*const by_columns[])(block *, const block *, const batch *, size_t) = {
            hash_columns_1, hash_columns_2, hash_columns_3, hash_columns_more};
        by_columns[m < 4 ? m - 1 : 3](ret, x, &b, n_tweaks / KEYS);
    }
    for (; t < n_tweaks; t++) {
        const block tweaked = block_xor(s, block_make(0, first_tweak + t));
        aes_key key;
        expand_one(&key, &tweaked);
        hash_blocks(ret + t * m, &key, x + t * m, eps, m);
    }
}

const aes_backend_ops AES_BACKEND = {
    .base = {.name = AES_BACKEND_NAME, .needs = AES_BACKEND_NEEDS},
    .expand_n = expand_n,
    .encrypt_n = encrypt_n,
    .ctr = ctr,
    .hash_pair = hash_both,
    .hash_batch = hash_tweaks,
};
