#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "httpd/impl.h"
#include "httpd/text.h"

/* A body over the limit is read on until so many times the limit, to be able to say so, before the
 * connection is cut. */
#define SWALLOW_TIMES 4

void httpd_refuse(httpd_request *r, unsigned status, const char *reason)
{
    if (r->refusal == 0) {
        r->refusal = status;
        r->reason = reason;
    }
}

/* ---- answering ---- */

enum MHD_Result httpd_finish(httpd_request *r, unsigned status, struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    if (r->server->app->finish != NULL)
        r->server->app->finish(r, status, response);
    connection_progress(r->peer, 0);
    connection_progress(r->peer, r->server->app->body_max);
    const enum MHD_Result queued = MHD_queue_response(r->connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

enum MHD_Result httpd_reply(httpd_request *r, unsigned status, int retry_after_s, const char *text)
{
    return httpd_reply_with(r, status, retry_after_s, text, NULL, NULL);
}

enum MHD_Result httpd_reply_with(httpd_request *r, unsigned status, int retry_after_s,
                                 const char *text, const char *header, const char *value)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED && r->allow != NULL)
        (void)MHD_add_response_header(response, "Allow", r->allow);
    if (header != NULL)
        (void)MHD_add_response_header(response, header, value);
    if (r->closes)
        (void)MHD_add_response_header(response, "Connection", "close");
    if (retry_after_s >= 0) {
        char seconds[16];
        (void)snprintf(seconds, sizeof seconds, "%d", retry_after_s);
        (void)MHD_add_response_header(response, "Retry-After", seconds);
    }
    return httpd_finish(r, status, response);
}

static enum MHD_Result reply_refusal(httpd_request *r)
{
    const int retry_after_s = r->refusal == 429 || r->refusal == 503 ? 1 : -1;
    char line[160];
    (void)snprintf(line, sizeof line, "%s\n", r->reason);
    return httpd_reply(r, r->refusal, retry_after_s, line);
}

static enum MHD_Result refuse_at_once(httpd_request *r, unsigned status, const char *reason)
{
    r->refusal = status;
    r->reason = reason;
    r->closes = true;
    return reply_refusal(r);
}

bool httpd_client_is_gone(const httpd_request *r)
{
    return connection_has_ended(r->peer);
}

/* ---- head ---- */

/* Where a line goes on after a break (RFC 9112, section 5.2), the library moves the name elsewhere,
 * with the rest of the line at its end; else name, colon, blanks and value stay as they came. */
static bool is_folded(const char *name, const char *value)
{
    const uintptr_t end = (uintptr_t)name + strlen(name);
    if (*value == '\0')
        return false;
    return (uintptr_t)value <= end || (uintptr_t)value - end > HEAD_MAX ||
           strspn(name + strlen(name) + 1, " \t") != (uintptr_t)value - end - 1;
}

static enum MHD_Result take_header(void *user, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    httpd_request *r = user;
    (void)kind;
    if (value == NULL)
        value = "";
    if (is_folded(name, value))
        r->head.has_bad_field = true;
    else if (!head_take(&r->head, name, value) && r->server->app->header != NULL)
        r->server->app->header(r, name, value);
    return MHD_YES;
}

static enum MHD_Result take_argument(void *user, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    httpd_request *r = user;
    (void)kind;
    if (r->server->app->argument != NULL)
        r->server->app->argument(r, name, value == NULL ? "" : value);
    return MHD_YES;
}

/* Whether others need the connection more. A client could take as long over what is not wanted as
 * over what is, and so keep all places. */
static bool gives_way(const httpd_request *r)
{
    return r->gives_way || r->refusal != 0 || (head_has_body(&r->head) && !r->wants_body);
}

/* The headers are there. What makes the body unreadable or too large is answered at once, and the
 * connection closes; everything else when the body has been read. */
