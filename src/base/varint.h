/* Numbers in as many bytes as they need: seven bits a byte, the lowest first, the last byte below
 * 128. Layer: base.
 *
 * Each number has one form: a reader fails on one that could be shorter. */
#ifndef BASE_VARINT_H
#define BASE_VARINT_H

#include "base/buffer.h"

#define VARINT_MAX_BYTES 10

/* Writes `v` and returns where the next byte goes. */
static inline uint8_t *varint_write(uint8_t *at, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *at++ = (uint8_t)(v | 0x80);
    *at++ = (uint8_t)v;
    return at;
}

void buffer_put_varint(buffer *b, uint64_t v);

/* A number of at most `max`; otherwise 0 and r->failed. Most have one byte. */
uint64_t reader_long_varint(reader *r, uint64_t max);
static inline uint64_t reader_varint(reader *r, uint64_t max)
{
    if (r->at < r->end && *r->at < 0x80 && *r->at <= max)
        return *r->at++;
    return reader_long_varint(r, max);
}

#endif
