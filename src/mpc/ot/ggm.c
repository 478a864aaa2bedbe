#include "mpc/ot/ggm.h"

#include "base/assert.h"
#include "base/mem.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"

void ggm_pair_id(uint8_t ret_pid[GGM_PID_BYTES], const uint8_t sid[32], uint64_t i, uint64_t j)
{
    ro h;
    ro_init(&h, GGM_PID_BYTES, RO_LABEL_PAIR);
    ro_field(&h, sid, 32);
    ro_u64(&h, i);
    ro_u64(&h, j);
    ro_final(&h, ret_pid);
}

static void ggm_children(block ret[2], const ggm_tree *tree, unsigned level, block node)
{
    ro h;
    ro_init(&h, 2 * sizeof(block), RO_LABEL_GGM);
    ro_field(&h, tree->pid, GGM_PID_BYTES);
    ro_u32(&h, tree->tau);
    ro_u32(&h, level);
    ro_block(&h, node);
    ro_final(&h, ret);
}

/* Replaces the n nodes of level - 1 by their 2n children, in place, from the last to the first. */
static void expand_level(block *nodes, size_t n, const ggm_tree *tree, unsigned level)
{
    block pair[2];
    for (size_t s = n; s-- > 0;) {
        ggm_children(pair, tree, level, nodes[s]);
        nodes[2 * s] = pair[0];
        nodes[2 * s + 1] = pair[1];
    }
    mem_wipe(pair, sizeof pair);
}

void ggm_expand(block *ret_leaves, block (*ret_sums)[2], const ggm_tree *tree, block root)
{
    PT_ASSERT(tree->k >= 1 && tree->k <= GGM_MAX_DEPTH);
    ret_leaves[0] = root;
    for (unsigned h = 1; h <= tree->k; h++) {
        const size_t n = (size_t)1 << h;
        block *sum = ret_sums[h - 1];
        expand_level(ret_leaves, n / 2, tree, h);
        sum[0] = sum[1] = block_zero();
        for (size_t s = 0; s < n; s++)
            sum[s & 1] = block_xor(sum[s & 1], ret_leaves[s]);
    }
}

/* 1 if a == b; a and b below 2^16. */
static unsigned ggm_equal(unsigned a, unsigned b)
{
    return (((a ^ b) - 1u) >> 31) & 1u;
}

void ggm_expand_punctured(block *ret_leaves, const ggm_tree *tree, unsigned alpha,
                          const block *sums)
{
    PT_ASSERT(tree->k >= 1 && tree->k <= GGM_MAX_DEPTH);
    /* The node on the path is kept as zero; every pass touches all nodes. */
    ret_leaves[0] = block_zero();
    for (unsigned h = 1; h <= tree->k; h++) {
        const unsigned n = 1u << h;
        const unsigned path = alpha >> (tree->k - h);
        expand_level(ret_leaves, n / 2, tree, h);
        block missing = sums[h - 1];
        for (unsigned s = 0; s < n; s++) {
            const unsigned known = 1u ^ ggm_equal(s >> 1, path >> 1);
            ret_leaves[s] = block_if(known, ret_leaves[s]);
            missing = block_xor(missing, block_if(1u ^ ggm_equal(s & 1, path & 1), ret_leaves[s]));
        }
        for (unsigned s = 0; s < n; s++)
            ret_leaves[s] = block_xor(ret_leaves[s], block_if(ggm_equal(s, path ^ 1u), missing));
    }
}

block ggm_leaf(uint8_t ret_check[GGM_CHECK_BYTES], const ggm_tree *tree, uint32_t y, block leaf)
{
    uint8_t out[sizeof(block) + GGM_CHECK_BYTES];
    ro h;
    ro_init(&h, sizeof out, RO_LABEL_LEAF);
    ro_field(&h, tree->pid, GGM_PID_BYTES);
    ro_u32(&h, tree->tau);
    ro_u32(&h, y);
    ro_block(&h, leaf);
    ro_final(&h, out);
    const block key = block_load(out);
    memcpy(ret_check, out + sizeof key, GGM_CHECK_BYTES);
    mem_wipe(out, sizeof out);
    return key;
}
