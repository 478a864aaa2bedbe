/* The inside of the direct channel, shared by direct.c (opening, closing, posting to the others)
 * and direct_server.c (being posted to). Layer: channel.
 *
 * Each party serves POST /msg/{from} on the port of its own URL. Anyone can reach that port, so a
 * party must know whether a message in party i's name comes from party i. What it knows of party i
 * is its URL; hence whoever answers there is party i. A party has a secret number for every other
 * one. To whoever posts to it as party j it answers with the hash of its number for j
 * (WIRE_COMMIT), and only what it posts itself to the URL of j carries the number
 * (WIRE_CLIENT). So party j, having asked at the URL of i, takes messages in the name of i
 * from nobody who has not seen what i sends to j; others are turned away without a body of theirs
 * being kept, and disturb nothing. Over https this is as good as the certificates. Over http it
 * holds against all who cannot read the traffic; channel/secure is for those who can.
 *
 * Numbers are drawn anew by every process, so that a party that was started again shows by another
 * hash, and two runs are never mixed. */
#ifndef CHANNEL_HTTP_DIRECT_H
#define CHANNEL_HTTP_DIRECT_H

#include "base/hex.h"
#include "channel/http/delivery.h"
#include "httpd/httpd.h"

#define DIRECT_NUMBER_BYTES 16
#define DIRECT_RUMOUR_MAX   128
#define DIRECT_COMMIT_BYTES 32

/* Packets on their way to a peer at once, which takes as many and waits for those before them. */
#define DIRECT_LANES DELIVERY_LANES_MAX

typedef struct direct_peer {
    char *base;                                     /* its URL without a slash at the end */
    char number[HEX_SIZE(DIRECT_NUMBER_BYTES)];     /* ours for it */
    char commit[HEX_SIZE(DIRECT_COMMIT_BYTES)];     /* the hash of that */
    char its_commit[HEX_SIZE(DIRECT_COMMIT_BYTES)]; /* empty: not known yet */
    bool accepted;                                  /* it knows us: messages can be sent */
    bool is_wanted;    /* somebody posted in its name whom we do not know: ask it */
    uint64_t asked_ms; /* last */
    uint64_t heard_ms; /* last, in answer to one of our requests */
} direct_peer;

typedef struct direct {
    delivery d;
    direct_peer *others; /* one per party; the own one is unused */
    char *prefix;        /* the own URL's path */
    httpd *server;
    bool is_open; /* all parties were there */
    /* What a request said that does not fit; nobody knows who asked. Empty: none did. */
    char rumour[DIRECT_RUMOUR_MAX];
} direct;

/* Serves; `user` is the direct channel. */
extern const httpd_app direct_app;

/* The hash of a number, both in hexadecimal. */
void direct_commit(char ret_commit[HEX_SIZE(DIRECT_COMMIT_BYTES)], const char *number);

#endif
