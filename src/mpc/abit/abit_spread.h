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

/* n blocks of the V or W planes towards one peer, planes[p * COT_STRIDE + t], from bit `c` on; x
 * are the own bits. */
void abit_spread_planes(const abit_places *p, abit_cursor c, size_t peer, abit_rows kind,
                        const block *planes, const block *x, size_t n);

/* The way back, where the ranges have a place for every row: the planes whose rows were spread,
 * ret_planes[t * MPC_KAPPA + p]; keys only where they are single. */
void abit_gather_planes(const abit_places *p, abit_cursor c, size_t peer, abit_rows kind,
                        block *ret_planes, size_t n);

#endif
