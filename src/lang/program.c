/* The public face of the compiler: polytune/program.h. */
#include "polytune/program.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/watch.h"
#include "circuit/keep_outputs.h"
#include "lang/check/const.h"
#include "lang/compilation.h"
#include "lang/lower/external.h"
#include "lang/lower/line_counts.h"
#include "lang/lower/lower.h"
#include "lang/program_impl.h"

void pt_program_free(pt_program *program)
{
    if (program == NULL)
        return;
    pt_circuit_free(program->lowered.circuit);
    mem_free(program->lowered.sites);
    sorted_inputs_clear(&program->lowered.sorted);
    mem_free(program->line_counts);
    arena_clear(&program->types);
    mem_free(program);
}

static uint32_t count_lines(const pt_compile_options *options)
{
    uint32_t n = 1;
    for (size_t i = 0; i < options->source_len; i++)
        n += options->source[i] == '\n' ? 1 : 0;
    return n;
}

static const pt_constant *find_given(const pt_compile_options *o, const external_value *external)
{
    size_t i = 0;
    while (strcmp(o->constants[i].party, external->party) != 0 ||
           strcmp(o->constants[i].name, external->name) != 0)
        i++;
    return &o->constants[i];
}

/* What the program is compiled with: all its external constants have been given. */
static bool keep_constants(pt_program *program, const compilation *c)
{
    const checked_program *checked = c->program;
    arena *a = &program->types;
    program->constants = arena_new(a, checked->n_externals, sizeof *program->constants);
    if (program->constants == NULL)
        return false;
    for (; program->n_constants < checked->n_externals; program->n_constants++) {
        const pt_constant *given =
            find_given(c->options, &checked->externals[program->n_constants]);
        pt_constant *kept = &program->constants[program->n_constants];
        kept->party = arena_string(a, given->party, strlen(given->party));
        kept->name = arena_string(a, given->name, strlen(given->name));
        kept->literal = arena_string(a, given->literal, strlen(given->literal));
        if (kept->party == NULL || kept->name == NULL || kept->literal == NULL)
            return false;
    }
    return true;
}

/* What a file of the program tells beside the circuit. */
static pt_status keep_origin(pt_program *program, const compilation *c, const fn_decl *function)
{
    program->function =
        arena_string(&program->types, function->name.text, strlen(function->name.text));
    return program->function != NULL && keep_constants(program, c) ? PT_OK : error_memory(c->error);
}

/* Constants, then the function, then lowering (C5). */
static pt_status lower_program(pt_program *program, const compilation *c, watch *w)
{
    external_values values;
    pt_status status =
        external_values_init(&values, c->program, c->options->constants, c->options->n_constants,
                             &program->types, c->diagnostics, c->error);
    if (status != PT_OK)
        goto done;
    const lower_input input = {.program = c->program,
                               .function = compilation_entry(c),
                               .constants = values.constants,
                               .externals = values.externals,
                               .external_literals = (const pt_literal *const *)values.literals,
                               .max_ands = c->options->max_ands,
                               .max_bytes = c->options->max_bytes,
                               .watch = w,
                               .count_lines =
                                   c->options->count_lines ? count_lines(c->options) : 0};
    if (input.function == NULL) {
        status = PT_ERR_PROGRAM;
        goto done;
    }
    status = keep_origin(program, c, input.function);
    if (status == PT_OK)
        status =
            lower_function(&program->lowered, &input, &program->types, c->diagnostics, c->error);
    if (status == PT_OK && input.count_lines != 0)
        status = line_counts_make(&program->line_counts, &program->n_line_counts,
                                  program->lowered.line_counts, input.count_lines, c->error);
    mem_free(program->lowered.line_counts);
    program->lowered.line_counts = NULL;
done:
    if (status == PT_ERR_LIMIT)
        external_values_blame(&values, c->program, c->diagnostics);
    external_values_clear(&values);
    return status;
}

static pt_status compile_checked(pt_program **ret_program, const compilation *c, watch *w)
{
    pt_program *program = mem_new(1, sizeof *program);
    if (program == NULL)
        return error_memory(c->error);
    arena_init(&program->types, PROGRAM_MAX_TYPE_BYTES);
    const pt_status status = lower_program(program, c, w);
    if (status == PT_OK)
        *ret_program = program;
    else
        pt_program_free(program);
    return status;
}

pt_status pt_program_compile(pt_program **ret_program, pt_diagnostics **ret_diagnostics,
                             const pt_compile_options *options, pt_error *error)
{
    if (ret_diagnostics != NULL)
        *ret_diagnostics = NULL;
    if (ret_program == NULL)
        return error_missing(error, "a place for the result");
    pt_status status = compilation_check_options(options, error);
    if (status != PT_OK)
        return status;
    compilation c;
    watch w = {.progress = options->progress,
               .progress_user = options->progress_user,
               .cancelled = options->cancelled,
               .cancelled_user = options->cancelled_user};
    watch_tell(&w, "checking", 0, 0);
    if (!watch_goes_on(&w))
        return error_set(error, PT_ERR_CANCELLED, "cancelled before compiling");
    status = compilation_open(&c, options, error);
    if (status == PT_OK)
        status = compile_checked(ret_program, &c, &w);
    return compilation_close(&c, ret_diagnostics, status);
}

