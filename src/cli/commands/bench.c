/* polytune bench: measures the protocol, the compiler and the channels on this machine.
 *
 * Each measurement runs in a process of its own, so that its memory and processor time are known.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/commands/bench_channels.h"
#include "cli/commands/bench_circuit.h"
#include "cli/commands/command.h"
#include "cli/output.h"
#include "cli/report.h"

#define DEFAULT_ANDS 1000000
#define MAX_ANDS     100000000

static const flag flags[] = {
    {"ands", "N", "AND gates of the circuit that the protocol runs (default 1000000)", false},
    {"only", "GROUP", "protocol, compiler or channels (default all)", true},
    {"json", NULL, "print one JSON object on stdout", false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_common, NULL};

typedef struct measurement measurement;

struct measurement {
    const char *group; /* for --only */
    const char *name;
    /* Sets numbers in `figures`. */
    pt_status (*run)(json_t *figures, const measurement *m, uint64_t n_and, pt_error *error);
    size_t parties;
    bench_channel channel; /* of the group channels */
    bool dealer;
};

static void set_figure(json_t *figures, const char *name, double value)
{
    (void)json_object_set_new(figures, name, output_real(value));
}

static double seconds_since(uint64_t start_ns)
{
    return (double)(clock_ns() - start_ns) / 1e9;
}

/* ---- the protocol ---- */

static pt_status measure_protocol(json_t *figures, const measurement *m, uint64_t n_and,
                                  pt_error *error)
{
    pt_circuit *circuit = NULL;
    pt_channel channels[BENCH_MAX_SEATS] = {0};
    pt_mpc_stats stats[BENCH_MAX_SEATS] = {0};
    double sent = 0;
    pt_status status = bench_circuit(&circuit, n_and, m->parties, error);
    if (status == PT_OK)
        status = pt_channel_memory_mesh(channels, m->parties, 0, error);
    if (status == PT_OK)
        status = bench_circuit_run(stats, circuit, channels, m->parties, false, error);
    for (size_t i = 0; i < m->parties; i++) {
        sent += (double)stats[i].bytes_sent;
        pt_channel_close(&channels[i]);
    }
    if (status == PT_OK)
        set_figure(figures, "seconds", stats[0].seconds);
    if (status == PT_OK && n_and > 1) {
        const double ands = (double)stats[0].and_gates;
        set_figure(figures, "and_per_second", ands / stats[0].seconds);
        set_figure(figures, "bytes_sent_per_and_and_party", sent / ands / (double)m->parties);
    }
    pt_circuit_free(circuit);
    return status;
}

/* One AND gate: what a computation costs before it begins. */
static pt_status measure_smallest(json_t *figures, const measurement *m, uint64_t n_and,
                                  pt_error *error)
{
    (void)n_and;
    return measure_protocol(figures, m, 1, error);
}

/* ---- the compiler ---- */

static const char compiler_source[] = "pub fn main(a: [u32; 32], b: [u32; 32]) -> u32 {\n"
                                      "    let mut sum = 0u32;\n"
                                      "    for x in a {\n"
                                      "        for y in b { sum = sum ^ (x * y) }\n"
                                      "    }\n"
                                      "    sum\n"
                                      "}\n";

static pt_status compile_source(pt_program **ret_program, const char *source, pt_error *error)
{
    const pt_compile_options options = {.source = source, .source_len = strlen(source)};
    return pt_program_compile(ret_program, NULL, &options, error);
}

static pt_status measure_compiler(json_t *figures, const measurement *m, uint64_t n_and,
                                  pt_error *error)
{
    pt_program *program = NULL;
    pt_circuit_stats stats;
    const uint64_t start_ns = clock_ns();
    (void)m;
    (void)n_and;
    const pt_status status = compile_source(&program, compiler_source, error);
    if (status != PT_OK)
        return status;
    const double seconds = seconds_since(start_ns);
    pt_circuit_get_stats(&stats, pt_program_circuit(program));
    const double gates = (double)(stats.and_gates + stats.xor_gates + stats.not_gates);
    set_figure(figures, "gates", gates);
    set_figure(figures, "seconds", seconds);
    set_figure(figures, "gates_per_second", gates / seconds);
    pt_program_free(program);
    return PT_OK;
}

/* ---- the channels ---- */

/* The sum of a number of each party. */
static pt_status measure_sum(json_t *figures, const measurement *m, uint64_t n_and, pt_error *error)
{
    static const char source[] = "pub fn main(a: u32, b: u32, c: u32) -> u32 { a + b + c }";
    pt_program *program = NULL;
    double seconds = 0;
    (void)n_and;
    pt_status status = compile_source(&program, source, error);
    if (status == PT_OK)
        status = bench_channel_run(&seconds, pt_program_circuit(program), m->parties, m->channel,
                                   m->dealer, error);
    if (status == PT_OK)
        set_figure(figures, "seconds", seconds);
    pt_program_free(program);
    return status;
}

/* ---- all of them ---- */

