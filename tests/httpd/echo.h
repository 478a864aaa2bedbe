/* An application of the HTTP server for tests, which tells what it was given.
 *
 *     POST /echo       the body; X-Echo comes back as a header, ?echo= behind the body
 *     POST /ignore     reads no body
 *     GET  /big        ECHO_BODY_MAX bytes
 *     GET  /hold?ms=N  held until echo_release or for N ms; then "released" or "late" */
#ifndef TESTS_HTTPD_ECHO_H
#define TESTS_HTTPD_ECHO_H

#include <stdatomic.h>

#include "httpd/httpd.h"

#define ECHO_BODY_MAX ((size_t)1 << 20)

typedef struct echo_server {
    httpd *http;
    uint16_t port;
    size_t room;           /* bytes that bodies may be charged; 0: any number */
    atomic_size_t charged; /* now */
    atomic_size_t held;
    atomic_size_t ended;  /* requests */
    atomic_size_t closed; /* connections, with the note of a request */
    atomic_size_t woken;
    atomic_bool is_released;
} echo_server;

/* Zero means: a free port of 127.0.0.1, 100 connections, 60 s. Fails the test when it cannot. */
void echo_start(echo_server *e, httpd_options options);
void echo_stop(echo_server *e);

/* Makes the server, and leaves starting it to the caller. */
void echo_new(echo_server *e);

void echo_release(echo_server *e);

/* Waits until a count has a value; fails the test when that takes too long. */
void echo_wait(atomic_size_t *count, size_t value);

#endif
