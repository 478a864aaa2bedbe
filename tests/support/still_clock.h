/* A clock that the test moves: time passes only while it sleeps, so that, however busy the machine
 * is, what is measured is what the test says. Link with --wrap=clock_ms and --wrap=clock_sleep. To
 * be included by one file of a test. */
#ifndef TESTS_SUPPORT_STILL_CLOCK_H
#define TESTS_SUPPORT_STILL_CLOCK_H

#include <stdint.h>

#include "base/clock.h"

static uint64_t now_ms = 1000000;

uint64_t __wrap_clock_ms(void);
void __wrap_clock_sleep(uint64_t ms);

uint64_t __wrap_clock_ms(void)
{
    return now_ms;
}

void __wrap_clock_sleep(uint64_t ms)
{
    now_ms += ms;
}

#endif
