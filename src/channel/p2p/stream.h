/* Direct connections to peers: packets over TCP, all driven by one thread. Layer: channel.
 *
 *     on the wire   length u32, little-endian | packet (frame.h)
 *
 * The callers' side is what all network channels share (mailbox.h); the thread takes the courier's
 * place. It sends the outboxes, and reads ahead of the receiving callers as far as the inboxes
 * allow: a slow receiver stops its sender by TCP's flow control, and nobody else. The last packet
 * says goodbye; a connection that ends without one has failed. Whoever closes waits until the other
 * side has taken everything and closed too, as a connection closed with bytes unread would be
 * reset, and what is on its way lost. */
#ifndef CHANNEL_P2P_STREAM_H
#define CHANNEL_P2P_STREAM_H

#include "channel/mailbox.h"

typedef struct streams streams;

/* For peers of a channel as `options` says. */
MUST_CHECK pt_status streams_new(streams **ret_streams, const mailbox_options *options,
                                 pt_error *error);

/* Takes over a connected, non-blocking socket to `peer`, which has none so far; the caller's
 * again on failure. `first`: what is said there before all packets. */
MUST_CHECK pt_status streams_add(streams *s, size_t peer, int fd, const char *where,
                                 const uint8_t *first, size_t first_len, pt_error *error);
/* From now on its packets are received: before, hardly any is read. */
void streams_receive(streams *s, size_t peer);
/* "party 2 at ADDRESS", of a peer that was added. */
const char *streams_name(const streams *s, size_t peer);

MUST_CHECK pt_status streams_start(streams *s, pt_error *error);

/* As a channel's, for peers that were added. */
MUST_CHECK pt_status streams_send(streams *s, size_t to, const char *phase, const uint8_t *bytes,
                                  size_t len, pt_error *error);
MUST_CHECK pt_status streams_recv(streams *s, size_t from, const char *phase, size_t max_len,
                                  uint8_t **ret_bytes, size_t *ret_len, pt_error *error);

/* Ends the connections as a channel does, and frees. Accepts NULL, and one not started. */
void streams_close(streams *s);

#endif
