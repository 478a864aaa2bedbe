#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct arena_chunk {
    arena_chunk *next;
    size_t used;
    size_t capacity;
    _Alignas(16) unsigned char bytes[];
};

#define CHUNK_BYTES ((size_t)64 * 1024)
#define ALIGNMENT   ((size_t)16)

void arena_init(arena *a, size_t max_bytes)
{
    *a = (arena){.max_bytes = max_bytes};
}

void arena_clear(arena *a)
{
    arena_chunk *chunk = a->chunks;
    while (chunk != NULL) {
        arena_chunk *next = chunk->next;
        mem_free(chunk);
        chunk = next;
    }
    *a = (arena){.max_bytes = a->max_bytes};
}

void *arena_new(arena *a, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 4 / size)
        return NULL;
    const size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    arena_chunk *chunk = a->chunks;
    if (chunk == NULL || chunk->capacity - chunk->used < bytes) {
        const size_t capacity = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
        if (capacity > a->max_bytes || a->total_bytes > a->max_bytes - capacity)
            return NULL;
        chunk = mem_new(1, sizeof *chunk + capacity);
        if (chunk == NULL)
            return NULL;
        chunk->capacity = capacity;
        chunk->next = a->chunks;
        a->chunks = chunk;
        a->total_bytes += capacity;
    }
    void *at = chunk->bytes + chunk->used;
    chunk->used += bytes;
    return at;
}

char *arena_string(arena *a, const char *text, size_t len)
{
    char *copy = arena_new(a, len + 1, 1);
    if (copy != NULL && len != 0)
        memcpy(copy, text, len);
    return copy;
}
