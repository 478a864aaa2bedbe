#include "cli/doctor/look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define ROUND_TRIPS    9
#define CLOCK_GOOD_S   5
#define SECONDS_A_DAY  86400
#define EXPIRES_SOON_D 14

pt_status doctor_get(doctor_server *s, http_look *ret_look, http_call *ret_call, const char *path,
                     pt_error *error)
{
    if (!http_probe_get(s->probe, ret_look, ret_call, path, s->timeout_ms))
        return error_memory(error);
    return PT_OK;
}

/* Why it is not trusted, "reached" says. */
static void say_certificate(doctor_server *s, const http_look *look, bool is_trusted)
{
    const double days = difftime(look->expires_at, time(NULL)) / SECONDS_A_DAY;
    if (look->subject[0] == '\0' || look->expires_at == (time_t)-1) {
        doctor_say(s->report, DOCTOR_WARNING, "certificate", "cannot be read");
    } else if (days < 0) {
        doctor_say(s->report, DOCTOR_PROBLEM, "certificate",
                   "of %s, by %s, has expired (%s): its operator must renew it", look->subject,
                   look->issuer, look->expires);
    } else if (!is_trusted) {
        doctor_say(s->report, DOCTOR_PROBLEM, "certificate", "of %s, by %s, until %s",
                   look->subject, look->issuer, look->expires);
    } else {
        doctor_say(s->report, days < EXPIRES_SOON_D ? DOCTOR_WARNING : DOCTOR_FINE, "certificate",
                   "of %s, by %s, until %s (%.0f days)", look->subject, look->issuer, look->expires,
                   days);
    }
}

/* What certificate it was that was not trusted. Nothing but the connection is made for that. */
static void look_at_certificate(doctor_server *s)
{
    http_look look;
    http_call call;
    http_probe *probe = http_probe_new(http_probe_base(s->probe), NULL, true);
    if (probe == NULL)
        return;
    if (http_probe_get(probe, &look, &call, "/ping", s->timeout_ms) && look.subject[0] != '\0')
        say_certificate(s, &look, false);
    http_call_clear(&call);
    http_probe_free(probe);
}

static void say_unreached(doctor_server *s, const http_call *call)
{
    char why[HTTP_PROBLEM_MAX];
    const char *advice = "";
    http_explain(call, why, sizeof why);
    if (call->outcome == HTTP_NOBODY)
        advice = ": nobody listens there, or a firewall is between";
    else if (call->outcome == HTTP_TIMEOUT)
        advice = ": a firewall may swallow what goes there";
    doctor_say(s->report, DOCTOR_PROBLEM, "reached", "no, %s%s", why, advice);
    if (call->outcome == HTTP_HOPELESS && http_probe_is_https(s->probe))
        look_at_certificate(s);
}

static void say_connection(doctor_server *s, const http_look *look)
{
    doctor_say(s->report, DOCTOR_FINE, "reached",
               "%s at %s: name %.1f ms, connection %.1f ms, first answer %.1f ms",
               http_probe_shown(s->probe), look->address, 1e3 * look->lookup_s,
               1e3 * (look->connect_s - look->lookup_s), 1e3 * look->answer_s);
}

static void say_proxy(doctor_server *s, const http_look *look)
{
    if (look->proxy[0] != '\0')
        doctor_say(s->report, DOCTOR_WARNING, "proxy",
                   "requests go through the one that %s names; no_proxy takes hosts out",
                   look->proxy);
    else
        doctor_say(s->report, DOCTOR_FINE, "proxy", "none that the environment names");
}

static void say_tls(doctor_server *s, const http_look *look)
{
    if (look->tls[0] != '\0') {
        doctor_say(s->report, DOCTOR_FINE, "TLS", "%s, after %.1f ms", look->tls,
                   1e3 * (look->tls_s - look->connect_s));
        say_certificate(s, look, true);
    } else {
        doctor_say(s->report, http_probe_is_loopback(s->probe) ? DOCTOR_FINE : DOCTOR_WARNING,
                   "TLS",
                   "none: messages are encrypted between the parties all the same, but who is on "
                   "the way sees who talks when");
    }
}

/* A header that a proxy on the way leaves. */
static void say_way(doctor_server *s, const http_call *call)
{
    static const char *const names[] = {"Via", "X-Cache", "CF-Ray", "X-Squid-Error"};
    char value[PROBE_TEXT];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (http_response_header(call, names[i], value, sizeof value))
            doctor_say(s->report, DOCTOR_WARNING, "on the way", "a proxy answers with %s: %s",
                       names[i], value);
    }
}

static void say_clock(doctor_server *s, const http_look *look)
{
    if (look->date == (time_t)-1) {
        doctor_say(s->report, DOCTOR_FINE, "clock", "the server does not tell the time");
        return;
    }
    const double off = difftime(time(NULL), look->date);
    doctor_figure(s->report, "clock_seconds", fabs(off));
    if (fabs(off) > CLOCK_GOOD_S)
        doctor_say(s->report, DOCTOR_WARNING, "clock",
                   "this machine is %.0f s %s the server: certificates may seem expired, and logs "
                   "do not fit",
                   fabs(off), off > 0 ? "ahead of" : "behind");
    else
        doctor_say(s->report, DOCTOR_FINE, "clock", "as the server's");
}

pt_status doctor_reach(doctor_server *s, http_call *ret_call, const char *path, pt_error *error)
{
    http_look look;
    const pt_status status = doctor_get(s, &look, ret_call, path, error);
    if (status != PT_OK)
        return status;
    if (ret_call->outcome != HTTP_ANSWERED) {
        say_proxy(s, &look);
        say_unreached(s, ret_call);
        return PT_OK;
    }
    say_connection(s, &look);
    say_proxy(s, &look);
    say_tls(s, &look);
    say_way(s, ret_call);
    say_clock(s, &look);
    return PT_OK;
}

static int compare_seconds(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

pt_status doctor_round_trip(doctor_server *s, const char *path, pt_error *error)
{
    double seconds[ROUND_TRIPS];
    for (size_t i = 0; i < ROUND_TRIPS; i++) {
        http_look look;
        http_call call;
        const pt_status status = doctor_get(s, &look, &call, path, error);
        const bool answered = call.outcome == HTTP_ANSWERED;
        http_call_clear(&call);
        if (status != PT_OK)
            return status;
        if (!answered) {
            doctor_say(s->report, DOCTOR_PROBLEM, "round trip", "an answer stayed away");
            return PT_OK;
        }
        seconds[i] = look.total_s;
    }
    qsort(seconds, ROUND_TRIPS, sizeof seconds[0], compare_seconds);
    s->round_trip_s = seconds[ROUND_TRIPS / 2];
    doctor_figure(s->report, "round_trip_seconds", s->round_trip_s);
    doctor_say(s->report, DOCTOR_FINE, "round trip", "%.1f ms, the median of %d (%.1f to %.1f)",
               1e3 * s->round_trip_s, ROUND_TRIPS, 1e3 * seconds[0],
               1e3 * seconds[ROUND_TRIPS - 1]);
    return PT_OK;
}
