/* Statements, blocks and scopes (spec T4, T5, T14, T34, T39, T40). */
#include "lang/check/checker.h"

#include "base/assert.h"

/* ---- Scopes ---- */

/* A variable in scope and the one of the same name that it hides. */
typedef struct scope_entry {
    size_t name;
    uint32_t hidden;
} scope_entry;

size_t scope_open(const checker *c)
{
    return c->scope.len;
}

void scope_close(checker *c, size_t mark)
{
    const scope_entry *entries = (const scope_entry *)(const void *)c->scope.bytes;
    PT_ASSERT(c->scope.failed || mark <= c->scope.len);
    while (!c->scope.failed && c->scope.len > mark) {
        c->scope.len -= sizeof *entries;
        const scope_entry *last = &entries[c->scope.len / sizeof *entries];
        c->symbols[last->name].local = last->hidden;
    }
}

uint32_t define_local(checker *c, const char *name, span at, const ctype *t, bool mutable)
{
    const uint32_t local = (uint32_t)(c->locals.len / sizeof(local_var));
    const local_var variable = {name, at, t, mutable, NULL};
    symbol *s = symbol_of(c, name);
    const scope_entry entry = {name_idx(c->names, name), s->local};
    checker_push(c, &c->locals, &variable, sizeof variable);
    checker_push(c, &c->scope, &entry, sizeof entry);
    if (!c->out_of_memory)
        s->local = local;
    return local;
}

const local_var *find_local(checker *c, const char *name, uint32_t *ret_local)
{
    const uint32_t local = symbol_of(c, name)->local;
    if (local == NO_LOCAL || c->locals.failed)
        return NULL;
    *ret_local = local;
    return (const local_var *)(const void *)c->locals.bytes + local;
}

/* ---- Statements ---- */

/* The first number without suffix that an array or tuple is made of. */
static const expr *first_unsuffixed(const expr *e)
{
    while (e->kind != EXPR_NUMBER) {
        if (e->kind == EXPR_REPEAT)
            e = e->as.repeat.element;
        else if (e->kind == EXPR_ARRAY)
            e = e->as.list.elements[0];
        else
            return NULL;
    }
    return ctype_is_unsuffixed(ctype_scalar(e->as.number.suffix)) ? e : NULL;
}

/* `let mut x = 5;` makes an i32: if it then meets another type, the 5 is to blame. */
static void note_default(checker *c, const pattern *p, const expr *defaulted)
{
    if (!c->locals.failed && defaulted != NULL)
        ((local_var *)(void *)c->locals.bytes)[p->as.bind.local].defaulted = defaulted;
}

static void check_let(checker *c, stmt *s)
{
    pattern *p = s->as.let.pattern;
    expr *value = s->as.let.value;
    check_expr(c, value);
    const ctype *t = value->type;
    const expr *defaulted = NULL;
    if (s->as.let.type != NULL) {
        t = resolve_type(c, s->as.let.type);
        (void)check_adapt(c, value, t);
    } else if (p->kind == PATTERN_BIND && p->as.bind.mutable) {
        if (t != NULL && ctype_has_unsuffixed(t))
            defaulted = first_unsuffixed(value);
        t = default_type(c, value->span, t);
        (void)check_adapt(c, value, t);
    }
    if (check_pattern(c, p, t) && t != NULL)
        check_irrefutable(c, p, "let");
    note_default(c, p, defaulted);
}

/* The type after one step of a place. */
static const ctype *check_step(checker *c, place_step *step, const ctype *t)
{
    switch (step->kind) {
    case STEP_INDEX:
        check_index(c, step->index, t);
        step->type = element_type(c, step->span, t);
        break;
    case STEP_TUPLE_FIELD:
        step->type = tuple_field_type(c, step->span, t, step->position);
        break;
    case STEP_FIELD:
        step->type = field_type(c, t, &step->field, &step->field_idx);
        break;
    }
    return step->type;
}

