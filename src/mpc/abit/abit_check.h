/* ABCHK: the check of a batch of authenticated bits, per plane (protocol spec, section 3.2; Roy22,
 * YWZ20). Layer: mpc, used by abit.c.
 *
 * h_chi(v) = sum over the data blocks t = 1 .. T of chi^t v_t, plus the mask block. Planes are
 * hashed one by one and in every block, tail and mask included. */
#ifndef MPC_ABIT_ABIT_CHECK_H
#define MPC_ABIT_ABIT_CHECK_H

#include "crypto/gf128.h"
#include "mpc/session/session.h"

/* h_chi of the 128 planes of one direction towards one peer, being summed. Starts all zero. */
typedef struct plane_hash {
    gf_acc acc[MPC_KAPPA]; /* [0] counts for nothing: plane 0 is X or zero by the LSB override */
} plane_hash;

/* The weights of consecutive blocks: chi^1, chi^2, .. for data blocks, 1 for the mask block. */
typedef struct check_weights {
    block chi;
    block next;
} check_weights;

void check_weights_init(check_weights *w, block chi);
/* The next n weights; `ends`: the last of them is the mask block's. */
void check_weights_next(check_weights *w, block *ret_weights, size_t n, bool ends);

/* Adds n blocks of every plane: plane p's are at planes + p, `stride` apart. */
void plane_hash_add(plane_hash *h, const block *planes, size_t stride, const block *weights,
                    size_t n);

/* Adds the sums of other blocks. */
void plane_hash_join(plane_hash *h, const plane_hash *other);

/* The reduced values; [0] is zero. */
void plane_hash_values(block ret_values[MPC_KAPPA], const plane_hash *h);

/* RO_32("mpcag/abchk"; sid, batch, i, j, values 1 .. 127); i and j are session indices. */
void abit_check_digest(uint8_t ret_digest[DIGEST_BYTES], const session *s, uint64_t batch, size_t i,
                       size_t j, const block values[MPC_KAPPA]);

#endif
