#include "mpc/triple/bucket.h"

#include "base/assert.h"
#include "base/wide.h"
#include "mpc/session/coin.h"

bool bucket_is_admissible(unsigned layers, uint64_t len, unsigned rho)
{
    PT_ASSERT(layers >= MPC_BUCKET_MIN && layers <= MPC_BUCKET_MAX);
    PT_ASSERT(rho <= MPC_RHO_MAX && len <= MPC_MAX_AND);
    const wide target = rho < 64 ? (wide){.lo = (uint64_t)1 << rho}
                                 : (wide){.hi = (uint64_t)1 << (rho - 64)}; /* at most 2^80 */
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

void bucket_shifts(const session *s, const uint8_t *coin, bucket_size size, size_t *ret_shifts)
{
    PT_ASSERT(size.len > 0 && size.layers <= MPC_BUCKET_MAX);
    ret_shifts[0] = 0;
    for (unsigned layer = 1; layer < size.layers; layer++) {
        const block v = coin_sub(s, coin, "shift", layer);
        /* Bias below 2^-64: v is uniform on 128 bits (section 0.7). */
        uint64_t shift;
        (void)wide_divide(&shift, (wide){v.hi, v.lo}, size.len);
        ret_shifts[layer] = (size_t)shift;
    }
}
