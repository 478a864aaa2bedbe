#include "channel/http/relay_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/random.h"
#include "wire/wire.h"

#define NAME_BYTES  12
#define TOKEN_BYTES 32
#define TRANSFER_MS 120000
#define LONGEST_MS  "86400000" /* a day, as a party's --timeout: the relay says what it takes */
#define ANSWER_ROOM ((size_t)64 << 10)

typedef struct relay_probe {
    http_probe *probe;
    relay_findings *findings;
    double round_trip_s;
    char name[16 + HEX_SIZE(NAME_BYTES)];
    char token[HEX_SIZE(TOKEN_BYTES)];
    char epoch[64];
    uint8_t *sent; /* WIRE_MESSAGE_MAX random bytes */
    pt_error *error;
} relay_probe;

/* A user and password in the URL are for a proxy, which reads Authorization. */
static void show_seat(const relay_probe *r, http_call *call)
{
    if (strcmp(http_probe_base(r->probe), http_probe_shown(r->probe)) != 0)
        http_header(call, WIRE_TOKEN ": %s", r->token);
    else
        http_header(call, WIRE_AUTHORIZATION ": " WIRE_BEARER "%s", r->token);
}

static pt_status run_call(const relay_probe *r, http_look *ret_look, http_call *call)
{
    if (!http_probe_run(r->probe, ret_look, call, TRANSFER_MS))
        return error_memory(r->error);
    return PT_OK;
}

static bool call_is_done(const http_call *call)
{
    return call->outcome == HTTP_ANSWERED && call->status == 200;
}

/* ---- seats ---- */

/* *ret_has: whether there is one now. */
static pt_status take_seat(relay_probe *r, unsigned party, bool *ret_has)
{
    http_look look;
    http_call call;
    char longest[32];
    http_call_init(&call, ANSWER_ROOM);
    http_prepare(&call, HTTP_PUT, http_probe_base(r->probe), WIRE_JOIN("%s", "%u"), r->name, party);
    http_header(&call, WIRE_TIMEOUT ": " LONGEST_MS);
    show_seat(r, &call);
    const pt_status status = run_call(r, &look, &call);
    *ret_has = status == PT_OK && call_is_done(&call) &&
               http_response_header(&call, WIRE_SESSION, r->epoch, sizeof r->epoch);
    if (*ret_has && http_response_header(&call, WIRE_TIMEOUT, longest, sizeof longest))
        r->findings->timeout_max_s = (uint32_t)(strtoul(longest, NULL, 10) / 1000);
    if (status == PT_OK && !*ret_has)
        http_explain(&call, r->findings->no_session, sizeof r->findings->no_session);
    http_call_clear(&call);
    return status;
}

static pt_status give_up_seat(const relay_probe *r, unsigned party)
{
    http_look look;
    http_call call;
    http_call_init(&call, ANSWER_ROOM);
    http_prepare(&call, HTTP_DELETE, http_probe_base(r->probe), WIRE_JOIN("%s", "%u"), r->name,
                 party);
    http_header(&call, WIRE_SESSION ": %s", r->epoch);
    show_seat(r, &call);
    const pt_status status = run_call(r, &look, &call);
    http_call_clear(&call);
    return status;
}

/* ---- messages ---- */

static void add_number(const relay_probe *r, http_call *call)
{
    http_header(call, WIRE_SEQ ": 1");
    http_header(call, WIRE_SESSION ": %s", r->epoch);
    show_seat(r, call);
}

/* The rate of a transfer, from which the round trip that every call takes is left out. */
static double rate_of(const relay_probe *r, size_t bytes, double seconds)
{
    const double least = seconds / 10; /* of small messages nothing would be left */
    double net = seconds - r->round_trip_s;
    if (net < least)
        net = least;
    return net > 0 ? (double)bytes / net : 0;
}

