/* Channels: how messages travel between the parties.
 *
 * The contract, in full. Messages between an ordered pair of parties arrive whole, once, in order.
 * Calls for different peers may come from different threads; calls for one peer never overlap. Any
 * embedder can write a channel by filling three functions.
 *
 * No channel over a network encrypts by itself, and whoever reads all messages of a run can compute
 * inputs: put pt_channel_secure_wrap around it. Wrappers take the inner channel by value, so one
 * variable may hold both: wrap(&channel, channel, ..). */
#ifndef POLYTUNE_CHANNEL_H
#define POLYTUNE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polytune/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pt_channel_ops {
    /* Sends `len` bytes (0 is allowed) to party `to`. `phase` names the protocol phase, a static
     * string for diagnosis. May queue; must never wait for the peer to receive. The bytes are
     * borrowed for the call. */
    pt_status (*send)(void *self, size_t to, const char *phase, const uint8_t *bytes, size_t len,
                      pt_error *error);

    /* Receives the next message from party `from`: *ret_bytes is malloc'ed memory that the caller
     * frees with free() (never NULL on success, also for an empty message). Refuses a message over
     * `max_len` bytes with PT_ERR_TOO_LARGE. Other errors: PT_ERR_TIMEOUT after the channel's
     * inactivity timeout, PT_ERR_CLOSED once the peer has closed and all it sent is received,
     * PT_ERR_REFUSED, PT_ERR_IO, PT_PEER_MALFORMED for bytes that are no message. Outputs are
     * untouched on failure. */
    pt_status (*recv)(void *self, size_t from, const char *phase, size_t max_len,
                      uint8_t **ret_bytes, size_t *ret_len, pt_error *error);

    /* Ends the connection: sends what is queued (within the timeout), wakes waiting calls with
     * PT_ERR_CLOSED, and frees self. Called once, when no other call is running. */
    void (*close)(void *self);
} pt_channel_ops;

/* A channel. Copy freely; exactly one holder calls pt_channel_close. */
typedef struct pt_channel {
    const pt_channel_ops *ops;
    void *self;
} pt_channel;

/* Closes it and zeroes *channel. Accepts NULL and a zeroed channel. */
PT_API void pt_channel_close(pt_channel *channel);

/* Told from time to time on whom a call waits, e.g. "waiting for party 2 (13 s)", or what happened
 * ("retrying"). May be called from any thread that uses the channel. */
typedef void (*pt_notice_fn)(void *user, const char *text);

/* Whether to give up: asked several times a second by whoever waits, so that Ctrl-C for example can
 * end a computation in order. Once true, stays true; calls then fail with PT_ERR_CANCELLED, and
 * closing the channel tells the others. May be called from any thread that uses the channel. */
typedef bool (*pt_cancelled_fn)(void *user);

/* Channels between `parties` parties in this process; ret_channels[i] belongs to party i.
 * `timeout_ms` is the inactivity timeout of recv, 0 for none. */
PT_API PT_MUST_CHECK pt_status pt_channel_memory_mesh(pt_channel *ret_channels, size_t parties,
                                                      uint32_t timeout_ms, pt_error *error);

typedef struct pt_relay_options {
    const char *url;     /* http(s)://host:port, no trailing path needed */
    const char *session; /* [A-Za-z0-9._~-]{1,128} */
    size_t party;
    size_t parties;
    uint32_t timeout_ms; /* inactivity: no progress from the peer or relay for so long; 0 for the
                            default, 60 s */
    pt_notice_fn notice; /* may be NULL */
    void *notice_user;
    pt_cancelled_fn cancelled; /* may be NULL */
    void *cancelled_user;
    const char *tls_ca; /* PEM file of the authorities to trust for https; NULL: the system's */
} pt_relay_options;

/* Takes this party's seat at an HTTP relay (`polytune serve`) and waits until all parties are
 * seated. */
PT_API PT_MUST_CHECK pt_status pt_channel_relay_open(pt_channel *ret_channel,
                                                     const pt_relay_options *options,
                                                     pt_error *error);

