/* polytune doctor: what stands between this machine and a relay or the parties. */
#include <string.h>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/doctor/plan.h"
#include "cli/doctor/relay.h"
#include "cli/flags/connect.h"
#include "cli/flags/split.h"
#include "cli/flags/where.h"
#include "cli/report.h"

#define DOCTOR_TIMEOUT_S 10
#define TIMEOUT_MOST_S   3600

static const flag flags[] = {
    {"program", "PROGRAM", "tell what this computation would take there", false},
    {"tls-ca", "FILE", "trust https certificates of these authorities (PEM), not the system's",
     false},
    {"timeout", "SECONDS", "give up on an answer after so long (default 10)", false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_program, flags_split, flags_common, NULL};

typedef struct doctor {
    const args *a;
    where where;
    computation c;
    pt_status program_status; /* what is wrong with --program */
    uint64_t timeout_ms;
    doctor_report report;
    doctor_link link; /* zero until measured */
} doctor;

static pt_status doctor_init(doctor *d, pt_error *error)
{
    uint64_t seconds = DOCTOR_TIMEOUT_S;
    const char *timeout = args_get(d->a, "timeout");
    const char *tls_ca = args_get(d->a, "tls-ca");
    pt_status status = doctor_report_init(&d->report, error);
    if (status == PT_OK)
        status = where_parse(&d->where, d->a->positional[0], error);
    if (status == PT_OK && d->where.kind == WHERE_P2P_NEW)
        status =
            error_set(error, PT_ERR_USAGE,
                      "p2p:new is no place; give the URL of the relay at which the parties are "
                      "to meet, or a ticket");
    if (status == PT_OK && timeout != NULL)
        status = args_number(&seconds, timeout, "--timeout", 1, TIMEOUT_MOST_S, error);
    d->timeout_ms = 1000 * seconds;
    if (status == PT_OK && tls_ca != NULL)
        status = connection_check_authorities(tls_ca, error);
    return status;
}

/* The link of a party that sends through the relay to one that is as far from it. */
static pt_status visit_relay(doctor *d, doctor_server *s, pt_error *error)
{
    http_call ping;
    doctor_rates rates = {0};
    pt_status status = doctor_reach(s, &ping, "/ping", error);
    if (status == PT_OK && ping.outcome == HTTP_ANSWERED)
        status = doctor_relay(s, &rates, &ping, error);
    http_call_clear(&ping);
    d->link.bytes_per_second = rates.up < rates.down ? rates.up : rates.down;
    d->link.delay_s = s->round_trip_s;
    return status;
}

/* A party answers a request that is no message with 404; what else answers is another server. */
static pt_status visit_party(doctor *d, doctor_server *s, size_t party, pt_error *error)
{
    static const char no_such_path[] = "no such path";
    http_call call;
    doctor_say(&d->report, DOCTOR_FINE, "party", "%zu, %s", party, http_probe_shown(s->probe));
    pt_status status = doctor_reach(s, &call, "/ping", error);
    if (status == PT_OK && call.outcome == HTTP_ANSWERED) {
        const bool is_party =
            call.status == 404 && call.response.len >= sizeof no_such_path - 1 &&
            memcmp(call.response.bytes, no_such_path, sizeof no_such_path - 1) == 0;
        if (is_party)
            status = doctor_round_trip(s, "/ping", error);
        else
            doctor_say(&d->report, DOCTOR_PROBLEM, "party",
                       "no: another web server answers at this URL (HTTP status %ld)", call.status);
    }
    http_call_clear(&call);
    if (s->round_trip_s / 2 > d->link.delay_s)
        d->link.delay_s = s->round_trip_s / 2;
    return status;
}

static pt_status visit(doctor *d, const char *url, size_t party, pt_error *error)
{
    doctor_server s = {.report = &d->report,
                       .probe = http_probe_new(url, args_get(d->a, "tls-ca"), false),
                       .timeout_ms = d->timeout_ms};
    pt_status status = PT_OK;
    if (s.probe == NULL)
        return error_memory(error);
    if (d->where.kind == WHERE_DIRECT)
        status = visit_party(d, &s, party, error);
    else
        status = visit_relay(d, &s, error);
    http_probe_free(s.probe);
    return status;
}

static pt_status visit_all(doctor *d, pt_error *error)
{
    if (d->where.kind == WHERE_P2P_JOIN)
        return visit(d, d->where.ticket.relay, 0, error);
    for (size_t i = 0; i < d->where.n_urls; i++) {
        const pt_status status = visit(d, d->where.urls[i], i, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* A program with a fault is one of the findings: the way has been looked at. */
static pt_status open_program(doctor *d, const char *program, pt_error *error)
{
    pt_error inner;
    pt_error_clear(&inner);
    const pt_status status = computation_init(&d->c, program, d->a, &inner);
    if (status == PT_OK || status == PT_ERR_MEMORY) {
        *error = inner;
        return status;
    }
    d->program_status = status;
    doctor_say(&d->report, DOCTOR_PROBLEM, "program", "%s", report_failure_text(status, &inner));
    return PT_OK;
}

static pt_status plan_program(doctor *d, pt_error *error)
{
    const char *program = args_get(d->a, "program");
    if (program == NULL)
        return PT_OK;
    const pt_status status = open_program(d, program, error);
    if (status != PT_OK || d->program_status != PT_OK)
        return status;
    if (d->link.delay_s == 0) {
        doctor_say(&d->report, DOCTOR_WARNING, "program",
                   "what it would take is not known without a round trip");
        return PT_OK;
    }
    return doctor_plan(&d->report, &d->c, &d->link, error);
}

static pt_status doctor_run(const args *a, pt_error *error)
{
    doctor d = {.a = a, .program_status = PT_OK};
    const bool json = args_get(a, "json") != NULL;
    pt_status status = doctor_init(&d, error);
    if (status == PT_OK)
        status = visit_all(&d, error);
    const bool is_way_free = !d.report.has_problem;
    if (status == PT_OK)
        status = plan_program(&d, error);
    if (status == PT_OK)
        status = doctor_report_print(&d.report, a->positional[0], json, error);
    if (status == PT_OK && d.report.has_problem && json)
        report_result_is_out();
    if (status == PT_OK && d.report.has_problem)
        status = error_set(error, is_way_free ? d.program_status : PT_ERR_IO,
                           "something stands in the way: see what is marked X");
    doctor_report_clear(&d.report);
    computation_clear(&d.c);
    where_clear(&d.where);
    return status;
}

const command command_doctor = {
    .name = "doctor",
    .arguments = "WHERE",
    .summary = "look at the way to a relay or the parties",
    .details =
        "WHERE is what party takes: the URL of a relay, those of all parties, or a ticket, whose "
        "relay is looked at. At a relay a session of the doctor's own is opened, a message sent "
        "and "
        "received, and the session left. Parties only answer while they run.\n"
        "With --program, and --const as compile takes it, it tells what that computation would "
        "take: it is run here, with inputs that are zero, as if every party had a link like this "
        "machine's.\n"
        "A line that begins with X stands in the way, one with ! is odd. The exit status is 6 when "
        "something stands in the way, and compile's where only the program is at fault.\n",
    .flags = flag_lists,
    .n_positional = 1,
    .run = doctor_run,
};
