#include "cli/commands/bench_figures.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/output.h"

#define SECONDS "seconds"
#define RATIO   "ratio"

void bench_figure_set(json_t *figures, const char *name, double value)
{
    (void)json_object_set_new(figures, name, output_real(value));
}

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One figure of all runs, in ascending order. */
static void collect(double *ret_values, const json_t *runs, const char *name)
{
    const size_t n = json_array_size(runs);
    for (size_t i = 0; i < n; i++)
        ret_values[i] = json_number_value(json_object_get(json_array_get(runs, i), name));
    qsort(ret_values, n, sizeof *ret_values, compare_numbers);
}

json_t *bench_figures_median(const json_t *runs)
{
    const size_t n = json_array_size(runs);
    double *values = mem_new(n, sizeof *values);
    json_t *medians = json_object();
    const char *name = NULL;
    json_t *value = NULL;
    if (values == NULL || medians == NULL) {
        mem_free(values);
        json_decref(medians);
        return NULL;
    }
    json_object_foreach(json_array_get(runs, 0), name, value)
    {
        collect(values, runs, name);
        bench_figure_set(medians, name, (values[(n - 1) / 2] + values[n / 2]) / 2);
        if (n == 1 || strcmp(name, SECONDS) != 0)
            continue;
        bench_figure_set(medians, SECONDS "_least", values[0]);
        bench_figure_set(medians, SECONDS "_most", values[n - 1]);
    }
    mem_free(values);
    return medians;
}

pt_status bench_figures_read(json_t **ret_all, const char *path, pt_error *error)
{
    json_error_t problem;
    json_t *all = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    if (json_is_object(all)) {
        *ret_all = all;
        return PT_OK;
    }
    json_decref(all);
    return error_set(error, PT_ERR_INPUT, "%.200s is not what bench --json prints: %.200s", path,
                     problem.text[0] == '\0' ? "no object" : problem.text);
}

void bench_figures_compare(json_t *figures, const json_t *old)
{
    json_t *ratios = json_object();
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(figures, name, value)
    {
        const double before = json_number_value(json_object_get(old, name));
        if (before > 0)
            bench_figure_set(ratios, name, json_number_value(value) / before);
    }
    (void)json_object_set_new(figures, RATIO, ratios);
}

void bench_figures_print(buffer *ret_line, const char *measurement, const json_t *figures)
{
    const json_t *ratios = json_object_get(figures, RATIO);
    const char *name = NULL;
    json_t *value = NULL;
    buffer_printf(ret_line, "%-30s", measurement);
    json_object_foreach((json_t *)(uintptr_t)figures, name, value)
    {
        const double number = json_number_value(value);
        const json_t *ratio = json_object_get(ratios, name);
        if (!json_is_number(value))
            continue;
        buffer_printf(ret_line, "  %s %.*f", name, number < 1000 ? 3 : 0, number);
        if (ratio != NULL)
            buffer_printf(ret_line, " (x%.3f)", json_number_value(ratio));
    }
}
