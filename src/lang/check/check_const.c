/* Constants, const { } sizes and external values (spec section 4). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lang/check/checker.h"

/* One occurrence of PARTY::NAME. */
typedef struct external_use {
    const_expr *expr;
    const ctype *type;
    size_t order;
} external_use;

/* What a constant expression is checked for. */
typedef struct const_context {
    const ctype *type;
    bool is_size; /* const { }: numbers may lack a suffix, any constant may be named (C1, C6) */
} const_context;

static bool const_is_scalar(const ctype *t)
{
    return t->kind == CTYPE_BOOL || ctype_is_integer(t);
}

static bool use_external(checker *c, const_expr *e, const ctype *t)
{
    const external_use use = {e, t, c->external_uses.len};
    checker_push(c, &c->external_uses, &use, sizeof use);
    return true;
}

static bool check_number(checker *c, const const_expr *e, const const_context *context)
{
    const ctype *t = context->type;
    const number_lit *n = &e->as.number;
    if (!ctype_is_integer(t)) {
        type_error(c, e->span, "expected %s, found a number", type_text(c, t));
        return false;
    }
    if (n->suffix == t->kind || (context->is_size && n->suffix == CTYPE_ANY_UNSIGNED))
        return true;
    if (n->suffix == CTYPE_ANY_UNSIGNED || n->suffix == CTYPE_ANY_SIGNED)
        type_error(c, e->span, "a number in a constant needs its suffix: write %s%llu%s",
                   n->negative ? "-" : "", (unsigned long long)n->magnitude, type_text(c, t));
    else
        report_mismatch(c, e->span, t, ctype_scalar(n->suffix));
    return false;
}

static bool check_const_name(checker *c, const_expr *e, const const_context *context)
{
    const const_decl *decl = symbol_of(c, e->as.name.text)->constant;
    if (decl == NULL) {
        type_error(c, e->span, "unknown name `%s`: no such constant%s", e->as.name.text,
                   suggest_name(c, SUGGEST_CONSTANTS, e->as.name.text));
        return false;
    }
    if (!context->is_size && decl->idx >= c->n_constants_done) {
        type_error(c, e->span,
                   "unknown name `%s`: a constant must be defined before it is used "
                   "in another one",
                   e->as.name.text);
        return false;
    }
    e->as.name.decl = decl;
    if (decl->type == NULL)
        return false;
    if (ctype_equal(decl->type, context->type))
        return true;
    report_mismatch(c, e->span, context->type, decl->type);
    return false;
}

static bool check_const_expr(checker *c, const_expr *e, const const_context *context)
{
    switch (e->kind) {
    case CONST_BOOL:
        if (context->type->kind != CTYPE_BOOL)
            report_mismatch(c, e->span, context->type, ctype_scalar(CTYPE_BOOL));
        return context->type->kind == CTYPE_BOOL;
    case CONST_NUMBER:
        return check_number(c, e, context);
    case CONST_NAME:
        return check_const_name(c, e, context);
    case CONST_EXTERNAL:
        return use_external(c, e, context->type);
    case CONST_ADD:
    case CONST_SUB:
    case CONST_MIN:
    case CONST_MAX:
        break;
    }
    if (!ctype_is_integer(context->type)) {
        type_error(c, e->span, "expected %s, found arithmetic, which yields a number",
                   type_text(c, context->type));
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < e->as.op.n_operands; i++)
        ok = check_const_expr(c, e->as.op.operands[i], context) && ok;
    return ok;
}

bool check_size_expr(checker *c, const_expr *e)
{
    const const_context context = {ctype_scalar(CTYPE_USIZE), true};
    return check_const_expr(c, e, &context);
}

bool check_bound(checker *c, const_expr *e, const ctype *t)
{
    const const_context context = {t, true};
    return check_const_expr(c, e, &context);
}

static void check_constant(checker *c, const_decl *decl)
{
    if (decl->type == NULL)
        return;
    const const_context context = {decl->type, false};
    if (!check_const_expr(c, decl->value, &context))
        return;
    if (decl->value->kind == CONST_EXTERNAL)
        decl->external = decl->value;
    else if (decl->value->kind == CONST_NAME)
        decl->external = decl->value->as.name.decl->external;
}

