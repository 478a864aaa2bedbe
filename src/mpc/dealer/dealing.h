/* What a trusted dealer and the parties both compute (protocol spec, section 7, compressed form,
 * circuit-independent variant). Layer: mpc.
 *
 * The dealer D gives every party a seed, from which it derives all secrets that the protocol
 * without a dealer draws and proves; and what a seed cannot hold: the tree sums of the other
 * parties, a digest of the corrections that each of them must send, and e = xy xor r for every AND
 * gate.
 *
 *      P_i -> D   HELLO    see hello.h; then frames of the side stream, all under the session id:
 *                 DLREQ    empty: P_i is ready for segment 0, 1, ..
 *      D -> P_i   DLSEED   seed, 32 B | for each j != i ascending the 128 sums of P_j's trees that
 *                          Delta_i selects, 16 B each | tag, 16 B
 *                 DEAL     once a segment: for each j != i ascending the digest of P_j's
 *                          corrections to P_i, 32 B | e, packed | tag, 16 B
 *
 * D sends DLSEED and the first DEAL when all n HELLOs agree and all n have asked for segment 0
 * under the session id that follows from them, and each further DEAL when all have asked for it.
 *
 * A segment of A gates takes the bits x, y, r (A each, in this order), lambda_gamma (A), and in
 * segment 0 those of the input masks; block T of P_i's bits is block T of PRG(bits key), where T is
 * the block counter of the COTs, which runs on over the session.
 *
 * D is not a party of any wave: it sees neither INL nor EV1, nor the transcript digest over them.
 * The tags are keyed with the seed: they turn damage to a message of D, on whatever way it takes,
 * into an abort before any of it is used. */
#ifndef MPC_DEALER_DEALING_H
#define MPC_DEALER_DEALING_H

#include "crypto/ro.h"
#include "mpc/ot/cot.h"
#include "mpc/session/session.h"

#define DEALING_TAG_BYTES sizeof(block)

/* P_i's secrets for a session, from its seed; index as the session counts. */
block dealing_delta(const session *s, const uint8_t seed[DEALING_SEED_BYTES], size_t index);
block dealing_bits_key(const session *s, const uint8_t seed[DEALING_SEED_BYTES]);
/* Roots of the trees towards P_peer: cot_trees(s->k) blocks. */
void dealing_roots(const session *s, const uint8_t seed[DEALING_SEED_BYTES], size_t peer,
                   block *ret_roots);

/* Digest of all corrections that P_i sends to P_j for a segment, `len` bytes that follow by
 * ro_part; ends with ro_final, DIGEST_BYTES. */
void dealing_digest_init(ro *h, const session *s, uint64_t number, size_t i, size_t j,
                         uint64_t len);

/* The tag of a payload of D in frame `frame` of its stream to the party with this seed. */
block dealing_tag(const session *s, const uint8_t seed[DEALING_SEED_BYTES], uint64_t frame,
                  const uint8_t *payload, size_t len);

/* Bytes of DLSEED and DEAL, tag included. */
size_t dealing_seed_bytes(const session *s);
size_t dealing_deal_bytes(const session *s, size_t n_and);

/* Blocks of COTs that a segment takes. */
uint64_t dealing_blocks(uint64_t n_and, uint64_t n_inputs);

/* What a segment takes. */
typedef struct dealing_plan {
    size_t n_and;
    size_t n_bits;
    size_t n_blocks;
    uint64_t first; /* block counter T of the first */
} dealing_plan;

/* PT_ERR_LIMIT for too many bits in one session. */
MUST_CHECK pt_status dealing_plan_init(dealing_plan *ret_plan, size_t n_and, size_t n_inputs,
                                       uint64_t first, pt_error *error);

#endif
