#include "support/circuits.h"

#include <stdlib.h>
#include <string.h>

#include "circuit/arith.h"
#include "circuit/circuit.h"

/* --- AES --- */

/* Bytes are wires, least significant bit first. */
typedef struct byte {
    wire bits[8];
} byte;

/* GF(2^8) as GF(2^4)[z] / (z^2 + z + LAMBDA), GF(2^4) as GF(2)[w] / (w^4 + w + 1): in such a tower
 * an inversion comes down to one of four bits. High nibble: the coefficient of z. */
#define LAMBDA 8u

static unsigned mul4(unsigned x, unsigned y)
{
    unsigned product = 0;
    for (unsigned i = 0; i < 4; i++)
        product ^= (y >> i & 1) != 0 ? x << i : 0;
    for (unsigned i = 6; i >= 4; i--)
        product ^= (product >> i & 1) != 0 ? 0x13u << (i - 4) : 0;
    return product;
}

static unsigned tower_mul(unsigned x, unsigned y)
{
    const unsigned a = x >> 4, b = x & 15, c = y >> 4, d = y & 15;
    const unsigned ac = mul4(a, c);
    return (ac ^ mul4(a, d) ^ mul4(b, c)) << 4 | (mul4(ac, LAMBDA) ^ mul4(b, d));
}

/* columns[i] = the power i of a root, in the tower, of AES's x^8 + x^4 + x^3 + x + 1. */
static void find_isomorphism(unsigned *columns)
{
    for (unsigned root = 2; root < 256; root++) {
        unsigned powers[9] = {1};
        for (int i = 1; i < 9; i++)
            powers[i] = tower_mul(powers[i - 1], root);
        if ((powers[8] ^ powers[4] ^ powers[3] ^ powers[1] ^ powers[0]) == 0) {
            memcpy(columns, powers, 8 * sizeof *columns);
            return;
        }
    }
}

static unsigned apply(const unsigned *columns, unsigned x)
{
    unsigned y = 0;
    for (int i = 0; i < 8; i++)
        y ^= (x >> i & 1) != 0 ? columns[i] : 0;
    return y;
}

static void invert_matrix(unsigned *ret_columns, const unsigned *columns)
{
    for (int i = 0; i < 8; i++) {
        for (unsigned x = 0; x < 256; x++) {
            if (apply(columns, x) == 1u << i)
                ret_columns[i] = x;
        }
    }
}

static void apply_wires(circuit_builder *b, wire *ret, const unsigned *columns, const wire *x,
                        int n)
{
    wire y[8] = {WIRE_FALSE};
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            if ((columns[i] >> j & 1) != 0)
                y[j] = circuit_xor(b, y[j], x[i]);
        }
    }
    memcpy(ret, y, (size_t)n * sizeof *ret);
}

/* Karatsuba: the product of two polynomials of n coefficients (1, 2 or 4), 2n - 1 wires. */
static void mul_polynomials(circuit_builder *b, wire *ret, const wire *x, const wire *y, int n)
{
    const int half = n / 2;
    wire low[3], high[3], middle[3], x_sum[2], y_sum[2];
    if (n == 1) {
        ret[0] = circuit_and(b, x[0], y[0]);
        return;
    }
    for (int i = 0; i < half; i++) {
        x_sum[i] = circuit_xor(b, x[i], x[half + i]);
        y_sum[i] = circuit_xor(b, y[i], y[half + i]);
    }
    mul_polynomials(b, low, x, y, half);
    mul_polynomials(b, high, x + half, y + half, half);
    mul_polynomials(b, middle, x_sum, y_sum, half);
    for (int i = 0; i < 2 * n - 1; i++)
        ret[i] = WIRE_FALSE;
    for (int i = 0; i < 2 * half - 1; i++) {
        const wire cross = circuit_xor(b, middle[i], circuit_xor(b, low[i], high[i]));
        ret[i] = circuit_xor(b, ret[i], low[i]);
        ret[half + i] = circuit_xor(b, ret[half + i], cross);
        ret[n + i] = circuit_xor(b, ret[n + i], high[i]);
    }
}

static void mul4_wires(circuit_builder *b, wire *ret, const wire *x, const wire *y)
{
    wire product[7];
    mul_polynomials(b, product, x, y, 4);
    for (int i = 6; i >= 4; i--) { /* w^4 = w + 1 */
        product[i - 3] = circuit_xor(b, product[i - 3], product[i]);
        product[i - 4] = circuit_xor(b, product[i - 4], product[i]);
    }
    memcpy(ret, product, 4 * sizeof *ret);
}

