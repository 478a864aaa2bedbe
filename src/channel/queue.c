#include "channel/queue.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

void queue_clear(queue *q)
{
    while (q->count != 0) {
        const message m = queue_take(q);
        mem_free_secret(m.bytes, m.len); /* between parties of one process nothing is sealed */
    }
    mem_free(q->ring);
    *q = (queue){0};
}

uint8_t *message_copy(const uint8_t *bytes, size_t len)
{
    /* Not mem_new: large messages need no zeroing first. */
    uint8_t *copy = mem_resize(NULL, len, 1);
    if (copy != NULL && len != 0)
        memcpy(copy, bytes, len);
    return copy;
}

bool queue_put(queue *q, const uint8_t *bytes, size_t len)
{
    uint8_t *copy = message_copy(bytes, len);
    if (copy == NULL)
        return false;
    if (!queue_put_taken(q, (message){copy, len})) {
        mem_free(copy);
        return false;
    }
    return true;
}

static bool queue_grow(queue *q)
{
    const size_t capacity = q->capacity == 0 ? 8 : q->capacity * 2;
    message *ring = mem_new(capacity, sizeof *ring);
    if (ring == NULL)
        return false;
    for (size_t i = 0; i < q->count; i++)
        ring[i] = q->ring[(q->head + i) % q->capacity];
    mem_free(q->ring);
    q->ring = ring;
    q->head = 0;
    q->capacity = capacity;
    return true;
}

bool queue_put_taken(queue *q, message m)
{
    PT_ASSERT(m.bytes != NULL);
    if (q->count == q->capacity && !queue_grow(q))
        return false;
    PT_ASSERT(q->count < q->capacity && q->head < q->capacity);
    q->ring[(q->head + q->count) % q->capacity] = m;
    q->count++;
    return true;
}

const message *queue_first(const queue *q)
{
    return q->count == 0 ? NULL : &q->ring[q->head];
}

message queue_take(queue *q)
{
    PT_ASSERT(q->count != 0);
    const message m = q->ring[q->head];
    q->ring[q->head] = (message){0};
    q->head = (q->head + 1) % q->capacity;
    q->count--;
    return m;
}
