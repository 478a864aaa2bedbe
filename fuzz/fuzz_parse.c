/* Arbitrary bytes as a program: scanned, parsed, checked. Errors must have a place in the text and
 * print; accepted trees must have every annotation that the lowering relies on (lang/ast.h). */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "lang/check/const.h"
#include "lang/compilation.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

static void visit_expr(const fn_decl *function, const expr *e);

static void visit_pattern(const fn_decl *function, const pattern *p)
{
    PT_ASSERT(p->type != NULL);
    switch (p->kind) {
    case PATTERN_BIND:
        PT_ASSERT(p->as.bind.local < function->n_locals);
        PT_ASSERT(ctype_equal(function->locals[p->as.bind.local].type, p->type));
        break;
    case PATTERN_BOOL:
        PT_ASSERT(p->type->kind == CTYPE_BOOL);
        break;
    case PATTERN_NUMBER:
        PT_ASSERT(ctype_is_integer(p->type));
        break;
    case PATTERN_TUPLE:
        PT_ASSERT(p->type->as.tuple.n_elements == p->as.tuple.n_elements);
        for (size_t i = 0; i < p->as.tuple.n_elements; i++)
            visit_pattern(function, p->as.tuple.elements[i]);
        break;
    case PATTERN_STRUCT:
        PT_ASSERT(p->type->as.structure == p->as.structure.decl);
        for (size_t i = 0; i < p->as.structure.decl->n_fields; i++)
            if (p->as.structure.by_field[i] != NULL)
                visit_pattern(function, p->as.structure.by_field[i]);
        break;
    case PATTERN_VARIANT:
        PT_ASSERT(p->type->as.enumeration == p->as.variant.decl);
        PT_ASSERT(p->as.variant.variant < p->as.variant.decl->n_variants);
        for (size_t i = 0; i < p->as.variant.n_fields; i++)
            visit_pattern(function, p->as.variant.fields[i]);
        break;
    }
}

static void visit_list(const fn_decl *function, expr *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        visit_expr(function, list[i]);
}

static void visit_place(const fn_decl *function, const place *to)
{
    PT_ASSERT(to->local < function->n_locals && function->locals[to->local].mutable);
    PT_ASSERT(to->type != NULL);
    for (size_t i = 0; i < to->n_steps; i++) {
        PT_ASSERT(to->steps[i].type != NULL);
        if (to->steps[i].kind == STEP_INDEX)
            visit_expr(function, to->steps[i].index);
    }
}

static void visit_stmt(const fn_decl *function, const stmt *s)
{
    switch (s->kind) {
    case STMT_LET:
        visit_expr(function, s->as.let.value);
        visit_pattern(function, s->as.let.pattern);
        PT_ASSERT(ctype_equal(s->as.let.value->type, s->as.let.pattern->type));
        break;
    case STMT_ASSIGN:
        visit_place(function, &s->as.assign.place);
        visit_expr(function, s->as.assign.value);
        if (!s->as.assign.compound || (s->as.assign.op != OP_SHL && s->as.assign.op != OP_SHR))
            PT_ASSERT(ctype_equal(s->as.assign.value->type, s->as.assign.place.type));
        break;
    case STMT_FOR:
        visit_expr(function, s->as.for_.sequence);
        visit_pattern(function, s->as.for_.pattern);
        visit_expr(function, s->as.for_.body);
        break;
    case STMT_FOR_JOIN:
        PT_ASSERT(s->as.for_.sequence->as.call.n_args == 2);
        visit_list(function, s->as.for_.sequence->as.call.args, 2);
        visit_pattern(function, s->as.for_.pattern);
        visit_expr(function, s->as.for_.body);
        break;
    case STMT_EXPR:
        visit_expr(function, s->as.expr.value);
        break;
    }
}

static void visit_binary(const fn_decl *function, const expr *e)
{
    const expr *left = e->as.binary.left;
    const expr *right = e->as.binary.right;
    visit_expr(function, left);
    visit_expr(function, right);
    if (e->as.binary.op == OP_SHL || e->as.binary.op == OP_SHR)
        PT_ASSERT(right->type->kind == CTYPE_U8);
    else
        PT_ASSERT(ctype_equal(left->type, right->type));
}

static void visit_match(const fn_decl *function, const expr *e)
{
    visit_expr(function, e->as.match.scrutinee);
    for (size_t i = 0; i < e->as.match.n_arms; i++) {
        visit_pattern(function, e->as.match.arms[i].pattern);
        visit_expr(function, e->as.match.arms[i].body);
        PT_ASSERT(ctype_equal(e->as.match.arms[i].body->type, e->type));
    }
}

/* A chain of else-ifs may be longer than the stack is deep. */
static void visit_if(const fn_decl *function, const expr *e)
{
    const ctype *type = e->type;
    for (; e != NULL && e->kind == EXPR_IF; e = e->as.if_.else_branch) {
        PT_ASSERT(ctype_equal(e->type, type));
        visit_expr(function, e->as.if_.condition);
        visit_expr(function, e->as.if_.then_branch);
        PT_ASSERT(ctype_equal(e->as.if_.then_branch->type, type));
    }
    if (e == NULL)
        return;
    visit_expr(function, e);
    PT_ASSERT(ctype_equal(e->type, type));
}

