/* Packets: what a network channel carries, below a size any relay takes. Layer: channel.
 *
 * A message is cut into fragments, and fragments travel in numbered packets, several small ones in
 * one. All integers are little-endian.
 *
 *     packet    version u8 = 1 | number u64, from 1 | fragment ...
 *     fragment  kind u8        | length u32 | left u64 | length bytes
 *
 * `left` counts the bytes of the same message in later fragments. Kind 1 carries a message, kind 2
 * (empty) says that the sender has closed. The numbers let a receiver drop a packet that came twice
 * and notice one that is missing, whatever the relay does.
 *
 * What arrives is hostile: a reader checks every field, and never holds more than what arrived nor
 * more than the caller's limit. No thread rule of its own: callers lock. */
#ifndef CHANNEL_FRAME_H
#define CHANNEL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "channel/queue.h"
#include "wire/wire.h"

#define FRAME_PACKET_MAX WIRE_MESSAGE_MAX

typedef struct packet {
    struct packet *next;
    buffer bytes;
    bool is_last; /* it says that the sender has closed */

    /* The mailbox's. */
    uint64_t number;  /* 0: none yet, and it may grow */
    bool is_lent;     /* to whoever moves it */
    bool has_arrived; /* ahead of one before it */
} packet;

/* The packets that carry a message, as a list; NULL when out of memory. */
MUST_CHECK packet *frame_message(const uint8_t *bytes, size_t len);

/* The packet that says that the sender has closed. */
MUST_CHECK packet *frame_bye(void);

/* Whether bytes look like that packet: nothing that a reader relies on. */
bool frame_is_bye(const uint8_t *bytes, size_t len);

/* Appends a message to a packet not yet sent; false if it does not fit. */
MUST_CHECK bool frame_append(packet *p, const uint8_t *bytes, size_t len);

/* Gives a packet its number, just before it is sent. */
void frame_number(packet *p, uint64_t number);

/* Frees a list of packets. */
void frame_free(packet *first);

typedef enum frame_result {
    FRAME_MESSAGE,
    FRAME_NEED_MORE, /* feed another packet */
    FRAME_CLOSED,    /* the sender has closed; nothing follows */
    FRAME_TOO_LARGE, /* the message is over the limit; asking again finds it still there */
    FRAME_MALFORMED,
    FRAME_LOST, /* a packet is missing */
    FRAME_MEMORY
} frame_result;

typedef struct frame_reader {
    uint64_t next_number;
    message packet; /* being read */
    size_t at;
    uint8_t *partial; /* of the message begun */
    size_t partial_len;
    size_t partial_capacity;
    uint64_t total; /* length of the message begun */
    bool begun;
    frame_result end; /* FRAME_CLOSED, FRAME_MALFORMED or FRAME_LOST once it has ended */
} frame_reader;

void frame_reader_init(frame_reader *r);
void frame_reader_clear(frame_reader *r);

/* Feeds the next packet, after FRAME_NEED_MORE; takes over its bytes. False when it brings nothing
 * new: it came before, or is not a packet. */
bool frame_feed(frame_reader *r, message fed);

/* The next message of at most `max_len` bytes, from malloc. */
MUST_CHECK frame_result frame_next(frame_reader *r, size_t max_len, message *ret_message);

#endif
