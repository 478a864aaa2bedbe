/* A queue of whole messages. Layer: channel.
 *
 * The queue owns the bytes of the messages in it; they come from malloc, so that a message taken
 * out can be handed to whoever frees with free(). No thread rule of its own: callers lock. */
#ifndef CHANNEL_QUEUE_H
#define CHANNEL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

typedef struct message {
    uint8_t *bytes; /* never NULL, also for an empty message */
    size_t len;
} message;

typedef struct queue {
    message *ring;
    size_t head;
    size_t count;
    size_t capacity;
} queue;

/* A zeroed queue is empty. */
void queue_clear(queue *q);

/* Appends a copy of `len` bytes. False when out of memory. */
MUST_CHECK bool queue_put(queue *q, const uint8_t *bytes, size_t len);

/* Appends a message and takes over its bytes. False when out of memory: they stay the caller's. */
MUST_CHECK bool queue_put_taken(queue *q, message m);

/* The oldest message, borrowed; NULL when there is none. */
const message *queue_first(const queue *q);

/* Moves the oldest message out; there must be one. */
message queue_take(queue *q);

/* A copy of `len` bytes that free() releases, never NULL for an empty one; NULL when out of
 * memory. */
MUST_CHECK uint8_t *message_copy(const uint8_t *bytes, size_t len);

#endif
