#include "channel/frame.h"

#include <string.h>

#include "base/assert.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/min.h"

#define VERSION         1
#define PACKET_HEADER   9
#define FRAGMENT_HEADER 13
#define FRAGMENT_MAX    (FRAME_PACKET_MAX - PACKET_HEADER - FRAGMENT_HEADER)

enum { KIND_MESSAGE = 1, KIND_BYE = 2 };

/* ---- writing ---- */

static void put_fragment(buffer *b, uint8_t kind, const uint8_t *bytes, size_t len, uint64_t left)
{
    buffer_put_u8(b, kind);
    buffer_put_u32(b, (uint32_t)len);
    buffer_put_u64(b, left);
    buffer_put(b, bytes, len);
}

/* A packet with one fragment. */
static packet *packet_new(uint8_t kind, const uint8_t *bytes, size_t len, uint64_t left)
{
    packet *p = mem_new(1, sizeof *p);
    if (p == NULL)
        return NULL;
    buffer_init(&p->bytes, FRAME_PACKET_MAX);
    (void)buffer_reserve(&p->bytes, PACKET_HEADER + FRAGMENT_HEADER + len);
    buffer_put_u8(&p->bytes, VERSION);
    buffer_put_u64(&p->bytes, 0);
    put_fragment(&p->bytes, kind, bytes, len, left);
    if (p->bytes.failed) {
        frame_free(p);
        return NULL;
    }
    return p;
}

packet *frame_message(const uint8_t *bytes, size_t len)
{
    packet *first = NULL;
    packet **last = &first;
    size_t done = 0;
    do {
        const size_t n = min_size(len - done, FRAGMENT_MAX);
        *last = packet_new(KIND_MESSAGE, n == 0 ? NULL : bytes + done, n, len - done - n);
        if (*last == NULL) {
            frame_free(first);
            return NULL;
        }
        last = &(*last)->next;
        done += n;
    } while (done < len);
    return first;
}

packet *frame_bye(void)
{
    packet *bye = packet_new(KIND_BYE, NULL, 0, 0);
    if (bye != NULL)
        bye->is_last = true;
    return bye;
}

bool frame_is_bye(const uint8_t *bytes, size_t len)
{
    return len == PACKET_HEADER + FRAGMENT_HEADER && bytes[PACKET_HEADER] == KIND_BYE;
}

bool frame_append(packet *p, const uint8_t *bytes, size_t len)
{
    if (len > FRAGMENT_MAX || p->bytes.len > FRAME_PACKET_MAX - FRAGMENT_HEADER - len)
        return false;
    if (!buffer_reserve(&p->bytes, FRAGMENT_HEADER + len)) {
        p->bytes.failed = false; /* nothing was dropped: it goes out as it is */
        return false;
    }
    put_fragment(&p->bytes, KIND_MESSAGE, bytes, len, 0);
    return true;
}

void frame_number(packet *p, uint64_t number)
{
    PT_ASSERT(number != 0 && p->bytes.len >= PACKET_HEADER);
    le_put_u64(p->bytes.bytes + 1, number);
}

void frame_free(packet *first)
{
    while (first != NULL) {
        packet *next = first->next;
        buffer_clear(&first->bytes);
        mem_free(first);
        first = next;
    }
}

/* ---- reading ---- */

void frame_reader_init(frame_reader *r)
{
    *r = (frame_reader){.next_number = 1, .end = FRAME_NEED_MORE};
}

void frame_reader_clear(frame_reader *r)
{
    mem_free(r->packet.bytes);
    mem_free(r->partial);
    frame_reader_init(r);
}

static frame_result frame_end(frame_reader *r, frame_result how)
{
    r->end = how;
    mem_free(r->packet.bytes);
    mem_free(r->partial);
    r->packet = (message){0};
    r->partial = NULL;
    return how;
}

