#include "mpc/garble/masks.h"

#include "base/assert.h"
#include "mpc/abit/share.h"

void masks_walk(mpc_run *r, const segment *g)
{
    const size_t n = r->s->n;
    const size_t share_bytes = n * sizeof(block);
    if (g->number == 0 && r->circuit->n_inputs > 0)
        memcpy(r->masks, r->input_masks, r->circuit->n_inputs * share_bytes);
    PT_ASSERT(g->number == 0 || r->verified.inputs_agreed);
    size_t and_gate = 0;
    while (!segment_is_walked(g, &r->to_mask, and_gate)) {
        const plan_step step = plan_walk_next(&r->to_mask);
        block *out = r->masks + step.out * n;
        switch (step.op) {
        case GATE_XOR:
            share_xor(out, r->masks + step.a * n, r->masks + step.b * n, n);
            break;
        case GATE_AND:
            share_copy(g->lambda_alpha + and_gate * n, r->masks + step.a * n, n);
            share_copy(g->lambda_beta + and_gate * n, r->masks + step.b * n, n);
            share_copy(out, g->lambda_gamma + and_gate * n, n);
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
