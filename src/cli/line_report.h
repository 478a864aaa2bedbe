/* Where a program's AND gates come from, line by line. Layer: cli. */
#ifndef CLI_LINE_REPORT_H
#define CLI_LINE_REPORT_H

#include <jansson.h>

#include "cli/computation.h"

/* A table, the line with most gates first, and the total. *ret_text: mem_free. The program must
 * have been compiled with the flag --report. */
PT_MUST_CHECK pt_status line_report_text(char **ret_text, const computation *c, pt_error *error);

/* An array of objects "line", "and", "percent", "source"; NULL when out of memory. */
PT_MUST_CHECK json_t *line_report_json(const computation *c);

#endif
