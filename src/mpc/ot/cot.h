/* Correlated OT with receiver-chosen bits: SoftSpokenOT (protocol spec, section 2; Roy22 = eprint
 * 2022/192). Layer: mpc.
 *
 * Directed pair (i,j): P_i, the receiver, has bits X; P_j, the sender, has Delta_j. n_c = 128/k
 * trees; alpha_tau = bits tau k .. tau k + k - 1 of Delta_j. A *plane* is one bit position of 128
 * COTs: after the extension W_p = V_p xor bit(Delta_j,p) X for the planes p = 0 .. 127 of a block
 * of 128 COTs, and a transposition gives the rows M_j[x^i] (of V) and K_j[x^i] (of W).
 *
 * Local functions on buffers; nothing here talks. Constant time. A block counter value is used for
 * one X only: the caller counts (T of section 2.3). */
#ifndef MPC_OT_COT_H
#define MPC_OT_COT_H

#include <stdbool.h>

#include "base/compiler.h"
#include "crypto/aes.h"
#include "crypto/prg.h"
#include "mpc/ot/ggm.h"
#include "mpc/session/session.h"

#define COT_BLOCK_BITS MPC_KAPPA /* COTs in a block */

/* Blocks of 128 COTs that one call handles at most. */
#define COT_CHUNK 64

/* Blocks of the planes of a call. */
#define COT_PLANES (COT_CHUNK * MPC_KAPPA)

/* P_i's side. */
typedef struct cot_receiver {
    unsigned k;
    aes_key *leaves; /* n_c * 2^k, tree by tree */
} cot_receiver;

/* P_j's side. */
typedef struct cot_sender {
    unsigned k;
    block delta;
    aes_key *leaves;  /* n_c * 2^k; leaf y of tree tau is at place y xor alpha_tau, 0 is unknown */
    bool tree_is_bad; /* stored verdict of section 2.2, reported with the first ABCHK */
} cot_sender;

/* Both directions between this party and one peer. */
struct cot_pair {
    cot_receiver receiver; /* pair (me, peer) */
    cot_sender sender;     /* pair (peer, me) */
    uint64_t next_block;   /* block counter T, the same in both directions */
};

static inline size_t cot_trees(unsigned k)
{
    return MPC_KAPPA / k;
}

/* What corrects so many blocks of 128 COTs; COT_CHUNK of them are a full frame of COT. */
static inline size_t cot_frame_bytes(unsigned k, size_t blocks)
{
    return blocks * cot_trees(k) * sizeof(block);
}

/* t_tau for every tree, then D. */
static inline size_t cot_check_bytes(unsigned k)
{
    return (cot_trees(k) + 1) * GGM_CHECK_BYTES;
}

/* Grows the trees from their roots, cot_trees(k) fresh secrets. ret_messages[t]: the two messages
 * of base OT t; ret_check: cot_check_bytes(k), the tree consistency data of section 2.2, or NULL.
 * PT_ERR_MEMORY. */
MUST_CHECK pt_status cot_receiver_init(cot_receiver *r, block (*ret_messages)[2],
                                       uint8_t *ret_check, unsigned k,
                                       const uint8_t pid[GGM_PID_BYTES], const block *roots,
                                       pt_error *error);

/* The choice bits of the 128 base OTs, packed, from Delta_j. */
block cot_choices(block delta, unsigned k);

/* Rebuilds the trees from the chosen messages and stores the verdict on `check`; NULL: whose they
 * are is trusted. PT_ERR_MEMORY. */
MUST_CHECK pt_status cot_sender_init(cot_sender *s, block delta, unsigned k,
                                     const uint8_t pid[GGM_PID_BYTES], const block *messages,
                                     const uint8_t *check, pt_error *error);

/* Wipes both directions. Accepts a zeroed one. */
void cot_pair_clear(cot_pair *pair);

/* Working memory of the functions below, for any k. Holds secrets: release with
 * cot_scratch_free. */
typedef struct cot_scratch cot_scratch;
#define COT_SCRATCH_BYTES ((size_t)88 << 10) /* at most */
MUST_CHECK cot_scratch *cot_scratch_new(void);
void cot_scratch_free(cot_scratch *scratch);

/* Section 2.3 for the blocks T = first .. first + n - 1, n <= COT_CHUNK; x[t] are their bits.
 * Corrections: ret_d[t * n_c + tau] = X_t xor u_tau. */
void cot_correct(const cot_receiver *r, cot_scratch *scratch, block *ret_d, const block *x,
                 uint64_t first, size_t n);
/* V planes: ret_planes[t * MPC_KAPPA + p]. Plane 0 is x itself (LSB override). */
void cot_receiver_planes(const cot_receiver *r, cot_scratch *scratch, block *ret_planes,
                         const block *x, uint64_t first, size_t n);
/* Both of these in one pass. */
void cot_receiver_extend(const cot_receiver *r, cot_scratch *scratch, block *ret_d,
                         block *ret_planes, const block *x, uint64_t first, size_t n);
/* W planes from the corrections d received, likewise. Plane 0 is zero. */
void cot_sender_planes(const cot_sender *s, cot_scratch *scratch, block *ret_planes, const block *d,
                       uint64_t first, size_t n);

#endif
