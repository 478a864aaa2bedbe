/* The clock of a host that is JavaScript. */
#include "base/clock.h"

#include "base/min.h"
#include "wasm/host.h"

uint64_t clock_ns(void)
{
    return (uint64_t)(host_clock() * 1e6);
}

uint64_t clock_ms(void)
{
    return (uint64_t)host_clock();
}

void clock_sleep(uint64_t ms)
{
    static const char url[] = "wait:";
    host_call_data call = {
        .url = url, .url_len = sizeof url - 1, .timeout_ms = (uint32_t)min_u64(ms, UINT32_MAX)};
    if (ms != 0)
        host_call(&call);
}

/* There is one thread, and nobody who takes the processor from it but the host. */
uint64_t clock_thread_ns(void)
{
    return clock_ns();
}
