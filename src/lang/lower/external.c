#include "lang/lower/external.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "lang/check/const.h"
#include "lang/diag.h"
#include "lang/lower/lower.h"
#include "lang/value/literal.h"

typedef struct supply {
    external_values *values;
    const checked_program *program;
    const pt_constant *supplied;
    size_t n_supplied;
    arena *types;
    pt_diagnostics *diagnostics;
    bool is_wrong;
} supply;

static const pt_constant *find_supplied(const supply *s, const external_value *external)
{
    for (size_t i = 0; i < s->n_supplied; i++) {
        if (strcmp(s->supplied[i].party, external->party) == 0 &&
            strcmp(s->supplied[i].name, external->name) == 0)
            return &s->supplied[i];
    }
    return NULL;
}

/* The literal of external `i`, or NULL when it was wrong and that is noted. */
static pt_status read_external(supply *s, pt_literal **ret_literal, size_t i, pt_error *error)
{
    const external_value *external = &s->program->externals[i];
    const pt_constant *given = find_supplied(s, external);
    const pt_type *type = NULL;
    pt_error problem;
    pt_status status = lower_resolve_type(&type, external->type, s->types, s->values->constants,
                                          s->values->externals, error);
    if (status != PT_OK)
        return status;
    pt_error_clear(&problem);
    status = pt_literal_parse(ret_literal, type, given->literal, strlen(given->literal), &problem);
    if (status != PT_ERR_INPUT)
        return status == PT_OK ? PT_OK : error_memory(error);
    s->is_wrong = true;
    *ret_literal = NULL;
    diag_add(s->diagnostics, DIAG_COMPILE, external->span, "constant %s::%s = `%.100s`: %s",
             external->party, external->name, given->literal, problem.message);
    return PT_OK;
}

static bool external_is_scalar(const external_value *external)
{
    return external->type->kind < CTYPE_TUPLE;
}

static pt_status read_scalars(supply *s, pt_error *error)
{
    for (size_t i = 0; i < s->program->n_externals; i++) {
        const external_value *external = &s->program->externals[i];
        pt_literal *literal = NULL;
        if (!external_is_scalar(external) || !s->values->given[i])
            continue;
        const pt_status status = read_external(s, &literal, i, error);
        if (status != PT_OK)
            return status;
        if (literal == NULL)
            continue;
        const size_t n = literal->type->n_bits;
        s->values->externals[i] = ctype_is_signed(external->type)
                                      ? (uint64_t)literal_get_signed(literal->bits, 0, n)
                                      : literal_get(literal->bits, 0, n);
        pt_literal_free(literal);
    }
    return PT_OK;
}

