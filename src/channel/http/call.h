/* An HTTP call as data: what to ask, and what came back. Layer: channel.
 *
 * A call is prepared, performed by an http_caller or a driver (delivery.h), and then looked at.
 * Nothing here touches the network: what a host must bring is the http_caller. The response is
 * bounded; nothing in it is trusted. One thread at a time uses a call. */
#ifndef CHANNEL_HTTP_CALL_H
#define CHANNEL_HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/compiler.h"

#define HTTP_PROBLEM_MAX 256

typedef enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE } http_method;

/* How a call ended. */
typedef enum http_outcome {
    HTTP_ANSWERED, /* there is a status, which need not be a good one */
    HTTP_NOBODY,   /* nobody takes connections there */
    HTTP_TIMEOUT,
    HTTP_BROKEN,  /* anything else that may pass, such as a connection that ended */
    HTTP_HOPELESS /* what does not pass, such as a certificate that is not trusted */
} http_outcome;

/* Gives the next bytes of a body, at most `room`; 0: it is at its end; HTTP_SOURCE_WAITS: not yet,
 * and who performs the call is told when to ask again. On the thread of who performs. */
typedef size_t http_source(void *user, uint8_t *ret_bytes, size_t room);
#define HTTP_SOURCE_WAITS SIZE_MAX

typedef struct http_call {
    /* What is asked. */
    http_method method;
    buffer url;
    buffer headers; /* lines, each ended by a zero byte */
    const uint8_t *body;
    size_t body_len;
    http_source *source; /* of the body instead, or NULL */
    void *source_user;
    bool is_direct; /* to the peer itself, through no proxy */

    /* What came back. */
    http_outcome outcome;
    long status; /* 0: no answer */
    buffer response;
    buffer response_headers; /* lines "name: value", each ended by a zero byte */
    uint64_t retry_after_ms;
    char problem[HTTP_PROBLEM_MAX]; /* why there is no answer */
} http_call;

/* Who performs calls, one at a time: all that a host must bring. */
typedef struct http_caller {
    /* What the other two need, for one thread; NULL when out of resources. `tls_ca` is a PEM file
     * of the authorities to trust instead of the system's, or NULL. */
    void *(*open)(void *user, const char *tls_ca);
    /* Performs the call and waits, but gives up after `timeout_ms`; 0: with the caller's own idea
     * of what takes too long. Ends with http_answer and http_answer_header, or http_no_answer.
     * False when out of memory. */
    bool (*perform)(void *opened, http_call *call, uint64_t timeout_ms);
    void (*close)(void *opened);
    void *user;
} http_caller;

/* ---- asking ---- */

/* `response_max` bounds the response's body. */
void http_call_init(http_call *call, size_t response_max);
void http_call_clear(http_call *call);

/* Starts a new request; the path is appended to the base URL, printf-like. */
void http_prepare(http_call *call, http_method method, const char *base, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Adds a header line, printf-like. */
void http_header(http_call *call, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same of a value that may be long, such as a token. */
void http_header_text(http_call *call, const char *name, const char *value);
/* The body of a POST, borrowed until the call is over; none: an empty one. */
void http_body(http_call *call, const void *bytes, size_t len);
/* The same, as it comes: only for libcurl's handles (http.h). */
void http_body_from(http_call *call, http_source *source, void *user);
/* Through no proxy that the environment may name for everybody. */
void http_directly(http_call *call);
/* Whether all of it was written; false: out of memory, or too long. */
MUST_CHECK bool http_is_ready(const http_call *call);

/* The header lines one after the other, beginning with NULL; NULL after the last. */
const char *http_next_header(const http_call *call, const char *line);

/* ---- answering, for who performs; the body goes into `response` ---- */

/* Forgets an earlier attempt. */
void http_begin(http_call *call);
void http_answer(http_call *call, long status);
void http_answer_header(http_call *call, const char *name, const char *value);
/* For how long the server wants to be left alone; a Retry-After in seconds says so by itself. */
void http_retry_after(http_call *call, uint64_t seconds);
void http_no_answer(http_call *call, http_outcome outcome, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* ---- looking at it ---- */

/* Whether trying again later makes sense: no response, 429 or 5xx. */
bool http_is_transient(const http_call *call);

/* A line that says what went wrong, from who performed or the response's first line, or where it
 * redirects to, with everything but printable ASCII replaced. */
void http_explain(const http_call *call, char *ret_text, size_t size);

/* The first value of a response header; false if there is none, or it does not fit. */
bool http_response_header(const http_call *call, const char *name, char *ret_value, size_t size);

#endif
