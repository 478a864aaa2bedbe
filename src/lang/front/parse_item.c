/* Items: constants, structs, enums and functions. */
#include "lang/front/parse.h"
#include "lang/front/parser.h"

/* field = IDENT ":" type */
static bool parse_field_decl(parser *p, field_decl *ret_field)
{
    *ret_field = (field_decl){0};
    if (!parser_expect_ident(p, &ret_field->name, "the name of a field") ||
        !parser_expect(p, TOKEN_COLON, "and a type after the name of the field"))
        return false;
    ret_field->written = parse_type(p);
    return ret_field->written != NULL;
}

/* const = "const" IDENT ":" type "=" expr ";" */
static bool parse_const_decl(parser *p, span start)
{
    const_decl *decl = parser_new(p, 1, sizeof *decl);
    p->at++;
    if (decl == NULL || !parser_expect_new_name(p, &decl->name, "the name of the constant") ||
        !parser_expect(p, TOKEN_COLON, "and a type after the name of the constant"))
        return false;
    decl->written = parse_type(p);
    if (decl->written == NULL || !parser_expect(p, TOKEN_ASSIGN, "and a value in the constant"))
        return false;
    decl->value = parse_const_expr(p);
    if (decl->value == NULL || !parser_expect(p, TOKEN_SEMICOLON, "after the constant"))
        return false;
    decl->span = span_join(start, parser_previous_span(p));
    parser_list_push(p, &(parsed_item){TOKEN_CONST, decl}, sizeof(parsed_item));
    return true;
}

