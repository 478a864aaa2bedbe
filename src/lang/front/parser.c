/* What the files of the parser call: tokens, errors, memory, lists, nodes. */
#include "lang/front/parser.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "lang/front/foreign.h"
#include "lang/front/parse.h"

/* ---- Tokens ---- */

bool parser_next_is(const parser *p, token_kind kind)
{
    return p->at->kind == kind;
}

token_kind parser_peek_second(const parser *p)
{
    return p->at == p->last ? TOKEN_END : p->at[1].kind;
}

bool parser_next_is_word(const parser *p, const char *word)
{
    return parser_next_is(p, TOKEN_IDENT) && strcmp(p->at->as.name, word) == 0;
}

bool parser_accept(parser *p, token_kind kind)
{
    if (!parser_next_is(p, kind) || p->at == p->last)
        return false;
    p->at++;
    return true;
}

span parser_token_span(const token *t)
{
    return (span){t->line, t->column, t->line, t->end_column};
}

span parser_previous_span(const parser *p)
{
    return parser_token_span(p->at - 1);
}

/* ---- Errors ---- */

void parser_give_up(parser *p)
{
    p->gave_up = true;
    p->at = p->last;
}

void parser_report(parser *p, span at, const char *format, ...)
{
    if (p->gave_up)
        return;
    char text[DIAG_MAX_MESSAGE];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0)
        diag_add_text(p->d, DIAG_PARSE, at, text,
                      (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

void parser_report_expected(parser *p, const char *what)
{
    const span at = parser_token_span(p->at);
    const char *advice =
        parser_next_is(p, TOKEN_IDENT) ? foreign_advice(FOREIGN_WORD, p->at->as.name) : NULL;
    if (parser_next_is(p, TOKEN_IDENT))
        parser_report(p, at, "expected %s, found `%s`%s%s", what, p->at->as.name,
                      advice != NULL ? "; " : "", advice != NULL ? advice : "");
    else if (parser_next_is(p, TOKEN_NUMBER))
        parser_report(p, at, "expected %s, found the number %" PRIu64, what, p->at->as.magnitude);
    else if (parser_next_is(p, TOKEN_END))
        parser_report(p, at, "expected %s, found the end of the file", what);
    else
        parser_report(p, at, "expected %s, found `%s`", what, token_kind_text(p->at->kind));
}

bool parser_expect(parser *p, token_kind kind, const char *where)
{
    if (parser_accept(p, kind))
        return true;
    char what[200];
    (void)snprintf(what, sizeof what, "`%s` %s", token_kind_text(kind), where);
    parser_report_expected(p, what);
    return false;
}

bool parser_expect_ident(parser *p, ident *ret_ident, const char *where)
{
    if (!parser_next_is(p, TOKEN_IDENT)) {
        char what[200];
        (void)snprintf(what, sizeof what, "%s", where);
        parser_report_expected(p, what);
        return false;
    }
    *ret_ident = (ident){p->at->as.name, parser_token_span(p->at)};
    p->at++;
    return true;
}

bool parser_expect_new_name(parser *p, ident *ret_ident, const char *where)
{
    if (!parser_next_is_word(p, "true") && !parser_next_is_word(p, "false"))
        return parser_expect_ident(p, ret_ident, where);
    parser_report(p, parser_token_span(p->at), "expected %s, found `%s`, which is a value", where,
                  p->at->as.name);
    return false;
}

bool parser_nest(parser *p)
{
    if (++p->nesting <= PARSE_MAX_NESTING)
        return !p->gave_up;
    parser_report(p, parser_token_span(p->at), "nested too deeply: at most %d levels are allowed",
                  PARSE_MAX_NESTING);
    parser_give_up(p);
    return false;
}

void parser_unnest(parser *p)
{
    PT_ASSERT(p->nesting > 0);
    p->nesting--;
}

bool parser_at_end_of_stmts(const parser *p)
{
    return parser_next_is(p, TOKEN_RIGHT_BRACE) || parser_next_is(p, TOKEN_COMMA) ||
           parser_next_is(p, TOKEN_PUB) || parser_next_is(p, TOKEN_FN) ||
           parser_next_is(p, TOKEN_STRUCT) || parser_next_is(p, TOKEN_ENUM) ||
           parser_next_is(p, TOKEN_END);
}

bool parser_at_item(const parser *p)
{
    return parser_next_is(p, TOKEN_PUB) || parser_next_is(p, TOKEN_FN) ||
           parser_next_is(p, TOKEN_STRUCT) || parser_next_is(p, TOKEN_ENUM) ||
           parser_next_is(p, TOKEN_END);
}

void parser_recover(parser *p)
{
    size_t depth = 0;
    for (; !parser_at_item(p); p->at++) {
        if (parser_next_is(p, TOKEN_LEFT_BRACE)) {
            depth++;
        } else if (parser_next_is(p, TOKEN_RIGHT_BRACE)) {
            if (depth == 0)
                return;
            depth--;
        } else if (parser_next_is(p, TOKEN_SEMICOLON) && depth == 0) {
            p->at++;
            return;
        }
    }
}

void parser_close_braces(parser *p)
{
    size_t depth = 0;
    for (; !parser_at_item(p); p->at++) {
        if (parser_next_is(p, TOKEN_LEFT_BRACE))
            depth++;
        if (parser_next_is(p, TOKEN_RIGHT_BRACE) && depth-- == 0) {
            p->at++;
            return;
        }
    }
}

/* ---- Memory ---- */

void *parser_new(parser *p, size_t count, size_t size)
{
    if (p->gave_up)
        return NULL;
    void *memory = arena_new(p->a, count, size);
    if (memory == NULL) {
        p->out_of_memory = true;
        parser_give_up(p);
    }
    return memory;
}

size_t parser_list_start(const parser *p)
{
    return p->items.len;
}

void parser_list_push(parser *p, const void *item, size_t size)
{
    buffer_put(&p->items, item, size);
    if (p->items.failed) {
        p->out_of_memory = true;
        parser_give_up(p);
    }
}

void parser_list_drop(parser *p, size_t from)
{
    PT_ASSERT(from <= p->items.len);
    p->items.len = from;
}

void *parser_list_take(parser *p, size_t start, size_t size, size_t *ret_n)
{
    if (p->gave_up)
        return NULL;
    PT_ASSERT(start <= p->items.len);
    const size_t len = p->items.len - start;
    PT_ASSERT(len % size == 0);
    void *array = parser_new(p, len, 1);
    if (array == NULL)
        return NULL;
    if (len != 0)
        memcpy(array, p->items.bytes + start, len);
    p->items.len = start;
    *ret_n = len / size;
    return array;
}

expr *parser_new_expr(parser *p, expr_kind kind, span at)
{
    expr *e = parser_new(p, 1, sizeof *e);
    if (e != NULL) {
        e->kind = kind;
        e->span = at;
        e->height = 1;
    }
    return e;
}

bool parser_grow(parser *p, uint32_t *height, uint32_t child_height)
{
    if (child_height + 1 > *height)
        *height = child_height + 1;
    if (*height <= AST_MAX_HEIGHT)
        return true;
    parser_report(
        p, parser_previous_span(p),
        "too many operations on top of each other: at most %d are allowed; split the expression "
        "with let",
        AST_MAX_HEIGHT);
    parser_give_up(p);
    return false;
}

bool parser_adopt(parser *p, expr *parent, const expr *child)
{
    return child == NULL || parser_grow(p, &parent->height, child->height);
}

bool parser_make_number(parser *p, number_lit *ret_number, const token *t, bool negative, span at)
{
    const ctype_kind any = negative ? CTYPE_ANY_SIGNED : CTYPE_ANY_UNSIGNED;
    const ctype_kind suffix = t->suffix == CTYPE_ANY_UNSIGNED ? any : t->suffix;
    const uint64_t magnitude = t->as.magnitude;
    *ret_number = (number_lit){magnitude, negative, suffix};
    if (negative && !ctype_is_signed(ctype_scalar(suffix))) {
        parser_report(p, at, "bad number: a negative number cannot be a %s",
                      ctype_scalar_name(suffix));
        return false;
    }
    if (negative && magnitude > (uint64_t)1 << 63) {
        parser_report(p, at, "bad number: too small for 64 bits");
        return false;
    }
    if (suffix != CTYPE_USIZE && !ctype_fits(ctype_scalar(suffix), magnitude, negative)) {
        parser_report(p, at, "bad number: %s%" PRIu64 " is too large for %s", negative ? "-" : "",
                      magnitude, ctype_scalar_name(suffix));
        return false;
    }
    return true;
}
