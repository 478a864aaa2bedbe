#include "mpc/triple/zero_check.h"

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/ct.h"
#include "crypto/gf128.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/abit/share.h"
#include "mpc/session/fault.h"
#include "mpc/session/wave.h"

#define ZERO_CHUNK 512 /* LOCAL */

block zero_check_sum(const uint64_t *sums, size_t n, block chi)
{
    block values[ZERO_CHUNK];
    polyhash hash;
    polyhash_init(&hash, chi);
    for (size_t first = 0; first < n; first += ZERO_CHUNK) {
        const size_t count = min_size(ZERO_CHUNK, n - first);
        for (size_t h = 0; h < count; h++)
            values[h] = block_make(0, sums[first + h]);
        polyhash_add(&hash, values, count);
    }
    const block sum = polyhash_value(&hash);
    mem_wipe(values, sizeof values);
    mem_wipe(&hash, sizeof hash);
    return sum;
}

/* pad_{ij,t}(v); i, j as the spec numbers them. */
static block blind_pad(const session *s, uint64_t t, uint64_t i, uint64_t j, block v)
{
    ro h;
    ro_init(&h, sizeof(block), RO_LABEL_ZERO_BLIND);
    ro_field(&h, s->sid, SID_BYTES);
    ro_u64(&h, session_batch(s));
    ro_u64(&h, t);
    ro_u64(&h, i);
    ro_u64(&h, j);
    ro_block(&h, v);
    return ro_final_block(&h);
}

/* V_{ij,t} for all t towards one peer, into ret_v. Returns the part of Q_i that needs no message:
 * the sum over t of pad_ij(K_i[q_t^j]) xor pad_ji(M_j[q_t^i]). */
static block blind_for_peer(const session *s, size_t peer, block t_i, const block *q,
                            const block *q_keys, block *ret_v)
{
    const uint64_t i = session_number(s->me);
    const uint64_t j = session_number(peer);
    block sum = block_zero();
    block shifted = t_i; /* X^t T_i */
    for (size_t t = 0; t < ZERO_CHECK_BLIND_BITS; t++) {
        const block *share = q + t * s->n;
        const block *keys = s->n == 2 ? NULL : q_keys + t * keys_kept(s->n);
        const block key = share_key(s, share, keys, peer);
        const block pad = blind_pad(s, t, i, j, key);
        const block pad_other = blind_pad(s, t, i, j, block_xor(key, s->delta));
        ret_v[t] = block_xor(block_xor(pad, pad_other), shifted);
        sum = block_xor(sum, pad);
        sum = block_xor(sum, blind_pad(s, t, j, i, share[share_slot(s->me, peer)]));
        shifted = gf_mul(shifted, block_make(0, 2));
    }
    return sum;
}

/* q^i as a field element. */
static block blind_factor(const session *s, const block *q)
{
    block factor = block_zero();
    for (unsigned t = 0; t < ZERO_CHECK_BLIND_BITS; t++) {
        const uint64_t bit = share_bit(q + t * s->n);
        if (t < 64)
            factor.lo |= bit << t;
        else
            factor.hi |= bit << (t - 64);
    }
    return factor;
}

/* ZB: turns T_i into Q_i. */
static pt_status zero_check_blind(session *s, block *t, const block *q, const block *q_keys,
                                  pt_error *error)
{
    block v[ZERO_CHECK_BLIND_BITS];
    wave w;
    block sum = gf_mul(blind_factor(s, q), *t);
    pt_status status = wave_begin(&w, s, WAVE_ZB, error);
    if (status != PT_OK)
        goto done;
    for (size_t peer = 0; peer < s->n; peer++) {
        if (peer == s->me)
            continue;
        sum = block_xor(sum, blind_for_peer(s, peer, *t, q, q_keys, v));
        buffer_put(wave_to(&w, peer), v, sizeof v);
    }
    wave_expect_each(&w, 0, ZERO_CHECK_ZB_BYTES);
    status = wave_run(&w, error);
    for (size_t peer = 0; status == PT_OK && peer < s->n; peer++) {
        for (size_t h = 0; peer != s->me && h < ZERO_CHECK_BLIND_BITS; h++) {
            const block from_peer = block_load(wave_from(&w, peer) + h * sizeof(block));
            sum = block_xor(sum, block_if(share_bit(q + h * s->n), from_peer));
        }
    }
    *t = sum;
done:
    wave_end(&w);
    mem_wipe(v, sizeof v);
    return status;
}

/* What a party commits to in ZC and opens in ZO. */
typedef struct zero_opening {
    uint8_t value[sizeof(block)];
    uint8_t nonce[COMMITMENT_NONCE_BYTES];
} zero_opening;

