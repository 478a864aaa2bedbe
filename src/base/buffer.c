#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/le.h"
#include "base/mem.h"

#define CAPACITY_MIN 64

void buffer_init(buffer *b, size_t max)
{
    *b = (buffer){.max = max};
}

void buffer_clear(buffer *b)
{
    mem_free_secret(b->bytes, b->capacity);
    *b = (buffer){.max = b->max};
}

void buffer_reset(buffer *b)
{
    b->len = 0;
    b->failed = false;
}

bool buffer_reserve(buffer *b, size_t more)
{
    if (b->failed || more > b->max || b->len > b->max - more) {
        b->failed = true;
        return false;
    }
    const size_t need = b->len + more;
    if (need <= b->capacity)
        return true;
    size_t capacity = b->capacity > b->max / 2 ? b->max : 2 * b->capacity;
    if (capacity < CAPACITY_MIN)
        capacity = CAPACITY_MIN;
    if (capacity < need) /* what is put at once takes no more than that */
        capacity = need;
    /* Not mem_resize: the old copy may hold secrets and must be wiped. */
    uint8_t *bytes = mem_new(capacity, 1);
    if (bytes == NULL) {
        b->failed = true;
        return false;
    }
    if (b->len != 0)
        memcpy(bytes, b->bytes, b->len);
    mem_free_secret(b->bytes, b->capacity);
    b->bytes = bytes;
    b->capacity = capacity;
    return true;
}

uint8_t *buffer_extend(buffer *b, size_t len)
{
    if (!buffer_reserve(b, len))
        return NULL;
    uint8_t *at = b->bytes + b->len;
    b->len += len;
    return at;
}

void buffer_put(buffer *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    uint8_t *at = buffer_extend(b, len);
    if (at != NULL)
        memcpy(at, bytes, len);
}

void buffer_put_u8(buffer *b, uint8_t v)
{
    buffer_put(b, &v, 1);
}

void buffer_put_u32(buffer *b, uint32_t v)
{
    uint8_t bytes[4];
    le_put_u32(bytes, v);
    buffer_put(b, bytes, sizeof bytes);
}

void buffer_put_u64(buffer *b, uint64_t v)
{
    uint8_t bytes[8];
    le_put_u64(bytes, v);
    buffer_put(b, bytes, sizeof bytes);
}

void buffer_printf(buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !buffer_reserve(b, (size_t)len + 1)) {
        b->failed = true;
        return;
    }
    va_start(args, format);
    (void)vsnprintf((char *)b->bytes + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

const char *buffer_text(buffer *b)
{
    if (!buffer_reserve(b, 1))
        return NULL;
    b->bytes[b->len] = 0;
    return (const char *)b->bytes;
}

uint8_t *buffer_take(buffer *b, size_t *ret_len)
{
    uint8_t *bytes = b->bytes;
    *ret_len = b->len;
    *b = (buffer){.max = b->max};
    return bytes;
}

void reader_init(reader *r, const void *bytes, size_t len)
{
    r->at = bytes;
    r->end = len == 0 ? r->at : r->at + len;
    r->failed = false;
}

size_t reader_left(const reader *r)
{
    return r->failed ? 0 : (size_t)(r->end - r->at);
}

const uint8_t *reader_take(reader *r, size_t len)
{
    if (reader_left(r) < len || r->failed) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *at = r->at;
    if (len != 0)
        r->at += len;
    return at;
}

void reader_get(reader *r, void *ret_bytes, size_t len)
{
    const uint8_t *at = reader_take(r, len);
    if (len == 0)
        return;
    if (at != NULL)
        memcpy(ret_bytes, at, len);
    else
        memset(ret_bytes, 0, len);
}

uint8_t reader_u8(reader *r)
{
    uint8_t v;
    reader_get(r, &v, 1);
    return v;
}

uint32_t reader_u32(reader *r)
{
    uint8_t bytes[4];
    reader_get(r, bytes, sizeof bytes);
    return le_get_u32(bytes);
}

uint64_t reader_u64(reader *r)
{
    uint8_t bytes[8];
    reader_get(r, bytes, sizeof bytes);
    return le_get_u64(bytes);
}

bool reader_done(const reader *r)
{
    return !r->failed && r->at == r->end;
}
