/* What every step sends is said by the step's own functions; here is who sends when. */
#include "mpc/forecast/schedule.h"

#include "base/min.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/abit_spread.h"
#include "mpc/abit/open.h"
#include "mpc/dealer/dealing.h"
#include "mpc/garble/authenticate.h"
#include "mpc/garble/garble.h"
#include "mpc/garble/input.h"
#include "mpc/garble/output.h"
#include "mpc/preparation.h"
#include "mpc/session/coin.h"
#include "mpc/session/hello.h"
#include "mpc/triple/and_share.h"
#include "mpc/triple/triple.h"
#include "mpc/triple/zero_check.h"

/* Segments that are walked; then each takes as long as the one before it. */
#define SETTLED_SEGMENTS 8

/* Measured, in blocks of a plain pass. What a COT towards a peer costs beside the planes: the rows
 * of more than two parties, who keep the corrections, go to the shares a chunk at a time, in the
 * cache; with two they are planes there first; those of a dealer's go into memory, peer by peer. */
#define SPREAD_COST_KEPT  5
#define SPREAD_COST_PAIR  16
#define SPREAD_COST_DEALT 20 /* for each party */

/* The inputs' steps travel along with waves of the first segment; which of them have. */
typedef struct walk {
    const schedule *p;
    traffic *t;
    const session *s;
    const pt_circuit *circuit;
    input_stage inputs;
    uint64_t segment; /* number of the one that is walked */
    uint64_t n_and;   /* in it */
    double gates;     /* in it, of all kinds */
} walk;

static size_t peers(const walk *w)
{
    return w->s->n - 1;
}

/* The time of work that the session's threads share, as far as there are processors for them. */
static double shared(const walk *w, double time)
{
    return time / (double)min_size(w->s->threads, workers_wanted(0));
}

static void all_send_all(const walk *w, uint64_t bytes)
{
    traffic_put_each(w->t, bytes);
    traffic_wave(w->t, false);
}

/* ---- The inputs' steps, section 6.1 and 6.2 ---- */

static void put_inm(walk *w)
{
    for (size_t owner = 0; owner < w->s->n; owner++) {
        for (size_t from = 0; from < w->s->n; from++)
            traffic_put(w->t, from, owner, input_inm_bytes(w->s, w->circuit, owner));
    }
    w->inputs = INPUTS_MASKS;
}

static void put_inl(walk *w)
{
    for (size_t owner = 0; owner < w->s->n; owner++) {
        for (size_t to = 0; to < w->s->n; to++)
            traffic_put(w->t, owner, to, input_inl_bytes(w->s, w->circuit, owner));
    }
    w->inputs = INPUTS_MASKED;
}

static void put_lbl(walk *w)
{
    for (size_t garbler = 1; garbler < w->s->n; garbler++)
        traffic_put(w->t, garbler, 0, input_lbl_bytes(w->circuit));
    w->inputs = INPUTS_LABELS;
}

/* ---- Authenticated bits, sections 1 to 3 ---- */

static void walk_base_ots(const walk *w)
{
    const work_costs *c = &w->p->costs;
    const double n = (double)peers(w);
    traffic_work_each(w->t, n * shared(w, c->base_ot_choose));
    all_send_all(w, COIN_COMMITMENT_BYTES + BASE_OT_BOT1_SIZE);
    traffic_work_each(w->t, n * (shared(w, c->base_ot_send) + c->trees));
    traffic_put_each(w->t, abit_bot2_bytes(w->s));
    traffic_wave_send(w->t, false); /* the peers' is taken behind the first frames of COT */
}

static void walk_corrections(const walk *w, uint64_t n_blocks, bool front, double send_time,
                             double recv_time)
{
    const traffic_exchange x = {.bytes = cot_frame_bytes(w->s->k, (size_t)n_blocks),
                                .frame_bytes = cot_frame_bytes(w->s->k, COT_CHUNK),
                                .front = front,
                                .send_time = (double)peers(w) * COT_CHUNK * send_time,
                                .recv_time = (double)peers(w) * COT_CHUNK * recv_time};
    traffic_exchange_run(w->t, &x);
}

static double spread_cost(const session *s)
{
    if (s->dealer)
        return SPREAD_COST_DEALT * (double)s->n;
    return abit_keys_are_single(s) ? SPREAD_COST_PAIR : SPREAD_COST_KEPT;
}

