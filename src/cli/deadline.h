/* --deadline: how long a command may take in all, whether it waits or computes. Layer: cli. */
#ifndef CLI_DEADLINE_H
#define CLI_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "polytune/polytune.h"

/* From now on; 0: for ever, as at first. */
void deadline_set(uint32_t ms);

/* What is left of it, 1 at least; 0: there is none. */
uint32_t deadline_left_ms(void);

/* A pt_cancelled_fn: whether a signal has come, or the time is over. */
bool deadline_came(void *user);

/* The status, and in `error` why, where that came for want of time. */
PT_MUST_CHECK pt_status deadline_explain(pt_status status, pt_error *error);

#endif
