#include "mpc/abit/abit_spread.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/copy.h"
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

void abit_spread_planes(const abit_places *p, abit_cursor c, size_t peer, abit_rows kind,
                        const block *planes, const block *x, size_t n)
{
    block rows[COT_BLOCK_BITS];
    for (size_t t = 0; t < n; t++) {
        transpose_128(rows, planes + t * MPC_KAPPA, 1);
        spread_block(p, c, peer, kind, rows, x[t]);
        abit_cursor_advance(p, &c, COT_BLOCK_BITS);
    }
    mem_wipe(rows, sizeof rows);
}

/* ---- Planes in the shares' places ---- */

/* Whether the shares of n blocks, from `c` on, stand together. */
static bool blocks_are_whole(const abit_places *p, abit_cursor c, size_t n)
{
    return c.range < p->n_ranges && p->ranges[c.range].count - c.at >= n * COT_BLOCK_BITS;
}

/* Block `first` of such shares' memory. */
static block *whole_place(const abit_places *p, abit_cursor c, size_t first)
{
    return p->ranges[c.range].shares + c.at * p->s->n + first;
}

/* Of blocks first .. first + count - 1 of the memory of the shares from `c` on the next *ret_count
 * that stand together, or none; *c, *first and *count move on. */
static block *next_places(const abit_places *p, abit_cursor *c, size_t *first, size_t *count,
                          size_t *ret_count)
{
    const size_t width = p->s->n;
    PT_ASSERT(c->range < p->n_ranges);
    const abit_range *r = &p->ranges[c->range];
    const size_t there = (r->count - c->at) * width;
    block *place = NULL;
    *ret_count = 0;
    if (*first < there) {
        *ret_count = min_size(*count, there - *first);
        place = r->shares + c->at * width + *first;
    }
    *first += *ret_count;
    *first -= there;
    *count -= *ret_count;
    *c = (abit_cursor){.range = c->range + 1};
    return place;
}

/* `count` blocks to such memory. */
static void put_places(const abit_places *p, abit_cursor c, size_t first, const block *from,
                       size_t count)
{
    size_t n;
    for (size_t left = count; left > 0; from += n) {
        block *place = next_places(p, &c, &first, &left, &n);
        if (n == 0)
            continue;
        memcpy(place, from, n * sizeof *from);
    }
}

/* And from it. */
static void get_places(const abit_places *p, abit_cursor c, size_t first, block *ret, size_t count)
{
    size_t n;
    for (size_t left = count; left > 0; ret += n) {
        const block *place = next_places(p, &c, &first, &left, &n);
        if (n > 0)
            memcpy(ret, place, n * sizeof *ret);
    }
}

void abit_put_held(const abit_places *p, abit_cursor c, size_t first, const block *held,
                   size_t count, size_t n)
{
    PT_ASSERT(first + count <= p->s->n * MPC_KAPPA);
    for (size_t t = 0; t < n; t++, held += count) {
        if (blocks_are_whole(p, c, 1))
            copy_past_cache(whole_place(p, c, first), held, count);
        else
            put_places(p, c, first, held, count);
        abit_cursor_advance(p, &c, COT_BLOCK_BITS);
    }
    copies_are_done();
}

void abit_copy_held(const abit_places *p, abit_cursor c, size_t first, block *ret_held,
                    size_t count, size_t n)
{
    PT_ASSERT(first + count <= p->s->n * MPC_KAPPA);
    for (size_t t = 0; t < n; t++, ret_held += count) {
        if (blocks_are_whole(p, c, 1))
            memcpy(ret_held, whole_place(p, c, first), count * sizeof *ret_held);
        else
            get_places(p, c, first, ret_held, count);
        abit_cursor_advance(p, &c, COT_BLOCK_BITS);
    }
}

void abit_put_planes(const abit_places *p, abit_cursor c, size_t slot, const block *planes,
                     size_t n)
{
    abit_put_held(p, c, slot * MPC_KAPPA, planes, MPC_KAPPA, n);
}

abit_held abit_get_planes(const abit_places *p, abit_cursor c, size_t slot, block *room, size_t n)
{
    PT_ASSERT(slot < p->s->n);
    if (blocks_are_whole(p, c, n))
        return (abit_held){whole_place(p, c, slot * MPC_KAPPA), p->s->n * MPC_KAPPA};
    abit_copy_held(p, c, slot * MPC_KAPPA, room, MPC_KAPPA, n);
    return (abit_held){room, MPC_KAPPA};
}

void abit_spread_macs(const abit_places *p, abit_cursor c, size_t peer, const block *rows, size_t n)
{
    for (size_t t = 0; t < n; t++) {
        spread_block(p, c, peer, ABIT_ROWS_MAC, rows + t * MPC_KAPPA, block_zero());
        abit_cursor_advance(p, &c, COT_BLOCK_BITS);
    }
}

/* Shares of two parties: the own bit is the MAC's lowest, and a key's is zero. */
static void make_pairs(block *shares, const block *macs, const block *keys, block delta, size_t n)
{
    for (size_t h = 0; h < n; h++) {
        shares[2 * h] = block_xor(keys[h], block_if((unsigned)macs[h].lo & 1u, delta));
        shares[2 * h + 1] = macs[h];
    }
}

void abit_make_pairs(const abit_places *p, abit_cursor c, abit_held v, abit_held w, size_t n)
{
    block macs[COT_BLOCK_BITS];
    block keys[COT_BLOCK_BITS];
    PT_ASSERT(abit_keys_are_single(p->s));
    for (size_t t = 0; t < n; t++) {
        transpose_128(macs, v.at + t * v.stride, 1);
        transpose_128(keys, w.at + t * w.stride, 1);
        for (size_t from = 0; from < COT_BLOCK_BITS;) {
            PT_ASSERT(c.range < p->n_ranges);
            const abit_range *r = &p->ranges[c.range];
            const size_t count = min_size(COT_BLOCK_BITS - from, r->count - c.at);
            make_pairs(r->shares + 2 * c.at, macs + from, keys + from, p->s->delta, count);
            from += count;
            abit_cursor_advance(p, &c, count);
        }
    }
    mem_wipe(macs, sizeof macs);
    mem_wipe(keys, sizeof keys);
}
