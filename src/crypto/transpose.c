#include "crypto/transpose.h"

#include <stdatomic.h>

#include "base/compiler.h"
#include "crypto/cpu.h"
#include "crypto/transpose_backend.h"

typedef void transposition(block rows[128], const block *planes, size_t stride);

static _Atomic(transposition *) active;

/* Swaps the bits `shift` up in a, under the mask, with those of b. */
static void swap_row_bits(uint64_t *a, uint64_t *b, unsigned shift, uint64_t mask)
{
    const uint64_t t = (*a >> shift ^ *b) & mask;
    *b ^= t;
    *a ^= t << shift;
}

/* Halves of ever smaller squares trade places: 64, 32, .. 1. */
void transpose_128_portable(block rows[128], const block *planes, size_t stride)
{
    for (size_t p = 0; p < 64; p++) {
        const block a = planes[p * stride];
        const block b = planes[(p + 64) * stride];
        rows[p] = block_make(b.lo, a.lo);
        rows[p + 64] = block_make(b.hi, a.hi);
    }
    uint64_t mask = 0x00000000ffffffffu;
    for (unsigned size = 32; size > 0; size /= 2) {
        for (size_t p = 0; p < 128; p++) {
            if (p & size)
                continue;
            swap_row_bits(&rows[p].lo, &rows[p + size].lo, size, mask);
            swap_row_bits(&rows[p].hi, &rows[p + size].hi, size, mask);
        }
        mask ^= mask << size / 2;
    }
}

/* Threads that meet here all store the same pointer. */
static NOINLINE transposition *transpose_choose(void)
{
    transposition *found = transpose_128_portable;
#ifdef CRYPTO_X86
    if (cpu_features() & CPU_AVX2)
        found = transpose_128_avx2;
#endif
    atomic_store_explicit(&active, found, memory_order_relaxed);
    return found;
}

void transpose_128(block rows[128], const block *planes, size_t stride)
{
    transposition *found = atomic_load_explicit(&active, memory_order_relaxed);
    if (found == NULL)
        found = transpose_choose();
    found(rows, planes, stride);
}
