/* The stepper: one HTTP request at a time, performed while a caller waits. Layer: channel.
 *
 * For hosts without threads, such as a browser's worker, whose HTTP call blocks. What waits is sent
 * first; then only the peer that the caller waits for is asked, as an answer may take as long as
 * the relay holds the request. A caller that sends without receiving sends by itself once a packet
 * is full. */
#ifndef CHANNEL_HTTP_STEPPER_H
#define CHANNEL_HTTP_STEPPER_H

#include "channel/http/delivery.h"

/* A driver over the host's HTTP call; both must outlive the channel. */
http_driver stepper_driver(const http_caller *caller);

#endif
