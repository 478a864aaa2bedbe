/* A look at a server: how long the parts of a call took, and what TLS showed. Layer: channel.
 *
 * Sees libcurl itself, as http.c and courier.c do. One thread at a time uses a probe. */
#ifndef CHANNEL_HTTP_PROBE_H
#define CHANNEL_HTTP_PROBE_H

#include <time.h>

#include "channel/http/http.h"

#define PROBE_TEXT 200

/* Of the last call. Times are in seconds since its beginning; of a connection that was there
 * already, those of its making are 0. Texts are empty where there is nothing to say. */
typedef struct http_look {
    char address[PROBE_TEXT]; /* that was connected to */
    char proxy[PROBE_TEXT];   /* the variable of the environment that names one */
    double lookup_s, connect_s, tls_s, answer_s, total_s;
    char tls[PROBE_TEXT];     /* "TLS1.3 / .." */
    char subject[PROBE_TEXT]; /* of the certificate */
    char issuer[PROBE_TEXT];
    char expires[PROBE_TEXT]; /* as the certificate has it */
    time_t expires_at;        /* -1: not known */
    time_t date;              /* what the server says it is; -1: it does not */
} http_look;

typedef struct http_probe http_probe;

/* Of the server at `url`, without calling it. `tls_ca` as in http_caller; with `any_certificate` it
 * is not asked whether one is to be trusted, for looking at what is wrong with it, and a user and
 * password in the URL are left out. NULL when out of memory. */
MUST_CHECK http_probe *http_probe_new(const char *url, const char *tls_ca, bool any_certificate);
/* Accepts NULL. */
void http_probe_free(http_probe *p);

/* Its URL without slashes at the end, and one without user and password. */
const char *http_probe_base(const http_probe *p);
const char *http_probe_shown(const http_probe *p);
bool http_probe_is_https(const http_probe *p);
bool http_probe_is_loopback(const http_probe *p);

/* A GET of `path` at the server. Release the call with http_call_clear in any case. */
MUST_CHECK bool http_probe_get(http_probe *p, http_look *ret_look, http_call *ret_call,
                               const char *path, uint64_t timeout_ms);

/* Performs the call as http_perform does. False when out of memory. */
MUST_CHECK bool http_probe_run(http_probe *p, http_look *ret_look, http_call *call,
                               uint64_t timeout_ms);

#endif
