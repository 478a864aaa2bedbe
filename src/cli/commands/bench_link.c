#include "cli/commands/bench_link.h"

#include "base/clock.h"
#include "channel/slow.h"

static pt_status run_over(bench_run *ret_runs, double *ret_seconds, slow_link link,
                          const pt_circuit *circuit, size_t parties, unsigned threads,
                          pt_error *error)
{
    pt_channel channels[BENCH_MAX_SEATS] = {0};
    pt_status status = pt_channel_memory_mesh(channels, parties, 0, error);
    for (size_t i = 0; status == PT_OK && i < parties; i++)
        status = channel_slow_wrap(&channels[i], channels[i], link, error);
    if (status == PT_OK)
        status = bench_circuit_run(ret_runs, circuit, channels, parties, false, threads, error);
    for (size_t i = 0; i < parties; i++) {
        if (status == PT_OK)
            ret_seconds[i] = (double)channel_slow_time_ns(&channels[i]) / 1e9;
        pt_channel_close(&channels[i]);
    }
    return status;
}

pt_status bench_link_run(bench_run *ret_runs, double *ret_seconds, const pt_plan_link *link,
                         const pt_circuit *circuit, size_t parties, unsigned threads,
                         pt_error *error)
{
    const slow_link slow = {.bytes_per_second = (uint64_t)(link->bits_per_second / 8),
                            .delay_ns = (uint64_t)(link->round_trip_seconds * 1e9 / 2),
                            .work_ns = clock_thread_ns};
    return run_over(ret_runs, ret_seconds, slow, circuit, parties, threads, error);
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
    const pt_status status = run_over(runs, seconds, second, circuit, parties, 1, error);
    *ret_delays = 0;
    for (size_t i = 0; i < parties; i++) {
        if (seconds[i] > *ret_delays)
            *ret_delays = seconds[i];
    }
    return status;
}
