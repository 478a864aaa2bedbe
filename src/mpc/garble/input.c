#include "mpc/garble/input.h"

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "mpc/abit/open.h"
#include "mpc/abit/share.h"
#include "mpc/session/fault.h"
#include "mpc/session/wave.h"

/* The input wires of a party, by its index here; wire and register are the same. */
typedef struct owned {
    size_t first;
    size_t count;
} owned;

static owned owned_by(const mpc_run *r, size_t party)
{
    const size_t caller = r->s->roster[party];
    return (owned){circuit_party_first_input(r->circuit, caller), r->circuit->party_inputs[caller]};
}

size_t input_inm_bytes(const session *s, const pt_circuit *circuit, size_t owner)
{
    return open_to_bytes(s, circuit->party_inputs[s->roster[owner]]);
}

size_t input_inl_bytes(const session *s, const pt_circuit *circuit, size_t owner)
{
    return bits_bytes(circuit->party_inputs[s->roster[owner]]);
}

size_t input_lbl_bytes(const pt_circuit *circuit)
{
    return circuit->n_inputs * sizeof(block);
}

/* INM: every owner learns lambda_w of its wires. */
static pt_status inm_put(void *user, wave *w, pt_error *error)
{
    input_steps *in = user;
    const mpc_run *r = in->run;
    const session *s = r->s;
    (void)error;
    PT_ASSERT(r->verified.bits_agreed == 1);
    PT_ASSERT(in->stage == INPUTS_NONE);
    HOOK(r->s, "input_masks", r->input_masks, r->circuit->n_inputs * s->n * sizeof(block));
    for (size_t party = 0; party < s->n; party++) {
        const owned wires = owned_by(r, party);
        if (party != s->me)
            open_to_put(w, party, r->input_masks + wires.first * s->n, NULL, wires.count);
    }
    wave_expect_each(w, 0, input_inm_bytes(s, r->circuit, s->me));
    return PT_OK;
}

static pt_status inm_take(void *user, const wave *w, pt_error *error)
{
    input_steps *in = user;
    const mpc_run *r = in->run;
    const session *s = r->s;
    const owned own = owned_by(r, s->me);
    opening o = {.s = s,
                 .name = WAVE_INM,
                 .along = true,
                 .shares = r->input_masks + own.first * s->n,
                 .count = own.count};
    for (size_t party = 0; party < s->n; party++)
        o.from[party] = party == s->me ? NULL : wave_along_from(w, party);
    in->stage = INPUTS_MASKS;
    return open_to_check(&o, in->masks, error);
}

/* A party's Lambda from its message into the registers. */
static pt_status take_masked(mpc_run *r, const wave *w, size_t party, pt_error *error)
{
    const owned wires = owned_by(r, party);
    const uint8_t *masked = wave_along_all_from(w, party);
    if (!bits_padding_is_zero(masked, wires.count))
        return peer_fault(r->s, PT_PEER_MALFORMED, party, WAVE_INL, "sent nonzero padding", error);
    for (size_t h = 0; h < wires.count; h++)
        r->masked[wires.first + h] = (uint8_t)bits_get(masked, h);
    return PT_OK;
}

/* INL: everybody's Lambda_w = x_w xor lambda_w. From the send on the zero check is blinded. */
static pt_status inl_put(void *user, wave *w, pt_error *error)
{
    const input_steps *in = user;
    const mpc_run *r = in->run;
    session *s = r->s;
    const owned own = owned_by(r, s->me);
    uint8_t *payload = buffer_extend(wave_all(w), bits_bytes(own.count));
    PT_ASSERT(in->stage == INPUTS_MASKS);
    PT_ASSERT(r->verified.deltas);
    PT_ASSERT(r->verified.zero_sums == 1);
    if (payload == NULL && own.count > 0)
        return error_memory(error);
    if (own.count > 0)
        memset(payload, 0, bits_bytes(own.count));
    for (size_t h = 0; h < own.count; h++)
        bits_set(payload, h, in->bits[h] ^ bits_get(in->masks, h));
    for (size_t party = 0; party < s->n; party++)
        wave_expect(w, party, input_inl_bytes(s, r->circuit, party), 0);
    PT_ASSERT(!s->first_inl_sent);
    s->first_inl_sent = true;
    return PT_OK;
}

