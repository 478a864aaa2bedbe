/* polytune eval: plain evaluation, no cryptography. */
#include "base/error.h"
#include "base/mem.h"
#include "cli/commands/command.h"
#include "cli/computation.h"
#include "cli/flags/inputs.h"
#include "cli/flags/split.h"
#include "cli/parts.h"
#include "cli/result_out.h"

static const flag flags[] = {
    {"input", "LITERAL",
     "a party's input, in party order; @FILE reads it from a file (.json: Garble JSON; .csv, .tsv: "
     "a table); sqlite:FILE and odbc:WHERE are the tables that --query gives",
     true},
    {0},
};
static const flag *const flag_lists[] = {flags,         flags_output, flags_table,  flags_program,
                                         flags_private, flags_split,  flags_common, NULL};

static pt_status eval_print(const computation *c, const uint8_t *out, result_out *result,
                            pt_error *error)
{
    parts_shown shown = {0};
    const uint8_t **outputs = mem_new(c->parties, sizeof *outputs);
    pt_status status = outputs == NULL ? error_memory(error) : PT_OK;
    for (size_t p = 0; status == PT_OK && p < c->parties; p++)
        outputs[p] = out;
    if (status == PT_OK)
        status = parts_show(&shown, c, outputs, error);
    if (status == PT_OK)
        status = result_out_write(result, &(result_value){out, shown.text, shown.json},
                                  json_pack("{s:O}", "text", shown.texts), error);
    parts_shown_clear(&shown);
    mem_free(outputs);
    return status;
}

static pt_status evaluate(const computation *c, const inputs *in, result_out *result,
                          pt_error *error)
{
    const size_t n_out = pt_circuit_output_bits(c->circuit);
    uint8_t *out = mem_new(n_out, 1);
    pt_status status = out == NULL ? error_memory(error) : PT_OK;
    if (status == PT_OK)
        status = pt_circuit_eval(out, n_out, c->circuit, in->all, in->n_bits, error);
    if (status == PT_OK)
        status = eval_print(c, out, result, error);
    mem_free_secret(out, n_out);
    return status;
}

static pt_status eval_run(const args *a, pt_error *error)
{
    computation c = {0};
    inputs in = {0};
    tables t = {0};
    result_out result;
    pt_status status = result_out_init(&result, a, error);
    if (status == PT_OK)
        status = tables_init(&t, a, error);
    if (status == PT_OK)
        status = inputs_compile(&in, &c, &t, &result, a->positional[0], error);
    if (status == PT_OK)
        status = evaluate(&c, &in, &result, error);
    inputs_clear(&in);
    tables_clear(&t);
    computation_clear(&c);
    result_out_clear(&result);
    return status;
}

const command command_eval = {
    .name = "eval",
    .arguments = "PROGRAM",
    .summary = "evaluate a program in the clear, without cryptography",
    .flags = flag_lists,
    .n_positional = 1,
    .run = eval_run,
};
