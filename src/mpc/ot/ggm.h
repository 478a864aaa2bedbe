/* GGM trees: pseudorandom functions that can be punctured at one leaf (protocol spec, sections 2.1
 * and 2.2; Roy22 = eprint 2022/192). Layer: mpc.
 *
 * A tree of depth k has 2^k leaves. Node s of level h-1 has the children
 *     left || right = RO_32("mpcag/ggm"; pid, LE32 tau, LE32 h, s).
 * Leaf y is reached by y's bits, the most significant first. A leaf gives
 *     RO_48("mpcag/leaf"; pid, LE32 tau, LE32 y, leaf) = AES key (16) || check value (32).
 * Constant time in the punctured place. */
#ifndef MPC_OT_GGM_H
#define MPC_OT_GGM_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/block.h"

#define GGM_MAX_DEPTH   8
#define GGM_MAX_LEAVES  ((size_t)1 << GGM_MAX_DEPTH)
#define GGM_PID_BYTES   32
#define GGM_CHECK_BYTES 32

/* pid = RO_32("mpcag/pair"; sid, i, j), the name of a directed pair; i and j as the spec counts. */
void ggm_pair_id(uint8_t ret_pid[GGM_PID_BYTES], const uint8_t sid[32], uint64_t i, uint64_t j);

typedef struct ggm_tree {
    const uint8_t *pid; /* GGM_PID_BYTES */
    uint32_t tau;       /* number of the tree */
    unsigned k;         /* depth */
} ggm_tree;

/* The 2^k leaves from the root, and for level h = 1 .. k the sums ret_sums[h-1][0], [1] of its left
 * and of its right nodes. */
void ggm_expand(block *ret_leaves, block (*ret_sums)[2], const ggm_tree *tree, block root);

/* All leaves but leaf alpha (which comes out as zero), from the sums of the side that the path to
 * alpha does not take: sums[h-1] for level h. alpha is secret. */
void ggm_expand_punctured(block *ret_leaves, const ggm_tree *tree, unsigned alpha,
                          const block *sums);

/* The leaf expansion: AES key and check value. */
block ggm_leaf(uint8_t ret_check[GGM_CHECK_BYTES], const ggm_tree *tree, uint32_t y, block leaf);

#endif
