/* A result as the Rust project's server posts it. Layer: node. */
#ifndef NODE_RUN_RESULT_TEXT_H
#define NODE_RUN_RESULT_TEXT_H

#include <stdbool.h>

#include "base/compiler.h"

/* {"type":"success","details":DETAILS}, JSON as it stands, or {"type":"error","details":"Error:
 * REASON\n"}. mem_free_secret; NULL when out of memory. */
MUST_CHECK char *result_text(bool is_success, const char *details, const char *reason);

#endif
