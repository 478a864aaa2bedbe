/* What the network channels share: a mailbox per peer, and the channel's operations on them. Layer:
 * channel.
 *
 * Callers put packets into a peer's outbox and take packets out of its inbox. Whoever moves the
 * packets does it from the other side: a courier (http/) or the thread of direct connections
 * (p2p/stream.h) at the same time, under the lock; or, in a host without threads, the pump itself
 * while a caller waits. Nothing here knows how. */
#ifndef CHANNEL_MAILBOX_H
#define CHANNEL_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel/channel.h"
#include "channel/frame.h"
#include "channel/monitor.h"
#include "channel/patience.h"
#include "channel/queue.h"

#define MAILBOX_INBOX_BYTES CHANNEL_INBOX_BYTES
#define MAILBOX_INBOX_COUNT 256
#define MAILBOX_PROBLEM_MAX 256

/* Small messages gather in one packet as long as that is shorter. The peer can do nothing with a
 * packet before it is whole, so a long one has both wait; but those on their way at once must fill
 * the link. Who moves the packets may know better. */
#define MAILBOX_GATHER_BYTES ((size_t)128 << 10)

/* What goes to the peer: packets in order, of which those in front are lent to whoever moves them.
 *
 *     no number -> lent     mailbox_begin: it gets its number
 *     lent -> arrived       mailbox_sent; dropped once all before it have arrived
 *     lent -> tried         mailbox_not_sent: it may have arrived, so it stays as it is
 *     tried -> lent         mailbox_begin
 */
typedef enum outbox_state {
    OUTBOX_OPEN,
    OUTBOX_ENDING, /* the peer takes nothing more; only what is lent is still there */
    OUTBOX_SHUT    /* it takes nothing more: what is put here is dropped */
} outbox_state;

/* What comes from the peer.
 *
 *     OPEN <-> TROUBLED         mailbox_trouble
 *     OPEN, TROUBLED -> GONE    mailbox_gone
 *     any -> FINISHED           mailbox_finish
 */
typedef enum inbox_state {
    INBOX_OPEN,
    INBOX_TROUBLED, /* packets cannot be fetched at the moment; see `trouble` */
    INBOX_GONE,     /* none comes any more, not even a goodbye; those there can be taken */
    INBOX_FINISHED  /* none is wanted any more */
} inbox_state;

typedef struct mailboxes mailboxes;

typedef struct mailbox {
    mailboxes *set;
    size_t party;
    char *name; /* for messages: "party 2", or with its address */

    /* Under the lock. */
    outbox_state out;
    packet *out_first;
    packet *out_last;
    size_t gather; /* from so many bytes on a packet is full: it takes no further message */
    size_t n_lent;
    uint64_t next_number; /* of the first packet that has none */
    inbox_state in;
    queue inbox;
    size_t inbox_bytes;
    size_t arriving;     /* bytes of packets on their way in, as far as is known */
    size_t early;        /* and of those that wait for one before them */
    uint64_t n_received; /* packets, also those dropped unread */
    char trouble[MAILBOX_PROBLEM_MAX];
    pt_error failure; /* status other than PT_OK: nothing goes any more */

    frame_reader frames; /* the receiving caller's */
} mailbox;

/* How the callers' side deals with who moves the packets. */
typedef struct mailbox_pump {
    /* There is something to send; the caller took a packet out of an inbox. Any thread, without the
     * lock. */
    void (*has_mail)(mailboxes *m);
    void (*has_room)(mailboxes *m);
    /* Waits until something may have changed, or clock_ms() reaches `until_ms`. `awaited`: whose
     * packet the caller waits for; NULL: for the outboxes to empty. With the lock held, before and
     * after. */
    void (*wait)(mailboxes *m, const mailbox *awaited, uint64_t until_ms);
} mailbox_pump;

struct mailboxes {
    const mailbox_pump *pump;
    size_t party;
    size_t parties;
    patience patience;
    char *via; /* for messages: " (relay ...)", or "" */

    monitor lock;
    bool has_lock;
    bool closing;   /* nothing more is received */
    mailbox *boxes; /* one per party; the own one is unused */
};

/* ---- life ---- */

typedef struct mailbox_options {
    size_t party;
    size_t parties;
    patience patience;
} mailbox_options;

/* Checks party and parties; PT_ERR_USAGE. */
MUST_CHECK pt_status mailboxes_check(const mailbox_options *o, pt_error *error);

/* Fills a zeroed set; names and `via` are left to the caller. False when out of resources;
 * mailboxes_clear in any case. */
MUST_CHECK bool mailboxes_init(mailboxes *m, const mailbox_pump *pump, const mailbox_options *o);
void mailboxes_clear(mailboxes *m);
/* A text made printf-like, or NULL when out of memory. */
MUST_CHECK char *mailbox_text(const char *format, ...) PRINTF_LIKE(1, 2);

/* A pump's `wait` where other threads move the packets. */
void mailboxes_wait(mailboxes *m, const mailbox *awaited, uint64_t until_ms);

/* ---- the channel's operations; `self` begins with the mailboxes ---- */

pt_status mailboxes_send(void *self, size_t to, const char *phase, const uint8_t *bytes, size_t len,
                         pt_error *error);
pt_status mailboxes_recv(void *self, size_t from, const char *phase, size_t max_len,
                         uint8_t **ret_bytes, size_t *ret_len, pt_error *error);

/* Says goodbye to the peers and waits until all has been sent, as long as that makes progress. */
void mailboxes_flush(mailboxes *m);

/* ---- for who moves the packets; with the lock held ---- */

bool mailbox_has_mail(const mailbox *b);
/* Whether a packet of the outbox waits to be sent: it is neither lent nor has it arrived. */
bool mailbox_waits(const packet *p);
/* Borrows a packet that waits, of those without a number the first, until mailbox_sent or
 * mailbox_not_sent. */
void mailbox_begin(mailbox *b, packet *p);
void mailbox_sent(mailbox *b, packet *p);
void mailbox_not_sent(mailbox *b, packet *p);
/* The peer has closed: nothing more is sent to it. */
void mailbox_shut(mailbox *b);
bool mailbox_is_shut(const mailbox *b);

bool mailbox_has_room(const mailbox *b);
/* Whether packets are still wanted from it. */
bool mailbox_is_wanted(const mailbox *b);
/* Puts a received packet into the inbox, taking over its bytes; false when out of memory. */
MUST_CHECK bool mailbox_receive(mailbox *b, message m);
/* Counts a packet that came but is not wanted. */
void mailbox_ignore(mailbox *b);
/* Fetching packets fails for this reason, for now; NULL: it does not any more. */
void mailbox_trouble(mailbox *b, const char *why);
/* The peer went without closing: what it sent before can still be received. */
void mailbox_gone(mailbox *b);
/* Nothing of interest can come from it any more. */
void mailbox_finish(mailbox *b);

/* Breaks the channel to one peer, or to all; the first failure stays. */
void mailbox_fail(mailbox *b, pt_status status, const char *format, ...) PRINTF_LIKE(3, 4);
void mailboxes_fail(mailboxes *m, pt_status status, const char *format, ...) PRINTF_LIKE(3, 4);
bool mailbox_has_failed(const mailbox *b);

#endif
