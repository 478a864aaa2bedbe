/* The inside of the relay server, shared by server.c (life), request.c (what a request says) and
 * answer.c (what each path does). Layer: relay.
 *
 * Everything here runs on the HTTP server's thread, so nothing is locked. A request that waits is
 * held by that server and answered anew from the start when released. It holds no pointer into the
 * store: what it was waiting at may be gone. */
#ifndef RELAY_SERVER_H
#define RELAY_SERVER_H

#include "httpd/httpd.h"
#include "relay/relay.h"
#include "relay/route.h"
#include "relay/store.h"

typedef struct request {
    httpd_request http; /* first: the HTTP server's */
    relay_server *server;
    route route;

    /* Headers and query. */
    bool has_number;
    uint64_t number; /* X-Polytune-Seq */
    bool has_token;
    uint64_t token;  /* X-Polytune-Session */
    uint64_t client; /* X-Polytune-Client; 0: not said */
    uint64_t wait_ms;
    uint64_t parties; /* how many seats a GET /participants waits for */

    bool replaced; /* while waiting, a newer request took its place */

    /* The message being sent. */
    stored *message;
    bool lent; /* it goes from the queue once it has been sent */
} request;

struct relay_server {
    relay_options options; /* with the defaults filled in */
    store store;
    httpd *http;
    uint64_t n_requests;
};

/* request.c */

extern const httpd_app relay_app;

/* httpd_reply and httpd_finish. */
static inline enum MHD_Result request_reply(request *r, unsigned status, int retry_after_s,
                                            const char *text)
{
    return httpd_reply(&r->http, status, retry_after_s, text);
}

static inline enum MHD_Result request_finish(request *r, unsigned status,
                                             struct MHD_Response *response)
{
    return httpd_finish(&r->http, status, response);
}

/* answer.c */

/* Answers the complete request, or holds it. */
enum MHD_Result answer(request *r);
/* The request's message has been sent, or not, and is let go. */
void answer_sent(request *r, bool ok);
/* What a waiter in the store's slots wants. */
void answer_wake(void *waiter);

#endif
