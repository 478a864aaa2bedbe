/* The one entry to the heap. Layer: base.
 *
 * Sizes are given as count times size and checked for overflow; memory comes zeroed. Everything
 * from mem_new is released with mem_free. Secrets are released with mem_free_secret, which wipes
 * first. Builds with PT_TESTING can be told to fail the n-th allocation. Safe to call from any
 * thread. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* A limit on sizes, a 64-bit number: where sizes have 32 bits, which it would overflow to something
 * small, half of what these can express. */
#define MEM_LIMIT(bytes)                                                                           \
    ((size_t)((uint64_t)(bytes) < SIZE_MAX / 2 ? (uint64_t)(bytes) : SIZE_MAX / 2))
_Static_assert(MEM_LIMIT((uint64_t)8 << 30) >= SIZE_MAX / 2 ||
                   MEM_LIMIT((uint64_t)8 << 30) >> 30 == 8,
               "a limit is kept, or as large as sizes allow");

/* `count` zeroed items of `size` bytes, or NULL. Zero items give a valid pointer. */
MUST_CHECK void *mem_new(size_t count, size_t size);

/* Grows to `count` items, keeping the contents; new bytes are undefined. On NULL the old block is
 * kept. */
MUST_CHECK void *mem_resize(void *old, size_t count, size_t size);

/* Cuts a block to its first `count` items, for good. On NULL nothing has changed. */
MUST_CHECK void *mem_cut(void *old, size_t count, size_t size);

/* 64-byte aligned, zeroed, in large pages where it is large and the system has such; release with
 * mem_free. */
MUST_CHECK void *mem_new_aligned(size_t count, size_t size);
/* The same, but that where it is large it holds anything: for what is written before it is read,
 * and would be touched twice. */
MUST_CHECK void *mem_new_unset(size_t count, size_t size);

void mem_free(void *memory);

/* Wipes `bytes` bytes, then frees. Accepts NULL. */
void mem_free_secret(void *memory, size_t bytes);

/* For secrets that live as long as a session, or longer: zeroed, between pages that nobody may
 * touch, locked into memory and left out of core files where the system allows; where it has no
 * pages left to lock the memory is as good as any. Whole pages: for few and small things.
 * mem_free_guarded wipes `bytes` bytes and accepts NULL. */
MUST_CHECK void *mem_new_guarded(size_t count, size_t size);
void mem_free_guarded(void *memory, size_t bytes);

/* Overwrites with zeros in a way the compiler does not remove. */
void mem_wipe(void *memory, size_t bytes);

/* Wipes what calls that have returned left on this thread's stack below the caller's frame:
 * compilers keep copies of secrets there that no code names. Takes MEM_STACK_BYTES of the stack. */
#define MEM_STACK_BYTES ((size_t)1 << 16)
void mem_wipe_stack(void);

/* A copy of a terminated string, or NULL. */
MUST_CHECK char *mem_string(const char *text);

#ifdef PT_TESTING
/* Makes the n-th allocation from now fail (1 = the next one), and only that; 0 switches this off.
 */
void mem_fail_at(unsigned long nth);
#endif

#endif
