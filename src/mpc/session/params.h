/* Parameters of the proof (protocol spec, sections 0.2 and 4.6). Layer: mpc.
 *
 * Classes: LOCAL is free, AGREEMENT must be equal at all parties, SECURITY is part of a proof. */
#ifndef MPC_SESSION_PARAMS_H
#define MPC_SESSION_PARAMS_H

#include <stdint.h>

#define MPC_PROTOCOL_VERSION 5   /* AGREEMENT */
#define MPC_MAX_PARTIES      255 /* AGREEMENT: eps(i,j) = 256 i + j, section 0.4 */

#define MPC_KAPPA                   128 /* SECURITY: labels, MACs, global keys (0.2) */
#define MPC_RHO_DEFAULT             40  /* SECURITY: bucketing fails with 2^-rho (4.6) */
#define MPC_RHO_MAX                 80  /* SECURITY */
#define MPC_LEAKY_AND_BITS          64  /* SECURITY: u, bits of a leaky-AND correction (4.3) */
#define MPC_DELTA_CHECK_REPETITIONS 64  /* SECURITY: rho_Delta (3.3) */
#define MPC_COT_FIELD_BITS_DEFAULT  4   /* AGREEMENT: k that nobody wishes otherwise (0.8, 9.4) */

#define MPC_BUCKET_MIN 3  /* SECURITY: B (4.6) */
#define MPC_BUCKET_MAX 14 /* SECURITY */

/* The largest segment, and the smallest that a party may ask for: below, padding, messages and a
 * dealer's work would grow without a limit (0.8). AGREEMENT */
#define MPC_SEGMENT_ANDS_MAX ((uint64_t)7 << 16)
#define MPC_SEGMENT_ANDS_MIN ((uint64_t)1 << 10)
/* l_min(3) at rho = 40, the fewest gates that fill buckets of three (4.6): segments that have as
 * many are made alike (8). AGREEMENT */
#define MPC_SEGMENT_ANDS_ALIKE ((uint64_t)321124)

/* What a party sends ahead of the frames that it awaits from a peer: what the link, a relay that
 * takes whole messages, and the other side's computing hold while none comes back, 100 Mbit/s for
 * 330 ms. Bounded over all peers, which share a party's memory and its uplink. LOCAL */
#define MPC_WINDOW_BYTES     ((size_t)4 << 20)
#define MPC_WINDOW_BYTES_ALL ((size_t)8 << 20)

#define DEALING_BITS_PER_AND   4 /* AGREEMENT: x, y, r and lambda_gamma of a dealt gate (7) */
#define DEALING_OPENED_PER_AND 2 /* AGREEMENT: x-hat and y-hat (4.7 A) */

#define MPC_MAX_AND  ((uint64_t)1 << 38) /* SECURITY: per session (8, note 6) */
#define MPC_MAX_COTS ((uint64_t)1 << 42) /* SECURITY: per directed pair and session (8, note 6) */

_Static_assert(MPC_KAPPA % 8 == 0, "every k divides kappa");

#endif
