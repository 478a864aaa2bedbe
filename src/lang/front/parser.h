/* What the files of the parser share. Layer: lang; only parse*.c include this.
 *
 * A parse function returns NULL (or false) after it has reported an error, or when memory ran out;
 * its caller returns at once. Statements and items recover: they skip to where the next one may
 * start. The head comment of each function is its production in the grammar of spec G1. */
#ifndef LANG_FRONT_PARSER_H
#define LANG_FRONT_PARSER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/compiler.h"
#include "lang/diag.h"
#include "lang/front/ast.h"
#include "lang/front/token.h"

typedef struct parser {
    arena *a;
    pt_diagnostics *d;
    const token *at;        /* the next token */
    const token *last;      /* TOKEN_END */
    buffer items;           /* a stack of unfinished lists, see list_start */
    unsigned nesting;       /* see nest */
    bool no_struct;         /* inside a header: `P {` is not a struct literal (G6) */
    bool minus_starts_next; /* a `-` that sticks to digits ends the expression (parse_stmt) */
    bool gave_up;           /* out of memory or too deep: report nothing more, read nothing more */
    bool out_of_memory;
} parser;

/* ---- Tokens, errors, memory (parser.c) ---- */

bool parser_next_is(const parser *p, token_kind kind);
/* The token after the next one. */
token_kind parser_peek_second(const parser *p);
/* Takes the next token if it is of that kind. */
bool parser_accept(parser *p, token_kind kind);
/* Takes a token of that kind or reports what was expected; `where` completes "expected X ..". */
bool parser_expect(parser *p, token_kind kind, const char *where);
bool parser_expect_ident(parser *p, ident *ret_ident, const char *where);
/* The same for the name of something that is used by its bare name: not `true` or `false`, which
 * would stand for the value wherever they were used (L5). */
bool parser_expect_new_name(parser *p, ident *ret_ident, const char *where);
/* The spelling of a word that is scanned as a name, such as `true`. */
bool parser_next_is_word(const parser *p, const char *word);

span parser_token_span(const token *t);
/* The span of the token taken last. */
span parser_previous_span(const parser *p);

/* Reports "expected `what`, found `the next token`" there, with what to write where that is another
 * language's word. */
void parser_report_expected(parser *p, const char *what);
void parser_report(parser *p, span at, const char *format, ...) PRINTF_LIKE(3, 4);
void parser_give_up(parser *p);

/* Counts one more level; false, with the error reported, past PARSE_MAX_NESTING. Pair it with
 * parser_unnest, also after false. */
MUST_CHECK bool parser_nest(parser *p);
void parser_unnest(parser *p);

/* Zeroed, in the arena; NULL after giving up. */
MUST_CHECK void *parser_new(parser *p, size_t count, size_t size);

/* Lists of unknown length: start, push items, take them as one array in the arena. Lists nest. Who
 * recovers from an error drops the unfinished lists from there on. */
size_t parser_list_start(const parser *p);
void parser_list_push(parser *p, const void *item, size_t size);
void parser_list_drop(parser *p, size_t from);
MUST_CHECK void *parser_list_take(parser *p, size_t start, size_t size, size_t *ret_n);

/* After an error: skips to just after a `;`, or to a `}` or an item, outside of brackets opened on
 * the way. */
void parser_recover(parser *p);
/* After an error between braces: skips to just after the one that closes them, or to an item. */
void parser_close_braces(parser *p);
/* G5: `}` `,` `pub` `fn` `struct` `enum` or the end of the text. */
bool parser_at_end_of_stmts(const parser *p);
/* At what starts an item, but for `const`, which may start a size as well; or at the end. */
bool parser_at_item(const parser *p);

/* What parse_item pushes. */
typedef struct parsed_item {
    token_kind kind; /* TOKEN_CONST, TOKEN_STRUCT, TOKEN_ENUM or TOKEN_FN */
    void *decl;      /* const_decl, struct_decl, enum_decl or fn_decl */
} parsed_item;

/* ---- Productions ---- */

type_expr *parse_type(parser *p); /* parse_type.c */
bool parse_size(parser *p, size_expr *ret_size, bool allow_expr);
const_expr *parse_const_expr(parser *p);              /* parse_const.c */
const_expr *parse_const_of(parser *p, const expr *e); /* an expression as a bound of a range */
pattern *parse_pattern(parser *p);                    /* parse_pattern.c */
expr *parse_expr(parser *p);                          /* parse_expr.c */
expr *parse_header_expr(parser *p);                   /* the same where G6 holds */
expr *parse_operators(parser *p);                     /* without a bare block */
expr *parse_operators_on(parser *p, expr *first);     /* the same behind the first operand */
expr *parse_postfix(parser *p);                       /* parse_primary.c */
expr *parse_branching(parser *p);                     /* parse_stmt.c: if and match */
expr *parse_block(parser *p, const char *where);
bool parse_item(parser *p); /* parse_item.c; pushes a parsed_item */

/* A number from a token, with or without a minus before it; reports one that does not fit. */
bool parser_make_number(parser *p, number_lit *ret_number, const token *t, bool negative, span at);

/* A new node of height 1, and counting in a child (NULL: nothing); false past AST_MAX_HEIGHT. */
expr *parser_new_expr(parser *p, expr_kind kind, span at);
MUST_CHECK bool parser_grow(parser *p, uint32_t *height, uint32_t child_height);
MUST_CHECK bool parser_adopt(parser *p, expr *parent, const expr *child);

#endif
