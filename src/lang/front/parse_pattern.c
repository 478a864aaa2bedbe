/* Patterns. */
#include <string.h>

#include "lang/front/parse.h"
#include "lang/front/parser.h"

/* "(" [ pattern { "," pattern } [ "," ] ] ")", the "(" taken */
static bool parse_pattern_list(parser *p, pattern ***ret_patterns, size_t *ret_n)
{
    const size_t start = parser_list_start(p);
    while (!parser_next_is(p, TOKEN_RIGHT_PAREN)) {
        pattern *element = parse_pattern(p);
        if (element == NULL)
            return false;
        parser_list_push(p, &element, sizeof element);
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    if (!parser_expect(p, TOKEN_RIGHT_PAREN, "after the patterns"))
        return false;
    *ret_patterns = parser_list_take(p, start, sizeof **ret_patterns, ret_n);
    return *ret_patterns != NULL;
}

/* fpat = IDENT [ ":" pattern ] */
static bool parse_field_pattern(parser *p, field_pattern *ret_field)
{
    const bool is_binding = parser_peek_second(p) != TOKEN_COLON;
    if (is_binding ? !parser_expect_new_name(p, &ret_field->name, "the name of a field")
                   : !parser_expect_ident(p, &ret_field->name, "the name of a field"))
        return false;
    if (parser_accept(p, TOKEN_COLON)) {
        ret_field->pattern = parse_pattern(p);
        return ret_field->pattern != NULL;
    }
    pattern *binding = parser_new(p, 1, sizeof *binding);
    if (binding == NULL)
        return false;
    binding->kind = PATTERN_BIND;
    binding->span = ret_field->name.span;
    binding->as.bind.name = ret_field->name.text;
    ret_field->pattern = binding;
    return true;
}

/* IDENT "{" [ fpat { "," fpat } [ "," [ ".." ] ] ] "}", the "{" taken; `..` needs a field before it
 * (G11). */
static bool parse_struct_pattern(parser *p, pattern *result)
{
    const size_t start = parser_list_start(p);
    while (!parser_next_is(p, TOKEN_RIGHT_BRACE)) {
        if (parser_next_is(p, TOKEN_DOTS) && parser_list_start(p) != start) {
            p->at++;
            result->as.structure.has_rest = true;
            break;
        }
        field_pattern field;
        if (!parse_field_pattern(p, &field))
            return false;
        parser_list_push(p, &field, sizeof field);
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    if (!parser_expect(p, TOKEN_RIGHT_BRACE, "after the fields"))
        return false;
    result->as.structure.fields = parser_list_take(p, start, sizeof *result->as.structure.fields,
                                                   &result->as.structure.n_fields);
    return result->as.structure.fields != NULL;
}

/* IDENT "::" IDENT [ "(" .. ")" ], the "::" taken */
static bool parse_variant_pattern(parser *p, pattern *result)
{
    if (!parser_expect_ident(p, &result->as.variant.variant_name,
                             "the name of a variant after `::`"))
        return false;
    result->span = span_join(result->span, parser_previous_span(p));
    result->as.variant.has_parens = parser_accept(p, TOKEN_LEFT_PAREN);
    return !result->as.variant.has_parens ||
           parse_pattern_list(p, &result->as.variant.fields, &result->as.variant.n_fields);
}

/* [ "-" ] NUMBER */
static bool parse_pattern_number(parser *p, number_lit *ret_number)
{
    const span start = parser_token_span(p->at);
    const bool negative = parser_accept(p, TOKEN_MINUS);
    const token *t = p->at;
    if (!parser_accept(p, TOKEN_NUMBER)) {
        parser_report_expected(p, negative ? "a number after `-`"
                                           : "a number that ends the range; ranges need both ends");
        return false;
    }
    return parser_make_number(p, ret_number, t, negative, span_join(start, parser_token_span(t)));
}

/* UINT [ ( ".." | "..=" ) UINT ] | SINT [ ( ".." | "..=" ) SINT ] */
static bool parse_number_pattern(parser *p, pattern *result)
{
    result->kind = PATTERN_NUMBER;
    number_lit *const first = &result->as.number.first;
    number_lit *const last = &result->as.number.last;
    if (!parse_pattern_number(p, first))
        return false;
    *last = *first;
    result->as.number.inclusive = true;
    if (!parser_next_is(p, TOKEN_DOTS) && !parser_next_is(p, TOKEN_DOTS_EQUAL))
        return true;
    result->as.number.inclusive = parser_next_is(p, TOKEN_DOTS_EQUAL);
    p->at++;
    if (!parse_pattern_number(p, last))
        return false;
    if (first->suffix == last->suffix)
        return true;
    parser_report(
        p, span_join(result->span, parser_previous_span(p)),
        "invalid range: both ends need the same sign or the same suffix, as in -5i8..5i8");
    return false;
}

static bool parse_named_pattern(parser *p, pattern *result)
{
    const ident name = {p->at->as.name, parser_token_span(p->at)};
    p->at++;
    if (parser_accept(p, TOKEN_COLONS)) {
        result->kind = PATTERN_VARIANT;
        result->as.variant.enum_name = name;
        return parse_variant_pattern(p, result);
    }
    if (parser_accept(p, TOKEN_LEFT_BRACE)) {
        result->kind = PATTERN_STRUCT;
        result->as.structure.name = name;
        return parse_struct_pattern(p, result);
    }
    result->kind = PATTERN_BIND;
    result->as.bind.name = name.text;
    return true;
}

static bool parse_pattern_parts(parser *p, pattern *result)
{
    if (parser_next_is_word(p, "true") || parser_next_is_word(p, "false")) {
        result->kind = PATTERN_BOOL;
        result->as.boolean = parser_next_is_word(p, "true");
        p->at++;
        return true;
    }
    if (parser_next_is(p, TOKEN_IDENT))
        return parse_named_pattern(p, result);
    if (parser_next_is(p, TOKEN_NUMBER) || parser_next_is(p, TOKEN_MINUS))
        return parse_number_pattern(p, result);
    if (parser_accept(p, TOKEN_LEFT_PAREN)) {
        result->kind = PATTERN_TUPLE;
        return parse_pattern_list(p, &result->as.tuple.elements, &result->as.tuple.n_elements);
    }
    if (parser_next_is(p, TOKEN_MUT))
        parser_report(p, parser_token_span(p->at),
                      "`mut` cannot stand in a pattern; use `let mut name = ..`");
    else
        parser_report_expected(p, "a pattern");
    return false;
}

/* pattern = "true" | "false" | IDENT | IDENT "::" IDENT .. | IDENT "{" .. "}" | number | range
 *         | "(" .. ")" */
pattern *parse_pattern(parser *p)
{
    pattern *result = parser_new(p, 1, sizeof *result);
    if (result != NULL)
        result->span = parser_token_span(p->at);
    const bool ok = parser_nest(p) && result != NULL && parse_pattern_parts(p, result);
    parser_unnest(p);
    if (!ok)
        return NULL;
    result->span = span_join(result->span, parser_previous_span(p));
    return result;
}
