/* The channel over an HTTP relay, whoever performs its HTTP calls. Layer: channel. */
#ifndef CHANNEL_HTTP_RELAY_H
#define CHANNEL_HTTP_RELAY_H

#include "channel/http/delivery.h"
#include "polytune/network.h"

/* As pt_channel_relay_open, which gives it the courier. The URL is a good one; the driver outlives
 * the channel. */
MUST_CHECK pt_status relay_channel_open(pt_channel *ret_channel, const pt_relay_options *options,
                                        const http_driver *driver, pt_error *error);

#endif
