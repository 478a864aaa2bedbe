#include "mpc/engine.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "mpc/abit/share.h"
#include "mpc/garble/authenticate.h"
#include "mpc/garble/evaluate.h"
#include "mpc/garble/garble.h"
#include "mpc/garble/input.h"
#include "mpc/garble/output.h"
#include "mpc/session/fault.h"
#include "mpc/session/hello.h"

/* Rows go to P_1 as they are made, and it evaluates them as they come, so that they are never
 * stored; LBL goes before them. */
static pt_status run_rows(mpc_run *r, segment *g, input_steps *in, pt_error *error)
{
    const bool evaluates = r->s->me == 0;
    pt_status status = PT_OK;
    if (in != NULL)
        status = input_steps_run(in, error);
    if (status == PT_OK && !evaluates)
        status = garble_segment(r, g, error);
    if (status == PT_OK && in != NULL)
        status = input_steps_finish(in, error);
    if (status == PT_OK && evaluates)
        status = evaluate_segment(r, g, error);
    return status;
}

/* What the steps that share waves with others keep. */
typedef struct engine_steps {
    input_steps inputs;
    output_steps outputs;
} engine_steps;

/* A segment, from its bits to its verified evaluation. The inputs are given in the first one, the
 * garblers' part of the outputs in the last. */
static pt_status run_segment(mpc_run *r, segment *g, engine_steps *steps, pt_error *error)
{
    const bool is_last = g->number + 1 == r->segments.n;
    r->s->progress_segment = g->n_and;
    pt_status status = r->preparation->shares_make(r, g, error);
    if (status != PT_OK)
        return status;
    g->stage = SEGMENT_SHARES;
    PT_ASSERT(r->verified.openings == g->number + 1);
    PT_ASSERT(mpc_run_is_in_order(r));
    PT_DEBUG_ASSERT(shares_agree(g->lambda_alpha, g->n_and, r->s->n));
    PT_DEBUG_ASSERT(shares_agree(g->masked_s, g->n_and, r->s->n));
    status = run_rows(r, g, g->number == 0 ? &steps->inputs : NULL, error);
    if (status != PT_OK)
        return status;
    if (g->number == 0)
        input_steps_clear(&steps->inputs);
    g->stage = SEGMENT_KEPT;
    status = authenticate_segment(r, g, is_last ? &steps->outputs.with_replies : NULL, error);
    PT_ASSERT(mpc_run_is_in_order(r));
    r->s->next_and += g->n_and;
    segment_pass(r);
    return status;
}

static pt_status run_segments(mpc_run *r, engine_steps *steps, pt_error *error)
{
    segment g = {0};
    pt_status status = PT_OK;
    for (uint64_t number = 0; status == PT_OK && number < r->segments.n; number++) {
        segment_clear(&g);
        status = segment_init(&g, r, number == 0 ? NULL : &g, error);
        if (status == PT_OK)
            status = run_segment(r, &g, steps, error);
    }
    segment_clear(&g);
    return status;
}

/* From the inputs' masks to the outputs. */
static pt_status run_circuit(mpc_run *r, const uint8_t *input_bits, uint8_t *ret_output_bits,
                             pt_error *error)
{
    engine_steps steps = {0};
    pt_status status = input_steps_init(&steps.inputs, r, input_bits, error);
    if (status == PT_OK)
        status = output_steps_init(&steps.outputs, r, error);
    if (status == PT_OK)
        status = run_segments(r, &steps, error);
    if (status == PT_OK)
        status = output_steps_run(&steps.outputs, ret_output_bits, error);
    input_steps_clear(&steps.inputs);
    output_steps_clear(&steps.outputs);
    return status;
}

/* The sequence of section 4.2, from HELLO on. */
static pt_status run_protocol(mpc_run *r, const engine_task *task, const uint8_t *input_bits,
                              uint8_t *ret_output_bits, pt_error *error)
{
    session *s = r->s;
    const hello_facts facts = {.circuit = task->circuit,
                               .session_data = task->session_data,
                               .session_data_len = task->session_data_len,
                               .segment_ands = task->segment_ands};
    uint64_t segment_ands = 0;
    pt_status status = session_hello(s, &facts, &segment_ands, error);
    if (status == PT_OK)
        status = mpc_run_cut(r, segment_ands, error);
    if (status != PT_OK)
        return status;
    status = r->preparation->setup(s, error);
    if (status != PT_OK)
        return status;
    return run_circuit(r, input_bits, ret_output_bits, error);
}

/* Not inlined: its frame and those below it are wiped. */
static NOINLINE pt_status run_task(session *s, const engine_task *task, const uint8_t *input_bits,
                                   uint8_t *ret_output_bits, pt_error *error)
{
    mpc_run r;
    s->progress_ands = task->circuit->n_and;
    pt_status status = mpc_run_init(&r, s, task->circuit, task->preparation, error);
    if (status == PT_OK)
        status = run_protocol(&r, task, input_bits, ret_output_bits, error);
    mpc_run_clear(&r);
    return status;
}

pt_status engine_run(session *s, const engine_task *task, const uint8_t *input_bits,
                     uint8_t *ret_output_bits, pt_error *error)
{
    const pt_status status = run_task(s, task, input_bits, ret_output_bits, error);
    mem_wipe_stack();
    return status;
}

