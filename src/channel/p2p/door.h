/* A local TCP port that connections both come to and go out from, and how it looks from elsewhere.
 * Layer: channel.
 *
 * A home router gives each local port an outside port. Connections that go out from the very port
 * that also listens therefore show the peers, and the relay, one and the same outside address. The
 * port is chosen by the system, one per address family. One thread at a time uses a door. */
#ifndef CHANNEL_P2P_DOOR_H
#define CHANNEL_P2P_DOOR_H

#include "channel/http/http.h"
#include "channel/p2p/candidate.h"

typedef struct door {
    int family;   /* AF_INET or AF_INET6 */
    int listener; /* -1: the system does not have this family */
    uint16_t port;
} door;

/* Opens it; where that fails there is no listener, and nothing else to do. */
void door_open(door *ret_door, int family);
void door_close(door *d);

/* A new socket, non-blocking, that goes out from the door's port; -1 when there is none. */
MUST_CHECK int door_socket(const door *d);

/* Adds the door's addresses on this machine's interfaces, the loopback ones only if `loopback`. */
void door_add_local(candidates *list, const door *d, bool loopback, size_t limit);

/* Adds the address that the relay sees, if it tells. The connection stays open with `h`, so that
 * routers do not forget it. */
void door_add_outside(candidates *list, const door *d, http_handle *h, const char *relay,
                      uint64_t timeout_ms, size_t limit);

#endif
