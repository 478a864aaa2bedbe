/* Constant expressions (spec G13): numbers, names, X::Y, + and -, min and max. */
#include <string.h>

#include "lang/front/parse.h"
#include "lang/front/parser.h"

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
    e->as.op.operands = parser_list_take(p, start, sizeof *e->as.op.operands, &e->as.op.n_operands);
    if (e->as.op.operands == NULL)
        return NULL;
    for (size_t i = 0; i < e->as.op.n_operands; i++) {
        e->n_nodes += e->as.op.operands[i]->n_nodes;
        if (e->n_nodes > CONST_EXPR_MAX_NODES) {
            parser_report(p, e->span, "constant expression too large: at most %d terms are allowed",
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
        parser_report(p, function->span,
                      "invalid constant expression: only min and max can be called, not `%s`",
                      function->text);
        return NULL;
    }
    const size_t start = parser_list_start(p);
    while (!parser_next_is(p, TOKEN_RIGHT_PAREN)) {
        const_expr *operand = parse_const_expr(p);
        if (operand == NULL)
            return NULL;
        parser_list_push(p, &operand, sizeof operand);
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    if (!parser_expect(p, TOKEN_RIGHT_PAREN, "after the arguments"))
        return NULL;
    const span at = span_join(function->span, parser_previous_span(p));
    return with_operands(p, new_const(p, is_min ? CONST_MIN : CONST_MAX, at), start);
}

/* "true" | "false" | IDENT | IDENT "::" IDENT | IDENT "(" .. ")" */
static const_expr *parse_const_name(parser *p)
{
    const bool is_true = parser_next_is_word(p, "true");
    const bool is_bool = is_true || parser_next_is_word(p, "false");
    const ident first = {p->at->as.name, parser_token_span(p->at)};
    p->at++;
    if (is_bool) {
        const_expr *e = new_const(p, CONST_BOOL, first.span);
        if (e != NULL)
            e->as.boolean = is_true;
        return e;
    }
    if (parser_accept(p, TOKEN_LEFT_PAREN))
        return parse_min_max(p, &first);
    if (!parser_accept(p, TOKEN_COLONS)) {
        const_expr *e = new_const(p, CONST_NAME, first.span);
        if (e != NULL)
            e->as.name.text = first.text;
        return e;
    }
    ident second;
    if (!parser_expect_ident(p, &second, "the name of an external value after `::`"))
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
    const span start = parser_token_span(p->at);
    const bool negative = parser_accept(p, TOKEN_MINUS);
    const token *t = p->at;
    if (!parser_accept(p, TOKEN_NUMBER)) {
        parser_report_expected(p, "a number after `-`");
        return NULL;
    }
    const_expr *e = new_const(p, CONST_NUMBER, span_join(start, parser_token_span(t)));
    return e != NULL && parser_make_number(p, &e->as.number, t, negative, e->span) ? e : NULL;
}

static const_expr *parse_const_term(parser *p)
{
    if (parser_next_is(p, TOKEN_IDENT))
        return parse_const_name(p);
    if (parser_next_is(p, TOKEN_NUMBER) || parser_next_is(p, TOKEN_MINUS))
        return parse_const_number(p);
    if (parser_accept(p, TOKEN_LEFT_PAREN)) {
        const_expr *e = parse_const_expr(p);
        return e != NULL && parser_expect(p, TOKEN_RIGHT_PAREN, "after the constant expression")
                   ? e
                   : NULL;
    }
    parser_report_expected(
        p, "a constant expression: a number, a constant, PARTY::NAME, `+`, `-`, min or "
           "max");
    return NULL;
}

/* An operator that stands where the constant expression should end. */
static bool is_foreign_operator(const parser *p)
{
    return parser_next_is(p, TOKEN_STAR) || parser_next_is(p, TOKEN_SLASH) ||
           parser_next_is(p, TOKEN_PERCENT) || parser_next_is(p, TOKEN_SHL) ||
           parser_next_is(p, TOKEN_SHR) || parser_next_is(p, TOKEN_AND) ||
           parser_next_is(p, TOKEN_OR) || parser_next_is(p, TOKEN_XOR) ||
           parser_next_is(p, TOKEN_AS) || parser_next_is(p, TOKEN_LT) ||
           parser_next_is(p, TOKEN_GT) || parser_next_is(p, TOKEN_LE) ||
           parser_next_is(p, TOKEN_GE) || parser_next_is(p, TOKEN_EQ) ||
           parser_next_is(p, TOKEN_NE) || parser_next_is(p, TOKEN_AND_AND) ||
           parser_next_is(p, TOKEN_OR_OR);
}

static const_expr *parse_const_sum(parser *p)
{
    const_expr *left = parse_const_term(p);
    while (left != NULL && (parser_next_is(p, TOKEN_PLUS) || parser_next_is(p, TOKEN_MINUS))) {
        const bool is_add = parser_next_is(p, TOKEN_PLUS);
        p->at++;
        const_expr *right = parse_const_term(p);
        if (right == NULL)
            return NULL;
        const size_t start = parser_list_start(p);
        parser_list_push(p, &left, sizeof left);
        parser_list_push(p, &right, sizeof right);
        left = with_operands(
            p, new_const(p, is_add ? CONST_ADD : CONST_SUB, span_join(left->span, right->span)),
            start);
    }
    if (left != NULL && is_foreign_operator(p)) {
        parser_report(
            p, parser_token_span(p->at),
            "invalid constant expression: only `+`, `-`, min and max can be used, not `%s`",
            token_kind_text(p->at->kind));
        return NULL;
    }
    return left;
}

/* const expr = term { ( "+" | "-" ) term } */
const_expr *parse_const_expr(parser *p)
{
    const_expr *e = parser_nest(p) ? parse_const_sum(p) : NULL;
    parser_unnest(p);
    return e;
}

/* The operands of `e`, from `n` expressions. */
static const_expr *const_of_list(parser *p, const_expr_kind kind, span at, expr *const *list,
                                 size_t n)
{
    const size_t start = parser_list_start(p);
    for (size_t i = 0; i < n; i++) {
        const_expr *operand = parse_const_of(p, list[i]);
        if (operand == NULL)
            return NULL;
        parser_list_push(p, &operand, sizeof operand);
    }
    return with_operands(p, new_const(p, kind, at), start);
}

static const_expr *const_of_name(parser *p, const expr *e)
{
    const bool is_external = e->kind == EXPR_VARIANT;
    const_expr *made = new_const(p, is_external ? CONST_EXTERNAL : CONST_NAME, e->span);
    if (made == NULL)
        return NULL;
    if (is_external) {
        made->as.external.party = e->as.variant.enum_name.text;
        made->as.external.name = e->as.variant.variant_name.text;
    } else {
        made->as.name.text = e->as.name.text;
    }
    return made;
}

/* What parse_const_expr would have made of the text of `e`. Whether a range begins shows only
 * behind its first bound. */
const_expr *parse_const_of(parser *p, const expr *e)
{
    if (e->kind == EXPR_NUMBER) {
        const_expr *made = new_const(p, CONST_NUMBER, e->span);
        if (made != NULL)
            made->as.number = e->as.number;
        return made;
    }
    if (e->kind == EXPR_NAME || (e->kind == EXPR_VARIANT && !e->as.variant.has_parens))
        return const_of_name(p, e);
    if (e->kind == EXPR_BINARY && (e->as.binary.op == OP_ADD || e->as.binary.op == OP_SUB)) {
        expr *const both[] = {e->as.binary.left, e->as.binary.right};
        return const_of_list(p, e->as.binary.op == OP_ADD ? CONST_ADD : CONST_SUB, e->span, both,
                             2);
    }
    if (e->kind == EXPR_CALL && strcmp(e->as.call.name.text, "min") == 0)
        return const_of_list(p, CONST_MIN, e->span, e->as.call.args, e->as.call.n_args);
    if (e->kind == EXPR_CALL && strcmp(e->as.call.name.text, "max") == 0)
        return const_of_list(p, CONST_MAX, e->span, e->as.call.args, e->as.call.n_args);
    parser_report(
        p, e->span,
        "the bounds of a range are numbers, constants, PARTY::NAME, `+`, `-`, min and max");
    return NULL;
}
