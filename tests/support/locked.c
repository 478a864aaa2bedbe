#define _DEFAULT_SOURCE /* mlock's declaration */
#include "support/locked.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

static atomic_bool refuses_all;
static atomic_size_t n_areas;
static atomic_size_t n_bytes;

__attribute__((visibility("default"))) int mlock(const void *memory, size_t bytes)
{
    (void)memory;
    if (refuses_all) {
        errno = ENOMEM;
        return -1;
    }
    atomic_fetch_add(&n_areas, 1);
    atomic_fetch_add(&n_bytes, bytes);
    return 0;
}

size_t locked_areas(void)
{
    return n_areas;
}

size_t locked_bytes(void)
{
    return n_bytes;
}

void locked_reset(void)
{
    n_areas = 0;
    n_bytes = 0;
}

void locked_refuse(bool refuses)
{
    refuses_all = refuses;
}
