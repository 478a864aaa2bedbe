/* A party of a direct channel that is played by the test: a server that answers as told, and posts
 * by hand. */
#ifndef CHANNEL_HTTP_FAKE_PARTY_H
#define CHANNEL_HTTP_FAKE_PARTY_H

#include <stdatomic.h>
#include <stdint.h>

#include "channel/http/direct.h"

typedef struct fake_party {
    httpd *server;
    char url[64];
    char number[HEX_SIZE(DIRECT_NUMBER_BYTES)]; /* for the party under test */
    char commit[HEX_SIZE(DIRECT_COMMIT_BYTES)];
    _Atomic(const char *) says; /* the commit that it answers with; its own at first */
    atomic_int status;          /* what to answer with */
    atomic_int n_busy;          /* so many messages get 429 first */
    atomic_int n_asked;         /* requests without a message */
    atomic_int n_posted;        /* messages, without those turned away */
    atomic_int n_in_haste;      /* posts that came before Retry-After was over */
    uint64_t not_before_ms;
} fake_party;

/* Serves; `number` is a hexadecimal digit that its number is made of. */
void fake_party_start(fake_party *f, uint16_t port, char number);
/* The same, and answers with that status from the beginning. */
void fake_party_start_with(fake_party *f, uint16_t port, char number, int status);
void fake_party_stop(fake_party *f);

/* Posts a packet as party 1 to party 0 and returns the status. `seq` 0: no message. */
/* `headers`: further lines, or "". */
int fake_party_post_with(const fake_party *f, uint16_t port, uint64_t seq, const char *headers,
                         const void *bytes, size_t len);
int fake_party_post(const fake_party *f, uint16_t port, uint64_t seq, const void *bytes,
                    size_t len);

#endif
