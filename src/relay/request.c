#include <string.h>
#include <strings.h>

#include "httpd/text.h"
#include "relay/server.h"

/* ---- head ---- */

static void begin(httpd_request *http, const char *method, const char *path)
{
    request *r = (request *)http;
    const char *reason = NULL;
    r->server = httpd_user(http->server);
    r->server->n_requests++;
    const unsigned status = route_parse(&r->route, method, path, &reason);
    if (status != 0)
        httpd_refuse(http, status, reason);
    http->allow = r->route.allow;
    http->wants_body = r->route.kind == ROUTE_SEND;
    if (r->route.kind == ROUTE_BROKER_RECV)
        r->wait_ms = r->server->options.broker_wait_ms;
}

static void take_number(request *r, const char *value)
{
    if (r->has_number || !text_number(value, strlen(value), UINT64_MAX - 1, &r->number) ||
        r->number == 0)
        httpd_refuse(&r->http, 400, "X-Polytune-Seq is one number from 1");
    r->has_number = true;
}

static void take_header(httpd_request *http, const char *name, const char *value)
{
    request *r = (request *)http;
    if (strcasecmp(name, "X-Polytune-Seq") == 0) {
        take_number(r, value);
    } else if (strcasecmp(name, "X-Polytune-Session") == 0) {
        if (r->has_token || !text_hex(value, &r->token))
            httpd_refuse(http, 400, "X-Polytune-Session is what joining answered with");
        r->has_token = true;
    } else if (strcasecmp(name, "X-Polytune-Client") == 0) {
        if (r->client != 0 || !text_hex(value, &r->client) || r->client == 0)
            httpd_refuse(http, 400,
                         "X-Polytune-Client is a hexadecimal number of 1 to 16 digits, not 0");
    }
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

static void take_argument(httpd_request *http, const char *name, const char *value)
{
    request *r = (request *)http;
    if (strcmp(name, "wait") == 0)
        take_wait(r, value);
    else if (strcmp(name, "parties") == 0 &&
             !text_number(value, strlen(value), STORE_SEATS_MAX, &r->parties))
        httpd_refuse(http, 400, "parties is a number of parties");
}

/* ---- body and end ---- */

static bool charge(httpd_request *http, size_t len)
{
    return store_charge(&((request *)http)->server->store, len);
}

static void discharge(httpd_request *http, size_t len)
{
    store_discharge(&((request *)http)->server->store, len);
}

static enum MHD_Result answer_request(httpd_request *http)
{
    return answer((request *)http);
}

static void end(httpd_request *http, bool sent)
{
    request *r = (request *)http;
    answer_sent(r, sent);
    stored_release(r->message);
}

static void sweep(void *user, uint64_t now_ms)
{
    relay_server *server = user;
    store_expire(&server->store, now_ms);
}

const httpd_app relay_app = {
    .name = "the relay",
    .request_size = sizeof(request),
    .body_max = RELAY_MESSAGE_MAX,
    .too_long = "a message is at most 4 MiB",
    .any_origin = true,
    .begin = begin,
    .header = take_header,
    .argument = take_argument,
    .charge = charge,
    .discharge = discharge,
    .answer = answer_request,
    .end = end,
    .sweep = sweep,
};
