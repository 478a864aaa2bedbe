#include "mpc/dealer/dealer.h"

#include "base/assert.h"
#include "base/bits.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "mpc/dealer/dealing.h"
#include "mpc/session/fault.h"
#include "mpc/session/hello.h"
#include "mpc/session/segments.h"
#include "mpc/session/stats.h"
#include "mpc/session/wave.h"
#include "polytune/mpc.h"

/* A party's secrets. */
typedef struct dealt_party {
    uint8_t seed[DEALING_SEED_BYTES];
    block delta;
    aes_key bits; /* PRG(bits key) */
} dealt_party;

typedef struct dealer {
    session *d;
    hello_terms terms;
    dealt_party *parties; /* n, by session index */
    uint64_t next_block;  /* of the COTs, as every pair counts them */
    cot_scratch *scratch;
    block *x;           /* COT_CHUNK blocks of a party's bits */
    block *corrections; /* of a chunk */
    segmentation segments;
} dealer;

/* ---- Memory ---- */

static size_t correction_blocks(const dealer *w)
{
    return COT_CHUNK * cot_trees(w->d->k);
}

static void dealer_clear(dealer *w)
{
    mem_free_guarded(w->parties, w->d->n * sizeof *w->parties);
    cot_scratch_free(w->scratch);
    mem_free_secret(w->x, COT_CHUNK * sizeof *w->x);
    mem_free_secret(w->corrections, correction_blocks(w) * sizeof *w->corrections);
}

/* Fresh seeds, and what follows from them. */
static pt_status dealer_init(dealer *w, session *d, const hello_terms *terms, pt_error *error)
{
    *w = (dealer){.d = d, .terms = *terms};
    d->progress_ands = terms->n_and;
    w->parties = mem_new_guarded(d->n, sizeof *w->parties);
    w->scratch = cot_scratch_new();
    w->x = mem_new_aligned(COT_CHUNK, sizeof *w->x);
    w->corrections = mem_new_aligned(correction_blocks(w), sizeof *w->corrections);
    if (w->parties == NULL || w->scratch == NULL || w->x == NULL || w->corrections == NULL)
        return error_memory(error);
    for (size_t i = 0; i < d->n; i++) {
        dealt_party *p = &w->parties[i];
        rng_bytes(&d->rng, p->seed, sizeof p->seed);
        HOOK_PEER(d, "dealt_seed", i, p->seed, sizeof p->seed);
        p->delta = dealing_delta(d, p->seed, i);
        block key = dealing_bits_key(d, p->seed);
        aes_key_expand(&p->bits, key);
        mem_wipe(&key, sizeof key);
    }
    return PT_OK;
}

/* ---- Trees of a pair ---- */

/* P_i's trees towards P_j; ret_messages as cot_receiver_init gives them. */
static pt_status dealer_grow_trees(const dealer *w, cot_receiver *ret_trees,
                                   block (*ret_messages)[2], size_t i, size_t j, pt_error *error)
{
    uint8_t pid[GGM_PID_BYTES];
    block roots[MPC_KAPPA];
    ggm_pair_id(pid, w->d->sid, session_number(i), session_number(j));
    dealing_roots(w->d, w->parties[i].seed, j, roots);
    const pt_status status =
        cot_receiver_init(ret_trees, ret_messages, NULL, w->d->k, pid, roots, error);
    mem_wipe(roots, sizeof roots);
    return status;
}

/* The sums that P_j's Delta selects, in place of base OTs. */
static pt_status put_sums(const dealer *w, uint8_t *at, size_t i, size_t j, pt_error *error)
{
    cot_pair pair = {0};
    block messages[MPC_KAPPA][2];
    const block choices = cot_choices(w->parties[j].delta, w->d->k);
    const pt_status status = dealer_grow_trees(w, &pair.receiver, messages, i, j, error);
    for (unsigned t = 0; status == PT_OK && t < MPC_KAPPA; t++) {
        const block other = block_xor(messages[t][0], messages[t][1]);
        block_store(at + t * sizeof(block),
                    block_xor(messages[t][0], block_if(block_bit(choices, t), other)));
    }
    cot_pair_clear(&pair);
    mem_wipe(messages, sizeof messages);
    return status;
}

/* ---- Messages ---- */

/* Adds the tag and sends; the tag's place is at the end of the payload. */
static pt_status send_tagged(const dealer *w, size_t to, wave_name name, uint64_t number,
                             uint8_t *payload, size_t len, pt_error *error)
{
    session *d = w->d;
    PT_ASSERT(d->me == d->n && len >= DEALING_TAG_BYTES);
    const size_t tag_at = len - DEALING_TAG_BYTES;
    block_store(payload + tag_at,
                dealing_tag(d, w->parties[to].seed, d->stream_frames_sent[to], payload, tag_at));
    return stream_send(d, to, name, number, payload, len, error);
}

