/* Memory that dies together. Layer: base.
 *
 * Allocations are zeroed, aligned for any type, and freed all at once by arena_clear. Not for
 * secrets. One arena belongs to one thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/compiler.h"

typedef struct arena_chunk arena_chunk;

typedef struct arena {
    arena_chunk *chunks;
    size_t total_bytes;
    size_t max_bytes;
} arena;

/* Starts empty; at most `max_bytes` in all. */
void arena_init(arena *a, size_t max_bytes);
void arena_clear(arena *a);

/* `count` zeroed items of `size` bytes, or NULL when out of memory or past the limit. */
MUST_CHECK void *arena_new(arena *a, size_t count, size_t size);

/* A terminated copy of `len` bytes of text. */
MUST_CHECK char *arena_string(arena *a, const char *text, size_t len);

#endif
