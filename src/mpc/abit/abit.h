/* Authenticated bits for n parties: a batch of random shared bits, checked (protocol spec, section
 * 3). Layer: mpc.
 *
 * abit_batch runs COT towards and from every peer, tosses the check coin and runs ABCHK; of the
 * batch nothing but masked values (TRU, DC1) may be sent before T over ABCHK has been compared. In
 * batch 0 the check coin also
 * gives S_tri and S_gc. After a failure the caller calls session_abort. */
#ifndef MPC_ABIT_ABIT_H
#define MPC_ABIT_ABIT_H

#include "base/min.h"
#include "mpc/ot/base_ot.h"
#include "mpc/ot/cot.h"
#include "mpc/session/session.h"
#include "mpc/session/wave.h"

/* `count` consecutive bits of a batch, in the normative order of section 3.1. */
typedef struct abit_range {
    size_t count;
    block *shares; /* count * n blocks, compact form (share.h) */
    block *keys;   /* count * keys_kept(n) blocks K_i[x^j], or NULL when not needed */
} abit_range;

/* Base OTs, trees and Delta, once per session: waves BOT1 (with the first COIN_C) and BOT2
 * (sections 1 and 2.1, 2.2), which has left when this returns. The first batch takes the peers'
 * BOT2, as its own corrections may leave before that (section 6.6). PT_PEER_BASE_OT for an invalid
 * point. */
MUST_CHECK pt_status abit_setup(session *s, const base_ot *ot, pt_error *error);

/* What a party sends each other in BOT2. */
static inline size_t abit_bot2_bytes(const session *s)
{
    return BASE_OT_BOT2_SIZE + cot_check_bytes(s->k);
}

/* Takes the peers' BOT2. PT_PEER_BASE_OT. */
MUST_CHECK pt_status base_ots_finish(session *s, pt_error *error);
/* Wipes the secrets of base OTs that are not finished, and releases them. Nothing without any. */
void base_ots_wipe(session *s);
void base_ots_free(session *s);

/* What everybody sends everybody in ABCHK: x~^i, and a digest. */
#define ABCHK_ALL_BYTES     sizeof(block)
#define ABCHK_PRIVATE_BYTES DIGEST_BYTES

size_t abit_ranges_bits(const abit_range *ranges, size_t n_ranges);

/* Blocks of COTs that a batch of so many bits takes: theirs, and the mask block. */
static inline uint64_t abit_blocks(uint64_t n_bits)
{
    return n_bits / COT_BLOCK_BITS + (n_bits % COT_BLOCK_BITS != 0) + 1;
}

/* Whether a share has its key by itself: with two parties it is R_i xor x^i Delta_i. */
static inline bool abit_keys_are_single(const session *s)
{
    return s->n == 2;
}

/* Of so many blocks of COTs those whose corrections are kept at once: where the keys are single the
 * check reads them out of the shares, and corrections are used as they come. */
static inline uint64_t abit_kept_blocks(const session *s, uint64_t n_blocks)
{
    return abit_keys_are_single(s) ? min_u64(n_blocks, session_ahead(s, n_blocks) * COT_CHUNK)
                                   : n_blocks;
}

/* Peers, the first by key_slot, whose corrections are kept where the shares will be: MAC planes
 * leave a slot free there, which has room for those of k peers. */
static inline size_t abit_peers_in_place(const session *s)
{
    return abit_keys_are_single(s) ? 0 : min_size(s->n - 1, MPC_KAPPA / cot_trees(s->k));
}

/* The blocks of the other peers' corrections that a batch of so many bits keeps. */
static inline uint64_t abit_correction_blocks(const session *s, uint64_t n_bits)
{
    const uint64_t peers = s->n - 1 - abit_peers_in_place(s);
    return peers * cot_trees(s->k) * abit_kept_blocks(s, abit_blocks(n_bits));
}

/* What the session's threads work in for a batch of so many bits, and what waits to be sent. */
uint64_t abit_work_bytes(const session *s, uint64_t n_bits);

/* One batch: the concatenation of `ranges`. `room` holds peers' corrections while it runs,
 * abit_correction_blocks, apart from the ranges; NULL: it makes room itself. Stream COT, COIN_O,
 * ABCHK. PT_PEER_ABIT when a peer fails the check; what was written to the ranges is then void. All
 * must have seen the same ABCHK before anything of the batch is opened: with three parties or more
 * T tells, which the next wave carries. */
MUST_CHECK pt_status abit_batch(session *s, const abit_range *ranges, size_t n_ranges, block *room,
                                pt_error *error);

/* The Delta consistency check on MPC_DELTA_CHECK_REPETITIONS verified bits (section 3.3), once per
 * session, n >= 3. Its messages travel along with others, and all must have passed before the first
 * ZC. */
typedef struct delta_run delta_run;
typedef struct delta_check {
    wave_along dc1, dc2, dc3;
    delta_run *run;
} delta_check;

/* What everybody sends everybody in DC1, DC2 and DC3. */
size_t delta_check_bytes(const session *s, wave_name step);

/* `shares` are borrowed until delta_check_clear, which accepts a zeroed one. */
MUST_CHECK pt_status delta_check_init(delta_check *ret_check, session *s, const block *shares,
                                      pt_error *error);
void delta_check_clear(delta_check *c);

#endif
