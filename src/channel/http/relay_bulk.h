/* The relay channel of who performs many requests at once: packets share requests where much flows.
 * Layer: channel. */
#ifndef CHANNEL_HTTP_RELAY_BULK_H
#define CHANNEL_HTTP_RELAY_BULK_H

#include "channel/http/relay.h"

extern const delivery_link relay_bulk_link;

#endif
