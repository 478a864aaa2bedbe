/* The channel interface as the inside uses it. Layer: channel (interface only; mpc includes this
 * and no other header of the folder). */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include "base/compiler.h"
#include "polytune/channel.h"
#include "wire/wire.h"

#define CHANNEL_MAX_PARTIES WIRE_MAX_PARTIES

/* What a network channel receives from a peer ahead of the caller: so much, and the packet that is
 * then arriving. */
#define CHANNEL_INBOX_BYTES ((size_t)8 << 20)

/* PT_ERR_USAGE unless `peer` is another of the parties. */
MUST_CHECK pt_status channel_check_peer(size_t party, size_t parties, size_t peer, pt_error *error);

/* Whether it is open, with every function that a channel must have. */
bool channel_is_whole(const pt_channel *c);

/* Calls of a channel that anybody may have written: a failure that says nothing gets a text, and
 * PT_ERR_INTERNAL comes of a message without bytes. */
MUST_CHECK pt_status channel_send(const pt_channel *c, size_t to, const char *phase,
                                  const uint8_t *bytes, size_t len, pt_error *error);
MUST_CHECK pt_status channel_recv(const pt_channel *c, size_t from, const char *phase,
                                  size_t max_len, uint8_t **ret_bytes, size_t *ret_len,
                                  pt_error *error);

/* What it says of itself. */
static inline pt_channel_kind channel_kind(const pt_channel *c)
{
    return c->ops->kind == NULL ? PT_CHANNEL_OPEN : c->ops->kind(c->self);
}

#endif
