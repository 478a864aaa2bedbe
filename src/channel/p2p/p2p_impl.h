/* The inside of the peer-to-peer channel, shared by p2p.c (which way messages go) and connector.c
 * (making connections, beside that). Layer: channel.
 *
 * Through the relay a message is followed by one byte that says what it is:
 *
 *     0 data    the caller's
 *     1 offer   where the sender may be reached (candidate.h); once
 *     2 moved   nothing before it: this is the sender's last one through the relay
 *
 * Messages go through the relay as soon as all are there. Meanwhile offers are exchanged, and both
 * sides try to connect (punch.h). Each direction of a pair then moves to the connection by itself,
 * between two messages: whoever sends says MOVED, and sends all that follows over the connection;
 * whoever receives takes what comes through the relay up to MOVED, then nothing more of it, and
 * what comes over the connection. Both ways keep their own order and lose nothing, so neither does
 * the direction. Who moves first is settled by who knows what:
 *
 *     the higher party    chooses a connection, is ready to receive on it, and says so there
 *     the lower party     has read that, so both have it: it moves
 *     the higher party    has got the other's MOVED, so both have it: it moves
 *
 * Who does not come as far as that stays where it is, whatever becomes of connections: nobody waits
 * for a decision, and what was sent through the relay arrives. A MOVED that cannot be, because
 * there is no connection, is malformed. A relay that makes one up, or keeps one back, or repeats
 * messages after it, can make the receiver wait, or miss messages; secure.h finds that as it finds
 * any other: its messages have numbers, in one row over both ways. */
#ifndef CHANNEL_P2P_P2P_IMPL_H
#define CHANNEL_P2P_P2P_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "channel/channel.h"
#include "channel/monitor.h"
#include "channel/p2p/punch.h"
#include "channel/p2p/stream.h"
#include "polytune/network.h"

typedef enum p2p_tag { P2P_DATA, P2P_OFFER, P2P_MOVED } p2p_tag;

/* What is between this party and another. Under the lock; those marked are one thread's. */
typedef struct p2p_pair {
    offer own;            /* the connector's */
    offer theirs;         /* not changed any more once it has come */
    bool has_theirs;      /* it has come */
    bool is_tried;        /* the connector's: it has looked at it */
    bool is_decided;      /* the connector's: there is a connection, or there will be none */
    uint64_t deadline_ms; /* the connector's: from then on it tries slowly */
    bool has_stream;      /* a connection that can be received on, once the other has moved */
    bool sends_direct;    /* MOVED has been sent */
    bool receives_direct; /* and has come: changed by who receives only */
    bool is_told;         /* the user has been told a way: the connector's while no stream is */
} p2p_pair;

typedef struct p2p {
    size_t party;
    size_t parties;
    patience patience;
    pt_channel relay; /* the connector's once `has_left_relay` */
    streams *streams;
    p2p_pair *pairs; /* by party */
    monitor lock;
    bool has_lock;
    bool is_open;        /* under the lock: messages can be sent */
    bool is_closing;     /* under the lock */
    bool has_left_relay; /* under the lock */
    int wake_fd;         /* whoever has something for the connector writes there; -1: none */
    pthread_t connector;
    bool has_connector;
    atomic_bool must_end;      /* whoever waits for the relay */
    pt_cancelled_fn cancelled; /* the caller's, may be NULL */
    void *cancelled_user;
    char *relay_url;    /* the connector's */
    char *relay_tls_ca; /* the same, may be NULL */
} p2p;

/* ---- for the connector ---- */

/* Says something of its own through the relay. With the lock held. */
MUST_CHECK pt_status p2p_tell(p2p *c, size_t to, p2p_tag tag, const uint8_t *bytes, size_t len,
                              pt_error *error);
/* Moves what is sent to that peer to its connection; where that fails, sending fails as well. With
 * the lock held. */
pt_status p2p_move(p2p *c, size_t to, pt_error *error);
/* Whether messages still go, or may still come, through the relay. With the lock held. */
bool p2p_needs_relay(const p2p *c);
/* Tells the user, once. */
void p2p_report_way(const p2p *c, size_t peer, bool is_direct);

/* ---- for p2p.c ---- */

/* The thread that makes connections, and leaves the relay when all have moved. */
MUST_CHECK pt_status connector_start(p2p *c, pt_error *error);
/* Has it look around: something is as it waits for. */
void connector_wake(const p2p *c);

#endif
