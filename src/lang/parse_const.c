/* Constant expressions (spec G13): numbers, names, X::Y, + and -, min and max. */
#include <string.h>

#include "lang/parse.h"
#include "lang/parser.h"

static const_expr *new_const(parser *p, const_expr_kind kind, span at)
{
    const_expr *e = parser_new(p, 1, sizeof *e);
    if (e != NULL) {
        e->kind = kind;
        e->span = at;
        e->n_nodes = 1;
    }
    return e;
}

/* Takes the operands pushed since `start` as those of `e`. */
static const_expr *with_operands(parser *p, const_expr *e, size_t start)
{
    if (e == NULL)
        return NULL;
    e->as.op.operands = list_take(p, start, sizeof *e->as.op.operands, &e->as.op.n_operands);
    if (e->as.op.operands == NULL)
        return NULL;
    for (size_t i = 0; i < e->as.op.n_operands; i++) {
        e->n_nodes += e->as.op.operands[i]->n_nodes;
        if (e->n_nodes > CONST_EXPR_MAX_NODES) {
            report(p, e->span, "constant expression too large: at most %d terms are allowed",
                   CONST_EXPR_MAX_NODES);
            return NULL;
        }
    }
    return e;
}

/* ( "min" | "max" ) "(" [ expr { "," expr } [ "," ] ] ")" */
static const_expr *parse_min_max(parser *p, const ident *function)
{
    const bool is_min = strcmp(function->text, "min") == 0;
    if (!is_min && strcmp(function->text, "max") != 0) {
        report(p, function->span,
               "invalid constant expression: only min and max can be called, not `%s`",
               function->text);
        return NULL;
    }
    const size_t start = list_start(p);
    while (!next_is(p, TOKEN_RIGHT_PAREN)) {
        const_expr *operand = parse_const_expr(p);
        if (operand == NULL)
            return NULL;
        list_push(p, &operand, sizeof operand);
        if (!accept(p, TOKEN_COMMA))
            break;
    }
    if (!expect(p, TOKEN_RIGHT_PAREN, "after the arguments"))
        return NULL;
    const span at = span_join(function->span, previous_span(p));
    return with_operands(p, new_const(p, is_min ? CONST_MIN : CONST_MAX, at), start);
}

/* "true" | "false" | IDENT | IDENT "::" IDENT | IDENT "(" .. ")" */
static const_expr *parse_const_name(parser *p)
{
    const bool is_true = next_is_word(p, "true");
    const bool is_bool = is_true || next_is_word(p, "false");
    const ident first = {p->at->as.name, token_span(p->at)};
    p->at++;
    if (is_bool) {
        const_expr *e = new_const(p, CONST_BOOL, first.span);
        if (e != NULL)
            e->as.boolean = is_true;
        return e;
    }
    if (accept(p, TOKEN_LEFT_PAREN))
        return parse_min_max(p, &first);
    if (!accept(p, TOKEN_COLONS)) {
        const_expr *e = new_const(p, CONST_NAME, first.span);
        if (e != NULL)
            e->as.name.text = first.text;
        return e;
    }
    ident second;
    if (!expect_ident(p, &second, "the name of an external value after `::`"))
        return NULL;
    const_expr *e = new_const(p, CONST_EXTERNAL, span_join(first.span, second.span));
    if (e != NULL) {
        e->as.external.party = first.text;
        e->as.external.name = second.text;
    }
    return e;
}

/* [ "-" ] NUMBER */
static const_expr *parse_const_number(parser *p)
{
    const span start = token_span(p->at);
    const bool negative = accept(p, TOKEN_MINUS);
    const token *t = p->at;
    if (!accept(p, TOKEN_NUMBER)) {
        report_expected(p, "a number after `-`");
        return NULL;
    }
    const_expr *e = new_const(p, CONST_NUMBER, span_join(start, token_span(t)));
    return e != NULL && make_number(p, &e->as.number, t, negative, e->span) ? e : NULL;
}

static const_expr *parse_const_term(parser *p)
{
    if (next_is(p, TOKEN_IDENT))
        return parse_const_name(p);
    if (next_is(p, TOKEN_NUMBER) || next_is(p, TOKEN_MINUS))
        return parse_const_number(p);
    if (accept(p, TOKEN_LEFT_PAREN)) {
        const_expr *e = parse_const_expr(p);
        return e != NULL && expect(p, TOKEN_RIGHT_PAREN, "after the constant expression") ? e
                                                                                          : NULL;
    }
    report_expected(p, "a constant expression: a number, a constant, PARTY::NAME, `+`, `-`, min or "
                       "max");
    return NULL;
}

/* An operator that stands where the constant expression should end. */
static bool is_foreign_operator(const parser *p)
{
    return next_is(p, TOKEN_STAR) || next_is(p, TOKEN_SLASH) || next_is(p, TOKEN_PERCENT) ||
           next_is(p, TOKEN_SHL) || next_is(p, TOKEN_SHR) || next_is(p, TOKEN_AND) ||
           next_is(p, TOKEN_OR) || next_is(p, TOKEN_XOR) || next_is(p, TOKEN_AS) ||
           next_is(p, TOKEN_LT) || next_is(p, TOKEN_GT) || next_is(p, TOKEN_LE) ||
           next_is(p, TOKEN_GE) || next_is(p, TOKEN_EQ) || next_is(p, TOKEN_NE) ||
           next_is(p, TOKEN_AND_AND) || next_is(p, TOKEN_OR_OR);
}

static const_expr *parse_const_sum(parser *p)
{
    const_expr *left = parse_const_term(p);
    while (left != NULL && (next_is(p, TOKEN_PLUS) || next_is(p, TOKEN_MINUS))) {
        const bool is_add = next_is(p, TOKEN_PLUS);
        p->at++;
        const_expr *right = parse_const_term(p);
        if (right == NULL)
            return NULL;
        const size_t start = list_start(p);
        list_push(p, &left, sizeof left);
        list_push(p, &right, sizeof right);
        left = with_operands(
            p, new_const(p, is_add ? CONST_ADD : CONST_SUB, span_join(left->span, right->span)),
            start);
    }
    if (left != NULL && is_foreign_operator(p)) {
        report(p, token_span(p->at),
               "invalid constant expression: only `+`, `-`, min and max can be used, not `%s`",
               token_kind_text(p->at->kind));
        return NULL;
    }
    return left;
}

/* const expr = term { ( "+" | "-" ) term } */
const_expr *parse_const_expr(parser *p)
{
    const_expr *e = nest(p) ? parse_const_sum(p) : NULL;
    unnest(p);
    return e;
}
