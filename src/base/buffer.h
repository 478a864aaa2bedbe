/* A growable byte buffer with a maximum, little-endian writers, and a bounds-checked reader. Layer:
 * base.
 *
 * A buffer owns its bytes. A writer that fails (no memory, or past the maximum) sets `failed` and
 * drops the bytes; callers may write on and look at `failed` once. buffer_clear wipes, so secrets
 * may be kept here. A reader borrows its bytes; a read past the end sets `failed` and yields zeros.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

typedef struct buffer {
    uint8_t *bytes;
    size_t len;
    size_t capacity;
    size_t max;
    bool failed;
} buffer;

/* Starts empty; at most `max` bytes. */
void buffer_init(buffer *b, size_t max);
void buffer_clear(buffer *b);

/* Empties but keeps the memory. */
void buffer_reset(buffer *b);

/* Makes room for `more` further bytes. False sets `failed`. */
bool buffer_reserve(buffer *b, size_t more);

/* Appends `len` bytes and returns where, for the caller to fill; NULL on failure. Invalid after the
 * next append. */
MUST_CHECK uint8_t *buffer_extend(buffer *b, size_t len);

void buffer_put(buffer *b, const void *bytes, size_t len);
void buffer_put_u8(buffer *b, uint8_t v);
void buffer_put_u32(buffer *b, uint32_t v);
void buffer_put_u64(buffer *b, uint64_t v);

/* Appends text, printf-like, without the terminator. */
void buffer_printf(buffer *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* Terminates with a zero byte not counted in `len` and returns the text; NULL if `failed`. */
MUST_CHECK const char *buffer_text(buffer *b);

/* Moves the bytes out (release with mem_free) and leaves the buffer empty. NULL when nothing was
 * written. */
MUST_CHECK uint8_t *buffer_take(buffer *b, size_t *ret_len);

typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
} reader;

void reader_init(reader *r, const void *bytes, size_t len);
size_t reader_left(const reader *r);
/* The next `len` bytes, borrowed; NULL and `failed` if there are fewer. */
MUST_CHECK const uint8_t *reader_take(reader *r, size_t len);
void reader_get(reader *r, void *ret_bytes, size_t len);
uint8_t reader_u8(reader *r);
uint32_t reader_u32(reader *r);
uint64_t reader_u64(reader *r);
/* True when everything was read and nothing failed. */
bool reader_done(const reader *r);

#endif