static pt_status post_message(const relay_probe *r, size_t size, double *ret_rate)
{
    http_look look;
    http_call call;
    http_call_init(&call, ANSWER_ROOM);
    http_prepare(&call, HTTP_POST, http_probe_base(r->probe), WIRE_SEND("%s", "0", "1"), r->name);
    add_number(r, &call);
    http_body(&call, r->sent, size);
    const pt_status status = run_call(r, &look, &call);
    *ret_rate = status == PT_OK && call_is_done(&call) ? rate_of(r, size, look.total_s) : 0;
    if (status == PT_OK && *ret_rate == 0)
        http_explain(&call, r->findings->no_larger, sizeof r->findings->no_larger);
    http_call_clear(&call);
    return status;
}

static pt_status take_message(const relay_probe *r, size_t size)
{
    relay_findings *f = r->findings;
    http_look look;
    http_call call;
    http_call_init(&call, WIRE_MESSAGE_MAX + ANSWER_ROOM);
    http_prepare(&call, HTTP_POST, http_probe_base(r->probe), WIRE_RECV("%s", "0", "1"), r->name);
    add_number(r, &call);
    const pt_status status = run_call(r, &look, &call);
    if (status == PT_OK && !call_is_done(&call))
        http_explain(&call, f->no_message, sizeof f->no_message);
    else if (status == PT_OK &&
             (call.response.len != size || memcmp(call.response.bytes, r->sent, size) != 0))
        f->is_changed = true;
    else if (status == PT_OK)
        f->down = rate_of(r, size, look.total_s);
    http_call_clear(&call);
    return status;
}

/* The largest of some sizes that passes. */
static pt_status try_sizes(const relay_probe *r)
{
    static const size_t sizes[] = {WIRE_MESSAGE_MAX, 1u << 20, 256u << 10, 64u << 10, 8u << 10};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const pt_status status = post_message(r, sizes[i], &r->findings->up);
        if (status != PT_OK)
            return status;
        if (r->findings->up == 0)
            continue;
        r->findings->largest = sizes[i];
        return take_message(r, sizes[i]);
    }
    return PT_OK;
}

static pt_status try_session(relay_probe *r)
{
    bool has[2] = {false, false};
    pt_status status = take_seat(r, 0, &has[0]);
    if (status == PT_OK && has[0])
        status = take_seat(r, 1, &has[1]);
    if (status == PT_OK && has[1])
        status = try_sizes(r);
    for (unsigned party = 0; party < 2; party++) {
        const pt_status left = has[party] ? give_up_seat(r, party) : PT_OK;
        if (status == PT_OK)
            status = left;
    }
    return status;
}

pt_status relay_probe_run(relay_findings *ret_findings, http_probe *p, double round_trip_s,
                          pt_error *error)
{
    uint8_t drawn[NAME_BYTES + TOKEN_BYTES];
    char name[HEX_SIZE(NAME_BYTES)];
    relay_probe r = {
        .probe = p, .findings = ret_findings, .round_trip_s = round_trip_s, .error = error};
    *ret_findings = (relay_findings){.message_max = WIRE_MESSAGE_MAX};
    pt_status status = random_bytes(drawn, sizeof drawn, error);
    if (status != PT_OK)
        return status;
    hex_write(name, drawn, NAME_BYTES);
    hex_write(r.token, drawn + NAME_BYTES, TOKEN_BYTES);
    (void)snprintf(r.name, sizeof r.name, "doctor-%s", name);
    r.sent = mem_new(WIRE_MESSAGE_MAX, 1);
    if (r.sent == NULL)
        return error_memory(error);
    status =
        random_bytes(r.sent, WIRE_MESSAGE_MAX, error); /* nothing makes it smaller on its way */
    if (status == PT_OK)
        status = try_session(&r);
    mem_free(r.sent);
    return status;
}

bool relay_probe_is_pong(const http_call *ping)
{
    static const char pong[] = "pong";
    return ping->status == 200 && ping->response.len == sizeof pong - 1 &&
           memcmp(ping->response.bytes, pong, sizeof pong - 1) == 0;
}
