/* Where AND gates come from: counts by line of the source, sorted. Layer: lang. */
#ifndef LANG_LOWER_LINE_COUNTS_H
#define LANG_LOWER_LINE_COUNTS_H

#include "base/compiler.h"
#include "polytune/program.h"

/* The lines 1 .. n_lines with AND gates, most first, then by number; `counts` has n_lines + 1
 * numbers, the first of which must be 0. *ret_list: mem_free. PT_ERR_MEMORY. */
MUST_CHECK pt_status line_counts_make(pt_line_count **ret_list, size_t *ret_count,
                                      const uint32_t *counts, uint32_t n_lines, pt_error *error);

#endif
