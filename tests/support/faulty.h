/* A channel that does harm to what is sent through another, for tests.
 *
 * Each fault strikes once, at the n-th message that its party sends in a phase; what is random
 * about it comes from the seed, so a failure is repeated by its seed. */
#ifndef TESTS_SUPPORT_FAULTY_H
#define TESTS_SUPPORT_FAULTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel/channel.h"

typedef enum fault_kind {
    FAULT_DROP,
    FAULT_DELAY,     /* held back, with all that follows to that peer, until the next recv */
    FAULT_SWAP,      /* sent after the next message to that peer */
    FAULT_DUPLICATE, /* sent twice */
    FAULT_TRUNCATE,  /* cut short at a random place */
    FAULT_EXTEND,    /* a random number of random bytes more */
    FAULT_FLIP_BIT,  /* a random bit */
    FAULT_REPLACE,   /* by random bytes of the same length */
    FAULT_CLOSE      /* instead of sending, the channel is closed */
} fault_kind;

#define FAULT_ANY_PEER (-1)

typedef struct fault {
    fault_kind kind;
    const char *phase; /* compared as text; NULL: every phase */
    int peer;          /* the message's target, or FAULT_ANY_PEER */
    uint64_t nth;      /* of the messages that fit phase and peer, from 0 */
    /* Written by the channel; read them when no call is running. */
    uint64_t n_seen;
    bool struck; /* also when an empty message left nothing to change */
} fault;

/* Wraps `inner` and takes it over: closing the wrapper closes it; on failure it stays the caller's.
 * `faults` must outlive the channel. Unlike other channels, only one thread may use it. */
MUST_CHECK pt_status channel_faulty_wrap(pt_channel *ret_channel, pt_channel inner, fault *faults,
                                         size_t n_faults, uint64_t seed, pt_error *error);

#endif
