/* The state of one party running one circuit: wires, segments, and what has been verified so far.
 * Layer: mpc.
 *
 * A segment is a contiguous run of the circuit's gates (protocol spec, section 8). Wire state lives
 * in the plan's registers and carries over from segment to segment; gate state lives for one
 * segment. Of a wire w (section 5.1):
 *
 *     [lambda_w]    shares of the mask      every party: n blocks a register
 *     L_{w,0}       the false label         a garbler: a block
 *     L_{w,Lambda}  the active labels       the evaluator: n-1 blocks, garbler j at j-1
 *     Lambda_w      the masked value        the evaluator when it evaluates, garblers from EV1 on
 *
 * Everything here is secret but Lambda, and wiped on release. */
#ifndef MPC_RUN_H
#define MPC_RUN_H

#include "circuit/plan.h"
#include "mpc/preparation.h"
#include "mpc/session/segments.h"
#include "mpc/session/session.h"

/* What has passed, counted in segments, for the order of section 4.2 and the release rules of
 * section 6.5: every sender of a message that rests on a check asserts it here. */
typedef struct input_steps input_steps; /* garble/input.h */

typedef struct verified {
    uint64_t bits;        /* ABCHK, as this party sees it */
    uint64_t bits_agreed; /* all saw the same ABCHK */
    bool deltas;          /* DC; nothing to check for n = 2 */
    uint64_t zero_sums;   /* ZO of all parties */
    uint64_t openings;    /* OPEN: e_c and x-hat with their tags */
    bool inputs_agreed;   /* all saw the same INL wave */
    uint64_t evaluation;  /* a garbler's tag check in EV1, the evaluator's sum in EV2 */
} verified;

struct mpc_run {
    session *s;
    const pt_circuit *circuit;
    /* Each goes through the circuit once, segment by segment. */
    plan_walk to_mask;
    plan_walk to_garble; /* or evaluate */
    plan_walk to_check;  /* a garbler's */
    const preparation *preparation;
    segmentation segments;

    block *masks;        /* n a register */
    block *labels;       /* see above */
    uint8_t *masked;     /* Lambda, one byte a register */
    block *input_masks;  /* n an input wire, until the inputs are given */
    input_steps *inputs; /* in the first segment, for waves that carry them; or NULL */
    block *pool;         /* gate state and triples of the current segment, run_take */
    size_t pool_blocks;
    size_t pool_used;
    uint8_t inl_digest[DIGEST_BYTES];
    verified verified;
};

/* What the arrays of a segment hold. */
typedef enum segment_stage {
    SEGMENT_EMPTY,  /* nothing yet */
    SEGMENT_SHARES, /* lambda_alpha, lambda_beta, masked_s, verified: what preparation makes */
    SEGMENT_KEPT    /* in masked_s what is kept for authentication (garble/kept.h) */
} segment_stage;

struct segment {
    segment_stage stage;
    uint64_t number; /* 0, 1, .. */
    size_t n_and;
    uint64_t first_and; /* g of the first gate, section 5.2 */

    /* A share (n blocks) per AND gate, for inputs alpha, beta and output gamma; all in the run's
     * pool. */
    union {
        block *lambda_gamma; /* before masks_walk, which puts it into the gates' registers */
        block *lambda_alpha; /* after it */
    };
    block *lambda_beta; /* followed by the dummies of its batch */
    /* s_gamma xor lambda_gamma, where s_gamma = lambda_alpha lambda_beta: nobody needs them apart.
     * masks_walk adds lambda_gamma to what is there, of which s_gamma is made. Followed likewise.
     */
    block *masked_s;
    uint64_t
        *gamma_sums; /* the sum of lo64 of lambda_gamma's blocks, by masks_walk; NULL: unwanted */
    uint8_t *masked; /* Lambda_gamma, packed */
};

/* Whether a walk that has seen `n_and` AND gates of a segment comes to number `end`, or has come to
 * the circuit's end. */
static inline bool walk_is_at(const plan_walk *w, size_t n_and, size_t end)
{
    return plan_walk_is_done(w) || (n_and == end && plan_walk_at_and(w));
}

static inline bool segment_is_walked(const segment *g, const plan_walk *w, size_t n_and)
{
    return walk_is_at(w, n_and, g->n_and);
}

/* Makes the wire state; *ret_run is cleared with mpc_run_clear, also after a
 * failure. Circuit and preparation are borrowed. PT_ERR_LIMIT for too large a circuit. */
MUST_CHECK pt_status mpc_run_init(mpc_run *ret_run, session *s, const pt_circuit *circuit,
                                  const preparation *p, pt_error *error);
/* After HELLO, once: segments of at most `segment_ands` AND gates, and the pool for one of them.
 * PT_ERR_LIMIT for too large a one. */
MUST_CHECK pt_status mpc_run_cut(mpc_run *r, uint64_t segment_ands, pt_error *error);
void mpc_run_clear(mpc_run *r);

/* The order of section 4.2 among what has passed: nothing is ahead of what it rests on. */
bool mpc_run_is_in_order(const mpc_run *r);
/* What such a run holds beside the circuit. */
uint64_t mpc_run_bytes(const session *s, const pt_circuit *circuit, uint64_t pool_blocks);

/* Labels a party keeps for a register: n-1 for the evaluator, else 1. */
size_t mpc_run_labels(const mpc_run *r);

/* `count` groups of `blocks` blocks out of the pool, whose size covers every segment. They live
 * until the next segment_init; what they hold at first is anything. */
block *run_take(mpc_run *r, size_t count, size_t blocks);

/* Cuts the segment that follows `previous` (NULL: the first) and empties the pool. Release with
 * segment_clear. */
MUST_CHECK pt_status segment_init(segment *ret_segment, mpc_run *r, const segment *previous,
                                  pt_error *error);
void segment_clear(segment *g);
/* Nothing of the circuit before the next segment is needed any more. */
void segment_pass(mpc_run *r);

/* `count` zeroed groups of `blocks` blocks; NULL for want of memory. blocks_free wipes. */
MUST_CHECK block *blocks_new(size_t count, size_t blocks);
void blocks_free(block *b, size_t count, size_t blocks);

#endif