static bool is_in_list(const size_t *parties, size_t n, size_t party)
{
    for (size_t i = 0; parties != NULL && i < n; i++) {
        if (parties[i] == party)
            return true;
    }
    return parties == NULL;
}

static bool is_receiver(const pt_mpc_options *o)
{
    if (o->receivers == NULL)
        return is_in_list(o->output_parties, o->n_output_parties, o->party);
    for (size_t i = 0; i < o->n_receivers; i++) {
        const pt_mpc_receivers *range = &o->receivers[i];
        if (range->n_bits > 0 && is_in_list(range->parties, range->n_parties, o->party))
            return true;
    }
    return false;
}

/* The caller's buffers. */
typedef struct engine_bits {
    uint8_t *ret_outputs;
    size_t n_outputs;
    const uint8_t *inputs;
    size_t n_inputs;
} engine_bits;

static pt_status check_bits(const engine_bits *b, const pt_mpc_options *o,
                            const pt_circuit *circuit, pt_error *error)
{
    const size_t n_inputs = circuit->party_inputs[o->party];
    if (b->ret_outputs == NULL && is_receiver(o) && circuit->n_outputs > 0)
        return error_set(error, PT_ERR_USAGE,
                         "party %zu receives the result and needs a place for it", o->party);
    if (b->ret_outputs != NULL && b->n_outputs != circuit->n_outputs)
        return error_set(error, PT_ERR_USAGE, "the circuit has %u output bits, not %zu",
                         (unsigned)circuit->n_outputs, b->n_outputs);
    if (b->inputs == NULL && n_inputs > 0)
        return error_set(error, PT_ERR_USAGE, "party %zu has no input bits", o->party);
    if (b->n_inputs != n_inputs)
        return error_set(error, PT_ERR_USAGE, "party %zu has %zu input bits, not %zu", o->party,
                         n_inputs, b->n_inputs);
    unsigned bits = 0;
    for (size_t h = 0; h < n_inputs; h++)
        bits |= b->inputs[h];
    if (bits > 1)
        return error_set(error, PT_ERR_INPUT, "an input bit is neither 0 nor 1");
    return PT_OK;
}

/* What session_init does not look at: the circuit, the inputs and the result's place. */
static pt_status check_arguments(const engine_bits *b, const pt_channel *channel,
                                 const pt_circuit *circuit, const pt_mpc_options *o,
                                 pt_error *error)
{
    pt_status status = session_check_channel(channel, o, error);
    if (status != PT_OK)
        return status;
    if (circuit == NULL)
        return error_set(error, PT_ERR_USAGE, "a circuit must be given");
    if (circuit->n_parties != o->parties)
        return error_set(error, PT_ERR_USAGE, "the circuit is for %zu parties, not %zu",
                         circuit->n_parties, o->parties);
    if (o->party >= o->parties)
        return error_set(error, PT_ERR_USAGE, "party %zu is not one of the %zu parties", o->party,
                         o->parties);
    if (o->session == NULL && o->session_len != 0)
        return error_set(error, PT_ERR_USAGE, "the session data is missing");
    if (o->output_parties != NULL && o->n_output_parties == 0)
        return error_set(error, PT_ERR_USAGE, "nobody would receive the result");
    status = receivers_check_bits(o, circuit->n_outputs, error);
    return status == PT_OK ? check_bits(b, o, circuit, error) : status;
}

uint64_t engine_segment_ands(const pt_mpc_options *options)
{
    return options->segment_ands != 0 ? options->segment_ands : ENGINE_SEGMENT_ANDS;
}

/* In a session of its own. */
static pt_status run_alone(session *s, const engine_bits *bits, const pt_channel *channel,
                           const pt_circuit *circuit, const pt_mpc_options *options,
                           pt_error *error)
{
    const uint64_t start_ns = clock_ns();
    pt_status status = session_init(s, options, channel, error);
    if (status != PT_OK)
        return status;
    const engine_task task = {.circuit = circuit,
                              .segment_ands = engine_segment_ands(options),
                              .preparation =
                                  options->dealer ? &preparation_dealt : &preparation_cot,
                              .session_data = options->session,
                              .session_data_len = options->session_len};
    status = engine_run(s, &task, bits->inputs, bits->ret_outputs, error);
    s->stats->and_gates = circuit->n_and;
    s->stats->seconds = (double)(clock_ns() - start_ns) * 1e-9;
    if (status != PT_OK)
        session_abort(s, status);
    session_clear(s);
    return status;
}

pt_status pt_mpc_run(uint8_t *ret_output_bits, size_t n_output_bits, const pt_channel *channel,
                     const pt_circuit *circuit, const uint8_t *input_bits, size_t n_input_bits,
                     const pt_mpc_options *options, pt_error *error)
{
    const engine_bits bits = {ret_output_bits, n_output_bits, input_bits, n_input_bits};
    session *s = NULL;
    pt_status status = check_arguments(&bits, channel, circuit, options, error);
    if (status == PT_OK) {
        s = mem_new_guarded(1, sizeof *s);
        status =
            s == NULL ? error_memory(error) : run_alone(s, &bits, channel, circuit, options, error);
    }
    mem_free_guarded(s, sizeof *s);
    if (status != PT_OK && ret_output_bits != NULL && circuit != NULL)
        memset(ret_output_bits, 0, min_size(n_output_bits, circuit->n_outputs));
    return status;
}
