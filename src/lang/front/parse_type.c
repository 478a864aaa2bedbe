/* Types as written. */
#include "lang/front/foreign.h"
#include "lang/front/parse.h"
#include "lang/front/parser.h"

/* size = UINTZ | IDENT | "const" "{" expr "}" */
bool parse_size(parser *p, size_expr *ret_size, bool allow_expr)
{
    const token *t = p->at;
    *ret_size = (size_expr){.span = parser_token_span(t)};
    if (parser_accept(p, TOKEN_IDENT)) {
        ret_size->kind = SIZE_CONSTANT;
        ret_size->name = t->as.name;
        return true;
    }
    if (parser_accept(p, TOKEN_NUMBER)) {
        ret_size->kind = SIZE_NUMBER;
        ret_size->number = t->as.magnitude;
        if (t->suffix == CTYPE_ANY_UNSIGNED || t->suffix == CTYPE_USIZE)
            return true;
        parser_report(p, parser_token_span(t),
                      "invalid array size: a size is a usize; drop the suffix");
        return false;
    }
    if (!allow_expr || !parser_accept(p, TOKEN_CONST)) {
        parser_report_expected(p, allow_expr ? "an array size: a number, a constant or const { .. }"
                                             : "an array size: a number or a constant");
        return false;
    }
    ret_size->kind = SIZE_EXPR;
    if (!parser_expect(p, TOKEN_LEFT_BRACE, "after `const`"))
        return false;
    ret_size->expr = parse_const_expr(p);
    if (ret_size->expr == NULL || !parser_expect(p, TOKEN_RIGHT_BRACE, "after the size"))
        return false;
    ret_size->span = span_join(parser_token_span(t), parser_previous_span(p));
    return true;
}

/* "(" [ type { "," type } ] ")" */
static bool parse_tuple_type(parser *p, type_expr *t)
{
    t->kind = TYPE_EXPR_TUPLE;
    const size_t start = parser_list_start(p);
    if (!parser_next_is(p, TOKEN_RIGHT_PAREN)) {
        do {
            type_expr *element = parse_type(p);
            if (element == NULL)
                return false;
            parser_list_push(p, &element, sizeof element);
        } while (parser_accept(p, TOKEN_COMMA));
    }
    t->as.tuple.elements =
        parser_list_take(p, start, sizeof *t->as.tuple.elements, &t->as.tuple.n_elements);
    return t->as.tuple.elements != NULL &&
           parser_expect(p, TOKEN_RIGHT_PAREN, "after the tuple type");
}

/* "[" type ";" size "]" */
static bool parse_array_type(parser *p, type_expr *t)
{
    t->kind = TYPE_EXPR_ARRAY;
    t->as.array.element = parse_type(p);
    if (t->as.array.element != NULL && parser_next_is(p, TOKEN_RIGHT_BRACKET)) {
        parser_report(p, parser_token_span(p->at),
                      "an array type has a size, as in [u32; 8] or [u32; N] with a constant N");
        return false;
    }
    return t->as.array.element != NULL &&
           parser_expect(p, TOKEN_SEMICOLON, "and a size after the element type") &&
           parse_size(p, &t->as.array.size, true) &&
           parser_expect(p, TOKEN_RIGHT_BRACKET, "after the array size");
}

/* "Vec<u32>" at its name; a comparison may follow a type, but only that of a number. */
static bool is_generic(const parser *p)
{
    const char first = p->at->as.name[0];
    return parser_peek_second(p) == TOKEN_LT && first >= 'A' && first <= 'Z';
}

static bool parse_type_parts(parser *p, type_expr *t)
{
    if (parser_next_is(p, TOKEN_IDENT) && is_generic(p)) {
        const char *advice = foreign_advice(FOREIGN_TYPE, p->at->as.name);
        parser_report(p, parser_token_span(p->at), "there is no `%s<..>`: %s", p->at->as.name,
                      advice != NULL ? advice : "types have no parameters");
        return false;
    }
    if (parser_next_is(p, TOKEN_IDENT)) {
        t->kind = TYPE_EXPR_NAME;
        t->as.name = p->at->as.name;
        p->at++;
        return true;
    }
    if (parser_accept(p, TOKEN_LEFT_PAREN))
        return parse_tuple_type(p, t);
    if (parser_accept(p, TOKEN_LEFT_BRACKET))
        return parse_array_type(p, t);
    if (parser_next_is(p, TOKEN_AND) || parser_next_is(p, TOKEN_STAR))
        parser_report(p, parser_token_span(p->at),
                      "there are no references: values are copied; leave out the `%s`",
                      token_kind_text(p->at->kind));
    else
        parser_report_expected(p, "a type");
    return false;
}

/* type = IDENT | "(" [ type { "," type } ] ")" | "[" type ";" size "]" */
type_expr *parse_type(parser *p)
{
    const span start = parser_token_span(p->at);
    type_expr *t = parser_new(p, 1, sizeof *t);
    const bool ok = parser_nest(p) && t != NULL && parse_type_parts(p, t);
    parser_unnest(p);
    if (!ok)
        return NULL;
    t->span = span_join(start, parser_previous_span(p));
    return t;
}
