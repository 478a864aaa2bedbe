#include "lang/lower/lower.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/mem.h"
#include "lang/lower/lower_impl.h"

/* Wires of a value that a trial looks at. */
#define TRY_MAX_VALUE_WIRES ((size_t)1 << 20)

bool lower_is_array_of_parties(const fn_decl *function)
{
    return function->n_params == 1 && function->params[0].type->kind == CTYPE_ARRAY &&
           function->params[0].type->as.array.size.kind != SIZE_EXPR;
}

static bool resolve_input(lowerer *l, lowered *ret_lowered, size_t party, const pt_type *array)
{
    const fn_decl *function = l->input->function;
    const param_decl *param = &function->params[array == NULL ? party : 0];
    const ident *name = &param->name;
    ret_lowered->names[party] = arena_string(l->types.arena, name->text, strlen(name->text));
    if (ret_lowered->names[party] == NULL)
        return lower_out_of_memory(l);
    if (array == NULL)
        return lower_type(l, &ret_lowered->inputs[party], param->type, function->span);
    ret_lowered->inputs[party] = array->element;
    return true;
}

/* Finds out who gives what; the parties' input types and names go to ret_lowered. */
static bool resolve_inputs(lowerer *l, lowered *ret_lowered)
{
    const fn_decl *function = l->input->function;
    const bool elements = lower_is_array_of_parties(function);
    const pt_type *array = NULL;
    if (elements && !lower_type(l, &array, function->params[0].type, function->span))
        return false;
    const size_t n_parties = elements ? array->length : function->n_params;
    if (n_parties == 0)
        return lower_fail(l, PT_ERR_PROGRAM, function->span,
                          "function %s has no inputs, hence no parties", function->name.text);
    if (n_parties > CIRCUIT_MAX_PARTIES)
        return lower_fail(l, PT_ERR_LIMIT, function->span, "%zu parties; at most %d are supported",
                          n_parties, CIRCUIT_MAX_PARTIES);
    ret_lowered->n_parties = n_parties;
    ret_lowered->inputs = arena_new(l->types.arena, n_parties, sizeof(const pt_type *));
    ret_lowered->names = arena_new(l->types.arena, n_parties, sizeof(const char *));
    if (ret_lowered->inputs == NULL || ret_lowered->names == NULL)
        return lower_out_of_memory(l);
    for (size_t i = 0; i < n_parties; i++) {
        if (!resolve_input(l, ret_lowered, i, array))
            return false;
    }
    if (!lower_type(l, &ret_lowered->output, function->result, function->span))
        return false;
    uint64_t n_bits = ret_lowered->output->n_bits;
    for (size_t i = 0; i < n_parties; i++)
        n_bits += ret_lowered->inputs[i]->n_bits;
    return lower_check_bits(l, n_bits);
}

static bool start_builder(lowerer *l, const lowered *from)
{
    uint32_t widths[CIRCUIT_MAX_PARTIES];
    uint64_t total = 0;
    for (size_t i = 0; i < from->n_parties; i++) {
        widths[i] = (uint32_t)from->inputs[i]->n_bits;
        total += widths[i];
    }
    if (total > TYPE_MAX_BITS)
        return lower_fail(l, PT_ERR_LIMIT, l->input->function->span,
                          "the inputs have more than %zu bits", TYPE_MAX_BITS);
    if (total == 0) /* B3 */
        return lower_fail(l, PT_ERR_PROGRAM, l->input->function->span,
                          "the inputs of %s have no bits; at least one party must give a value",
                          l->input->function->name.text);
    l->builder = circuit_builder_new(widths, from->n_parties, lower_max_gates(l));
    if (l->builder == NULL)
        return lower_out_of_memory(l);
    lower_limit_builder(l);
    circuit_builder_set_watch(l->builder, l->input->watch);
    panics_init(&l->panics, l->builder);
    if (l->input->count_lines != 0 &&
        !circuit_builder_count_lines(l->builder, l->input->count_lines))
        return lower_out_of_memory(l);
    return true;
}

/* The parameters' values: the input wires, in order. */
static bool lower_entry(lowerer *l, value *ret_value)
{
    const fn_decl *function = l->input->function;
    const pt_type *type;
    uint32_t next = 0;
    value *args = mem_new(function->n_params, sizeof *args);
    if (args == NULL)
        return lower_out_of_memory(l);
    bool done = true;
    for (size_t p = 0; p < function->n_params && done; p++) {
        done = lower_type(l, &type, function->params[p].type, function->span) &&
               value_new(l, &args[p], type->n_bits);
        for (size_t i = 0; done && i < type->n_bits; i++)
            args[p].wires[i] = circuit_input(l->builder, next++);
    }
    done = done && lower_body(l, ret_value, function, args);
    mem_free(args);
    return done;
}

static bool take_line_counts(const lowerer *l, lowered *ret_lowered)
{
    const uint32_t *counts = circuit_builder_line_counts(l->builder);
    if (counts == NULL)
        return true;
    const size_t n = (size_t)l->input->count_lines + 1;
    ret_lowered->line_counts = mem_new(n, sizeof *counts);
    if (ret_lowered->line_counts == NULL)
        return false;
    memcpy(ret_lowered->line_counts, counts, n * sizeof *counts);
    return true;
}

