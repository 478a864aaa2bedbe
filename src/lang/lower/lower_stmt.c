/* Statements, blocks and loops (spec S10, S13, S15). */
#include "lang/lower/lower_impl.h"

static bool lower_let(lowerer *l, const stmt *s)
{
    value v;
    if (!lower_expr(l, &v, s->as.let.value) || !pattern_bind(l, s->as.let.pattern, &v))
        return false;
    value_release(l, &v);
    return true;
}

/* One turn of a loop; takes the element. */
static bool lower_turn(lowerer *l, const stmt *s, value *element)
{
    value result;
    if (!lower_count(l, 1, s->span) || !pattern_bind(l, s->as.for_.pattern, element))
        return false;
    value_release(l, element);
    if (!lower_expr(l, &result, s->as.for_.body))
        return false;
    value_release(l, &result);
    return true;
}

/* A loop over a range never has the whole range as a value. */
static bool lower_for_range(lowerer *l, const stmt *s)
{
    const expr *range = s->as.for_.sequence;
    const ctype *to = range->type->as.array.element;
    const ctype *from = range->value_type != NULL ? range->value_type->as.array.element : to;
    uint64_t first;
    uint64_t count;
    if (!lower_bounds(l, &first, &count, range))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        value number;
        value element;
        if (!value_const(l, &number, ctype_scalar_bits(from->kind), first + i) ||
            !lower_convert(l, &element, &number, from, to, range->span) ||
            !lower_turn(l, s, &element))
            return false;
    }
    return true;
}

static bool lower_for(lowerer *l, const stmt *s)
{
    const pt_type *type;
    value array;
    if (s->as.for_.sequence->kind == EXPR_RANGE)
        return lower_for_range(l, s);
    if (!lower_expr(l, &array, s->as.for_.sequence) ||
        !lower_type(l, &type, s->as.for_.sequence->type, s->span))
        return false;
    for (size_t i = 0; i < type->length; i++) {
        value element = value_hold(&array);
        value_narrow(&element, i * type->element->n_bits, type->element->n_bits);
        if (!lower_turn(l, s, &element))
            return false;
    }
    value_release(l, &array);
    return true;
}

static bool lower_stmt_kind(lowerer *l, const stmt *s)
{
    switch (s->kind) {
    case STMT_LET:
        return lower_let(l, s);
    case STMT_ASSIGN:
        return lower_assign(l, s);
    case STMT_FOR:
        return lower_for(l, s);
    case STMT_FOR_JOIN:
        return lower_for_join(l, s);
    case STMT_EXPR: {
        value v;
        if (!lower_expr(l, &v, s->as.expr.value))
            return false;
        value_release(l, &v);
        return true;
    }
    }
    return lower_fail(l, PT_ERR_INTERNAL, s->span, "unknown kind of statement");
}

bool lower_stmt(lowerer *l, const stmt *s)
{
    const uint32_t outer_line = circuit_builder_set_line(l->builder, s->span.line);
    const bool done = lower_stmt_kind(l, s);
    (void)circuit_builder_set_line(l->builder, outer_line);
    return done;
}

bool lower_block(lowerer *l, value *ret_value, const expr *block)
{
    const expr *result = block_value(block);
    const size_t n_stmts = block->as.block.n_stmts - (result != NULL ? 1 : 0);
    for (size_t i = 0; i < n_stmts; i++) {
        if (!lower_stmt(l, block->as.block.stmts[i]))
            return false;
    }
    return result == NULL ? value_new(l, ret_value, 0) : lower_expr(l, ret_value, result);
}
