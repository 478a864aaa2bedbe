#define _POSIX_C_SOURCE 200809L
#include "channel/monitor.h"

#include <errno.h>
#include <time.h>

#include "base/assert.h"

bool monitor_init(monitor *m)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&m->mutex, NULL) != 0)
        return false;
    if (pthread_condattr_init(&attributes) != 0) {
        (void)pthread_mutex_destroy(&m->mutex);
        return false;
    }
    const bool ok = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                    pthread_cond_init(&m->changed, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    if (!ok)
        (void)pthread_mutex_destroy(&m->mutex);
    return ok;
}

void monitor_clear(monitor *m)
{
    (void)pthread_cond_destroy(&m->changed);
    (void)pthread_mutex_destroy(&m->mutex);
}

void monitor_lock(monitor *m)
{
    const int failed = pthread_mutex_lock(&m->mutex);
    PT_ASSERT(failed == 0);
}

void monitor_unlock(monitor *m)
{
    const int failed = pthread_mutex_unlock(&m->mutex);
    PT_ASSERT(failed == 0);
}

void monitor_wake(monitor *m)
{
    (void)pthread_cond_broadcast(&m->changed);
}

bool monitor_wait(monitor *m, uint64_t deadline_ms)
{
    if (deadline_ms == MONITOR_FOREVER) {
        (void)pthread_cond_wait(&m->changed, &m->mutex);
        return true;
    }
    const struct timespec deadline = {.tv_sec = (time_t)(deadline_ms / 1000u),
                                      .tv_nsec = (long)(deadline_ms % 1000u) * 1000000};
    return pthread_cond_timedwait(&m->changed, &m->mutex, &deadline) != ETIMEDOUT;
}
