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
 * Nobody needs to be told that it is known: whose request was answered has our hash, and that the
 * request was its own shows when its own answer brings the hash of the number there. So parties
 * that come at once are through when each has one answer of the other.
 *
 * Numbers are drawn anew by every process, so that a party that was started again shows by another
 * hash, and two runs are never mixed. */
#ifndef CHANNEL_HTTP_DIRECT_H
#define CHANNEL_HTTP_DIRECT_H

#include <stdatomic.h>

#include "base/hex.h"
#include "channel/http/delivery.h"
#include "httpd/records.h"

#define DIRECT_NUMBER_BYTES 16
#define DIRECT_RUMOUR_MAX   128
#define DIRECT_COMMIT_BYTES 32

/* Packets on their way to a peer at once, which takes as many and waits for those before them. */
#define DIRECT_LANES  DELIVERY_LANES_MAX
#define DIRECT_ASKERS 3 /* connections that are made in advance */

typedef struct direct_peer {
    char *base;                                     /* its URL without a slash at the end */
    char number[HEX_SIZE(DIRECT_NUMBER_BYTES)];     /* ours for it */
    char commit[HEX_SIZE(DIRECT_COMMIT_BYTES)];     /* the hash of that */
    char its_commit[HEX_SIZE(DIRECT_COMMIT_BYTES)]; /* empty: not known yet */
    /* The hash of the number of who last asked in its name and was answered; empty: nobody. */
    char answered_commit[HEX_SIZE(DIRECT_COMMIT_BYTES)];
    bool accepted;     /* it knows us: messages can be sent */
    bool is_wanted;    /* somebody posted in its name whom we do not know: ask it */
    uint64_t asked_ms; /* last */
    uint64_t heard_ms; /* last, in answer to one of our requests */
} direct_peer;

struct direct_hub;

typedef struct direct {
    delivery d;
    direct_peer *others; /* one per party; the own one is unused */
    char *prefix;        /* the own URL's path */
    char *inbox; /* where parties take messages, below their URLs: "/msg/" and what a hub adds */
    httpd *server;
    struct direct_hub *hub; /* whose server that is; NULL: its own */
    struct direct *next;    /* on the hub */
    atomic_size_t
        n_users;  /* the channel itself, and posts that are on their way: the last frees it */
    bool is_open; /* all parties were there */
    bool is_gone; /* closed; posts may still be on their way */
    /* What a request said that does not fit; nobody knows who asked. Empty: none did. */
    char rumour[DIRECT_RUMOUR_MAX];
} direct;

/* A request to post a packet; direct_server.c fills it. */
typedef struct direct_post {
    httpd_request http; /* first: the HTTP server's */
    direct *owner;      /* which it keeps until it has ended */
    bool has_from;
    size_t from;

    /* Headers; texts live as long as the request. */
    const char *session;
    const char *client;
    const char *to;
    const char *terms;
    bool has_number;
    uint64_t number;
    bool is_last;

    bool is_early; /* it is whole, and waits for a packet before it */

    /* Of a body of many packets (bodies.h), whose `number` and `is_last` are those of the record
     * that comes. */
    bool is_body;
    httpd_records records;
    uint64_t came_ms; /* the head */
} direct_post;

/* Serves one channel; `user` is it. */
extern const httpd_app direct_app;

/* Begins a post to that channel, of which the caller has made the post a user. For the rest of its
 * life the functions of direct_app are for it. */
void direct_post_begin(direct_post *r, direct *owner, const char *method, const char *path);

/* Has one user less. */
void direct_release(direct *d);

/* The hash of a number, both in hexadecimal. */
void direct_commit(char ret_commit[HEX_SIZE(DIRECT_COMMIT_BYTES)], const char *number);

#endif
