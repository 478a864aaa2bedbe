/* What the two files of the secure channel share: secure.c the channel, secure_handshake.c how it
 * begins. Layer: channel.
 *
 * Handshake messages, integers little-endian; party i is the initiator towards all with a higher
 * number:
 *
 *     start    "PTsc" | kind u8
 *     HELLO    start | version u8 | flags u8 | parties u32 | from u32 | to u32
 *              | session digest 16 | commitment 32 | 48 bytes: of the initiator Noise message 1
 *              without payload, then zeros
 *     ANSWER   start | Noise message 2, payload: nonce 32
 *     FINISH   start | Noise message 3, payload: nonce 32
 *     CONFIRM  start | Noise transport message, empty
 *     ALERT    start | reason u8
 *
 * Everybody sends HELLO to everybody, and reveals nothing more (ANSWER, FINISH) before all HELLOs
 * are in. The commitment is a hash of the party's number, static public key and nonce: when a
 * party's key and nonce become known, those of all others, as this party sees them, are fixed. So
 * nobody can search for keys that make two parties' fingerprints equal although somebody stands
 * between them; the nonce makes that true also for a static key that is known beforehand.
 *
 * HELLO and ALERT are not protected; the fields of HELLO are there to say clearly what is wrong
 * when nobody cheats. What they say goes into the Noise prologue (the secret flag into the choice
 * of the pattern), so that changing them on the way is noticed. A forged ALERT ends the
 * connection, which whoever could forge one can do anyhow.
 *
 * CONFIRM tells the initiator that the responder could read FINISH, that is, knows the session
 * secret. With one the initiator waits for it; without, who is who and that nobody stands between
 * them is settled before, and the initiator looks at CONFIRM when it receives for the first time:
 * its first messages leave with FINISH. After CONFIRM, messages are as record.h says, and an ALERT
 * may come instead of one. */
#ifndef CHANNEL_SECURE_SECURE_IMPL_H
#define CHANNEL_SECURE_SECURE_IMPL_H

#include "channel/channel.h"
#include "channel/secure/noise.h"
#include "polytune/secure.h"

#define SECURE_START_BYTES 5
#define SECURE_ALERT_BYTES (SECURE_START_BYTES + 1)

typedef enum secure_alert {
    SECURE_ALERT_ENDED = 1, /* for a reason that does not concern the receiver */
    SECURE_ALERT_SETUP,
    SECURE_ALERT_KEY,
    SECURE_ALERT_SECRET,
    SECURE_ALERT_ALTERED,
    SECURE_ALERT_STOPPED = 16 /* and a stop_reason, but STOP_CHECK: nobody is suspected */
} secure_alert;

/* One peer; calls for different peers come from different threads and touch only theirs. */
typedef struct secure_peer {
    noise_cipher send;
    noise_cipher recv;
    pt_status send_failed; /* PT_OK while sending works; what came before may still be received */
    pt_status recv_failed; /* PT_OK while the connection lives */
    bool awaits_confirm;   /* which comes before anything else */
} secure_peer;

typedef struct secure {
    pt_channel inner;
    size_t party;
    size_t parties;
    secure_peer *peers; /* by party; the own one is unused */
    char fingerprint[PT_FINGERPRINT_SIZE];
    uint64_t round_trip_ns; /* the quickest from an ANSWER to its FINISH; 0: unknown */
} secure;

/* Agrees with all peers on keys, and fills in `peers` and `fingerprint`. The options are checked.
 * On failure the others are told. */
MUST_CHECK pt_status secure_handshake(secure *s, const pt_secure_options *options, pt_error *error);

/* Receives the CONFIRM that a peer still owes. On failure it is told; the caller ends the
 * connection. */
MUST_CHECK pt_status secure_await_confirm(secure *s, size_t from, pt_error *error);

/* The public key that the roster has for a party; NULL when it is not known. */
const uint8_t *secure_known_key(const pt_secure_options *o, size_t party);

/* Tells a peer that, and why, the connection ends. */
void secure_send_alert(const secure *s, size_t to, unsigned reason);

/* PT_OK; if a message is an alert PT_PEER_ABORT, or PT_ERR_STOPPED when nobody is suspected. */
MUST_CHECK pt_status secure_check_alert(size_t from, const char *phase, const uint8_t *bytes,
                                        size_t len, pt_error *error);

#endif
