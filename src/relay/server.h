/* The inside of the relay server, shared by server.c (life, event loop), request.c (one HTTP
 * request) and answer.c (what each path does). Layer: relay.
 *
 * Everything here runs on the server's own thread, so nothing is locked. A request that waits is
 * suspended in libmicrohttpd and kept in the list of held ones; when released it is simply answered
 * anew from the start. It holds no pointer into the store: what it was waiting at may be gone. */
#ifndef RELAY_SERVER_H
#define RELAY_SERVER_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "relay/relay.h"
#include "relay/route.h"
#include "relay/store.h"

typedef struct request request;

struct request {
    relay_server *server;
    struct MHD_Connection *connection;
    route route;

    /* Headers and query. */
    bool has_number;
    uint64_t number; /* X-Polytune-Seq */
    bool has_token;
    uint64_t token;  /* X-Polytune-Session */
    uint64_t client; /* X-Polytune-Client; 0: not said */
    uint64_t wait_ms;
    uint64_t parties; /* how many seats a GET /participants waits for */
    bool has_length;
    uint64_t length;
    unsigned n_lengths;
    unsigned n_encodings;
    bool is_chunked;

    /* What is wrong with it, answered once the body has been read. 0: nothing so far. */
    unsigned refusal;
    const char *reason;

    buffer body;
    size_t received; /* bytes of body, also those not kept */
    size_t charged;  /* of the store's limit */

    /* Waiting. */
    uint64_t deadline_ms; /* 0: not set yet */
    bool held;
    bool replaced; /* a newer request took its place */
    request *previous;
    request *next;

    /* The message being sent. */
    stored *message;
    bool lent; /* it goes from the queue once it has been sent */
};

struct relay_server {
    relay_options options; /* with the defaults filled in */
    store store;
    struct MHD_Daemon *daemon;
    int listen_fd;
    int stop_fd; /* an eventfd: readable once asked to stop */
    uint16_t port;
    pthread_t thread;
    bool running; /* the thread is there to be joined */
    bool stopping;
    request *held;
    size_t n_held;
    bool has_resumed;          /* since the library last ran */
    uint64_t next_deadline_ms; /* no held request is due before */
    uint64_t n_requests;
};

/* server.c */

/* Suspends the request until its deadline or release. */
void server_hold(request *r);
/* Resumes a held request; nothing for others. */
void server_release(request *r);

/* request.c */

/* libmicrohttpd's callbacks for a request: on each step, and at its end. */
enum MHD_Result request_step(void *server, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_len, void **state);
void request_end(void *server, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode how);

/* Answers with one line of text; `retry_after_s` < 0 for none. */
enum MHD_Result request_reply(request *r, unsigned status, int retry_after_s, const char *text);
/* Answers with a response made by the caller, and releases it. NULL closes the connection. */
enum MHD_Result request_finish(request *r, unsigned status, struct MHD_Response *response);

/* answer.c */

/* Answers the complete request, or holds it. */
enum MHD_Result answer(request *r);
/* The request's message has been sent, or not, and is let go. */
void answer_sent(request *r, bool ok);
/* What a waiter in the store's slots wants. */
void answer_wake(void *waiter);

#endif