bool frame_feed(frame_reader *r, message fed)
{
    PT_ASSERT(r->packet.bytes == NULL);
    if (r->end != FRAME_NEED_MORE) {
        mem_free(fed.bytes);
        return false;
    }
    reader in;
    reader_init(&in, fed.bytes, fed.len);
    const uint8_t version = reader_u8(&in);
    const uint64_t number = reader_u64(&in);
    r->packet = fed;
    r->at = PACKET_HEADER;
    if (in.failed || version != VERSION || number == 0) {
        (void)frame_end(r, FRAME_MALFORMED);
    } else if (number < r->next_number) {
        mem_free(fed.bytes); /* came before */
        r->packet = (message){0};
    } else if (number > r->next_number) {
        (void)frame_end(r, FRAME_LOST);
    } else {
        r->next_number++;
        return true;
    }
    return false;
}

/* Makes room for `more` bytes of the message begun: all at once if they complete it, else by
 * doubling, so that a false length costs nothing. */
static bool frame_make_room(frame_reader *r, size_t more)
{
    const size_t need = r->partial_len + more;
    if (r->partial != NULL && need <= r->partial_capacity)
        return true;
    size_t capacity = need > r->partial_capacity * 2 ? need : r->partial_capacity * 2;
    if (capacity > r->total)
        capacity = (size_t)r->total;
    uint8_t *grown = mem_resize(r->partial, capacity, 1);
    if (grown == NULL)
        return false;
    r->partial = grown;
    r->partial_capacity = capacity;
    return true;
}

typedef struct fragment {
    uint8_t kind;
    size_t len;
    uint64_t left;
    const uint8_t *bytes;
} fragment;

/* Looks at the next fragment without passing it; false if it is not one. */
static bool frame_peek(const frame_reader *r, fragment *ret_fragment)
{
    reader in;
    reader_init(&in, r->packet.bytes + r->at, r->packet.len - r->at);
    fragment f = {.kind = reader_u8(&in)};
    f.len = reader_u32(&in);
    f.left = reader_u64(&in);
    f.bytes = reader_take(&in, f.len);
    if (in.failed)
        return false;
    *ret_fragment = f;
    if (f.kind == KIND_BYE)
        return f.len == 0 && f.left == 0 && !r->begun;
    if (f.kind != KIND_MESSAGE || f.left > UINT64_MAX - f.len || (f.len == 0 && f.left != 0))
        return false;
    return !r->begun || f.len + f.left == r->total - r->partial_len;
}

/* Takes in one fragment. FRAME_MESSAGE when it completes the message. */
static frame_result take_fragment(frame_reader *r, const fragment *f, size_t max_len)
{
    const uint64_t total = r->begun ? r->total : f->len + f->left;
    PT_ASSERT(r->at + FRAGMENT_HEADER + f->len <= r->packet.len);
    if (total > max_len)
        return FRAME_TOO_LARGE;
    r->begun = true;
    r->total = total;
    if (!frame_make_room(r, f->len))
        return FRAME_MEMORY;
    if (f->len != 0)
        memcpy(r->partial + r->partial_len, f->bytes, f->len);
    r->partial_len += f->len;
    PT_ASSERT(r->partial_len <= r->partial_capacity && r->partial_len <= r->total);
    r->at += FRAGMENT_HEADER + f->len;
    return f->left == 0 ? FRAME_MESSAGE : FRAME_NEED_MORE;
}

frame_result frame_next(frame_reader *r, size_t max_len, message *ret_message)
{
    while (r->end == FRAME_NEED_MORE && r->packet.bytes != NULL) {
        if (r->at == r->packet.len) {
            mem_free(r->packet.bytes);
            r->packet = (message){0};
            break;
        }
        fragment f;
        if (!frame_peek(r, &f))
            return frame_end(r, FRAME_MALFORMED);
        if (f.kind == KIND_BYE)
            return frame_end(r, FRAME_CLOSED);
        const frame_result result = take_fragment(r, &f, max_len);
        if (result == FRAME_NEED_MORE)
            continue;
        if (result != FRAME_MESSAGE)
            return result;
        *ret_message = (message){r->partial, r->partial_len};
        r->partial = NULL;
        r->partial_len = r->partial_capacity = 0;
        r->begun = false;
        return FRAME_MESSAGE;
    }
    return r->end;
}
