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

uint64_t mpc_run_bytes(const session *s, const pt_circuit *circuit, uint64_t n_registers,
                       uint64_t pool_blocks)
{
    const uint64_t register_blocks = s->n + register_labels(s);
    const uint64_t blocks =
        pool_blocks + n_registers * register_blocks + (uint64_t)circuit->n_inputs * s->n;
    return blocks * sizeof(block) + n_registers +
           ((uint64_t)circuit->n_gates + circuit->n_outputs) * sizeof(uint32_t);
}

bool mpc_run_is_in_order(const mpc_run *r)
{
    const verified *v = &r->verified;
    return v->bits <= r->n_segments && v->bits_agreed <= v->bits &&
           v->zero_sums <= v->bits_agreed && v->openings <= v->zero_sums &&
           v->evaluation <= v->openings && (v->deltas || v->zero_sums == 0) &&
           (v->openings > 0 || !v->inputs_agreed) && (v->inputs_agreed || v->evaluation == 0);
}

bool mpc_run_plan_is_sound(const mpc_run *r)
{
    const circuit_plan *plan = &r->plan;
    uint64_t n_and = 0;
    bool ok = plan->n_registers >= r->circuit->n_inputs;
    for (size_t k = 0; k < plan->n_steps; k++) {
        const plan_step step = plan_step_at(plan, k);
        const bool reads_a = step.op != GATE_CONST;
        const bool reads_b = step.op == GATE_AND || step.op == GATE_XOR;
        ok &= step.out < plan->n_registers;
        ok &= !reads_a || step.a < plan->n_registers;
        ok &= !reads_b || step.b < plan->n_registers;
        n_and += step.op == GATE_AND;
    }
    for (size_t h = 0; h < r->circuit->n_outputs; h++)
        ok &= plan->outputs[h] < plan->n_registers;
    return ok && n_and == r->circuit->n_and;
}

static pt_status run_too_large(pt_error *error)
{
    return error_set(error, PT_ERR_LIMIT, "the circuit is too large for this machine");
}

pt_status mpc_run_init(mpc_run *ret_run, session *s, const pt_circuit *circuit,
                       const preparation *p, pt_error *error)
{
    *ret_run = (mpc_run){.s = s, .circuit = circuit, .preparation = p};
    const pt_status status = circuit_plan_init(&ret_run->plan, circuit, error);
    if (status != PT_OK)
        return status;
    const size_t n_registers = ret_run->plan.n_registers;
    PT_ASSERT(n_registers >= circuit->n_inputs);
    PT_DEBUG_ASSERT(mpc_run_plan_is_sound(ret_run));
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
    const uint64_t most = min_u64(circuit->n_and, segment_ands);
    const uint64_t pool_blocks = r->preparation->pool_blocks(r->s, most, circuit->n_inputs);
    if (pool_blocks > SIZE_MAX / sizeof(block))
        return run_too_large(error);
    r->segment_ands = segment_ands;
    r->n_segments = circuit->n_and / segment_ands + (circuit->n_and % segment_ands != 0);
    if (r->n_segments == 0)
        r->n_segments = 1;
    r->pool_blocks = (size_t)pool_blocks;
    /* Not blocks_new, which would touch every page twice. */
    r->pool = mem_new(r->pool_blocks, sizeof(block));
    return r->pool == NULL ? error_memory(error) : PT_OK;
}

void mpc_run_clear(mpc_run *r)
{
    if (r->s == NULL)
        return;
    const size_t n_registers = r->plan.n_registers;
    blocks_free(r->masks, n_registers, r->s->n);
    blocks_free(r->labels, n_registers, mpc_run_labels(r));
    blocks_free(r->input_masks, r->circuit->n_inputs, r->s->n);
    blocks_free(r->pool, r->pool_blocks, 1);
    mem_free_secret(r->masked, n_registers);
    circuit_plan_clear(&r->plan);
    *r = (mpc_run){0};
}

/* As many steps as hold `segment_ands` AND gates; all the rest once no AND gate is left over. */
static void cut_steps(segment *g, const mpc_run *r)
{
    const size_t end = r->plan.n_steps;
    size_t step = g->first_step;
    for (; step < end; step++) {
        if (plan_step_is_and(&r->plan, step)) {
            if (g->n_and == r->segment_ands)
                break;
            g->n_and++;
        }
    }
    g->n_steps = step - g->first_step;
    PT_ASSERT(g->n_and <= r->segment_ands);
    /* Only the last segment may be short, and it ends the plan. */
    PT_ASSERT((step == end) == (g->number + 1 == r->n_segments));
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
    if (previous != NULL) {
        g.number = previous->number + 1;
        g.first_step = previous->first_step + previous->n_steps;
    }
    PT_ASSERT(g.number < r->n_segments);
    PT_ASSERT(mpc_run_is_in_order(r));
    cut_steps(&g, r);
    r->pool_used = 0;
    g.masked = mem_new(bits_bytes(g.n_and), 1);
    *ret_segment = g;
    return g.masked == NULL ? error_memory(error) : PT_OK;
}

void segment_clear(segment *g)
{
    mem_free(g->masked); /* public */
    g->masked = NULL;
}
