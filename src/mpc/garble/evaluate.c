#include "mpc/garble/evaluate.h"

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/hash.h"
#include "mpc/abit/share.h"
#include "mpc/garble/garble.h"
#include "mpc/garble/kept.h"
#include "mpc/session/fault.h"
#include "mpc/session/stats.h"
#include "mpc/session/wave.h"

/* The evaluator's scratch for one segment. Garbler j has place j - 1 in every array. */
typedef struct evaluator {
    mpc_run *r;
    segment *g;
    size_t n_garblers;
    size_t gate; /* next AND gate of the segment */
    gate_keys keys;
    uint32_t *eps; /* eps(i,j) at (i-1) * n_garblers + (j-1) */
    block *hash_a; /* of garbler i's labels under eps(i,j), likewise; hash_b follows it */
    block *hash_b;
    uint8_t *frames; /* frame_capacity bytes for each garbler */
    size_t frame_capacity;
} evaluator;

static pt_status evaluator_init(evaluator *w, mpc_run *r, segment *g, pt_error *error)
{
    const size_t n = r->s->n;
    const size_t gates = min_size(garble_frame_gates(n), g->n_and);
    w->r = r;
    w->g = g;
    w->n_garblers = n - 1;
    /* Rounded up, so that every garbler's rows are aligned. */
    w->frame_capacity = (garble_frame_bytes(n, 1, gates) + 63) / 64 * 64;
    w->eps = mem_new((n - 1) * (n - 1), sizeof *w->eps);
    w->hash_a = blocks_new(2 * (n - 1), n - 1);
    w->frames = mem_new_aligned(n - 1, w->frame_capacity);
    if (w->eps == NULL || w->hash_a == NULL || w->frames == NULL)
        return error_memory(error);
    w->hash_b = w->hash_a + (n - 1) * (n - 1);
    for (size_t i = 1; i < n; i++) {
        for (size_t j = 1; j < n; j++)
            w->eps[(i - 1) * (n - 1) + (j - 1)] =
                hash_eps((unsigned)session_number(i), (unsigned)session_number(j));
    }
    return PT_OK;
}

static void evaluator_clear(evaluator *w)
{
    mem_wipe(&w->keys, sizeof w->keys);
    blocks_free(w->hash_a, 2 * w->n_garblers, w->n_garblers);
    mem_free(w->eps);
    mem_free_secret(w->frames, w->n_garblers * w->frame_capacity);
}

/* Rows of garbler j for a gate of the frame, as blocks. */
static const block *gate_rows(const evaluator *w, size_t j, size_t in_frame)
{
    const size_t gate_bytes = garble_frame_bytes(w->n_garblers + 1, 0, 1);
    const uint8_t *frame = w->frames + (j - 1) * w->frame_capacity;
    return (const block *)(const void *)(frame + in_frame * gate_bytes);
}

static void evaluator_hash_labels(evaluator *w, const block *alpha, const block *beta)
{
    const size_t m = w->n_garblers;
    const aes_key *keys = gate_keys_at(&w->keys, w->r->s, w->g, w->gate);
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < m; j++) {
            w->hash_a[i * m + j] = alpha[i];
            w->hash_b[i * m + j] = beta[i];
        }
    }
    hash_pair(w->hash_a, keys, w->hash_a, w->eps, m * m);
}

/* What P_1 adds for one slot of its shares: the terms of s, lambda_gamma, Lambda_alpha lambda_beta
 * and Lambda_beta lambda_alpha. */
static block own_terms(const evaluator *w, size_t slot, unsigned masked_a, unsigned masked_b)
{
    const size_t at = w->gate * w->r->s->n + slot;
    const block sum = block_xor(w->g->masked_s[at], block_if(masked_a, w->g->lambda_beta[at]));
    return block_xor(sum, block_if(masked_b, w->g->lambda_alpha[at]));
}

/* L^j_gamma, section 5.3. */
static block evaluate_label(const evaluator *w, size_t j, size_t in_frame, block alpha,
                            unsigned masked_a, unsigned masked_b)
{
    const size_t m = w->n_garblers;
    const block *own = gate_rows(w, j, in_frame);
    block label = own_terms(w, share_slot(0, j), masked_a, masked_b);
    label = block_xor(label, block_if(masked_a, own[0]));
    label = block_xor(label, block_if(masked_b, block_xor(own[1], alpha)));
    for (size_t i = 1; i <= m; i++) {
        const size_t h = (i - 1) * m + (j - 1);
        label = block_xor(label, block_xor(w->hash_a[h], w->hash_b[h]));
        if (i == j)
            continue;
        const block *c = gate_rows(w, i, in_frame) + garble_cross_row(i, j);
        label = block_xor(label, c[0]);
        label = block_xor(label, block_if(masked_a, c[1]));
        label = block_xor(label, block_if(masked_b, c[2]));
    }
    return label;
}

