/* Who learns which output bits (protocol spec, section 6.5). Layer: mpc.
 *
 * Every output bit has a set of receivers. The bits come in ranges, one after the other, each with
 * a set; a caller who gives no ranges has one, of however many bits there are. Ranges that are
 * empty, or cut where the set stays the same, mean nothing: what counts is the set of each bit. */
#ifndef MPC_SESSION_RECEIVERS_H
#define MPC_SESSION_RECEIVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "polytune/mpc.h"

#define RECEIVERS_SET_BYTES  32 /* AGREEMENT: a bit for each party, by the caller's number */
#define RECEIVERS_HASH_BYTES 32

typedef struct receiver_range {
    size_t n_bits;
    uint8_t set[RECEIVERS_SET_BYTES];
} receiver_range;

typedef struct receiver_sets {
    receiver_range *ranges;
    size_t n_ranges;
} receiver_sets;

/* Whether the options' sets are sets of its parties, and none is empty. PT_ERR_USAGE. */
MUST_CHECK pt_status receivers_check(const pt_mpc_options *options, pt_error *error);
/* Whether the options' ranges are those of so many output bits. PT_ERR_USAGE. */
MUST_CHECK pt_status receivers_check_bits(const pt_mpc_options *options, size_t n_outputs,
                                          pt_error *error);

/* Takes the sets from checked options. PT_ERR_MEMORY. */
MUST_CHECK pt_status receivers_init(receiver_sets *ret_receivers, const pt_mpc_options *options,
                                    pt_error *error);
void receivers_clear(receiver_sets *r);

/* Who learns anything. */
void receivers_union(uint8_t ret_set[RECEIVERS_SET_BYTES], const receiver_sets *r);
/* RO_32("mpcag/receivers"; for each longest run of bits with the same set: its length, the set). */
void receivers_hash(uint8_t ret_hash[RECEIVERS_HASH_BYTES], const receiver_sets *r,
                    size_t n_outputs);

/* The positions of the bits that `party` (caller's number) learns, ascending; returns how many of
 * the n_outputs there is room for. */
size_t receivers_positions(uint32_t *ret_positions, const receiver_sets *r, size_t party,
                           size_t n_outputs);
size_t receivers_count(const receiver_sets *r, size_t party, size_t n_outputs);

#endif
