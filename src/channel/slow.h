/* A channel that is as slow as a given link, for tests and measurements. Layer: channel.
 *
 * Wraps every end of a channel between parties on one machine. A message leaves when those before
 * it have left the sender's uplink, travels for the delay, and passes the receiver's downlink; each
 * end has one of either, shared by all its peers. The moment of arrival travels in front of it. */
#ifndef CHANNEL_SLOW_H
#define CHANNEL_SLOW_H

#include "base/compiler.h"
#include "polytune/channel.h"

typedef struct slow_link {
    uint64_t delay_ns;         /* one way */
    uint64_t bytes_per_second; /* up, and as many down; 0: no limit */
    /* NULL: time is the clock's, and who waits sleeps. Otherwise an end has a time of its own,
     * which is how long its party has worked, as this function says in the party's thread, and how
     * long it has waited for messages; nobody sleeps, and runs do not depend on what else the
     * machine does. A function that is always 0 counts delays. */
    uint64_t (*work_ns)(void);
} slow_link;

/* Wraps `inner` and takes it over: closing the wrapper closes it; on failure it stays the
 * caller's. */
MUST_CHECK pt_status channel_slow_wrap(pt_channel *ret_channel, pt_channel inner, slow_link link,
                                       pt_error *error);

/* The end's time when it last sent or received. For a channel made by channel_slow_wrap, when no
 * call is running. */
uint64_t channel_slow_time_ns(const pt_channel *c);

#endif
