#include "base/varint.h"

void buffer_put_varint(buffer *b, uint64_t v)
{
    uint8_t bytes[VARINT_MAX_BYTES];
    buffer_put(b, bytes, (size_t)(varint_write(bytes, v) - bytes));
}

uint64_t reader_long_varint(reader *r, uint64_t max)
{
    const uint8_t *at = r->at;
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && at < r->end; shift += 7) {
        const uint8_t byte = *at++;
        const uint64_t part = byte & 0x7fu;
        if (part << shift >> shift != part)
            break;
        v |= part << shift;
        if (byte >= 0x80)
            continue;
        if (r->failed || v > max || (byte == 0 && shift != 0))
            break;
        r->at = at;
        return v;
    }
    r->failed = true;
    return 0;
}
