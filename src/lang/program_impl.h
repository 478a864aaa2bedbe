/* What a program is in memory. Layer: lang; for the files behind polytune/program.h. */
#ifndef LANG_PROGRAM_IMPL_H
#define LANG_PROGRAM_IMPL_H

#include "base/arena.h"
#include "lang/lower/lower.h"
#include "polytune/program.h"

/* Most memory for the types of one program. */
#define PROGRAM_MAX_TYPE_BYTES MEM_LIMIT((uint64_t)1 << 30)

struct pt_program {
    arena types;
    lowered lowered;
    const char *function;   /* the entry point; this and the constants are in `types` */
    pt_constant *constants; /* external ones, as they were given */
    size_t n_constants;
    pt_line_count *line_counts; /* NULL when not asked for */
    size_t n_line_counts;
};

#endif
