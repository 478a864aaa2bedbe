/* Who died: a client with a token that ends a connection and does not come back for a while leaves
 * its seat, so that nobody waits for it any longer. Layer: relay. */
#ifndef RELAY_GONE_H
#define RELAY_GONE_H

#include "relay/request.h"

#define GONE_MAX 1024 /* more clients than die at once */

/* A client whose connection ended; before that, who uses a connection. */
typedef struct gone_client {
    store_caller who; /* without the pointers */
    char session[SESSION_NAME_MAX + 1];
    uint64_t since_ms;
} gone_client;

typedef struct gone_list {
    size_t n;
    gone_client clients[GONE_MAX];
} gone_list;

/* The request's client is there: call it once its seat is known. */
void gone_heard(request *r);
/* An httpd_app's `closed`; its notes are gone_clients. */
void gone_closed(void *server, void *note);
/* Twice a second or so. */
void gone_sweep(relay_server *server, uint64_t now_ms);

#endif
