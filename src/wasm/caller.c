#include "wasm/caller.h"

#include <string.h>

#include "base/mem.h"
#include "base/min.h"
#include "wasm/host.h"

static void *caller_open(void *user, const char *tls_ca)
{
    static char nothing; /* a host has no state of ours */
    (void)user;
    (void)tls_ca; /* it trusts whom it trusts */
    return &nothing;
}

static void caller_close(void *opened)
{
    (void)opened;
}

/* Lines "name: value\n"; what is none is passed over. */
static void take_headers(http_call *call, char *lines, size_t len)
{
    char *const end = lines + len;
    for (char *line = lines; line < end;) {
        char *next = memchr(line, '\n', (size_t)(end - line));
        if (next == NULL)
            return;
        *next = '\0';
        char *colon = strstr(line, ": ");
        if (colon != NULL) {
            *colon = '\0';
            http_answer_header(call, line, colon + 2);
        }
        line = next + 1;
    }
}

static void take_answer(http_call *call, host_call_data *data)
{
    if (data->outcome == HTTP_ANSWERED && data->status != 0) {
        http_answer(call, (long)data->status);
        if (data->response != NULL)
            buffer_put(&call->response, data->response, data->response_len);
        if (data->response_headers != NULL)
            take_headers(call, data->response_headers, data->response_headers_len);
        return;
    }
    const http_outcome outcome = data->outcome >= HTTP_NOBODY && data->outcome <= HTTP_HOPELESS
                                     ? (http_outcome)data->outcome
                                     : HTTP_BROKEN;
    http_no_answer(call, outcome, "%.*s", (int)data->response_len,
                   data->response == NULL ? "" : (const char *)data->response);
}

static bool caller_perform(void *opened, http_call *call, uint64_t timeout_ms)
{
    (void)opened;
    http_begin(call);
    if (!http_is_ready(call))
        return false;
    host_call_data data = {.method = (uint32_t)call->method,
                           .url = (const char *)call->url.bytes,
                           .url_len = (uint32_t)call->url.len,
                           .headers = (const char *)call->headers.bytes,
                           .headers_len = (uint32_t)call->headers.len,
                           .body = call->body,
                           .body_len = (uint32_t)call->body_len,
                           .timeout_ms = (uint32_t)min_u64(timeout_ms, UINT32_MAX),
                           .response_max = (uint32_t)min_u64(call->response.max, UINT32_MAX - 1)};
    host_call(&data);
    take_answer(call, &data);
    mem_free(data.response);
    mem_free(data.response_headers);
    return true;
}

const http_caller caller_host = {
    .open = caller_open, .perform = caller_perform, .close = caller_close};
