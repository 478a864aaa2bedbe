/* Measuring as if the parties were on machines of their own with a link between them. Layer: cli.
 */
#ifndef CLI_COMMANDS_BENCH_LINK_H
#define CLI_COMMANDS_BENCH_LINK_H

#include "cli/commands/bench_circuit.h"

/* Runs a circuit as bench_circuit_run does, without a dealer. `ret_seconds`: what each party takes
 * by the link's time, which is what its thread computes and waits: with more `threads` than one the
 * others' work takes no time, and how much that is depends on the machine. */
PT_MUST_CHECK pt_status bench_link_run(bench_run *ret_runs, double *ret_seconds,
                                       const pt_plan_link *link, const pt_circuit *circuit,
                                       size_t parties, unsigned threads, pt_error *error);

/* The one-way delays that the last of the parties waits for one after the other. */
PT_MUST_CHECK pt_status bench_link_delays(double *ret_delays, const pt_circuit *circuit,
                                          size_t parties, pt_error *error);

#endif