/* What can be said of an entry point whatever the external constants will be. */
static pt_status check_parameters(const compilation *c, const fn_decl *function)
{
    if (function->n_params <= CIRCUIT_MAX_PARTIES)
        return PT_OK;
    diag_add(c->diagnostics, DIAG_COMPILE, function->span, "%zu parties; at most %d are supported",
             function->n_params, CIRCUIT_MAX_PARTIES);
    return PT_ERR_LIMIT;
}

static pt_status check_entry(const compilation *c, const fn_decl *function,
                             const external_values *values, arena *types)
{
    const lower_input input = {.program = c->program,
                               .function = function,
                               .constants = values->constants,
                               .externals = values->externals,
                               .external_literals = (const pt_literal *const *)values->literals};
    for (size_t i = 0; i < c->program->n_externals; i++) {
        if (!values->given[i])
            return check_parameters(c, function);
    }
    return lower_try(&input, types, c->diagnostics, c->error);
}

static bool is_main(const fn_decl *function)
{
    return strcmp(function->name.text, "main") == 0;
}

/* The entry point that is named, or main; else every function that may be one. */
static pt_status check_entries(const compilation *c, const external_values *values, arena *types)
{
    const checked_program *program = c->program;
    bool has_main = false;
    for (size_t i = 0; i < program->n_functions; i++)
        has_main = has_main || is_main(program->functions[i]);
    if (c->options->function != NULL || has_main) {
        const fn_decl *function = compilation_entry(c);
        return function == NULL ? PT_ERR_PROGRAM : check_entry(c, function, values, types);
    }
    for (size_t i = 0; i < program->n_functions; i++) {
        if (!program->functions[i]->is_pub)
            continue;
        const pt_status status = check_entry(c, program->functions[i], values, types);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* Compiling finds more than checking types: it is tried, as far as that takes no time. */
static pt_status try_compiling(const compilation *c)
{
    arena types;
    external_values values;
    arena_init(&types, PROGRAM_MAX_TYPE_BYTES);
    pt_status status =
        external_values_init_given(&values, c->program, c->options->constants,
                                   c->options->n_constants, &types, c->diagnostics, c->error);
    if (status == PT_OK)
        status = check_entries(c, &values, &types);
    external_values_clear(&values);
    arena_clear(&types);
    return status;
}

pt_status pt_program_check(pt_diagnostics **ret_diagnostics, const pt_compile_options *options,
                           pt_error *error)
{
    if (ret_diagnostics != NULL)
        *ret_diagnostics = NULL;
    pt_status status = compilation_check_options(options, error);
    if (status != PT_OK)
        return status;
    compilation c;
    status = compilation_open(&c, options, error);
    if (status == PT_OK)
        status = try_compiling(&c);
    return compilation_close(&c, ret_diagnostics, status);
}

/* How many parties give input, or 0 when that depends on an external value that is not given. */
static pt_status count_parties(size_t *ret_count, const checked_program *checked,
                               const fn_decl *function, const external_values *values,
                               pt_error *error)
{
    *ret_count = function->n_params;
    if (!lower_is_array_of_parties(function))
        return PT_OK;
    const array_size *size = &function->params[0].type->as.array.size;
    bool *known = mem_new(checked->n_constants, sizeof *known);
    if (known == NULL)
        return error_memory(error);
    const_known(known, checked, values->given);
    const bool is_known = size->kind == SIZE_NUMBER || known[size->as.constant->idx];
    mem_free(known);
    const uint64_t count = const_size(size, values->constants, values->externals);
    if (is_known && (count == 0 || count > CIRCUIT_MAX_PARTIES))
        return error_set(error, PT_ERR_LIMIT,
                         "the program is for %" PRIu64 " parties; 1 to %d are supported", count,
                         CIRCUIT_MAX_PARTIES);
    *ret_count = is_known ? (size_t)count : 0;
    return PT_OK;
}

static pt_status inspect_checked(pt_program_facts *ret_facts, const compilation *c)
{
    arena types;
    external_values values;
    const fn_decl *function = NULL;
    pt_program_facts facts = {.n_externals = c->program->n_externals};
    arena_init(&types, PROGRAM_MAX_TYPE_BYTES);
    pt_status status =
        external_values_init_given(&values, c->program, c->options->constants,
                                   c->options->n_constants, &types, c->diagnostics, c->error);
    if (status != PT_OK)
        goto done;
    status = PT_ERR_PROGRAM;
    function = compilation_entry(c);
    if (function != NULL)
        status = count_parties(&facts.n_parties, c->program, function, &values, c->error);
    if (status == PT_OK)
        *ret_facts = facts;
done:
    external_values_clear(&values);
    arena_clear(&types);
    return status;
}

pt_status pt_program_inspect(pt_program_facts *ret_facts, pt_diagnostics **ret_diagnostics,
                             const pt_compile_options *options, pt_error *error)
{
    if (ret_diagnostics != NULL)
        *ret_diagnostics = NULL;
    if (ret_facts == NULL)
        return error_missing(error, "a place for the result");
    pt_status status = compilation_check_options(options, error);
    if (status != PT_OK)
        return status;
    compilation c;
    status = compilation_open(&c, options, error);
    if (status == PT_OK)
        status = inspect_checked(ret_facts, &c);
    return compilation_close(&c, ret_diagnostics, status);
}

const char *pt_program_function(const pt_program *program)
{
    return program == NULL ? NULL : program->function;
}

const pt_constant *pt_program_constants(size_t *ret_count, const pt_program *program)
{
    if (ret_count != NULL)
        *ret_count = program == NULL ? 0 : program->n_constants;
    return program == NULL ? NULL : program->constants;
}

size_t pt_program_party_count(const pt_program *program)
{
    return program == NULL ? 0 : program->lowered.n_parties;
}

const pt_circuit *pt_program_circuit(const pt_program *program)
{
    return program == NULL ? NULL : program->lowered.circuit;
}

const pt_line_count *pt_program_line_counts(size_t *ret_count, const pt_program *program)
{
    if (ret_count != NULL)
        *ret_count = program == NULL ? 0 : program->n_line_counts;
    return program == NULL ? NULL : program->line_counts;
}

const pt_type *pt_program_input_type(const pt_program *program, size_t party)
{
    if (program == NULL || party >= program->lowered.n_parties)
        return NULL;
    return program->lowered.inputs[party];
}

const char *pt_program_input_name(const pt_program *program, size_t party)
{
    if (program == NULL || party >= program->lowered.n_parties)
        return NULL;
    return program->lowered.names[party];
}

const pt_type *pt_program_output_type(const pt_program *program)
{
    return program == NULL ? NULL : program->lowered.output;
}

pt_status pt_program_check_input(const pt_program *program, size_t party, const uint8_t *bits,
                                 size_t n_bits, pt_error *error)
{
    if (program == NULL || (bits == NULL && n_bits != 0))
        return error_missing(error, "a program and the bits of an input");
    const pt_circuit *circuit = program->lowered.circuit;
    if (party >= program->lowered.n_parties || n_bits != program->lowered.inputs[party]->n_bits)
        return error_set(error, PT_ERR_USAGE, "party %zu has no input of %zu bits", party, n_bits);
    return sorted_inputs_check(&program->lowered.sorted, circuit_party_first_input(circuit, party),
                               bits, n_bits, error);
}

static pt_status report_panic(pt_panic *ret_panic, const panic_site *site, pt_error *error)
{
    const pt_panic panic = {.reason = panic_reason_text(site->reason),
                            .line = site->at.line,
                            .column = site->at.column,
                            .end_line = site->at.end_line,
                            .end_column = site->at.end_column};
    if (ret_panic != NULL)
        *ret_panic = panic;
    return error_set(error, PT_ERR_PANIC, "The program panicked at line %u, column %u: %s.",
                     (unsigned)panic.line, (unsigned)panic.column, panic.reason);
}

pt_status pt_program_decode(pt_literal **ret_literal, pt_panic *ret_panic,
                            const pt_program *program, const uint8_t *output_bits, size_t n_bits,
                            pt_error *error)
{
    if (ret_literal == NULL || program == NULL || (output_bits == NULL && n_bits != 0))
        return error_missing(error, "a program, output bits and a place for the literal");
    const size_t n_sites = program->lowered.n_sites;
    const unsigned code_bits = panic_code_bits(n_sites);
    const pt_type *type = program->lowered.output;
    if (n_bits != code_bits + pt_type_bits(type))
        return error_set(error, PT_ERR_INPUT, "expected %zu output bits, found %zu",
                         code_bits + pt_type_bits(type), n_bits);
    uint64_t code = 0;
    for (unsigned i = 0; i < code_bits; i++) {
        if (output_bits[i] > 1)
            return error_set(error, PT_ERR_INPUT, "output bit %u is neither 0 nor 1", i);
        code = code << 1 | output_bits[i];
    }
    if (code > n_sites)
        return error_set(error, PT_ERR_INPUT, "the output has the unknown panic code %" PRIu64,
                         code);
    if (code != 0)
        return report_panic(ret_panic, &program->lowered.sites[code - 1], error);
    return pt_literal_from_bits(ret_literal, type, output_bits + code_bits, n_bits - code_bits,
                                error);
}

pt_status pt_program_write_bristol(char **ret_text, size_t *ret_len, const pt_program *program,
                                   pt_error *error)
{
    if (ret_text == NULL || ret_len == NULL || program == NULL)
        return error_missing(error, "a program, and places for the text and its length,");
    pt_circuit *result = NULL;
    const pt_circuit *whole = program->lowered.circuit;
    const uint32_t code_bits = panic_code_bits(program->lowered.n_sites);
    pt_status status =
        circuit_keep_outputs(&result, whole, code_bits, whole->n_outputs - code_bits, error);
    if (status == PT_OK)
        status = pt_circuit_write_bristol(ret_text, ret_len, result, error);
    pt_circuit_free(result);
    return status;
}
