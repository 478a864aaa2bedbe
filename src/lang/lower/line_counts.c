#include "lang/lower/line_counts.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"

static int compare(const void *left, const void *right)
{
    const pt_line_count *a = left;
    const pt_line_count *b = right;
    if (a->and_gates != b->and_gates)
        return a->and_gates > b->and_gates ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

pt_status line_counts_make(pt_line_count **ret_list, size_t *ret_count, const uint32_t *counts,
                           uint32_t n_lines, pt_error *error)
{
    size_t n = 0;
    PT_ASSERT(counts[0] == 0);
    for (uint32_t line = 1; line <= n_lines; line++)
        n += counts[line] != 0 ? 1 : 0;
    pt_line_count *list = mem_new(n, sizeof *list);
    if (list == NULL)
        return error_memory(error);
    n = 0;
    for (uint32_t line = 1; line <= n_lines; line++) {
        if (counts[line] != 0)
            list[n++] = (pt_line_count){.line = line, .and_gates = counts[line]};
    }
    qsort(list, n, sizeof *list, compare);
    *ret_list = list;
    *ret_count = n;
    return PT_OK;
}