static const measurement measurements[] = {
    {"protocol", "protocol, 2 parties", measure_protocol, 2, 0, false},
    {"protocol", "protocol, 3 parties", measure_protocol, 3, 0, false},
    {"protocol", "one AND gate, 3 parties", measure_smallest, 3, 0, false},
    {"compiler", "1,024 products of u32", measure_compiler, 0, 0, false},
    {"channels", "sum of 3 over memory", measure_sum, 3, BENCH_MEMORY, false},
    {"channels", "sum of 3 over a relay", measure_sum, 3, BENCH_RELAY, false},
    {"channels", "sum of 3 over a relay, dealer", measure_sum, 3, BENCH_RELAY, true},
    {"channels", "sum of 3 over direct HTTP", measure_sum, 3, BENCH_DIRECT, false},
    {"channels", "sum of 3 over p2p", measure_sum, 3, BENCH_P2P, false},
};

/* In the child: measures, and writes figures or an error to `fd`. */
static void measure(int fd, const measurement *m, uint64_t n_and)
{
    pt_error error;
    pt_error_clear(&error);
    report_errors_only(); /* not what the channels tell a user */
    json_t *figures = json_object();
    const pt_status status = m->run(figures, m, n_and, &error);
    if (status != PT_OK)
        report_failure(status, &error);
    else
        (void)json_dumpfd(figures, fd, JSON_COMPACT);
    json_decref(figures);
}

static void add_usage(json_t *figures, const measurement *m, const struct rusage *usage)
{
    const double cpu = (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
                       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
    if (m->parties != 0)
        set_figure(figures, "cpu_seconds_per_party", cpu / (double)m->parties);
    set_figure(figures, "peak_mib_of_all_parties", (double)usage->ru_maxrss / 1024);
}

static pt_status measure_in_child(json_t **ret_figures, const measurement *m, uint64_t n_and,
                                  pt_error *error)
{
    int ends[2];
    struct rusage usage = {0};
    if (pipe(ends) != 0)
        return error_set(error, PT_ERR_INTERNAL, "cannot make a pipe: %s", strerror(errno));
    const pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        measure(ends[1], m, n_and);
        _exit(0);
    }
    (void)close(ends[1]);
    *ret_figures = child < 0 ? NULL : json_loadfd(ends[0], 0, NULL);
    (void)close(ends[0]);
    if (child > 0)
        (void)wait4(child, NULL, 0, &usage);
    if (*ret_figures == NULL)
        return error_set(error, PT_ERR_INTERNAL, "could not measure: %s", m->name);
    add_usage(*ret_figures, m, &usage);
    return PT_OK;
}

static pt_status bench_print(const measurement *m, json_t *figures, pt_error *error)
{
    buffer text;
    const char *name = NULL;
    json_t *value = NULL;
    buffer_init(&text, SIZE_MAX / 4);
    buffer_printf(&text, "%-30s", m->name);
    json_object_foreach(figures, name, value)
    {
        const double number = json_number_value(value);
        buffer_printf(&text, "  %s %.*f", name, number < 1000 ? 3 : 0, number);
    }
    const char *line = buffer_text(&text);
    const pt_status status = line == NULL ? error_memory(error) : output_line(line, error);
    buffer_clear(&text);
    return status;
}

static bool is_wanted(const measurement *m, const args *a)
{
    const size_t n = args_count(a, "only");
    for (size_t i = 0; i < n; i++) {
        if (strcmp(args_nth(a, "only", i), m->group) == 0)
            return true;
    }
    return n == 0;
}

static pt_status check_groups(const args *a, pt_error *error)
{
    for (size_t i = 0; i < args_count(a, "only"); i++) {
        const char *given = args_nth(a, "only", i);
        if (strcmp(given, "protocol") != 0 && strcmp(given, "compiler") != 0 &&
            strcmp(given, "channels") != 0)
            return error_set(error, PT_ERR_USAGE,
                             "--only is protocol, compiler or channels, not '%.60s'", given);
    }
    return PT_OK;
}

static pt_status bench_run(const args *a, pt_error *error)
{
    const char *ands = args_get(a, "ands");
    const bool as_json = args_get(a, "json") != NULL;
    uint64_t n_and = DEFAULT_ANDS;
    pt_status status = check_groups(a, error);
    if (status == PT_OK && ands != NULL)
        status = args_number(&n_and, ands, "--ands", 1, MAX_ANDS, error);
    json_t *all = json_object();
    for (size_t i = 0; i < sizeof measurements / sizeof *measurements && status == PT_OK; i++) {
        const measurement *m = &measurements[i];
        json_t *figures = NULL;
        if (!is_wanted(m, a))
            continue;
        status = measure_in_child(&figures, m, n_and, error);
        if (status == PT_OK && !as_json)
            status = bench_print(m, figures, error);
        (void)json_object_set_new(all, m->name, figures);
    }
    if (status == PT_OK && as_json)
        return output_json(all, error);
    json_decref(all);
    return status;
}

const command command_bench = {
    .name = "bench",
    .arguments = "",
    .summary = "measure the protocol, the compiler and the channels on this machine",
    .details = "All parties run in one process and share its cores. Compare figures of one run "
               "only: machines differ, and so do moments.\n",
    .flags = flag_lists,
    .n_positional = 0,
    .run = bench_run,
};