/* DLSEED for P_j, made in `payload`. */
static pt_status send_seed(const dealer *w, size_t j, uint8_t *payload, size_t len, pt_error *error)
{
    uint8_t *at = payload + DEALING_SEED_BYTES;
    memcpy(payload, w->parties[j].seed, DEALING_SEED_BYTES);
    for (size_t i = 0; i < w->d->n; i++) {
        if (i == j)
            continue;
        const pt_status status = put_sums(w, at, i, j, error);
        if (status != PT_OK)
            return status;
        at += MPC_KAPPA * sizeof(block);
    }
    return send_tagged(w, j, WAVE_DLSEED, 0, payload, len, error);
}

static pt_status send_seeds(const dealer *w, pt_error *error)
{
    const size_t len = dealing_seed_bytes(w->d);
    uint8_t *payload = mem_new(len, 1);
    if (payload == NULL)
        return error_memory(error);
    pt_status status = PT_OK;
    for (size_t j = 0; status == PT_OK && j < w->d->n; j++)
        status = send_seed(w, j, payload, len, error);
    mem_free_secret(payload, len);
    return status;
}

/* Everybody is ready for a segment. */
static pt_status await_requests(const dealer *w, uint64_t number, pt_error *error)
{
    uint8_t nothing;
    for (size_t p = 0; p < w->d->n; p++) {
        const pt_status status = stream_recv(w->d, p, WAVE_DLREQ, number, &nothing, 0, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* ---- A segment ---- */

/* The sum of all parties' bits of the first n_blocks blocks. */
static void sum_bits(const dealer *w, const dealing_plan *plan, block *ret_sum, size_t n_blocks)
{
    for (size_t at = 0; at < n_blocks; at += COT_CHUNK) {
        const size_t n = min_size(COT_CHUNK, n_blocks - at);
        for (size_t i = 0; i < w->d->n; i++) {
            aes_ctr(w->x, &w->parties[i].bits, plan->first + at, n);
            for (size_t t = 0; t < n; t++)
                ret_sum[at + t] = block_xor(ret_sum[at + t], w->x[t]);
        }
    }
}

/* Eight bits from bit `at` on. */
static unsigned bits_get_8(const uint8_t *bits, size_t at)
{
    const unsigned low = (unsigned)bits[at / 8] >> (at % 8);
    return at % 8 == 0 ? low : low | ((unsigned)bits[at / 8 + 1] << (8 - at % 8));
}

/* e = xy xor r for every gate. */
static pt_status make_corrections(const dealer *w, const dealing_plan *plan, uint8_t *ret_e,
                                  pt_error *error)
{
    const size_t n_and = plan->n_and;
    const size_t n_blocks = (3 * n_and + MPC_KAPPA - 1) / MPC_KAPPA;
    /* A block more, for the read past the last bit. */
    block *sum = mem_new_aligned(n_blocks + 1, sizeof *sum);
    if (sum == NULL)
        return error_memory(error);
    const uint8_t *bits = (const uint8_t *)sum;
    sum_bits(w, plan, sum, n_blocks);
    for (size_t g = 0; g < n_and; g += 8) {
        const unsigned e =
            (bits_get_8(bits, g) & bits_get_8(bits, n_and + g)) ^ bits_get_8(bits, 2 * n_and + g);
        const unsigned left = (unsigned)min_size(8, n_and - g);
        ret_e[g / 8] = (uint8_t)(e & ((1u << left) - 1));
    }
    mem_free_secret(sum, (n_blocks + 1) * sizeof *sum);
    return PT_OK;
}

/* The digest of what P_i must send to P_j. */
static pt_status digest_pair(const dealer *w, const dealing_plan *plan, uint64_t number, size_t i,
                             size_t j, uint8_t *ret_digest, pt_error *error)
{
    const size_t block_bytes = cot_trees(w->d->k) * sizeof(block);
    cot_pair pair = {0};
    block messages[MPC_KAPPA][2];
    ro h;
    const pt_status status = dealer_grow_trees(w, &pair.receiver, messages, i, j, error);
    if (status == PT_OK) {
        dealing_digest_init(&h, w->d, number, i, j, plan->n_blocks * block_bytes);
        for (size_t at = 0; at < plan->n_blocks; at += COT_CHUNK) {
            const size_t n = min_size(COT_CHUNK, plan->n_blocks - at);
            aes_ctr(w->x, &w->parties[i].bits, plan->first + at, n);
            cot_correct(&pair.receiver, w->scratch, w->corrections, w->x, plan->first + at, n);
            ro_part(&h, w->corrections, n * block_bytes);
        }
        ro_final(&h, ret_digest);
    }
    cot_pair_clear(&pair);
    mem_wipe(messages, sizeof messages);
    return status;
}

/* DEAL for P_j in `payload`, which holds e already. */
static pt_status deal_to(const dealer *w, const dealing_plan *plan, uint64_t number, size_t j,
                         uint8_t *payload, pt_error *error)
{
    uint8_t *at = payload;
    for (size_t i = 0; i < w->d->n; i++) {
        if (i == j)
            continue;
        const pt_status status = digest_pair(w, plan, number, i, j, at, error);
        if (status != PT_OK)
            return status;
        at += DIGEST_BYTES;
    }
    const size_t len = dealing_deal_bytes(w->d, plan->n_and);
    return send_tagged(w, j, WAVE_DEAL, number, payload, len, error);
}

static pt_status deal_plan(const dealer *w, const dealing_plan *plan, uint64_t number,
                           uint8_t *payload, pt_error *error)
{
    session *d = w->d;
    pt_status status = make_corrections(w, plan, payload + (d->n - 1) * DIGEST_BYTES, error);
    if (status != PT_OK)
        return status;
    for (size_t j = 0; j < d->n; j++) {
        status = deal_to(w, plan, number, j, payload, error);
        if (status != PT_OK)
            return status;
        session_progress(d, WAVE_DEAL, j + 1, d->n);
    }
    return PT_OK;
}

static pt_status deal_segment(dealer *w, uint64_t number, pt_error *error)
{
    session *d = w->d;
    PT_ASSERT(d->next_and <= w->terms.n_and);
    const size_t n_and = (size_t)segments_ands_at(&w->segments, w->terms.n_and, number);
    const size_t n_inputs = number == 0 ? (size_t)w->terms.n_inputs : 0;
    dealing_plan plan;
    d->progress_segment = n_and;
    pt_status status = dealing_plan_init(&plan, n_and, n_inputs, w->next_block, error);
    if (status != PT_OK)
        return status;
    const size_t len = dealing_deal_bytes(d, n_and);
    uint8_t *payload = mem_new(len, 1);
    if (payload == NULL)
        return error_memory(error);
    status = deal_plan(w, &plan, number, payload, error);
    mem_free_secret(payload, len);
    if (status != PT_OK)
        return status;
    w->next_block += plan.n_blocks;
    session_mark_time(d, WAVE_DEAL);
    d->next_and += n_and;
    return PT_OK;
}

static pt_status deal_all(dealer *w, pt_error *error)
{
    w->segments = segments_of(w->terms.n_and, w->terms.segment_ands);
    for (uint64_t number = 0; number < w->segments.n; number++) {
        pt_status status = await_requests(w, number, error);
        if (status == PT_OK && number == 0)
            status = send_seeds(w, error);
        if (status != PT_OK)
            return status;
        status = deal_segment(w, number, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static NOINLINE pt_status deal(session *d, pt_error *error)
{
    dealer w;
    hello_terms terms;
    pt_status status = session_hello_as_dealer(d, &terms, error);
    if (status != PT_OK)
        return status;
    status = dealer_init(&w, d, &terms, error);
    if (status == PT_OK)
        status = deal_all(&w, error);
    d->stats->and_gates = terms.n_and;
    dealer_clear(&w);
    return status;
}

pt_status dealer_run(session *d, pt_error *error)
{
    const pt_status status = deal(d, error);
    mem_wipe_stack();
    return status;
}

/* In a session of its own. */
static pt_status deal_alone(session *d, const pt_channel *channel, const pt_mpc_options *options,
                            pt_error *error)
{
    const uint64_t start_ns = clock_ns();
    pt_status status = session_init_dealer(d, options, channel, error);
    if (status != PT_OK)
        return status;
    status = dealer_run(d, error);
    d->stats->seconds = (double)(clock_ns() - start_ns) * 1e-9;
    if (status != PT_OK)
        session_abort(d, status);
    session_clear(d);
    return status;
}

pt_status pt_dealer_run(const pt_channel *channel, const pt_mpc_options *options, pt_error *error)
{
    pt_status status = session_check_channel(channel, options, error);
    if (status != PT_OK)
        return status;
    session *d = mem_new_guarded(1, sizeof *d);
    status = d == NULL ? error_memory(error) : deal_alone(d, channel, options, error);
    mem_free_guarded(d, sizeof *d);
    return status;
}

void pt_dealer_dismiss(const pt_channel *channel, size_t party, size_t parties, pt_status why)
{
    if (!channel_is_whole(channel) || party >= parties)
        return;
    session s = {.channel = channel, .stats = &s.own_stats};
    s.roster[0] = parties;
    session_send_abort(&s, 0, (stop_note){stop_reason_of(why), (uint8_t)party});
}
