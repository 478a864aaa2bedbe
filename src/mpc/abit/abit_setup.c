/* Base OTs, trees and Delta (protocol spec, sections 1, 2.1 and 2.2). */
#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "mpc/abit/abit.h"
#include "mpc/ot/base_ot.h"
#include "mpc/ot/cot.h"
#include "mpc/session/coin.h"
#include "mpc/session/fault.h"
#include "mpc/session/wave.h"

/* From BOT1 until BOT2 has come. */
struct base_ots {
    const base_ot *ot;
    wave bot1, bot2;
    base_ot_receiver *receivers; /* n entries; own unused */
    size_t n;
};

static void draw_delta(session *s)
{
    s->delta = session_pin_delta(rng_block(&s->rng), s->me);
    HOOK(s, "delta", &s->delta, sizeof s->delta);
}

/* Pair (i,j) of the spec: P_i is COT receiver, P_j COT sender. */
static base_ot_pair pair_of(const session *s, size_t i, size_t j)
{
    return (base_ot_pair){
        .sid = s->sid, .i = session_number(i), .j = session_number(j), .workers = s->workers};
}

/* BOT1, as P_j towards every peer; the first COIN_C and T over HELLO are in the same messages. */
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
    uint8_t *at = buffer_extend(wave_to(bot2, peer), abit_bot2_bytes(s));
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

/* Sends BOT2, and leaves it to base_ots_finish to take the peers'. */
static pt_status send_bot2(session *s, base_ots *b, pt_error *error)
{
    pt_status status = wave_begin(&b->bot2, s, WAVE_BOT2, error);
    for (size_t p = 0; status == PT_OK && p < s->n; p++) {
        if (p != s->me)
            status = put_bot2(s, b->ot, &b->bot1, &b->bot2, p, error);
    }
    if (status != PT_OK)
        return status;
    wave_expect_each(&b->bot2, 0, abit_bot2_bytes(s));
    return wave_send(&b->bot2, error);
}

pt_status base_ots_finish(session *s, pt_error *error)
{
    base_ots *b = s->base_ots;
    PT_ASSERT(b != NULL);
    pt_status status = wave_receive(&b->bot2, error);
    for (size_t p = 0; status == PT_OK && p < s->n; p++) {
        if (p == s->me)
            continue;
        status = take_bot2(s, b->ot, &b->bot2, p, &b->receivers[p], error);
        HOOK_PEER(s, "trees", p, &s->cot[p], sizeof s->cot[p]);
    }
    base_ots_free(s);
    return status;
}

void base_ots_wipe(session *s)
{
    if (s->base_ots != NULL)
        mem_wipe(s->base_ots->receivers, s->base_ots->n * sizeof *s->base_ots->receivers);
}

void base_ots_free(session *s)
{
    base_ots *b = s->base_ots;
    if (b == NULL)
        return;
    wave_end(&b->bot1);
    wave_end(&b->bot2);
    mem_free_secret(b->receivers, b->n * sizeof *b->receivers);
    mem_free(b);
    s->base_ots = NULL;
}

pt_status abit_setup(session *s, const base_ot *ot, pt_error *error)
{
    base_ots *b = mem_new(1, sizeof *b);
    base_ot_receiver *receivers = mem_new(s->n, sizeof *receivers);
    if (b == NULL || receivers == NULL) {
        mem_free(b);
        mem_free(receivers);
        return error_memory(error);
    }
    *b = (base_ots){.ot = ot, .receivers = receivers, .n = s->n};
    PT_ASSERT(s->base_ots == NULL);
    s->base_ots = b;
    draw_delta(s);
    const pt_status status = run_bot1(s, ot, &b->bot1, receivers, error);
    return status != PT_OK ? status : send_bot2(s, b, error);
}
