/* The relay: an HTTP server that passes messages between parties. Layer: relay.
 *
 * It is not trusted with anything but delivery: clients encrypt end to end. One thread of its own
 * serves every connection; sessions live in a store (store.h) and expire. A server is started,
 * perhaps asked to stop from a signal handler, waited for, and freed.
 *
 *     PUT  /join/{session}/{party}       take a seat; DELETE leaves it;
 *                                        ?wait=SECONDS&parties=N: as below, when it has been taken
 *     GET  /participants/{session}       JSON array of the seated parties' numbers;
 *                                        ?wait=SECONDS&parties=N: when there are N, or after that
 *     POST /send/{session}/{from}/{to}   append the body to that queue;
 *                                        ?wait=SECONDS: when it is full, wait for room;
 *                                        &leave=1: then leave, which X-Polytune-Left answers
 *     POST /recv/{session}/{from}/{to}   its oldest message, or 400 if there is none;
 *                                        ?wait=SECONDS: wait for one
 *     POST /bodies/{session}/{from}/{to} append many, one after the other (httpd/records.h);
 *                                        &leave=1: leave with one that has the flag
 *     GET  /bodies/{session}/{from}/{to} up to which number they have come
 *     POST /session/{s}/send/{from}/{to}, /session/{s}/recv/{me}/{from}
 *                                        the same for browsers; recv waits, then 404
 *     GET  /address                      the address and port that the request came from
 *     GET  /ping, /health, /metrics
 *     GET  / and its files               the page for browsers, if the relay has one (page.h)
 *
 * That is all a client needs of a relay that is open. Two things make it safe.
 *
 * A seat can be bound to a token, a secret of the client: then whoever speaks for that party shows
 * it, as `Authorization: Bearer TOKEN` (or `X-Polytune-Token: TOKEN`, where a proxy wants the other
 * for itself). The client that joins shows a token of its own making, 128 random bits or more, so
 * that it may repeat the request when the answer was lost; to one that joins without, a relay that
 * needs tokens answers with a new one, in X-Polytune-Token and as {"token": ..}. Without a token
 * for such a seat: 401; with another: 403. A seat that another client holds cannot be taken: 409,
 * with Retry-After if that may change; the holder of its token may join again at any time. An open
 * relay serves clients without tokens, too, but not for seats bound to one.
 *
 * Joining answers with `X-Polytune-Session: T`. A client that sends it with every request gets 409
 * when the session was lost or replaced, instead of a mixture of two sessions. It then numbers the
 * messages of each queue from 1 with `X-Polytune-Seq`: on send that is the message's number, and a
 * repeated one is dropped; on recv it asks for that message and so acknowledges those before it,
 * which are kept until then. So every message comes exactly once, whatever happens to connections.
 *
 * A client with a token that dies leaves its seat: when it has closed its connections, and no
 * request of it came to any relay of the store for a quarter of the smallest time-out that the
 * parties told when joining (`X-Polytune-Timeout: MILLISECONDS`; else 60 s), or when it was silent
 * for that time-out on a connection that stayed open. A request that waits is no silence. Who asks
 * with a token for the next message of a party that has left gets 410.
 *
 * Refusals: 400 bad name, number or header; 401, 403, 409, 410 above; 404 path; 405 method; 413 a
 * message over 4 MiB; 429 with Retry-After a limit reached; 503 stopping, out of memory, or the
 * store cannot be used. */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/status.h"

/* Something that happened, for a log: what a session goes through, and (as details) each request.
 * Holds no secrets. */
typedef struct relay_event {
    const char *what; /* "opened", "seated", "left", "ended", "replaced", "expired", "refused",
                         "request" */
    bool is_detail;
    const char *session; /* NULL: none */
    int party;           /* -1: none */
    const char *address; /* of the request that caused it; NULL: none did */
    const char *reason;  /* of a refusal, or which request; NULL: none */
    unsigned status;     /* of the answer; 0: none */
} relay_event;

