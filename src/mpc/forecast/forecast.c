#include "mpc/forecast/forecast.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "mpc/abit/abit.h"
#include "mpc/dealer/dealing.h"
#include "mpc/dealer/dealt.h"
#include "mpc/engine.h"
#include "mpc/forecast/schedule.h"
#include "mpc/garble/garble.h"
#include "mpc/garble/input.h"
#include "mpc/garble/output.h"
#include "mpc/ot/cot.h"
#include "mpc/run.h"
#include "mpc/triple/and_share.h"
#include "mpc/triple/triple.h"

#define SECONDS_MAX 1e9
#define KIB         ((uint64_t)1 << 10)

/* ---- Memory ---- */

#define WORK_BYTES    ((uint64_t)64 << 10) /* what steps work on besides, at most */
#define MESSAGE_EXTRA 160                  /* of one that waits: headers, seal, allocator, queue */
#define STACK_BYTES   ((uint64_t)64 << 10) /* of a further thread: what it touches */

/* Frames that the party and each of its peers send each other, `bytes` to each. Both ends are at
 * most a window W ahead of what they took (stream_exchange_run): of s frames sent and t taken by
 * the party, S and T by the peer, s <= t + W and S <= T + W. The party holds those that the peer
 * has not taken, and those that came and that it has not taken itself:
 *
 *     (s - T) + (S - t)  =  (s - t) + (S - T)  <=  2 W
 *
 * It comes to that when one direction is slow and the other quick, and never to more than both
 * streams. Besides, a frame is being made, another sealed, and one read. */
static uint64_t exchange_memory(const session *s, size_t frame_bytes, uint64_t bytes)
{
    const uint64_t window = (uint64_t)stream_window(s, frame_bytes) * frame_bytes;
    const uint64_t waiting = 2 * min_u64(window, bytes);
    const uint64_t frames = waiting / frame_bytes + 2;
    return (s->n - 1) * (waiting + frames * MESSAGE_EXTRA) + 3 * min_u64(frame_bytes, bytes);
}

/* The same of COT for so many blocks of bits. */
static uint64_t exchange_cot_memory(const session *s, uint64_t blocks)
{
    return exchange_memory(s, cot_frame_bytes(s->k, COT_CHUNK),
                           blocks * cot_trees(s->k) * sizeof(block));
}

static uint64_t stacks_memory(const session *s, uint64_t pieces)
{
    const uint64_t busy = session_busy(s, pieces);
    return busy > 1 ? (busy - 1) * STACK_BYTES : 0;
}

/* What is left of base OTs while the first frames are on their way: scalars, both ends' BOT1, and
 * BOT2 as it is kept, waits, and comes. */
static uint64_t base_ots_memory(const session *s)
{
    return (s->n - 1) * (sizeof(base_ot_receiver) + 2 * BASE_OT_BOT1_SIZE +
                         3 * (uint64_t)abit_bot2_bytes(s) + 5 * MESSAGE_EXTRA);
}

/* Of the parties alone: own bits, planes, and frames. */
static uint64_t bits_memory(const session *s, const and_share_size *size)
{
    const uint64_t blocks = abit_blocks(size->bits);
    return blocks * sizeof(block) + abit_work_bytes(s, size->bits) + base_ots_memory(s) +
           stacks_memory(s, blocks / COT_CHUNK) + exchange_cot_memory(s, blocks);
}

static uint64_t triples_memory(const session *s, const and_share_size *size)
{
    return triples_work_bytes(s, size->triples) + stacks_memory(s, size->triples / TRIPLE_FRAME) +
           exchange_memory(s, TRIPLE_FRAME * TRIPLE_U_BYTES, size->triples * TRIPLE_U_BYTES);
}

static uint64_t made_memory(const session *s, uint64_t n_and, uint64_t n_inputs)
{
    const and_share_size size = and_shares_size(s, n_and, n_inputs, true, true);
    return max_u64(bits_memory(s, &size), triples_memory(s, &size));
}

/* With a dealer no other threads are at work. What it deals comes when it likes. */
static uint64_t dealt_memory(const session *s, uint64_t n_and, uint64_t n_inputs)
{
    return dealt_work_bytes(s, n_and) + 2 * (uint64_t)dealing_deal_bytes(s, (size_t)n_and) +
           exchange_cot_memory(s, dealing_blocks(n_and, n_inputs));
}

/* A wave's private payload: as it was put and as it waits, a message that is made and sealed; what
 * came, and what is kept of it. */
