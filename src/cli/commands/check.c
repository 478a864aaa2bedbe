/* polytune check: parses and type-checks, and computes nothing; silent when good. */
#include "cli/commands/command.h"
#include "cli/computation.h"
#include "cli/output.h"
#include "cli/report.h"
#include "polytune/polytune.h"

static const flag flags[] = {
    {"json", NULL, "print the errors as one JSON object on stdout", false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_common, NULL};

static pt_status check_program(const computation *c, pt_error *error)
{
    const pt_compile_options options = {
        .source = c->source, .source_len = c->source_len, .file_name = c->path};
    pt_diagnostics *diagnostics = NULL;
    const pt_status status = pt_program_check(&diagnostics, &options, error);
    report_diagnostics(c->path, diagnostics, error);
    pt_diagnostics_free(diagnostics);
    return status;
}

static pt_status check_run(const args *a, pt_error *error)
{
    computation c;
    pt_status status = computation_open(&c, a->positional[0], error);
    if (status == PT_OK && computation_is_bristol(&c))
        status = computation_declare(&c, a, NULL, 0, error);
    else if (status == PT_OK)
        status = check_program(&c, error);
    computation_clear(&c);
    if (status == PT_OK && args_get(a, "json") != NULL)
        status = output_json(json_pack("{s:[]}", "errors"), error);
    return status;
}

const command command_check = {
    .name = "check",
    .arguments = "PROGRAM",
    .summary = "look for mistakes in a program or circuit; silent when it is good",
    .flags = flag_lists,
    .n_positional = 1,
    .run = check_run,
};
