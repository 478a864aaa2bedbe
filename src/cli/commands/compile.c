/* polytune compile: circuit statistics, and export as Bristol Fashion. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands/command.h"
#include "cli/computation.h"
#include "cli/file_out.h"
#include "cli/flags/split.h"
#include "cli/line_report.h"
#include "cli/output.h"
#include "cli/parts.h"

static const flag flags[] = {
    {"output", "FILE",
     "write the circuit as Bristol Fashion text; a FILE.ptc gets the compiled program, to be run "
     "without compiling it again; - prints the circuit instead of its size",
     false},
    {"o", "FILE", "the same", false},
    {"report", NULL, "tell how many AND gates come from each line of the program", false},
    {0},
};
static const flag *const flag_lists[] = {flags,       flags_program, flags_private,
                                         flags_split, flags_common,  NULL};

static pt_status compile_print_json(const pt_circuit_stats *s, const computation *c, const args *a,
                                    pt_error *error)
{
    json_t *object =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "and", (json_int_t)s->and_gates, "xor",
                  (json_int_t)s->xor_gates, "not", (json_int_t)s->not_gates, "inputs",
                  (json_int_t)s->inputs, "outputs", (json_int_t)s->outputs, "depth",
                  (json_int_t)s->and_depth, "registers", (json_int_t)s->registers);
    if (args_get(a, "report") != NULL &&
        json_object_set_new(object, "lines", line_report_json(c)) != 0) {
        json_decref(object);
        object = NULL;
    }
    return output_json(object, error);
}

static pt_status compile_print_text(const pt_circuit_stats *s, const computation *c, const args *a,
                                    pt_error *error)
{
    char text[512];
    char *lines = NULL;
    (void)snprintf(text, sizeof text,
                   "AND gates  %llu\nXOR gates  %llu\nNOT gates  %llu\ninputs     %llu "
                   "bits\noutputs    %llu bits\n"
                   "AND depth  %llu\nregisters  %llu",
                   (unsigned long long)s->and_gates, (unsigned long long)s->xor_gates,
                   (unsigned long long)s->not_gates, (unsigned long long)s->inputs,
                   (unsigned long long)s->outputs, (unsigned long long)s->and_depth,
                   (unsigned long long)s->registers);
    pt_status status = output_line(text, error);
    if (status != PT_OK || args_get(a, "report") == NULL)
        return status;
    status = line_report_text(&lines, c, error);
    if (status == PT_OK)
        status = output_line("", error);
    if (status == PT_OK)
        status = output_line(lines, error);
    mem_free(lines);
    return status;
}

static pt_status print_stats(const computation *c, const args *a, pt_error *error)
{
    pt_circuit_stats s;
    pt_circuit_get_stats(&s, c->circuit);
    return args_get(a, "json") != NULL ? compile_print_json(&s, c, a, error)
                                       : compile_print_text(&s, c, a, error);
}

/* Whether a program is to be written for later runs, and not its circuit as text. */
static bool is_saved_path(const char *path)
{
    const size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".ptc") == 0;
}

/* To a file, or to stdout when there is none. */
static pt_status export(const computation *c, const char *path, file_out *file, pt_error *error)
{
    char *text = NULL;
    size_t len = 0;
    pt_status status = PT_OK;
    if (is_saved_path(path))
        status = pt_program_save(&text, &len, c->program, error);
    else if (c->program != NULL)
        status = pt_program_write_bristol(&text, &len, c->program, error);
    else
        status = pt_circuit_write_bristol(&text, &len, c->circuit, error);
    if (status == PT_OK)
        status =
            file == NULL ? output_text(text, len, error) : file_out_commit(file, text, len, error);
    pt_text_free(text);
    return status;
}

/* A Bristol circuit becomes smaller; a program's already is. */
static pt_status optimize(computation *c, pt_error *error)
{
    pt_circuit *smaller = NULL;
    const pt_status status = pt_circuit_optimize(&smaller, c->bristol, error);
    if (status != PT_OK)
        return status;
    pt_circuit_free(c->bristol);
    c->circuit = c->bristol = smaller;
    return PT_OK;
}

static pt_status compile_run(const args *a, pt_error *error)
{
    const char *path = NULL;
    computation c = {0};
    file_out file = {0};
    pt_status status = args_output(&path, a, error);
    if (status != PT_OK)
        return status;
    const bool to_stdout = path != NULL && strcmp(path, "-") == 0;
    if (to_stdout && (args_get(a, "json") != NULL || args_get(a, "report") != NULL))
        return error_set(error, PT_ERR_USAGE,
                         "'-o -' prints the circuit alone; give -o a file for --json or --report");
    if (path != NULL && !to_stdout)
        status = file_out_open(&file, path, error);
    if (status == PT_OK)
        status = computation_init(&c, a->positional[0], a, error);
    if (status == PT_OK && c.program == NULL && args_get(a, "report") != NULL)
        status = error_set(error, PT_ERR_USAGE,
                           "'%s' is a Bristol Fashion circuit: it has no lines to report", c.path);
    if (status == PT_OK && c.program == NULL && path != NULL && is_saved_path(path))
        status = error_set(error, PT_ERR_USAGE,
                           "'%s' is a Bristol Fashion circuit: a .ptc file is made of a program",
                           c.path);
    if (status == PT_OK && c.program == NULL)
        status = optimize(&c, error);
    if (status == PT_OK && path != NULL)
        status = export(&c, path, to_stdout ? NULL : &file, error);
    if (status == PT_OK && !to_stdout)
        status = print_stats(&c, a, error);
    computation_clear(&c);
    file_out_clear(&file);
    return status;
}

const command command_compile = {
    .name = "compile",
    .arguments = "PROGRAM",
    .summary = "compile a program and print the size of its circuit",
    .details =
        "In an exported circuit the most significant bit of every input and result is wire "
        "0 of it; it cannot tell that a program panicked.\n"
        "A Bristol Fashion circuit is made smaller where that is possible; eval, simulate and "
        "party run it as it stands.\n"
        "A .ptc file has the circuit with its types and the places of its panics. It can be given "
        "wherever a PROGRAM can; what it was compiled with, function and constants, is fixed.\n",
    .flags = flag_lists,
    .n_positional = 1,
    .run = compile_run,
};
