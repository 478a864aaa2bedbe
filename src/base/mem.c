#define _DEFAULT_SOURCE
#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem_guarded.h"
#include "base/pages.h"
#include "polytune/status.h"

#ifdef PT_TESTING
#    include <stdatomic.h>

static atomic_ulong fail_countdown;

void mem_fail_at(unsigned long nth)
{
    atomic_store(&fail_countdown, nth);
}

static int told_to_fail(void)
{
    unsigned long left = atomic_load(&fail_countdown);
    while (left != 0) {
        if (atomic_compare_exchange_weak(&fail_countdown, &left, left - 1))
            return left == 1;
    }
    return 0;
}
#else
static int told_to_fail(void)
{
    return 0;
}
#endif

/* From here on memory is worth large pages, of which the last may be half empty. */
#define LARGE (4 * HUGE_PAGE_BYTES)

static int product_fits(size_t count, size_t size)
{
    return size == 0 || count <= SIZE_MAX / 2 / size;
}

void *mem_new(size_t count, size_t size)
{
    if (!product_fits(count, size) || told_to_fail())
        return NULL;
    return calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
}

void *mem_resize(void *old, size_t count, size_t size)
{
    if (!product_fits(count, size) || told_to_fail())
        return NULL;
    const size_t bytes = count * size;
    return realloc(old, bytes == 0 ? 1 : bytes);
}

void *mem_cut(void *old, size_t count, size_t size)
{
    if (!product_fits(count, size) || told_to_fail())
        return NULL;
    const size_t bytes = count * size == 0 ? 1 : count * size;
    if (pages_cut_in_place())
        return realloc(old, bytes);
    void *moved = malloc(bytes);
    if (moved == NULL)
        return NULL;
    memcpy(moved, old, count * size);
    free(old);
    return moved;
}

/* `bytes` are a multiple of 64; in large pages where they are many. */
static void *new_aligned(size_t alignment, size_t bytes)
{
    void *memory = NULL;
    if (posix_memalign(&memory, alignment, bytes) != 0)
        return NULL;
    if (bytes >= LARGE)
        huge_pages_advise(memory, bytes);
    return memory;
}

static size_t aligned_bytes(size_t count, size_t size)
{
    return (count * size + 64) / 64 * 64;
}

void *mem_new_aligned(size_t count, size_t size)
{
    if (!product_fits(count, size) || told_to_fail())
        return NULL;
    const size_t bytes = aligned_bytes(count, size);
    void *memory = new_aligned(bytes >= LARGE ? HUGE_PAGE_BYTES : 64, bytes);
    return memory == NULL ? NULL : memset(memory, 0, bytes);
}

/* Not aligned to large pages, which may take one more: the first and the last are small ones. */
void *mem_new_unset(size_t count, size_t size)
{
    if (!product_fits(count, size) || told_to_fail())
        return NULL;
    const size_t bytes = aligned_bytes(count, size);
    void *memory = new_aligned(64, bytes);
    return memory == NULL || bytes >= LARGE ? memory : memset(memory, 0, bytes);
}

void mem_free(void *memory)
{
    free(memory);
}

void mem_free_secret(void *memory, size_t bytes)
{
    if (memory != NULL)
        mem_wipe(memory, bytes);
    free(memory);
}

void *mem_new_guarded(size_t count, size_t size)
{
    if (!product_fits(count, size) || told_to_fail())
        return NULL;
    void *memory = guarded_pages_new(count * size);
    if (memory != NULL)
        memset(memory, 0, count * size);
    return memory;
}

void mem_free_guarded(void *memory, size_t bytes)
{
    if (memory == NULL)
        return;
    mem_wipe(memory, bytes);
    guarded_pages_free(memory);
}

void mem_wipe(void *memory, size_t bytes)
{
    if (bytes != 0)
        explicit_bzero(memory, bytes);
}

NOINLINE void mem_wipe_stack(void)
{
    uint8_t below[MEM_STACK_BYTES];
    mem_wipe(below, sizeof below);
}

char *mem_string(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = mem_new(size, 1);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

void pt_text_free(char *text)
{
    mem_free(text);
}
