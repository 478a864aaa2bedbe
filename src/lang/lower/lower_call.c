/* Functions, inlined at their calls. */
#include "base/assert.h"
#include "base/mem.h"
#include "lang/lower/lower_impl.h"

/* Room for a function's variables, all unbound. */
static bool push_frame(lowerer *l, size_t n_locals)
{
    if (l->variables_capacity - l->n_variables < n_locals) {
        const size_t capacity = (l->n_variables + n_locals) * 2;
        variable *variables = mem_resize(l->variables, capacity, sizeof *variables);
        if (variables == NULL)
            return lower_out_of_memory(l);
        l->variables = variables;
        l->variables_capacity = capacity;
    }
    l->frame = l->n_variables;
    for (size_t i = 0; i < n_locals; i++)
        l->variables[l->n_variables++] = (variable){0};
    return true;
}

static void pop_frame(lowerer *l, size_t outer_frame)
{
    while (l->n_variables > l->frame)
        value_release(l, &l->variables[--l->n_variables].value);
    l->frame = outer_frame;
}

bool lower_body(lowerer *l, value *ret_value, const fn_decl *function, value *args)
{
    const size_t outer_frame = l->frame;
    const fn_decl *outer_function = l->function;
    if (!push_frame(l, function->n_locals))
        return false;
    l->function = function;
    for (size_t i = 0; i < function->n_params; i++)
        variable_bind(l, function->params[i].local, &args[i]);
    if (!lower_expr(l, ret_value, function->body))
        return false;
    pop_frame(l, outer_frame);
    l->function = outer_function;
    return true;
}

bool lower_call(lowerer *l, value *ret_value, const expr *e)
{
    const fn_decl *function = e->as.call.function;
    PT_ASSERT(e->as.call.n_args == function->n_params);
    value *args = mem_new(function->n_params, sizeof *args);
    if (args == NULL)
        return lower_out_of_memory(l);
    bool done = true;
    for (size_t i = 0; i < function->n_params && done; i++)
        done = lower_expr(l, &args[i], e->as.call.args[i]);
    done = done && lower_body(l, ret_value, function, args);
    mem_free(args);
    return done;
}