/* What 128 COTs towards a peer take, with their rows in the shares. */
static double extend_time(const walk *w)
{
    return w->p->costs.cot_extend + spread_cost(w->s) * COT_BLOCK_BITS * w->p->costs.block;
}

/* The pool is filled for the first time. */
static void touch_pool(const walk *w, const preparation *prep)
{
    const uint64_t blocks = prep->pool_blocks(w->s, w->n_and, w->circuit->n_inputs);
    if (w->segment == 0)
        traffic_work_each(w->t, (double)blocks * w->p->costs.touch);
}

static void walk_bits(const walk *w, uint64_t n_bits)
{
    const work_costs *c = &w->p->costs;
    const bool first = w->segment == 0;
    const bool single = abit_keys_are_single(w->s);
    const double one_way = shared(w, extend_time(w) / 2);
    const uint64_t n_blocks = abit_blocks(n_bits);
    walk_corrections(w, n_blocks, first, one_way, single ? one_way : 0);
    if (first)
        traffic_work_each(w->t, (double)peers(w) * (shared(w, c->base_ot_receive) + c->trees));
    all_send_all(w, COIN_O_ALL_BYTES);
    traffic_work_each(w->t, (double)peers(w) * (double)n_blocks *
                                (shared(w, c->cot_check) + (single ? 0 : one_way)));
    all_send_all(w, ABCHK_ALL_BYTES + ABCHK_PRIVATE_BYTES);
}

/* ---- AND shares, section 4 ---- */

static uint64_t key_check_bytes(const walk *w, wave_name step)
{
    return w->segment == 0 && w->s->n > 2 ? delta_check_bytes(w->s, step) : 0;
}

/* Work with every share of the triples: `passes` over them, and a product each. */
static void work_on_triples(const walk *w, uint64_t triples, double passes)
{
    const work_costs *c = &w->p->costs;
    traffic_work_each(w->t, (double)triples * passes * (double)w->s->n * c->block);
}

static void walk_triples(const walk *w, uint64_t triples)
{
    const work_costs *c = &w->p->costs;
    const double per_triple =
        3 * (double)peers(w) * c->hash + c->hash_key + 3 * (double)w->s->n * c->block;
    const traffic_exchange tru = {.bytes = triples * TRIPLE_U_BYTES,
                                  .frame_bytes = TRIPLE_FRAME * TRIPLE_U_BYTES,
                                  .front = w->s->n > 2,
                                  .send_time = TRIPLE_FRAME * shared(w, per_triple),
                                  .recv_time = TRIPLE_FRAME * (double)peers(w) * c->block};
    if (w->s->n > 2) {
        traffic_put_each(w->t, key_check_bytes(w, WAVE_DC1));
        traffic_wave_send(w->t, false);
    }
    traffic_exchange_run(w->t, &tru);
    all_send_all(w, triples_trs_bytes((size_t)triples) + key_check_bytes(w, WAVE_DC2));
    work_on_triples(w, triples, 1);
    all_send_all(w, COIN_O_ALL_BYTES + key_check_bytes(w, WAVE_DC3));
    traffic_work_each(w->t, (double)triples * c->multiply);
}

static void walk_zero_check(walk *w)
{
    if (w->segment > 0)
        all_send_all(w, ZERO_CHECK_ZB_BYTES);
    traffic_put_each(w->t, ZERO_CHECK_ZC_BYTES);
    if (w->segment == 0)
        put_inm(w);
    traffic_wave(w->t, false);
    all_send_all(w, ZERO_CHECK_ZO_BYTES);
}

/* OPEN; in the first segment the inputs' next step travels with each of its waves. */
static void walk_opening(walk *w, uint64_t opened)
{
    const work_costs *c = &w->p->costs;
    const double hash_time = (double)opened * (double)w->s->n * c->multiply;
    for (size_t round = 0; round < open_public_waves(w->s, (size_t)opened); round++) {
        traffic_work_each(w->t, hash_time);
        traffic_put_each(w->t, open_public_bytes(w->s, (size_t)opened, round));
        if (w->segment == 0 && w->inputs == INPUTS_NONE)
            put_inm(w);
        else if (w->segment == 0 && w->inputs == INPUTS_MASKS)
            put_inl(w);
        else if (w->segment == 0)
            put_lbl(w);
        traffic_wave(w->t, false);
    }
    traffic_work_each(w->t, hash_time);
}

