#include "lang/check/check.h"

#include <string.h>

#include "base/error.h"
#include "lang/check/checker.h"

/* ---- Names ---- */

/* Enters all items; of several with one name the last counts (T2). The others are dropped. */
static bool enter_items(checker *c, const parsed_program *parsed)
{
    checked_program *program = c->program;
    program->constants = checker_new(c, parsed->n_constants, sizeof *program->constants);
    program->structs = checker_new(c, parsed->n_structs, sizeof *program->structs);
    program->enums = checker_new(c, parsed->n_enums, sizeof *program->enums);
    program->functions = checker_new(c, parsed->n_functions, sizeof *program->functions);
    if (c->out_of_memory)
        return false;
    for (size_t i = 0; i < parsed->n_constants; i++)
        symbol_of(c, parsed->constants[i]->name.text)->constant = parsed->constants[i];
    for (size_t i = 0; i < parsed->n_structs; i++)
        symbol_of(c, parsed->structs[i]->name.text)->structure = parsed->structs[i];
    for (size_t i = 0; i < parsed->n_enums; i++)
        symbol_of(c, parsed->enums[i]->name.text)->enumeration = parsed->enums[i];
    for (size_t i = 0; i < parsed->n_functions; i++)
        symbol_of(c, parsed->functions[i]->name.text)->function = parsed->functions[i];
    return true;
}

static void list_items(checker *c, const parsed_program *parsed)
{
    checked_program *program = c->program;
    for (size_t i = 0; i < parsed->n_constants; i++) {
        const_decl *decl = parsed->constants[i];
        decl->idx = program->n_constants;
        if (symbol_of(c, decl->name.text)->constant == decl)
            program->constants[program->n_constants++] = decl;
    }
    for (size_t i = 0; i < parsed->n_structs; i++)
        if (symbol_of(c, parsed->structs[i]->name.text)->structure == parsed->structs[i])
            program->structs[program->n_structs++] = parsed->structs[i];
    for (size_t i = 0; i < parsed->n_enums; i++)
        if (symbol_of(c, parsed->enums[i]->name.text)->enumeration == parsed->enums[i])
            program->enums[program->n_enums++] = parsed->enums[i];
    for (size_t i = 0; i < parsed->n_functions; i++) {
        fn_decl *decl = parsed->functions[i];
        decl->idx = program->n_functions;
        if (symbol_of(c, decl->name.text)->function == decl)
            program->functions[program->n_functions++] = decl;
    }
}

/* ---- Functions ---- */

/* `pub fn name` or `fn name`: what errors about a function point at. */
static span function_head(const fn_decl *decl)
{
    return span_join(decl->span, decl->name.span);
}

static void check_signature(checker *c, fn_decl *decl)
{
    for (size_t i = 0; i < decl->n_params; i++)
        decl->params[i].type = resolve_type(c, decl->params[i].written);
    decl->result = resolve_type(c, decl->written_result);
    if (decl->is_pub && decl->n_params == 0)
        type_error(c, function_head(decl), "pub function `%s` has no parameters; it needs an input",
                   decl->name.text);
}

static void check_params(checker *c, fn_decl *decl)
{
    for (size_t i = 0; i < decl->n_params; i++) {
        param_decl *param = &decl->params[i];
        uint32_t local;
        if (find_local(c, param->name.text, &local) != NULL)
            type_error(c, param->name.span, "duplicate parameter `%s`", param->name.text);
        param->local =
            define_local(c, param->name.text, param->name.span, param->type, param->mutable);
    }
}

/* T41 */
static void check_result(checker *c, const fn_decl *decl)
{
    expr *body = decl->body;
    if (body->type == NULL || decl->result == NULL || block_value(body) != NULL ||
        ctype_is_unit(decl->result)) {
        (void)check_adapt(c, body, decl->result);
        return;
    }
    const span end = {body->span.end_line, body->span.end_column - 1, body->span.end_line,
                      body->span.end_column};
    type_error(c, end, "type mismatch: expected %s, found (): the function ends without a value",
               type_text(c, decl->result));
}

static void check_function(checker *c, fn_decl *decl)
{
    c->function = decl;
    buffer_reset(&c->locals);
    const size_t mark = scope_open(c);
    check_params(c, decl);
    check_block(c, decl->body);
    scope_close(c, mark);
    check_result(c, decl);
    decl->n_locals = c->locals.len / sizeof(local_var);
    decl->locals = checker_new(c, decl->n_locals, sizeof *decl->locals);
    if (decl->locals != NULL && decl->n_locals != 0)
        memcpy(decl->locals, c->locals.bytes, c->locals.len);
}

/* Of calls in a circle each function is reported at most once. */
typedef struct call_graph {
    checker *c;
    bool *is_recursive;
} call_graph;

