#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "httpd/echo.h"

#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "httpd/text.h"

#define PATIENCE_MS 60000

typedef enum echo_path { ECHO, IGNORE, BIG, HOLD } echo_path;

typedef struct echo_request {
    httpd_request http; /* first */
    echo_server *owner;
    echo_path path;
    const char *header;
    const char *argument;
    uint64_t wait_ms;
    bool was_held;
} echo_request;

static void begin(httpd_request *http, const char *method, const char *path)
{
    static const char *const paths[] = {"/echo", "/ignore", "/big", "/hold"};
    echo_request *r = (echo_request *)http;
    r->owner = httpd_user(http->server);
    *(bool *)httpd_note(http) = true;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (strcmp(path, paths[i]) != 0)
            continue;
        r->path = (echo_path)i;
        http->wants_body = r->path == ECHO;
        http->allow = r->path == ECHO ? "POST" : "GET";
        if (r->path == ECHO && strcmp(method, "POST") != 0)
            httpd_refuse(http, 405, "post it");
        return;
    }
    httpd_refuse(http, 404, "no such path");
}

static void header(httpd_request *http, const char *name, const char *value)
{
    if (strcasecmp(name, "X-Echo") == 0)
        ((echo_request *)http)->header = value;
}

static void argument(httpd_request *http, const char *name, const char *value)
{
    echo_request *r = (echo_request *)http;
    if (strcmp(name, "echo") == 0)
        r->argument = value;
    else if (strcmp(name, "ms") == 0 && !text_number(value, strlen(value), UINT32_MAX, &r->wait_ms))
        httpd_refuse(http, 400, "ms is a number");
}

static bool charge(httpd_request *http, size_t len)
{
    echo_server *e = ((echo_request *)http)->owner;
    if (e->room != 0 && atomic_load(&e->charged) + len > e->room)
        return false;
    atomic_fetch_add(&e->charged, len);
    return true;
}

static void discharge(httpd_request *http, size_t len)
{
    atomic_fetch_sub(&((echo_request *)http)->owner->charged, len);
}

static enum MHD_Result answer_echo(echo_request *r)
{
    buffer text;
    buffer_init(&text, 2 * ECHO_BODY_MAX);
    buffer_put(&text, r->http.body.bytes, r->http.body.len);
    if (r->argument != NULL)
        buffer_put(&text, r->argument, strlen(r->argument));
    struct MHD_Response *response =
        MHD_create_response_from_buffer(text.len, text.bytes, MHD_RESPMEM_MUST_COPY);
    buffer_clear(&text);
    if (r->header != NULL)
        (void)MHD_add_response_header(response, "X-Echo", r->header);
    return httpd_finish(&r->http, 200, response);
}

static enum MHD_Result answer_hold(echo_request *r)
{
    echo_server *e = r->owner;
    if (httpd_is_stopping(r->http.server))
        return httpd_reply(&r->http, 503, 7, "stopping");
    if (!r->was_held) {
        r->was_held = true;
        r->http.deadline_ms = clock_ms() + r->wait_ms;
        httpd_hold(&r->http);
        atomic_store(&e->held, httpd_n_held(r->http.server));
        return MHD_YES;
    }
    atomic_store(&e->held, httpd_n_held(r->http.server));
    return httpd_reply(&r->http, 200, -1, atomic_load(&e->is_released) ? "released" : "late");
}

static enum MHD_Result answer(httpd_request *http)
{
    static uint8_t big[ECHO_BODY_MAX];
    echo_request *r = (echo_request *)http;
    if (r->path == ECHO)
        return answer_echo(r);
    if (r->path == HOLD)
        return answer_hold(r);
    if (r->path == IGNORE)
        return httpd_reply_with(http, 200, -1, "ignored", "X-More", "yes");
    return httpd_finish(http, 200,
                        MHD_create_response_from_buffer(sizeof big, big, MHD_RESPMEM_PERSISTENT));
}

static void finish(httpd_request *http, unsigned status, struct MHD_Response *response)
{
    (void)http;
    (void)status;
    (void)MHD_add_response_header(response, "X-Server", "echo");
}

static void end(httpd_request *http, bool sent)
{
    (void)sent;
    atomic_fetch_add(&((echo_request *)http)->owner->ended, 1);
}

static void closed(void *user, void *note, bool by_client)
{
    if (by_client && *(bool *)note)
        atomic_fetch_add(&((echo_server *)user)->closed, 1);
}

static void woken(void *user)
{
    echo_server *e = user;
    atomic_fetch_add(&e->woken, 1);
    while (atomic_load(&e->is_released) && httpd_held(e->http) != NULL)
        httpd_release(httpd_held(e->http));
}

static const httpd_app echo_app = {
    .name = "the echo",
    .request_size = sizeof(echo_request),
    .body_max = ECHO_BODY_MAX,
    .too_long = "too long",
    .begin = begin,
    .header = header,
    .argument = argument,
    .charge = charge,
    .discharge = discharge,
    .answer = answer,
    .finish = finish,
    .end = end,
    .closed = closed,
    .note_size = sizeof(bool),
    .woken = woken,
};

void echo_new(echo_server *e)
{
    pt_error error;
    *e = (echo_server){0};
    if (httpd_new(&e->http, &echo_app, e, &error) != PT_OK)
        fail_msg("%s", error.message);
}

void echo_start(echo_server *e, httpd_options options)
{
    pt_error error;
    echo_new(e);
    if (options.address == NULL)
        options.address = "127.0.0.1";
    if (options.max_connections == 0)
        options.max_connections = 100;
    if (options.client_timeout_ms == 0)
        options.client_timeout_ms = 60000;
    if (httpd_start(e->http, &options, &error) != PT_OK)
        fail_msg("%s", error.message);
    e->port = httpd_port(e->http);
}

void echo_stop(echo_server *e)
{
    httpd_free(e->http);
    e->http = NULL;
}

void echo_release(echo_server *e)
{
    atomic_store(&e->is_released, true);
    httpd_wake(e->http);
}

void echo_wait(atomic_size_t *count, size_t value)
{
    const uint64_t end_ms = clock_ms() + PATIENCE_MS;
    const struct timespec pause = {.tv_nsec = 1000000};
    while (atomic_load(count) != value) {
        if (clock_ms() > end_ms)
            fail_msg("a count is %zu and not %zu", atomic_load(count), value);
        (void)nanosleep(&pause, NULL);
    }
}
