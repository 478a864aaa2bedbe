/* Peer-to-peer channels for all parties, with a relay of this process. */
#ifndef CHANNEL_P2P_P2P_MESH_H
#define CHANNEL_P2P_P2P_MESH_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"

/* How a party was told it reaches the others: how many, each way. */
typedef struct p2p_ways {
    unsigned n_direct;
    unsigned n_relayed;
} p2p_ways;

/* Starts opening one party's channel in a thread, and waits for it. */
typedef struct p2p_opening p2p_opening;
p2p_opening *p2p_open_start(const char *url, const char *session, size_t party, size_t parties,
                            uint32_t timeout_ms, bool only_relay);
pt_status p2p_open_wait(p2p_opening *o, pt_channel *ret_channel, p2p_ways *ret_ways,
                        pt_error *ret_error);

/* Opens all; parties from `first_relayed` on connect to nobody. Fails the test unless exactly the
 * others have direct connections. */
void p2p_mesh_open(uint16_t port, const char *session, pt_channel *ret_channels, size_t parties,
                   size_t first_relayed, uint32_t timeout_ms);

#endif
