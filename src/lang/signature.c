/* The types of a program before it is compiled: polytune/program.h. */
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "lang/compilation.h"
#include "lang/lower/external.h"
#include "lang/lower/lower.h"
#include "lang/program_impl.h"

#define SIGNATURE_MAX_TYPE_BYTES MEM_LIMIT((uint64_t)1 << 30)

struct pt_signature {
    arena types;
    lowered lowered; /* parties and types only */
};

pt_status pt_signature_of_program(pt_signature **ret_signature, const pt_program *program,
                                  pt_error *error)
{
    if (ret_signature == NULL || program == NULL)
        return error_missing(error, "a program, and a place for the signature,");
    pt_signature *signature = mem_new(1, sizeof *signature);
    if (signature == NULL)
        return error_memory(error);
    arena_init(&signature->types, SIGNATURE_MAX_TYPE_BYTES);
    signature->lowered = (lowered){.n_parties = program->lowered.n_parties,
                                   .inputs = program->lowered.inputs,
                                   .names = program->lowered.names,
                                   .output = program->lowered.output};
    *ret_signature = signature;
    return PT_OK;
}

void pt_signature_free(pt_signature *signature)
{
    if (signature == NULL)
        return;
    arena_clear(&signature->types);
    mem_free(signature);
}

static pt_status resolve(pt_signature *signature, const compilation *c)
{
    external_values values;
    pt_status status =
        external_values_init(&values, c->program, c->options->constants, c->options->n_constants,
                             &signature->types, c->diagnostics, c->error);
    const lower_input input = {.program = c->program,
                               .function = status == PT_OK ? compilation_entry(c) : NULL,
                               .constants = values.constants,
                               .externals = values.externals,
                               .max_ands = c->options->max_ands,
                               .max_bytes = c->options->max_bytes};
    if (status == PT_OK && input.function == NULL)
        status = PT_ERR_PROGRAM;
    if (status == PT_OK)
        status = lower_signature(&signature->lowered, &input, &signature->types, c->diagnostics,
                                 c->error);
    if (status == PT_ERR_LIMIT)
        external_values_blame(&values, c->program, c->diagnostics);
    external_values_clear(&values);
    return status;
}

pt_status pt_signature_new(pt_signature **ret_signature, pt_diagnostics **ret_diagnostics,
                           const pt_compile_options *options, pt_error *error)
{
    compilation c;
    pt_signature *signature = NULL;
    if (ret_diagnostics != NULL)
        *ret_diagnostics = NULL;
    if (ret_signature == NULL)
        return error_missing(error, "a place for the result");
    pt_status status = compilation_check_options(options, error);
    if (status != PT_OK)
        return status;
    status = compilation_open(&c, options, error);
    if (status == PT_OK) {
        signature = mem_new(1, sizeof *signature);
        status = signature == NULL ? error_memory(error) : PT_OK;
    }
    if (status == PT_OK) {
        arena_init(&signature->types, SIGNATURE_MAX_TYPE_BYTES);
        status = resolve(signature, &c);
    }
    if (status == PT_OK)
        *ret_signature = signature;
    else
        pt_signature_free(signature);
    return compilation_close(&c, ret_diagnostics, status);
}

size_t pt_signature_party_count(const pt_signature *signature)
{
    return signature == NULL ? 0 : signature->lowered.n_parties;
}

const pt_type *pt_signature_input_type(const pt_signature *signature, size_t party)
{
    return party < pt_signature_party_count(signature) ? signature->lowered.inputs[party] : NULL;
}

const char *pt_signature_input_name(const pt_signature *signature, size_t party)
{
    return party < pt_signature_party_count(signature) ? signature->lowered.names[party] : NULL;
}

const pt_type *pt_signature_output_type(const pt_signature *signature)
{
    return signature == NULL ? NULL : signature->lowered.output;
}