static void inverse4_wires(circuit_builder *b, wire *ret, const wire *x)
{
    wire table[16 * 4], index[4], unused;
    for (unsigned v = 0; v < 16; v++) {
        unsigned inverse = 0;
        while (v != 0 && mul4(v, inverse) != 1)
            inverse++;
        for (unsigned i = 0; i < 4; i++)
            table[v * 4 + i] = wire_const((inverse >> i & 1) != 0);
    }
    for (int i = 0; i < 4; i++)
        index[i] = x[3 - i];
    arith_select(b, ret, &unused, table, 16, 4, index, 4);
}

/* The linear maps of the S-box. */
typedef struct sbox {
    unsigned to_tower[8];
    unsigned from_tower[8]; /* with the affine map's matrix */
    unsigned scale[4];      /* x -> LAMBDA x^2 */
    unsigned square[4];
} sbox;

static void sbox_init(sbox *s)
{
    unsigned back[8];
    find_isomorphism(s->to_tower);
    invert_matrix(back, s->to_tower);
    for (int i = 0; i < 8; i++) {
        const unsigned v = back[i];
        s->from_tower[i] = 0;
        for (unsigned r = 0; r < 5; r++) /* v and v rotated left by 1 .. 4 */
            s->from_tower[i] ^= (v << r | v >> (8 - r)) & 0xff;
    }
    for (unsigned i = 0; i < 4; i++) {
        s->square[i] = mul4(1u << i, 1u << i);
        s->scale[i] = mul4(s->square[i], LAMBDA);
    }
}

/* With x = az + b and d = LAMBDA a^2 + ab + b^2: 1/x = (a/d) z + (a + b)/d. */
static byte sub_byte(circuit_builder *b, const sbox *s, byte x)
{
    wire v[8], product[4], d[4], high[4], low[4], sum[4];
    apply_wires(b, v, s->to_tower, x.bits, 8);
    mul4_wires(b, product, v + 4, v);
    apply_wires(b, high, s->scale, v + 4, 4);
    apply_wires(b, low, s->square, v, 4);
    for (int i = 0; i < 4; i++) {
        d[i] = circuit_xor(b, product[i], circuit_xor(b, high[i], low[i]));
        sum[i] = circuit_xor(b, v[i], v[4 + i]);
    }
    inverse4_wires(b, d, d);
    byte y;
    mul4_wires(b, y.bits, sum, d);
    mul4_wires(b, y.bits + 4, v + 4, d);
    apply_wires(b, y.bits, s->from_tower, y.bits, 8);
    for (int i = 0; i < 8; i++)
        y.bits[i] ^= 0x63u >> i & 1;
    return y;
}

static byte xor_bytes(circuit_builder *b, byte x, byte y)
{
    for (int i = 0; i < 8; i++)
        x.bits[i] = circuit_xor(b, x.bits[i], y.bits[i]);
    return x;
}

static byte double_byte(circuit_builder *b, byte x)
{
    byte y;
    for (int i = 0; i < 8; i++) {
        y.bits[i] = i == 0 ? WIRE_FALSE : x.bits[i - 1];
        if ((0x1b >> i & 1) != 0)
            y.bits[i] = circuit_xor(b, y.bits[i], x.bits[7]);
    }
    return y;
}

static void next_round_key(circuit_builder *b, const sbox *s, byte *key, unsigned round_constant)
{
    for (int i = 0; i < 4; i++) {
        byte x = sub_byte(b, s, key[12 + (i + 1) % 4]);
        if (i == 0) {
            for (int j = 0; j < 8; j++)
                x.bits[j] ^= round_constant >> j & 1;
        }
        key[i] = xor_bytes(b, key[i], x);
    }
    for (int i = 4; i < 16; i++)
        key[i] = xor_bytes(b, key[i], key[i - 4]);
}

static void mix_column(circuit_builder *b, byte *column)
{
    byte old[4];
    memcpy(old, column, sizeof old);
    const byte all = xor_bytes(b, xor_bytes(b, old[0], old[1]), xor_bytes(b, old[2], old[3]));
    for (int i = 0; i < 4; i++) {
        const byte doubled = double_byte(b, xor_bytes(b, old[i], old[(i + 1) % 4]));
        column[i] = xor_bytes(b, xor_bytes(b, old[i], all), doubled);
    }
}

