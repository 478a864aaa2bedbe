#include "mpc/triple/bucket.h"

#include "base/assert.h"
#include "base/min.h"
#include "base/wide.h"
#include "mpc/session/coin.h"

/* Differences of the two shifts, modulo len, with which two places of one group could come together
 * in a bucket, and one: -63 .. 63. There must be others. */
#define GROUPS_APART ((uint64_t)2 * BUCKET_GROUP)

bool bucket_is_admissible(unsigned layers, uint64_t len, unsigned rho)
{
    PT_ASSERT(layers >= MPC_BUCKET_MIN && layers <= MPC_BUCKET_MAX);
    PT_ASSERT(rho <= MPC_RHO_MAX && len <= MPC_MAX_AND);
    const wide target = rho < 64 ? (wide){.lo = (uint64_t)1 << rho}
                                 : (wide){.hi = (uint64_t)1 << (rho - 64)}; /* at most 2^80 */
    if (layers == 3)
        return len >= GROUPS_APART &&
               !wide_less(wide_multiply(wide_product(len, len - GROUPS_APART + 1), 32),
                          wide_multiply(target, 3)); /* below 2^81, and 2^82 */
    wide value = {.lo = (uint64_t)1 << layers};
    for (unsigned power = 1; power < layers && wide_less(value, target); power++)
        value = wide_multiply(value, len); /* below 2^80 * 2^38 */
    return !wide_less(value, target);
}

uint64_t bucket_len_min(unsigned layers, unsigned rho)
{
    uint64_t low = 1; /* l_min is in [low, high] */
    uint64_t high = MPC_MAX_AND;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (bucket_is_admissible(layers, middle, rho))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bucket_size bucket_choose(uint64_t n_and, unsigned rho)
{
    bucket_size best = {0, 0};
    for (unsigned layers = MPC_BUCKET_MIN; layers <= MPC_BUCKET_MAX; layers++) {
        const uint64_t len_min = bucket_len_min(layers, rho);
        const uint64_t len = n_and > len_min ? n_and : len_min;
        /* rho = 80, B = 3 asks for more than MPC_MAX_AND: the search ends there, inadmissible. */
        if (!bucket_is_admissible(layers, len, rho))
            continue;
        if (best.layers == 0 || layers * len < best.layers * best.len)
            best = (bucket_size){layers, len};
    }
    PT_ASSERT(best.layers != 0);
    return best;
}

/* Bias below 2^-64: v is uniform on 128 bits (section 0.7). */
static size_t below(block v, uint64_t bound)
{
    uint64_t rest;
    (void)wide_divide(&rest, (wide){v.hi, v.lo}, bound);
    return (size_t)rest;
}

static size_t modulo(size_t place, size_t len)
{
    return place < len ? place : place - len;
}

void bucket_map_of_coin(bucket_map *ret_map, const session *s, const uint8_t *coin,
                        bucket_size size)
{
    PT_ASSERT(size.len > 0 && size.layers <= MPC_BUCKET_MAX);
    *ret_map = (bucket_map){.size = size};
    for (unsigned layer = 1; layer < size.layers; layer++)
        ret_map->shifts[layer] = below(coin_sub(s, coin, "shift", layer), size.len);
    if (size.layers == 3) {
        const size_t len = (size_t)size.len;
        PT_ASSERT(size.len >= GROUPS_APART);
        const size_t apart =
            BUCKET_GROUP + below(coin_sub(s, coin, "shift", 2), size.len - GROUPS_APART + 1);
        const block exchange = coin_sub(s, coin, "exchange", 0);
        ret_map->shifts[2] = modulo(ret_map->shifts[1] + apart, len);
        ret_map->exchange[0] = exchange.lo;
        ret_map->exchange[1] = exchange.hi & 1;
    }
}

static unsigned parity(uint64_t v)
{
    for (unsigned half = 32; half > 0; half /= 2)
        v ^= v >> half;
    return v & 1;
}

/* Pairwise independent: for any two groups, uniform over all four outcomes. */
static bool is_exchanged(const bucket_map *m, uint64_t group)
{
    return (parity(group & m->exchange[0]) ^ m->exchange[1]) != 0;
}

size_t bucket_places(const bucket_map *m, size_t p, size_t most, bucket_place *ret_places)
{
    const size_t len = (size_t)m->size.len;
    PT_DEBUG_ASSERT(p < len && most <= len - p);
    ret_places[0] = (bucket_place){0, p};
    for (unsigned c = 1; c < m->size.layers; c++) {
        const size_t place = modulo(p + m->shifts[c], len);
        most = min_size(most, len - place);
        ret_places[c] = (bucket_place){c, place};
        if (m->size.layers == 3) {
            most = min_size(most, BUCKET_GROUP - place % BUCKET_GROUP);
            ret_places[c].layer = is_exchanged(m, place / BUCKET_GROUP) ? 3 - c : c;
        }
    }
    return most;
}

static void swap_blocks(block *v, block *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const block held = v[i];
        v[i] = w[i];
        w[i] = held;
    }
}

/* Moves what is at place (p + shift) mod len to place p; 0 <= shift < len. As long as the parts
 * before and behind `pivot` differ in length, one swap brings the shorter to its place (Gries and
 * Mills, Swapping Sections, 1981). */
static void rotate(block *v, size_t len, size_t n, size_t shift)
{
    block *const pivot = v + shift * n;
    size_t left = shift * n;
    size_t right = (len - shift) * n;
    if (shift == 0)
        return;
    while (left != right) {
        if (left > right) {
            swap_blocks(pivot - left, pivot, right);
            left -= right;
        } else {
            swap_blocks(pivot - left, pivot + right - left, left);
            right -= left;
        }
    }
    swap_blocks(pivot - left, pivot, left);
}

static void exchange(const bucket_map *m, block *layer_1, block *layer_2, size_t n)
{
    const size_t len = (size_t)m->size.len;
    for (size_t first = 0; first < len; first += BUCKET_GROUP) {
        if (is_exchanged(m, first / BUCKET_GROUP))
            swap_blocks(layer_1 + first * n, layer_2 + first * n,
                        min_size(BUCKET_GROUP, len - first) * n);
    }
}

void bucket_gather(const bucket_map *m, block *const *layers, size_t n)
{
    if (m->size.layers == 3)
        exchange(m, layers[1], layers[2], n);
    for (unsigned c = 1; c < m->size.layers; c++)
        rotate(layers[c], (size_t)m->size.len, n, m->shifts[c]);
}
