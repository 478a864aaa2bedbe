/* Where a peer may be reached, and the offers in which peers tell each other. Layer: channel.
 *
 *     offer     "PTp4" | version u8 = 1 | nonce 32 | n u8 | candidate ...
 *     candidate family u8, 4 or 6 | address, 4 or 16 bytes | port u16, little-endian
 *
 * A cheating peer, or the relay, may offer addresses of other people's machines. What that is worth
 * as a port scanner is kept near nothing:
 * - At most CANDIDATES_MAX addresses per peer are tried, each a few times a second for seconds,
 * then every few seconds for a minute.
 * - Ports below 1024 are refused: services live there, and routers map to none of them (RFC 4787,
 *   REQ-3). So are groups, broadcasts, unspecified and link-local addresses (there are the metadata
 *   services of clouds), and this machine's own loopback address, unless it has no other.
 * - What is sent is a constant and a hash: no bytes of the offering peer's choice.
 * - It does not learn how an attempt ended: nothing is told of addresses other than the one at
 * which it proves to be itself, and trying goes on for as long whether others refuse or not.
 *
 * Pure functions on bytes. */
#ifndef CHANNEL_P2P_CANDIDATE_H
#define CHANNEL_P2P_CANDIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/compiler.h"

#define CANDIDATES_MAX      16
#define CANDIDATE_TEXT_SIZE 56 /* "[address]:port", terminated */
#define OFFER_NONCE_BYTES   32
#define OFFER_BYTES_MAX     (4 + 1 + OFFER_NONCE_BYTES + 1 + CANDIDATES_MAX * (1 + 16 + 2))

typedef struct candidate {
    uint8_t family;      /* 4 or 6 */
    uint8_t address[16]; /* in network order, the rest zero */
    uint16_t port;
} candidate;

typedef struct candidates {
    candidate items[CANDIDATES_MAX];
    size_t n;
} candidates;

typedef struct offer {
    uint8_t nonce[OFFER_NONCE_BYTES];
    candidates candidates;
} offer;

/* From and to the system's form. False for other families. */
MUST_CHECK bool candidate_from_socket(candidate *ret_candidate, const struct sockaddr *address);
socklen_t candidate_to_socket(struct sockaddr_storage *ret_address, const candidate *c);

/* "192.0.2.7:40123" or "[2001:db8::7]:40123". Parsing is strict. */
void candidate_print(char ret_text[CANDIDATE_TEXT_SIZE], const candidate *c);
MUST_CHECK bool candidate_parse(candidate *ret_candidate, const char *text, size_t len);

bool candidate_is_equal(const candidate *a, const candidate *b);
bool candidate_is_loopback(const candidate *c);
/* Whether a peer may offer it at all. */
bool candidate_is_possible(const candidate *c);

/* Adds it unless it is there, impossible, or the list has `limit` items. */
void candidates_add(candidates *list, const candidate *c, size_t limit);

void offer_put(buffer *b, const offer *o);
/* False if the bytes are not exactly one offer with possible candidates only. */
MUST_CHECK bool offer_parse(offer *ret_offer, const uint8_t *bytes, size_t len);

#endif
