/* From the planes of COTs to authenticated shares: transposes planes and adds the rows to the
 * shares of a batch (protocol spec, sections 0.5 and 2.3). Layer: mpc.
 *
 * Of every share the first peer's keys must come first: they start the sum R_i. Rows past the last
 * bit are dropped. */
#ifndef MPC_ABIT_ABIT_SPREAD_H
#define MPC_ABIT_ABIT_SPREAD_H

#include "mpc/abit/abit.h"

/* Where the bits of a batch go: one range after the other. Borrowed. */
typedef struct abit_places {
    const session *s;
    const abit_range *ranges;
    size_t n_ranges;
} abit_places;

/* Where in the ranges a bit of the batch is; starts all zero. */
typedef struct abit_cursor {
    size_t range;
    size_t at; /* bit of the range */
} abit_cursor;

void abit_cursor_advance(const abit_places *p, abit_cursor *c, size_t bits);

typedef enum abit_rows {
    ABIT_ROWS_MAC, /* of V planes: M_j[x^i] */
    ABIT_ROWS_KEY  /* of W planes: K_i[x^j]; with the first peer's goes x^i Delta_i */
} abit_rows;

/* n blocks of the V or W planes towards one peer, planes[t * MPC_KAPPA + p], from bit `c` on; x are
 * the own bits. */
void abit_spread_planes(const abit_places *p, abit_cursor c, size_t peer, abit_rows kind,
                        const block *planes, const block *x, size_t n);

/* Until a block's shares are made, their memory is room for its planes: n slots of MPC_KAPPA
 * blocks. Every bit needs a place here. */

/* n blocks of planes, planes[t * MPC_KAPPA + p], into a slot, from bit `c` on. */
void abit_put_planes(const abit_places *p, abit_cursor c, size_t slot, const block *planes,
                     size_t n);
/* Of each of n blocks' memory `count` blocks from number `first` on, held[t * count + i]. They are
 * within a slot. */
void abit_put_held(const abit_places *p, abit_cursor c, size_t first, const block *held,
                   size_t count, size_t n);
void abit_copy_held(const abit_places *p, abit_cursor c, size_t first, block *ret_held,
                    size_t count, size_t n);
/* Planes where they are: those of block t at at[t * stride + p]. */
typedef struct abit_held {
    const block *at;
    size_t stride;
} abit_held;

/* And out of it: in their place, if the n blocks stand together there, else copied to `room`, n *
 * MPC_KAPPA. */
abit_held abit_get_planes(const abit_places *p, abit_cursor c, size_t slot, block *room, size_t n);

/* The MACs of n blocks, rows[t * MPC_KAPPA + h], into the shares: nobody needs what is held there.
 */
void abit_spread_macs(const abit_places *p, abit_cursor c, size_t peer, const block *rows,
                      size_t n);
/* Of two parties the shares of n blocks; the planes may be in the shares' places. */
void abit_make_pairs(const abit_places *p, abit_cursor c, abit_held v, abit_held w, size_t n);

#endif
