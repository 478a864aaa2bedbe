/* One HTTP request at a time on one libcurl handle. Layer: channel.
 *
 * A call is prepared, performed (alone, or by a libcurl multi handle), and then looked at. Handles
 * keep their connection alive between calls. The response is bounded; nothing in it is trusted. One
 * thread at a time uses a call. */
#ifndef CHANNEL_HTTP_HTTP_H
#define CHANNEL_HTTP_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/compiler.h"

typedef enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE } http_method;

typedef struct http_call {
    CURL *easy;
    struct curl_slist *headers;
    buffer url;
    buffer response;
    long status;     /* after the call; 0: no response */
    CURLcode result; /* after the call */
    uint64_t retry_after_ms;
    char detail[CURL_ERROR_SIZE];
} http_call;

/* `response_max` bounds the body; `tls_ca` is a PEM file of the authorities to trust instead of the
 * system's, or NULL. False when out of memory. */
MUST_CHECK bool http_call_init(http_call *call, size_t response_max, const char *tls_ca);
void http_call_clear(http_call *call);

/* Starts a new request; the path is appended to the base URL, printf-like. */
void http_prepare(http_call *call, http_method method, const char *base, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Adds a header line, printf-like. */
void http_header(http_call *call, const char *format, ...) PRINTF_LIKE(2, 3);
/* The body of a POST, borrowed until the call is over; none: an empty one. */
void http_body(http_call *call, const void *bytes, size_t len);
/* Hands the request to libcurl; false when out of memory. */
MUST_CHECK bool http_ready(http_call *call);

/* Performs it and waits. */
void http_perform(http_call *call);
/* Takes the result of a call that a multi handle performed. */
void http_done(http_call *call, CURLcode result);

/* Whether trying again later makes sense: no response, 429 or 5xx. */
bool http_is_transient(const http_call *call);

/* A line that says what went wrong, from libcurl or the response's first line with everything but
 * printable ASCII replaced. */
void http_explain(const http_call *call, char *ret_text, size_t size);

/* The value of a response header; false if there is none, or it does not fit. */
bool http_response_header(const http_call *call, const char *name, char *ret_value, size_t size);

#endif
