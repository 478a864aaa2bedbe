#include "mpc/dealer/dealt.h"

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/ct.h"
#include "mpc/abit/abit_spread.h"
#include "mpc/abit/open.h"
#include "mpc/abit/share.h"
#include "mpc/dealer/dealing.h"
#include "mpc/garble/input.h"
#include "mpc/garble/masks.h"
#include "mpc/session/coin.h"
#include "mpc/session/fault.h"
#include "mpc/session/stats.h"
#include "mpc/session/wave.h"

/* ---- Messages ---- */

static pt_status dealt_request(session *s, uint64_t number, pt_error *error)
{
    PT_ASSERT(s->dealer && s->me < s->n);
    return stream_send(s, s->n, WAVE_DLREQ, number, NULL, 0, error);
}

/* A message of the dealer, whose tag must be right under `seed`. */
static pt_status check_tag(const session *s, wave_name name, uint64_t frame, const uint8_t *seed,
                           const uint8_t *payload, size_t len, pt_error *error)
{
    PT_ASSERT(len >= DEALING_TAG_BYTES);
    const size_t tag_at = len - DEALING_TAG_BYTES;
    const block tag = dealing_tag(s, seed, frame, payload, tag_at);
    if (!ct_block_equal(tag, block_load(payload + tag_at)))
        return peer_fault(s, PT_PEER_MALFORMED, s->n, name, "sent a message that arrived damaged",
                          error);
    return PT_OK;
}

static pt_status recv_tagged(session *s, wave_name name, uint64_t number, uint8_t *ret_payload,
                             size_t len, pt_error *error)
{
    const uint64_t frame = s->stream_frames_received[s->n];
    pt_status status = stream_recv(s, s->n, name, number, ret_payload, len, error);
    session_mark_time(s, name);
    if (status == PT_OK)
        status = check_tag(s, name, frame, frame == 0 ? ret_payload : s->dealt_seed, ret_payload,
                           len, error);
    return status;
}

/* ---- Set-up ---- */

/* Trees of both directions; `sums` are the peer's. */
static pt_status dealt_grow_trees(session *s, size_t peer, const uint8_t *sums, pt_error *error)
{
    block messages[MPC_KAPPA][2];
    block roots[MPC_KAPPA];
    uint8_t pid[GGM_PID_BYTES];
    cot_pair *pair = &s->cot[peer];
    ggm_pair_id(pid, s->sid, session_number(s->me), session_number(peer));
    dealing_roots(s, s->dealt_seed, peer, roots);
    pt_status status = cot_receiver_init(&pair->receiver, messages, NULL, s->k, pid, roots, error);
    if (status == PT_OK) {
        ggm_pair_id(pid, s->sid, session_number(peer), session_number(s->me));
        for (size_t t = 0; t < MPC_KAPPA; t++)
            roots[t] = block_load(sums + t * sizeof(block));
        status = cot_sender_init(&pair->sender, s->delta, s->k, pid, roots, NULL, error);
    }
    HOOK_PEER(s, "trees", peer, pair, sizeof *pair);
    mem_wipe(messages, sizeof messages);
    mem_wipe(roots, sizeof roots);
    return status;
}

pt_status dealt_setup(session *s, pt_error *error)
{
    const size_t len = dealing_seed_bytes(s);
    uint8_t *payload = mem_new(len, 1);
    pt_status status = payload == NULL ? error_memory(error) : dealt_request(s, 0, error);
    if (status == PT_OK)
        status = recv_tagged(s, WAVE_DLSEED, 0, payload, len, error);
    if (status != PT_OK)
        goto done;
    HOOK(s, "dealt_seed", payload, len);
    memcpy(s->dealt_seed, payload, sizeof s->dealt_seed);
    s->delta = dealing_delta(s, s->dealt_seed, s->me);
    HOOK(s, "delta", &s->delta, sizeof s->delta);
    const uint8_t *sums = payload + DEALING_SEED_BYTES;
    for (size_t p = 0; status == PT_OK && p < s->n; p++) {
        if (p == s->me)
            continue;
        status = dealt_grow_trees(s, p, sums, error);
        sums += MPC_KAPPA * sizeof(block);
    }
done:
    mem_free_secret(payload, len);
    return status;
}

/* ---- The bits of a segment ---- */

