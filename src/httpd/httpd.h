/* An HTTP server for the relay and the direct channel, around libmicrohttpd. Layer: httpd.
 *
 * One thread of the server's own drives all connections and calls the application: nothing the
 * application keeps for itself needs a lock. The application fills an httpd_app. Its request begins
 * with an httpd_request; the server allocates and frees it, reads head and body, refuses what no
 * application should see (ambiguous lengths, bodies too large), and asks for an answer once the
 * request is complete. An answer may be put off: a request that is held is suspended until its
 * deadline or release, and then simply answered anew from the start. */
#ifndef HTTPD_HTTPD_H
#define HTTPD_HTTPD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "httpd/head.h"
#include "polytune/status.h"

typedef struct httpd httpd;
typedef struct httpd_request httpd_request;
struct connection;

struct httpd_request {
    httpd *server;
    struct MHD_Connection *connection;

    /* The application's to set in `begin` (or `check`). */
    bool wants_body;
    bool gives_way;    /* serve it only as long as nobody else needs its connection */
    const char *allow; /* methods of this path, for the Allow header of a 405 */

    /* What is wrong with it, answered once the body has been read. 0: nothing so far. */
    unsigned refusal;
    const char *reason;

    /* Takes the body as it comes, instead of keeping it; set in `check`, with `wants_body`. It
     * returns how many bytes it took, and where those are not all has held or refused the request:
     * the others come again. */
    size_t (*take)(httpd_request *r, const char *bytes, size_t len);
    buffer body;
    size_t charged; /* bytes of the body that the application has charged */

    /* Waiting. */
    uint64_t deadline_ms; /* set before holding */
    bool held;
    httpd_request *previous;
    httpd_request *next; /* the held ones are a list, see httpd_held */

    /* The server's own. */
    request_head head;
    bool closes;     /* the connection, with the answer */
    size_t received; /* bytes of body, also those not kept */
    struct connection *peer;
};

/* What a server serves. Every function is called on the server's thread. */
typedef struct httpd_app {
    const char *name;     /* for messages: "the relay" */
    size_t request_size;  /* bytes of the application's request, zeroed at first */
    size_t body_max;      /* bytes of a body that is wanted */
    const char *too_long; /* what a 413 says */

    /* The head is there. Finds out what is asked for; refuses with httpd_refuse. */
    void (*begin)(httpd_request *r, const char *method, const char *path);
    /* Each header (but those of the body) and query argument, after `begin`. May be NULL. */
    void (*header)(httpd_request *r, const char *name, const char *value);
    void (*argument)(httpd_request *r, const char *name, const char *value);
    /* All of the head is there, the last chance to set `wants_body`. May be NULL. */
    void (*check)(httpd_request *r);
    /* Accounts for bytes of a body before they are kept, false if there is no room; and takes it
     * back. May be NULL. */
    bool (*charge)(httpd_request *r, size_t len);
    void (*discharge)(httpd_request *r, size_t len);
    /* Answers the complete request with httpd_reply or httpd_finish, or holds it. */
    enum MHD_Result (*answer)(httpd_request *r);
    /* Every answer passes here before it is sent, those of the server's own too: to add headers, or
     * to count. May be NULL. */
    void (*finish)(httpd_request *r, unsigned status, struct MHD_Response *response);
    /* The request is over; `sent`: its answer has been written. May be NULL. */
    void (*end)(httpd_request *r, bool sent);
    /* A connection has ended, by the client or by this server; `note` is what httpd_note gave. May
     * be NULL. */
    void (*closed)(void *user, void *note, bool by_client);
    size_t note_size;
    /* A connection was closed at once: its address has max_per_address. May be NULL. */
    void (*turned_away)(void *user, const struct sockaddr *address);
    /* Called now and then. May be NULL. */
    void (*sweep)(void *user, uint64_t now_ms);
    /* Called soon after httpd_wake. May be NULL. */
    void (*woken)(void *user);
} httpd_app;

