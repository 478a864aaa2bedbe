/* A lock where there is nobody else. */
#include "channel/monitor.h"

#include <stddef.h>

#include "base/clock.h"

bool monitor_init(monitor *m)
{
    m->parts = NULL;
    return true;
}

void monitor_clear(monitor *m)
{
    (void)m;
}

void monitor_lock(monitor *m)
{
    (void)m;
}

void monitor_unlock(monitor *m)
{
    (void)m;
}

void monitor_wake(monitor *m)
{
    (void)m;
}

/* Nobody could wake it. */
bool monitor_wait(monitor *m, uint64_t deadline_ms)
{
    (void)m;
    const uint64_t now = clock_ms();
    if (deadline_ms > now)
        clock_sleep(deadline_ms - now);
    return false;
}
