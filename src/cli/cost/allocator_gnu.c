#include <malloc.h>

#include "cli/cost/allocator.h"

/* The default is 128 KiB, but follows what was freed, up to 32 MiB; what is between small things
 * then leaves holes of its size. Messages are below this, the largest (a frame of correlated OTs)
 * 128 KiB: each would be mapped and unmapped otherwise. */
#define LARGE_BYTES (160 << 10)

void allocator_give_back(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_ARENA_MAX, 1);
}
