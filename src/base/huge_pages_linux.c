#define _DEFAULT_SOURCE
#include <stdint.h>
#include <sys/mman.h>

#include "base/huge_pages.h"

void huge_pages_advise(void *memory, size_t bytes)
{
    const uintptr_t from = (uintptr_t)memory;
    const uintptr_t first = (from + HUGE_PAGE_BYTES - 1) & ~(uintptr_t)(HUGE_PAGE_BYTES - 1);
    const uintptr_t end = (from + bytes) & ~(uintptr_t)(HUGE_PAGE_BYTES - 1);
    if (first < end)
        (void)madvise((char *)memory + (first - from), end - first, MADV_HUGEPAGE);
}
