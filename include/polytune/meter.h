/* Counting what passes through a channel. */
#ifndef POLYTUNE_METER_H
#define POLYTUNE_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What passed between this party and one other in one phase. */
typedef struct pt_traffic {
    const char *phase; /* as given to send and recv */
    size_t peer;
    uint64_t messages_sent;
    uint64_t bytes_sent;
    uint64_t messages_received;
    uint64_t bytes_received;
} pt_traffic;

/* Counts messages and bytes by phase and peer. */
typedef struct pt_meter pt_meter;

/* A meter of one channel among `parties` parties; pt_meter_free it after the channel. */
PT_API PT_MUST_CHECK pt_status pt_meter_new(pt_meter **ret_meter, size_t parties, pt_error *error);
PT_API void pt_meter_free(pt_meter *meter);

/* Row `index`, from 0, of those with traffic, by phase in order of appearance and peer; false past
 * the last. Any thread may call it at any time. */
PT_API bool pt_meter_read(pt_traffic *ret_traffic, pt_meter *meter, size_t index);

/* Wraps `inner` and takes it over: closing the wrapper closes it; on failure it stays the caller's.
 * What `inner` refuses is not counted. */
PT_API PT_MUST_CHECK pt_status pt_channel_metered_wrap(pt_channel *ret_channel, pt_channel inner,
                                                       pt_meter *meter, pt_error *error);

#ifdef __cplusplus
}
#endif
#endif
