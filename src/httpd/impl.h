/* The inside of the HTTP server, shared by server.c (life, event loop) and request.c (one request).
 * Layer: httpd. */
#ifndef HTTPD_IMPL_H
#define HTTPD_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "httpd/httpd.h"

struct httpd {
    const httpd_app *app;
    void *user;
    struct MHD_Daemon *daemon;
    int listen_fd;
    int wake_fd; /* an eventfd: readable once asked to stop or woken */
    atomic_bool stop_asked;
    uint16_t port;
    pthread_t thread;
    bool running; /* the thread is there to be joined */
    bool stopping;
    httpd_request *held;
    size_t n_held;
    bool has_resumed;          /* since the library last ran */
    uint64_t next_deadline_ms; /* no held request is due before */
};

/* request.c: libmicrohttpd's callbacks for a request: on each step, and at its end. */
enum MHD_Result request_step(void *server, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_len, void **state);
void request_end(void *server, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode how);

#endif
