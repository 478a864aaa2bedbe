/* HELLO: the parties compare what they are about to run, before any secret exists (protocol spec,
 * section 0.8). Layer: mpc.
 *
 * HELLO carries each fact in the open or as its hash, so that a difference can be named:
 *
 *      u32  parties          u32  evaluator (caller's)   u32  own number, 1 .. n
 *      u32  rho              u32  wish for k, 0: none    u32  preprocessing mode: 0 between the
 *                                                             parties, 1 by a dealer
 *      u64  most ANDs in a segment
 *      32 B output parties, one bit each (caller's numbers)
 *      32 B hashes: roster, parameters, receivers of each output bit, circuit, session data
 *      32 B nonce
 *
 * The protocol version is in every message's header. All must be alike but the own number, and two
 * fields that the parties agree on: k is the largest wish, a segment has the fewest ANDs. Those
 * have limits: k is one that there is, a segment has MPC_SEGMENT_ANDS_MIN to MPC_SEGMENT_ANDS_MAX
 * ANDs.
 *
 * A dealer gets every party's HELLO too, as the first frame of its side stream, followed by
 *      u64  AND gates        u64  input bits
 * of the circuit, and computes the same session id. Whatever it sends afterwards carries that id,
 * so a party that told it something else is found out by all others. */
#ifndef MPC_SESSION_HELLO_H
#define MPC_SESSION_HELLO_H

#include "mpc/session/session.h"

typedef struct hello_facts {
    const pt_circuit *circuit;   /* as executed */
    const uint8_t *session_data; /* application data bound into the run */
    size_t session_data_len;
    uint64_t segment_ands; /* most AND gates of a segment that this party takes (section 8) */
} hello_facts;

/* Wave HELLO, with a dealer BARRIER too: compares all facts with every party's, then fixes s->sid,
 * s->k and the segments. PT_PEER_SETUP naming the first field that differs; PT_PEER_MALFORMED for a
 * wish that nobody can have. */
MUST_CHECK pt_status session_hello(session *s, const hello_facts *facts, uint64_t *ret_segment_ands,
                                   pt_error *error);

/* Bytes of a HELLO, and of what the dealer gets. */
size_t hello_bytes(void);
size_t hello_dealer_bytes(void);

/* What the dealer deals for. */
typedef struct hello_terms {
    uint64_t segment_ands;
    uint64_t n_and;
    uint64_t n_inputs;
} hello_terms;

/* The dealer's part: takes the HELLO of every party and compares them, numbers the parties, agrees
 * on k as they do, and takes the session id. PT_PEER_SETUP naming the first field that differs from
 * what the dealer, or else the first party, has; PT_PEER_MALFORMED, PT_ERR_LIMIT. */
MUST_CHECK pt_status session_hello_as_dealer(session *d, hello_terms *ret_terms, pt_error *error);

/* RO_32("mpcag/circuit"; canonical serialisation): counts, owners of inputs, gates in order,
 * outputs. Who receives the outputs is a field of its own. False: out of memory. */
#define CIRCUIT_HASH_GATE_BYTES 9 /* of what is hashed */
MUST_CHECK bool circuit_hash(uint8_t ret_hash[DIGEST_BYTES], const pt_circuit *circuit);
/* The same, computed once for a circuit that is not changed any more. Any threads may ask. */
MUST_CHECK bool circuit_hash_kept(uint8_t ret_hash[DIGEST_BYTES], const pt_circuit *circuit);

#endif
