#include "mpc/garble/output.h"

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "mpc/abit/open.h"
#include "mpc/session/wave.h"

/* Section 6.5: all segments' batches, openings and circuit authentication, and one view of INL. */
static void assert_may_release(const mpc_run *r)
{
    const verified *v = &r->verified;
    PT_ASSERT(v->bits == r->n_segments);
    PT_ASSERT(v->deltas);
    PT_ASSERT(v->zero_sums == r->n_segments);
    PT_ASSERT(v->openings == r->n_segments);
    PT_ASSERT(v->inputs_agreed);
    PT_ASSERT(v->evaluation == r->n_segments);
    PT_ASSERT(!r->s->aborted);
}

pt_status outputs_run(mpc_run *r, uint8_t *ret_bits, pt_error *error)
{
    session *s = r->s;
    wave w;
    const size_t m = r->circuit->n_outputs;
    const bool receives = s->receives[s->me];
    size_t *at = mem_new(s->n, sizeof *at);
    uint8_t *masks = mem_new(bits_bytes(m), 1);
    pt_status status = wave_begin(&w, s, WAVE_OUT, error);
    if (status == PT_OK && (at == NULL || masks == NULL))
        status = error_memory(error);
    if (status != PT_OK)
        goto done;
    assert_may_release(r);
    for (size_t party = 0; party < s->n; party++) {
        if (party != s->me && s->receives[party])
            open_to_put(&w, party, r->masks, r->plan.outputs, m);
    }
    wave_expect_each(&w, 0, receives ? open_to_bytes(s, m) : 0);
    status = wave_run(&w, error);
    if (status == PT_OK && receives)
        status = open_to_check(&w, at, r->masks, r->plan.outputs, m, masks, error);
    for (size_t h = 0; status == PT_OK && receives && h < m; h++)
        ret_bits[h] = (uint8_t)(r->masked[r->plan.outputs[h]] ^ bits_get(masks, h));
done:
    wave_end(&w);
    mem_free_secret(masks, bits_bytes(m));
    mem_free(at);
    return status;
}