/* No value is needed any more: room for the circuit. */
static void values_drop(lowerer *l)
{
    arena_clear(&l->pool.memory);
    l->pool = (value_pool){0};
    arena_init(&l->pool.memory, LOWER_MAX_BYTES);
}

/* Panic code, most significant bit first, then the result. */
static pt_status finish(lowerer *l, lowered *ret_lowered, const value *result)
{
    const unsigned code_bits = panic_code_bits(l->panics.n_sites);
    const size_t n_outputs = code_bits + result->n;
    wire *outputs = mem_new(n_outputs, sizeof *outputs);
    if (outputs == NULL)
        return error_memory(l->error);
    for (unsigned i = 0; i < code_bits; i++)
        outputs[i] = l->panics.code[code_bits - 1 - i];
    for (size_t i = 0; i < result->n; i++)
        outputs[code_bits + i] = result->wires[i];
    values_drop(l);
    pt_status status = circuit_builder_finish(&ret_lowered->circuit, l->builder, outputs, n_outputs,
                                              NULL, 0, l->error);
    mem_free(outputs);
    if (status != PT_OK)
        return lower_limits_explain(l, status);
    status = lower_limits_check(l, ret_lowered->circuit);
    if (status == PT_OK && !take_line_counts(l, ret_lowered))
        status = error_memory(l->error);
    if (status != PT_OK) {
        pt_circuit_free(ret_lowered->circuit);
        ret_lowered->circuit = NULL;
        return status;
    }
    ret_lowered->sites = l->panics.sites;
    ret_lowered->n_sites = l->panics.n_sites;
    l->panics.sites = NULL;
    ret_lowered->sorted = l->sorted;
    l->sorted = (sorted_inputs){0};
    return PT_OK;
}

static pt_status lower_all(lowerer *l, lowered *ret_lowered, value *ret_value)
{
    if (!resolve_inputs(l, ret_lowered) || !start_builder(l, ret_lowered))
        return l->status;
    if (lower_entry(l, ret_value)) {
        PT_ASSERT(l->journal == NULL);
        PT_ASSERT(l->depth == 0);
        PT_ASSERT(l->n_variables == 0);
        PT_ASSERT(ret_value->n == ret_lowered->output->n_bits);
        return PT_OK;
    }
    if (l->status != PT_OK)
        return l->status;
    /* The builder has failed: it knows why. */
    return lower_limits_explain(
        l, circuit_builder_finish(&ret_lowered->circuit, l->builder, NULL, 0, NULL, 0, l->error));
}

static void lowerer_init(lowerer *l, const lower_input *input, arena *types,
                         pt_diagnostics *diagnostics, pt_error *error)
{
    *l = (lowerer){.input = input, .diagnostics = diagnostics, .error = error};
    lower_limits_init(l);
    l->types = (type_resolver){
        .arena = types, .constants = input->constants, .externals = input->externals};
    arena_init(&l->pool.memory, l->max_bytes);
}

static void lowerer_clear(lowerer *l)
{
    if (l->builder != NULL) {
        panics_clear(&l->panics);
        circuit_builder_free(l->builder);
    }
    type_resolver_clear(&l->types);
    journals_clear(l);
    mem_free(l->variables);
    sorted_inputs_clear(&l->sorted);
    arena_clear(&l->pool.memory);
}

pt_status lower_function(lowered *ret_lowered, const lower_input *input, arena *types,
                         pt_diagnostics *diagnostics, pt_error *error)
{
    lowered result = {0};
    lowerer l;
    value output;
    lowerer_init(&l, input, types, diagnostics, error);
    pt_status status = lower_all(&l, &result, &output);
    if (status == PT_OK)
        status = finish(&l, &result, &output);
    lowerer_clear(&l);
    if (status == PT_OK)
        *ret_lowered = result;
    return status;
}

pt_status lower_signature(lowered *ret_lowered, const lower_input *input, arena *types,
                          pt_diagnostics *diagnostics, pt_error *error)
{
    lowered result = {0};
    lowerer l;
    lowerer_init(&l, input, types, diagnostics, error);
    const bool done = resolve_inputs(&l, &result);
    lowerer_clear(&l);
    if (done)
        *ret_lowered = result;
    return done ? PT_OK : l.status;
}

pt_status lower_try(const lower_input *input, arena *types, pt_diagnostics *diagnostics,
                    pt_error *error)
{
    lowered unused = {0};
    lowerer l;
    value output;
    lowerer_init(&l, input, types, diagnostics, error);
    l.is_trial = true;
    l.max_steps = LOWER_MAX_STEPS / 1024;
    l.max_work = LOWER_MAX_WORK / 1024;
    l.max_value_wires = TRY_MAX_VALUE_WIRES;
    const pt_status status = lower_all(&l, &unused, &output);
    lowerer_clear(&l);
    return l.has_ended_trial ? PT_OK : status;
}
