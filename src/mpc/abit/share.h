/* Authenticated shares in compact form (protocol spec, section 0.5). Layer: mpc.
 *
 * Party i's part of a shared bit [x] is n consecutive blocks:
 *     slot 0            R_i[x] = x^i Delta_i  xor  sum over j != i of K_i[x^j]
 *     slot(i,j), j != i M_j[x^i] = K_j[x^i] xor x^i Delta_j
 * with bit(R_i[x],0) = bit(M_j[x^i],0) = x^i and x Delta_i = R_i[x] xor sum of M_i[x^j]. Linear
 * operations are XOR of all n blocks. Individual keys K_i[x^j], where needed, are n-2 blocks, at
 * key_slot(i,j): what these and the share give is the last one. */
#ifndef MPC_ABIT_SHARE_H
#define MPC_ABIT_SHARE_H

#include "base/assert.h"
#include "crypto/block.h"
#include "crypto/ct.h"
#include "mpc/session/session.h"

/* Place of peer j's MAC in a share of party i. */
static inline size_t share_slot(size_t i, size_t j)
{
    PT_DEBUG_ASSERT(i != j);
    return j < i ? j + 1 : j;
}
/* Place of K_i[x^j] in party i's keys of a bit. */
static inline size_t key_slot(size_t i, size_t j)
{
    PT_DEBUG_ASSERT(i != j);
    return j < i ? j : j - 1;
}

/* Keys that are kept of a bit whose single keys are needed. */
static inline size_t keys_kept(size_t n)
{
    return n - 2;
}

/* The own bit x^i. */
static inline unsigned share_bit(const block *share)
{
    return (unsigned)(share[0].lo & 1u);
}

/* The own bit stands in the lowest place of every block of a share: so of a sample of `count`
 * shares, for assertions. Constant time but for the verdict. */
static inline bool shares_agree(const block *shares, size_t count, size_t n)
{
    const size_t step = count / 64 + 1;
    block differs = block_zero();
    for (size_t h = 0; h < count; h += step) {
        for (size_t slot = 1; slot < n; slot++)
            differs.lo |= (shares[h * n + slot].lo ^ shares[h * n].lo) & 1u;
    }
    return ct_block_equal(differs, block_zero());
}

/* The last key of a share: R xor x^i Delta_i less the n - 2 keys that are kept. */
static inline block share_last_key(const block *share, const block *keys, block delta, size_t n)
{
    block key = block_xor(share[0], block_if(share_bit(share), delta));
    for (size_t slot = 0; slot < keys_kept(n); slot++)
        key = block_xor(key, keys[slot]);
    return key;
}

/* K_i[x^j]; for n = 2 keys is not read. */
static inline block share_key(const session *s, const block *share, const block *keys, size_t j)
{
    const size_t slot = key_slot(s->me, j);
    return slot < keys_kept(s->n) ? keys[slot] : share_last_key(share, keys, s->delta, s->n);
}

/* The first two blocks, which there are, without asking how many: memcpy would be called. */
static inline void share_copy(block *ret, const block *x, size_t n)
{
    ret[0] = x[0];
    ret[1] = x[1];
    for (size_t c = 2; c < n; c++)
        ret[c] = x[c];
}

static inline void share_xor(block *ret, const block *x, const block *y, size_t n)
{
    for (size_t c = 0; c < n; c++)
        ret[c] = block_xor(x[c], y[c]);
}

/* ret ^= bit * x, without a branch. */
static inline void share_xor_if(block *ret, unsigned bit, const block *x, size_t n)
{
    for (size_t c = 0; c < n; c++)
        ret[c] = block_xor(ret[c], block_if(bit, x[c]));
}

/* [x] ^= c for a public constant c (section 0.5, constant rule):
 * P_1 flips bit 0 of every M_j[x^1] and R_1 ^= Delta_1; every other P_j: R_j ^= Delta_j xor 1. */
static inline void share_xor_const(const session *s, block *x, unsigned c)
{
    const block one = block_make(0, 1);
    if (s->me == 0) {
        x[0] = block_xor(x[0], block_if(c, s->delta));
        for (size_t j = 1; j < s->n; j++)
            x[j] = block_xor(x[j], block_if(c, one));
    } else {
        x[0] = block_xor(x[0], block_if(c, block_xor(s->delta, one)));
    }
}

#endif
