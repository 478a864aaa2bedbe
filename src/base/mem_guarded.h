/* Pages for secrets that live long: how mem_new_guarded gets its memory from the system. Layer:
 * base.
 *
 * One file for each kind of system; a host without such pages gives ordinary memory. */
#ifndef BASE_MEM_GUARDED_H
#define BASE_MEM_GUARDED_H

#include <stddef.h>

#include "base/compiler.h"

/* `bytes` bytes of any content, aligned to 64 where the system knows pages, or NULL. */
MUST_CHECK void *guarded_pages_new(size_t bytes);
void guarded_pages_free(void *memory);

#endif
