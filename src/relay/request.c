#include "relay/request.h"

#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/min.h"
#include "httpd/text.h"
#include "relay/answer.h"
#include "relay/bodies.h"
#include "relay/page.h"
#include "relay/server.h"
#include "wire/wire.h"

/* ---- head ---- */

static void app_begin(httpd_request *http, const char *method, const char *path)
{
    request *r = (request *)http;
    const char *reason = NULL;
    r->server = httpd_user(http->server);
    admit_address(r);
    r->file = page_find(r->server->page, path);
    const unsigned status = r->file != NULL ? route_page(&r->route, method, &reason)
                                            : route_parse(&r->route, method, path, &reason);
    if (status != 0)
        httpd_refuse(http, status, reason);
    r->who.session = r->route.session;
    r->who.address = r->address;
    http->allow = r->route.allow;
    http->wants_body = r->route.kind == ROUTE_SEND;
    if (r->route.kind == ROUTE_BROKER_RECV)
        r->wait_ms = r->server->options.broker_wait_ms;
}

static void take_number(request *r, const char *value)
{
    if (r->has_number || !text_number(value, strlen(value), UINT64_MAX - 1, &r->number) ||
        r->number == 0)
        httpd_refuse(&r->http, 400, WIRE_SEQ " is one number from 1");
    r->has_number = true;
}

static void take_first(request *r, const char *value)
{
    if (r->first != 0 || !text_number(value, strlen(value), UINT64_MAX - 1, &r->first) ||
        r->first == 0)
        httpd_refuse(&r->http, 400, WIRE_FIRST " is one number from 1");
}

static void take_epoch(request *r, const char *value)
{
    if (r->who.has_epoch || !text_hex(value, &r->who.epoch))
        httpd_refuse(&r->http, 400, WIRE_SESSION " is what joining answered with");
    r->who.has_epoch = true;
}

/* How long the client itself waits for others. Who is to be thought of as dead sooner than the
 * relay can tell, or later than it likes, gets the nearest it has. */
static void take_timeout(request *r, const char *value)
{
    const uint64_t longest = r->server->options.timeout_max_ms;
    uint64_t ms = 0;
    if (r->who.timeout_ms != 0 || !text_number(value, strlen(value), UINT32_MAX, &ms) || ms == 0) {
        httpd_refuse(&r->http, 400, WIRE_TIMEOUT " is one number of milliseconds from 1");
        return;
    }
    ms = ms < WIRE_TIMEOUT_MIN_MS ? WIRE_TIMEOUT_MIN_MS : ms;
    r->who.timeout_ms = (uint32_t)min_u64(ms, longest);
}

static void take_terms(request *r, const char *value)
{
    if (r->who.terms != NULL || !terms_are_good(value, strlen(value)))
        httpd_refuse(&r->http, 400, WIRE_TERMS ": " TERMS_RULE);
    r->who.terms = value; /* lives as long as the request */
}

static void take_origin(request *r, const char *value)
{
    const size_t len = strlen(value);
    r->from_page = true;
    if (len < sizeof r->origin)
        memcpy(r->origin, value, len + 1);
}

static void app_header(httpd_request *http, const char *name, const char *value)
{
    request *r = (request *)http;
    if (strcasecmp(name, WIRE_SEQ) == 0)
        take_number(r, value);
    else if (strcasecmp(name, WIRE_FIRST) == 0)
        take_first(r, value);
    else if (strcasecmp(name, WIRE_SESSION) == 0)
        take_epoch(r, value);
    else if (strcasecmp(name, WIRE_TIMEOUT) == 0)
        take_timeout(r, value);
    else if (strcasecmp(name, WIRE_TERMS) == 0)
        take_terms(r, value);
    else if (strcasecmp(name, WIRE_TOKEN) == 0)
        admit_token(r, value);
    else if (strcasecmp(name, WIRE_AUTHORIZATION) == 0)
        admit_authorization(r, value);
    else if (strcasecmp(name, "Origin") == 0)
        take_origin(r, value);
    else if (strcasecmp(name, "X-Forwarded-For") == 0 && r->server->options.trust_forwarded)
        admit_forwarded(r, value);
    else if (r->file != NULL && strcasecmp(name, "Accept-Encoding") == 0)
        page_take_encoding(r, value);
    else if (r->file != NULL && strcasecmp(name, "If-None-Match") == 0)
        page_take_match(r, value);
}

static void take_wait(request *r, const char *value)
{
    uint64_t seconds = 0;
    if (!text_number(value, strlen(value), UINT32_MAX, &seconds))
        httpd_refuse(&r->http, 400, "wait is a whole number of seconds");
    if (r->route.kind == ROUTE_BROKER_RECV)
        return; /* waits as long as it always does */
    r->wait_ms = seconds * 1000;
    if (r->wait_ms > r->server->options.hold_max_ms)
        r->wait_ms = r->server->options.hold_max_ms;
}