/* Evaluates an AND gate; b_gamma is P_2's bit. Returns Lambda_gamma. */
static unsigned evaluate_and(evaluator *w, plan_step step, size_t in_frame, unsigned b_gamma)
{
    const session *s = w->r->s;
    const size_t m = w->n_garblers;
    const block *alpha = w->r->labels + step.a * m;
    const block *beta = w->r->labels + step.b * m;
    const unsigned masked_a = w->r->masked[step.a];
    const unsigned masked_b = w->r->masked[step.b];
    block *kept = kept_label(w->r, w->g, w->gate, 1);
    evaluator_hash_labels(w, alpha, beta);
    for (size_t j = 1; j <= m; j++)
        kept[j - 1] = evaluate_label(w, j, in_frame, alpha[j - 1], masked_a, masked_b);
    /* Only now, as the output register may be an operand's. */
    memcpy(w->r->labels + step.out * m, kept, m * sizeof(block));
    const unsigned masked = b_gamma ^ block_bit(kept[0], 1);
    *kept_check(w->r, w->g, w->gate) = block_xor(
        own_terms(w, 0, masked_a, masked_b), block_if((masked_a & masked_b) ^ masked, s->delta));
    bits_set(w->g->masked, w->gate, masked);
    w->gate++;
    return masked;
}

/* One step of the plan on active labels and masked values. */
static void evaluate_step(evaluator *w, plan_step step, size_t in_frame, const uint8_t *b_bits)
{
    const size_t m = w->n_garblers;
    uint8_t *masked = w->r->masked;
    block *out = w->r->labels + step.out * m;
    switch (step.op) {
    case GATE_XOR:
        share_xor(out, w->r->labels + step.a * m, w->r->labels + step.b * m, m);
        masked[step.out] = masked[step.a] ^ masked[step.b];
        break;
    case GATE_AND:
        masked[step.out] = (uint8_t)evaluate_and(w, step, in_frame, bits_get(b_bits, in_frame));
        break;
    case GATE_NOT:
        if (step.out != step.a)
            memcpy(out, w->r->labels + step.a * m, m * sizeof *out);
        masked[step.out] = masked[step.a] ^ 1;
        break;
    case GATE_CONST:
        memset(out, 0, m * sizeof *out);
        masked[step.out] = (uint8_t)(step.a & 1u);
        break;
    }
    HOOK(w->r->s, "wire_labels", out, m * sizeof *out);
    HOOK(w->r->s, "wire_masked", &masked[step.out], 1);
}

/* Steps up to the one before AND gate number `end`, or to the segment's end with the last gate. */
static void evaluate_frame(evaluator *w, size_t end)
{
    plan_walk *walk = &w->r->to_garble;
    const size_t first = w->gate;
    const uint8_t *b_bits = w->frames + garble_frame_bytes(w->n_garblers + 1, 0, end - first);
    while (!walk_is_at(walk, w->gate, end))
        evaluate_step(w, plan_walk_next(walk), w->gate - first, b_bits);
    PT_ASSERT(w->gate == end);
}

static pt_status receive_frames(const evaluator *w, size_t gates, pt_error *error)
{
    session *s = w->r->s;
    for (size_t j = 1; j < s->n; j++) {
        uint8_t *frame = w->frames + (j - 1) * w->frame_capacity;
        const size_t len = garble_frame_bytes(s->n, j, gates);
        const pt_status status = stream_recv(s, j, WAVE_GC, w->g->number, frame, len, error);
        if (status != PT_OK)
            return status;
        const size_t rows = garble_frame_bytes(s->n, 0, gates);
        if (j == 1 && !bits_padding_is_zero(frame + rows, gates))
            return peer_fault(s, PT_PEER_MALFORMED, j, WAVE_GC, "sent nonzero padding", error);
    }
    return PT_OK;
}

pt_status evaluate_segment(mpc_run *r, segment *g, pt_error *error)
{
    session *s = r->s;
    evaluator w = {0};
    PT_ASSERT(s->me == 0);
    PT_ASSERT(g->stage == SEGMENT_SHARES);
    PT_ASSERT(r->verified.openings == g->number + 1);
    pt_status status = evaluator_init(&w, r, g, error);
    const size_t frame_gates = garble_frame_gates(s->n);
    do {
        const size_t count = min_size(frame_gates, g->n_and - w.gate);
        if (status == PT_OK && count > 0)
            status = receive_frames(&w, count, error);
        if (status != PT_OK)
            break;
        evaluate_frame(&w, w.gate + count);
        session_progress(s, WAVE_EV1, w.gate, g->n_and);
    } while (w.gate < g->n_and);
    evaluator_clear(&w);
    session_mark_time(s, WAVE_GC);
    return status;
}
