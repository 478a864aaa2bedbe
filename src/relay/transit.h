/* Bytes of messages on their way: being received, or being sent. Layer: relay.
 *
 * They take memory while no queue has them: a body before it is whole, and a message that was
 * acknowledged elsewhere while it is still being written. An address may have its share of them, so
 * that those who send and read as slowly as they may cannot stop others: one share of what comes
 * and one of what goes, since bodies that wait for room need others to be taken. */
#ifndef RELAY_TRANSIT_H
#define RELAY_TRANSIT_H

#include "relay/request.h"

/* An address with bytes on their way. */
typedef struct traveller {
    struct traveller *next;
    size_t receiving;
    size_t sending;
    char address[ADDRESS_MAX];
} traveller;

typedef struct transit {
    size_t receiving; /* in all */
    size_t sending;
    size_t address_max; /* each way; 0: any number */
    traveller *travellers;
} transit;

/* Counts bytes of a body that come, or says why there is no room for them. */
store_result transit_receive(request *r, size_t len);
void transit_received(request *r, size_t len);
/* Counts a message that goes, likewise, until transit_sent, which is harmless without it. */
store_result transit_send(request *r, size_t len);
void transit_sent(request *r);

#endif
