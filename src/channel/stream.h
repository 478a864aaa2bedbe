/* Packets over TCP connections, one per peer, all driven by one thread. Layer: channel.
 *
 *     on the wire   length u32, little-endian | packet (frame.h)
 *
 * Sending puts packets into an outbox and returns; the thread sends them, and reads ahead of the
 * receiving callers as far as the inbox allows: a slow receiver stops its sender by TCP's flow
 * control, and nobody else. The last packet says goodbye; a connection that ends without one has
 * failed. Whoever closes waits until the other side has taken everything and closed too, as a
 * connection closed with bytes unread would be reset, and what is on its way lost.
 *
 * Calls as for a channel: different peers from different threads. */
#ifndef CHANNEL_STREAM_H
#define CHANNEL_STREAM_H

#include "channel/channel.h"
#include "channel/patience.h"

typedef struct streams streams;

/* For peers of a channel between `parties`. */
MUST_CHECK pt_status streams_new(streams **ret_streams, size_t parties, const patience *waits,
                                 pt_error *error);

/* Takes over a connected, non-blocking socket to `peer`, before starting. `where` is for messages,
 * of at most 63 characters. */
void streams_add(streams *s, size_t peer, int fd, const char *where);
bool streams_has(const streams *s, size_t peer);
const char *streams_where(const streams *s, size_t peer);

MUST_CHECK pt_status streams_start(streams *s, pt_error *error);

MUST_CHECK pt_status streams_send(streams *s, size_t to, const char *phase, const uint8_t *bytes,
                                  size_t len, pt_error *error);
MUST_CHECK pt_status streams_recv(streams *s, size_t from, const char *phase, size_t max_len,
                                  uint8_t **ret_bytes, size_t *ret_len, pt_error *error);

/* Ends the connections as a channel does, and frees. Accepts NULL, and one not started. */
void streams_close(streams *s);

#endif