static const ctype *check_variable(checker *c, place *to)
{
    const ident *name = &to->variable;
    const local_var *variable = find_local(c, name->text, &to->local);
    if (variable == NULL) {
        if (symbol_of(c, name->text)->constant != NULL)
            type_error(c, name->span, "not mutable: `%s` is a constant", name->text);
        else
            type_error(c, name->span, "unknown name `%s`%s", name->text,
                       suggest_name(c, SUGGEST_VARIABLES, name->text));
        return NULL;
    }
    if (!variable->mutable && variable->type != NULL)
        type_error(c, name->span, "not mutable: `%s` cannot be assigned; declare it with `mut`",
                   name->text);
    return variable->type;
}

static void check_place(checker *c, place *to, span at)
{
    const ctype *t = check_variable(c, to);
    bool has_index = false;
    for (size_t i = 0; i < to->n_steps; i++) {
        t = check_step(c, &to->steps[i], t);
        has_index = has_index || to->steps[i].kind == STEP_INDEX;
    }
    to->type = t;
    if (t != NULL && has_index && type_is_empty(t))
        type_error(c, at, "cannot assign to an element of type %s: it has no bits",
                   type_text(c, t));
}

static bool is_bit_op(binary_op op)
{
    return op == OP_BIT_AND || op == OP_BIT_OR || op == OP_BIT_XOR;
}

/* p op= e is typed as p = p op e. */
static void check_compound(checker *c, const stmt *s, const ctype *t)
{
    const binary_op op = s->as.assign.op;
    expr *value = s->as.assign.value;
    if (op == OP_SHL || op == OP_SHR)
        (void)check_adapt(c, value, ctype_scalar(CTYPE_U8));
    else
        (void)check_adapt(c, value, t);
    if (t == NULL || ctype_is_integer(t) || (is_bit_op(op) && t->kind == CTYPE_BOOL))
        return;
    type_error(c, s->as.assign.place.variable.span, "expected %s to assign to, found %s",
               is_bit_op(op) ? "bool or a number" : "a number", type_text(c, t));
}

static void check_assign(checker *c, stmt *s)
{
    place *to = &s->as.assign.place;
    check_place(c, to, s->span);
    const ctype *t = to->type;
    check_expr(c, s->as.assign.value);
    const bool shifts =
        s->as.assign.compound && (s->as.assign.op == OP_SHL || s->as.assign.op == OP_SHR);
    if (!shifts && check_default(c, find_local(c, to->variable.text, &to->local), t,
                                 s->as.assign.value->type)) {
        to->type = NULL;
        return;
    }
    if (s->as.assign.compound)
        check_compound(c, s, t);
    else
        (void)check_adapt(c, s->as.assign.value, t);
}

static void check_for(checker *c, stmt *s)
{
    expr *sequence = s->as.for_.sequence;
    const ctype *t;
    if (s->kind == STMT_FOR_JOIN) {
        t = check_join_iter(c, sequence);
    } else {
        check_expr(c, sequence);
        t = element_type(c, sequence->span, sequence->type);
    }
    const size_t mark = scope_open(c);
    if (check_pattern(c, s->as.for_.pattern, t) && t != NULL)
        check_irrefutable(c, s->as.for_.pattern, "for");
    check_block(c, s->as.for_.body);
    scope_close(c, mark);
}

static void check_stmt(checker *c, stmt *s)
{
    switch (s->kind) {
    case STMT_LET:
        check_let(c, s);
        break;
    case STMT_ASSIGN:
        check_assign(c, s);
        break;
    case STMT_FOR:
    case STMT_FOR_JOIN:
        check_for(c, s);
        break;
    case STMT_EXPR:
        check_expr(c, s->as.expr.value);
        break;
    }
}

void check_block(checker *c, expr *block)
{
    const size_t mark = scope_open(c);
    for (size_t i = 0; i < block->as.block.n_stmts && !c->out_of_memory; i++)
        check_stmt(c, block->as.block.stmts[i]);
    scope_close(c, mark);
    const expr *value = block_value(block);
    block->type = value == NULL ? ctype_unit() : value->type;
}
