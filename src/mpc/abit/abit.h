/* Authenticated bits for n parties: a batch of random shared bits, checked (protocol spec, section
 * 3). Layer: mpc.
 *
 * abit_batch runs COT towards and from every peer, tosses the check coin, runs ABCHK and the
 * barrier; nothing of the batch is used before all that passed. In batch 0 the check coin also
 * gives S_tri and S_gc. After a failure the caller calls session_abort. */
#ifndef MPC_ABIT_ABIT_H
#define MPC_ABIT_ABIT_H

#include "mpc/ot/base_ot.h"
#include "mpc/session/session.h"

/* `count` consecutive bits of a batch, in the normative order of section 3.1. */
typedef struct abit_range {
    size_t count;
    block *shares; /* count * n blocks, compact form (share.h) */
    block *keys;   /* count * (n-1) blocks K_i[x^j], or NULL when not needed */
} abit_range;

/* Base OTs, trees and Delta, once per session: waves BOT1 (with the first COIN_C) and BOT2
 * (sections 1 and 2.1, 2.2). PT_PEER_BASE_OT for an invalid point. */
MUST_CHECK pt_status abit_setup(session *s, const base_ot *ot, pt_error *error);

/* One batch: the concatenation of `ranges`. Stream and wave COT, COIN_O, ABCHK, BARRIER.
 * PT_PEER_ABIT when a peer fails the check; what was written to the ranges is then void. */
MUST_CHECK pt_status abit_batch(session *s, const abit_range *ranges, size_t n_ranges,
                                pt_error *error);

/* The Delta consistency check on MPC_DELTA_CHECK_REPETITIONS verified bits (section 3.3), once per
 * session, n >= 3: waves DC1, DC2, DC3. Must be done before the first ZO. */
MUST_CHECK pt_status delta_check(session *s, const block *shares, pt_error *error);

#endif