/* ---- Counting ---- */

/* What passed between this party and one other in one phase. */
typedef struct pt_traffic {
    const char *phase; /* as given to send and recv */
    size_t peer;
    uint64_t messages_sent;
    uint64_t bytes_sent;
    uint64_t messages_received;
    uint64_t bytes_received;
} pt_traffic;

/* Counts messages and bytes by phase and peer. */
typedef struct pt_meter pt_meter;

/* A meter of one channel among `parties` parties; pt_meter_free it after the channel. */
PT_API PT_MUST_CHECK pt_status pt_meter_new(pt_meter **ret_meter, size_t parties, pt_error *error);
PT_API void pt_meter_free(pt_meter *meter);

/* Row `index`, from 0, of those with traffic, by phase in order of appearance and peer; false past
 * the last. Any thread may call it at any time. */
PT_API bool pt_meter_read(pt_traffic *ret_traffic, pt_meter *meter, size_t index);

/* Wraps `inner` and takes it over: closing the wrapper closes it; on failure it stays the caller's.
 * What `inner` refuses is not counted. */
PT_API PT_MUST_CHECK pt_status pt_channel_metered_wrap(pt_channel *ret_channel, pt_channel inner,
                                                       pt_meter *meter, pt_error *error);

/* ---- Encryption between the parties, over any other channel ----
 *
 * Nobody but the two parties of a pair can read their messages, and nobody can alter, repeat,
 * reorder, drop or exchange one without being noticed: the Noise protocol, revision 34, pattern
 * Noise_XX_25519_ChaChaPoly_BLAKE2b, or Noise_XXpsk3_... with a session secret. Every session has
 * fresh keys: whoever learns a private key later cannot read what was sent before.
 *
 * Whether the other end is the right party is known in one of three ways.
 *
 * - With a roster, the parties' public keys: a party without the private key is refused.
 * - With a session secret: whoever does not know it is refused. All who know it are trusted not to
 *   pose as each other towards third parties. It may be a passphrase: it goes through Argon2id (2
 *   passes, 64 MiB, salted with the session's name), so that whoever plays a party and so gets
 *   something to test guesses against is slow at it. Five or more random words withstand that.
 * - With neither, messages are encrypted, but somebody who controls the way between the parties
 *   (a relay) may have taken their places. Then the parties compare the fingerprint over another
 *   way, by telephone for example, before they rely on it: if all hold the same words, nobody is in
 *   between and all see the same parties. Each party has to commit to its contribution before it
 *   learns those of others, so a cheater has one guess at the 80 bits per attempt, and no amount of
 *   computation helps (probability 2^-80). */

#define PT_KEY_BYTES        32
#define PT_FINGERPRINT_SIZE 30 /* five words with hyphens, terminated */

/* A fresh X25519 key pair. */
PT_API PT_MUST_CHECK pt_status pt_channel_secure_keygen(uint8_t ret_public_key[PT_KEY_BYTES],
                                                        uint8_t ret_private_key[PT_KEY_BYTES],
                                                        pt_error *error);

/* The public key of a private key. */
PT_API PT_MUST_CHECK pt_status pt_channel_secure_public_key(uint8_t ret_public_key[PT_KEY_BYTES],
                                                            const uint8_t private_key[PT_KEY_BYTES],
                                                            pt_error *error);

typedef struct pt_secure_options {
    size_t party;
    size_t parties;      /* that the inner channel connects, a dealer included */
    const void *session; /* the same bytes for all; no secret; may be empty */
    size_t session_len;
    const uint8_t *private_key; /* PT_KEY_BYTES; NULL for a fresh one */
    const uint8_t *roster;      /* public keys in party order, PT_KEY_BYTES each, all different, the
                                   own one included, zeros where a key is not known; or NULL */
    const void *session_secret; /* the same bytes for all, or NULL */
    size_t session_secret_len;
} pt_secure_options;

