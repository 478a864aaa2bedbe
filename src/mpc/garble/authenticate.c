#include "mpc/garble/authenticate.h"

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/ct.h"
#include "crypto/gf128.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/garble/kept.h"
#include "mpc/session/fault.h"
#include "mpc/session/wave.h"

#define EVALUATION_CHUNK 512 /* LOCAL: gates summed at once */

static block evaluation_challenge(const mpc_run *r, const segment *g, block seed)
{
    ro h;
    ro_init(&h, sizeof(block), RO_LABEL_EVALUATION);
    ro_field(&h, r->s->sid, SID_BYTES);
    ro_u64(&h, g->number);
    ro_field(&h, r->inl_digest, DIGEST_BYTES);
    ro_field(&h, g->masked, bits_bytes(g->n_and));
    ro_block(&h, seed);
    return ro_final_block(&h);
}

/* Term of gate number p of the segment. */
typedef block (*term_fn)(const mpc_run *r, const segment *g, size_t p, size_t slot);

/* ret_sums[slot] = sum over the gates of chi^idx term(gate, slot), idx = 1, 2, .., slots 0 ..
 * n_slots-1. */
static pt_status sum_terms(const mpc_run *r, const segment *g, block chi, term_fn term,
                           block *ret_sums, size_t n_slots, pt_error *error)
{
    block values[EVALUATION_CHUNK];
    polyhash *sums = mem_new_aligned(n_slots, sizeof *sums);
    if (sums == NULL)
        return error_memory(error);
    for (size_t slot = 0; slot < n_slots; slot++)
        polyhash_init(&sums[slot], chi);
    for (size_t first = 0; first < g->n_and; first += EVALUATION_CHUNK) {
        const size_t count = min_size(EVALUATION_CHUNK, g->n_and - first);
        for (size_t slot = 0; slot < n_slots; slot++) {
            for (size_t h = 0; h < count; h++)
                values[h] = term(r, g, first + h, slot);
            polyhash_add(&sums[slot], values, count);
        }
    }
    for (size_t slot = 0; slot < n_slots; slot++)
        ret_sums[slot] = polyhash_value(&sums[slot]);
    mem_wipe(values, sizeof values);
    mem_free_secret(sums, n_slots * sizeof *sums);
    return PT_OK;
}

/* P_1: its term of the EV2 check in slot 0, L^j_gamma in the others. */
static block kept_term(const mpc_run *r, const segment *g, size_t p, size_t slot)
{
    return slot == 0 ? *kept_check(r, g, p) : *kept_label(r, g, p, slot);
}

/* Garbler: the label that belongs to Lambda_gamma. */
static block label_term(const mpc_run *r, const segment *g, size_t p, size_t slot)
{
    (void)slot;
    return block_xor(*kept_false_label(r, g, p), block_if(bits_get(g->masked, p), r->s->delta));
}

/* Garbler: M_1[c_gamma^i], which walk_masked left in place. */
static block mac_term(const mpc_run *r, const segment *g, size_t p, size_t slot)
{
    (void)slot;
    return *kept_mac(r, g, p);
}

/* EV1 of P_1. The seed is drawn now, after all GC arrived. ret_expected: what the m_i must add up
 * to. */
static pt_status send_evaluation(const mpc_run *r, const segment *g, wave *w, block *ret_expected,
                                 pt_error *error)
{
    session *s = r->s;
    block *sums = blocks_new(s->n, 1);
    if (sums == NULL)
        return error_memory(error);
    HOOK(s, "masked_gates", g->masked, bits_bytes(g->n_and));
    const block seed = rng_block(&s->rng);
    const block chi = evaluation_challenge(r, g, seed);
    const pt_status status = sum_terms(r, g, chi, kept_term, sums, s->n, error);
    for (size_t j = 1; status == PT_OK && j < s->n; j++) {
        buffer_put(wave_to(w, j), g->masked, bits_bytes(g->n_and));
        buffer_put(wave_to(w, j), &seed, sizeof seed);
        buffer_put(wave_to(w, j), &sums[j], sizeof sums[j]);
    }
    *ret_expected = sums[0];
    blocks_free(sums, s->n, 1);
    return status;
}

/* EV1 at a garbler: the tag over Lambda, before anything else is computed from Lambda. */
static pt_status check_evaluation(mpc_run *r, segment *g, const wave *w, block *ret_chi,
                                  pt_error *error)
{
    session *s = r->s;
    const size_t len = bits_bytes(g->n_and);
    const uint8_t *payload = wave_from(w, 0);
    if (!bits_padding_is_zero(payload, g->n_and))
        return peer_fault(s, PT_PEER_MALFORMED, 0, WAVE_EV1, "sent nonzero padding", error);
    memcpy(g->masked, payload, len);
    const block chi = evaluation_challenge(r, g, block_load(payload + len));
    block tag;
    const pt_status status = sum_terms(r, g, chi, label_term, &tag, 1, error);
    if (status != PT_OK)
        return status;
    block difference = block_xor(tag, block_load(payload + len + sizeof(block)));
    HOOK(s, "tag_difference", &difference, sizeof difference);
    /* With other garblers, one of them may have sent P_1 a wrong row or label (section 6.4). */
    if (!ct_block_equal(difference, block_zero()))
        return peers_fault(
            s, PT_PEER_EVALUATOR, WAVE_EV1, "evaluated the circuit wrongly",
            "the evaluator or another party garbled or evaluated the circuit wrongly", error);
    r->verified.evaluation++;
    PT_ASSERT(mpc_run_is_in_order(r));
    *ret_chi = chi;
    return PT_OK;
}

