/* malloc and what belongs to it, in less space than wasi-libc's.
 *
 * Memory is a row of blocks, each a header and what follows it up to the next; `top` is what the
 * row has not reached yet. Free blocks never lie beside each other or the top, and are in lists by
 * classes of size. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define GRAIN      16u /* all blocks are multiples, and what is given out is aligned so */
#define IN_USE     1u
#define PAGE_BYTES 65536u
#define MOST_BYTES 0xfff00000u /* of memory, so that no place in it is 2^32 */

/* Up to SMALL_BYTES each size has a class, then eight have the sizes from one power of two to the
 * next. */
#define SMALL_BYTES   1024u
#define SMALL_CLASSES (SMALL_BYTES / GRAIN)
#define SMALL_POWER   10
#define PART_POWER    3
#define CLASSES       (SMALL_CLASSES + ((32u - SMALL_POWER) << PART_POWER))
#define WORDS         ((CLASSES + 31) / 32)

/* How many blocks of the wanted class are looked at, of which some may be too small. */
#define LOOK_AT 16u

typedef struct block {
    size_t size_before; /* of the block before, 0 in the first one */
    size_t size;        /* of this one, and IN_USE */
    struct block *next; /* in its list, while it is free; else what is given out begins here */
    struct block *last;
} block;

#define HEADER_BYTES offsetof(block, next)

extern unsigned char __heap_base;

static block *lists[CLASSES];
static uint32_t filled[WORDS]; /* a bit for each list that has blocks */
static block *top;
static size_t memory_end;
static size_t touched; /* from here on all bytes are zero */

static size_t block_size(const block *b)
{
    return b->size & ~(size_t)IN_USE;
}

static block *block_at(const block *b, size_t distance)
{
    return (block *)((uintptr_t)b + distance);
}

static block *block_of(const void *memory)
{
    return (block *)((uintptr_t)memory - HEADER_BYTES);
}

static void *memory_of(block *b)
{
    return &b->next;
}

static unsigned class_of(size_t size)
{
    if (size < SMALL_BYTES)
        return (unsigned)(size / GRAIN);
    const unsigned power = 31u - (unsigned)__builtin_clz((unsigned)size);
    const unsigned part = (unsigned)(size >> (power - PART_POWER)) & ((1u << PART_POWER) - 1);
    return SMALL_CLASSES + ((power - SMALL_POWER) << PART_POWER) + part;
}

static void list_add(block *b)
{
    const unsigned at = class_of(b->size);
    b->last = NULL;
    b->next = lists[at];
    if (b->next != NULL)
        b->next->last = b;
    lists[at] = b;
    filled[at / 32] |= 1u << at % 32;
}

static void list_remove(const block *b)
{
    const unsigned at = class_of(b->size);
    if (b->next != NULL)
        b->next->last = b->last;
    if (b->last != NULL)
        b->last->next = b->next;
    else
        lists[at] = b->next;
    if (lists[at] == NULL)
        filled[at / 32] &= ~(1u << at % 32);
}

/* A free block of at least `size`, which stays in its list; NULL when there is none. */
static block *list_find(size_t size)
{
    const unsigned at = class_of(size);
    block *b = lists[at];
    for (unsigned i = 0; b != NULL && i < LOOK_AT; i++, b = b->next)
        if (b->size >= size)
            return b;
    const unsigned from = at + 1; /* all in there are large enough */
    for (unsigned word = from / 32; word < WORDS; word++) {
        const uint32_t mask = word == from / 32 ? ~(uint32_t)0 << from % 32 : ~(uint32_t)0;
        if ((filled[word] & mask) != 0)
            return lists[32 * word + (unsigned)__builtin_ctz(filled[word] & mask)];
    }
    return NULL;
}

/* Makes `b` a free block of `size`, joined with free ones beside it. */
static void give_back(block *b, size_t size)
{
    const block *after = block_at(b, size);
    if (after != top && (after->size & IN_USE) == 0) {
        list_remove(after);
        size += after->size;
    }
    block *before = block_at(b, (size_t)0 - b->size_before);
    if (b->size_before != 0 && (before->size & IN_USE) == 0) {
        list_remove(before);
        size += before->size;
        b = before;
    }
    if (block_at(b, size) == top) {
        top = b;
        return;
    }
    b->size = size;
    block_at(b, size)->size_before = size;
    list_add(b);
}

