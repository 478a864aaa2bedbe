/* A channel that counts what passes through another. Layer: channel. */
#ifndef CHANNEL_METERED_H
#define CHANNEL_METERED_H

#include <stdatomic.h>
#include <stdint.h>

#include "channel/channel.h"

/* Any thread may read it at any time. */
typedef struct channel_meter {
    atomic_uint_least64_t messages_sent;
    atomic_uint_least64_t bytes_sent;
    atomic_uint_least64_t messages_received;
    atomic_uint_least64_t bytes_received;
} channel_meter;

/* Wraps `inner` and takes it over: closing the wrapper closes it; on failure it stays the caller's.
 * `meter`, zeroed by the caller, must outlive the channel. */
MUST_CHECK pt_status channel_metered_wrap(pt_channel *ret_channel, pt_channel inner,
                                          channel_meter *meter, pt_error *error);

#endif