static uint64_t wave_memory(const session *s, uint64_t sent, uint64_t largest, uint64_t received)
{
    return 2 * (sent + largest + received) + 4 * s->n * MESSAGE_EXTRA;
}

/* What each party is sent by every other one, as INM brings the masks of its inputs, and OUT those
 * of the outputs that it learns. */
typedef size_t bytes_of_party(const session *s, const pt_circuit *c, size_t party);

static uint64_t private_wave_memory(const session *s, const pt_circuit *c, bytes_of_party *bytes_of)
{
    uint64_t sent = 0;
    uint64_t largest = 0;
    for (size_t to = 0; to < s->n; to++) {
        const uint64_t bytes = to == s->me ? 0 : bytes_of(s, c, to);
        sent += bytes;
        largest = max_u64(largest, bytes);
    }
    return wave_memory(s, sent, largest, (s->n - 1) * (uint64_t)bytes_of(s, c, s->me));
}

/* LBL, and the rows behind it, which garblers send P_1. P_1 answers nothing before it has evaluated
 * a segment, so that no window bounds its rows. A garbler holds all that P_1 has not taken; P_1 has
 * a frame of each at work, and what a channel takes ahead of it. */
static uint64_t rows_memory(const session *s, const pt_circuit *c, uint64_t n_and)
{
    const uint64_t frame_gates = max_u64(1, min_u64(garble_frame_gates(s->n), n_and));
    const uint64_t frames = n_and / frame_gates + (n_and % frame_gates != 0);
    const uint64_t frame = garble_frame_bytes(s->n, 1, (size_t)frame_gates);
    const uint64_t labels = input_lbl_bytes(c);
    const uint64_t waiting = labels + frames * (frame + MESSAGE_EXTRA);
    if (s->me != 0)
        return labels + max_u64(waiting + 3 * frame, 3 * labels);
    const uint64_t of_garbler = labels + min_u64(waiting, CHANNEL_INBOX_BYTES) + frame;
    return (s->n - 1) * of_garbler + max_u64(frame, labels);
}

/* Of a party's memory, what a segment takes beyond the pool: of steps that follow each other the
 * most. Keys of the leaves stay. */
static uint64_t batch_memory(const session *s, const pt_circuit *c, uint64_t n_and)
{
    const uint64_t leaves = 2 * ((uint64_t)cot_trees(s->k) << s->k) * sizeof(aes_key);
    uint64_t most =
        s->dealer ? dealt_memory(s, n_and, c->n_inputs) : made_memory(s, n_and, c->n_inputs);
    most = max_u64(most, private_wave_memory(s, c, input_inm_bytes));
    most = max_u64(most, rows_memory(s, c, n_and));
    most = max_u64(most, private_wave_memory(s, c, output_bytes));
    return (s->n - 1) * leaves + most;
}

/* What party s->me holds at its peak, in segments of so many ANDs. */
static uint64_t party_memory(const session *s, const pt_circuit *c, uint64_t segment_ands)
{
    const preparation *prep = s->dealer ? &preparation_dealt : &preparation_cot;
    const segmentation cut = segments_of(c->n_and, segment_ands);
    const uint64_t n_and = segments_ands_at(&cut, c->n_and, 0);
    const uint64_t code_bytes =
        c->code_is_borrowed ? 0 : c->code_len; /* what is in a file, leaves */
    return WORK_BYTES + code_bytes + 2 * (uint64_t)c->n_outputs * sizeof(uint32_t) +
           mpc_run_bytes(s, c, prep->pool_blocks(s, n_and, c->n_inputs)) +
           batch_memory(s, c, n_and);
}

/* The most that party s->me takes, or any party, with the k that it wishes for and every larger
 * one, for another party may wish for that; without a wish with every k. Garblers take the same. */
static uint64_t largest_memory(session *s, const pt_circuit *c, uint64_t segment_ands, bool of_any)
{
    const size_t own = s->me;
    const size_t first = of_any ? 0 : own;
    const size_t last = of_any ? 1 : own;
    uint64_t most = 0;
    for (s->me = first; s->me <= last; s->me++) {
        for (s->k = 1; s->k <= 8; s->k *= 2) {
            const bool may_be = s->k >= s->k_wish;
            const uint64_t taken = may_be ? party_memory(s, c, segment_ands) : 0;
            most = taken > most ? taken : most;
        }
    }
    s->me = own;
    s->k = session_k_of(s->k_wish);
    return most;
}

