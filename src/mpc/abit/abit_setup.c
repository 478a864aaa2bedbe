/* Base OTs, trees and Delta (protocol spec, sections 1, 2.1 and 2.2). */
#include "base/error.h"
#include "base/mem.h"
#include "mpc/abit/abit.h"
#include "mpc/ot/base_ot.h"
#include "mpc/ot/cot.h"
#include "mpc/session/coin.h"
#include "mpc/session/fault.h"

static void draw_delta(session *s)
{
    s->delta = session_pin_delta(rng_block(&s->rng), s->me);
    HOOK(s, "delta", &s->delta, sizeof s->delta);
}

/* Pair (i,j) of the spec: P_i is COT receiver, P_j COT sender. */
static base_ot_pair pair_of(const session *s, size_t i, size_t j)
{
    return (base_ot_pair){.sid = s->sid, .i = session_number(i), .j = session_number(j)};
}

/* BOT1, as P_j towards every peer; the first COIN_C travels along. */
static pt_status run_bot1(session *s, const base_ot *ot, wave *w, base_ot_receiver *receivers,
                          pt_error *error)
{
    pt_status status = wave_begin(w, s, WAVE_BOT1, error);
    if (status != PT_OK)
        return status;
    coin_commit_first(s, w);
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        block delta = s->delta;
        HOOK_PEER(s, "delta_to", p, &delta, sizeof delta);
        s->cot[p].sender.delta = delta;
        ot->choose(&receivers[p], pair_of(s, p, s->me), cot_choices(delta, s->k), &s->rng);
        mem_wipe(&delta, sizeof delta);
        buffer_put(wave_to(w, p), receivers[p].bot1, BASE_OT_BOT1_SIZE);
    }
    wave_expect_each(w, COIN_COMMITMENT_BYTES, BASE_OT_BOT1_SIZE);
    status = wave_run(w, error);
    if (status == PT_OK)
        coin_commit_first_received(s, w, 0);
    return status;
}

/* BOT2's payload as P_i for one peer: the tree's sums under the base OTs, then t_tau and D. */
static pt_status put_bot2(session *s, const base_ot *ot, const wave *bot1, wave *bot2, size_t peer,
                          pt_error *error)
{
    block messages[BASE_OT_COUNT][2];
    block roots[MPC_KAPPA];
    uint8_t pid[GGM_PID_BYTES];
    uint8_t *at = buffer_extend(wave_to(bot2, peer), BASE_OT_BOT2_SIZE + cot_check_bytes(s->k));
    if (at == NULL)
        return error_memory(error);
    ggm_pair_id(pid, s->sid, session_number(s->me), session_number(peer));
    rng_blocks(&s->rng, roots, cot_trees(s->k));
    pt_status status = cot_receiver_init(&s->cot[peer].receiver, messages, at + BASE_OT_BOT2_SIZE,
                                         s->k, pid, roots, error);
    if (status == PT_OK && !ot->send(at, pair_of(s, s->me, peer), wave_from(bot1, peer),
                                     (const block(*)[2])messages, &s->rng))
        status =
            peer_fault(s, PT_PEER_BASE_OT, peer, WAVE_BOT1, "sent an invalid group element", error);
    mem_wipe(messages, sizeof messages);
    mem_wipe(roots, sizeof roots);
    return status;
}

/* What a peer's BOT2 gives P_j. The verdict on the trees is stored, not reported (section 2.2). */
static pt_status take_bot2(session *s, const base_ot *ot, const wave *bot2, size_t peer,
                           const base_ot_receiver *receiver, pt_error *error)
{
    block messages[BASE_OT_COUNT];
    uint8_t pid[GGM_PID_BYTES];
    const uint8_t *theirs = wave_from(bot2, peer);
    pt_status status;
    ggm_pair_id(pid, s->sid, session_number(peer), session_number(s->me));
    if (ot->receive(messages, receiver, theirs))
        status = cot_sender_init(&s->cot[peer].sender, s->cot[peer].sender.delta, s->k, pid,
                                 messages, theirs + BASE_OT_BOT2_SIZE, error);
    else
        status =
            peer_fault(s, PT_PEER_BASE_OT, peer, WAVE_BOT2, "sent an invalid group element", error);
    mem_wipe(messages, sizeof messages);
    return status;
}

static pt_status run_bot2(session *s, const base_ot *ot, const wave *bot1, wave *bot2,
                          const base_ot_receiver *receivers, pt_error *error)
{
    pt_status status = wave_begin(bot2, s, WAVE_BOT2, error);
    for (size_t p = 0; status == PT_OK && p < s->n; p++) {
        if (p != s->me)
            status = put_bot2(s, ot, bot1, bot2, p, error);
    }
    if (status != PT_OK)
        return status;
    wave_expect_each(bot2, 0, BASE_OT_BOT2_SIZE + cot_check_bytes(s->k));
    status = wave_run(bot2, error);
    for (size_t p = 0; status == PT_OK && p < s->n; p++) {
        if (p == s->me)
            continue;
        status = take_bot2(s, ot, bot2, p, &receivers[p], error);
        HOOK_PEER(s, "trees", p, &s->cot[p], sizeof s->cot[p]);
    }
    return status;
}

pt_status abit_setup(session *s, const base_ot *ot, pt_error *error)
{
    wave bot1 = {0}, bot2 = {0};
    base_ot_receiver *receivers = mem_new(s->n, sizeof *receivers);
    if (receivers == NULL)
        return error_memory(error);
    draw_delta(s);
    pt_status status = run_bot1(s, ot, &bot1, receivers, error);
    if (status == PT_OK)
        status = run_bot2(s, ot, &bot1, &bot2, receivers, error);
    wave_end(&bot1);
    wave_end(&bot2);
    mem_free_secret(receivers, s->n * sizeof *receivers);
    return status;
}
