#include "node/run/panic_text.h"

#include <stdio.h>
#include <string.h>

static const char *rust_name(const char *reason)
{
    if (strcmp(reason, "Division By Zero") == 0)
        return "DivByZero";
    return strcmp(reason, "Overflow") == 0 ? "Overflow" : "OutOfBounds";
}

void panic_text(char *ret_text, size_t size, const pt_panic *panic)
{
    (void)snprintf(ret_text, size,
                   "the program panicked: %s at line %u, column %u. Panic(EvalPanic { reason: %s, "
                   "panicked_at: %u:%u-%u:%u })",
                   panic->reason, panic->line, panic->column, rust_name(panic->reason),
                   panic->line - 1, panic->column - 1, panic->end_line - 1, panic->end_column - 1);
}
