/* Places in the text of a program. Layer: lang. */
#ifndef LANG_SPAN_H
#define LANG_SPAN_H

#include <stdint.h>

/* Natural positions: line and column one-based, a column is a Unicode scalar value, the end is
 * exclusive (spec L9, Q17). Which tokens a node's span covers is G17; panics report it. */
typedef struct span {
    uint32_t line, column, end_line, end_column;
} span;

/* From the start of one to the end of the other. */
static inline span span_join(span first, span last)
{
    return (span){first.line, first.column, last.end_line, last.end_column};
}

#endif
