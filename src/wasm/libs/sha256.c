/* SHA-256 (FIPS 180-4) of bytes that are all there, which is what wasm_hash wants: libsodium's, in
 * pieces and with its rounds written out, takes 1 KB more. */
#include <sodium.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK  ((size_t)64)
#define LENGTH ((size_t)8) /* the number of bits, at the end */
#define ROUNDS ((size_t)64)

static const uint32_t round_words[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x >> by | x << (32 - by);
}

/* The message as 16 words, and 48 more of it. */
static void schedule_words(uint32_t ret[ROUNDS], const uint8_t block[BLOCK])
{
    memcpy(ret, block, BLOCK);
    for (size_t i = 0; i < 16; i++)
        ret[i] = __builtin_bswap32(ret[i]);
    for (size_t i = 16; i < ROUNDS; i++) {
        const uint32_t a = ret[i - 15];
        const uint32_t b = ret[i - 2];
        ret[i] = ret[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + ret[i - 7] +
                 (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
}

static void absorb_block(uint32_t state[8], const uint8_t block[BLOCK])
{
    uint32_t w[ROUNDS];
    uint32_t s[8];
    schedule_words(w, block);
    memcpy(s, state, sizeof s);
    for (size_t i = 0; i < ROUNDS; i++) {
        const uint32_t e = s[4];
        const uint32_t a = s[0];
        const uint32_t t = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                           ((e & s[5]) ^ (~e & s[6])) + round_words[i] + w[i];
        const uint32_t u = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                           ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t;
        s[0] = t + u;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] += s[i];
}

int crypto_hash_sha256(unsigned char *ret_hash, const unsigned char *bytes, unsigned long long n)
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    size_t len = (size_t)n;
    for (; len >= BLOCK; len -= BLOCK, bytes += BLOCK)
        absorb_block(state, bytes);
    uint8_t last[2 * BLOCK] = {0};
    const size_t end = len < BLOCK - LENGTH ? BLOCK : 2 * BLOCK;
    const uint64_t bits = __builtin_bswap64(8 * (uint64_t)n);
    memcpy(last, bytes, len);
    last[len] = 0x80;
    memcpy(last + end - LENGTH, &bits, LENGTH);
    for (size_t at = 0; at < end; at += BLOCK)
        absorb_block(state, last + at);
    mem_wipe(last, sizeof last);
    for (size_t i = 0; i < 8; i++)
        state[i] = __builtin_bswap32(state[i]);
    memcpy(ret_hash, state, sizeof state);
    return 0;
}
