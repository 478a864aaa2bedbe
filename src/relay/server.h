/* The inside of the relay server, shared by server.c (life), request.c (what a request says),
 * admit.c (who may ask, how often), answer.c (what each path does), waiting.c (who waits for what),
 * gone.c (who died)
 * and stats.c (figures, log). Layer: relay.
 *
 * Everything here runs on the HTTP server's thread, so nothing is locked. A request that waits is
 * held by that server and answered anew from the start when released. It holds no pointer into the
 * store: what it was waiting at may be gone. */
#ifndef RELAY_SERVER_H
#define RELAY_SERVER_H

#include <stdatomic.h>

#include "httpd/httpd.h"
#include "relay/quota.h"
#include "relay/relay.h"
#include "relay/route.h"
#include "relay/store.h"

#define WAITING_PLACES 4096
#define ADDRESS_MAX    48  /* text of an address */
#define TOKEN_MAX      256 /* characters of a seat token */
#define TOKEN_MIN      22  /* 128 bits in base64 */
#define STATUS_MAX     600
#define LOST_MAX       1024 /* more clients than die at once */

/* A client whose connection ended; before that, who uses a connection. */
typedef struct lost_client {
    store_caller who;
    char session[ROUTE_SESSION_MAX + 1];
    uint64_t since_ms;
} lost_client;

typedef struct request {
    httpd_request http; /* first: the HTTP server's */
    relay_server *server;
    route route;

    /* Who asks. */
    store_caller who;
    char address[ADDRESS_MAX];
    char issued[33]; /* the token made for it; empty: it has its own, or none */

    /* Headers and query. */
    bool has_number;
    uint64_t number; /* X-Polytune-Seq */
    bool from_page;  /* a browser asks from a page elsewhere */
    char origin[256];
    uint64_t wait_ms;
    uint64_t parties; /* how many seats a GET /participants waits for */

    /* Waiting for a message or for room. */
    bool replaced; /* meanwhile a newer request took its place */
    bool is_waiting;
    store_wake waits_for;
    struct request *next_waiting;

    /* The message being sent. */
    stored *message;
    bool lent; /* it goes from the queue once it has been sent */
} request;

/* Why a request was refused, for the figures. */
typedef enum refusal {
    REFUSED_UNAUTHORIZED,
    REFUSED_FORBIDDEN,
    REFUSED_TAKEN,
    REFUSED_LOST,
    REFUSED_FULL,
    REFUSED_RATE,
    REFUSED_SESSIONS, /* one address opens too many */
    REFUSED_STOPPING,
    REFUSED_STORE,
    REFUSED_MEMORY,
    N_REFUSALS
} refusal;

struct relay_server {
    relay_options options; /* with the defaults filled in */
    store *store;
    httpd *http;
    size_t receiving; /* bytes of requests being received */

    atomic_bool stop_asked;
    atomic_uint_fast32_t grace_ms;
    bool is_stopping; /* takes no new sessions */
    uint64_t stop_by_ms;

    request *current; /* the one being answered */
    request *waiting[WAITING_PLACES];
    uint8_t waiting_key[16]; /* nobody can choose names that share a place */
    lost_client lost[LOST_MAX];
    size_t n_lost;

    quota address_requests;
    quota address_sessions;
    quota session_requests;
    quota refusal_lines; /* in the log: nobody can flood it */

    uint64_t n_status[STATUS_MAX];
    uint64_t n_refused[N_REFUSALS];
    uint64_t n_opened;
    uint64_t n_expired;
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

/* server.c */

/* When stopping: ends the server once its sessions have ended or the time for that is over. */
void server_end_if_idle(relay_server *server);

/* admit.c */

/* Finds the address of who asks; a header of the trusted proxy may name another. */
void admit_address(request *r);
void admit_forwarded(request *r, const char *value);
/* Takes the token of an Authorization or X-Polytune-Token header. */
void admit_authorization(request *r, const char *value);
void admit_token(request *r, const char *value);
/* Makes a token for a client that joins without. False when there is no randomness. */
MUST_CHECK bool admit_issue(request *r);
/* Counts the request against the limits of its address and session; false: one is exceeded. Those
 * that concern no session are free. */
bool admit_count(request *r);
/* Whether the request's address may open a session now: 0, or after how long. */
uint64_t admit_opening_wait_ms(request *r);

/* answer.c */

/* Answers the complete request, or holds it. */
enum MHD_Result answer(request *r);
/* The request's message has been sent, or not, and is let go. */
void answer_sent(request *r, bool ok);

/* waiting.c */

/* Whether the request may wait (on). */
bool waiting_is_possible(request *r);
/* Holds the request until there is what it waits for; an older one that waits for the same is sent
 * away. */
enum MHD_Result waiting_start(request *r, store_wake what);
/* The request waits no more. */
void waiting_stop(request *r);
/* Wakes whoever waits for that. */
void waiting_wake(relay_server *server, store_wake what, const char *session, uint32_t from,
                  uint32_t to);

/* gone.c: a client with a token that ends a connection and does not come back for a while leaves
 * its seat, so that nobody waits for it any longer. */

/* The request's client is there: call it once its seat is known. */
void gone_heard(request *r);
/* An httpd_app's `closed`. */
void gone_closed(void *server, void *note);
/* Twice a second or so. */
void gone_sweep(relay_server *server, uint64_t now_ms);

/* stats.c */

void stats_refused(request *r, refusal why);
/* A store_listener's note. */
void stats_note(void *server, store_event event, const char *session, uint32_t party);
void stats_answered(request *r, unsigned status);
enum MHD_Result stats_answer(request *r);

#endif