void check_constants(checker *c)
{
    checked_program *program = c->program;
    for (size_t i = 0; i < program->n_constants; i++)
        program->constants[i]->type = resolve_type(c, program->constants[i]->written);
    for (size_t i = 0; i < program->n_constants; i++) {
        c->n_constants_done = i;
        check_constant(c, program->constants[i]);
    }
    c->n_constants_done = program->n_constants;
}

static int compare_pointers(const char *a, const char *b)
{
    return (a > b) - (a < b);
}

static int compare_uses(const void *left, const void *right)
{
    const external_use *const a = left;
    const external_use *const b = right;
    int order = compare_pointers(a->expr->as.external.party, b->expr->as.external.party);
    if (order == 0)
        order = compare_pointers(a->expr->as.external.name, b->expr->as.external.name);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static bool is_before(const span *a, const span *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

static int compare_firsts(const void *left, const void *right)
{
    const span *const a = &((const external_value *)left)->span;
    const span *const b = &((const external_value *)right)->span;
    return (is_before(b, a) ? 1 : 0) - (is_before(a, b) ? 1 : 0);
}

/* Uses of one external value, in order: the last type counts (C2); numbers of another type wrap. */
static external_value merge_uses(checker *c, const external_use *uses, size_t n)
{
    const const_expr *first = uses[0].expr;
    external_value merged = {first->as.external.party, first->as.external.name, uses[n - 1].type,
                             first->span};
    for (size_t i = 0; i < n; i++) {
        if (is_before(&uses[i].expr->span, &merged.span))
            merged.span = uses[i].expr->span;
        if (!ctype_equal(uses[i].type, merged.type) &&
            !(const_is_scalar(uses[i].type) && const_is_scalar(merged.type)))
            type_error(c, uses[i].expr->span, "%s::%s is used here as %s and elsewhere as %s",
                       merged.party, merged.name, type_text(c, uses[i].type),
                       type_text(c, merged.type));
    }
    return merged;
}

static bool same_external(const const_expr *e, const external_value *v)
{
    return e->as.external.party == v->party && e->as.external.name == v->name;
}

/* Tells each occurrence its index: both lists are sorted by names for that. */
static void number_uses(external_use *uses, size_t n_uses, const external_value *values, size_t n)
{
    for (size_t v = 0; v < n; v++) {
        size_t low = 0;
        size_t high = n_uses;
        while (low < high) {
            const size_t middle = low + (high - low) / 2;
            const const_expr *e = uses[middle].expr;
            int order = compare_pointers(e->as.external.party, values[v].party);
            if (order == 0)
                order = compare_pointers(e->as.external.name, values[v].name);
            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }
        for (size_t i = low; i < n_uses && same_external(uses[i].expr, &values[v]); i++)
            uses[i].expr->as.external.idx = v;
    }
}

void finish_externals(checker *c)
{
    if (c->external_uses.failed || c->external_uses.len == 0)
        return;
    const size_t n_uses = c->external_uses.len / sizeof(external_use);
    external_use *uses = checker_new(c, n_uses, sizeof *uses);
    external_value *values = checker_new(c, n_uses, sizeof *values);
    if (uses == NULL || values == NULL)
        return;
    memcpy(uses, c->external_uses.bytes, c->external_uses.len);
    qsort(uses, n_uses, sizeof *uses, compare_uses);
    size_t n = 0;
    for (size_t i = 0; i < n_uses;) {
        size_t end = i + 1;
        while (end < n_uses &&
               uses[end].expr->as.external.party == uses[i].expr->as.external.party &&
               uses[end].expr->as.external.name == uses[i].expr->as.external.name)
            end++;
        values[n++] = merge_uses(c, uses + i, end - i);
        i = end;
    }
    qsort(values, n, sizeof *values, compare_firsts);
    number_uses(uses, n_uses, values, n);
    c->program->externals = values;
    c->program->n_externals = n;
}
