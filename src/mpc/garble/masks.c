#include "mpc/garble/masks.h"

#include "base/assert.h"
#include "base/compiler.h"
#include "mpc/abit/share.h"

/* An AND gate, which may drive the register of an operand. Returns lo64 of lambda_gamma's blocks,
 * added. */
static ALWAYS_INLINE uint64_t walk_and(const mpc_run *r, const segment *g, plan_step step,
                                       size_t and_gate, size_t n)
{
    const block *a = r->masks + step.a * n;
    const block *b = r->masks + step.b * n;
    block *out = r->masks + step.out * n;
    const size_t at = and_gate * n;
    uint64_t sum = 0;
    for (size_t c = 0; c < n; c++) {
        const block gamma = g->lambda_gamma[at + c];
        g->lambda_alpha[at + c] = a[c];
        g->lambda_beta[at + c] = b[c];
        g->masked_s[at + c] = block_xor(g->masked_s[at + c], gamma);
        out[c] = gamma;
        sum ^= gamma.lo;
    }
    return sum;
}

static ALWAYS_INLINE void masks_walk_of(mpc_run *r, const segment *g, size_t n)
{
    const size_t share_bytes = n * sizeof(block);
    if (g->number == 0 && r->circuit->n_inputs > 0)
        memcpy(r->masks, r->input_masks, r->circuit->n_inputs * share_bytes);
    PT_ASSERT(g->number == 0 || r->verified.inputs_agreed);
    size_t and_gate = 0;
    uint64_t sum = 0;
    while (!segment_is_walked(g, &r->to_mask, and_gate)) {
        const plan_step step = plan_walk_next(&r->to_mask);
        block *out = r->masks + step.out * n;
        switch (step.op) {
        case GATE_XOR:
            share_xor(out, r->masks + step.a * n, r->masks + step.b * n, n);
            break;
        case GATE_AND:
            sum = walk_and(r, g, step, and_gate, n);
            if (g->gamma_sums != NULL)
                g->gamma_sums[and_gate] = sum;
            HOOK(r->s, "gate_mask", out, share_bytes);
            and_gate++;
            break;
        case GATE_NOT:
            if (step.out != step.a)
                memcpy(out, r->masks + step.a * n, share_bytes);
            break;
        case GATE_CONST:
            memset(out, 0, share_bytes);
            break;
        }
        HOOK(r->s, "wire_mask", out, share_bytes);
    }
    PT_ASSERT(and_gate == g->n_and);
}

/* The loops are short: it helps when the compiler knows the number of parties. */
void masks_walk(mpc_run *r, const segment *g)
{
    if (r->s->n == 2)
        masks_walk_of(r, g, 2);
    else
        masks_walk_of(r, g, r->s->n);
}