/* The other types may have sizes that depend on the constants. */
static pt_status read_others(supply *s, pt_error *error)
{
    for (size_t i = 0; i < s->program->n_externals; i++) {
        if (external_is_scalar(&s->program->externals[i]))
            continue;
        const pt_status status = read_external(s, &s->values->literals[i], i, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static void note_missing(supply *s)
{
    for (size_t i = 0; i < s->program->n_externals; i++) {
        const external_value *external = &s->program->externals[i];
        if (s->values->given[i])
            continue;
        s->is_wrong = true;
        diag_add(s->diagnostics, DIAG_COMPILE, external->span, "missing constant %s::%s",
                 external->party, external->name);
    }
}

static pt_status supply_init(supply *s, pt_error *error)
{
    const checked_program *program = s->program;
    *s->values = (external_values){
        .n_externals = program->n_externals,
        .given = mem_new(program->n_externals, sizeof(bool)),
        .constants = mem_new(program->n_constants, sizeof(uint64_t)),
        .externals = mem_new(program->n_externals, sizeof(uint64_t)),
        .literals = mem_new(program->n_externals, sizeof(pt_literal *)),
    };
    if (s->values->given == NULL || s->values->constants == NULL || s->values->externals == NULL ||
        s->values->literals == NULL)
        return error_memory(error);
    for (size_t i = 0; i < program->n_externals; i++)
        s->values->given[i] = find_supplied(s, &program->externals[i]) != NULL;
    return PT_OK;
}

static bool all_are_given(const external_values *values)
{
    for (size_t i = 0; i < values->n_externals; i++) {
        if (!values->given[i])
            return false;
    }
    return true;
}

static pt_status supply_finish(const supply *s, pt_status status)
{
    return status == PT_OK && s->is_wrong ? PT_ERR_CONSTANT : status;
}

pt_status external_values_init(external_values *ret_values, const checked_program *program,
                               const pt_constant *supplied, size_t n_supplied, arena *types,
                               pt_diagnostics *diagnostics, pt_error *error)
{
    supply s = {ret_values, program, supplied, n_supplied, types, diagnostics, false};
    pt_status status = supply_init(&s, error);
    if (status != PT_OK)
        return status;
    note_missing(&s);
    if (!s.is_wrong)
        status = read_scalars(&s, error);
    if (status == PT_OK && !s.is_wrong) {
        const_values(ret_values->constants, program, ret_values->externals);
        status = read_others(&s, error);
    }
    return supply_finish(&s, status);
}

pt_status external_values_init_given(external_values *ret_values, const checked_program *program,
                                     const pt_constant *supplied, size_t n_supplied, arena *types,
                                     pt_diagnostics *diagnostics, pt_error *error)
{
    supply s = {ret_values, program, supplied, n_supplied, types, diagnostics, false};
    pt_status status = supply_init(&s, error);
    if (status == PT_OK)
        status = read_scalars(&s, error);
    if (status == PT_OK)
        const_values(ret_values->constants, program, ret_values->externals);
    if (status == PT_OK && !s.is_wrong && all_are_given(ret_values))
        status = read_others(&s, error);
    return supply_finish(&s, status);
}

/* Numbers that can be a size or a count of repetitions, and not the least. */
static bool is_large(const external_values *values, const checked_program *program, size_t i)
{
    const ctype *type = program->externals[i].type;
    return values->given[i] && external_is_scalar(&program->externals[i]) &&
           type->kind != CTYPE_BOOL && !ctype_is_signed(type) && values->externals[i] > 1;
}

/* The one with the largest value of those not `named` yet, or their number. */
static size_t find_largest(const external_values *values, const checked_program *program,
                           const bool *named)
{
    size_t best = values->n_externals;
    for (size_t i = 0; i < values->n_externals; i++) {
        if (named[i] || !is_large(values, program, i))
            continue;
        if (best == values->n_externals || values->externals[i] > values->externals[best])
            best = i;
    }
    return best;
}

#define BLAME_MAX 4 /* constants that are named */

void external_values_blame(const external_values *values, const checked_program *program,
                           pt_diagnostics *diagnostics)
{
    buffer text;
    bool *named = mem_new(values->n_externals, sizeof *named);
    buffer_init(&text, DIAG_MAX_MESSAGE);
    for (size_t n = 0; named != NULL && n < BLAME_MAX; n++) {
        const size_t i = find_largest(values, program, named);
        if (i == values->n_externals)
            break;
        named[i] = true;
        buffer_printf(&text, "%s%.100s::%.100s = %" PRIu64, n == 0 ? "; that is with " : ", ",
                      program->externals[i].party, program->externals[i].name,
                      values->externals[i]);
    }
    if (text.len != 0 && buffer_text(&text) != NULL)
        diag_extend(diagnostics, DIAG_COMPILE, buffer_text(&text));
    buffer_clear(&text);
    mem_free(named);
}

void external_values_clear(external_values *values)
{
    for (size_t i = 0; values->literals != NULL && i < values->n_externals; i++)
        pt_literal_free(values->literals[i]);
    mem_free(values->literals);
    mem_free(values->given);
    mem_free(values->externals);
    mem_free(values->constants);
    *values = (external_values){0};
}