/* struct = "struct" IDENT "{" [ field { "," field } [ "," ] ] "}" */
static bool parse_struct_decl(parser *p, span start)
{
    struct_decl *decl = parser_new(p, 1, sizeof *decl);
    p->at++;
    if (decl == NULL || !parser_expect_new_name(p, &decl->name, "the name of the struct") ||
        !parser_expect(p, TOKEN_LEFT_BRACE, "after the name of the struct"))
        return false;
    const size_t list = parser_list_start(p);
    while (!parser_next_is(p, TOKEN_RIGHT_BRACE)) {
        field_decl field;
        if (!parse_field_decl(p, &field))
            return false;
        parser_list_push(p, &field, sizeof field);
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    if (!parser_expect(p, TOKEN_RIGHT_BRACE, "or `,` after the field"))
        return false;
    decl->fields = parser_list_take(p, list, sizeof *decl->fields, &decl->n_fields);
    if (decl->fields == NULL)
        return false;
    decl->span = span_join(start, parser_previous_span(p));
    parser_list_push(p, &(parsed_item){TOKEN_STRUCT, decl}, sizeof(parsed_item));
    return true;
}

/* "(" [ type ] { "," type } [ "," ] ")" ; the first type may be missing (G9) and be any (Q15) */
static bool parse_variant_fields(parser *p, variant_decl *variant)
{
    const size_t list = parser_list_start(p);
    bool expects_type = !parser_next_is(p, TOKEN_COMMA);
    while (!parser_next_is(p, TOKEN_RIGHT_PAREN)) {
        if (expects_type) {
            field_decl field = {.written = parse_type(p)};
            if (field.written == NULL)
                return false;
            parser_list_push(p, &field, sizeof field);
        }
        expects_type = true;
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    variant->fields = parser_list_take(p, list, sizeof *variant->fields, &variant->n_fields);
    return variant->fields != NULL &&
           parser_expect(p, TOKEN_RIGHT_PAREN, "or `,` after the type in the variant");
}

/* variant = IDENT [ "(" [ IDENT ] { "," type } [ "," ] ")" ] */
static bool parse_variant_decl(parser *p, variant_decl *ret_variant)
{
    *ret_variant = (variant_decl){0};
    if (!parser_expect_ident(p, &ret_variant->name, "the name of a variant"))
        return false;
    ret_variant->has_parens = parser_accept(p, TOKEN_LEFT_PAREN);
    return !ret_variant->has_parens || parse_variant_fields(p, ret_variant);
}

/* enum = "enum" IDENT "{" variant { "," variant } [ "," ] "}" */
static bool parse_enum_decl(parser *p, span start)
{
    enum_decl *decl = parser_new(p, 1, sizeof *decl);
    p->at++;
    if (decl == NULL || !parser_expect_new_name(p, &decl->name, "the name of the enum") ||
        !parser_expect(p, TOKEN_LEFT_BRACE, "after the name of the enum"))
        return false;
    const size_t list = parser_list_start(p);
    do {
        variant_decl variant;
        if (!parse_variant_decl(p, &variant))
            return false;
        parser_list_push(p, &variant, sizeof variant);
    } while (parser_accept(p, TOKEN_COMMA) && !parser_next_is(p, TOKEN_RIGHT_BRACE));
    decl->variants = parser_list_take(p, list, sizeof *decl->variants, &decl->n_variants);
    if (decl->variants == NULL || !parser_expect(p, TOKEN_RIGHT_BRACE, "or `,` after the variant"))
        return false;
    decl->span = span_join(start, parser_previous_span(p));
    parser_list_push(p, &(parsed_item){TOKEN_ENUM, decl}, sizeof(parsed_item));
    return true;
}

/* "(" [ param { "," param } [ "," ] ] ")"      param = [ "mut" ] IDENT ":" type */
static bool parse_params(parser *p, fn_decl *decl)
{
    if (!parser_expect(p, TOKEN_LEFT_PAREN, "after the name of the function"))
        return false;
    const size_t list = parser_list_start(p);
    while (!parser_next_is(p, TOKEN_RIGHT_PAREN)) {
        param_decl param = {.mutable = parser_accept(p, TOKEN_MUT)};
        if (!parser_expect_new_name(p, &param.name, "the name of a parameter") ||
            !parser_expect(p, TOKEN_COLON, "and a type after the name of the parameter"))
            return false;
        param.written = parse_type(p);
        if (param.written == NULL)
            return false;
        parser_list_push(p, &param, sizeof param);
        if (!parser_accept(p, TOKEN_COMMA))
            break;
    }
    decl->params = parser_list_take(p, list, sizeof *decl->params, &decl->n_params);
    return decl->params != NULL &&
           parser_expect(p, TOKEN_RIGHT_PAREN, "or `,` after the parameter");
}

/* fn = "fn" IDENT "(" .. ")" "->" type "{" stmts "}" */
static bool parse_fn_decl(parser *p, span start, bool is_pub)
{
    fn_decl *decl = parser_new(p, 1, sizeof *decl);
    p->at++;
    if (decl == NULL || !parser_expect_new_name(p, &decl->name, "the name of the function") ||
        !parse_params(p, decl) ||
        !parser_expect(p, TOKEN_ARROW, "and a result type after the parameters (`-> ()` for none)"))
        return false;
    decl->is_pub = is_pub;
    decl->written_result = parse_type(p);
    if (decl->written_result == NULL)
        return false;
    decl->body = parse_block(p, "before the body of the function");
    if (decl->body == NULL)
        return false;
    decl->span = span_join(start, parser_previous_span(p));
    parser_list_push(p, &(parsed_item){TOKEN_FN, decl}, sizeof(parsed_item));
    return true;
}

/* [ "pub" ] ( const | struct | enum | fn ) ; a lone "pub" may end the program (G1) */
bool parse_item(parser *p)
{
    const span start = parser_token_span(p->at);
    const bool is_pub = parser_accept(p, TOKEN_PUB);
    if (is_pub && parser_next_is(p, TOKEN_END))
        return true;
    if (parser_next_is(p, TOKEN_FN))
        return parse_fn_decl(p, start, is_pub);
    if (parser_next_is(p, TOKEN_CONST))
        return parse_const_decl(p, start);
    if (parser_next_is(p, TOKEN_STRUCT))
        return parse_struct_decl(p, start);
    if (parser_next_is(p, TOKEN_ENUM))
        return parse_enum_decl(p, start);
    parser_report_expected(p, "const, struct, enum or fn");
    if (!parser_next_is(p, TOKEN_END))
        p->at++;
    return false;
}
