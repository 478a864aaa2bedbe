/* A trusted stand-in for the lower half of the protocol, linked into a test instead of abit.h's
 * functions: every party derives all parties' bits and keys from the session id and takes its own
 * view. Delta keeps the pins of section 0.5. The first coin commitment travels as in abit_setup. */
#include "base/buffer.h"
#include "base/error.h"
#include "crypto/ro.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/share.h"
#include "mpc/ideal.h"
#include "mpc/session/coin.h"
#include "mpc/session/wave.h"

const char ideal_setup_waves[] = "BOT1 ";
const char ideal_batch_waves[] = "BARRIER ";
const char ideal_delta_waves[] = "";

static void dealer_init(rng *ret_rng, const session *s, uint64_t what)
{
    ro h;
    ro_init(&h, sizeof(block), "test/ideal-abit");
    ro_field(&h, s->sid, SID_BYTES);
    ro_u64(&h, what);
    rng_init_seed(ret_rng, ro_final_block(&h));
}

static void deal_deltas(const session *s, block *ret_deltas)
{
    rng dealer;
    dealer_init(&dealer, s, UINT64_MAX);
    for (size_t i = 0; i < s->n; i++) {
        ret_deltas[i] = rng_block(&dealer);
        ret_deltas[i].lo = (ret_deltas[i].lo & ~(uint64_t)3) | 1u | (i == 1 ? 2u : 0u);
    }
}

pt_status abit_setup(session *s, pt_error *error)
{
    block deltas[MPC_MAX_PARTIES];
    deal_deltas(s, deltas);
    s->delta = deltas[s->me];
    HOOK(s, "delta", &s->delta, sizeof s->delta);
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_BOT1, error);
    if (status == PT_OK) {
        coin_commit_first(s, &w);
        wave_expect_each(&w, DIGEST_BYTES, 0);
        status = wave_run(&w, error);
    }
    if (status == PT_OK)
        coin_commit_first_received(s, &w, 0);
    wave_end(&w);
    return status;
}

/* One bit of all parties, and the view of s->me. */
static void deal_bit(const session *s, rng *dealer, const block *deltas, block *share, block *keys)
{
    const size_t n = s->n;
    const size_t me = s->me;
    share[0] = block_zero();
    for (size_t i = 0; i < n; i++) {
        const unsigned x = (unsigned)rng_block(dealer).lo & 1u;
        if (i == me)
            share[0] = block_xor(share[0], block_if(x, deltas[me]));
        for (size_t j = 0; j < n; j++) {
            if (j == i)
                continue;
            block key = rng_block(dealer); /* K_j[x^i] */
            key.lo &= ~(uint64_t)1;
            if (i == me)
                share[share_slot(i, j)] = block_xor(key, block_if(x, deltas[j]));
            if (j == me)
                share[0] = block_xor(share[0], key);
            if (j == me && keys != NULL)
                keys[key_slot(j, i)] = key;
        }
    }
}

pt_status abit_batch(session *s, const abit_range *ranges, size_t n_ranges, pt_error *error)
{
    block deltas[MPC_MAX_PARTIES];
    rng dealer;
    deal_deltas(s, deltas);
    deltas[s->me] = s->delta;
    dealer_init(&dealer, s, s->n_cot_batches);
    if (s->n_cot_batches == 0) {
        s->s_tri = rng_block(&dealer);
        s->s_gc = rng_block(&dealer);
    }
    for (size_t r = 0; r < n_ranges; r++) {
        for (size_t h = 0; h < ranges[r].count; h++)
            deal_bit(s, &dealer, deltas, ranges[r].shares + h * s->n,
                     ranges[r].keys == NULL ? NULL : ranges[r].keys + h * (s->n - 1));
    }
    s->n_cot_batches++;
    return wave_barrier(s, WAVE_BARRIER, error);
}

pt_status delta_check(session *s, const block *shares, pt_error *error)
{
    (void)s;
    (void)shares;
    (void)error;
    return PT_OK;
}
