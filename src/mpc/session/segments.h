/* How a circuit is cut into segments (protocol spec, section 8). Layer: mpc. */
#ifndef MPC_SESSION_SEGMENTS_H
#define MPC_SESSION_SEGMENTS_H

#include <stdint.h>

/* n is 1 for a circuit without AND gates. */
typedef struct segmentation {
    uint64_t n;
    uint64_t ands; /* AND gates of each but the last, which may have fewer */
} segmentation;

/* As few segments as `most` AND gates in each allow, and all alike if then they still fill buckets
 * of three; else full ones, and the rest. */
segmentation segments_of(uint64_t n_and, uint64_t most);

/* AND gates of segment number `number`. */
uint64_t segments_ands_at(const segmentation *s, uint64_t n_and, uint64_t number);

#endif
