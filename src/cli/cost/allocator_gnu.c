#include <malloc.h>

#include "cli/cost/allocator.h"

/* The default begins there, too, but follows what was freed, up to 32 MiB; what is between small
 * things then leaves holes of its size. */
#define LARGE_BYTES (96 << 10) /* a message is smaller */

void allocator_give_back(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_ARENA_MAX, 1);
}
