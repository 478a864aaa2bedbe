/* A channel whose peers send what the fuzzer likes: its bytes are messages, each behind its length
 * in two bytes. What is sent to them is lost. */
#ifndef POLYTUNE_FUZZ_PEER_BYTES_H
#define POLYTUNE_FUZZ_PEER_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"

typedef struct peer_bytes {
    const uint8_t *at;
    size_t left;
    /* NULL, or changes a message from party `from` before it is handed out. */
    void (*change)(void *user, size_t from, uint8_t *message, size_t len);
    void *user;
} peer_bytes;

/* Borrows `peers`; need not be closed. */
pt_channel peer_bytes_channel(peer_bytes *peers);

#endif
