/* polytune simulate: every party in this process, the real protocol over the memory channel. */
#include "base/error.h"
#include "base/mem.h"
#include "cli/commands/command.h"
#include "cli/cost/cost.h"
#include "cli/flags/inputs.h"
#include "cli/flags/mpc_flags.h"
#include "cli/flags/split.h"
#include "cli/flags/threads.h"
#include "cli/local_run.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/result_out.h"

static const flag flags[] = {
    {"input", "LITERAL",
     "a party's input, in party order; @FILE reads it from a file (.json: Garble JSON; .csv, .tsv: "
     "a table); sqlite:FILE and odbc:WHERE are the tables that --query gives",
     true},
    {0},
};
static const flag *const flag_lists[] = {flags,        flags_output,  flags_table,   flags_program,
                                         flags_mpc,    flags_threads, flags_private, flags_split,
                                         flags_common, NULL};

/* Of each party, the output that a party received which is to have the same: its own, where all
 * receive. Every receiving party must hold the same bits, unless each has its own. */
static pt_status collect_outputs(const uint8_t **ret_outputs, const local_party *parties, size_t n,
                                 const mpc_flags *f, size_t n_bits, pt_error *error)
{
    const uint8_t *bits = NULL;
    for (size_t i = 0; i < n; i++) {
        if (f->private_results)
            ret_outputs[i] = parties[i].output;
        if (f->private_results || !mpc_flags_receives(f, i))
            continue;
        for (size_t b = 0; bits != NULL && b < n_bits; b++) {
            if (bits[b] != parties[i].output[b])
                return error_set(error, PT_ERR_INTERNAL, "the parties hold different results");
        }
        bits = parties[i].output;
    }
    for (size_t i = 0; bits != NULL && i < n; i++)
        ret_outputs[i] = bits;
    return PT_OK;
}

/* Figures of n parties, and of the dealer after them. */
static json_t *as_json(json_t *texts, const pt_mpc_stats *stats, size_t n, bool dealer)
{
    json_t *object = json_pack("{s:O}", "text", texts);
    json_t *sent = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(sent, json_integer((json_int_t)stats[i].bytes_sent));
    (void)json_object_set_new(object, "bytes_sent", sent);
    if (dealer)
        (void)json_object_set_new(object, "dealer_bytes_sent",
                                  json_integer((json_int_t)stats[n].bytes_sent));
    output_add_stats(object, n, &stats[0]);
    return object;
}

static pt_status simulate_print(const computation *c, const local_party *parties,
                                const pt_mpc_stats *stats, const mpc_flags *f, result_out *result,
                                pt_error *error)
{
    const size_t n_bits = pt_circuit_output_bits(c->circuit);
    parts_shown shown = {0};
    const uint8_t **outputs = mem_new(c->parties, sizeof *outputs);
    pt_status status = outputs == NULL ? error_memory(error) : PT_OK;
    if (status == PT_OK)
        status = collect_outputs(outputs, parties, c->parties, f, n_bits, error);
    if (status == PT_OK)
        status = parts_show(&shown, c, outputs, error);
    if (status == PT_OK)
        status = result_out_write(result, &(result_value){outputs[0], shown.text, shown.json},
                                  as_json(shown.texts, stats, c->parties, f->dealer), error);
    parts_shown_clear(&shown);
    mem_free(outputs);
    return status;
}

static pt_status simulate(const computation *c, const mpc_flags *f, const inputs *in,
                          result_out *result, pt_error *error)
{
    const size_t n = c->parties;
    const size_t seats = n + (f->dealer ? 1 : 0);
    const size_t n_out = pt_circuit_output_bits(c->circuit);
    local_party *parties = mem_new(seats, sizeof *parties);
    pt_mpc_stats *stats = mem_new(seats, sizeof *stats);
    pt_channel *channels = mem_new(seats, sizeof *channels);
    pt_status status =
        parties == NULL || stats == NULL || channels == NULL ? error_memory(error) : PT_OK;
    if (status == PT_OK)
        status = pt_channel_memory_mesh(channels, seats, 0, error);
    for (size_t i = 0; i < seats && status == PT_OK; i++) {
        local_party *p = &parties[i];
        p->channel = channels[i];
        p->options = mpc_flags_options(f, i, n, &stats[i], i == 0);
        if (i == n) /* the dealer */
            continue;
        p->circuit = c->circuit;
        p->input = in->all + in->first[i];
        p->output = mem_new(n_out, 1);
        if (p->output == NULL)
            status = error_memory(error);
    }
    if (status == PT_OK)
        status = local_run(parties, seats, error);
    report_progress_end();
    if (status == PT_OK)
        status = simulate_print(c, parties, stats, f, result, error);
    for (size_t i = 0; parties != NULL && channels != NULL && i < seats; i++) {
        pt_channel_close(parties[i].channel.ops != NULL ? &parties[i].channel : &channels[i]);
        mem_free_secret(parties[i].output, n_out);
    }
    mem_free(parties);
    mem_free(stats);
    mem_free(channels);
    return status;
}

static pt_status simulate_run(const args *a, pt_error *error)
{
    computation c = {0};
    tables t = {0};
    mpc_flags f = {0};
    inputs in = {0};
    result_out result;
    pt_status status = result_out_init(&result, a, error);
    if (status == PT_OK)
        status = tables_init(&t, a, error);
    if (status == PT_OK)
        status = inputs_compile(&in, &c, &t, &result, a->positional[0], error);
    if (status == PT_OK)
        status = mpc_flags_init(&f, a, c.parties, error);
    if (status == PT_OK)
        f.threads = threads_each(f.threads, c.parties + (f.dealer ? 1 : 0));
    if (status == PT_OK)
        status = mpc_flags_divide(&f, &c, error);
    if (status == PT_OK)
        status = cost_report(&c, &f, COST_EVERY_PARTY, error);
    if (status == PT_OK)
        status = simulate(&c, &f, &in, &result, error);
    inputs_clear(&in);
    tables_clear(&t);
    mpc_flags_clear(&f);
    computation_clear(&c);
    result_out_clear(&result);
    return status;
}

const command command_simulate = {
    .name = "simulate",
    .arguments = "PROGRAM",
    .summary = "run every party in this process with the real protocol",
    .flags = flag_lists,
    .n_positional = 1,
    .run = simulate_run,
};
