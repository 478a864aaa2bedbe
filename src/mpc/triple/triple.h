/* Leaky AND triples (protocol spec, sections 4.1 and 4.3; WRK17b, KRRW18, YWZ20). Layer: mpc.
 *
 * From verified shares [x], [r] (fresh) and [y] (arbitrary) makes [z] with z = xy, if nobody
 * cheats; a cheater may have learnt x of a triple, or made z wrong, until the zero check of
 * zero_check.h has passed. */
#ifndef MPC_TRIPLE_TRIPLE_H
#define MPC_TRIPLE_TRIPLE_H

#include "base/bits.h"
#include "mpc/session/params.h"
#include "mpc/session/session.h"
#include "mpc/session/wave.h"

#define TRIPLE_FRAME   8192 /* AGREEMENT: U of so many triples are a frame of TRU */
#define TRIPLE_U_BYTES (MPC_LEAKY_AND_BITS / 8)

/* What everybody sends everybody in TRS. */
static inline size_t triples_trs_bytes(size_t triples)
{
    return bits_bytes(triples);
}

/* B layers of `len` triples of one party, [z] = [r] xor d. All arrays are borrowed. */
typedef struct triple_layers {
    unsigned n_layers;
    size_t len;
    block *x[MPC_BUCKET_MAX]; /* len * n blocks a layer */
    block *y[MPC_BUCKET_MAX];
    block *r[MPC_BUCKET_MAX];
    block *x_keys[MPC_BUCKET_MAX]; /* len * keys_kept(n) blocks; NULL for n = 2 */
    /* Of the first so many triples of layer 0 r has something added to it, whose blocks' lo64,
     * added up, stand in `sums` before triples_correct. */
    size_t n_masked;
    union {                  /* n_layers * len */
        uint64_t *sums;      /* S_{i,h} */
        uint64_t *zero_sums; /* S_{i,h} xor d_h lo64(Delta_i): all parties' add up to zero */
    };
} triple_layers;

/* What the session's threads work in for so many triples, and what waits to be sent. */
uint64_t triples_work_bytes(const session *s, uint64_t triples);

/* TRU, on the side stream: fills sums and advances s->next_triple_tweak. With three parties or more
 * T over ABCHK goes in front, in a wave with which `along` travels (NULL: nothing), and has been
 * compared when this returns. */
MUST_CHECK pt_status triples_correct(session *s, const triple_layers *t, const wave_along *along,
                                     pt_error *error);
/* TRS, with which `along` travels: ret_d, triples_trs_bytes, becomes d of all triples, packed, and
 * sums zero_sums. Whoever uses [r] adds d: it is public, and not worth a pass over the shares. */
MUST_CHECK pt_status triples_sum(session *s, const triple_layers *t, uint8_t *ret_d,
                                 const wave_along *along, pt_error *error);

#endif
