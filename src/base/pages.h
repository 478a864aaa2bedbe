/* What the system is told about pages of memory. Layer: base. In system_linux.c, system_other.c.
 *
 * Large ones: what is read at random in a large table waits for addresses to be translated, too,
 * and a page is zeroed and entered by the system one at a time. */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#define HUGE_PAGE_BYTES ((size_t)1 << 21)

/* Asks for large pages where `bytes` at `memory` cover such; the system may not have them. Before
 * the memory is first written. */
void huge_pages_advise(void *memory, size_t bytes);

/* Whether a large block of the heap is best cut where it lies. Not in a memory that only grows
 * (WebAssembly): the block may be the last thing in it, and all below would be left too small for
 * what comes next. */
bool pages_cut_in_place(void);

/* What is in these bytes will not be needed for some time, so that the system may give their pages
 * to others: those of a file are read from it again. No byte changes, whatever memory it is, and
 * pages that have other bytes, too, stay. How many bytes this is done with: those of a page that
 * goes on behind them are for the next call. */
size_t pages_passed(const void *memory, size_t bytes);

#endif
