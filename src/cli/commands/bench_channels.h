/* Running a circuit over each kind of channel, to measure that. Layer: cli. */
#ifndef CLI_COMMANDS_BENCH_CHANNELS_H
#define CLI_COMMANDS_BENCH_CHANNELS_H

#include <stdbool.h>

#include "polytune/polytune.h"

typedef enum bench_channel { BENCH_MEMORY, BENCH_RELAY, BENCH_DIRECT, BENCH_P2P } bench_channel;

/* Runs `circuit` once, at most 8 parties and with `dealer` a trusted dealer, in this process and
 * over loopback, encrypted as for users (but for BENCH_MEMORY). `ret_seconds` are those from
 * opening the channels to the result, `ret_cpu_seconds` those of the process in that time; a relay
 * is there before. */
PT_MUST_CHECK pt_status bench_channel_run(double *ret_seconds, double *ret_cpu_seconds,
                                          const pt_circuit *circuit, size_t parties,
                                          bench_channel over, bool dealer, pt_error *error);

/* How much two parties send each other at once, bytes a second each way, and how long a message of
 * a byte and the answer take. Opening is not in it. */
PT_MUST_CHECK pt_status bench_channel_rate(double *ret_bytes_per_second, double *ret_round_trip,
                                           bench_channel over, pt_error *error);

#endif
