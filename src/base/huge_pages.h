/* Memory in large pages: what is read at random in a large table waits for addresses to be
 * translated, too, and a page is zeroed and entered by the system one at a time. Layer: base. */
#ifndef BASE_HUGE_PAGES_H
#define BASE_HUGE_PAGES_H

#include <stddef.h>

#define HUGE_PAGE_BYTES ((size_t)1 << 21)

/* Asks for large pages where `bytes` at `memory` cover such; the system may not have them. Before
 * the memory is first written. */
void huge_pages_advise(void *memory, size_t bytes);

#endif
