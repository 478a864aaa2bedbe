/* Copies of many blocks. Layer: crypto. */
#ifndef CRYPTO_COPY_H
#define CRYPTO_COPY_H

#include <stddef.h>

#include "crypto/block.h"

#if defined(__x86_64__)
#    include <emmintrin.h>
#endif

/* Copies n blocks to where nobody reads soon: the place is not fetched before it is overwritten,
 * and the cache keeps what it has. Another thread may read after copies_are_done: such stores are
 * in no order with others. */
static inline void copy_past_cache(block *ret, const block *v, size_t n)
{
#if defined(__x86_64__)
    for (size_t t = 0; t < n; t++)
        _mm_stream_si128((__m128i *)(void *)&ret[t],
                         _mm_load_si128((const __m128i *)(const void *)&v[t]));
#else
    memcpy(ret, v, n * sizeof *v);
#endif
}

/* Once after many copies: it waits until all of them have reached the memory. */
static inline void copies_are_done(void)
{
#if defined(__x86_64__)
    _mm_sfence();
#endif
}

#endif
