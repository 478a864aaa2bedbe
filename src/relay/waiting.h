/* Who waits for what: requests held until there is a message, or room for one. Layer: relay. */
#ifndef RELAY_WAITING_H
#define RELAY_WAITING_H

#include "relay/request.h"

#define WAITING_PLACES 4096

typedef struct waiting_table {
    request *places[WAITING_PLACES];
    uint8_t key[16]; /* nobody can choose names that share a place */
} waiting_table;

MUST_CHECK pt_status waiting_init(waiting_table *w, pt_error *error);

/* Whether the request may wait (on). */
bool waiting_is_possible(request *r);
/* Whether one more request of its address may wait; one that was let in stays. */
bool waiting_has_room(request *r);
/* Holds the request until there is what it waits for; an older one that waits for the same, with
 * the same number, is sent away. */
enum MHD_Result waiting_start(request *r, store_wake what);
/* The request waits no more. */
void waiting_stop(request *r);
/* Wakes whoever waits for that. */
void waiting_wake(relay_server *server, store_wake what, const char *session, uint32_t from,
                  uint32_t to);

#endif