/* Sizes that are tried are so close to each other: a 64th. */
#define SIZE_STEP 64

/* The next smaller one; 0 behind the smallest. */
static uint64_t next_size(uint64_t ands)
{
    const uint64_t next = ands - ands / SIZE_STEP;
    if (ands == MPC_SEGMENT_ANDS_MIN)
        return 0;
    return next > MPC_SEGMENT_ANDS_MIN ? next : MPC_SEGMENT_ANDS_MIN;
}

/* The largest segments with which the memory of party s->me, or of each, is within `bytes`. With
 * larger buckets, which smaller segments have, memory does not simply follow their size, so all are
 * tried in turn. */
static pt_status choose_segment(uint32_t *ret_ands, session *s, const pt_circuit *c, bool of_any,
                                uint64_t bytes, pt_error *error)
{
    uint64_t least = UINT64_MAX;
    for (uint64_t ands = MPC_SEGMENT_ANDS_MAX; ands != 0; ands = next_size(ands)) {
        const uint64_t taken = largest_memory(s, c, ands, of_any);
        if (taken <= bytes) {
            *ret_ands = (uint32_t)ands;
            return PT_OK;
        }
        least = min_u64(least, taken);
    }
    return error_set(error, PT_ERR_LIMIT,
                     "a party takes %" PRIu64 " KiB of memory at least, more than the %" PRIu64
                     " %s that are allowed",
                     (least + KIB - 1) / KIB, bytes < KIB ? bytes : bytes / KIB,
                     bytes < KIB ? "bytes" : "KiB");
}

/* ---- Traffic and time ---- */

static pt_status walk_once(traffic *ret_traffic, schedule *p, const session *s, double delay,
                           double byte_time, bool is_unit, pt_error *error)
{
    const pt_status status = traffic_init(ret_traffic, s, delay, byte_time, error);
    if (status != PT_OK)
        return status;
    ret_traffic->is_unit = is_unit;
    p->t = ret_traffic;
    schedule_walk(p);
    return PT_OK;
}

/* The number of the caller's party, or of the dealer, with session index `at`. */
static pt_plan_seat *seat_at(pt_plan_seat *seats, const session *s, size_t at)
{
    return &seats[s->roster[at]];
}

/* With a delay of 1 and nothing else that takes time. */
static pt_status count_traffic(pt_plan *ret_plan, pt_plan_seat *ret_seats, schedule *p,
                               const session *s, pt_error *error)
{
    traffic t;
    const pt_status status = walk_once(&t, p, s, 1, 0, true, error);
    for (size_t i = 0; status == PT_OK && i < t.n_seats; i++) {
        const traffic_seat *from = &t.seats[i];
        pt_plan_seat *to = seat_at(ret_seats, s, i);
        to->bytes_sent = from->bytes_sent;
        to->bytes_received = from->bytes_received;
        to->messages_sent = from->messages_sent;
        to->messages_received = from->messages_received;
        to->delays = (uint64_t)from->now;
        ret_plan->delays = to->delays > ret_plan->delays ? to->delays : ret_plan->delays;
    }
    traffic_clear(&t);
    return status;
}

static pt_status tell_time(pt_plan *ret_plan, pt_plan_seat *ret_seats, schedule *p,
                           const session *s, const pt_plan_link *link, pt_error *error)
{
    const double byte_time = link->bits_per_second > 0 ? 8 / link->bits_per_second : 0;
    traffic t = {0};
    pt_status status = work_costs_probe(&p->costs, s->k, error);
    if (status == PT_OK)
        status = walk_once(&t, p, s, link->round_trip_seconds / 2, byte_time, false, error);
    for (size_t i = 0; status == PT_OK && i < t.n_seats; i++) {
        pt_plan_seat *to = seat_at(ret_seats, s, i);
        to->seconds = t.seats[i].now;
        ret_plan->seconds = to->seconds > ret_plan->seconds ? to->seconds : ret_plan->seconds;
    }
    traffic_clear(&t);
    return status;
}

/* ---- k ---- */

#define GAIN_MIN_SECONDS 0.05 /* that is worth measuring */

/* Of the party that takes longest, with the work that p->costs knows. */
static pt_status walk_seconds(double *ret_seconds, schedule *p, const session *s,
                              const pt_plan_link *link, pt_error *error)
{
    const double byte_time = link->bits_per_second > 0 ? 8 / link->bits_per_second : 0;
    traffic t;
    const pt_status status =
        walk_once(&t, p, s, link->round_trip_seconds / 2, byte_time, false, error);
    *ret_seconds = 0;
    for (size_t i = 0; status == PT_OK && i < t.n_seats; i++) {
        const double now = t.seats[i].now;
        *ret_seconds = now > *ret_seconds ? now : *ret_seconds;
    }
    traffic_clear(&t);
    return status;
}

