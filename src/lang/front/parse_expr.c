/* Expressions: binary operators, casts, prefix operators. */
#include "lang/front/parse.h"
#include "lang/front/parser.h"

typedef struct operator_row {
    unsigned precedence; /* 0: no binary operator; higher binds tighter (G2) */
    binary_op op;
} operator_row;

static const operator_row operators[TOKEN_N_KINDS] = {
    [TOKEN_OR_OR] = {1, OP_OR},    [TOKEN_AND_AND] = {2, OP_AND}, [TOKEN_EQ] = {3, OP_EQ},
    [TOKEN_NE] = {3, OP_NE},       [TOKEN_LT] = {4, OP_LT},       [TOKEN_GT] = {4, OP_GT},
    [TOKEN_LE] = {4, OP_LE},       [TOKEN_GE] = {4, OP_GE},       [TOKEN_OR] = {5, OP_BIT_OR},
    [TOKEN_XOR] = {6, OP_BIT_XOR}, [TOKEN_AND] = {7, OP_BIT_AND}, [TOKEN_SHL] = {8, OP_SHL},
    [TOKEN_SHR] = {8, OP_SHR},     [TOKEN_PLUS] = {9, OP_ADD},    [TOKEN_MINUS] = {9, OP_SUB},
    [TOKEN_STAR] = {10, OP_MUL},   [TOKEN_SLASH] = {10, OP_DIV},  [TOKEN_PERCENT] = {10, OP_REM},
};

/* "-" unary, both taken */
static expr *parse_negation(parser *p, expr *operand, span minus)
{
    const span at = span_join(minus, operand->span);
    const bool is_literal = operand->kind == EXPR_NUMBER && !operand->as.number.negative;
    const ctype_kind suffix = operand->as.number.suffix;
    /* Q12: `- 5` and `-(5)` are numbers, as `-5` is. */
    if (is_literal && (suffix == CTYPE_ANY_UNSIGNED || ctype_is_signed(ctype_scalar(suffix)))) {
        if (operand->as.number.magnitude > (uint64_t)1 << 63) {
            parser_report(p, at, "bad number: too small for 64 bits");
            return NULL;
        }
        operand->as.number.negative = true;
        operand->as.number.suffix = suffix == CTYPE_ANY_UNSIGNED ? CTYPE_ANY_SIGNED : suffix;
        operand->span = at;
        return operand;
    }
    expr *e = parser_new_expr(p, EXPR_UNARY, at);
    if (e == NULL)
        return NULL;
    e->as.unary.op = OP_NEGATE;
    e->as.unary.operand = operand;
    return parser_adopt(p, e, operand) ? e : NULL;
}

/* unary = ( "-" | "!" ) unary | postfix */
static expr *parse_unary(parser *p)
{
    const span start = parser_token_span(p->at);
    const bool is_number = parser_next_is(p, TOKEN_MINUS) && p->at->glued;
    if (is_number || !(parser_next_is(p, TOKEN_MINUS) || parser_next_is(p, TOKEN_BANG)))
        return parse_postfix(p);
    const bool is_minus = parser_next_is(p, TOKEN_MINUS);
    p->at++;
    expr *operand = parser_nest(p) ? parse_unary(p) : NULL;
    parser_unnest(p);
    if (operand == NULL)
        return NULL;
    if (is_minus)
        return parse_negation(p, operand, start);
    expr *e = parser_new_expr(p, EXPR_UNARY, span_join(start, operand->span));
    if (e == NULL)
        return NULL;
    e->as.unary.op = OP_NOT;
    e->as.unary.operand = operand;
    return parser_adopt(p, e, operand) ? e : NULL;
}

/* { "as" type }, behind its operand */
static expr *parse_casts_on(parser *p, expr *e)
{
    while (e != NULL && parser_accept(p, TOKEN_AS)) {
        expr *cast = parser_new_expr(p, EXPR_CAST, e->span);
        if (cast == NULL)
            return NULL;
        cast->as.cast.operand = e;
        cast->as.cast.target = parse_type(p);
        if (cast->as.cast.target == NULL || !parser_adopt(p, cast, e))
            return NULL;
        cast->span = span_join(e->span, cast->as.cast.target->span);
        e = cast;
    }
    return e;
}

/* cast = cond { "as" type }
 * cond = if | match | unary */
static expr *parse_cast(parser *p)
{
    const bool branches = parser_next_is(p, TOKEN_IF) || parser_next_is(p, TOKEN_MATCH);
    return parse_casts_on(p, branches ? parse_branching(p) : parse_unary(p));
}

static expr *parse_binary(parser *p, unsigned precedence);

/* All operators that bind at least as tightly as `precedence`, from left to right, behind their
 * first operand. */
static expr *parse_binary_on(parser *p, expr *left, unsigned precedence)
{
    while (left != NULL) {
        const operator_row *row = &operators[p->at->kind];
        if (row->precedence == 0 || row->precedence < precedence)
            break;
        if (parser_next_is(p, TOKEN_MINUS) && p->at->glued && p->minus_starts_next)
            break;
        p->at++;
        expr *right = parse_binary(p, row->precedence + 1);
        if (right == NULL)
            return NULL;
        expr *e = parser_new_expr(p, EXPR_BINARY, span_join(left->span, right->span));
        if (e == NULL || !parser_adopt(p, e, left) || !parser_adopt(p, e, right))
            return NULL;
        e->as.binary.op = row->op;
        e->as.binary.left = left;
        e->as.binary.right = right;
        left = e;
    }
    return left;
}

/* or, and, equal, .., term */
static expr *parse_binary(parser *p, unsigned precedence)
{
    return parse_binary_on(p, parse_cast(p), precedence);
}

expr *parse_operators_on(parser *p, expr *first)
{
    return parse_binary_on(p, parse_casts_on(p, first), 1);
}

/* ".." or, behind the first bound: a range whose bounds are constant expressions. One of two
 * numbers is an operand already (parse_primary.c). */
static expr *parse_const_range(parser *p, const expr *from)
{
    p->at++;
    const expr *to = parse_binary(p, 1);
    if (to == NULL)
        return NULL;
    expr *e = parser_new_expr(p, EXPR_RANGE, span_join(from->span, to->span));
    if (e == NULL)
        return NULL;
    e->as.range.suffix = CTYPE_ANY_UNSIGNED;
    e->as.range.from = parse_const_of(p, from);
    if (e->as.range.from == NULL)
        return NULL;
    e->as.range.to = parse_const_of(p, to);
    return e->as.range.to != NULL ? e : NULL;
}

/* or [ ".." or ] */
expr *parse_operators(parser *p)
{
    expr *e = parser_nest(p) ? parse_binary(p, 1) : NULL;
    if (e != NULL && parser_next_is(p, TOKEN_DOTS))
        e = parse_const_range(p, e);
    parser_unnest(p);
    if (e == NULL || !parser_next_is(p, TOKEN_DOTS_EQUAL))
        return e;
    parser_report(p, parser_token_span(p->at),
                  "ranges of values have no `..=`; write `..` and one more");
    return NULL;
}

/* expr = "{" stmts "}" | or */
expr *parse_expr(parser *p)
{
    const bool outer = p->minus_starts_next;
    p->minus_starts_next = false;
    expr *e = parser_next_is(p, TOKEN_LEFT_BRACE) ? parse_block(p, "") : parse_operators(p);
    p->minus_starts_next = outer;
    return e;
}

expr *parse_header_expr(parser *p)
{
    const bool outer = p->no_struct;
    p->no_struct = true;
    expr *e = parse_expr(p);
    p->no_struct = outer;
    return e;
}