typedef struct bits_run {
    session *s;
    abit_places places;
    dealing_plan plan;
    uint64_t number;
    block bits_key;             /* of the generator of the own bits */
    abit_cursor sent, received; /* where the next chunk's rows go, either way */
    block *x;                   /* a chunk of own bits */
    block *corrections;         /* of a chunk, sent or received */
    block *planes;              /* COT_PLANES */
    cot_scratch *scratch;
    ro *digests;   /* n, of what comes from each peer; own unused */
    uint8_t *deal; /* what the dealer says of this segment */
    size_t deal_len;
} bits_run;

static size_t chunk_blocks(const session *s)
{
    return COT_CHUNK * cot_trees(s->k);
}

uint64_t dealt_work_bytes(const session *s, uint64_t n_and)
{
    const uint64_t blocks = COT_CHUNK + chunk_blocks(s) + COT_PLANES;
    return blocks * sizeof(block) + COT_SCRATCH_BYTES + s->n * sizeof(ro) +
           dealing_deal_bytes(s, (size_t)n_and);
}

static void bits_run_clear(bits_run *b)
{
    const session *s = b->s;
    mem_wipe(&b->bits_key, sizeof b->bits_key);
    mem_free_secret(b->x, COT_CHUNK * sizeof *b->x);
    mem_free_secret(b->corrections, chunk_blocks(s) * sizeof *b->corrections);
    mem_free_secret(b->planes, COT_PLANES * sizeof *b->planes);
    cot_scratch_free(b->scratch);
    mem_free_secret(b->digests, s->n * sizeof *b->digests);
    mem_free_secret(b->deal, b->deal_len);
}

static pt_status bits_run_init(bits_run *b, mpc_run *r, const segment *g, pt_error *error)
{
    session *s = r->s;
    const size_t n_inputs = g->number == 0 ? r->circuit->n_inputs : 0;
    *b = (bits_run){
        .s = s, .places.s = s, .number = g->number, .deal_len = dealing_deal_bytes(s, g->n_and)};
    const pt_status status = dealing_plan_init(&b->plan, g->n_and, n_inputs,
                                               s->cot[s->me == 0 ? 1 : 0].next_block, error);
    if (status != PT_OK)
        return status;
    b->x = mem_new_aligned(COT_CHUNK, sizeof *b->x);
    b->corrections = mem_new_aligned(chunk_blocks(s), sizeof *b->corrections);
    b->planes = mem_new_aligned(COT_PLANES, sizeof *b->planes);
    b->scratch = cot_scratch_new();
    b->digests = mem_new_aligned(s->n, sizeof *b->digests);
    b->deal = mem_new(b->deal_len, 1);
    if (b->x == NULL || b->corrections == NULL || b->planes == NULL || b->scratch == NULL ||
        b->digests == NULL || b->deal == NULL)
        return error_memory(error);
    for (size_t p = 0; p < s->n; p++) {
        if (p != s->me)
            dealing_digest_init(&b->digests[p], s, b->number, p, s->me,
                                b->plan.n_blocks * cot_trees(s->k) * sizeof(block));
    }
    return PT_OK;
}

/* The blocks of a chunk, and its bits into b->x. */
static size_t dealt_chunk(bits_run *b, size_t chunk, uint64_t *ret_first)
{
    const size_t at = chunk * COT_CHUNK;
    const size_t n = min_size(COT_CHUNK, b->plan.n_blocks - at);
    *ret_first = b->plan.first + at;
    prg_expand(b->x, b->bits_key, *ret_first, n);
    return n;
}

/* Own corrections and MACs of a chunk. */
static pt_status dealt_send_chunk(void *user, size_t chunk, pt_error *error)
{
    bits_run *b = user;
    session *s = b->s;
    uint64_t first;
    const size_t n = dealt_chunk(b, chunk, &first);
    const size_t bytes = cot_frame_bytes(s->k, n);
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        cot_receiver_extend(&s->cot[p].receiver, b->scratch, b->corrections, b->planes, b->x, first,
                            n);
        HOOK_PEER(s, "correction", p, b->corrections, bytes);
        const pt_status status =
            stream_send(s, p, WAVE_COT, b->number, b->corrections, bytes, error);
        if (status != PT_OK)
            return status;
        abit_spread_planes(&b->places, b->sent, p, ABIT_ROWS_MAC, b->planes, b->x, n);
    }
    abit_cursor_advance(&b->places, &b->sent, n * MPC_KAPPA);
    return PT_OK;
}