static enum MHD_Result begin(httpd_request *r, const char *url, const char *method,
                             const char *version)
{
    const httpd_app *app = r->server->app;
    r->head.has_bad_target = connection_had_bad_target(r->peer) || strchr(url, ' ') != NULL;
    app->begin(r, method, url);
    (void)MHD_get_connection_values(r->connection, MHD_HEADER_KIND, take_header, r);
    (void)MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, take_argument, r);
    if (app->check != NULL)
        app->check(r);
    if (gives_way(r))
        connection_give_way(r->peer);
    const char *reason = head_wrong(&r->head, method, version);
    if (reason != NULL)
        return refuse_at_once(r, 400, reason);
    if (r->head.has_length && r->head.length > app->body_max)
        return refuse_at_once(r, 413, app->too_long);
    buffer_init(&r->body, r->head.has_length ? (size_t)r->head.length : app->body_max);
    return MHD_YES;
}

/* ---- body ---- */

static void drop_body(httpd_request *r)
{
    buffer_clear(&r->body);
    if (r->charged != 0 && r->server->app->discharge != NULL)
        r->server->app->discharge(r, r->charged);
    r->charged = 0;
}

/* Up to here memory is reserved on the word of a length alone: what packets of gathered messages
 * take. */
#define RESERVE_AHEAD ((size_t)96 << 10)

void httpd_reserve(httpd_request *r, size_t wanted)
{
    if (r->body.len + wanted <= RESERVE_AHEAD || r->body.len >= RESERVE_AHEAD)
        (void)buffer_reserve(&r->body, wanted);
}

static void keep_body(httpd_request *r, const char *bytes, size_t len)
{
    const httpd_app *app = r->server->app;
    if (app->charge != NULL) {
        if (!app->charge(r, len)) {
            httpd_refuse(r, 429, "full: a limit is reached");
            drop_body(r);
            return;
        }
        r->charged += len;
    }
    if (r->head.has_length)
        httpd_reserve(r, (size_t)r->head.length - r->body.len);
    buffer_put(&r->body, bytes, len);
    if (r->body.failed) {
        httpd_refuse(r, 503, "out of memory");
        drop_body(r);
    }
}

/* What the application leaves comes again when the request is not held any more. Such a body may
 * last for long; what is refused of one is not waited for until its end. */
static bool hand_body(httpd_request *r, const char *bytes, size_t *len)
{
    connection_progress(r->peer, 0);
    const size_t taken = r->take(r, bytes, *len);
    PT_ASSERT(taken <= *len && (taken == *len || r->held || r->refusal != 0));
    *len = taken;
    return r->refusal == 0;
}

/* False cuts the connection. Returns in `len` what was taken. */
static bool take_body(httpd_request *r, const char *bytes, size_t *len)
{
    const httpd_app *app = r->server->app;
    if (r->take != NULL && r->wants_body && r->refusal == 0)
        return hand_body(r, bytes, len);
    r->received += *len;
    connection_progress(r->peer, *len);
    if (r->received > app->body_max) {
        httpd_refuse(r, 413, app->too_long);
        drop_body(r);
    }
    if (r->refusal == 0 && r->wants_body)
        keep_body(r, bytes, *len);
    return r->received <= SWALLOW_TIMES * app->body_max;
}

/* ---- life ---- */

enum MHD_Result request_step(void *server, struct MHD_Connection *handle, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_len, void **state)
{
    httpd_request *r = *state;
    if (r == NULL) {
        httpd *owner = server;
        struct connection *peer = connection_begin(handle);
        r = peer == NULL ? NULL : mem_new(1, owner->app->request_size);
        if (r == NULL)
            return MHD_NO;
        r->peer = peer;
        r->server = owner;
        r->connection = handle;
        *state = r;
        return begin(r, url, method, version);
    }
    if (*upload_len != 0) {
        size_t taken = *upload_len;
        const bool goes_on = take_body(r, upload, &taken);
        *upload_len -= taken;
        return goes_on ? MHD_YES : MHD_NO;
    }
    return r->refusal != 0 ? reply_refusal(r) : r->server->app->answer(r);
}

void request_end(void *server, struct MHD_Connection *handle, void **state,
                 enum MHD_RequestTerminationCode how)
{
    (void)server;
    (void)handle;
    httpd_request *r = *state;
    if (r == NULL)
        return;
    *state = NULL;
    PT_ASSERT(!r->held); /* the library resumes a connection before it closes it */
    if (r->server->app->end != NULL)
        r->server->app->end(r, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    drop_body(r);
    connection_end(r->peer);
    mem_free(r);
}
