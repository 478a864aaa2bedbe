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
#include "cli/commands/bench_figures.h"
#include "cli/commands/bench_link.h"
#include "cli/commands/command.h"
#include "cli/flags/link.h"
#include "cli/flags/threads.h"
#include "cli/output.h"
#include "cli/report.h"

#define DEFAULT_ANDS 1000000
#define MAX_ANDS     100000000
#define MAX_RUNS     1000

static const flag flags[] = {
    {"ands", "N", "AND gates of the circuit that the protocol runs (default 1000000)", false},
    {"only", "GROUP", "protocol, compiler or channels (default all)", true},
    {"link", "RATE,RTT",
     "the protocol as if each party had a machine of its own and this link, such as "
     "100mbit,50ms, between them",
     false},
    {"runs", "N", "measure each N times and tell the median (default 1)", false},
    {"compare", "FILE", "what an earlier bench --json printed: tell the ratios to it", false},
    {"json", NULL, "print one JSON object on stdout", false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_threads, flags_common, NULL};

/* What is asked for. */
typedef struct bench_wish {
    uint64_t n_and;
    uint64_t runs;
    unsigned threads; /* of a party; 0: as threads_each says */
    bool has_link;
    pt_plan_link link; /* zero without one */
} bench_wish;

typedef struct measurement measurement;

struct measurement {
    const char *group; /* for --only */
    const char *name;
    /* Sets numbers in `figures`. */
    pt_status (*run)(json_t *figures, const measurement *m, const bench_wish *wish,
                     pt_error *error);
    size_t parties;
    bench_channel channel; /* of the group channels */
    bool dealer;
};

static double seconds_since(uint64_t start_ns)
{
    return (double)(clock_ns() - start_ns) / 1e9;
}

/* ---- the protocol ---- */

static double most_of(const double *values, size_t n)
{
    double most = values[0];
    for (size_t i = 1; i < n; i++)
        most = values[i] > most ? values[i] : most;
    return most;
}

static void set_protocol_figures(json_t *figures, const bench_run *runs, size_t parties,
                                 double seconds)
{
    const double ands = (double)runs[0].stats.and_gates;
    double sent = 0;
    double cpu = 0;
    for (size_t i = 0; i < parties; i++) {
        sent += (double)runs[i].stats.bytes_sent;
        cpu += runs[i].cpu_seconds;
    }
    bench_figure_set(figures, "seconds", seconds);
    bench_figure_set(figures, "cpu_seconds_per_party", cpu / (double)parties);
    if (ands <= 1)
        return;
    bench_figure_set(figures, "and_per_second", ands / seconds);
    bench_figure_set(figures, "bytes_sent_per_and_and_party", sent / ands / (double)parties);
}

static pt_status run_in_memory(bench_run *ret_runs, double *ret_seconds, const pt_circuit *circuit,
                               size_t parties, unsigned threads, pt_error *error)
{
    pt_channel channels[BENCH_MAX_SEATS] = {0};
    pt_status status = pt_channel_memory_mesh(channels, parties, 0, error);
    if (status == PT_OK)
        status = bench_circuit_run(ret_runs, circuit, channels, parties, false, threads, error);
    for (size_t i = 0; i < parties; i++) {
        ret_seconds[i] = ret_runs[i].stats.seconds;
        pt_channel_close(&channels[i]);
    }
    return status;
}

/* What polytune plan foretells of that run; without a link, of a party's computing. */
static pt_status set_planned(json_t *figures, const pt_circuit *circuit, size_t parties,
                             const bench_wish *wish, pt_error *error)
{
    const pt_mpc_options options = {.parties = parties,
                                    .threads = threads_each(wish->threads, parties)};
    pt_plan_seat seats[BENCH_MAX_SEATS];
    pt_plan plan;
    const pt_status status =
        pt_plan_make(&plan, seats, parties, circuit, &options, &wish->link, error);
    if (status == PT_OK)
        bench_figure_set(figures, "planned_seconds", plan.seconds);
    return status;
}

static pt_status measure_ands(json_t *figures, const measurement *m, const bench_wish *wish,
                              uint64_t n_and, pt_error *error)
{
    pt_circuit *circuit = NULL;
    bench_run runs[BENCH_MAX_SEATS] = {0};
    double seconds[BENCH_MAX_SEATS] = {0};
    double delays = 0;
    pt_status status = bench_circuit(&circuit, n_and, m->parties, error);
    if (status == PT_OK && wish->has_link)
        status =
            bench_link_run(runs, seconds, &wish->link, circuit, m->parties, wish->threads, error);
    else if (status == PT_OK)
        status = run_in_memory(runs, seconds, circuit, m->parties, wish->threads, error);
    if (status == PT_OK)
        set_protocol_figures(figures, runs, m->parties, most_of(seconds, m->parties));
    if (status == PT_OK)
        status = set_planned(figures, circuit, m->parties, wish, error);
    if (status == PT_OK && n_and == 1)
        status = bench_link_delays(&delays, circuit, m->parties, error);
    if (status == PT_OK && n_and == 1)
        bench_figure_set(figures, "one_way_delays", delays);
    pt_circuit_free(circuit);
    return status;
}

static pt_status measure_protocol(json_t *figures, const measurement *m, const bench_wish *wish,
                                  pt_error *error)
{
    return measure_ands(figures, m, wish, wish->n_and, error);
}

/* One AND gate: what a computation costs before it begins. */
static pt_status measure_smallest(json_t *figures, const measurement *m, const bench_wish *wish,
                                  pt_error *error)
{
    return measure_ands(figures, m, wish, 1, error);
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

static pt_status measure_compiler(json_t *figures, const measurement *m, const bench_wish *wish,
                                  pt_error *error)
{
    pt_program *program = NULL;
    pt_circuit_stats stats;
    const uint64_t start_ns = clock_ns();
    (void)m;
    (void)wish;
    const pt_status status = compile_source(&program, compiler_source, error);
    if (status != PT_OK)
        return status;
    const double seconds = seconds_since(start_ns);
    pt_circuit_get_stats(&stats, pt_program_circuit(program));
    const double gates = (double)(stats.and_gates + stats.xor_gates + stats.not_gates);
    bench_figure_set(figures, "gates", gates);
    bench_figure_set(figures, "seconds", seconds);
    bench_figure_set(figures, "gates_per_second", gates / seconds);
    pt_program_free(program);
    return PT_OK;
}

/* ---- the channels ---- */

/* The sum of a number of each party. */
static pt_status measure_sum(json_t *figures, const measurement *m, const bench_wish *wish,
                             pt_error *error)
{
    static const char source[] = "pub fn main(a: u32, b: u32, c: u32) -> u32 { a + b + c }";
    pt_program *program = NULL;
    double seconds = 0;
    double cpu = 0;
    (void)wish;
    pt_status status = compile_source(&program, source, error);
    if (status == PT_OK)
        status = bench_channel_run(&seconds, &cpu, pt_program_circuit(program), m->parties,
                                   m->channel, m->dealer, error);
    if (status == PT_OK) {
        bench_figure_set(figures, "seconds", seconds);
        bench_figure_set(figures, "cpu_seconds_per_party", cpu / (double)m->parties);
    }
    pt_program_free(program);
    return status;
}

static pt_status measure_rate(json_t *figures, const measurement *m, const bench_wish *wish,
                              pt_error *error)
{
    double rate = 0;
    double round_trip = 0;
    (void)wish;
    const pt_status status = bench_channel_rate(&rate, &round_trip, m->channel, error);
    if (status == PT_OK) {
        bench_figure_set(figures, "mbit_per_second_each_way", rate * 8 / 1e6);
        bench_figure_set(figures, "round_trip_microseconds", round_trip * 1e6);
    }
    return status;
}

/* ---- all of them ---- */

static const measurement measurements[] = {
    {"protocol", "protocol, 2 parties", measure_protocol, 2, 0, false},
    {"protocol", "protocol, 3 parties", measure_protocol, 3, 0, false},
    {"protocol", "one AND gate, 2 parties", measure_smallest, 2, 0, false},
    {"protocol", "one AND gate, 3 parties", measure_smallest, 3, 0, false},
    {"compiler", "1,024 products of u32", measure_compiler, 0, 0, false},
    {"channels", "sum of 3 over memory", measure_sum, 3, BENCH_MEMORY, false},
    {"channels", "sum of 3 over a relay", measure_sum, 3, BENCH_RELAY, false},
    {"channels", "sum of 3 over a relay, dealer", measure_sum, 3, BENCH_RELAY, true},
    {"channels", "sum of 3 over direct HTTP", measure_sum, 3, BENCH_DIRECT, false},
    {"channels", "sum of 3 over p2p", measure_sum, 3, BENCH_P2P, false},
    {"channels", "rate over memory", measure_rate, 2, BENCH_MEMORY, false},
    {"channels", "rate over a relay", measure_rate, 2, BENCH_RELAY, false},
    {"channels", "rate over direct HTTP", measure_rate, 2, BENCH_DIRECT, false},
    {"channels", "rate over p2p", measure_rate, 2, BENCH_P2P, false},
};

/* In the child: measures, and writes figures or an error to `fd`. */
static void measure(int fd, const measurement *m, const bench_wish *wish)
{
    pt_error error;
    pt_error_clear(&error);
    report_errors_only(); /* not what the channels tell a user */
    json_t *figures = json_object();
    const pt_status status = m->run(figures, m, wish, &error);
    if (status != PT_OK)
        report_failure(status, &error);
    else
        (void)json_dumpfd(figures, fd, JSON_COMPACT);
    json_decref(figures);
}

static pt_status measure_in_child(json_t **ret_figures, const measurement *m,
                                  const bench_wish *wish, pt_error *error)
{
    int ends[2];
    struct rusage usage = {0};
    if (pipe(ends) != 0)
        return error_set(error, PT_ERR_INTERNAL, "cannot make a pipe: %s", strerror(errno));
    const pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        measure(ends[1], m, wish);
        _exit(0);
    }
    (void)close(ends[1]);
    *ret_figures = child < 0 ? NULL : json_loadfd(ends[0], 0, NULL);
    (void)close(ends[0]);
    if (child > 0)
        (void)wait4(child, NULL, 0, &usage);
    if (*ret_figures == NULL)
        return error_set(error, PT_ERR_INTERNAL, "could not measure: %s", m->name);
    bench_figure_set(*ret_figures, "peak_mib_of_all_parties", (double)usage.ru_maxrss / 1024);
    return PT_OK;
}

/* As often as wished. */
static pt_status measure_runs(json_t **ret_figures, const measurement *m, const bench_wish *wish,
                              pt_error *error)
{
    json_t *runs = json_array();
    pt_status status = PT_OK;
    for (uint64_t i = 0; status == PT_OK && i < wish->runs; i++) {
        json_t *figures = NULL;
        status = measure_in_child(&figures, m, wish, error);
        if (status == PT_OK)
            (void)json_array_append_new(runs, figures);
    }
    if (status == PT_OK)
        *ret_figures = bench_figures_median(runs);
    if (status == PT_OK && *ret_figures == NULL)
        status = error_memory(error);
    json_decref(runs);
    return status;
}

static pt_status bench_print(const measurement *m, const json_t *figures, pt_error *error)
{
    buffer text;
    buffer_init(&text, SIZE_MAX / 4);
    bench_figures_print(&text, m->name, figures);
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

static pt_status take_wish(bench_wish *ret_wish, const args *a, pt_error *error)
{
    const char *ands = args_get(a, "ands");
    const char *link = args_get(a, "link");
    const char *runs = args_get(a, "runs");
    bench_wish wish = {.n_and = DEFAULT_ANDS, .runs = 1, .has_link = link != NULL};
    pt_status status = check_groups(a, error);
    if (status == PT_OK && ands != NULL)
        status = args_number(&wish.n_and, ands, "--ands", 1, MAX_ANDS, error);
    if (status == PT_OK && runs != NULL)
        status = args_number(&wish.runs, runs, "--runs", 1, MAX_RUNS, error);
    if (status == PT_OK)
        status = threads_take(&wish.threads, a, error);
    if (wish.has_link && wish.threads == 0)
        wish.threads = 1; /* the time is that of a party's thread */
    if (status == PT_OK && link != NULL)
        status = link_flag_parse(&wish.link, link, error);
    *ret_wish = wish;
    return status;
}

/* Measures everything wanted into `all`; `old` are the figures to compare with, or NULL. */
static pt_status bench_all(json_t *all, const json_t *old, const args *a, pt_error *error)
{
    bench_wish wish;
    pt_status status = take_wish(&wish, a, error);
    for (size_t i = 0; i < sizeof measurements / sizeof *measurements && status == PT_OK; i++) {
        const measurement *m = &measurements[i];
        json_t *figures = NULL;
        if (!is_wanted(m, a))
            continue;
        status = measure_runs(&figures, m, &wish, error);
        if (status == PT_OK && old != NULL)
            bench_figures_compare(figures, json_object_get(old, m->name));
        if (status == PT_OK && args_get(a, "json") == NULL)
            status = bench_print(m, figures, error);
        (void)json_object_set_new(all, m->name, figures);
    }
    return status;
}

static pt_status bench_command(const args *a, pt_error *error)
{
    const char *path = args_get(a, "compare");
    json_t *old = NULL;
    json_t *all = json_object();
    pt_status status = PT_OK;
    if (path != NULL)
        status = bench_figures_read(&old, path, error);
    if (status == PT_OK)
        status = bench_all(all, old, a, error);
    json_decref(old);
    if (status == PT_OK && args_get(a, "json") != NULL)
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
    .run = bench_command,
};
