/* Hexadecimal test vectors (byte 0 first) and throw-away random blocks. */
#ifndef TESTS_CRYPTO_VECTORS_H
#define TESTS_CRYPTO_VECTORS_H

#include "support/test.h"

#include "crypto/block.h"
#include "crypto/prg.h"

static inline void bytes_from_hex(uint8_t *ret, const char *hex, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        ret[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

static inline block block_from_hex(const char *hex)
{
    uint8_t bytes[16];
    bytes_from_hex(bytes, hex, sizeof bytes);
    return block_load(bytes);
}

#define assert_block_equal(a, b)                                                                   \
    do {                                                                                           \
        const block equal_a = (a);                                                                 \
        const block equal_b = (b);                                                                 \
        assert_memory_equal(&equal_a, &equal_b, sizeof(block));                                    \
    } while (0)

/* Deterministic test data: fills `ret` with PRG(seed). */
static inline void random_blocks(block *ret, size_t n, uint64_t seed)
{
    prg_expand(ret, block_make(0x7465737464617461, seed), 0, n);
}

#endif
