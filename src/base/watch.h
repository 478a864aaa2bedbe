/* What somebody who waits for a long computation wants to hear, and whether he still waits. Layer:
 * base. */
#ifndef BASE_WATCH_H
#define BASE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/status.h"

typedef struct watch {
    pt_progress_fn progress; /* may be NULL */
    void *progress_user;
    pt_cancelled_fn cancelled; /* may be NULL */
    void *cancelled_user;
    uint64_t ask_at_ms; /* zero at first */
    uint64_t tell_at_ms;
    bool is_cancelled;
} watch;

/* Whether to go on; asks several times a second at most. NULL: always. */
MUST_CHECK bool watch_goes_on(watch *w);
/* Tells how far it is, several times a second at most. NULL: nobody listens. */
void watch_tell(watch *w, const char *phase, uint64_t done, uint64_t total);

#endif