/* Byte i as one writes the value, from the left. */
static byte input_byte(const circuit_builder *b, uint32_t first, uint32_t i)
{
    byte x;
    for (uint32_t j = 0; j < 8; j++)
        x.bits[j] = circuit_input(b, first + (15 - i) * 8 + j);
    return x;
}

static void encrypt(circuit_builder *b, byte *state, byte *key)
{
    sbox s;
    unsigned round_constant = 1;
    sbox_init(&s);
    for (int i = 0; i < 16; i++)
        state[i] = xor_bytes(b, state[i], key[i]);
    for (int round = 1; round <= 10; round++) {
        byte shifted[16];
        for (int i = 0; i < 16; i++) /* row i % 4 moves left by i % 4 columns */
            shifted[i] = sub_byte(b, &s, state[(i + i % 4 * 4) % 16]);
        for (int column = 0; round < 10 && column < 4; column++)
            mix_column(b, shifted + 4 * column);
        next_round_key(b, &s, key, round_constant);
        round_constant = (round_constant << 1) ^ ((round_constant >> 7) * 0x11b);
        for (int i = 0; i < 16; i++)
            state[i] = xor_bytes(b, shifted[i], key[i]);
    }
}

static pt_circuit *finish(circuit_builder *b, const wire *outputs, size_t n)
{
    pt_circuit *c = NULL;
    if (circuit_builder_finish(&c, b, outputs, n, NULL, 0, NULL) != PT_OK)
        c = NULL;
    circuit_builder_free(b);
    return c;
}

pt_circuit *circuits_aes128(void)
{
    const uint32_t inputs[2] = {128, 128};
    circuit_builder *b = circuit_builder_new(inputs, 2, 0);
    byte key[16], state[16];
    wire out[128];
    if (b == NULL)
        return NULL;
    for (uint32_t i = 0; i < 16; i++) {
        key[i] = input_byte(b, 0, i);
        state[i] = input_byte(b, 128, i);
    }
    encrypt(b, state, key);
    for (int i = 0; i < 16; i++)
        memcpy(out + (15 - i) * 8, state[i].bits, sizeof state[i].bits);
    return finish(b, out, 128);
}

/* --- SHA-256 --- */

/* Words are wires, most significant bit first, as arith wants them. */
typedef struct word {
    wire bits[32];
} word;

static word add(circuit_builder *b, word x, word y)
{
    arith_add(b, x.bits, NULL, x.bits, y.bits, 32, false);
    return x;
}

/* x rotated right by r and s, and by t or, if `shifts`, shifted; summed. */
static word sigma(circuit_builder *b, word x, int r, int s, int t, bool shifts)
{
    word y;
    for (int i = 0; i < 32; i++) {
        const wire third = shifts && i < t ? WIRE_FALSE : x.bits[(i + 32 - t) % 32];
        y.bits[i] = circuit_xor(b, circuit_xor(b, x.bits[(i + 32 - r) % 32], third),
                                x.bits[(i + 32 - s) % 32]);
    }
    return y;
}

static word choose(circuit_builder *b, word x, word y, word z)
{
    for (int i = 0; i < 32; i++)
        y.bits[i] = circuit_mux(b, x.bits[i], y.bits[i], z.bits[i]);
    return y;
}

/* (x ^ z)(y ^ z) ^ z: one AND a bit. */
static word majority(circuit_builder *b, word x, word y, word z)
{
    for (int i = 0; i < 32; i++)
        x.bits[i] = circuit_xor(b, z.bits[i],
                                circuit_and(b, circuit_xor(b, x.bits[i], z.bits[i]),
                                            circuit_xor(b, y.bits[i], z.bits[i])));
    return x;
}

/* clang-format off */
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
/* clang-format on */

static void expand_message(circuit_builder *b, word *w)
{
    for (int t = 16; t < 64; t++) {
        const word s0 = sigma(b, w[t - 15], 7, 18, 3, true);
        const word s1 = sigma(b, w[t - 2], 17, 19, 10, true);
        w[t] = add(b, add(b, w[t - 16], s0), add(b, w[t - 7], s1));
    }
}