static void walk_key_check_alone(const walk *w)
{
    static const wave_name steps[] = {WAVE_DC1, WAVE_DC2, WAVE_DC3};
    for (size_t i = 0; w->s->n > 2 && i < sizeof steps / sizeof *steps; i++)
        all_send_all(w, delta_check_bytes(w->s, steps[i]));
}

static void walk_shares(walk *w)
{
    const bool first = w->segment == 0;
    const and_share_size size =
        and_shares_size(w->s, w->n_and, w->circuit->n_inputs, first, !first && w->n_and > 0);
    touch_pool(w, &preparation_cot);
    walk_bits(w, size.bits);
    traffic_work_each(w->t, w->gates * (double)w->s->n * w->p->costs.block);
    if (w->n_and == 0) {
        walk_key_check_alone(w);
        return;
    }
    walk_triples(w, size.triples);
    walk_zero_check(w);
    work_on_triples(w, size.triples, 2);
    walk_opening(w, size.opened);
    work_on_triples(w, size.triples, 2);
}

/* ---- A dealer's, section 7 ---- */

/* HELLO is told to the dealer as well, before the parties hear from each other. */
static void walk_hello(const walk *w)
{
    const work_costs *c = &w->p->costs;
    const double gates = (double)w->circuit->n_gates;
    traffic_work_each(w->t, gates * (c->gate + CIRCUIT_HASH_GATE_BYTES * c->digest_byte));
    if (w->s->dealer)
        traffic_dealer_send(w->t, hello_dealer_bytes());
    all_send_all(w, hello_bytes());
    if (w->s->dealer)
        traffic_dealer_receive(w->t, hello_dealer_bytes());
}

static void walk_dealt_setup(const walk *w)
{
    const work_costs *c = &w->p->costs;
    const double n = (double)w->s->n;
    all_send_all(w, COIN_COMMITMENT_BYTES); /* BARRIER */
    traffic_dealer_send(w->t, 0);           /* DLREQ */
    traffic_dealer_receive(w->t, 0);
    traffic_work(w->t, w->s->n, n * (double)peers(w) * c->trees);
    traffic_dealer_answer(w->t, dealing_seed_bytes(w->s));
    traffic_dealer_answer_receive(w->t, dealing_seed_bytes(w->s));
    traffic_work_each(w->t, 2 * (double)peers(w) * c->trees);
}

/* What the dealer computes for a segment: trees and corrections of every pair. */
static double dealing_time(const walk *w, uint64_t n_blocks)
{
    const work_costs *c = &w->p->costs;
    const double bytes = (double)cot_frame_bytes(w->s->k, 1);
    const double pair = c->trees + (double)n_blocks * (c->cot_correct + bytes * c->digest_byte);
    return (double)w->s->n * (double)peers(w) * pair;
}

static void walk_dealt_shares(walk *w)
{
    const work_costs *c = &w->p->costs;
    const uint64_t n_inputs = w->segment == 0 ? w->circuit->n_inputs : 0;
    const uint64_t n_blocks = dealing_blocks(w->n_and, n_inputs);
    const uint64_t opened = DEALING_OPENED_PER_AND * w->n_and;
    const double digest_time = (double)cot_frame_bytes(w->s->k, 1) * c->digest_byte;
    if (w->segment > 0) {
        traffic_dealer_send(w->t, 0);
        traffic_dealer_receive(w->t, 0);
    }
    traffic_work(w->t, w->s->n, dealing_time(w, n_blocks));
    traffic_dealer_answer(w->t, dealing_deal_bytes(w->s, (size_t)w->n_and));
    touch_pool(w, &preparation_dealt);
    walk_corrections(w, n_blocks, false, c->cot_correct + extend_time(w) / 2,
                     extend_time(w) / 2 + digest_time);
    if (w->segment == 0)
        all_send_all(w, COIN_O_ALL_BYTES);
    traffic_dealer_answer_receive(w->t, dealing_deal_bytes(w->s, (size_t)w->n_and));
    traffic_work_each(w->t, w->gates * (double)w->s->n * c->block);
    if (opened > 0)
        walk_opening(w, opened);
    work_on_triples(w, opened, 2);
}

/* ---- Garbling and evaluation, sections 5 and 6 ---- */

/* What of the inputs' steps no wave has carried. Whether LBL has been sent and is awaited. */
static bool walk_inputs(walk *w)
{
    if (w->segment > 0 || w->inputs == INPUTS_LABELS)
        return false;
    if (w->inputs < INPUTS_MASKS) {
        put_inm(w);
        traffic_wave(w->t, false);
    }
    if (w->inputs < INPUTS_MASKED) {
        put_inl(w);
        traffic_wave(w->t, false);
    }
    put_lbl(w);
    traffic_wave_send(w->t, false);
    return true;
}

