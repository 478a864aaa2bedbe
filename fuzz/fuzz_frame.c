/* Any packets, as a relay could deliver them: messages within the limit, or an end that stays. Each
 * packet is a 2-byte length and so many bytes. */
#include <stdint.h>
#include <stdlib.h>

#include "base/assert.h"
#include "channel/frame.h"

#define LIMIT 5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    frame_reader r;
    frame_reader_init(&r);
    for (size_t at = 0; at + 2 <= size;) {
        message m = {.len = data[at] | (size_t)data[at + 1] << 8};
        at += 2;
        if (m.len > size - at)
            m.len = size - at;
        m.bytes = message_copy(data + at, m.len);
        if (m.bytes == NULL)
            break;
        at += m.len;
        frame_feed(&r, m);
        frame_result result;
        while ((result = frame_next(&r, LIMIT, &m)) == FRAME_MESSAGE) {
            PT_ASSERT(m.len <= LIMIT);
            free(m.bytes);
        }
        PT_ASSERT(r.partial_capacity <= LIMIT);
        if (result == FRAME_TOO_LARGE)
            break;
        if (result != FRAME_NEED_MORE)
            PT_ASSERT(frame_next(&r, LIMIT, &m) == result);
    }
    frame_reader_clear(&r);
    return 0;
}
