#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"

#include <time.h>

static uint64_t clock_read(clockid_t id)
{
    struct timespec now = {0};
    (void)clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_ns(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

uint64_t clock_ms(void)
{
    return clock_ns() / 1000000u;
}

void clock_sleep(uint64_t ms)
{
    const struct timespec time = {.tv_sec = (time_t)(ms / 1000u),
                                  .tv_nsec = (long)(ms % 1000u) * 1000000};
    (void)nanosleep(&time, NULL);
}

uint64_t clock_thread_ns(void)
{
    return clock_read(CLOCK_THREAD_CPUTIME_ID);
}