/* With the processor's time for k, or as if it took none. */
static pt_status seconds_with_k(double *ret_seconds, schedule *p, session *s, unsigned k,
                                bool computes, const pt_plan_link *link, pt_error *error)
{
    s->k = k;
    p->costs = (work_costs){0};
    const pt_status status = computes ? work_costs_probe_cot(&p->costs, k, error) : PT_OK;
    return status == PT_OK ? walk_seconds(ret_seconds, p, s, link, error) : status;
}

static pt_status choose_k(unsigned *ret_k, schedule *p, session *s, const pt_plan_link *link,
                          pt_error *error)
{
    static const unsigned candidates[] = {4, 8, 2};
    double best = HUGE_VAL;
    unsigned chosen = 0;
    double most = 0;
    double least = 0;
    pt_status status = seconds_with_k(&most, p, s, 4, false, link, error);
    if (status == PT_OK)
        status = seconds_with_k(&least, p, s, 8, false, link, error);
    if (status != PT_OK || most - least < GAIN_MIN_SECONDS)
        return status;
    for (size_t i = 0; status == PT_OK && i < sizeof candidates / sizeof *candidates; i++) {
        double seconds = 0;
        status = seconds_with_k(&seconds, p, s, candidates[i], true, link, error);
        if (status == PT_OK && seconds < best) {
            best = seconds;
            chosen = candidates[i];
        }
    }
    *ret_k = status == PT_OK ? chosen : 0;
    return status;
}

/* ---- The arguments ---- */

static bool is_number(double value, double max)
{
    return value >= 0 && value <= max; /* not for NaN */
}

static pt_status check_link(const pt_plan_link *link, pt_error *error)
{
    const bool ok = link == NULL || (is_number(link->bits_per_second, HUGE_VAL) &&
                                     (link->bits_per_second == 0 || link->bits_per_second >= 1) &&
                                     is_number(link->round_trip_seconds, SECONDS_MAX));
    if (ok)
        return PT_OK;
    return error_set(error, PT_ERR_USAGE,
                     "a link has a number of bits per second, 0 for no limit or at least 1, and a "
                     "round trip in seconds");
}

static pt_status check_plan(const pt_circuit *circuit, const pt_mpc_options *o, size_t n_seats,
                            pt_error *error)
{
    if (circuit->n_parties != o->parties)
        return error_set(error, PT_ERR_USAGE, "the circuit is for %zu parties, not %zu",
                         circuit->n_parties, o->parties);
    if (n_seats != o->parties + (o->dealer ? 1 : 0))
        return error_set(error, PT_ERR_USAGE, "there are %zu parties%s to plan for, not %zu",
                         o->parties, o->dealer ? " and a dealer" : "", n_seats);
    return receivers_check_bits(o, circuit->n_outputs, error);
}

static pt_status fill_plan(pt_plan *ret_plan, pt_plan_seat *ret_seats, session *s, schedule *p,
                           const pt_plan_link *link, pt_error *error)
{
    pt_status status = count_traffic(ret_plan, ret_seats, p, s, error);
    if (status == PT_OK && link != NULL)
        status = tell_time(ret_plan, ret_seats, p, s, link, error);
    for (size_t i = 0; i < s->n; i++) {
        s->me = i;
        seat_at(ret_seats, s, i)->memory_bytes = party_memory(s, p->circuit, p->segments.ands);
    }
    ret_plan->and_gates = p->circuit->n_and;
    ret_plan->cot_field_bits = s->k;
    ret_plan->segments = p->segments.n;
    return status;
}

pt_status forecast_make(pt_plan *ret_plan, pt_plan_seat *ret_seats, const pt_circuit *circuit,
                        uint64_t segment_ands, const pt_mpc_options *options,
                        const pt_plan_link *link, pt_error *error)
{
    schedule p = {.circuit = circuit, .segments = segments_of(circuit->n_and, segment_ands)};
    session *s = mem_new(1, sizeof *s);
    pt_status status = s == NULL ? error_memory(error) : session_agree(s, options, error);
    if (status == PT_OK) {
        status = fill_plan(ret_plan, ret_seats, s, &p, link, error);
        receivers_clear(&s->receivers);
    }
    mem_free(s);
    return status;
}

