#include "base/mem_guarded.h"

#include <sodium.h>

#define LINE                                                                                       \
    64 /* sizes are multiples of it: libsodium puts the end of what it gives at the end of a page  \
        */

/* A system that locks no more pages gives them all the same: libsodium goes on then, and so do we.
 * What it cannot do without pages (WebAssembly), it does with malloc. */
void *guarded_pages_new(size_t bytes)
{
    if (sodium_init() < 0)
        return NULL;
    return sodium_malloc((bytes + LINE) / LINE * LINE);
}

void guarded_pages_free(void *memory)
{
    sodium_free(memory);
}