typedef struct httpd_options {
    const char *address;    /* host or numeric address; all addresses of a name are listened on */
    uint16_t port;          /* 0: any free one, see httpd_port */
    size_t max_connections; /* as far as the system allows open files */
    size_t max_per_address; /* connections from one address, of IPv6 a network of 64 bits; 0:
                               any number */
    uint32_t client_timeout_ms; /* see below */
    const char *tls_cert;       /* PEM files of the certificate chain and its key; NULL: no TLS */
    const char *tls_key;
    /* PEM file of the authorities whose certificates clients may show; NULL: they are not asked
     * for any. Showing none is in order, and none is judged here: that is the application's. */
    const char *tls_client_ca;
    /* Which certificate a connection is shown, instead of always the one that was read: a
     * gnutls_certificate_retrieve_function2, for whose session httpd_user_of_session tells the
     * `user`. NULL: that one. */
    void (*tls_show)(void);
} httpd_options;

/* Who is slow on purpose must not keep others out. Within the client timeout a connection brings
 * the whole head of its next request, from the end of the one before on, and never stands still for
 * longer; bodies and answers move at 16 KiB/s at least. When all connections are taken, the one
 * that has been idle for longest makes place for a new one. */

/* A server that does nothing yet. `app` must outlive it, `user` is for the application. It may be
 * asked to stop, and to wake the application, before it is started: both happen then. */
MUST_CHECK pt_status httpd_new(httpd **ret_server, const httpd_app *app, void *user,
                               pt_error *error);

/* Listens and starts serving; once. PT_ERR_USAGE for an address that cannot be resolved,
 * PT_ERR_FILE or PT_ERR_INPUT for a certificate and key that cannot be used, PT_ERR_IO when the
 * address cannot be listened on. */
MUST_CHECK pt_status httpd_start(httpd *server, const httpd_options *options, pt_error *error);

/* Once started: the port it listens on, and how many connections it may have: fewer than wanted
 * where the system allows too few open files. And the application's `user`. */
uint16_t httpd_port(const httpd *server);
size_t httpd_max_connections(const httpd *server);
void *httpd_user(const httpd *server);
/* `pointer`: what a TLS session of the library's has for one, its connection. NULL: none. */
void *httpd_user_of_session(void *pointer);

/* Asks it to stop: held requests are answered anew, and see httpd_is_stopping. Returns at once; may
 * be called from a signal handler, any thread, and more than once. */
void httpd_request_stop(httpd *server);
/* Has the application's `woken` called. The same rules. */
void httpd_wake(httpd *server);

/* Returns when the server has stopped. For one caller. */
void httpd_wait(httpd *server);

/* Stops, waits and ends all requests. Others may still wake it. Accepts NULL. */
void httpd_close(httpd *server);
/* Closes and frees. Accepts NULL. */
void httpd_free(httpd *server);

/* ---- for the application, on the server's thread ---- */

bool httpd_is_stopping(const httpd *server);

/* The first of the held requests, a list through `next`; and how many there are. */
httpd_request *httpd_held(const httpd *server);
size_t httpd_n_held(const httpd *server);

/* Suspends the request until its deadline or release. */
void httpd_hold(httpd_request *r);
/* Resumes a held request; nothing for others. */
void httpd_release(httpd_request *r);

/* Refuses the request once its body has been read; the first refusal counts. `reason` is static. */
void httpd_refuse(httpd_request *r, unsigned status, const char *reason);

/* Answers with text; `retry_after_s` < 0 for none. */
enum MHD_Result httpd_reply(httpd_request *r, unsigned status, int retry_after_s, const char *text);
/* The same with one more header. */
enum MHD_Result httpd_reply_with(httpd_request *r, unsigned status, int retry_after_s,
                                 const char *text, const char *header, const char *value);
/* Answers with a response made by the caller, and releases it. NULL closes the connection. */
enum MHD_Result httpd_finish(httpd_request *r, unsigned status, struct MHD_Response *response);

/* What the application notes about the connection: `note_size` bytes, zeroed at first. */
void *httpd_note(const httpd_request *r);

/* Whether the client went away: a suspended request does not notice. */
bool httpd_client_is_gone(const httpd_request *r);

#endif