static pt_status inl_take(void *user, const wave *w, pt_error *error)
{
    input_steps *in = user;
    mpc_run *r = in->run;
    for (size_t party = 0; party < r->s->n; party++) {
        const pt_status status = take_masked(r, w, party, error);
        if (status != PT_OK)
            return status;
    }
    memcpy(r->inl_digest, r->s->transcript, DIGEST_BYTES);
    in->stage = INPUTS_MASKED;
    HOOK(r->s, "input_masked", r->masked, r->circuit->n_inputs);
    return PT_OK;
}

/* A garbler's part of LBL: L_{w,0} fresh, L_{w,Lambda} to P_1. */
static void put_labels(mpc_run *r, wave *w)
{
    session *s = r->s;
    const size_t n_inputs = r->circuit->n_inputs;
    rng_blocks(&s->rng, r->labels, n_inputs);
    for (size_t wire = 0; wire < n_inputs; wire++) {
        const block active = block_xor(r->labels[wire], block_if(r->masked[wire], s->delta));
        buffer_put(wave_to(w, 0), &active, sizeof active);
    }
    HOOK(s, "input_labels", r->labels, n_inputs * sizeof(block));
}

static void take_labels(mpc_run *r, const wave *w)
{
    const size_t m = r->s->n - 1;
    for (size_t j = 1; j <= m; j++) {
        const uint8_t *labels = wave_along_from(w, j);
        for (size_t wire = 0; wire < r->circuit->n_inputs; wire++)
            r->labels[wire * m + j - 1] = block_load(labels + wire * sizeof(block));
    }
    HOOK(r->s, "input_labels", r->labels, r->circuit->n_inputs * m * sizeof(block));
}

/* LBL. This wave carries T of the INL wave between all parties: all saw the same Lambda. */
static pt_status lbl_put(void *user, wave *w, pt_error *error)
{
    const input_steps *in = user;
    mpc_run *r = in->run;
    (void)error;
    PT_ASSERT(in->stage == INPUTS_MASKED);
    if (r->s->me != 0)
        put_labels(r, w);
    else
        wave_expect_each(w, 0, input_lbl_bytes(r->circuit));
    return PT_OK;
}

static pt_status lbl_take(void *user, const wave *w, pt_error *error)
{
    input_steps *in = user;
    mpc_run *r = in->run;
    (void)error;
    r->verified.inputs_agreed = true;
    in->stage = INPUTS_LABELS;
    if (r->s->me == 0)
        take_labels(r, w);
    return PT_OK;
}

pt_status input_steps_init(input_steps *ret_inputs, mpc_run *r, const uint8_t *bits,
                           pt_error *error)
{
    const size_t mask_bytes = bits_bytes(owned_by(r, r->s->me).count);
    *ret_inputs = (input_steps){.run = r,
                                .bits = bits,
                                .masks = mem_new(mask_bytes, 1),
                                .mask_bytes = mask_bytes,
                                .inm = {WAVE_INM, inm_put, inm_take, ret_inputs},
                                .inl = {WAVE_INL, inl_put, inl_take, ret_inputs},
                                .lbl = {WAVE_LBL, lbl_put, lbl_take, ret_inputs}};
    r->inputs = ret_inputs;
    return ret_inputs->masks == NULL ? error_memory(error) : PT_OK;
}

void input_steps_clear(input_steps *in)
{
    wave_end(&in->labels);
    mem_free_secret(in->masks, in->mask_bytes);
    if (in->run != NULL)
        in->run->inputs = NULL;
    *in = (input_steps){0};
}

pt_status input_steps_run(input_steps *in, pt_error *error)
{
    session *s = in->run->s;
    pt_status status = PT_OK;
    if (in->stage < INPUTS_MASKS)
        status = wave_run_alone(s, &in->inm, error);
    if (status == PT_OK && in->stage < INPUTS_MASKED)
        status = wave_run_alone(s, &in->inl, error);
    if (status != PT_OK || in->stage == INPUTS_LABELS)
        return status;
    status = wave_begin(&in->labels, s, WAVE_LBL, error);
    if (status == PT_OK)
        status = wave_put_along(&in->labels, &in->lbl, error);
    return status == PT_OK ? wave_send(&in->labels, error) : status;
}

pt_status input_steps_finish(input_steps *in, pt_error *error)
{
    mpc_run *r = in->run;
    pt_status status = PT_OK;
    if (in->stage < INPUTS_LABELS) {
        status = wave_receive(&in->labels, error);
        if (status == PT_OK)
            status = wave_take_along(&in->labels, error);
    }
    blocks_free(r->input_masks, r->circuit->n_inputs, r->s->n);
    r->input_masks = NULL;
    return status;
}
