#include "mpc/garble/output.h"

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "mpc/abit/open.h"
#include "mpc/session/wave.h"

/* Output bits of one party, and room for what is received of them. */
struct output_list {
    size_t count;
    uint32_t *positions; /* in the circuit's outputs; room for all of them */
    uint32_t *registers;
    uint8_t *masks; /* packed */
    size_t masks_bytes;
};

static pt_status output_list_init(output_list *ret_list, const mpc_run *r, pt_error *error)
{
    const size_t m = r->circuit->n_outputs;
    output_list l = {.positions = mem_new(m, sizeof *l.positions),
                     .registers = mem_new(m, sizeof *l.registers),
                     .masks = mem_new(bits_bytes(m), 1),
                     .masks_bytes = bits_bytes(m)};
    *ret_list = l;
    if (l.positions == NULL || l.registers == NULL || l.masks == NULL)
        return error_memory(error);
    return PT_OK;
}

static void output_list_clear(output_list *l)
{
    mem_free(l->positions);
    mem_free(l->registers);
    mem_free_secret(l->masks, l->masks_bytes);
}

/* Makes it the list of what `party` learns. */
static void output_list_fill(output_list *l, const mpc_run *r, size_t party)
{
    l->count = receivers_positions(l->positions, &r->s->receivers, r->s->roster[party],
                                   r->circuit->n_outputs);
    for (size_t h = 0; h < l->count; h++)
        l->registers[h] = r->circuit->output_registers[l->positions[h]];
}

/* Section 6.5: all segments' batches, openings and circuit authentication, and one view of INL. */
static void assert_may_release(const mpc_run *r)
{
    const verified *v = &r->verified;
    PT_ASSERT(v->bits == r->segments.n);
    PT_ASSERT(v->deltas);
    PT_ASSERT(v->zero_sums == r->segments.n);
    PT_ASSERT(v->openings == r->segments.n);
    PT_ASSERT(v->inputs_agreed);
    PT_ASSERT(v->evaluation == r->segments.n);
    PT_ASSERT(!r->s->aborted);
}

size_t output_bytes(const session *s, const pt_circuit *circuit, size_t receiver)
{
    return open_to_bytes(s,
                         receivers_count(&s->receivers, s->roster[receiver], circuit->n_outputs));
}

/* To every peer what it is to learn, and no more. */
static pt_status send_masks(const mpc_run *r, wave *w, pt_error *error)
{
    output_list theirs;
    const pt_status status = output_list_init(&theirs, r, error);
    assert_may_release(r);
    for (size_t party = 0; status == PT_OK && party < r->s->n; party++) {
        if (party == r->s->me)
            continue;
        output_list_fill(&theirs, r, party);
        open_to_put(w, party, r->masks, theirs.registers, theirs.count);
    }
    output_list_clear(&theirs);
    return status;
}

/* Bytes that every sender has for this party. */
static size_t own_bytes(const output_steps *out)
{
    return output_bytes(out->run->s, out->run->circuit, out->run->s->me);
}

static void expect_masks(const output_steps *out, wave *w, size_t first_sender, size_t end)
{
    for (size_t party = first_sender; party < end; party++) {
        if (party != out->run->s->me)
            wave_expect(w, party, 0, own_bytes(out));
    }
}

static pt_status keep_masks(output_steps *out, const wave *w, size_t first_sender, size_t end,
                            pt_error *error)
{
    for (size_t party = first_sender; party < end; party++) {
        if (party == out->run->s->me || own_bytes(out) == 0)
            continue;
        out->openings[party] = mem_new(own_bytes(out), 1);
        if (out->openings[party] == NULL)
            return error_memory(error);
        memcpy(out->openings[party], wave_along_from(w, party), own_bytes(out));
    }
    return PT_OK;
}

/* P_1 sends nothing yet: a garbler that changed a row would see the output of another circuit. */
static pt_status replies_put(void *user, wave *w, pt_error *error)
{
    const output_steps *out = user;
    expect_masks(out, w, 1, out->run->s->n);
    return out->run->s->me == 0 ? PT_OK : send_masks(out->run, w, error);
}

static pt_status replies_take(void *user, const wave *w, pt_error *error)
{
    output_steps *out = user;
    out->replied = true;
    return keep_masks(out, w, 1, out->run->s->n, error);
}

static size_t rest_end(const output_steps *out)
{
    return out->replied ? 1 : out->run->s->n;
}

static pt_status rest_put(void *user, wave *w, pt_error *error)
{
    const output_steps *out = user;
    wave_make_sparse(w);
    expect_masks(out, w, 0, rest_end(out));
    return out->run->s->me < rest_end(out) ? send_masks(out->run, w, error) : PT_OK;
}

static pt_status rest_take(void *user, const wave *w, pt_error *error)
{
    output_steps *out = user;
    return keep_masks(out, w, 0, rest_end(out), error);
}

pt_status output_steps_init(output_steps *ret_outputs, mpc_run *r, pt_error *error)
{
    *ret_outputs =
        (output_steps){.run = r,
                       .list = mem_new(1, sizeof *ret_outputs->list),
                       .with_replies = {WAVE_OUT, replies_put, replies_take, ret_outputs},
                       .rest = {WAVE_OUT, rest_put, rest_take, ret_outputs}};
    if (ret_outputs->list == NULL)
        return error_memory(error);
    const pt_status status = output_list_init(ret_outputs->list, r, error);
    if (status == PT_OK)
        output_list_fill(ret_outputs->list, r, r->s->me);
    return status;
}

void output_steps_clear(output_steps *out)
{
    for (size_t party = 0; party < MPC_MAX_PARTIES; party++)
        mem_free_secret(out->openings[party], out->openings[party] == NULL ? 0 : own_bytes(out));
    if (out->list != NULL)
        output_list_clear(out->list);
    mem_free(out->list);
    *out = (output_steps){0};
}

/* Opens what has come, into the list's masks. */
static pt_status output_steps_open(const output_steps *out, pt_error *error)
{
    const mpc_run *r = out->run;
    const output_list *l = out->list;
    opening o = {.s = r->s,
                 .name = WAVE_OUT,
                 .along = true,
                 .shares = r->masks,
                 .index = l->registers,
                 .count = l->count};
    for (size_t party = 0; party < r->s->n; party++)
        o.from[party] = out->openings[party];
    return open_to_check(&o, l->masks, error);
}

static void output_steps_write(const output_steps *out, uint8_t *ret_bits)
{
    const mpc_run *r = out->run;
    const output_list *l = out->list;
    if (l->count > 0)
        memset(ret_bits, 0, r->circuit->n_outputs);
    for (size_t h = 0; h < l->count; h++)
        ret_bits[l->positions[h]] = (uint8_t)(r->masked[l->registers[h]] ^ bits_get(l->masks, h));
}

pt_status output_steps_run(output_steps *out, uint8_t *ret_bits, pt_error *error)
{
    session *s = out->run->s;
    /* The form with one peer names the wave that the bits came with. */
    const bool is_complete = s->me == 0 && out->replied;
    pt_status status = is_complete ? output_steps_open(out, error) : PT_OK;
    if (status == PT_OK)
        status = wave_run_alone(s, &out->rest, error);
    if (status == PT_OK && !is_complete)
        status = output_steps_open(out, error);
    if (status == PT_OK)
        output_steps_write(out, ret_bits);
    return status;
}
