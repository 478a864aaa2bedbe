/* URLs of relays and parties: url.c takes them apart, by libcurl; url_text.c needs nothing but the
 * text. Layer: channel. */
#ifndef CHANNEL_HTTP_URL_H
#define CHANNEL_HTTP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

typedef struct url_parts {
    bool is_https;
    char *host; /* in lower case; an IPv6 address without brackets */
    uint16_t port;
    char *path; /* without a slash at the end: "" or "/..." */
    bool has_credentials;
} url_parts;

/* Whether it looks like an http or https URL with a host and no query or fragment. */
bool url_has_form(const char *url);

/* Whether it is one. */
bool url_is_good(const char *url);

/* Takes a good URL apart; release with url_clear. False when it is not good, or out of memory. */
MUST_CHECK bool url_split(url_parts *ret_parts, const char *url);
void url_clear(url_parts *parts);

/* Whether the URL's host is written as this machine's loopback: localhost, 127.x.y.z or [::1]. */
bool url_is_loopback(const char *url);

/* Takes slashes at the end off. */
void url_strip_slashes(char *text);

/* A copy without slashes at the end, and one that is also without user and password: those are
 * nobody else's business. NULL when out of memory. */
MUST_CHECK char *url_base(const char *url);
MUST_CHECK char *url_shown(const char *url);

#endif
