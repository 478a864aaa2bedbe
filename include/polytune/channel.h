/* Channels: how messages travel between the parties.
 *
 * The contract, in full. Messages between an ordered pair of parties arrive whole, once, in order.
 * Calls for different peers may come from different threads; calls for one peer never overlap. Any
 * embedder can write a channel by filling three functions, and saying of what kind it is.
 *
 * No channel over a network encrypts by itself, and whoever reads all messages of a run can compute
 * inputs: put pt_channel_secure_wrap (secure.h) around it. Wrappers take the inner
 * channel by value, so one variable may hold both: wrap(&channel, channel, ..). */
#ifndef POLYTUNE_CHANNEL_H
#define POLYTUNE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polytune/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who can read and alter what passes through a channel. pt_mpc_run and pt_dealer_run want one that
 * nobody can, or to be told `insecure`.
 *
 * A channel that says nothing, because it was written before this or its author did not think of
 * it, counts as open: taking a network for private would give away inputs in silence, while taking
 * a private one for open is an error message at the first try, and one line to mend. */
typedef enum pt_channel_kind {
    PT_CHANNEL_OPEN = 0,  /* whoever is in between; every network channel as it is opened */
    PT_CHANNEL_LOCAL = 1, /* nobody: messages stay within this machine, and who could read them
                             there could read the parties' memory too */
    PT_CHANNEL_SECURE = 2 /* nobody in between: encrypted from party to party; secure.h says how
                             parties know each other */
} pt_channel_kind;

typedef struct pt_channel_ops {
    /* Sends `len` bytes (0 is allowed) to party `to`. `phase` names the protocol phase, a static
     * string for diagnosis. May queue; must never wait for the peer to receive. The bytes are
     * borrowed for the call. */
    pt_status (*send)(void *self, size_t to, const char *phase, const uint8_t *bytes, size_t len,
                      pt_error *error);

    /* Receives the next message from party `from`: *ret_bytes is malloc'ed memory that the caller
     * frees with free() (never NULL on success, also for an empty message). Refuses a message over
     * `max_len` bytes with PT_ERR_TOO_LARGE. Other errors: PT_ERR_TIMEOUT after the channel's
     * inactivity timeout, PT_ERR_CLOSED once the peer has closed and all it sent is received,
     * PT_ERR_REFUSED, PT_ERR_IO, PT_PEER_MALFORMED for bytes that are no message. Outputs are
     * untouched on failure. */
    pt_status (*recv)(void *self, size_t from, const char *phase, size_t max_len,
                      uint8_t **ret_bytes, size_t *ret_len, pt_error *error);

    /* Ends the connection: sends what is queued (within the timeout), wakes waiting calls with
     * PT_ERR_CLOSED, and frees self. Called once, when no other call is running. */
    void (*close)(void *self);

    /* What kind it is; may be NULL: PT_CHANNEL_OPEN. A wrapper that neither encrypts nor carries
     * messages elsewhere answers what its inner channel does. */
    pt_channel_kind (*kind)(void *self);
} pt_channel_ops;

/* A channel. Copy freely; exactly one holder calls pt_channel_close. */
typedef struct pt_channel {
    const pt_channel_ops *ops;
    void *self;
} pt_channel;

/* Closes it and zeroes *channel. Accepts NULL and a zeroed channel. */
PT_API void pt_channel_close(pt_channel *channel);

/* Told from time to time on whom a call waits, e.g. "waiting for party 2 (13 s)", or what happened
 * ("retrying"). May be called from any thread that uses the channel. */
typedef void (*pt_notice_fn)(void *user, const char *text);

/* Channels between `parties` parties in this process; ret_channels[i] belongs to party i.
 * `timeout_ms` is the inactivity timeout of recv, 0 for none. */
PT_API PT_MUST_CHECK pt_status pt_channel_memory_mesh(pt_channel *ret_channels, size_t parties,
                                                      uint32_t timeout_ms, pt_error *error);

#ifdef __cplusplus
}
#endif
#endif
