#include "mpc/run.h"

#include <stddef.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"

_Static_assert(CIRCUIT_MAX_WIRES <= MPC_MAX_AND, "no circuit has too many AND gates for a session");
/* In segments of one gate each is padded to 34 at most (section 4.6), and a batch has less than
 * three blocks of bits besides. */
_Static_assert(CIRCUIT_MAX_WIRES <=
                   MPC_MAX_COTS / (3 * MPC_BUCKET_MAX * (uint64_t)34 + 3 * MPC_KAPPA),
               "nor too many bits, whatever segments the parties agree on");

_Static_assert(_Alignof(max_align_t) >= _Alignof(block), "mem_new aligns blocks");

block *blocks_new(size_t count, size_t blocks)
{
    return mem_new_aligned(count, blocks * sizeof(block));
}

void blocks_free(block *b, size_t count, size_t blocks)
{
    mem_free_secret(b, count * blocks * sizeof *b);
}

static size_t register_labels(const session *s)
{
    return s->me == 0 ? s->n - 1 : 1;
}

size_t mpc_run_labels(const mpc_run *r)
{
    return register_labels(r->s);
}

uint64_t mpc_run_bytes(const session *s, const pt_circuit *circuit, uint64_t pool_blocks)
{
    const uint64_t register_blocks = s->n + register_labels(s);
    const uint64_t blocks =
        pool_blocks + circuit->n_registers * register_blocks + (uint64_t)circuit->n_inputs * s->n;
    const uint64_t n_walks = s->me == 0 ? 2 : 3;
    return blocks * sizeof(block) + circuit->n_registers + n_walks * plan_walk_bytes(circuit);
}

bool mpc_run_is_in_order(const mpc_run *r)
{
    const verified *v = &r->verified;
    return v->bits <= r->segments.n && v->bits_agreed <= v->bits &&
           v->zero_sums <= v->bits_agreed && v->openings <= v->zero_sums &&
           v->evaluation <= v->openings && (v->deltas || v->zero_sums == 0) &&
           (v->openings > 0 || !v->inputs_agreed) && (v->inputs_agreed || v->evaluation == 0);
}

static bool walks_init(mpc_run *r)
{
    return plan_walk_init(&r->to_mask, r->circuit) && plan_walk_init(&r->to_garble, r->circuit) &&
           (r->s->me == 0 || plan_walk_init(&r->to_check, r->circuit));
}

static pt_status run_too_large(pt_error *error)
{
    return error_set(error, PT_ERR_LIMIT, "the circuit is too large for this machine");
}

pt_status mpc_run_init(mpc_run *ret_run, session *s, const pt_circuit *circuit,
                       const preparation *p, pt_error *error)
{
    *ret_run = (mpc_run){.s = s, .circuit = circuit, .preparation = p};
    const size_t n_registers = circuit->n_registers;
    PT_ASSERT(n_registers >= circuit->n_inputs);
    if (!walks_init(ret_run))
        return error_memory(error);
    /* A block for each output comes from every peer (form C of OPEN). */
    if ((uint64_t)circuit->n_outputs * sizeof(block) > SIZE_MAX)
        return run_too_large(error);
    ret_run->masks = blocks_new(n_registers, s->n);
    ret_run->labels = blocks_new(n_registers, mpc_run_labels(ret_run));
    ret_run->masked = mem_new(n_registers, 1);
    ret_run->input_masks = blocks_new(circuit->n_inputs, s->n);
    if (ret_run->masks == NULL || ret_run->labels == NULL || ret_run->masked == NULL ||
        ret_run->input_masks == NULL)
        return error_memory(error);
    return PT_OK;
}

pt_status mpc_run_cut(mpc_run *r, uint64_t segment_ands, pt_error *error)
{
    PT_ASSERT(segment_ands > 0 && r->pool == NULL);
    const pt_circuit *circuit = r->circuit;
    r->segments = segments_of(circuit->n_and, segment_ands);
    const uint64_t most = segments_ands_at(&r->segments, circuit->n_and, 0);
    const uint64_t pool_blocks = r->preparation->pool_blocks(r->s, most, circuit->n_inputs);
    if (pool_blocks > SIZE_MAX / sizeof(block))
        return run_too_large(error);
    r->pool_blocks = (size_t)pool_blocks;
    r->pool = mem_new_unset(r->pool_blocks, sizeof(block));
    return r->pool == NULL ? error_memory(error) : PT_OK;
}

void mpc_run_clear(mpc_run *r)
{
    if (r->s == NULL)
        return;
    const size_t n_registers = r->circuit->n_registers;
    blocks_free(r->masks, n_registers, r->s->n);
    blocks_free(r->labels, n_registers, mpc_run_labels(r));
    blocks_free(r->input_masks, r->circuit->n_inputs, r->s->n);
    blocks_free(r->pool, r->pool_blocks, 1);
    mem_free_secret(r->masked, n_registers);
    plan_walk_clear(&r->to_mask);
    plan_walk_clear(&r->to_garble);
    plan_walk_clear(&r->to_check);
    *r = (mpc_run){0};
}

block *run_take(mpc_run *r, size_t count, size_t blocks)
{
    PT_ASSERT(blocks == 0 || count <= (r->pool_blocks - r->pool_used) / blocks);
    block *taken = r->pool + r->pool_used;
    r->pool_used += count * blocks;
    return taken;
}

pt_status segment_init(segment *ret_segment, mpc_run *r, const segment *previous, pt_error *error)
{
    segment g = {.first_and = r->s->next_and};
    if (previous != NULL)
        g.number = previous->number + 1;
    PT_ASSERT(mpc_run_is_in_order(r));
    g.n_and = (size_t)segments_ands_at(&r->segments, r->circuit->n_and, g.number);
    r->pool_used = 0;
    g.masked = mem_new(bits_bytes(g.n_and), 1);
    *ret_segment = g;
    return g.masked == NULL ? error_memory(error) : PT_OK;
}

void segment_pass(mpc_run *r)
{
    plan_walk_pass(r->s->me == 0 ? &r->to_garble : &r->to_check, r->circuit);
}

void segment_clear(segment *g)
{
    mem_free(g->masked); /* public */
    g->masked = NULL;
}
