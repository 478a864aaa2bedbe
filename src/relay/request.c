#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "relay/server.h"

/* A body over the limit is read on for so long, to be able to say so, before the connection is cut.
 */
#define SWALLOW_MAX (4 * RELAY_MESSAGE_MAX)

/* Up to here memory is reserved on the word of Content-Length alone. */
#define RESERVE_AHEAD ((size_t)64 << 10)

static void refuse(request *r, unsigned status, const char *reason)
{
    if (r->refusal == 0) {
        r->refusal = status;
        r->reason = reason;
    }
}

/* ---- answering ---- */

enum MHD_Result request_finish(request *r, unsigned status, struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    /* Browsers ask from pages that come from elsewhere. */
    (void)MHD_add_response_header(response, "Access-Control-Allow-Origin", "*");
    const enum MHD_Result queued = MHD_queue_response(r->connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

enum MHD_Result request_reply(request *r, unsigned status, int retry_after_s, const char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED || r->route.method == ROUTE_OPTIONS)
        (void)MHD_add_response_header(response, "Allow", r->route.allow);
    if (retry_after_s >= 0) {
        char seconds[16];
        (void)snprintf(seconds, sizeof seconds, "%d", retry_after_s);
        (void)MHD_add_response_header(response, "Retry-After", seconds);
    }
    return request_finish(r, status, response);
}

static enum MHD_Result reply_refusal(request *r)
{
    const int retry_after_s = r->refusal == 429 || r->refusal == 503 ? 1 : -1;
    char line[128];
    (void)snprintf(line, sizeof line, "%s\n", r->reason);
    return request_reply(r, r->refusal, retry_after_s, line);
}

/* ---- headers ---- */

static bool parse_hex(const char *text, uint64_t *ret_value)
{
    const size_t len = strlen(text);
    if (len == 0 || len > 16 || strspn(text, "0123456789abcdefABCDEF") != len)
        return false;
    unsigned long long value = 0;
    if (sscanf(text, "%16llx", &value) != 1)
        return false;
    *ret_value = value;
    return true;
}

static void take_number(request *r, const char *value)
{
    if (r->has_number || !route_number(value, strlen(value), UINT64_MAX - 1, &r->number) ||
        r->number == 0)
        refuse(r, 400, "X-Polytune-Seq is one number from 1");
    r->has_number = true;
}

static enum MHD_Result take_header(void *user, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    request *r = user;
    (void)kind;
    if (value == NULL)
        value = "";
    if (strcasecmp(name, "Content-Length") == 0) {
        r->n_lengths++;
        r->has_length = route_number(value, strlen(value), UINT64_MAX, &r->length);
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        r->n_encodings++;
        r->is_chunked = strcasecmp(value, "chunked") == 0;
    } else if (strcasecmp(name, "X-Polytune-Seq") == 0) {
        take_number(r, value);
    } else if (strcasecmp(name, "X-Polytune-Session") == 0) {
        if (r->has_token || !parse_hex(value, &r->token))
            refuse(r, 400, "X-Polytune-Session is what joining answered with");
        r->has_token = true;
    } else if (strcasecmp(name, "X-Polytune-Client") == 0) {
        if (r->client != 0 || !parse_hex(value, &r->client) || r->client == 0)
            refuse(r, 400, "X-Polytune-Client is a hexadecimal number of 1 to 16 digits, not 0");
    }
    return MHD_YES;
}

static enum MHD_Result take_argument(void *user, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    request *r = user;
    (void)kind;
    const size_t len = value == NULL ? 0 : strlen(value);
    if (strcmp(name, "wait") == 0) {
        uint64_t seconds = 0;
        if (!route_number(value, len, UINT32_MAX, &seconds))
            refuse(r, 400, "wait is a whole number of seconds");
        r->wait_ms = seconds * 1000;
        if (r->wait_ms > r->server->options.hold_max_ms)
            r->wait_ms = r->server->options.hold_max_ms;
    } else if (strcmp(name, "parties") == 0) {
        if (!route_number(value, len, STORE_SEATS_MAX, &r->parties))
            refuse(r, 400, "parties is a number of parties");
    }
    return MHD_YES;
}

/* Requests whose end two readers could see at different places (RFC 9112, section 6.3); the server
 * library would let them pass. */
static const char *ambiguous_length(const request *r)
{
    if (r->n_lengths > 1)
        return "more than one Content-Length";
    if (r->n_lengths != 0 && r->n_encodings != 0)
        return "both Content-Length and Transfer-Encoding";
    if (r->n_encodings > 1 || (r->n_encodings == 1 && !r->is_chunked))
        return "no Transfer-Encoding but chunked is understood";
    if (r->n_lengths == 1 && !r->has_length)
        return "Content-Length is not a number";
    return NULL;
}

/* The headers are there. What makes the body unreadable or too large is answered at once, and the
 * connection closes; everything else when the body has been read. */
static enum MHD_Result begin(request *r, const char *url, const char *method)
{
    const char *reason = NULL;
    const unsigned status = route_parse(&r->route, method, url, &reason);
    if (status != 0)
        refuse(r, status, reason);
    (void)MHD_get_connection_values(r->connection, MHD_HEADER_KIND, take_header, r);
    (void)MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, take_argument, r);
    if (r->route.kind == ROUTE_BROKER_RECV)
        r->wait_ms = r->server->options.broker_wait_ms;
    reason = ambiguous_length(r);
    if (reason != NULL) {
        r->refusal = 400;
        r->reason = reason;
        return reply_refusal(r);
    }
    if (r->has_length && r->length > RELAY_MESSAGE_MAX) {
        r->refusal = 413;
        r->reason = "a message is at most 4 MiB";
        return reply_refusal(r);
    }
    buffer_init(&r->body, r->has_length ? (size_t)r->length : RELAY_MESSAGE_MAX);
    return MHD_YES;
}