/* The peers' corrections and the keys. */
static pt_status dealt_recv_chunk(void *user, size_t chunk, pt_error *error)
{
    bits_run *b = user;
    session *s = b->s;
    uint64_t first;
    const size_t n = dealt_chunk(b, chunk, &first);
    const size_t bytes = cot_frame_bytes(s->k, n);
    for (size_t p = 0; p < s->n; p++) {
        if (p == s->me)
            continue;
        const pt_status status =
            stream_recv(s, p, WAVE_COT, b->number, b->corrections, bytes, error);
        if (status != PT_OK)
            return status;
        ro_part(&b->digests[p], b->corrections, bytes);
        cot_sender_planes(&s->cot[p].sender, b->scratch, b->planes, b->corrections, first, n);
        abit_spread_planes(&b->places, b->received, p, ABIT_ROWS_KEY, b->planes, b->x, n);
    }
    abit_cursor_advance(&b->places, &b->received, n * MPC_KAPPA);
    session_progress(s, WAVE_COT, chunk * COT_CHUNK + n, b->plan.n_blocks);
    return PT_OK;
}

/* Nothing of the bits is used before check_corrections. */
static pt_status make_bits(bits_run *b, pt_error *error)
{
    session *s = b->s;
    const stream_exchange chunks = {
        .frames = b->plan.n_blocks / COT_CHUNK + (b->plan.n_blocks % COT_CHUNK != 0),
        .frame_bytes = cot_frame_bytes(s->k, COT_CHUNK),
        .send = dealt_send_chunk,
        .recv = dealt_recv_chunk,
        .user = b,
    };
    b->bits_key = dealing_bits_key(s, s->dealt_seed);
    const pt_status status = stream_exchange_run(s, &chunks, error);
    for (size_t p = 0; p < s->n; p++)
        s->cot[p].next_block = b->plan.first + b->plan.n_blocks;
    session_mark_time(s, WAVE_COT);
    return status;
}

/* S of the garbling hash comes from a coin of the n parties. */
static pt_status toss_hash_key(session *s, pt_error *error)
{
    uint8_t coin[COIN_BYTES];
    const pt_status status = coin_toss(s, coin, NULL, error);
    if (status == PT_OK)
        s->s_gc = coin_sub(s, coin, "Sgc", 0);
    return status;
}

/* Every peer sent what the dealer gave it to send. */
static pt_status check_corrections(bits_run *b, pt_error *error)
{
    const session *s = b->s;
    const uint8_t *expected = b->deal;
    for (size_t p = 0; p < s->n; p++) {
        uint8_t digest[DIGEST_BYTES];
        if (p == s->me)
            continue;
        ro_final(&b->digests[p], digest);
        if (!ct_equal(digest, expected, sizeof digest))
            return peer_fault(s, PT_PEER_ABIT, p, WAVE_COT,
                              "sent corrections that are not those it was dealt", error);
        expected += DIGEST_BYTES;
    }
    return PT_OK;
}

/* The dealer's e, after the digests. */
static const uint8_t *dealt_e(const bits_run *b)
{
    return b->deal + (b->s->n - 1) * DIGEST_BYTES;
}

static pt_status run_bits(bits_run *b, pt_error *error)
{
    session *s = b->s;
    pt_status status = PT_OK;
    if (b->number > 0) /* setup has asked for the first */
        status = dealt_request(s, b->number, error);
    if (status != PT_OK)
        return status;
    status = make_bits(b, error);
    if (status == PT_OK && b->number == 0)
        status = toss_hash_key(s, error);
    if (status != PT_OK)
        return status;
    status = recv_tagged(s, WAVE_DEAL, b->number, b->deal, b->deal_len, error);
    if (status != PT_OK)
        return status;
    status = check_corrections(b, error);
    if (status != PT_OK)
        return status;
    s->n_batches++;
    for (size_t r = 0; r < b->places.n_ranges; r++)
        PT_DEBUG_ASSERT(shares_agree(b->places.ranges[r].shares, b->places.ranges[r].count, s->n));
    HOOK(s, "batch", (void *)(uintptr_t)b->places.ranges, b->places.n_ranges);
    return PT_OK;
}

/* ---- AND shares ---- */

