/* The inside of the HTTP server, shared by server.c (life, event loop), connection.c (who may stay)
 * and request.c (one request). Layer: httpd. */
#ifndef HTTPD_IMPL_H
#define HTTPD_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "httpd/httpd.h"
#include "httpd/listen.h"

#define HEAD_MAX ((size_t)64 << 10) /* bytes that the head of a request may have */

/* What is known of a connection besides what the library knows. */
typedef struct connection connection;

typedef struct connection_list {
    connection *first;
    connection *last;
} connection_list;

struct httpd {
    const httpd_app *app;
    void *user;
    struct MHD_Daemon *daemon;
    listeners listeners;
    int wake_fd; /* an eventfd: readable once asked to stop or woken */
    atomic_bool stop_asked;
    uint16_t port;
    pthread_t thread;
    bool running; /* the thread is there to be joined */
    bool stopping;

    size_t n_connections;
    size_t max_connections;
    size_t max_per_address; /* 0: any number */
    uint32_t client_timeout_ms;
    connection_list idle;     /* no head yet, oldest first */
    connection_list busy;     /* with a request */
    connection_list unwanted; /* with one that is not worth a place of its own, oldest first */

    httpd_request *held;
    size_t n_held;
    bool has_resumed;          /* since the library last ran */
    uint64_t next_deadline_ms; /* no held request is due before */
};

/* connection.c */

/* libmicrohttpd's callback at a connection's begin and end. */
void connection_notify(void *server, struct MHD_Connection *handle, void **state,
                       enum MHD_ConnectionNotificationCode what);

/* The connection has a request's head: what is known of it, or NULL when it is to close. It has
 * moved so many bytes further; 0 starts a new measurement. It waits for the next head. */
connection *connection_begin(struct MHD_Connection *handle);
void connection_progress(connection *c, size_t moved);
/* Takes note of a part of a path or query as it came; and whether one of the request that begins
 * was bad. */
void connection_note_target(struct MHD_Connection *handle, const char *text);
bool connection_had_bad_target(connection *c);
/* Its request is one that gives way to others. */
void connection_give_way(connection *c);
/* It waits for this side: no deadline until it moves on. */
void connection_pause(connection *c);
void connection_end(connection *c);

/* Closes those that are too slow. */
void connection_expire(httpd *server, uint64_t now_ms);
/* Whether the client has closed it, or its side of it. */
bool connection_has_ended(const connection *c);
/* Has the library look for the end of those that have ended. It waits for the system to tell of
 * more when it was given fewer bytes than it had room for, and of an end that came with them it is
 * not told. */
void connection_tell_ends(httpd *server);
#define NETWORK_BYTES 9 /* the kind, and an IPv4 address or 64 bits of an IPv6 one */

/* What one customer has: an IPv4 address, also as a mapped one, or a network of 64 bits. */
void connection_network(uint8_t ret_network[NETWORK_BYTES], const struct sockaddr *address);
/* Whether the address may have one more. */
bool connection_is_welcome(const httpd *server, const struct sockaddr *address);
/* Whether there is room for one more, or somebody unwanted or idle who can make it. */
bool connection_has_room(const httpd *server);
/* If all are taken, closes the one that is unwanted for longest, else idle for longest. */
void connection_make_room(httpd *server);

/* request.c: libmicrohttpd's callbacks for a request: on each step, and at its end. */
enum MHD_Result request_step(void *server, struct MHD_Connection *handle, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_len, void **state);
void request_end(void *server, struct MHD_Connection *handle, void **state,
                 enum MHD_RequestTerminationCode how);

/* Memory for `wanted` bytes more of a body that begins with those there: at once where that is not
 * much, later when so many have come that the rest may be believed. */
void httpd_reserve(httpd_request *r, size_t wanted);

#endif