/* Makes `b`, which has `has` bytes and is in no list, a block in use of `size`. */
static void take_piece(block *b, size_t size, size_t has)
{
    b->size = size | IN_USE;
    block *rest = block_at(b, size);
    rest->size_before = size;
    if (has != size)
        give_back(rest, has - size);
}

/* Makes sure that the top has so many bytes, and the size before the next one. */
static bool reach_top(size_t size)
{
    if (top == NULL) {
        /* What is given out is aligned, not its header. */
        top =
            (block *)(((uintptr_t)&__heap_base + GRAIN - 1) / GRAIN * GRAIN + GRAIN - HEADER_BYTES);
        memory_end = __builtin_wasm_memory_size(0) * PAGE_BYTES;
        top->size_before = 0;
        touched = (size_t)memory_of(top);
    }
    const size_t end = (size_t)top + size + HEADER_BYTES;
    if (end < size || end > MOST_BYTES)
        return false;
    if (end <= memory_end)
        return true;
    const size_t pages = (end - memory_end + PAGE_BYTES - 1) / PAGE_BYTES;
    if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX)
        return false;
    memory_end += pages * PAGE_BYTES;
    return true;
}

/* Takes `size` off the top, for a block that ends there or a new one. */
static void move_top(block *b, size_t size)
{
    b->size = size | IN_USE;
    top = block_at(b, size);
    top->size_before = size;
    if ((size_t)memory_of(top) > touched)
        touched = (size_t)memory_of(top);
}

static size_t size_for(size_t len)
{
    return (len + HEADER_BYTES + GRAIN - 1) / GRAIN * GRAIN;
}

void *malloc(size_t len)
{
    if (len > MOST_BYTES)
        return NULL;
    const size_t size = size_for(len);
    block *b = list_find(size);
    if (b != NULL) {
        list_remove(b);
        take_piece(b, size, b->size);
    } else if (reach_top(size)) {
        b = top;
        move_top(b, size);
    }
    return b == NULL ? NULL : memory_of(b);
}

void free(void *memory)
{
    if (memory == NULL)
        return;
    block *b = block_of(memory);
    if ((b->size & IN_USE) == 0)
        __builtin_trap();
    give_back(b, block_size(b));
}

void *calloc(size_t count, size_t size)
{
    if (size != 0 && count > MOST_BYTES / size)
        return NULL;
    const size_t len = count * size;
    const size_t was_touched = touched;
    char *memory = malloc(len);
    if (memory == NULL)
        return NULL;
    const size_t used = was_touched <= (size_t)memory ? 0 : was_touched - (size_t)memory;
    memset(memory, 0, used < len ? used : len);
    return memory;
}

/* Enlarges a block where it is, when what follows it is free. */
static bool enlarge(block *b, size_t size)
{
    const size_t has = block_size(b);
    block *after = block_at(b, has);
    if (after == top) {
        if (!reach_top(size - has))
            return false;
        move_top(b, size);
        return true;
    }
    if ((after->size & IN_USE) != 0 || has + after->size < size)
        return false;
    list_remove(after);
    take_piece(b, size, has + after->size);
    return true;
}

void *realloc(void *memory, size_t len)
{
    if (memory == NULL || len > MOST_BYTES)
        return memory == NULL ? malloc(len) : NULL;
    block *b = block_of(memory);
    const size_t has = block_size(b);
    const size_t size = size_for(len);
    if (size <= has) {
        take_piece(b, size, has);
        return memory;
    }
    if (enlarge(b, size))
        return memory;
    void *moved = malloc(len);
    if (moved == NULL)
        return NULL;
    memcpy(moved, memory, has - HEADER_BYTES);
    free(memory);
    return moved;
}

int posix_memalign(void **ret_memory, size_t alignment, size_t len)
{
    if (len > MOST_BYTES - alignment)
        return 1;
    char *memory = malloc(len + alignment);
    if (memory == NULL)
        return 1;
    block *b = block_of(memory);
    const size_t has = block_size(b);
    const size_t skip = ((size_t)0 - (size_t)memory) & (alignment - 1);
    block *aligned = block_at(b, skip);
    if (skip != 0) {
        aligned->size_before = skip;
        aligned->size = (has - skip) | IN_USE;
        block_at(b, has)->size_before = has - skip;
        give_back(b, skip);
    }
    take_piece(aligned, size_for(len), has - skip);
    *ret_memory = memory_of(aligned);
    return 0;
}
