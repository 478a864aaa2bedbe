/* polytune check: parse and type-check; silent when good. */
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/file.h"
#include "cli/report.h"
#include "polytune/polytune.h"

static const flag *const flag_lists[] = {flags_common, NULL};

static pt_status run(const args *a, pt_error *error)
{
    char *source = NULL;
    size_t len = 0;
    pt_diagnostics *diagnostics = NULL;
    pt_status status = file_read(&source, &len, a->positional[0], error);
    if (status == PT_OK) {
        const pt_compile_options options = {
            .source = source, .source_len = len, .file_name = a->positional[0]};
        status = pt_program_check(&diagnostics, &options, error);
        report_diagnostics(diagnostics, error);
    }
    pt_diagnostics_free(diagnostics);
    mem_free(source);
    return status;
}

const command command_check = {
    .name = "check",
    .arguments = "PROGRAM",
    .summary = "parse and type-check a Garble program; silent when it is good",
    .flags = flag_lists,
    .n_positional = 1,
    .run = run,
};
