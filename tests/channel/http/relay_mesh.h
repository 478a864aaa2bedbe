/* A relay in this process, and channels over it for all parties. */
#ifndef CHANNEL_HTTP_RELAY_MESH_H
#define CHANNEL_HTTP_RELAY_MESH_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"

/* Opens the channels of all parties at once, each from a thread of its own, as they wait for each
 * other; fails the test when that fails. */
void relay_mesh_open(uint16_t port, const char *session, pt_channel *ret_channels, size_t parties,
                     uint32_t timeout_ms);

#endif
