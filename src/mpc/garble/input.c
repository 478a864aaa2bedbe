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

/* INM: every owner learns lambda_w of its wires, into ret_masks (packed). */
static pt_status open_masks(const mpc_run *r, uint8_t *ret_masks, pt_error *error)
{
    session *s = r->s;
    wave w;
    const size_t n = s->n;
    const owned own = owned_by(r, s->me);
    PT_ASSERT(r->verified.openings == 1);
    PT_ASSERT(!r->verified.inputs_agreed);
    size_t *at = mem_new(n, sizeof *at);
    pt_status status = wave_begin(&w, s, WAVE_INM, error);
    if (status == PT_OK && at == NULL)
        status = error_memory(error);
    if (status != PT_OK)
        goto done;
    for (size_t party = 0; party < n; party++) {
        const owned wires = owned_by(r, party);
        if (party != s->me)
            open_to_put(&w, party, r->input_masks + wires.first * n, NULL, wires.count);
    }
    wave_expect_each(&w, 0, open_to_bytes(s, own.count));
    status = wave_run(&w, error);
    if (status == PT_OK)
        status = open_to_check(&w, at, r->input_masks + own.first * n, NULL, own.count, ret_masks,
                               error);
done:
    wave_end(&w);
    mem_free(at);
    return status;
}

/* A party's Lambda from its message into the registers. */
static pt_status take_masked(mpc_run *r, const wave *w, size_t party, pt_error *error)
{
    const owned wires = owned_by(r, party);
    const uint8_t *masked = wave_all_from(w, party);
    if (!bits_padding_is_zero(masked, wires.count))
        return peer_fault(r->s, PT_PEER_MALFORMED, party, WAVE_INL, "sent nonzero padding", error);
    for (size_t h = 0; h < wires.count; h++)
        r->masked[wires.first + h] = (uint8_t)bits_get(masked, h);
    return PT_OK;
}

/* INL: everybody's Lambda_w = x_w xor lambda_w. From the send on the zero check is blinded. */
static pt_status exchange_masked(mpc_run *r, const uint8_t *bits, const uint8_t *masks,
                                 pt_error *error)
{
    session *s = r->s;
    wave w;
    const owned own = owned_by(r, s->me);
    pt_status status = wave_begin(&w, s, WAVE_INL, error);
    if (status != PT_OK)
        goto done;
    uint8_t *payload = buffer_extend(wave_all(&w), bits_bytes(own.count));
    if (payload == NULL && own.count > 0) {
        status = error_memory(error);
        goto done;
    }
    if (own.count > 0)
        memset(payload, 0, bits_bytes(own.count));
    for (size_t h = 0; h < own.count; h++)
        bits_set(payload, h, bits[h] ^ bits_get(masks, h));
    for (size_t party = 0; party < s->n; party++)
        wave_expect(&w, party, bits_bytes(owned_by(r, party).count), 0);
    PT_ASSERT(!s->first_inl_sent);
    s->first_inl_sent = true;
    status = wave_run(&w, error);
    for (size_t party = 0; status == PT_OK && party < s->n; party++)
        status = take_masked(r, &w, party, error);
    memcpy(r->inl_digest, s->transcript, DIGEST_BYTES);
    HOOK(s, "input_masked", r->masked, r->circuit->n_inputs);
done:
    wave_end(&w);
    return status;
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
        const uint8_t *labels = wave_from(w, j);
        for (size_t wire = 0; wire < r->circuit->n_inputs; wire++)
            r->labels[wire * m + j - 1] = block_load(labels + wire * sizeof(block));
    }
    HOOK(r->s, "input_labels", r->labels, r->circuit->n_inputs * m * sizeof(block));
}

/* LBL. This wave carries T of the INL wave between all parties: all saw the same Lambda. */
static pt_status exchange_labels(mpc_run *r, pt_error *error)
{
    session *s = r->s;
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_LBL, error);
    if (status != PT_OK)
        goto done;
    if (s->me != 0)
        put_labels(r, &w);
    else
        wave_expect_each(&w, 0, r->circuit->n_inputs * sizeof(block));
    status = wave_run(&w, error);
    if (status != PT_OK)
        goto done;
    r->verified.inputs_agreed = true;
    if (s->me == 0)
        take_labels(r, &w);
done:
    wave_end(&w);
    return status;
}

pt_status inputs_run(mpc_run *r, const uint8_t *bits, pt_error *error)
{
    const session *s = r->s;
    const size_t mask_bytes = bits_bytes(owned_by(r, s->me).count);
    uint8_t *masks = mem_new(mask_bytes, 1);
    HOOK(r->s, "input_masks", r->input_masks, r->circuit->n_inputs * s->n * sizeof(block));
    pt_status status = masks == NULL ? error_memory(error) : open_masks(r, masks, error);
    if (status == PT_OK)
        status = exchange_masked(r, bits, masks, error);
    if (status == PT_OK)
        status = exchange_labels(r, error);
    mem_free_secret(masks, mask_bytes);
    blocks_free(r->input_masks, r->circuit->n_inputs, s->n);
    r->input_masks = NULL;
    return status;
}
