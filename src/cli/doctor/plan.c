#include "cli/doctor/plan.h"

#include "cli/commands/bench_link.h"

#define PLAN_MAX_PARTIES (BENCH_MAX_SEATS - 1)
#define PLAN_RUN_ANDS    ((uint64_t)500000) /* up to so many gates, all is run */
#define PLAN_SMALL_ANDS  ((uint64_t)100000)
#define PLAN_LARGE_ANDS  ((uint64_t)300000)

/* What a party sends at most, and how long the last one takes. */
typedef struct plan_cost {
    double bytes;
    double seconds;
    double delays; /* messages that it waits for one after the other */
} plan_cost;

static pt_status cost_of(plan_cost *ret_cost, const pt_circuit *circuit, const doctor_link *link,
                         pt_error *error)
{
    const size_t parties = pt_circuit_parties(circuit);
    const pt_plan_link planned = {.bits_per_second = 8 * link->bytes_per_second,
                                  .round_trip_seconds = 2 * link->delay_s};
    bench_run runs[BENCH_MAX_SEATS];
    double seconds[BENCH_MAX_SEATS] = {0};
    *ret_cost = (plan_cost){0};
    pt_status status = bench_link_run(runs, seconds, &planned, circuit, parties, 1, error);
    for (size_t i = 0; status == PT_OK && i < parties; i++) {
        const double bytes = (double)runs[i].stats.bytes_sent;
        ret_cost->bytes = bytes > ret_cost->bytes ? bytes : ret_cost->bytes;
        ret_cost->seconds = seconds[i] > ret_cost->seconds ? seconds[i] : ret_cost->seconds;
    }
    if (status == PT_OK)
        status = bench_link_delays(&ret_cost->delays, circuit, parties, error);
    return status;
}

static pt_status cost_of_random(plan_cost *ret_cost, uint64_t n_and, size_t parties,
                                const doctor_link *link, pt_error *error)
{
    pt_circuit *circuit = NULL;
    pt_status status = bench_circuit(&circuit, n_and, parties, error);
    if (status == PT_OK)
        status = cost_of(ret_cost, circuit, link, error);
    pt_circuit_free(circuit);
    return status;
}

/* Beyond what is the same for all, cost grows with the gates. */
static pt_status cost_by_gates(plan_cost *ret_cost, uint64_t n_and, size_t parties,
                               const doctor_link *link, pt_error *error)
{
    plan_cost small;
    plan_cost large;
    pt_status status = cost_of_random(&small, PLAN_SMALL_ANDS, parties, link, error);
    if (status == PT_OK)
        status = cost_of_random(&large, PLAN_LARGE_ANDS, parties, link, error);
    if (status != PT_OK)
        return status;
    const double times =
        (double)(n_and - PLAN_SMALL_ANDS) / (double)(PLAN_LARGE_ANDS - PLAN_SMALL_ANDS);
    *ret_cost = (plan_cost){.bytes = small.bytes + times * (large.bytes - small.bytes),
                            .seconds = small.seconds + times * (large.seconds - small.seconds),
                            .delays = large.delays};
    return PT_OK;
}

static void say_cost(doctor_report *r, const plan_cost *cost, uint64_t n_and, bool is_estimate)
{
    doctor_figure(r, "and", (double)n_and);
    doctor_figure(r, "bytes_sent", cost->bytes);
    doctor_figure(r, "one_way_delays", cost->delays);
    doctor_figure(r, "seconds", cost->seconds);
    doctor_say(
        r, DOCTOR_FINE, "program",
        "%llu AND gate%s: a party sends up to %.2f MB and waits for %s%.0f messages one after "
        "the other; about %.1f s if all have this link, once they have met",
        (unsigned long long)n_and, n_and == 1 ? "" : "s", 1e-6 * cost->bytes,
        is_estimate ? "more than " : "", cost->delays, cost->seconds);
}

pt_status doctor_plan(doctor_report *r, const computation *c, const doctor_link *link,
                      pt_error *error)
{
    const uint64_t n_and = pt_circuit_and_gates(c->circuit);
    plan_cost cost;
    if (c->parties < 2 || c->parties > PLAN_MAX_PARTIES) {
        doctor_say(r, DOCTOR_WARNING, "program",
                   "for %zu part%s: what that takes is told for 2 to %d", c->parties,
                   c->parties == 1 ? "y" : "ies", PLAN_MAX_PARTIES);
        return PT_OK;
    }
    const bool is_estimate = n_and > PLAN_RUN_ANDS;
    const pt_status status = is_estimate ? cost_by_gates(&cost, n_and, c->parties, link, error)
                                         : cost_of(&cost, c->circuit, link, error);
    if (status == PT_OK)
        say_cost(r, &cost, n_and, is_estimate);
    return status;
}
