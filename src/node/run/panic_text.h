/* A panic of the program as the callers of the Rust project's server know it. Layer: node. */
#ifndef NODE_RUN_PANIC_TEXT_H
#define NODE_RUN_PANIC_TEXT_H

#include <stddef.h>

#include "polytune/program.h"

/* A sentence, and then "Panic(EvalPanic { .. })" with that server's words and places, from 0. */
void panic_text(char *ret_text, size_t size, const pt_panic *panic);

#endif
