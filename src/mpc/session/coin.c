#include "mpc/session/coin.h"

#include "base/assert.h"
#include "base/error.h"
#include "base/le.h"
#include "crypto/ct.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/session/fault.h"

#define SECRET_BYTES  32
#define OPENING_BYTES (SECRET_BYTES + COMMITMENT_NONCE_BYTES)

_Static_assert(COIN_O_ALL_BYTES == OPENING_BYTES + COMMITMENT_BYTES, "opening and commitment");

/* Draws the own part of the next coin and appends its commitment. The step is (id of the wave about
 * to run, 0). */
static void commit_next(session *s, buffer *all)
{
    uint8_t commitment[COMMITMENT_BYTES];
    rng_bytes(&s->rng, s->coin_secret, sizeof s->coin_secret);
    rng_bytes(&s->rng, s->coin_nonce, sizeof s->coin_nonce);
    commitment_make(commitment, s->sid, s->wave, 0, session_number(s->me), s->coin_secret,
                    sizeof s->coin_secret, s->coin_nonce);
    buffer_put(all, commitment, sizeof commitment);
}

/* Stores everybody's commitments after wave number `wave_id`, which carried them at `offset`. */
static void store_commitments(session *s, const wave *w, size_t offset, uint64_t wave_id)
{
    for (size_t p = 0; p < s->n; p++)
        memcpy(s->coin_commitments[p], wave_all_from(w, p) + offset, COMMITMENT_BYTES);
    s->coin_step_wave = wave_id;
    s->coin_pending = true;
}

void coin_commit_first(session *s, wave *w)
{
    PT_ASSERT(!s->coin_pending);
    commit_next(s, wave_all(w));
}

void coin_commit_first_received(session *s, const wave *w, size_t offset)
{
    PT_ASSERT(!s->coin_pending && s->wave > 0);
    store_commitments(s, w, offset, s->wave - 1);
}

static bool opening_is_valid(const session *s, size_t party, const uint8_t *opening)
{
    uint8_t commitment[COMMITMENT_BYTES];
    commitment_make(commitment, s->sid, s->coin_step_wave, 0, session_number(party), opening,
                    SECRET_BYTES, opening + SECRET_BYTES);
    return ct_equal(commitment, s->coin_commitments[party], sizeof commitment);
}

/* coin = RO_32("mpcag/coin"; sid, step, s_1, .., s_n). */
static pt_status coin_combine(const session *s, const wave *w, uint8_t ret_coin[COIN_BYTES],
                              pt_error *error)
{
    uint8_t step[16] = {0};
    le_put_u64(step, s->coin_step_wave);
    ro h;
    ro_init(&h, COIN_BYTES, RO_LABEL_COIN);
    ro_field(&h, s->sid, SID_BYTES);
    ro_field(&h, step, sizeof step);
    for (size_t p = 0; p < s->n; p++) {
        const uint8_t *opening = wave_all_from(w, p);
        if (p != s->me && !opening_is_valid(s, p, opening))
            return peer_fault(s, PT_PEER_COMMITMENT, p, WAVE_COIN_O, "opened a coin wrongly",
                              error);
        ro_field(&h, opening, SECRET_BYTES);
    }
    ro_final(&h, ret_coin);
    return PT_OK;
}

pt_status coin_toss(session *s, uint8_t ret_coin[COIN_BYTES], const wave_along *along,
                    pt_error *error)
{
    PT_ASSERT(s->coin_pending);
    uint8_t coin[COIN_BYTES];
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_COIN_O, error);
    if (status != PT_OK)
        goto done;
    buffer_put(wave_all(&w), s->coin_secret, SECRET_BYTES);
    buffer_put(wave_all(&w), s->coin_nonce, COMMITMENT_NONCE_BYTES);
    commit_next(s, wave_all(&w));
    wave_expect_each(&w, COIN_O_ALL_BYTES, 0);
    status = wave_put_along(&w, along, error);
    if (status == PT_OK)
        status = wave_run(&w, error);
    if (status == PT_OK)
        status = coin_combine(s, &w, coin, error);
    if (status == PT_OK)
        status = wave_take_along(&w, error);
    if (status != PT_OK)
        goto done;
    store_commitments(s, &w, OPENING_BYTES, s->wave - 1);
    memcpy(ret_coin, coin, COIN_BYTES);
done:
    wave_end(&w);
    return status;
}

block coin_sub(const session *s, const uint8_t coin[COIN_BYTES], const char *name, uint64_t index)
{
    ro h;
    ro_init(&h, sizeof(block), RO_LABEL_SUB);
    ro_field(&h, s->sid, SID_BYTES);
    ro_field(&h, coin, COIN_BYTES);
    ro_field(&h, name, strlen(name));
    ro_u64(&h, index);
    return ro_final_block(&h);
}
