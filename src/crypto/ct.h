/* Constant-time comparison and selection. Layer: crypto. */
#ifndef CRYPTO_CT_H
#define CRYPTO_CT_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/block.h"

/* Full-length comparison, time independent of the contents. */
bool ct_equal(const void *a, const void *b, size_t len);

static inline bool ct_block_equal(block a, block b)
{
    return ct_equal(&a, &b, sizeof a);
}

/* a if bit is 1, b if it is 0. */
static inline block ct_select(unsigned bit, block a, block b)
{
    return block_xor(b, block_if(bit, block_xor(a, b)));
}

#endif
