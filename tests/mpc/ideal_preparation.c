/* The ideal preparation: what a trusted party would deal. Every party plays it, computing the
 * shares of all from the session id, and keeps its own; nobody talks. Delta has the pins of
 * section 0.5. */
#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/ct.h"
#include "crypto/ro.h"
#include "mpc/abit/share.h"
#include "mpc/garble/masks.h"
#include "mpc/preparations.h"
#include "mpc/run.h"

/* What is dealt; with a number, the seed of its randomness. */
typedef enum dealt_kind { DEALT_KEYS, DEALT_INPUT, DEALT_GAMMA, DEALT_PRODUCT } dealt_kind;

/* A bit that is shared: random, or with a value of its own. */
typedef struct ideal_bit {
    dealt_kind kind;
    uint64_t number;
    bool is_given;
    unsigned value;
} ideal_bit;

static void dealing_rng(rng *ret_rng, const session *s, dealt_kind kind, uint64_t number)
{
    ro h;
    ro_init(&h, sizeof(block), "test/ideal-preparation");
    ro_field(&h, s->sid, SID_BYTES);
    ro_u64(&h, kind);
    ro_u64(&h, number);
    rng_init_seed(ret_rng, ro_final_block(&h));
}

/* Everybody's Delta, and S of the garbling hash. */
static block deal_keys(const session *s, block *ret_deltas)
{
    rng random;
    dealing_rng(&random, s, DEALT_KEYS, 0);
    for (size_t i = 0; i < s->n; i++)
        ret_deltas[i] = session_pin_delta(rng_block(&random), i);
    return rng_block(&random);
}

static pt_status ideal_setup(session *s, pt_error *error)
{
    block deltas[MPC_MAX_PARTIES];
    (void)error;
    s->s_gc = deal_keys(s, deltas);
    s->delta = deltas[s->me];
    HOOK(s, "delta", &s->delta, sizeof s->delta);
    return PT_OK;
}

/* Everybody's part of a bit: ret_x[i]. Returns the bit. */
static unsigned deal_parts(const session *s, const ideal_bit *bit, rng *random, unsigned *ret_x)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        ret_x[i] = (unsigned)rng_block(random).lo & 1u;
        sum ^= ret_x[i];
    }
    if (bit->is_given) {
        ret_x[s->n - 1] ^= sum ^ bit->value;
        sum = bit->value;
    }
    return sum;
}

/* The own share of a bit, and its value. */
static unsigned deal_bit(const session *s, const block *deltas, ideal_bit bit, block *ret_share)
{
    const size_t me = s->me;
    unsigned x[MPC_MAX_PARTIES];
    rng random;
    dealing_rng(&random, s, bit.kind, bit.number);
    const unsigned value = deal_parts(s, &bit, &random, x);
    ret_share[0] = block_if(x[me], deltas[me]);
    block macs = block_zero(); /* sum of M_me[x^j] */
    for (size_t i = 0; i < s->n; i++) {
        for (size_t j = 0; j < s->n; j++) {
            if (j == i)
                continue;
            block key = rng_block(&random); /* K_j[x^i] */
            key.lo &= ~(uint64_t)1;
            if (i == me)
                ret_share[share_slot(i, j)] = block_xor(key, block_if(x[i], deltas[j]));
            if (j == me) {
                ret_share[0] = block_xor(ret_share[0], key);
                macs = block_xor(macs, block_xor(key, block_if(x[i], deltas[me])));
            }
        }
    }
    PT_ASSERT(shares_agree(ret_share, 1, s->n) && share_bit(ret_share) == x[me]);
    PT_ASSERT(ct_block_equal(block_xor(ret_share[0], macs), block_if(value, deltas[me])));
    return value;
}

/* Section 5.1 for the values of the masks, which nobody but the trusted party knows. */
static unsigned walk_value(const uint8_t *values, plan_step step, unsigned gamma)
{
    switch (step.op) {
    case GATE_XOR:
        return values[step.a] ^ values[step.b];
    case GATE_AND:
        return gamma;
    case GATE_NOT:
        return values[step.a];
    case GATE_CONST:
        break;
    }
    return 0;
}

/* Deals lambda_gamma and s of the segment's gates, which masks_walk makes masked_s of. Walks from
 * the first gate on, as the values of no wire are kept from one segment to the next. False: out of
 * memory. */
static bool deal_gates(const mpc_run *r, segment *g, const block *deltas, uint8_t *values)
{
    const session *s = r->s;
    const uint64_t end = g->first_and + g->n_and;
    plan_walk w;
    block skipped[MPC_MAX_PARTIES];
    uint64_t number = 0;
    const bool ok = plan_walk_init(&w, r->circuit);
    while (ok && !walk_is_at(&w, number, end)) {
        const plan_step step = plan_walk_next(&w);
        unsigned gamma = 0;
        if (step.op == GATE_AND) {
            const bool is_here = number >= g->first_and;
            const size_t at = is_here ? (size_t)(number - g->first_and) * s->n : 0;
            const ideal_bit product = {DEALT_PRODUCT, number, true,
                                       values[step.a] & values[step.b]};
            gamma = deal_bit(s, deltas, (ideal_bit){.kind = DEALT_GAMMA, .number = number},
                             is_here ? g->lambda_gamma + at : skipped);
            if (is_here)
                (void)deal_bit(s, deltas, product, g->masked_s + at);
            number++;
        }
        values[step.out] = (uint8_t)walk_value(values, step, gamma);
    }
    plan_walk_clear(&w);
    PT_ASSERT(!ok || number == end);
    return ok;
}

static uint64_t ideal_blocks(const session *s, uint64_t n_and, uint64_t n_inputs)
{
    (void)n_inputs;
    return 3 * n_and * s->n;
}

static pt_status ideal_shares_make(mpc_run *r, segment *g, pt_error *error)
{
    session *s = r->s;
    block deltas[MPC_MAX_PARTIES];
    block skipped[MPC_MAX_PARTIES];
    uint8_t *values = mem_new(r->circuit->n_registers, 1);
    if (values == NULL)
        return error_memory(error);
    g->lambda_beta = run_take(r, g->n_and, s->n);
    g->lambda_gamma = run_take(r, g->n_and, s->n);
    g->masked_s = run_take(r, g->n_and, s->n);
    (void)deal_keys(s, deltas);
    for (size_t w = 0; w < r->circuit->n_inputs; w++)
        values[w] = (uint8_t)deal_bit(s, deltas, (ideal_bit){.kind = DEALT_INPUT, .number = w},
                                      g->number == 0 ? r->input_masks + w * s->n : skipped);
    const bool ok = deal_gates(r, g, deltas, values);
    mem_free(values);
    if (!ok)
        return error_memory(error);
    masks_walk(r, g);
    HOOK(s, "and_shares", g, sizeof *g);
    r->verified.bits++;
    r->verified.bits_agreed++;
    r->verified.deltas = true;
    r->verified.zero_sums++;
    r->verified.openings++;
    return PT_OK;
}

const preparation ideal_preparation = {ideal_setup, ideal_blocks, ideal_shares_make};