enum { GATE_SHARES = 5 }; /* lambda_gamma or lambda_alpha, lambda_beta, x, y, r */

uint64_t dealt_shares_blocks(const session *s, uint64_t n_and, uint64_t n_inputs)
{
    (void)n_inputs;
    return GATE_SHARES * n_and * s->n;
}

/* Section 4.7 (A) on the triple [x], [y], [z]: opens x-hat = lambda_alpha xor x and y-hat =
 * lambda_beta xor y. As x = x-hat xor lambda_alpha and y likewise,
 *     [s] = [z] xor x-hat [lambda_beta] xor y-hat [lambda_alpha] xor x-hat y-hat,
 * so [x] and [y], neighbours, become what is opened, and [z] xor [lambda_gamma] masked_s. */
static pt_status dealt_multiply(mpc_run *r, segment *g, block *x, block *y, pt_error *error)
{
    session *s = r->s;
    const size_t n = s->n;
    const size_t blocks = g->n_and * n;
    uint8_t *bits = mem_new(bits_bytes(2 * g->n_and), 1);
    if (bits == NULL)
        return error_memory(error);
    PT_ASSERT(r->verified.bits == g->number + 1);
    PT_ASSERT(y == x + blocks);
    share_xor(x, x, g->lambda_alpha, blocks);
    share_xor(y, y, g->lambda_beta, blocks);
    HOOK(s, "bucket_shares", x, 2 * blocks * sizeof(block));
    input_steps *in = r->inputs;
    const pt_status status =
        open_public(s, WAVE_OPEN, x, DEALING_OPENED_PER_AND * g->n_and, bits,
                    in != NULL ? &in->inm : NULL, in != NULL ? &in->inl : NULL, error);
    for (size_t p = 0; status == PT_OK && p < g->n_and; p++) {
        const unsigned x_hat = bits_get(bits, p);
        const unsigned y_hat = bits_get(bits, g->n_and + p);
        share_xor_if(g->masked_s + p * n, x_hat, g->lambda_beta + p * n, n);
        share_xor_if(g->masked_s + p * n, y_hat, g->lambda_alpha + p * n, n);
        share_xor_const(s, g->masked_s + p * n, x_hat & y_hat);
    }
    mem_free(bits);
    HOOK(s, "and_shares", g, sizeof *g);
    return status;
}

/* [z] = [r] xor e. */
static void correct_products(const session *s, block *r, const uint8_t *e, size_t n_and)
{
    for (size_t p = 0; p < n_and; p++)
        share_xor_const(s, r + p * s->n, bits_get(e, p));
}

pt_status dealt_shares_make(mpc_run *r, segment *g, pt_error *error)
{
    session *s = r->s;
    const size_t n = s->n;
    bits_run b;
    block *x = run_take(r, g->n_and, n);
    block *y = run_take(r, g->n_and, n);
    g->masked_s = run_take(r, g->n_and, n);
    g->lambda_beta = run_take(r, g->n_and, n);
    g->lambda_gamma = run_take(r, g->n_and, n);
    const abit_range ranges[] = {
        {g->n_and, x, NULL},
        {g->n_and, y, NULL},
        {g->n_and, g->masked_s, NULL},
        {g->n_and, g->lambda_gamma, NULL},
        {g->number == 0 ? r->circuit->n_inputs : 0, r->input_masks, NULL},
    };
    pt_status status = bits_run_init(&b, r, g, error);
    b.places.ranges = ranges;
    b.places.n_ranges = sizeof ranges / sizeof ranges[0];
    if (status == PT_OK)
        status = run_bits(&b, error);
    if (status == PT_OK) {
        correct_products(s, g->masked_s, dealt_e(&b), g->n_and);
        HOOK(s, "products", g->masked_s, g->n_and * n * sizeof(block));
        r->verified.bits++;
        r->verified.bits_agreed++;
        r->verified.deltas = true; /* every Delta_i is the dealer's, */
        r->verified.zero_sums++;   /* and so are the products */
        if (g->number + 1 == r->segments.n)
            s->seats = n; /* the dealer has gone */
        masks_walk(r, g);
    }
    bits_run_clear(&b);
    if (status == PT_OK && g->n_and > 0)
        status = dealt_multiply(r, g, x, y, error);
    if (status == PT_OK)
        r->verified.openings++;
    return status;
}
