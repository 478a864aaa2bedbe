#include "mpc/garble/garble.h"

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "crypto/hash.h"
#include "mpc/abit/share.h"
#include "mpc/garble/kept.h"
#include "mpc/session/stats.h"
#include "mpc/session/wave.h"

static size_t gate_blocks(size_t n)
{
    return 3 * n - 4;
}

size_t garble_frame_gates(size_t n)
{
    const size_t gates = GARBLE_FRAME_BYTES / (gate_blocks(n) * sizeof(block));
    return gates > 0 ? gates : 1;
}

size_t garble_frame_bytes(size_t n, size_t i, size_t gates)
{
    PT_ASSERT(i < n);
    return gates * gate_blocks(n) * sizeof(block) + (i == 1 ? bits_bytes(gates) : 0);
}

size_t garble_cross_row(size_t i, size_t j)
{
    PT_ASSERT(i >= 1 && j >= 1 && i != j);
    return 2 + 3 * (j < i ? j - 1 : j - 2);
}

const aes_key *gate_keys_at(gate_keys *k, const session *s, const segment *g, size_t at)
{
    PT_ASSERT(at >= k->first && at <= k->end && at < g->n_and);
    if (at == k->end) {
        const size_t count = min_size(GATE_KEYS_AHEAD, g->n_and - at);
        hash_keys(k->keys, s->s_gc, 2 * (g->first_and + at), 2 * count);
        k->first = at;
        k->end = at + count;
    }
    return k->keys + 2 * (at - k->first);
}

/* The garbler's scratch for one segment. */
typedef struct garbler {
    mpc_run *r;
    segment *g;
    size_t gate; /* next AND gate of the segment */
    gate_keys keys;
    uint32_t *eps; /* eps(i,j) twice for each garbler j */
    block *hash_a; /* for garbler j: H of L_0 and L_1 at 2(j-1); hash_b follows it */
    block *hash_b;
    uint8_t *frame;
    size_t frame_capacity;
} garbler;

static pt_status garbler_init(garbler *w, mpc_run *r, segment *g, pt_error *error)
{
    const size_t n = r->s->n;
    const size_t gates = min_size(garble_frame_gates(n), g->n_and);
    w->r = r;
    w->g = g;
    w->frame_capacity = garble_frame_bytes(n, r->s->me, gates);
    w->eps = mem_new(2 * (n - 1), sizeof *w->eps);
    w->hash_a = blocks_new(4, n - 1);
    w->frame = mem_new_aligned(w->frame_capacity, 1);
    if (w->eps == NULL || w->hash_a == NULL || w->frame == NULL)
        return error_memory(error);
    w->hash_b = w->hash_a + 2 * (n - 1);
    for (size_t j = 1; j < n; j++) {
        w->eps[2 * (j - 1)] = w->eps[2 * (j - 1) + 1] =
            hash_eps((unsigned)session_number(r->s->me), (unsigned)session_number(j));
    }
    return PT_OK;
}

static void garbler_clear(garbler *w)
{
    const size_t n = w->r->s->n;
    mem_wipe(&w->keys, sizeof w->keys);
    blocks_free(w->hash_a, 4, n - 1);
    mem_free(w->eps);
    mem_free_secret(w->frame, w->frame_capacity);
}

/* H_a and H_b of both labels of both inputs, under all eps(i,j). */
static void garbler_hash_labels(garbler *w, block alpha_0, block beta_0)
{
    const session *s = w->r->s;
    const size_t count = 2 * (s->n - 1);
    const aes_key *keys = gate_keys_at(&w->keys, w->r->s, w->g, w->gate);
    for (size_t h = 0; h < count; h += 2) {
        w->hash_a[h] = alpha_0;
        w->hash_a[h + 1] = block_xor(alpha_0, s->delta);
        w->hash_b[h] = beta_0;
        w->hash_b[h + 1] = block_xor(beta_0, s->delta);
    }
    hash_pair(w->hash_a, keys, w->hash_a, w->eps, count);
}

static block xor3(block a, block b, block c)
{
    return block_xor(block_xor(a, b), c);
}