/* Wraps `inner` and takes it over: closing the wrapper closes it; on failure it stays the caller's.
 * Talks to all others, two and a half round trips, and returns once each of them is confirmed;
 * copies what it needs of the options.
 *
 * Errors besides those of `inner`: PT_ERR_USAGE, also when the roster does not have this party's
 * key; PT_PEER_IDENTITY for a wrong key or session secret, or when the relay connects the wrong
 * parties; PT_PEER_SETUP when a party is set up differently, with a secret and without for example;
 * PT_PEER_ALTERED, PT_PEER_MALFORMED; PT_PEER_ABORT when another party has found one of these. The
 * others are told. The wrapper's recv gives PT_PEER_ALTERED for a message that was altered,
 * repeated, reordered, or follows a lost one; afterwards every call for that peer fails. */
PT_API PT_MUST_CHECK pt_status pt_channel_secure_wrap(pt_channel *ret_channel, pt_channel inner,
                                                      const pt_secure_options *options,
                                                      pt_error *error);

/* The words to compare, for a channel that pt_channel_secure_wrap made (else PT_ERR_USAGE): 80 bits
 * of a BLAKE2b hash of the session, and every party's public key and contribution, written as five
 * words that can be spoken. The same at all parties. */
PT_API PT_MUST_CHECK pt_status pt_channel_secure_fingerprint(char ret_words[PT_FINGERPRINT_SIZE],
                                                             const pt_channel *channel,
                                                             pt_error *error);

typedef struct pt_http_options {
    const char *const
        *urls; /* http(s)://host:port of every party, in party order; a path is kept */
    size_t party;
    size_t parties;
    const char *session;     /* as above; NULL for a fixed name */
    const char *listen_host; /* where to listen if not at the own URL; NULL */
    uint16_t listen_port;
    const char *tls_cert; /* PEM files of the certificate chain and its key, for an own URL that is
                             https and not behind a proxy; NULL */
    const char *tls_key;
    const char *tls_ca;  /* PEM file of the authorities to trust for https; NULL: the system's */
    uint32_t timeout_ms; /* as above */
    pt_notice_fn notice; /* may be NULL */
    void *notice_user;
    pt_cancelled_fn cancelled; /* may be NULL */
    void *cancelled_user;
} pt_http_options;

/* Serves at this party's own URL, posts to the others' and waits until all parties are there, in
 * whatever order they start. PT_ERR_USAGE for options that cannot be, PT_ERR_IO when it cannot
 * listen, PT_ERR_TIMEOUT naming a party that did not come, PT_ERR_REFUSED by one that disagrees on
 * the session or the order of the parties. */
PT_API PT_MUST_CHECK pt_status pt_channel_http_open(pt_channel *ret_channel,
                                                    const pt_http_options *options,
                                                    pt_error *error);

/* ---- Peer to peer ----
 *
 * The parties meet at a relay, tell each other through it where they can be reached, and connect
 * directly by TCP, also from behind home routers (both sides open the connection at once, so each
 * router sees an answer to what went out). Pairs that do not succeed within a few seconds leave
 * their messages to the relay. */

typedef struct pt_p2p_options {
    const char *relay;   /* its URL, as for pt_channel_relay_open */
    const char *session; /* as for pt_channel_relay_open */
    size_t party;
    size_t parties;
    uint32_t timeout_ms; /* inactivity, as for pt_channel_relay_open */
    bool only_relay;     /* connect to nobody, and tell nobody this machine's addresses */
    const char *tls_ca;  /* as for pt_channel_relay_open */
    pt_notice_fn notice; /* also told how each party is reached; may be NULL */
    void *notice_user;
    pt_cancelled_fn cancelled; /* may be NULL */
    void *cancelled_user;
} pt_p2p_options;

/* Waits until all parties are at the relay, and connects. When all connections are direct, the
 * relay is not needed any more. Errors are those of pt_channel_relay_open, and PT_PEER_MALFORMED
 * when a party or the relay does not follow the rules. */
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