static void report_recursion(void *user, const size_t *path, size_t n_path)
{
    const call_graph *g = user;
    bool is_new = true;
    for (size_t i = 0; i < n_path; i++) {
        is_new = is_new && !g->is_recursive[path[i]];
        g->is_recursive[path[i]] = true;
    }
    fn_decl *const *functions = g->c->program->functions;
    const fn_decl *first = functions[path[0]];
    if (is_new && n_path == 1)
        type_error(g->c, function_head(first), "recursive function: `%s` calls itself",
                   first->name.text);
    else if (is_new)
        type_error(g->c, function_head(first), "recursive function: `%s` calls itself through `%s`",
                   first->name.text, functions[path[1]]->name.text);
}

/* A function is unused if no `pub` function reaches it (T6). Only those that nobody calls are
 * named: what they call is unused for the same reason. Callers come after callees in `order`. */
static void report_unused(checker *c, const size_t *order, const graph_edge *calls, size_t n_calls)
{
    const checked_program *program = c->program;
    bool *used = checker_new(c, program->n_functions, sizeof *used);
    bool *called = checker_new(c, program->n_functions, sizeof *called);
    size_t *first = checker_new(c, program->n_functions + 1, sizeof *first);
    if (used == NULL || called == NULL || first == NULL)
        return;
    /* Calls come grouped by caller, in the order the functions were checked: by index. */
    for (size_t i = 0; i < n_calls; i++)
        first[calls[i].from + 1] = i + 1;
    for (size_t i = 0; i < program->n_functions; i++)
        first[i + 1] = first[i + 1] < first[i] ? first[i] : first[i + 1];
    for (size_t i = program->n_functions; i-- > 0;) {
        const size_t caller = order[i];
        used[caller] = used[caller] || program->functions[caller]->is_pub;
        for (size_t k = first[caller]; k < first[caller + 1]; k++) {
            used[calls[k].to] = used[calls[k].to] || used[caller];
            called[calls[k].to] = called[calls[k].to] || calls[k].to != caller;
        }
    }
    for (size_t i = 0; i < program->n_functions; i++)
        if (!used[i] && !called[i])
            type_error(c, function_head(program->functions[i]),
                       "unused function: no pub function uses `%s`; remove it or make it pub",
                       program->functions[i]->name.text);
}

/* Puts callees first, now that there is no recursion. */
static void reorder_functions(checker *c, const size_t *order)
{
    checked_program *program = c->program;
    fn_decl **sorted = checker_new(c, program->n_functions, sizeof *sorted);
    if (sorted == NULL)
        return;
    for (size_t i = 0; i < program->n_functions; i++) {
        sorted[i] = program->functions[order[i]];
        sorted[i]->idx = i;
    }
    program->functions = sorted;
}

static void check_calls(checker *c)
{
    const size_t n = c->program->n_functions;
    call_graph g = {c, checker_new(c, n, sizeof *g.is_recursive)};
    size_t *order = checker_new(c, n, sizeof *order);
    if (c->out_of_memory)
        return;
    const graph_edge *calls = (const graph_edge *)(const void *)c->calls.bytes;
    const size_t n_calls = c->calls.len / sizeof *calls;
    if (graph_order(order, n, calls, n_calls, report_recursion, &g, NULL) != PT_OK) {
        c->out_of_memory = true;
        return;
    }
    report_unused(c, order, calls, n_calls);
    reorder_functions(c, order);
}

/* ---- Programs ---- */

/* In the order of T50. */
static void check_items(checker *c, const parsed_program *parsed)
{
    if (!enter_items(c, parsed))
        return;
    list_items(c, parsed);
    check_constants(c);
    check_definitions(c);
    const checked_program *program = c->program;
    for (size_t i = 0; i < program->n_functions; i++)
        check_signature(c, program->functions[i]);
    for (size_t i = 0; i < program->n_functions && !c->out_of_memory; i++)
        check_function(c, program->functions[i]);
    check_calls(c);
    finish_externals(c);
}

pt_status check_program(checked_program **ret_program, arena *a, const parsed_program *parsed,
                        const name_table *names, pt_diagnostics *d, pt_error *error)
{
    checker c = {.a = a, .d = d, .names = names};
    buffer_init(&c.external_uses, SIZE_MAX / 4);
    buffer_init(&c.calls, SIZE_MAX / 4);
    buffer_init(&c.locals, SIZE_MAX / 4);
    buffer_init(&c.scope, SIZE_MAX / 4);
    c.program = checker_new(&c, 1, sizeof *c.program);
    c.symbols = checker_new(&c, names->n_names, sizeof *c.symbols);
    if (!c.out_of_memory) {
        for (size_t i = 0; i < names->n_names; i++)
            c.symbols[i].local = NO_LOCAL;
        check_items(&c, parsed);
    }
    buffer_clear(&c.external_uses);
    buffer_clear(&c.calls);
    buffer_clear(&c.locals);
    buffer_clear(&c.scope);
    if (c.out_of_memory)
        return error_memory(error);
    *ret_program = c.program;
    return PT_OK;
}
