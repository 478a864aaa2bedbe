#include "crypto/hash.h"

#include "base/assert.h"
#include "crypto/aes_backend.h"

#define KEYS_AT_ONCE 32

void hash_keys(aes_key *ret_keys, block s, uint64_t first_tweak, size_t n)
{
    PT_ASSERT(n == 0 || first_tweak <= UINT64_MAX - (n - 1));
    block tweaked[KEYS_AT_ONCE];
    for (size_t i = 0; i < n; i += KEYS_AT_ONCE) {
        const size_t count = n - i < KEYS_AT_ONCE ? n - i : KEYS_AT_ONCE;
        for (size_t k = 0; k < count; k++)
            tweaked[k] = block_xor(s, block_make(0, first_tweak + i + k));
        aes_key_expand_n(ret_keys + i, tweaked, count);
    }
}

void hash_pair(block *ret, const aes_key keys[2], const block *x, const uint32_t *eps, size_t n)
{
    aes_active()->hash_pair(ret, keys, x, eps, n);
}

void hash_batch(block *ret, block s, uint64_t first_tweak, size_t n_tweaks, const block *x,
                const uint32_t *eps, size_t m)
{
    PT_ASSERT(n_tweaks == 0 || first_tweak <= UINT64_MAX - (n_tweaks - 1));
    aes_active()->hash_batch(ret, s, first_tweak, n_tweaks, x, eps, m);
}