static void take_every(request *r, const char *value)
{
    if (!text_number(value, strlen(value), WIRE_AHEAD, &r->every) || r->every == 0)
        httpd_refuse(&r->http, 400, "every is a distance between messages");
    if (r->route.kind != ROUTE_RECV)
        r->every = 0;
}

static void app_argument(httpd_request *http, const char *name, const char *value)
{
    request *r = (request *)http;
    if (strcmp(name, "wait") == 0)
        take_wait(r, value);
    else if (strcmp(name, "parties") == 0 &&
             !text_number(value, strlen(value), STORE_SEATS_MAX, &r->parties))
        httpd_refuse(http, 400, "parties is a number of parties");
    else if (strcmp(name, WIRE_EVERY) == 0)
        take_every(r, value);
    else if (strcmp(name, WIRE_LEAVE) == 0)
        r->leaves = (r->route.kind == ROUTE_SEND || r->route.kind == ROUTE_BODIES) &&
                    strcmp(value, "1") == 0;
}

/* ---- body and end ---- */

/* Refused before its body is kept. */
static void app_check(httpd_request *http)
{
    request *r = (request *)http;
    refusal why;
    const bool is_bodies = r->route.kind == ROUTE_BODIES;
    const bool may_be_far = is_bodies || r->every != 0;
    if (r->first != 0 &&
        (r->first > r->number || (!may_be_far && r->number - r->first >= WIRE_AHEAD)))
        httpd_refuse(http, 400, WIRE_FIRST " is not shortly before " WIRE_SEQ);
    if (is_bodies && r->route.method != ROUTE_OPTIONS)
        bodies_check(r);
    if (http->refusal != 0 || r->route.method == ROUTE_OPTIONS || admit_count(r, &why))
        return;
    stats_refused(r, why);
    httpd_refuse(http, 429,
                 why == REFUSED_RATE_ADDRESS ? "rate-address: too many requests of this address"
                                             : "rate-session: too many requests in this session");
}

static bool app_charge(httpd_request *http, size_t len)
{
    request *r = (request *)http;
    const store_result result = transit_receive(r, len);
    if (result != STORE_DONE)
        answer_no_room(r, result);
    return result == STORE_DONE;
}

static void app_discharge(httpd_request *http, size_t len)
{
    transit_received((request *)http, len);
}

static enum MHD_Result app_answer(httpd_request *http)
{
    return answer((request *)http);
}

/* Which pages of a browser may read the answer (the Fetch standard, CORS protocol). */
static void allow_origin(const request *r, struct MHD_Response *response)
{
    const char *origins = r->server->options.cors;
    if (strcmp(origins, "*") == 0) {
        (void)MHD_add_response_header(response, "Access-Control-Allow-Origin", "*");
        return;
    }
    (void)MHD_add_response_header(response, "Vary", "Origin");
    const size_t len = strlen(r->origin);
    for (const char *at = origins; r->from_page && len != 0 && *at != '\0';) {
        const size_t one = strcspn(at, ",");
        if (one == len && memcmp(at, r->origin, len) == 0)
            (void)MHD_add_response_header(response, "Access-Control-Allow-Origin", r->origin);
        at += one + (at[one] == ',');
    }
}

static void app_finish(httpd_request *http, unsigned status, struct MHD_Response *response)
{
    request *r = (request *)http;
    allow_origin(r, response);
    if (r->route.session[0] != '\0' && http->refusal == 0 && status != 429 && status != 503)
        r->server->heard_ms = clock_ms();
    stats_answered(r, status);
}

static void app_end(httpd_request *http, bool sent)
{
    request *r = (request *)http;
    answer_sent(r, sent);
    PT_ASSERT(!r->is_waiting);
    transit_sent(r);
    stored_release(r->message);
    buffer_clear(&r->several);
    mem_wipe(r->issued, sizeof r->issued);
    server_end_if_idle(r->server);
}

static void app_turned_away(void *user, const struct sockaddr *address)
{
    char text[ADDRESS_MAX];
    admit_write_address(text, address);
    stats_turned_away(user, text);
}

static void app_sweep(void *user, uint64_t now_ms)
{
    relay_server *server = user;
    presence_sweep(server, now_ms);
    server_end_if_idle(server);
}

static void app_woken(void *user)
{
    relay_server *server = user;
    store_collect(server->store);
    server_end_if_idle(server);
}

const httpd_app relay_app = {
    .name = "the relay",
    .request_size = sizeof(request),
    .body_max = WIRE_MESSAGE_MAX,
    .too_long = "a message is at most " WIRE_MESSAGE_MAX_TEXT,
    .begin = app_begin,
    .header = app_header,
    .argument = app_argument,
    .check = app_check,
    .charge = app_charge,
    .discharge = app_discharge,
    .answer = app_answer,
    .end = app_end,
    .finish = app_finish,
    .closed = presence_closed,
    .note_size = sizeof(presence_note),
    .turned_away = app_turned_away,
    .sweep = app_sweep,
    .woken = app_woken,
};