/* Defaults of relay_options, for those who tell them. */
#define RELAY_CONNECTIONS   4096
#define RELAY_SESSIONS      4096
#define RELAY_SEATS         256
#define RELAY_MESSAGES      65536
#define RELAY_QUEUE_MIB     64
#define RELAY_SESSION_MIB   512
#define RELAY_TOTAL_MIB     2048
#define RELAY_EXPIRY_S      3600
#define RELAY_TIMEOUT_S     3600 /* longest that a party may tell; at least: */
#define RELAY_TIMEOUT_MIN_S 8

/* Zero means the default, of those above where nothing is said. */
typedef struct relay_options {
    const char *store;        /* memory, sqlite:FILE or redis://..; default memory */
    bool store_syncs;         /* sqlite: every change is on the disk before it is answered */
    bool needs_tokens;        /* nobody speaks for a seat without its token */
    bool trust_forwarded;     /* the last address of X-Forwarded-For is who asks */
    const char *cors;         /* origins of pages, separated by commas; default *, any */
    const char *page;         /* folder of the page for browsers; default none */
    const char *address;      /* host or numeric address to listen on; default 127.0.0.1 */
    uint16_t port;            /* 0: any free one, see relay_server_port */
    size_t max_connections;   /* as far as the system allows open files */
    size_t max_per_address;   /* connections from one address; default: no limit of its own */
    size_t max_sessions;      /* at a time */
    size_t max_messages;      /* waiting in one queue */
    size_t max_queue_bytes;   /* waiting in one queue */
    size_t max_session_bytes; /* waiting in one session */
    size_t max_bytes;         /* in all, also being received; as much again being sent */
    size_t max_seats;         /* in a session */
    /* How much of sessions, bytes that wait, bytes on their way, connections and waiting requests
     * may be one address's, in percent; 0: all. */
    uint32_t address_share;
    /* So many requests a second one address, or one session, may make; and so many sessions a
     * minute one address may open. Twice as many at once. 0: any number. */
    uint32_t address_requests;
    uint32_t session_requests;
    uint32_t address_sessions;
    uint32_t expiry_ms;         /* a session unused for so long is dropped */
    uint32_t timeout_ms;        /* of a party that tells none when joining; default 60 s */
    uint32_t timeout_max_ms;    /* longest that a party may tell */
    uint32_t hold_max_ms;       /* longest time a waiting request is held; default 60 s */
    uint32_t broker_wait_ms;    /* how long the browser broker's recv is held; default 30 s */
    uint32_t client_timeout_ms; /* idle, stalled or dripping connections are closed (see
                                   httpd.h); default 60 s */
    const char *tls_cert;       /* PEM files of a certificate chain and its key: serve https */
    const char *tls_key;
    /* Told what happens, on the server's thread. May be NULL. */
    void (*log)(void *user, const relay_event *event);
    void *log_user;
    bool log_details; /* of each request, too */
} relay_options;

typedef struct relay_server relay_server;

/* Listens and starts serving. PT_ERR_USAGE for an address that cannot be resolved, PT_ERR_FILE or
 * PT_ERR_INPUT for a certificate and key that cannot be used, PT_ERR_IO when the address cannot be
 * listened on; for the store see store_open. */
MUST_CHECK pt_status relay_server_start(relay_server **ret_server, const relay_options *options,
                                        pt_error *error);

/* The port it listens on. */
uint16_t relay_server_port(const relay_server *server);

/* How many connections it may have; fewer than it was to have where the system allows too few open
 * files. */
size_t relay_server_max_connections(const relay_server *server, size_t *ret_wanted);

/* Asks it to stop: held requests are answered with 503, others finished. Returns at once; may be
 * called from a signal handler and more than once. */
void relay_server_request_stop(relay_server *server);

/* Asks it to stop when the running sessions have ended, or after `grace_ms`; until then it opens no
 * new ones. A session that nobody asks in for a few seconds does not run. Where other relays serve
 * the same sessions it stops at once. The same rules. */
void relay_server_request_end(relay_server *server, uint32_t grace_ms);

/* Returns when the server has stopped. For one caller. */
void relay_server_wait(relay_server *server);

/* Stops, waits and frees. Accepts NULL. */
void relay_server_free(relay_server *server);

#endif