static void visit_name(const fn_decl *function, const expr *e)
{
    const ctype *computed = e->value_type != NULL ? e->value_type : e->type;
    if (e->as.name.constant != NULL) {
        PT_ASSERT(ctype_equal(e->as.name.constant->type, computed));
        return;
    }
    PT_ASSERT(e->as.name.local < function->n_locals);
    PT_ASSERT(ctype_equal(function->locals[e->as.name.local].type, computed));
}

static void visit_expr(const fn_decl *function, const expr *e)
{
    PT_ASSERT(e->type != NULL);
    switch (e->kind) {
    case EXPR_BOOL:
    case EXPR_RANGE:
        break;
    case EXPR_NUMBER:
        PT_ASSERT(ctype_is_integer(e->type) && e->value_type == NULL);
        break;
    case EXPR_NAME:
        visit_name(function, e);
        break;
    case EXPR_TUPLE:
    case EXPR_ARRAY:
        visit_list(function, e->as.list.elements, e->as.list.n_elements);
        break;
    case EXPR_REPEAT:
        visit_expr(function, e->as.repeat.element);
        break;
    case EXPR_STRUCT:
        visit_list(function, e->as.structure.by_field, e->as.structure.decl->n_fields);
        break;
    case EXPR_VARIANT:
        PT_ASSERT(e->as.variant.variant < e->as.variant.decl->n_variants);
        visit_list(function, e->as.variant.args, e->as.variant.n_args);
        break;
    case EXPR_CALL:
        PT_ASSERT(e->as.call.function->idx < function->idx);
        PT_ASSERT(e->as.call.n_args == e->as.call.function->n_params);
        visit_list(function, e->as.call.args, e->as.call.n_args);
        break;
    case EXPR_JOIN:
        visit_list(function, e->as.call.args, e->as.call.n_args);
        break;
    case EXPR_INDEX:
        visit_expr(function, e->as.index.array);
        visit_expr(function, e->as.index.index);
        PT_ASSERT(e->as.index.index->type->kind == CTYPE_USIZE);
        break;
    case EXPR_TUPLE_FIELD:
        visit_expr(function, e->as.tuple_field.tuple);
        break;
    case EXPR_FIELD:
        visit_expr(function, e->as.field.structure);
        break;
    case EXPR_UNARY:
        visit_expr(function, e->as.unary.operand);
        PT_ASSERT(ctype_equal(e->as.unary.operand->type, e->type));
        break;
    case EXPR_BINARY:
        visit_binary(function, e);
        break;
    case EXPR_CAST:
        visit_expr(function, e->as.cast.operand);
        break;
    case EXPR_IF:
        visit_if(function, e);
        break;
    case EXPR_MATCH:
        visit_match(function, e);
        break;
    case EXPR_BLOCK:
        for (size_t i = 0; i < e->as.block.n_stmts; i++)
            visit_stmt(function, e->as.block.stmts[i]);
        PT_ASSERT(block_value(e) == NULL ? ctype_is_unit(e->type)
                                         : ctype_equal(block_value(e)->type, e->type));
        break;
    }
}

static void visit_program(arena *a, const checked_program *program)
{
    for (size_t i = 0; i < program->n_functions; i++) {
        const fn_decl *function = program->functions[i];
        PT_ASSERT(function->idx == i);
        visit_expr(function, function->body);
        PT_ASSERT(ctype_equal(function->body->type, function->result));
        for (size_t l = 0; l < function->n_locals; l++)
            PT_ASSERT(function->locals[l].type != NULL);
    }
    uint64_t *externals = arena_new(a, program->n_externals, sizeof *externals);
    uint64_t *constants = arena_new(a, program->n_constants, sizeof *constants);
    if (externals != NULL && constants != NULL)
        const_values(constants, program, externals);
}

static void visit_errors(const pt_diagnostics *d)
{
    PT_ASSERT(pt_diagnostics_count(d) > 0);
    for (size_t i = 0; i < pt_diagnostics_count(d); i++) {
        const pt_diagnostic item = pt_diagnostics_get(d, i);
        PT_ASSERT(item.line > 0 && item.column > 0 && item.message[0] != '\0');
        PT_ASSERT(item.end_line > item.line ||
                  (item.end_line == item.line && item.end_column >= item.column));
        PT_ASSERT(strchr(item.message, '\n') == NULL);
    }
    char *text = NULL;
    for (int color = 0; color < 2; color++) {
        PT_ASSERT(pt_diagnostics_print(&text, d, color != 0, 0, NULL) == PT_OK);
        pt_text_free(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena a;
    arena_init(&a, ARENA_BYTES);
    checked_program *program = NULL;
    pt_diagnostics *d = NULL;
    pt_status status = diag_new(&d, NULL, (const char *)data, size, NULL);
    if (status == PT_OK)
        status = lang_check(&program, &a, (const char *)data, size, d, NULL);
    if (status == PT_OK)
        visit_program(&a, program);
    else if (status == PT_ERR_PROGRAM && diag_finish(d, NULL) == PT_ERR_PROGRAM)
        visit_errors(d);
    pt_diagnostics_free(d);
    arena_clear(&a);
    return 0;
}