static void compress(circuit_builder *b, word *state, const word *w)
{
    word v[8]; /* a .. h */
    memcpy(v, state, sizeof v);
    for (int t = 0; t < 64; t++) {
        word k;
        arith_const(k.bits, 32, round_constants[t]);
        word t1 = add(b, v[7], sigma(b, v[4], 6, 11, 25, false));
        t1 = add(b, t1, choose(b, v[4], v[5], v[6]));
        t1 = add(b, t1, add(b, k, w[t]));
        const word t2 = add(b, sigma(b, v[0], 2, 13, 22, false), majority(b, v[0], v[1], v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] = add(b, v[4], t1);
        v[0] = add(b, t1, t2);
    }
    for (int i = 0; i < 8; i++)
        state[i] = add(b, state[i], v[i]);
}

/* Word i, from the left, of a value of n words. */
static word input_word(const circuit_builder *b, uint32_t first, uint32_t i, uint32_t n)
{
    word x;
    for (uint32_t j = 0; j < 32; j++)
        x.bits[31 - j] = circuit_input(b, first + (n - 1 - i) * 32 + j);
    return x;
}

pt_circuit *circuits_sha256(void)
{
    const uint32_t inputs[2] = {512, 256};
    circuit_builder *b = circuit_builder_new(inputs, 2, 0);
    word w[64], state[8];
    wire out[256];
    if (b == NULL)
        return NULL;
    for (uint32_t i = 0; i < 16; i++)
        w[i] = input_word(b, 0, i, 16);
    for (uint32_t i = 0; i < 8; i++)
        state[i] = input_word(b, 512, i, 8);
    expand_message(b, w);
    compress(b, state, w);
    for (size_t i = 0; i < 8; i++) {
        for (size_t j = 0; j < 32; j++)
            out[(7 - i) * 32 + j] = state[i].bits[31 - j];
    }
    return finish(b, out, 256);
}

/* --- random --- */

static uint64_t next_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

pt_circuit *circuits_random(size_t n_parties, uint32_t n_input_bits, uint32_t n_gates,
                            uint32_t n_outputs, uint64_t seed)
{
    const uint32_t n_inputs = (uint32_t)n_parties * n_input_bits;
    uint32_t party_inputs[CIRCUIT_MAX_PARTIES];
    uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (size_t p = 0; p < n_parties; p++)
        party_inputs[p] = n_input_bits;
    circuit_builder *b = circuit_builder_new(party_inputs, n_parties, 0);
    wire *wires = calloc((size_t)n_inputs + n_gates + 1, sizeof *wires);
    pt_circuit *c = NULL;
    if (b == NULL || wires == NULL) {
        circuit_builder_free(b);
        goto done;
    }
    for (uint32_t i = 0; i < n_inputs; i++)
        wires[i] = circuit_input(b, i);
    for (uint32_t i = n_inputs; i < n_inputs + n_gates; i++) {
        /* Recent wires, so that gates are rarely equal and few are dead. */
        const uint32_t reach = i < 64 || next_random(&random) % 8 == 0 ? i : 64;
        const uint64_t r = next_random(&random);
        const wire x = wires[i - 1 - (uint32_t)(r >> 8) % reach] ^ (r & 1);
        const wire y = wires[i - 1 - (uint32_t)(r >> 40) % reach];
        wires[i] = (r & 2) != 0 ? circuit_and(b, x, y) : circuit_xor(b, x, y);
    }
    c = finish(b, wires + n_inputs + n_gates - n_outputs, n_outputs);
done:
    free(wires);
    return c;
}

/* --- bits --- */

void circuits_bits_of_hex(uint8_t *ret_bits, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    const size_t n = strlen(hex);
    for (size_t i = 0; i < n; i++) {
        const char *at = strchr(digits, hex[n - 1 - i]);
        const size_t digit = at == NULL ? 0 : (size_t)(at - digits);
        for (size_t j = 0; j < 4; j++)
            ret_bits[4 * i + j] = digit >> j & 1;
    }
}

void circuits_hex_of_bits(char *ret_hex, const uint8_t *bits, size_t n_bits)
{
    const size_t n = n_bits / 4;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *four = bits + 4 * (n - 1 - i);
        ret_hex[i] = "0123456789abcdef"[four[0] | four[1] << 1 | four[2] << 2 | four[3] << 3];
    }
    ret_hex[n] = '\0';
}