/* Frames from all garblers to P_1, which evaluates them as they come. */
static void walk_frames(const walk *w)
{
    const work_costs *c = &w->p->costs;
    const size_t n = w->s->n;
    const double others = w->gates / (double)(w->n_and == 0 ? 1 : w->n_and) * c->block;
    const double garble_time = 4 * (double)peers(w) * c->hash + 2 * c->hash_key + others;
    const double evaluate_time = 2 * (double)peers(w) * (double)peers(w) * c->hash +
                                 2 * c->hash_key + (double)peers(w) * others;
    for (uint64_t at = 0; at < w->n_and; at += garble_frame_gates(n)) {
        const size_t gates = (size_t)min_u64(garble_frame_gates(n), w->n_and - at);
        for (size_t j = 1; j < n; j++) {
            traffic_work(w->t, j, (double)gates * garble_time);
            traffic_frame_send(w->t, j, 0, garble_frame_bytes(n, j, gates));
        }
        for (size_t j = 1; j < n; j++)
            traffic_frame_receive(w->t, j, 0, garble_frame_bytes(n, j, gates));
        traffic_work(w->t, 0, (double)gates * evaluate_time);
    }
}

static void walk_rows(walk *w)
{
    const bool awaits_labels = walk_inputs(w);
    if (awaits_labels)
        traffic_wave_receive(w->t, 0);
    walk_frames(w);
    for (size_t j = 1; awaits_labels && j < w->s->n; j++)
        traffic_wave_receive(w->t, j);
}

/* What senders first .. end-1 have for those who learn the result. */
static void put_out(const walk *w, size_t first, size_t end)
{
    for (size_t from = first; from < end; from++) {
        for (size_t to = 0; to < w->s->n; to++)
            traffic_put(w->t, from, to, output_bytes(w->s, w->circuit, to));
    }
}

static void walk_authentication(const walk *w)
{
    const work_costs *c = &w->p->costs;
    const size_t n = w->s->n;
    const double sum_time = (double)w->n_and * c->multiply;
    if (w->n_and == 0)
        return;
    traffic_work(w->t, 0, (double)n * sum_time);
    for (size_t j = 1; j < n; j++)
        traffic_put(w->t, 0, j, authenticate_ev1_bytes((size_t)w->n_and));
    traffic_wave(w->t, true);
    for (size_t j = 1; j < n; j++) {
        traffic_work(w->t, j, 2 * sum_time + w->gates * c->block);
        traffic_put(w->t, j, 0, AUTHENTICATE_EV2_BYTES);
    }
    if (w->segment + 1 == w->p->segments.n)
        put_out(w, 1, n);
    traffic_wave(w->t, true);
}

static void walk_segment(walk *w)
{
    w->n_and = segments_ands_at(&w->p->segments, w->circuit->n_and, w->segment);
    w->gates = w->circuit->n_and == 0
                   ? (double)w->circuit->n_gates
                   : (double)w->circuit->n_gates * (double)w->n_and / (double)w->circuit->n_and;
    if (w->s->dealer)
        walk_dealt_shares(w);
    else
        walk_shares(w);
    walk_rows(w);
    walk_authentication(w);
}

/* Of many segments all in the middle are alike: they have as many gates, and nothing of the inputs
 * or outputs. */
static void walk_segments(walk *w)
{
    for (; w->segment < w->p->segments.n; w->segment++) {
        const bool repeats =
            w->segment + 1 == SETTLED_SEGMENTS && w->p->segments.n > SETTLED_SEGMENTS + 1;
        if (repeats)
            traffic_mark(w->t);
        walk_segment(w);
        if (repeats) {
            const uint64_t times = w->p->segments.n - 1 - SETTLED_SEGMENTS;
            traffic_repeat(w->t, times);
            w->segment += times;
        }
    }
}

void schedule_walk(const schedule *p)
{
    walk w = {.p = p, .t = p->t, .s = p->t->s, .circuit = p->circuit};
    walk_hello(&w);
    if (w.s->dealer)
        walk_dealt_setup(&w);
    else
        walk_base_ots(&w);
    walk_segments(&w);
    put_out(&w, 0, p->circuit->n_and == 0 ? w.s->n : 1);
    traffic_wave(w.t, true);
}
