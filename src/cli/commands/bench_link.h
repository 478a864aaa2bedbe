/* Measuring as if the parties were on machines of their own with a link between them. Layer: cli.
 */
#ifndef CLI_COMMANDS_BENCH_LINK_H
#define CLI_COMMANDS_BENCH_LINK_H

#include "channel/slow.h"
#include "cli/commands/bench_circuit.h"

/* From a text such as "100mbit,50ms": bits a second (kbit, mbit, gbit) each way, and the round
 * trip. The link's time is what each party's thread computes and waits. PT_ERR_USAGE. */
PT_MUST_CHECK pt_status bench_link_parse(slow_link *ret_link, const char *text, pt_error *error);

/* The same link, to plan with. */
pt_plan_link bench_link_planned(const slow_link *link);

/* Runs a circuit as bench_circuit_run does, without a dealer. `ret_seconds`: what each party takes
 * by the link's time. */
PT_MUST_CHECK pt_status bench_link_run(bench_run *ret_runs, double *ret_seconds, slow_link link,
                                       const pt_circuit *circuit, size_t parties, pt_error *error);

/* The one-way delays that the last of the parties waits for one after the other. */
PT_MUST_CHECK pt_status bench_link_delays(double *ret_delays, const pt_circuit *circuit,
                                          size_t parties, pt_error *error);

#endif
