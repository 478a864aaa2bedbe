#include "channel/http/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"

#define URL_BYTES_MAX     4096
#define HEADER_BYTES_MAX  4096
#define ANSWER_BYTES_MAX  16384 /* of response headers; what is more is not seen */
#define RETRY_AFTER_MAX_S 60

void http_call_init(http_call *call, size_t response_max)
{
    *call = (http_call){0};
    buffer_init(&call->url, URL_BYTES_MAX);
    buffer_init(&call->headers, HEADER_BYTES_MAX);
    buffer_init(&call->response, response_max);
    buffer_init(&call->response_headers, ANSWER_BYTES_MAX);
}

void http_call_clear(http_call *call)
{
    buffer_clear(&call->url);
    buffer_clear(&call->headers);
    buffer_clear(&call->response);
    buffer_clear(&call->response_headers);
}

/* ---- asking ---- */

void http_prepare(http_call *call, http_method method, const char *base, const char *format, ...)
{
    char path[512];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(path, sizeof path, format, args);
    va_end(args);
    call->method = method;
    call->is_direct = false;
    buffer_reset(&call->url);
    buffer_printf(&call->url, "%s%s", base, path);
    call->url.failed = call->url.failed || len < 0 || (size_t)len >= sizeof path;
    buffer_reset(&call->headers);
    http_body(call, NULL, 0);
    http_begin(call);
}

void http_directly(http_call *call)
{
    call->is_direct = true;
}

void http_header(http_call *call, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof line)
        call->headers.failed = true;
    else
        buffer_put(&call->headers, line, (size_t)len + 1);
}

void http_header_text(http_call *call, const char *name, const char *value)
{
    buffer_put(&call->headers, name, strlen(name));
    buffer_put(&call->headers, ": ", 2);
    buffer_put(&call->headers, value, strlen(value) + 1);
}

void http_body(http_call *call, const void *bytes, size_t len)
{
    call->body = bytes;
    call->body_len = len;
    call->source = NULL;
}

void http_body_from(http_call *call, http_source *source, void *user)
{
    call->source = source;
    call->source_user = user;
}

bool http_is_ready(const http_call *call)
{
    return !call->url.failed && !call->headers.failed;
}

/* The line after `line` in a buffer of lines. */
static const char *next_line(const buffer *lines, const char *line)
{
    const char *next = line == NULL ? (const char *)lines->bytes : line + strlen(line) + 1;
    if (lines->len == 0 || next == (const char *)lines->bytes + lines->len)
        return NULL;
    return next;
}

const char *http_next_header(const http_call *call, const char *line)
{
    return next_line(&call->headers, line);
}

/* ---- answering ---- */

void http_begin(http_call *call)
{
    buffer_reset(&call->response);
    buffer_reset(&call->response_headers);
    call->outcome = HTTP_BROKEN;
    call->status = 0;
    call->retry_after_ms = 0;
    call->problem[0] = '\0';
}

void http_answer(http_call *call, long status)
{
    PT_ASSERT(status > 0);
    call->outcome = HTTP_ANSWERED;
    call->status = status;
}

void http_retry_after(http_call *call, uint64_t seconds)
{
    call->retry_after_ms = 1000 * (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S);
}

/* A date is taken as no time at all. */
static uint64_t parse_seconds(const char *value)
{
    uint64_t seconds = 0;
    for (; *value >= '0' && *value <= '9' && seconds < RETRY_AFTER_MAX_S; value++)
        seconds = seconds * 10 + (uint64_t)(*value - '0');
    return seconds;
}

void http_answer_header(http_call *call, const char *name, const char *value)
{
    buffer *lines = &call->response_headers;
    const size_t before = lines->len;
    buffer_printf(lines, "%s: %s", name, value);
    buffer_put_u8(lines, 0);
    if (lines->failed) {
        lines->len = before; /* not half a line */
        return;
    }
    if (strcasecmp(name, "Retry-After") == 0)
        http_retry_after(call, parse_seconds(value));
}

void http_no_answer(http_call *call, http_outcome outcome, const char *format, ...)
{
    va_list args;
    PT_ASSERT(outcome != HTTP_ANSWERED);
    call->outcome = outcome;
    call->status = 0;
    va_start(args, format);
    (void)vsnprintf(call->problem, sizeof call->problem, format, args);
    va_end(args);
}

/* ---- looking at it ---- */

bool http_is_transient(const http_call *call)
{
    if (call->outcome == HTTP_HOPELESS)
        return false;
    /* Whatever page comes with it. */
    if (call->outcome == HTTP_ANSWERED && call->status != 200)
        return call->status == 429 || call->status >= 500;
    return !call->response.failed && call->outcome != HTTP_ANSWERED;
}

#define LINE_SHOWN   128
#define LOCATION_MAX 1024

/* The first line of a text, with everything but printable ASCII replaced. */
static void put_printable(char ret_line[LINE_SHOWN], const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && n < LINE_SHOWN - 1 && text[n] != '\n') {
        ret_line[n] = '?';
        if (text[n] >= ' ' && text[n] <= '~')
            ret_line[n] = text[n];
        n++;
    }
    ret_line[n] = '\0';
}

/* Relays and parties answer in plain text. */
static bool is_web_page(const buffer *response)
{
    size_t i = 0;
    while (i < response->len && strchr(" \t\r\n", response->bytes[i]) != NULL &&
           response->bytes[i] != '\0')
        i++;
    return i < response->len && response->bytes[i] == '<';
}

void http_explain(const http_call *call, char *ret_text, size_t size)
{
    if (call->response.failed && (call->outcome != HTTP_ANSWERED || call->status == 200)) {
        (void)snprintf(ret_text, size, "the response is too large");
        return;
    }
    if (call->outcome != HTTP_ANSWERED) {
        (void)snprintf(ret_text, size, "%s", call->problem);
        return;
    }
    char line[LINE_SHOWN];
    char location[LOCATION_MAX];
    if (call->status >= 300 && call->status < 400 &&
        http_response_header(call, "Location", location, sizeof location)) {
        put_printable(line, location, strlen(location));
        (void)snprintf(ret_text, size,
                       "HTTP status %ld: redirects to %.80s, which is not followed: give that "
                       "server's URL",
                       call->status, line);
        return;
    }
    if (is_web_page(&call->response)) {
        (void)snprintf(ret_text, size, "HTTP status %ld: %s", call->status,
                       call->status == 413 ? "a proxy in between finds a message too large: raise "
                                             "its limit (nginx: client_max_body_size)"
                                           : "it answers with a web page: another server, or a "
                                             "proxy, is at this URL");
        return;
    }
    put_printable(line, (const char *)call->response.bytes, call->response.len);
    (void)snprintf(ret_text, size, "HTTP status %ld%s%s", call->status, line[0] == '\0' ? "" : ": ",
                   line);
}

bool http_response_header(const http_call *call, const char *name, char *ret_value, size_t size)
{
    const size_t name_len = strlen(name);
    const buffer *lines = &call->response_headers;
    for (const char *line = next_line(lines, NULL); line != NULL; line = next_line(lines, line)) {
        if (strncasecmp(line, name, name_len) != 0 || strncmp(line + name_len, ": ", 2) != 0)
            continue;
        const char *value = line + name_len + 2;
        const size_t len = strlen(value);
        if (len >= size)
            return false;
        memcpy(ret_value, value, len + 1);
        return true;
    }
    return false;
}
