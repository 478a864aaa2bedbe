#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/pages.h"
#include "base/processors.h"

/* Linux 5.4; earlier ones refuse it, and keep the pages as long as they like. */
#ifndef MADV_PAGEOUT
#    define MADV_PAGEOUT 21
#endif

void huge_pages_advise(void *memory, size_t bytes)
{
    const uintptr_t from = (uintptr_t)memory;
    const uintptr_t first = (from + HUGE_PAGE_BYTES - 1) & ~(uintptr_t)(HUGE_PAGE_BYTES - 1);
    const uintptr_t end = (from + bytes) & ~(uintptr_t)(HUGE_PAGE_BYTES - 1);
    if (first < end)
        (void)madvise((char *)memory + (first - from), end - first, MADV_HUGEPAGE);
}

bool pages_cut_in_place(void)
{
    return true;
}

size_t pages_passed(const void *memory, size_t bytes)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t from = (uintptr_t)memory;
    const uintptr_t first = (from + page - 1) / page * page;
    const uintptr_t end = (from + bytes) / page * page;
    if (end <= first)
        return 0;
    (void)madvise((void *)first, end - first, MADV_PAGEOUT);
    return end - from;
}

size_t processors_usable(void)
{
    cpu_set_t usable;
    /* Refused where the system has more of them than fit in there. */
    if (sched_getaffinity(0, sizeof usable, &usable) == 0)
        return (size_t)CPU_COUNT(&usable);
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (size_t)online;
}
