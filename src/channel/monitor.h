/* A mutex with a condition that waits on the monotonic clock. Layer: channel.
 *
 * A host without threads has a file of its own for these calls, in place of monitor.c. */
#ifndef CHANNEL_MONITOR_H
#define CHANNEL_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

typedef struct monitor {
    struct monitor_parts *parts; /* what the host makes it of */
} monitor;

#define MONITOR_FOREVER UINT64_MAX

/* False when the system is out of resources; then there is nothing to clear. */
MUST_CHECK bool monitor_init(monitor *m);
void monitor_clear(monitor *m);

void monitor_lock(monitor *m);
void monitor_unlock(monitor *m);

/* Wakes all that wait; call with the monitor locked. */
void monitor_wake(monitor *m);

/* Releases the lock, waits for a wake (or nothing at all: look again at what you wait for) or until
 * clock_ms() reaches `deadline_ms`, and locks again. False once the deadline has passed. */
bool monitor_wait(monitor *m, uint64_t deadline_ms);

#endif
