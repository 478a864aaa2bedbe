/* Patterns. */
#include <string.h>

#include "lang/parse.h"
#include "lang/parser.h"

/* "(" [ pattern { "," pattern } [ "," ] ] ")", the "(" taken */
static bool parse_pattern_list(parser *p, pattern ***ret_patterns, size_t *ret_n)
{
    const size_t start = list_start(p);
    while (!next_is(p, TOKEN_RIGHT_PAREN)) {
        pattern *element = parse_pattern(p);
        if (element == NULL)
            return false;
        list_push(p, &element, sizeof element);
        if (!accept(p, TOKEN_COMMA))
            break;
    }
    if (!expect(p, TOKEN_RIGHT_PAREN, "after the patterns"))
        return false;
    *ret_patterns = list_take(p, start, sizeof **ret_patterns, ret_n);
    return *ret_patterns != NULL;
}

/* fpat = IDENT [ ":" pattern ] */
static bool parse_field_pattern(parser *p, field_pattern *ret_field)
{
    if (!expect_ident(p, &ret_field->name, "the name of a field"))
        return false;
    if (accept(p, TOKEN_COLON)) {
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
    const size_t start = list_start(p);
    while (!next_is(p, TOKEN_RIGHT_BRACE)) {
        if (next_is(p, TOKEN_DOTS) && list_start(p) != start) {
            p->at++;
            result->as.structure.has_rest = true;
            break;
        }
        field_pattern field;
        if (!parse_field_pattern(p, &field))
            return false;
        list_push(p, &field, sizeof field);
        if (!accept(p, TOKEN_COMMA))
            break;
    }
    if (!expect(p, TOKEN_RIGHT_BRACE, "after the fields"))
        return false;
    result->as.structure.fields =
        list_take(p, start, sizeof *result->as.structure.fields, &result->as.structure.n_fields);
    return result->as.structure.fields != NULL;
}

/* IDENT "::" IDENT [ "(" .. ")" ], the "::" taken */
static bool parse_variant_pattern(parser *p, pattern *result)
{
    if (!expect_ident(p, &result->as.variant.variant_name, "the name of a variant after `::`"))
        return false;
    result->span = span_join(result->span, previous_span(p));
    result->as.variant.has_parens = accept(p, TOKEN_LEFT_PAREN);
    return !result->as.variant.has_parens ||
           parse_pattern_list(p, &result->as.variant.fields, &result->as.variant.n_fields);
}

/* [ "-" ] NUMBER */
static bool parse_pattern_number(parser *p, number_lit *ret_number)
{
    const span start = token_span(p->at);
    const bool negative = accept(p, TOKEN_MINUS);
    const token *t = p->at;
    if (!accept(p, TOKEN_NUMBER)) {
        report_expected(p, negative ? "a number after `-`"
                                    : "a number that ends the range; ranges need both ends");
        return false;
    }
    return make_number(p, ret_number, t, negative, span_join(start, token_span(t)));
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
    if (!next_is(p, TOKEN_DOTS) && !next_is(p, TOKEN_DOTS_EQUAL))
        return true;
    result->as.number.inclusive = next_is(p, TOKEN_DOTS_EQUAL);
    p->at++;
    if (!parse_pattern_number(p, last))
        return false;
    if (first->suffix == last->suffix)
        return true;
    report(p, span_join(result->span, previous_span(p)),
           "invalid range: both ends need the same sign or the same suffix, as in -5i8..5i8");
    return false;
}

static bool parse_named_pattern(parser *p, pattern *result)
{
    const ident name = {p->at->as.name, token_span(p->at)};
    p->at++;
    if (accept(p, TOKEN_COLONS)) {
        result->kind = PATTERN_VARIANT;
        result->as.variant.enum_name = name;
        return parse_variant_pattern(p, result);
    }
    if (accept(p, TOKEN_LEFT_BRACE)) {
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
    if (next_is_word(p, "true") || next_is_word(p, "false")) {
        result->kind = PATTERN_BOOL;
        result->as.boolean = next_is_word(p, "true");
        p->at++;
        return true;
    }
    if (next_is(p, TOKEN_IDENT))
        return parse_named_pattern(p, result);
    if (next_is(p, TOKEN_NUMBER) || next_is(p, TOKEN_MINUS))
        return parse_number_pattern(p, result);
    if (accept(p, TOKEN_LEFT_PAREN)) {
        result->kind = PATTERN_TUPLE;
        return parse_pattern_list(p, &result->as.tuple.elements, &result->as.tuple.n_elements);
    }
    if (next_is(p, TOKEN_MUT))
        report(p, token_span(p->at), "`mut` cannot stand in a pattern; use `let mut name = ..`");
    else
        report_expected(p, "a pattern");
    return false;
}

/* pattern = "true" | "false" | IDENT | IDENT "::" IDENT .. | IDENT "{" .. "}" | number | range
 *         | "(" .. ")" */
pattern *parse_pattern(parser *p)
{
    pattern *result = parser_new(p, 1, sizeof *result);
    if (result != NULL)
        result->span = token_span(p->at);
    const bool ok = nest(p) && result != NULL && parse_pattern_parts(p, result);
    unnest(p);
    if (!ok)
        return NULL;
    result->span = span_join(result->span, previous_span(p));
    return result;
}
