/* Operands: literals, names, calls, brackets, and what may follow them. */
#include <stdio.h>
#include <string.h>

#include "lang/front/foreign.h"
#include "lang/front/parse.h"
#include "lang/front/parser.h"

/* { expr "," } up to `close`, which is taken; one may be missing a comma at the end */
static bool parse_expr_list(parser *p, token_kind close, expr *parent, expr ***ret_exprs,
                            size_t *ret_n)
{
    const size_t start = parser_list_start(p);
    while (!parser_next_is(p, close)) {
        expr *e = parse_expr(p);
        if (e == NULL || !parser_adopt(p, parent, e))
            return false;
        parser_list_push(p, &e, sizeof e);
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    if (!parser_next_is(p, close)) {
        char what[40];
        (void)snprintf(what, sizeof what, "`,` or `%s`", token_kind_text(close));
        parser_report_expected(p, what);
        return false;
    }
    p->at++;
    *ret_exprs = parser_list_take(p, start, sizeof **ret_exprs, ret_n);
    return *ret_exprs != NULL;
}

/* UINT ".." UINT, the first number and ".." taken (G12) */
static expr *parse_range(parser *p, const token *first)
{
    const token *end = p->at++;
    const span at = span_join(parser_token_span(first), parser_token_span(end));
    if (ctype_is_signed(ctype_scalar(first->suffix)) ||
        ctype_is_signed(ctype_scalar(end->suffix))) {
        parser_report(p, at, "invalid range: the bounds of a range must be unsigned");
        return NULL;
    }
    if (first->suffix != CTYPE_ANY_UNSIGNED && end->suffix != CTYPE_ANY_UNSIGNED &&
        first->suffix != end->suffix) {
        parser_report(p, at, "the two ends of the range have different types");
        return NULL;
    }
    expr *e = parser_new_expr(p, EXPR_RANGE, at);
    if (e != NULL) {
        e->as.range.first = first->as.magnitude;
        e->as.range.end = end->as.magnitude;
        e->as.range.suffix = first->suffix != CTYPE_ANY_UNSIGNED ? first->suffix : end->suffix;
    }
    return e;
}

/* At ".." and a number that is all of the second bound. */
static bool is_range_of_numbers(const parser *p)
{
    if (!parser_next_is(p, TOKEN_DOTS) || p->at[1].kind != TOKEN_NUMBER)
        return false;
    return p->at[2].kind != TOKEN_PLUS && p->at[2].kind != TOKEN_MINUS;
}

/* UINT [ ".." UINT ] | SINT */
static expr *parse_number(parser *p)
{
    const span start = parser_token_span(p->at);
    const bool negative = parser_accept(p, TOKEN_MINUS);
    const token *t = p->at++;
    if (parser_next_is(p, TOKEN_DOTS_EQUAL)) {
        parser_report(p, parser_token_span(p->at),
                      "ranges of values have no `..=`; write `..` and one more");
        return NULL;
    }
    if (!negative && is_range_of_numbers(p)) {
        p->at++;
        return parse_range(p, t);
    }
    expr *e = parser_new_expr(p, EXPR_NUMBER, span_join(start, parser_token_span(t)));
    return e != NULL && parser_make_number(p, &e->as.number, t, negative, e->span) ? e : NULL;
}

/* "(" [ expr { "," expr } [ "," ] ] ")" after the name; join( is built in */
static expr *parse_call(parser *p, const ident *name)
{
    expr *e =
        parser_new_expr(p, strcmp(name->text, "join") == 0 ? EXPR_JOIN : EXPR_CALL, name->span);
    p->at++;
    if (e == NULL)
        return NULL;
    e->as.call.name = *name;
    if (!parse_expr_list(p, TOKEN_RIGHT_PAREN, e, &e->as.call.args, &e->as.call.n_args))
        return NULL;
    e->span = span_join(name->span, parser_previous_span(p));
    return e;
}

/* "::" IDENT [ "(" [ expr { "," expr } [ "," ] ] ")" ] after the name */
static expr *parse_variant(parser *p, const ident *name)
{
    expr *e = parser_new_expr(p, EXPR_VARIANT, name->span);
    p->at++;
    if (e == NULL)
        return NULL;
    e->as.variant.enum_name = *name;
    if (!parser_expect_ident(p, &e->as.variant.variant_name, "the name of a variant after `::`"))
        return NULL;
    e->span = span_join(name->span, parser_previous_span(p));
    if (parser_next_is(p, TOKEN_COLONS)) {
        parser_report(p, e->span, "there are no modules: everything is in the program's one file");
        return NULL;
    }
    e->as.variant.has_parens = parser_accept(p, TOKEN_LEFT_PAREN);
    if (e->as.variant.has_parens &&
        !parse_expr_list(p, TOKEN_RIGHT_PAREN, e, &e->as.variant.args, &e->as.variant.n_args))
        return NULL;
    return e;
}

/* init = IDENT [ ":" expr ] */
static bool parse_init(parser *p, expr *parent, field_init *ret_init)
{
    if (!parser_expect_ident(p, &ret_init->name, "the name of a field"))
        return false;
    if (parser_accept(p, TOKEN_COLON)) {
        ret_init->value = parse_expr(p);
    } else {
        ret_init->value = parser_new_expr(p, EXPR_NAME, ret_init->name.span);
        if (ret_init->value != NULL)
            ret_init->value->as.name.text = ret_init->name.text;
    }
    return ret_init->value != NULL && parser_adopt(p, parent, ret_init->value);
}

/* "}", where a block of statements may be instead: `loop { i += 1; }` */
static bool expect_end_of_fields(parser *p, const ident *name)
{
    const char *advice = foreign_advice(FOREIGN_STATEMENT, name->text);
    if (parser_next_is(p, TOKEN_RIGHT_BRACE) || advice == NULL)
        return parser_expect(p, TOKEN_RIGHT_BRACE, "after the fields of the struct");
    parser_report(p, name->span, "there is no `%s`: %s", name->text, advice);
    return false;
}

/* "{" [ init { "," init } [ "," ] ] "}" after the name */
static expr *parse_struct_literal(parser *p, const ident *name)
{
    expr *e = parser_new_expr(p, EXPR_STRUCT, name->span);
    p->at++;
    if (e == NULL)
        return NULL;
    e->as.structure.name = *name;
    const size_t start = parser_list_start(p);
    while (!parser_next_is(p, TOKEN_RIGHT_BRACE)) {
        field_init init;
        if (!parse_init(p, e, &init))
            return NULL;
        parser_list_push(p, &init, sizeof init);
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    if (!expect_end_of_fields(p, name))
        return NULL;
    e->as.structure.inits =
        parser_list_take(p, start, sizeof *e->as.structure.inits, &e->as.structure.n_inits);
    return e->as.structure.inits != NULL ? e : NULL;
}

/* "println!(", at the "!" */
static bool report_macro(parser *p, const ident *name)
{
    const token_kind open = parser_peek_second(p);
    const char *advice = foreign_advice(FOREIGN_MACRO, name->text);
    const bool is_macro = parser_next_is(p, TOKEN_BANG) && p->at->line == name->span.end_line &&
                          p->at->column == name->span.end_column &&
                          (open == TOKEN_LEFT_PAREN || open == TOKEN_LEFT_BRACKET);
    if (is_macro)
        parser_report(p, name->span, "there are no macros such as `%s!`%s%s", name->text,
                      advice != NULL ? ": " : "", advice != NULL ? advice : "");
    return is_macro;
}

/* "true" | "false" | IDENT | IDENT "(" .. ")" | IDENT "::" .. | IDENT "{" .. "}" */
static expr *parse_name(parser *p)
{
    const bool is_true = parser_next_is_word(p, "true");
    const bool is_bool = is_true || parser_next_is_word(p, "false");
    const ident name = {p->at->as.name, parser_token_span(p->at)};
    p->at++;
    if (is_bool) {
        expr *e = parser_new_expr(p, EXPR_BOOL, name.span);
        if (e != NULL)
            e->as.boolean = is_true;
        return e;
    }
    if (parser_next_is(p, TOKEN_LEFT_PAREN))
        return parse_call(p, &name);
    if (parser_next_is(p, TOKEN_COLONS))
        return parse_variant(p, &name);
    if (parser_next_is(p, TOKEN_LEFT_BRACE) && !p->no_struct) {
        expr *e = parse_struct_literal(p, &name);
        if (e == NULL)
            parser_close_braces(p);
        return e;
    }
    if (report_macro(p, &name))
        return NULL;
    expr *e = parser_new_expr(p, EXPR_NAME, name.span);
    if (e != NULL)
        e->as.name.text = name.text;
    return e;
}

/* "(i64) a", behind the parentheses */
static bool report_cast(parser *p, const expr *inner)
{
    ctype_kind unused;
    const char *name = inner->kind == EXPR_NAME ? inner->as.name.text : "";
    const bool is_cast = ctype_find_scalar(&unused, name, strlen(name)) &&
                         (parser_next_is(p, TOKEN_IDENT) || parser_next_is(p, TOKEN_NUMBER) ||
                          parser_next_is(p, TOKEN_LEFT_PAREN));
    if (is_cast)
        parser_report(p, inner->span, "a cast is written behind the value: `a as %s`", name);
    return is_cast;
}

/* "(" ")" | "(" expr ")" | "(" expr "," [ expr { "," expr } [ "," ] ] ")" (Q7, G10) */
static expr *parse_parens(parser *p)
{
    const span start = parser_token_span(p->at++);
    expr *first = NULL;
    if (!parser_next_is(p, TOKEN_RIGHT_PAREN)) {
        first = parse_expr(p);
        if (first == NULL)
            return NULL;
        if (parser_accept(p, TOKEN_RIGHT_PAREN))
            return report_cast(p, first) ? NULL : first;
        if (!parser_expect(p, TOKEN_COMMA, "or `)` after the expression"))
            return NULL;
    }
    expr *e = parser_new_expr(p, EXPR_TUPLE, start);
    if (e == NULL || !parser_adopt(p, e, first))
        return NULL;
    expr **rest = NULL;
    size_t n_rest = 0;
    if (!parse_expr_list(p, TOKEN_RIGHT_PAREN, e, &rest, &n_rest))
        return NULL;
    e->span = span_join(start, parser_previous_span(p));
    if (first == NULL)
        return e;
    expr **elements = parser_new(p, n_rest + 1, sizeof *elements);
    if (elements == NULL)
        return NULL;
    elements[0] = first;
    for (size_t i = 0; i < n_rest; i++)
        elements[i + 1] = rest[i];
    e->as.list.elements = elements;
    e->as.list.n_elements = n_rest + 1;
    return e;
}

/* ";" ( UINTZ | IDENT ) "]" after "[" expr */
static expr *parse_repeat(parser *p, expr *element, span start)
{
    p->at++;
    expr *e = parser_new_expr(p, EXPR_REPEAT, start);
    if (e == NULL || !parser_adopt(p, e, element))
        return NULL;
    e->as.repeat.element = element;
    if (!parse_size(p, &e->as.repeat.size, false) ||
        !parser_expect(p, TOKEN_RIGHT_BRACKET, "after the array size"))
        return NULL;
    e->span = span_join(start, parser_previous_span(p));
    return e;
}

/* "[" expr { "," expr } [ "," ] "]" | "[" expr ";" size "]" */
static expr *parse_array(parser *p)
{
    const span start = parser_token_span(p->at++);
    if (parser_next_is(p, TOKEN_RIGHT_BRACKET)) {
        parser_report(p, span_join(start, parser_token_span(p->at)),
                      "an empty array has no element type; write `[value; 0]`");
        return NULL;
    }
    expr *first = parse_expr(p);
    if (first == NULL)
        return NULL;
    if (parser_next_is(p, TOKEN_SEMICOLON))
        return parse_repeat(p, first, start);
    expr *e = parser_new_expr(p, EXPR_ARRAY, start);
    if (e == NULL || !parser_adopt(p, e, first))
        return NULL;
    const size_t list = parser_list_start(p);
    parser_list_push(p, &first, sizeof first);
    while (parser_accept(p, TOKEN_COMMA) && !parser_next_is(p, TOKEN_RIGHT_BRACKET)) {
        expr *element = parse_expr(p);
        if (element == NULL || !parser_adopt(p, e, element))
            return NULL;
        parser_list_push(p, &element, sizeof element);
    }
    if (!parser_expect(p, TOKEN_RIGHT_BRACKET, "or `,` after the element"))
        return NULL;
    e->span = span_join(start, parser_previous_span(p));
    e->as.list.elements =
        parser_list_take(p, list, sizeof *e->as.list.elements, &e->as.list.n_elements);
    return e->as.list.elements != NULL ? e : NULL;
}

/* What other languages write where an operand is expected; NULL: something else. */
static const char *foreign_operand(const parser *p)
{
    const token_kind kind = p->at->kind;
    const bool is_twice = p->at[-1].kind == kind; /* a program does not begin with an operand */
    if (kind == TOKEN_PLUS && is_twice)
        return "there is no `++`: write `i += 1`";
    if (kind == TOKEN_STAR && is_twice)
        return "there is no power: multiply";
    if (kind == TOKEN_AND || kind == TOKEN_STAR)
        return "there are no references: values are copied";
    if (kind == TOKEN_OR || kind == TOKEN_OR_OR)
        return "there are no closures: write a function";
    return NULL;
}

static void report_no_operand(parser *p)
{
    const char *advice = foreign_operand(p);
    if (advice != NULL)
        parser_report(p, parser_token_span(p->at), "expected an expression, found `%s`; %s",
                      token_kind_text(p->at->kind), advice);
    else
        parser_report_expected(p, "an expression");
}

static expr *parse_primary(parser *p)
{
    if (parser_next_is(p, TOKEN_IDENT))
        return parse_name(p);
    if (parser_next_is(p, TOKEN_NUMBER) || (parser_next_is(p, TOKEN_MINUS) && p->at->glued))
        return parse_number(p);
    if (parser_next_is(p, TOKEN_LEFT_PAREN))
        return parse_parens(p);
    if (parser_next_is(p, TOKEN_LEFT_BRACKET))
        return parse_array(p);
    if (parser_next_is(p, TOKEN_LEFT_BRACE) || parser_next_is(p, TOKEN_IF) ||
        parser_next_is(p, TOKEN_MATCH)) {
        parser_report(p, parser_token_span(p->at),
                      "expected an operand, found `%s`; put it in parentheses",
                      token_kind_text(p->at->kind));
        return NULL;
    }
    report_no_operand(p);
    return NULL;
}

/* "[" index "]", the "[" taken. index = UINT0 | expr (Q4: a number may start an expression) */
static expr *parse_index(parser *p, expr *array)
{
    expr *e = parser_new_expr(p, EXPR_INDEX, array->span);
    if (e == NULL)
        return NULL;
    e->as.index.array = array;
    e->as.index.index = parse_expr(p);
    if (e->as.index.index == NULL || !parser_adopt(p, e, array) ||
        !parser_adopt(p, e, e->as.index.index) ||
        !parser_expect(p, TOKEN_RIGHT_BRACKET, "after the index"))
        return NULL;
    e->span = span_join(array->span, parser_previous_span(p));
    return e;
}

/* "a.len()", at the name */
static void report_method(parser *p)
{
    const char *name = p->at->as.name;
    const char *advice = foreign_advice(FOREIGN_METHOD, name);
    if (advice != NULL)
        parser_report(p, parser_token_span(p->at), "there is no method `%s`: %s", name, advice);
    else
        parser_report(p, parser_token_span(p->at),
                      "there are no methods: write a function, and `%s(..)`", name);
}

/* IDENT | UINT0, the "." taken */
static expr *parse_field(parser *p, expr *parent)
{
    const token *t = p->at;
    const span at = parser_token_span(t);
    expr *e = NULL;
    if (parser_next_is(p, TOKEN_IDENT) && parser_peek_second(p) == TOKEN_LEFT_PAREN) {
        report_method(p);
        return NULL;
    }
    if (parser_next_is(p, TOKEN_NUMBER) && parent->kind == EXPR_NUMBER) {
        parser_report(p, span_join(parent->span, at),
                      "there are no numbers with a point: scale them to integers, as 150 cents for "
                      "1.5");
        return NULL;
    }
    if (parser_accept(p, TOKEN_IDENT)) {
        e = parser_new_expr(p, EXPR_FIELD, at);
        if (e != NULL) {
            e->as.field.structure = parent;
            e->as.field.name = (ident){t->as.name, at};
        }
    } else if (parser_next_is(p, TOKEN_NUMBER) && t->suffix == CTYPE_ANY_UNSIGNED) {
        p->at++;
        e = parser_new_expr(p, EXPR_TUPLE_FIELD, span_join(parent->span, at));
        if (e != NULL) {
            e->as.tuple_field.tuple = parent;
            e->as.tuple_field.position = t->as.magnitude;
        }
    } else {
        parser_report_expected(p, "the name of a field or the number of an element after `.`");
    }
    return e != NULL && parser_adopt(p, e, parent) ? e : NULL;
}

/* postfix = primary { "[" index "]" | "." IDENT | "." UINT0 } */
expr *parse_postfix(parser *p)
{
    expr *e = parse_primary(p);
    while (e != NULL) {
        if (parser_accept(p, TOKEN_LEFT_BRACKET))
            e = parse_index(p, e);
        else if (parser_accept(p, TOKEN_DOT))
            e = parse_field(p, e);
        else
            break;
    }
    return e;
}