/* Section 5.2. Writes the gate's rows and returns L_{gamma,0}. */
static block garble_and(garbler *w, block alpha_0, block beta_0, uint8_t *ret_rows)
{
    const size_t n = w->r->s->n;
    const size_t me = w->r->s->me;
    const block *lambda_a = w->g->lambda_alpha + w->gate * n;
    const block *lambda_b = w->g->lambda_beta + w->gate * n;
    const block *s_g = w->g->masked_s + w->gate * n;
    block *rows = (block *)(void *)ret_rows;
    garbler_hash_labels(w, alpha_0, beta_0);

    const block *a = w->hash_a + 2 * (me - 1);
    const block *b = w->hash_b + 2 * (me - 1);
    rows[0] = xor3(a[0], a[1], lambda_b[0]);
    rows[1] = block_xor(xor3(b[0], b[1], lambda_a[0]), alpha_0);
    const block gamma_0 = xor3(a[0], b[0], s_g[0]);
    for (size_t j = 1; j < n; j++) {
        if (j == me)
            continue;
        const size_t mac = share_slot(me, j);
        block *c = rows + garble_cross_row(me, j);
        a = w->hash_a + 2 * (j - 1);
        b = w->hash_b + 2 * (j - 1);
        c[0] = xor3(a[0], b[0], s_g[mac]);
        c[1] = xor3(a[0], a[1], lambda_b[mac]);
        c[2] = xor3(b[0], b[1], lambda_a[mac]);
    }
    return gamma_0;
}

/* One step of the plan on the false labels. `rows`: where an AND gate's rows go. */
static void garble_step(garbler *w, plan_step step, uint8_t *rows)
{
    const session *s = w->r->s;
    block *labels = w->r->labels;
    block out = block_zero();
    switch (step.op) {
    case GATE_XOR:
        out = block_xor(labels[step.a], labels[step.b]);
        break;
    case GATE_AND:
        out = garble_and(w, labels[step.a], labels[step.b], rows);
        *kept_false_label(w->r, w->g, w->gate) = out;
        w->gate++;
        break;
    case GATE_NOT:
        out = block_xor(labels[step.a], s->delta);
        break;
    case GATE_CONST:
        out = block_if(step.a, s->delta);
        break;
    }
    labels[step.out] = out;
    HOOK(w->r->s, "wire_label_0", &labels[step.out], sizeof(block));
}

/* Garbles steps up to the one before AND gate number `end`, or to the segment's end with the last
 * gate. */
static void garble_frame(garbler *w, size_t end)
{
    const session *s = w->r->s;
    plan_walk *walk = &w->r->to_garble;
    const size_t first = w->gate;
    const size_t gate_bytes = gate_blocks(s->n) * sizeof(block);
    uint8_t *b_bits = w->frame + (end - first) * gate_bytes;
    if (s->me == 1)
        memset(b_bits, 0, bits_bytes(end - first));
    while (!walk_is_at(walk, w->gate, end)) {
        const plan_step step = plan_walk_next(walk);
        const size_t in_frame = w->gate - first;
        garble_step(w, step, w->frame + in_frame * gate_bytes);
        if (step.op == GATE_AND && s->me == 1)
            bits_set(b_bits, in_frame, block_bit(w->r->labels[step.out], 1));
    }
    PT_ASSERT(w->gate == end);
}

pt_status garble_segment(mpc_run *r, segment *g, pt_error *error)
{
    session *s = r->s;
    garbler w = {0};
    /* Section 4.2: no row that contains s leaves before its batch is verified. */
    PT_ASSERT(s->me != 0);
    PT_ASSERT(g->stage == SEGMENT_SHARES);
    PT_ASSERT(r->verified.bits == g->number + 1);
    PT_ASSERT(r->verified.deltas);
    PT_ASSERT(r->verified.zero_sums == g->number + 1);
    PT_ASSERT(r->verified.openings == g->number + 1);
    pt_status status = garbler_init(&w, r, g, error);
    const size_t frame_gates = garble_frame_gates(s->n);
    do {
        const size_t count = min_size(frame_gates, g->n_and - w.gate);
        if (status != PT_OK)
            break;
        garble_frame(&w, w.gate + count);
        if (count > 0)
            status = stream_send(s, 0, WAVE_GC, g->number, w.frame,
                                 garble_frame_bytes(s->n, s->me, count), error);
        session_progress(s, WAVE_GC, w.gate, g->n_and);
    } while (w.gate < g->n_and);
    garbler_clear(&w);
    session_mark_time(s, WAVE_GC);
    return status;
}
