#define _POSIX_C_SOURCE 200809L
#include "channel/monitor.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/assert.h"
#include "base/mem.h"

struct monitor_parts {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

static bool monitor_make_parts(struct monitor_parts *parts)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&parts->mutex, NULL) != 0)
        return false;
    if (pthread_condattr_init(&attributes) != 0) {
        (void)pthread_mutex_destroy(&parts->mutex);
        return false;
    }
    const bool ok = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                    pthread_cond_init(&parts->changed, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    if (!ok)
        (void)pthread_mutex_destroy(&parts->mutex);
    return ok;
}

bool monitor_init(monitor *m)
{
    struct monitor_parts *parts = mem_new(1, sizeof *parts);
    if (parts == NULL || !monitor_make_parts(parts)) {
        mem_free(parts);
        return false;
    }
    m->parts = parts;
    return true;
}

void monitor_clear(monitor *m)
{
    (void)pthread_cond_destroy(&m->parts->changed);
    (void)pthread_mutex_destroy(&m->parts->mutex);
    mem_free(m->parts);
    m->parts = NULL;
}

void monitor_lock(monitor *m)
{
    const int failed = pthread_mutex_lock(&m->parts->mutex);
    PT_ASSERT(failed == 0);
}

void monitor_unlock(monitor *m)
{
    const int failed = pthread_mutex_unlock(&m->parts->mutex);
    PT_ASSERT(failed == 0);
}

void monitor_wake(monitor *m)
{
    (void)pthread_cond_broadcast(&m->parts->changed);
}

bool monitor_wait(monitor *m, uint64_t deadline_ms)
{
    if (deadline_ms == MONITOR_FOREVER) {
        (void)pthread_cond_wait(&m->parts->changed, &m->parts->mutex);
        return true;
    }
    const struct timespec deadline = {.tv_sec = (time_t)(deadline_ms / 1000u),
                                      .tv_nsec = (long)(deadline_ms % 1000u) * 1000000};
    return pthread_cond_timedwait(&m->parts->changed, &m->parts->mutex, &deadline) != ETIMEDOUT;
}
