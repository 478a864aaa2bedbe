#include "mpc/garble/output.h"

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "mpc/abit/open.h"
#include "mpc/session/wave.h"

/* Output bits of one party, and room for what is received of them. */
typedef struct output_list {
    size_t count;
    uint32_t *positions; /* in the circuit's outputs; room for all of them */
    uint32_t *registers;
    uint8_t *masks; /* packed */
    size_t masks_bytes;
    size_t *at; /* where a peer's opening starts: 0 */
} output_list;

static pt_status output_list_init(output_list *ret_list, const mpc_run *r, pt_error *error)
{
    const size_t m = r->circuit->n_outputs;
    output_list l = {.positions = mem_new(m, sizeof *l.positions),
                     .registers = mem_new(m, sizeof *l.registers),
                     .masks = mem_new(bits_bytes(m), 1),
                     .masks_bytes = bits_bytes(m),
                     .at = mem_new(r->s->n, sizeof *l.at)};
    *ret_list = l;
    if (l.positions == NULL || l.registers == NULL || l.masks == NULL || l.at == NULL)
        return error_memory(error);
    return PT_OK;
}

static void output_list_clear(output_list *l)
{
    mem_free(l->positions);
    mem_free(l->registers);
    mem_free_secret(l->masks, l->masks_bytes);
    mem_free(l->at);
}

/* Makes it the list of what `party` learns. */
static void output_list_fill(output_list *l, const mpc_run *r, size_t party)
{
    l->count = receivers_positions(l->positions, &r->s->receivers, r->s->roster[party],
                                   r->circuit->n_outputs);
    for (size_t h = 0; h < l->count; h++)
        l->registers[h] = r->plan.outputs[l->positions[h]];
}

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

/* To every peer what it is to learn, and no more. */
static void send_masks(const mpc_run *r, wave *w, output_list *l)
{
    assert_may_release(r);
    for (size_t party = 0; party < r->s->n; party++) {
        if (party == r->s->me)
            continue;
        output_list_fill(l, r, party);
        open_to_put(w, party, r->masks, l->registers, l->count);
    }
}

/* `l` is the own list. */
static pt_status receive_masks(const mpc_run *r, const wave *w, const output_list *l,
                               uint8_t *ret_bits, pt_error *error)
{
    const pt_status status =
        open_to_check(w, l->at, r->masks, l->registers, l->count, l->masks, error);
    if (status != PT_OK)
        return status;
    if (l->count > 0)
        memset(ret_bits, 0, r->circuit->n_outputs);
    for (size_t h = 0; h < l->count; h++)
        ret_bits[l->positions[h]] = (uint8_t)(r->masked[l->registers[h]] ^ bits_get(l->masks, h));
    return PT_OK;
}

pt_status outputs_run(mpc_run *r, uint8_t *ret_bits, pt_error *error)
{
    session *s = r->s;
    wave w;
    output_list list = {0};
    pt_status status = wave_begin(&w, s, WAVE_OUT, error);
    if (status == PT_OK)
        status = output_list_init(&list, r, error);
    if (status != PT_OK)
        goto done;
    send_masks(r, &w, &list);
    output_list_fill(&list, r, s->me);
    wave_expect_each(&w, 0, open_to_bytes(s, list.count));
    status = wave_run(&w, error);
    if (status == PT_OK)
        status = receive_masks(r, &w, &list, ret_bits, error);
done:
    wave_end(&w);
    output_list_clear(&list);
    return status;
}
