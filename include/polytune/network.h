/* Channels over a network: through a relay, directly by HTTP, and peer to peer.
 *
 * None of them encrypts between the parties: put pt_channel_secure_wrap (secure.h) around it. */
#ifndef POLYTUNE_NETWORK_H
#define POLYTUNE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"
#include "polytune/secure.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How calls on a network wait and whom they trust, the same for every kind of channel. Set fields
 * by name and leave the rest zero: zero means the default. The functions may be called as long as
 * the channel is open; text is copied. */
typedef struct pt_network_options {
    uint32_t timeout_ms; /* inactivity: no progress from the peer or relay for so long; 0 for the
                            default, 60 s */
    uint32_t wait_ms; /* for the others to come, since the last one did; 0 for the default, 600 s */
    uint32_t deadline_ms; /* for all of it, since the channel was opened; 0: no limit */
    pt_notice_fn notice;  /* may be NULL */
    void *notice_user;
    pt_cancelled_fn cancelled; /* may be NULL */
    void *cancelled_user;
    /* What this party runs, for the others to compare before they wait for each other: NAME=VALUE
     * fields with semicolons between them, up to 96 characters, such as "parties=3;dealer=no".
     * Where two parties have different values for one name, opening fails with PT_PEER_SETUP and
     * says which. Everybody on the way sees it. NULL: nothing is told; see pt_terms_print. */
    const char *terms;
    const char *tls_ca; /* PEM file of the authorities to trust for https; NULL: the system's */
} pt_network_options;

/* ---- Through a relay ---- */

typedef struct pt_relay_options {
    const char *url;     /* http(s)://host:port, no trailing path needed */
    const char *session; /* [A-Za-z0-9._~-]{1,128} */
    size_t party;
    size_t parties;
    pt_network_options network;
} pt_relay_options;

/* Takes this party's seat at an HTTP relay (`polytune serve`) and waits until all parties are
 * seated. */
PT_API PT_MUST_CHECK pt_status pt_channel_relay_open(pt_channel *ret_channel,
                                                     const pt_relay_options *options,
                                                     pt_error *error);

/* ---- Directly, each party at a URL of its own ---- */

typedef struct pt_direct_options {
    const char *const
        *urls; /* http(s)://host:port of every party, in party order; a path is kept */
    size_t party;
    size_t parties;
    const char *session;     /* as pt_relay_options.session; NULL for a fixed name */
    const char *listen_host; /* where to listen if not at the own URL; NULL */
    uint16_t listen_port;
    const char *tls_cert; /* PEM files of the certificate chain and its key, for an own URL that is
                             https and not behind a proxy; NULL */
    const char *tls_key;
    pt_network_options network;
} pt_direct_options;

/* Serves at this party's own URL, posts to the others' and waits until all parties are there, in
 * whatever order they start. PT_ERR_USAGE for options that cannot be, PT_ERR_FILE or PT_ERR_INPUT
 * for a certificate and key that cannot be used, PT_ERR_IO when it cannot listen, PT_ERR_TIMEOUT
 * naming a party that did not come, PT_ERR_REFUSED by one that disagrees on the session or the
 * order of the parties. */
PT_API PT_MUST_CHECK pt_status pt_channel_direct_open(pt_channel *ret_channel,
                                                      const pt_direct_options *options,
                                                      pt_error *error);

/* ---- Peer to peer ----
 *
 * The parties meet at a relay, which carries the first messages. Meanwhile they tell each other
 * where they can be reached, and connect directly by TCP, also from behind home routers (both sides
 * open the connection at once, so each router sees an answer to what went out). The messages of
 * pairs that succeed go over the connection from then on; the others leave them to the relay. */

typedef struct pt_p2p_options {
    const char *relay;   /* its URL, as for pt_channel_relay_open */
    const char *session; /* as for pt_channel_relay_open */
    size_t party;
    size_t parties;
    bool only_relay;            /* connect to nobody, and tell nobody this machine's addresses */
    pt_network_options network; /* `notice` is also told how each party is reached */
} pt_p2p_options;

/* Waits until all parties are at the relay; connecting goes on while messages are sent, as far as
 * they are also received. When all have moved to direct connections, the relay is not needed any
 * more. Errors are those of pt_channel_relay_open; receiving gives PT_PEER_MALFORMED when a party
 * or the relay does not follow the rules. */
PT_API PT_MUST_CHECK pt_status pt_channel_p2p_open(pt_channel *ret_channel,
                                                   const pt_p2p_options *options, pt_error *error);

#define PT_P2P_SESSION_SIZE 33  /* 128 random bits in hexadecimal, terminated */
#define PT_P2P_RELAY_SIZE   513 /* a URL, terminated */
#define PT_P2P_TICKET_SIZE  768 /* a printed ticket, terminated */

/* What one party, the opener, gives to the others so that all meet. */
typedef struct pt_p2p_ticket {
    char relay[PT_P2P_RELAY_SIZE];
    char session[PT_P2P_SESSION_SIZE];
    size_t opener;                    /* the party that made it */
    uint8_t opener_key[PT_KEY_BYTES]; /* its public key */
} pt_p2p_ticket;

/* A ticket with a fresh session. PT_ERR_USAGE when the relay's URL is none, or too long. */
PT_API PT_MUST_CHECK pt_status pt_p2p_ticket_new(pt_p2p_ticket *ret_ticket, const char *relay,
                                                 size_t opener,
                                                 const uint8_t opener_key[PT_KEY_BYTES],
                                                 pt_error *error);

/* Writes it as one short word that begins with "p2p:", and reads that. A mistyped one is noticed
 * (PT_ERR_USAGE, and the message says what to do). */
PT_API PT_MUST_CHECK pt_status pt_p2p_ticket_print(char ret_text[PT_P2P_TICKET_SIZE],
                                                   const pt_p2p_ticket *ticket, pt_error *error);
PT_API PT_MUST_CHECK pt_status pt_p2p_ticket_parse(pt_p2p_ticket *ret_ticket, const char *text,
                                                   pt_error *error);

#ifdef __cplusplus
}
#endif
#endif