_Static_assert(sizeof(zero_opening) == ZERO_CHECK_ZO_BYTES,
               "the opening goes onto the wire as it is");
_Static_assert(COMMITMENT_BYTES == ZERO_CHECK_ZC_BYTES, "ZC is a commitment");

static void zero_commit(uint8_t *ret_commitment, const session *s, uint64_t step_wave, size_t party,
                        const zero_opening *opening)
{
    commitment_make(ret_commitment, s->sid, step_wave, 0, session_number(party), opening->value,
                    sizeof opening->value, opening->nonce);
}

/* ZC: ret_commitments[party] are 32 bytes each. */
static pt_status exchange_commitments(session *s, const zero_opening *own, uint8_t *ret_commitments,
                                      const wave_along *along, pt_error *error)
{
    wave w;
    uint8_t commitment[COMMITMENT_BYTES];
    zero_commit(commitment, s, s->wave, s->me, own);
    pt_status status = wave_begin(&w, s, WAVE_ZC, error);
    if (status != PT_OK)
        goto done;
    buffer_put(wave_all(&w), commitment, sizeof commitment);
    wave_expect_each(&w, ZERO_CHECK_ZC_BYTES, 0);
    status = wave_put_along(&w, along, error);
    if (status == PT_OK)
        status = wave_run(&w, error);
    for (size_t party = 0; status == PT_OK && party < s->n; party++)
        memcpy(ret_commitments + party * COMMITMENT_BYTES, wave_all_from(&w, party),
               COMMITMENT_BYTES);
    if (status == PT_OK)
        status = wave_take_along(&w, error);
done:
    wave_end(&w);
    return status;
}

/* The sum of what ZO opened, each opening checked against its commitment. */
static pt_status sum_openings(const wave *w, const uint8_t *commitments, uint64_t step_wave,
                              block *ret_sum, pt_error *error)
{
    const session *s = w->s;
    *ret_sum = block_zero();
    for (size_t party = 0; party < s->n; party++) {
        zero_opening opening;
        uint8_t expected[COMMITMENT_BYTES];
        memcpy(&opening, wave_all_from(w, party), sizeof opening);
        zero_commit(expected, s, step_wave, party, &opening);
        if (!ct_equal(expected, commitments + party * COMMITMENT_BYTES, COMMITMENT_BYTES))
            return peer_fault(s, PT_PEER_COMMITMENT, party, WAVE_ZO, "opened a commitment wrongly",
                              error);
        *ret_sum = block_xor(*ret_sum, block_load(opening.value));
    }
    return PT_OK;
}

/* ZO, and the verdict. The critical section of section 0.6: from the send to the return nothing
 * else leaves. */
static pt_status open_and_sum(session *s, const zero_opening *own, const uint8_t *commitments,
                              uint64_t step_wave, pt_error *error)
{
    wave w;
    block sum;
    pt_status status = wave_begin(&w, s, WAVE_ZO, error);
    if (status != PT_OK)
        goto done;
    buffer_put(wave_all(&w), own, sizeof *own);
    wave_expect_each(&w, ZERO_CHECK_ZO_BYTES, 0);
    status = wave_run(&w, error);
    if (status == PT_OK)
        status = sum_openings(&w, commitments, step_wave, &sum, error);
    if (status != PT_OK)
        goto done;
    HOOK(s, "zero_check", &sum, sizeof sum);
    if (!ct_block_equal(sum, block_zero()))
        status = peers_fault(s, PT_PEER_ZERO_CHECK, WAVE_ZO, "made wrong AND triples",
                             "some party made wrong AND triples", error);
done:
    wave_end(&w);
    return status;
}

pt_status zero_check(session *s, block t, const block *q, const block *q_keys,
                     const wave_along *along, pt_error *error)
{
    PT_ASSERT(q != NULL || !s->first_inl_sent);
    zero_opening own;
    uint64_t step_wave = 0;
    uint8_t *commitments = mem_new(s->n, COMMITMENT_BYTES);
    pt_status status = commitments == NULL ? error_memory(error) : PT_OK;
    HOOK(s, "zero_share", &t, sizeof t);
    if (status == PT_OK && q != NULL)
        status = zero_check_blind(s, &t, q, q_keys, error);
    if (status != PT_OK)
        goto done;
    HOOK(s, "zero_opened", &t, sizeof t);
    block_store(own.value, t);
    rng_bytes(&s->rng, own.nonce, sizeof own.nonce);
    step_wave = s->wave;
    status = exchange_commitments(s, &own, commitments, along, error);
    if (status == PT_OK)
        status = open_and_sum(s, &own, commitments, step_wave, error);
done:
    mem_wipe(&own, sizeof own);
    mem_wipe(&t, sizeof t);
    mem_free(commitments);
    return status;
}
