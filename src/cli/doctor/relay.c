#include "cli/doctor/relay.h"

#include <string.h>

#include "channel/http/relay_probe.h"
#include "polytune/polytune.h"

static void say_size(doctor_server *s, const relay_findings *f)
{
    if (f->largest == f->message_max)
        doctor_say(s->report, DOCTOR_FINE, "messages",
                   "of %zu MiB, the largest that parties send, pass", f->message_max >> 20);
    else if (f->largest == 0)
        doctor_say(s->report, DOCTOR_PROBLEM, "messages", "do not pass: %s", f->no_larger);
    else
        doctor_say(
            s->report, DOCTOR_PROBLEM, "messages",
            "of %zu KiB pass, and larger ones do not (%s); parties send up to %zu MiB: raise "
            "the limit of the proxy on the way",
            f->largest >> 10, f->no_larger, f->message_max >> 20);
}

static void say_received(doctor_server *s, const relay_findings *f)
{
    if (f->is_changed)
        doctor_say(s->report, DOCTOR_PROBLEM, "receiving",
                   "what came back is not what was sent: something on the way changes messages");
    else if (f->no_message[0] != '\0')
        doctor_say(s->report, DOCTOR_PROBLEM, "receiving", "%s", f->no_message);
    if (f->up == 0 || f->down == 0)
        return;
    doctor_figure(s->report, "up_bits_per_second", 8 * f->up);
    doctor_figure(s->report, "down_bits_per_second", 8 * f->down);
    doctor_say(s->report, DOCTOR_FINE, "bandwidth", "%.1f Mbit/s up, %.1f Mbit/s down",
               8e-6 * f->up, 8e-6 * f->down);
}

static pt_status say_messages(doctor_server *s, doctor_rates *ret_rates, pt_error *error)
{
    relay_findings f;
    const pt_status status = relay_probe_run(&f, s->probe, s->round_trip_s, error);
    if (status != PT_OK)
        return status;
    *ret_rates = (doctor_rates){f.up, f.down};
    if (f.timeout_max_s != 0)
        doctor_say(s->report, DOCTOR_FINE, "limits", "takes time-outs of up to %u s",
                   (unsigned)f.timeout_max_s);
    if (f.no_session[0] != '\0') {
        doctor_say(s->report, DOCTOR_PROBLEM, "session", "%s", f.no_session);
        return PT_OK;
    }
    say_size(s, &f);
    say_received(s, &f);
    return PT_OK;
}

static void say_no_relay(doctor_server *s, const http_call *ping)
{
    char why[HTTP_PROBLEM_MAX];
    char location[PROBE_TEXT];
    http_explain(ping, why, sizeof why);
    if (http_response_header(ping, "Location", location, sizeof location))
        doctor_say(s->report, DOCTOR_PROBLEM, "relay",
                   "no: it redirects to %s; give the URL that it ends at", location);
    else if (ping->status == 200)
        doctor_say(s->report, DOCTOR_PROBLEM, "relay",
                   "no: another web server answers at this URL");
    else if (ping->status == 401 || ping->status == 407)
        doctor_say(s->report, DOCTOR_PROBLEM, "relay",
                   "a proxy wants a password: https://USER:PASSWORD@host gives it (%s)", why);
    else
        doctor_say(s->report, DOCTOR_PROBLEM, "relay",
                   "no: /ping is answered with %s; is this a relay?", why);
}

/* The version, where the relay's figures are not kept from strangers. */
static pt_status say_version(doctor_server *s, pt_error *error)
{
    static const char label[] = "build_info{version=\"";
    http_look look;
    http_call call;
    pt_status status = doctor_get(s, &look, &call, "/metrics", error);
    const char *text = status == PT_OK && call.status == 200 ? buffer_text(&call.response) : NULL;
    const char *found = text == NULL ? NULL : strstr(text, label);
    if (found != NULL) {
        found += sizeof label - 1;
        const int len = (int)strcspn(found, "\"");
        doctor_say(s->report, DOCTOR_FINE, "version", "relay %.*s, this command %s",
                   len > 40 ? 40 : len, found, pt_version());
    } else if (status == PT_OK) {
        doctor_say(s->report, DOCTOR_FINE, "version", "this command %s; the relay keeps its own",
                   pt_version());
    }
    http_call_clear(&call);
    return status;
}

static pt_status say_health(doctor_server *s, pt_error *error)
{
    http_look look;
    http_call call;
    const pt_status status = doctor_get(s, &look, &call, "/health", error);
    if (status == PT_OK && call.status == 200)
        doctor_say(s->report, DOCTOR_FINE, "relay", "yes, and it takes messages");
    else if (status == PT_OK)
        doctor_say(s->report, DOCTOR_PROBLEM, "relay",
                   "yes, but it says that it cannot keep messages (/health: HTTP status %ld)",
                   call.status);
    http_call_clear(&call);
    return status;
}

pt_status doctor_relay(doctor_server *s, doctor_rates *ret_rates, const http_call *ping,
                       pt_error *error)
{
    *ret_rates = (doctor_rates){0};
    if (!relay_probe_is_pong(ping)) {
        say_no_relay(s, ping);
        return PT_OK;
    }
    pt_status status = say_health(s, error);
    if (status == PT_OK)
        status = say_version(s, error);
    if (status == PT_OK)
        status = doctor_round_trip(s, "/ping", error);
    if (status == PT_OK)
        status = say_messages(s, ret_rates, error);
    return status;
}
