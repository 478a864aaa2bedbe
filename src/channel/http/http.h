/* HTTP calls by libcurl. Layer: channel.
 *
 * A handle keeps its connection alive between calls. Only http.c, courier.c and probe.c see libcurl
 * itself. One thread at a time uses a handle. */
#ifndef CHANNEL_HTTP_HTTP_H
#define CHANNEL_HTTP_HTTP_H

#include "channel/http/call.h"

typedef struct http_handle http_handle;

/* `tls_ca` as in http_caller. NULL when out of memory. */
MUST_CHECK http_handle *http_handle_new(const char *tls_ca);
/* Accepts NULL. */
void http_handle_free(http_handle *h);

/* Where the calls of this handle come from: the local port, which `share` makes one that several
 * sockets may have; IPv4 or IPv6 only; without a proxy. False when out of memory. */
MUST_CHECK bool http_handle_from(http_handle *h, uint16_t port, bool is_ipv6,
                                 bool (*share)(int fd));

/* Performs the call and waits, as http_caller's perform does. */
MUST_CHECK bool http_perform(http_handle *h, http_call *call, uint64_t timeout_ms);

/* The same for whoever performs many at once. `easy` is libcurl's handle. The call is borrowed from
 * the beginning until the end, for which `result` is libcurl's CURLcode. False when out of memory.
 */
MUST_CHECK bool http_handle_begin(http_handle *h, http_call *call, uint64_t timeout_ms);
void http_handle_end(http_handle *h, int result);
void *http_handle_easy(const http_handle *h);

/* Calls one by one, by a handle each. */
extern const http_caller http_caller_curl;

#endif
