/* Garbling (protocol spec, sections 5.1 and 5.2: own half-gates of KRRW18 and YWZ20, cross rows in
 * COPZ25's three-row form). Layer: mpc.
 *
 * GC, P_i -> P_1: for each AND gate G_0, G_1, then C_0, C_1, C_2 for every other garbler ascending,
 * 3n - 4 blocks, in frames of GARBLE_FRAME_BYTES at most. P_2's frames end with its bits b_gamma,
 * packed, so that P_1 can evaluate a frame and forget it. */
#ifndef MPC_GARBLE_GARBLE_H
#define MPC_GARBLE_GARBLE_H

#include "crypto/aes.h"
#include "mpc/run.h"

#define GARBLE_FRAME_BYTES ((size_t)64 << 10) /* AGREEMENT */

/* AND gates in a full frame, at least 1. */
size_t garble_frame_gates(size_t n);
/* Bytes garbler `i` sends for a frame of `gates` gates; for i = 0 those of the rows alone. */
size_t garble_frame_bytes(size_t n, size_t i, size_t gates);
/* In the blocks of one gate from garbler i: where C_0 for garbler j is (G_0 is at 0). */
size_t garble_cross_row(size_t i, size_t j);

#define GATE_KEYS_AHEAD 32 /* LOCAL: gates whose hash keys are scheduled at once */

/* Hash keys of a segment's gates, scheduled ahead; starts all zero. */
typedef struct gate_keys {
    aes_key keys[2 * GATE_KEYS_AHEAD]; /* of gates first .. end-1 */
    size_t first, end;
} gate_keys;

/* The keys of gate number `at` of the segment, asked for in order: [0] of tweak 2g for alpha, [1]
 * of 2g + 1 for beta. */
const aes_key *gate_keys_at(gate_keys *k, const session *s, const segment *g, size_t at);

/* Garbles a segment and streams it to P_1. Carries r->labels to the
 * segment's end; leaves of the gates what kept.h says. */
MUST_CHECK pt_status garble_segment(mpc_run *r, segment *g, pt_error *error);

#endif