pt_status pt_plan_cot_bits(unsigned *ret_k, const pt_circuit *circuit,
                           const pt_mpc_options *options, const pt_plan_link *link, pt_error *error)
{
    if (ret_k == NULL || circuit == NULL || options == NULL || link == NULL)
        return error_missing(error, "a circuit, options, a link, and a place for k");
    *ret_k = 0;
    pt_status status = check_plan(circuit, options, options->parties + options->dealer, error);
    if (status == PT_OK)
        status = check_link(link, error);
    schedule p = {.circuit = circuit,
                  .segments = segments_of(circuit->n_and, engine_segment_ands(options))};
    session *s = status == PT_OK ? mem_new(1, sizeof *s) : NULL;
    if (status == PT_OK)
        status = s == NULL ? error_memory(error) : session_agree(s, options, error);
    if (status == PT_OK) {
        status = choose_k(ret_k, &p, s, link, error);
        receivers_clear(&s->receivers);
    }
    mem_free(s);
    return status;
}

/* For largest_memory of party options->party, or with PT_PLAN_EVERY_PARTY of any. Release with
 * memory_session_free. */
static pt_status memory_session_new(session **ret_s, const pt_circuit *circuit,
                                    const pt_mpc_options *options, pt_error *error)
{
    pt_mpc_options o = *options;
    if (o.party == PT_PLAN_EVERY_PARTY)
        o.party = 0;
    pt_status status = check_plan(circuit, &o, o.parties + o.dealer, error);
    if (status != PT_OK)
        return status;
    session *s = mem_new(1, sizeof *s);
    if (s == NULL)
        return error_memory(error);
    status = session_agree(s, &o, error);
    if (status != PT_OK) {
        mem_free(s);
        return status;
    }
    *ret_s = s;
    return PT_OK;
}

static void memory_session_free(session *s)
{
    receivers_clear(&s->receivers);
    mem_free(s);
}

pt_status pt_plan_segment_ands(uint32_t *ret_ands, const pt_circuit *circuit,
                               const pt_mpc_options *options, uint64_t memory_bytes,
                               pt_error *error)
{
    session *s;
    if (ret_ands == NULL || circuit == NULL || options == NULL)
        return error_missing(error, "a circuit, options, and a place for the size");
    *ret_ands = 0;
    pt_status status = memory_session_new(&s, circuit, options, error);
    if (status != PT_OK)
        return status;
    s->threads = 1;
    status = choose_segment(ret_ands, s, circuit, options->party == PT_PLAN_EVERY_PARTY,
                            memory_bytes, error);
    memory_session_free(s);
    return status;
}

pt_status pt_plan_threads(unsigned *ret_threads, const pt_circuit *circuit,
                          const pt_mpc_options *options, uint64_t memory_bytes, pt_error *error)
{
    session *s;
    if (ret_threads == NULL || circuit == NULL || options == NULL)
        return error_missing(error, "a circuit, options, and a place for the number");
    *ret_threads = 0;
    const pt_status status = memory_session_new(&s, circuit, options, error);
    if (status != PT_OK)
        return status;
    const bool of_any = options->party == PT_PLAN_EVERY_PARTY;
    const uint64_t ands = engine_segment_ands(options);
    while (s->threads > 1 && largest_memory(s, circuit, ands, of_any) > memory_bytes)
        s->threads--;
    *ret_threads = (unsigned)s->threads;
    memory_session_free(s);
    return PT_OK;
}

pt_status pt_plan_make(pt_plan *ret_plan, pt_plan_seat *ret_seats, size_t n_seats,
                       const pt_circuit *circuit, const pt_mpc_options *options,
                       const pt_plan_link *link, pt_error *error)
{
    if (ret_plan == NULL || ret_seats == NULL || circuit == NULL || options == NULL)
        return error_missing(error, "a circuit, options, and places for the plan and its seats");
    pt_status status = check_plan(circuit, options, n_seats, error);
    if (status == PT_OK)
        status = check_link(link, error);
    if (status != PT_OK)
        return status;
    *ret_plan = (pt_plan){0};
    memset(ret_seats, 0, n_seats * sizeof *ret_seats);
    status = forecast_make(ret_plan, ret_seats, circuit, engine_segment_ands(options), options,
                           link, error);
    if (status != PT_OK) {
        *ret_plan = (pt_plan){0};
        memset(ret_seats, 0, n_seats * sizeof *ret_seats);
    }
    return status;
}
