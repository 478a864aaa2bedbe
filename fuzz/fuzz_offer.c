/* Any bytes as a peer's offer, and as a relay's word on this party's address: what is taken is
 * possible, and is written as the same bytes. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "channel/p2p/candidate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    offer o;
    if (offer_parse(&o, data, size)) {
        buffer b;
        buffer_init(&b, OFFER_BYTES_MAX);
        offer_put(&b, &o);
        PT_ASSERT(!b.failed && b.len == size && memcmp(b.bytes, data, size) == 0);
        buffer_clear(&b);
        PT_ASSERT(o.candidates.n <= CANDIDATES_MAX);
        for (size_t i = 0; i < o.candidates.n; i++)
            PT_ASSERT(candidate_is_possible(&o.candidates.items[i]));
    }
    candidate c;
    if (candidate_parse(&c, (const char *)data, size)) {
        char text[CANDIDATE_TEXT_SIZE];
        candidate back;
        candidate_print(text, &c);
        PT_ASSERT(candidate_parse(&back, text, strlen(text)) && candidate_is_equal(&back, &c));
    }
    return 0;
}
