/* A circuit to measure with, and running circuits to measure. Layer: cli. */
#ifndef CLI_COMMANDS_BENCH_CIRCUIT_H
#define CLI_COMMANDS_BENCH_CIRCUIT_H

#include <stdbool.h>

#include "polytune/polytune.h"

#define BENCH_MAX_SEATS 9 /* 8 parties and a dealer */

/* `n_and` AND gates and about as many XOR gates on random wires among the 1024 last made, always
 * the same ones; `parties` inputs of 128 bits, 128 bits of output that depend on every gate. */
PT_MUST_CHECK pt_status bench_circuit(pt_circuit **ret_circuit, uint64_t n_and, size_t parties,
                                      pt_error *error);

/* How a party's run went. */
typedef struct bench_run {
    pt_mpc_stats stats;
    double cpu_seconds; /* its part of the process's */
} bench_run;

/* How long this process has had a processor. */
double bench_cpu_seconds(void);

/* Runs a circuit, in a thread for each of its parties over channels that are open, all inputs zero;
 * `threads`: as threads_each takes them. With `dealer` the channel after the parties' is the
 * dealer's.
 * `ret_runs` and `channels` have an entry for each; the channels stay the caller's. */
PT_MUST_CHECK pt_status bench_circuit_run(bench_run *ret_runs, const pt_circuit *circuit,
                                          const pt_channel *channels, size_t parties, bool dealer,
                                          unsigned threads, pt_error *error);

#endif
