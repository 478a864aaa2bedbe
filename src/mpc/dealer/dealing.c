#include "mpc/dealer/dealing.h"

#include "base/bits.h"
#include "base/error.h"
#include "crypto/ro_labels.h"

static void seeded_init(ro *h, const char *label, const session *s,
                        const uint8_t seed[DEALING_SEED_BYTES])
{
    ro_init(h, sizeof(block), label);
    ro_field(h, s->sid, SID_BYTES);
    ro_field(h, seed, DEALING_SEED_BYTES);
}

block dealing_delta(const session *s, const uint8_t seed[DEALING_SEED_BYTES], size_t index)
{
    ro h;
    seeded_init(&h, RO_LABEL_DEALT_DELTA, s, seed);
    return session_pin_delta(ro_final_block(&h), index);
}

block dealing_bits_key(const session *s, const uint8_t seed[DEALING_SEED_BYTES])
{
    ro h;
    seeded_init(&h, RO_LABEL_DEALT_BITS, s, seed);
    return ro_final_block(&h);
}

void dealing_roots(const session *s, const uint8_t seed[DEALING_SEED_BYTES], size_t peer,
                   block *ret_roots)
{
    for (uint32_t tau = 0; tau < cot_trees(s->k); tau++) {
        ro h;
        seeded_init(&h, RO_LABEL_DEALT_ROOT, s, seed);
        ro_u64(&h, session_number(peer));
        ro_u32(&h, tau);
        ret_roots[tau] = ro_final_block(&h);
    }
}

void dealing_digest_init(ro *h, const session *s, uint64_t number, size_t i, size_t j, uint64_t len)
{
    ro_init(h, DIGEST_BYTES, RO_LABEL_DEALT_COT);
    ro_field(h, s->sid, SID_BYTES);
    ro_u64(h, number);
    ro_u64(h, session_number(i));
    ro_u64(h, session_number(j));
    ro_field_begin(h, len);
}

block dealing_tag(const session *s, const uint8_t seed[DEALING_SEED_BYTES], uint64_t frame,
                  const uint8_t *payload, size_t len)
{
    ro h;
    seeded_init(&h, RO_LABEL_DEALT_TAG, s, seed);
    ro_u64(&h, frame);
    ro_field(&h, payload, len);
    return ro_final_block(&h);
}

size_t dealing_seed_bytes(const session *s)
{
    return DEALING_SEED_BYTES + (s->n - 1) * MPC_KAPPA * sizeof(block) + DEALING_TAG_BYTES;
}

size_t dealing_deal_bytes(const session *s, size_t n_and)
{
    return (s->n - 1) * DIGEST_BYTES + bits_bytes(n_and) + DEALING_TAG_BYTES;
}

static uint64_t dealing_bits(uint64_t n_and, uint64_t n_inputs)
{
    return DEALING_BITS_PER_AND * n_and + n_inputs;
}

uint64_t dealing_blocks(uint64_t n_and, uint64_t n_inputs)
{
    const uint64_t n_bits = dealing_bits(n_and, n_inputs);
    return n_bits / MPC_KAPPA + (n_bits % MPC_KAPPA != 0);
}

pt_status dealing_plan_init(dealing_plan *ret_plan, size_t n_and, size_t n_inputs, uint64_t first,
                            pt_error *error)
{
    const uint64_t max_blocks = MPC_MAX_COTS / MPC_KAPPA;
    const size_t n_bits = (size_t)dealing_bits(n_and, n_inputs);
    const size_t n_blocks = (size_t)dealing_blocks(n_and, n_inputs);
    if (n_blocks > max_blocks || first > max_blocks - n_blocks)
        return error_set(error, PT_ERR_LIMIT, "too many authenticated bits for one session");
    *ret_plan = (dealing_plan){n_and, n_bits, n_blocks, first};
    return PT_OK;
}
