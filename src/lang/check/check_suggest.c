/* "Did you mean": known names close to an unknown one, for the end of a message. */
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "lang/check/checker.h"

/* The search takes time, and errors past the limit are not shown. */
static bool is_shown(const checker *c)
{
    return c->d->n_items < DIAG_MAX_ERRORS;
}

static const char *suggestion(checker *c, const nearest *n)
{
    char text[NEAREST_MAX_LEN + 32];
    if (n->best == NULL)
        return "";
    const int len = snprintf(text, sizeof text, "; did you mean `%s`?", n->best);
    const char *copy = len > 0 ? arena_string(c->a, text, (size_t)len) : NULL;
    c->out_of_memory = c->out_of_memory || copy == NULL;
    return copy != NULL ? copy : "";
}

/* Every variable of the function so far that is in scope still. */
static void offer_variables(checker *c, nearest *n)
{
    const local_var *locals = (const local_var *)(const void *)c->locals.bytes;
    const size_t n_locals = c->locals.failed ? 0 : c->locals.len / sizeof *locals;
    for (size_t i = n_locals; i-- > 0;) {
        if (symbol_of(c, locals[i].name)->local == i)
            nearest_offer(n, locals[i].name);
    }
}

static void offer_types(nearest *n)
{
    for (ctype_kind kind = CTYPE_BOOL; kind < CTYPE_TUPLE; kind++) {
        if (kind != CTYPE_ANY_UNSIGNED && kind != CTYPE_ANY_SIGNED)
            nearest_offer(n, ctype_scalar_name(kind));
    }
}

const char *suggest_name(checker *c, unsigned spaces, const char *name)
{
    nearest n;
    const checked_program *program = c->program;
    if (!is_shown(c))
        return "";
    nearest_init(&n, name, strlen(name));
    if ((spaces & SUGGEST_VARIABLES) != 0)
        offer_variables(c, &n);
    for (size_t i = 0; (spaces & SUGGEST_CONSTANTS) != 0 && i < program->n_constants; i++)
        nearest_offer(&n, program->constants[i]->name.text);
    for (size_t i = 0; (spaces & SUGGEST_FUNCTIONS) != 0 && i < program->n_functions; i++)
        nearest_offer(&n, program->functions[i]->name.text);
    if ((spaces & SUGGEST_SCALARS) != 0)
        offer_types(&n);
    for (size_t i = 0; (spaces & SUGGEST_STRUCTS) != 0 && i < program->n_structs; i++)
        nearest_offer(&n, program->structs[i]->name.text);
    for (size_t i = 0; (spaces & SUGGEST_ENUMS) != 0 && i < program->n_enums; i++)
        nearest_offer(&n, program->enums[i]->name.text);
    return suggestion(c, &n);
}

const char *suggest_field(checker *c, const struct_decl *decl, const char *name)
{
    nearest n;
    if (!is_shown(c))
        return "";
    nearest_init(&n, name, strlen(name));
    for (size_t i = 0; i < decl->n_fields; i++)
        nearest_offer(&n, decl->fields[i].name.text);
    return suggestion(c, &n);
}

const char *suggest_variant(checker *c, const enum_decl *decl, const char *name)
{
    nearest n;
    if (!is_shown(c))
        return "";
    nearest_init(&n, name, strlen(name));
    for (size_t i = 0; i < decl->n_variants; i++)
        nearest_offer(&n, decl->variants[i].name.text);
    return suggestion(c, &n);
}
