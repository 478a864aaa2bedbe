/* Peer-to-peer channels for all parties, with a relay of this process. */
#ifndef CHANNEL_P2P_P2P_MESH_H
#define CHANNEL_P2P_P2P_MESH_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"

/* How a party has been told so far that it reaches the others: how many, each way. */
typedef struct p2p_ways {
    atomic_uint n_direct;
    atomic_uint n_relayed;
} p2p_ways;

/* Of the party's channel that was opened last. */
p2p_ways *p2p_ways_of(size_t party);

/* Starts opening one party's channel in a thread, and waits for it. */
typedef struct p2p_opening p2p_opening;
p2p_opening *p2p_open_start(const char *url, const char *session, size_t party, size_t parties,
                            uint32_t timeout_ms, bool only_relay);
pt_status p2p_open_wait(p2p_opening *o, pt_channel *ret_channel, pt_error *ret_error);

/* Opens all; parties from `first_relayed` on connect to nobody. */
void p2p_mesh_open(uint16_t port, const char *session, pt_channel *ret_channels, size_t parties,
                   size_t first_relayed, uint32_t timeout_ms);
/* Sends messages to and fro until all that connect have moved. Fails the test unless it comes to
 * exactly that. */
void p2p_mesh_settle(const pt_channel *channels, size_t parties, size_t first_relayed);

#endif
