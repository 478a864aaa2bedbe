/* The relay server: what the parts that serve it share. Layer: relay. */
#ifndef RELAY_SERVER_H
#define RELAY_SERVER_H

#include <stdatomic.h>

#include "relay/admit.h"
#include "relay/presence.h"
#include "relay/relay.h"
#include "relay/stats.h"
#include "relay/store.h"
#include "relay/transit.h"
#include "relay/waiting.h"

struct relay_server {
    relay_options options; /* with the defaults filled in */
    store *store;
    httpd *http;
    struct page *page;      /* NULL: it serves none */
    size_t address_waiting; /* requests of one address that may wait; 0: any number */
    transit transit;

    atomic_bool stop_asked;
    atomic_uint_fast32_t grace_ms;
    bool is_stopping; /* takes no new sessions */
    uint64_t stop_by_ms;
    uint64_t heard_ms; /* when somebody last asked in a session */

    bool store_is_up; /* when it was last tried */
    uint64_t store_tried_ms;

    admit_limits limits;
    waiting_table waiting;
    presence presence;
    stats stats;
};

/* Whether the store can be written to; tries that now and then. */
bool server_store_is_up(relay_server *server);

/* When stopping: ends the server once its sessions have ended or the time for that is over. */
void server_end_if_idle(relay_server *server);

#endif
