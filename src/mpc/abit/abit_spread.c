#include "mpc/abit/abit_spread.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/transpose.h"
#include "mpc/abit/share.h"
#include "mpc/ot/cot.h"

void abit_cursor_advance(const abit_places *p, abit_cursor *c, size_t bits)
{
    while (c->range < p->n_ranges && bits >= p->ranges[c->range].count - c->at) {
        bits -= p->ranges[c->range].count - c->at;
        *c = (abit_cursor){.range = c->range + 1};
    }
    if (c->range < p->n_ranges)
        c->at += bits;
}

/* MACs M_j[x^i] of consecutive bits. */
static void spread_macs(const abit_places *p, size_t peer, const abit_range *r, size_t at,
                        const block *rows, size_t n)
{
    const size_t width = p->s->n;
    block *to = r->shares + at * width + share_slot(p->s->me, peer);
    for (size_t h = 0; h < n; h++)
        to[h * width] = rows[h];
}

/* v's bits from `from` on, from bit 0 on; `from` is public. */
static block bits_from(block v, unsigned from)
{
    if (from >= 64)
        return block_make(0, v.hi >> (from - 64));
    return from == 0 ? v : block_make(v.hi >> from, v.lo >> from | v.hi << (64 - from));
}

/* Keys K_i[x^j] of consecutive bits into the sums R_i, which the first peer's keys start together
 * with x^i Delta_i; the bits of `x` go with them in order. */
static void spread_keys(const abit_places *p, size_t peer, const abit_range *r, size_t at,
                        const block *rows, block x, size_t n)
{
    const size_t width = p->s->n;
    const block delta = p->s->delta;
    block *to = r->shares + at * width;
    const bool starts = peer == (p->s->me == 0 ? 1 : 0);
    for (size_t h = 0; starts && h < n; h++) {
        to[h * width] = block_xor(rows[h], block_if((unsigned)x.lo & 1u, delta));
        x = block_make(x.hi >> 1, x.lo >> 1 | x.hi << 63);
    }
    for (size_t h = 0; !starts && h < n; h++)
        to[h * width] = block_xor(to[h * width], rows[h]);
    const size_t slot = key_slot(p->s->me, peer);
    const size_t kept = keys_kept(width);
    if (r->keys == NULL || slot == kept)
        return;
    block *keys = r->keys + at * kept + slot;
    for (size_t h = 0; h < n; h++)
        keys[h * kept] = rows[h];
}

/* Spreads the rows of one block over the ranges from `c` on; rows past the last bit are dropped. */
static void spread_block(const abit_places *p, abit_cursor c, size_t peer, abit_rows kind,
                         const block *rows, block x)
{
    size_t from = 0;
    while (from < COT_BLOCK_BITS && c.range < p->n_ranges) {
        const abit_range *r = &p->ranges[c.range];
        const size_t n = min_size(COT_BLOCK_BITS - from, r->count - c.at);
        if (kind == ABIT_ROWS_MAC)
            spread_macs(p, peer, r, c.at, rows + from, n);
        else
            spread_keys(p, peer, r, c.at, rows + from, bits_from(x, (unsigned)from), n);
        from += n;
        abit_cursor_advance(p, &c, n);
    }
}

/* The keys of shares that have them single: R_i less x^i Delta_i. */
static void gather_keys(block *ret_rows, const block *shares, size_t width, block delta, size_t n)
{
    for (size_t h = 0; h < n; h++) {
        const block *share = shares + h * width;
        ret_rows[h] = block_xor(share[0], block_if(share_bit(share), delta));
    }
}

static void gather_macs(block *ret_rows, const block *macs, size_t width, size_t n)
{
    for (size_t h = 0; h < n; h++)
        ret_rows[h] = macs[h * width];
}

/* The rows that spread_block has spread. */
static void gather_block(const abit_places *p, abit_cursor c, size_t peer, abit_rows kind,
                         block *ret_rows)
{
    const size_t width = p->s->n;
    PT_ASSERT(kind == ABIT_ROWS_MAC || abit_keys_are_single(p->s));
    for (unsigned from = 0; from < COT_BLOCK_BITS;) {
        PT_ASSERT(c.range < p->n_ranges);
        const abit_range *r = &p->ranges[c.range];
        const unsigned n = (unsigned)min_size(COT_BLOCK_BITS - from, r->count - c.at);
        const block *shares = r->shares + c.at * width;
        if (kind == ABIT_ROWS_MAC)
            gather_macs(ret_rows + from, shares + share_slot(p->s->me, peer), width, n);
        else
            gather_keys(ret_rows + from, shares, width, p->s->delta, n);
        from += n;
        abit_cursor_advance(p, &c, n);
    }
}

void abit_gather_planes(const abit_places *p, abit_cursor c, size_t peer, abit_rows kind,
                        block *ret_planes, size_t n)
{
    block rows[COT_BLOCK_BITS];
    for (size_t t = 0; t < n; t++) {
        gather_block(p, c, peer, kind, rows);
        transpose_128(ret_planes + t * MPC_KAPPA, rows, 1); /* its own inverse */
        abit_cursor_advance(p, &c, COT_BLOCK_BITS);
    }
    mem_wipe(rows, sizeof rows);
}

void abit_spread_planes(const abit_places *p, abit_cursor c, size_t peer, abit_rows kind,
                        const block *planes, const block *x, size_t n)
{
    block rows[COT_BLOCK_BITS];
    for (size_t t = 0; t < n; t++) {
        transpose_128(rows, planes + t, COT_STRIDE);
        spread_block(p, c, peer, kind, rows, x[t]);
        abit_cursor_advance(p, &c, COT_BLOCK_BITS);
    }
    mem_wipe(rows, sizeof rows);
}
