#include "lang/compilation.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "lang/check/check.h"
#include "lang/front/parse.h"
#include "lang/front/scan.h"

/* Most memory for the tree of one compilation. */
#define MAX_TREE_BYTES MEM_LIMIT((uint64_t)4 << 30)

static pt_status check_tokens(checked_program **ret_program, arena *a, const token_list *tokens,
                              pt_diagnostics *d, pt_error *error)
{
    parsed_program parsed;
    checked_program *program = NULL;
    pt_status status = parse(&parsed, a, tokens, d, error);
    if (status != PT_OK)
        return status;
    if (!diag_is_empty(d))
        return PT_ERR_PROGRAM;
    status = check_program(&program, a, &parsed, &tokens->names, d, error);
    if (status != PT_OK)
        return status;
    if (!diag_is_empty(d))
        return PT_ERR_PROGRAM;
    *ret_program = program;
    return PT_OK;
}

pt_status lang_check(checked_program **ret_program, arena *a, const char *source, size_t len,
                     pt_diagnostics *d, pt_error *error)
{
    token_list tokens = {0};
    if (len > LANG_MAX_SOURCE_BYTES)
        return error_set(error, PT_ERR_LIMIT, "the program has %zu bytes; at most %zu are allowed",
                         len, LANG_MAX_SOURCE_BYTES);
    pt_status status = scan(&tokens, a, source, len, d, error);
    if (status != PT_OK)
        return status;
    status = PT_ERR_PROGRAM;
    if (diag_is_empty(d))
        status = check_tokens(ret_program, a, &tokens, d, error);
    token_list_clear(&tokens);
    return status;
}

pt_status compilation_check_options(const pt_compile_options *options, pt_error *error)
{
    if (options == NULL || (options->source == NULL && options->source_len != 0) ||
        (options->constants == NULL && options->n_constants != 0))
        return error_missing(error, "options with a source and constants");
    for (size_t i = 0; i < options->n_constants; i++) {
        const pt_constant *c = &options->constants[i];
        if (c->party == NULL || c->name == NULL || c->literal == NULL)
            return error_missing(error, "the texts of every constant");
    }
    return PT_OK;
}

pt_status compilation_open(compilation *ret_compilation, const pt_compile_options *options,
                           pt_error *error)
{
    compilation *c = ret_compilation;
    *c = (compilation){.options = options, .error = error};
    arena_init(&c->tree, MAX_TREE_BYTES);
    const pt_status status =
        diag_new(&c->diagnostics, options->file_name, options->source, options->source_len, error);
    if (status != PT_OK)
        return status;
    return lang_check(&c->program, &c->tree, options->source, options->source_len, c->diagnostics,
                      error);
}

static void report_no_main(const compilation *c)
{
    enum { MOST = 8 };
    size_t n = 0;
    buffer names;
    buffer_init(&names, SIZE_MAX / 4);
    for (size_t i = 0; i < c->program->n_functions; i++) {
        const fn_decl *function = c->program->functions[i];
        if (function->is_pub && n++ < MOST)
            buffer_printf(&names, "%s%.100s", n == 1 ? "; choose one of its functions: " : ", ",
                          function->name.text);
    }
    const char *text = buffer_text(&names);
    if (n == 0)
        diag_add(c->diagnostics, DIAG_COMPILE, DIAG_NO_PLACE,
                 "there is no function main: a program has one, as `pub fn main(a: u32, b: u32) -> "
                 "u32 { .. }`");
    else
        diag_add(c->diagnostics, DIAG_COMPILE, DIAG_NO_PLACE, "there is no function main%s%s",
                 text != NULL ? text : "", n > MOST ? ", .." : "");
    buffer_clear(&names);
}

const fn_decl *compilation_entry(const compilation *c)
{
    const char *name = c->options->function != NULL ? c->options->function : "main";
    nearest n;
    nearest_init(&n, name, strlen(name));
    for (size_t i = 0; i < c->program->n_functions; i++) {
        const fn_decl *function = c->program->functions[i];
        if (strcmp(function->name.text, name) == 0)
            return function;
        nearest_offer(&n, function->name.text);
    }
    if (c->options->function == NULL) {
        report_no_main(c);
        return NULL;
    }
    diag_add(c->diagnostics, DIAG_COMPILE, DIAG_NO_PLACE, "there is no function %.100s%s%s%s", name,
             n.best != NULL ? "; did you mean " : "", n.best != NULL ? n.best : "",
             n.best != NULL ? "?" : "");
    return NULL;
}

/* The status, and `error` filled with the first of the errors in the list, if there are any. */
static pt_status finish_diagnostics(const compilation *c, pt_status status)
{
    if (c->diagnostics == NULL || diag_is_empty(c->diagnostics))
        return status;
    const pt_status finished = diag_finish(c->diagnostics, c->error);
    if (finished != PT_ERR_PROGRAM)
        return finished;
    if (c->error != NULL)
        c->error->status = status;
    return status;
}

pt_status compilation_close(compilation *c, pt_diagnostics **ret_diagnostics, pt_status status)
{
    const pt_status finished = finish_diagnostics(c, status);
    const bool is_told = pt_diagnostics_count(c->diagnostics) != 0 && finished != PT_ERR_MEMORY;
    if (ret_diagnostics != NULL)
        *ret_diagnostics = is_told ? c->diagnostics : NULL;
    if (ret_diagnostics == NULL || !is_told)
        pt_diagnostics_free(c->diagnostics);
    arena_clear(&c->tree);
    *c = (compilation){0};
    return finished;
}
