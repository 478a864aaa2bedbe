/* polytune check: parses and type-checks, and computes nothing; silent when good. */
#include <string.h>

#include "base/buffer.h"
#include "cli/commands/command.h"
#include "cli/computation.h"
#include "cli/flags/const_flags.h"
#include "cli/output.h"
#include "cli/parts.h"
#include "cli/report.h"
#include "polytune/polytune.h"

static const flag flags[] = {
    {"function", "NAME", "the function to look at (default main, or else each that is pub)", false},
    {"const", "[PARTY::]NAME=LITERAL", "the value of an external constant of the program", true},
    {"json", NULL, "print the errors as one JSON object on stdout", false},
    {0},
};
static const flag *const flag_lists[] = {flags, flags_private, flags_common, NULL};

/* What compiling would say of a program that is good as it is: to choose a function, or that there
 * is none to choose, which is an error. */
static pt_status check_main(const pt_compile_options *options, pt_error *error)
{
    pt_program_facts facts;
    pt_diagnostics *diagnostics = NULL;
    pt_error unused;
    pt_error_clear(&unused);
    pt_status status = pt_program_inspect(&facts, &diagnostics, options, &unused);
    if (status != PT_ERR_PROGRAM || pt_diagnostics_count(diagnostics) == 0) {
        pt_diagnostics_free(diagnostics);
        return PT_OK; /* constants that are missing are no mistake of the program */
    }
    const char *message = pt_diagnostics_get(diagnostics, 0).message;
    const bool has_choice = strstr(message, "; choose one") != NULL;
    if (has_choice)
        report_message(REPORT_INFO, "%s: %s, with --function", options->file_name, message);
    else
        report_diagnostics(options->file_name, diagnostics, error);
    pt_diagnostics_free(diagnostics);
    return has_choice ? PT_OK : PT_ERR_PROGRAM;
}

static pt_status check_program(const computation *c, const pt_compile_options *options,
                               pt_error *error)
{
    pt_diagnostics *diagnostics = NULL;
    const pt_status status = pt_program_check(&diagnostics, options, error);
    report_diagnostics(c->path, diagnostics, error);
    pt_diagnostics_free(diagnostics);
    if (status == PT_OK && options->function == NULL)
        return check_main(options, error);
    return status;
}

/* False if something else is wrong with the constants. */
static bool note_missing(const pt_diagnostics *diagnostics)
{
    buffer missing;
    buffer_init(&missing, SIZE_MAX / 4);
    computation_put_missing(&missing, diagnostics);
    const char *text = missing.len == 0 ? NULL : buffer_text(&missing);
    if (text != NULL)
        report_message(REPORT_INFO,
                       "--private-results was not checked: types are known when all constants are "
                       "given, with%s",
                       text);
    buffer_clear(&missing);
    return text != NULL;
}

/* Whether the result has a part for each party, if the constants that are given tell its type. */
static pt_status check_parts(computation *c, const pt_compile_options *options, pt_error *error)
{
    pt_diagnostics *diagnostics = NULL;
    const pt_status status = pt_signature_new(&c->signature, &diagnostics, options, error);
    if (status == PT_ERR_CONSTANT && note_missing(diagnostics)) {
        pt_diagnostics_free(diagnostics);
        return PT_OK;
    }
    report_diagnostics(c->path, diagnostics, error);
    pt_diagnostics_free(diagnostics);
    if (status != PT_OK)
        return status;
    c->parties = pt_signature_party_count(c->signature);
    return parts_check(c, error);
}

static pt_status check_file(computation *c, const args *a, const const_flags *given,
                            pt_error *error)
{
    if (c->is_saved || computation_is_bristol(c))
        return computation_declare(c, a, given->list, given->n, error);
    const_flags_warn(given, c->source);
    const pt_compile_options options = {.source = c->source,
                                        .source_len = c->source_len,
                                        .file_name = c->path,
                                        .function = args_get(a, "function"),
                                        .constants = given->list,
                                        .n_constants = given->n};
    const pt_status status = check_program(c, &options, error);
    if (status != PT_OK || args_get(a, "private-results") == NULL)
        return status;
    return check_parts(c, &options, error);
}

static pt_status check_run(const args *a, pt_error *error)
{
    computation c;
    const_flags given = {0};
    pt_status status = computation_open(&c, a->positional[0], error);
    if (status == PT_OK)
        status = const_flags_init(&given, a, NULL, error);
    if (status == PT_OK)
        status = check_file(&c, a, &given, error);
    const_flags_clear(&given);
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