/* ---- body ---- */

static void drop_body(request *r)
{
    buffer_clear(&r->body);
    store_discharge(&r->server->store, r->charged);
    r->charged = 0;
}

static void keep_body(request *r, const char *bytes, size_t len)
{
    if (!store_charge(&r->server->store, len)) {
        refuse(r, 429, "the relay is full");
        drop_body(r);
        return;
    }
    r->charged += len;
    if (r->has_length && (r->length <= RESERVE_AHEAD || r->received > RESERVE_AHEAD))
        (void)buffer_reserve(&r->body, (size_t)r->length - r->body.len);
    buffer_put(&r->body, bytes, len);
    if (r->body.failed) {
        refuse(r, 503, "the relay is out of memory");
        drop_body(r);
    }
}

/* False cuts the connection. */
static bool take_body(request *r, const char *bytes, size_t len)
{
    r->received += len;
    if (r->received > RELAY_MESSAGE_MAX) {
        refuse(r, 413, "a message is at most 4 MiB");
        drop_body(r);
    }
    if (r->refusal == 0 && r->route.kind == ROUTE_SEND)
        keep_body(r, bytes, len);
    return r->received <= SWALLOW_MAX;
}

/* ---- life ---- */

enum MHD_Result request_step(void *server, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_len, void **state)
{
    (void)version;
    request *r = *state;
    if (r == NULL) {
        r = mem_new(1, sizeof *r);
        if (r == NULL)
            return MHD_NO;
        r->server = server;
        r->connection = connection;
        r->server->n_requests++;
        *state = r;
        return begin(r, url, method);
    }
    if (*upload_len != 0) {
        const bool goes_on = take_body(r, upload, *upload_len);
        *upload_len = 0;
        return goes_on ? MHD_YES : MHD_NO;
    }
    return r->refusal != 0 ? reply_refusal(r) : answer(r);
}

void request_end(void *server, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode how)
{
    (void)server;
    (void)connection;
    request *r = *state;
    if (r == NULL)
        return;
    *state = NULL;
    answer_sent(r, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    stored_release(r->message);
    drop_body(r);
    mem_free(r);
}
