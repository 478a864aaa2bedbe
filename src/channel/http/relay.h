/* The channel over an HTTP relay, whoever performs its HTTP calls. Layer: channel. */
#ifndef CHANNEL_HTTP_RELAY_H
#define CHANNEL_HTTP_RELAY_H

#include "channel/http/delivery.h"
#include "polytune/network.h"

/* How it talks to its relay: of single packets; relay_bulk.h has another. */
extern const delivery_link relay_link;

/* As pt_channel_relay_open, which gives it the courier. The URL is a good one; the driver outlives
 * the channel. */
MUST_CHECK pt_status relay_channel_open(pt_channel *ret_channel, const pt_relay_options *options,
                                        const delivery_link *link, const http_driver *driver,
                                        pt_error *error);

/* For a host without threads that computes for long between messages: tells the relay now and then
 * that this party lives, which else nobody does. Call it as often as you like, but not while a call
 * on the channel is going on. `channel` is what relay_channel_open gave. */
void relay_channel_show_life(const pt_channel *channel);

#endif