/* A garbler's Lambda of all wires, from those of the gates; on the way turns what is kept of each
 * gate into M_1[c_gamma^i] = M_1[s] ^ M_1[lambda_gamma] ^ Lambda_alpha M_1[lambda_beta] ^
 * Lambda_beta M_1[lambda_alpha]. */
static void walk_masked(mpc_run *r, segment *g)
{
    const size_t n = r->s->n;
    uint8_t *masked = r->masked;
    size_t at = share_slot(r->s->me, 0);
    size_t p = 0;
    PT_ASSERT(r->verified.evaluation == g->number + 1);
    while (!segment_is_walked(g, &r->to_check, p)) {
        const plan_step step = plan_walk_next(&r->to_check);
        switch (step.op) {
        case GATE_XOR:
            masked[step.out] = masked[step.a] ^ masked[step.b];
            break;
        case GATE_AND: {
            block *kept = kept_mac(r, g, p);
            *kept = block_xor(*kept, block_if(masked[step.a], g->lambda_beta[at]));
            *kept = block_xor(*kept, block_if(masked[step.b], g->lambda_alpha[at]));
            masked[step.out] = (uint8_t)bits_get(g->masked, p);
            at += n;
            p++;
            break;
        }
        case GATE_NOT:
            masked[step.out] = masked[step.a] ^ 1;
            break;
        case GATE_CONST:
            masked[step.out] = (uint8_t)(step.a & 1u);
            break;
        }
    }
}

/* EV2 of a garbler. */
static pt_status send_reply(const mpc_run *r, const segment *g, wave *w, block chi, pt_error *error)
{
    block m;
    /* Section 6.5. */
    PT_ASSERT(r->verified.inputs_agreed);
    PT_ASSERT(r->verified.deltas);
    PT_ASSERT(r->verified.openings == g->number + 1);
    PT_ASSERT(r->verified.evaluation == g->number + 1);
    const pt_status status = sum_terms(r, g, chi, mac_term, &m, 1, error);
    if (status == PT_OK)
        buffer_put(wave_to(w, 0), &m, sizeof m);
    return status;
}

/* EV2 at P_1. */
static pt_status check_replies(mpc_run *r, const wave *w, block expected, pt_error *error)
{
    const session *s = r->s;
    block sum = expected;
    for (size_t j = 1; j < s->n; j++)
        sum = block_xor(sum, block_load(wave_from(w, j)));
    if (!ct_block_equal(sum, block_zero()))
        return peers_fault(s, PT_PEER_GARBLER, WAVE_EV2, "garbled the circuit wrongly",
                           "some party garbled the circuit wrongly", error);
    r->verified.evaluation++;
    return PT_OK;
}

/* EV1, in which only P_1 has something to say. */
static pt_status run_evaluation(mpc_run *r, segment *g, block *ret_expected, block *ret_chi,
                                pt_error *error)
{
    const bool evaluates = r->s->me == 0;
    wave w;
    pt_status status = wave_begin(&w, r->s, WAVE_EV1, error);
    if (status != PT_OK)
        goto done;
    wave_make_sparse(&w);
    if (evaluates)
        status = send_evaluation(r, g, &w, ret_expected, error);
    else
        wave_expect(&w, 0, 0, authenticate_ev1_bytes(g->n_and));
    if (status == PT_OK)
        status = wave_run(&w, error);
    if (status == PT_OK && !evaluates)
        status = check_evaluation(r, g, &w, ret_chi, error);
done:
    wave_end(&w);
    return status;
}

/* EV2, in which P_1 has nothing to say. */
static pt_status run_replies(mpc_run *r, segment *g, block expected, block chi,
                             const wave_along *along, pt_error *error)
{
    const bool evaluates = r->s->me == 0;
    wave w;
    pt_status status = wave_begin(&w, r->s, WAVE_EV2, error);
    if (status != PT_OK)
        goto done;
    wave_make_sparse(&w);
    if (evaluates)
        wave_expect_each(&w, 0, AUTHENTICATE_EV2_BYTES);
    else
        status = send_reply(r, g, &w, chi, error);
    if (status == PT_OK)
        status = wave_put_along(&w, along, error);
    if (status == PT_OK)
        status = wave_run(&w, error);
    if (status == PT_OK && evaluates)
        status = check_replies(r, &w, expected, error);
    if (status == PT_OK)
        status = wave_take_along(&w, error);
done:
    wave_end(&w);
    return status;
}

pt_status authenticate_segment(mpc_run *r, segment *g, const wave_along *along, pt_error *error)
{
    block expected = block_zero();
    block chi = block_zero();
    PT_ASSERT(g->stage == SEGMENT_KEPT);
    PT_ASSERT(r->verified.evaluation == g->number);
    if (g->n_and == 0) {
        r->verified.evaluation++;
        if (r->s->me != 0)
            walk_masked(r, g);
        return PT_OK;
    }
    const pt_status status = run_evaluation(r, g, &expected, &chi, error);
    if (status != PT_OK)
        return status;
    if (r->s->me != 0)
        walk_masked(r, g);
    return run_replies(r, g, expected, chi, along, error);
}
