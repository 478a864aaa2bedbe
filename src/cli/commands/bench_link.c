#include "cli/commands/bench_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

#define DELAY_MAX_MS 10000

/* A positive number and the unit behind it; false if `text` is none, or not to its end. */
static bool read_quantity(double *ret, const char *text, const char *end, const char *unit)
{
    char *after = NULL;
    errno = 0;
    *ret = strtod(text, &after);
    const size_t len = strlen(unit);
    return errno == 0 && after != text && *text >= '0' && *text <= '9' && *ret >= 0 &&
           after + len == end && strncmp(after, unit, len) == 0;
}

static bool read_rate(uint64_t *ret_bytes, const char *text, const char *end)
{
    static const struct {
        const char *unit;
        double bits;
    } units[] = {{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        double rate = 0;
        if (!read_quantity(&rate, text, end, units[i].unit))
            continue;
        const double bytes = rate * units[i].bits / 8;
        if (bytes < 1 || bytes > 1e12)
            return false;
        *ret_bytes = (uint64_t)bytes;
        return true;
    }
    return false;
}

pt_status bench_link_parse(slow_link *ret_link, const char *text, pt_error *error)
{
    const char *comma = strchr(text, ',');
    double ms = 0;
    slow_link link = {.work_ns = clock_thread_ns};
    if (comma == NULL || !read_rate(&link.bytes_per_second, text, comma) ||
        !read_quantity(&ms, comma + 1, text + strlen(text), "ms") || ms > DELAY_MAX_MS)
        return error_set(error, PT_ERR_USAGE,
                         "--link is a rate and a round trip, such as 100mbit,50ms, not '%.60s'",
                         text);
    link.delay_ns = (uint64_t)(ms * 1e6 / 2);
    *ret_link = link;
    return PT_OK;
}

pt_plan_link bench_link_planned(const slow_link *link)
{
    return (pt_plan_link){.bits_per_second = 8 * (double)link->bytes_per_second,
                          .round_trip_seconds = 2e-9 * (double)link->delay_ns};
}

pt_status bench_link_run(bench_run *ret_runs, double *ret_seconds, slow_link link,
                         const pt_circuit *circuit, size_t parties, pt_error *error)
{
    pt_channel channels[BENCH_MAX_SEATS] = {0};
    pt_status status = pt_channel_memory_mesh(channels, parties, 0, error);
    for (size_t i = 0; status == PT_OK && i < parties; i++)
        status = channel_slow_wrap(&channels[i], channels[i], link, error);
    if (status == PT_OK)
        status = bench_circuit_run(ret_runs, circuit, channels, parties, false, error);
    for (size_t i = 0; i < parties; i++) {
        if (status == PT_OK)
            ret_seconds[i] = (double)channel_slow_time_ns(&channels[i]) / 1e9;
        pt_channel_close(&channels[i]);
    }
    return status;
}

static uint64_t no_work(void)
{
    return 0;
}

pt_status bench_link_delays(double *ret_delays, const pt_circuit *circuit, size_t parties,
                            pt_error *error)
{
    const slow_link second = {.delay_ns = 1000000000u, .work_ns = no_work};
    bench_run runs[BENCH_MAX_SEATS];
    double seconds[BENCH_MAX_SEATS] = {0};
    const pt_status status = bench_link_run(runs, seconds, second, circuit, parties, error);
    *ret_delays = 0;
    for (size_t i = 0; i < parties; i++) {
        if (seconds[i] > *ret_delays)
            *ret_delays = seconds[i];
    }
    return status;
}
