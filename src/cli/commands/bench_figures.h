/* The figures of measurements: medians of several runs, and how they compare with others. Layer:
 * cli.
 *
 * Figures are a JSON object of numbers. */
#ifndef CLI_COMMANDS_BENCH_FIGURES_H
#define CLI_COMMANDS_BENCH_FIGURES_H

#include <jansson.h>

#include "base/buffer.h"
#include "polytune/status.h"

void bench_figure_set(json_t *figures, const char *name, double value);

/* Of `runs`, an array of figures: the median of each, and of the seconds also the least and the
 * most. NULL when out of memory. */
json_t *bench_figures_median(const json_t *runs);

/* Reads what --json printed. PT_ERR_IO, PT_ERR_INPUT. */
PT_MUST_CHECK pt_status bench_figures_read(json_t **ret_all, const char *path, pt_error *error);

/* Adds an object "ratio" of each figure to the one of that name in `old`, which may be NULL. */
void bench_figures_compare(json_t *figures, const json_t *old);

/* A line of them behind the measurement's name. */
void bench_figures_print(buffer *ret_line, const char *name, const json_t *figures);

#endif
