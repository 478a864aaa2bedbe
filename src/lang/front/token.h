/* Tokens. Layer: lang (spec L4-L8). */
#ifndef LANG_FRONT_TOKEN_H
#define LANG_FRONT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/front/ast.h"

/* X(kind, text): words with a fixed spelling. Operators come longest first, which is the order the
 * scanner tries them in. */
#define TOKEN_KEYWORDS(X)                                                                          \
    X(TOKEN_CONST, "const")                                                                        \
    X(TOKEN_STRUCT, "struct")                                                                      \
    X(TOKEN_ENUM, "enum")                                                                          \
    X(TOKEN_FN, "fn")                                                                              \
    X(TOKEN_LET, "let")                                                                            \
    X(TOKEN_IF, "if")                                                                              \
    X(TOKEN_ELSE, "else")                                                                          \
    X(TOKEN_MUT, "mut")                                                                            \
    X(TOKEN_MATCH, "match")                                                                        \
    X(TOKEN_AS, "as")                                                                              \
    X(TOKEN_PUB, "pub")                                                                            \
    X(TOKEN_FOR, "for")                                                                            \
    X(TOKEN_IN, "in")

#define TOKEN_OPERATORS(X)                                                                         \
    X(TOKEN_SHL_ASSIGN, "<<=")                                                                     \
    X(TOKEN_SHR_ASSIGN, ">>=")                                                                     \
    X(TOKEN_DOTS_EQUAL, "..=")                                                                     \
    X(TOKEN_SHL, "<<")                                                                             \
    X(TOKEN_SHR, ">>")                                                                             \
    X(TOKEN_LE, "<=")                                                                              \
    X(TOKEN_GE, ">=")                                                                              \
    X(TOKEN_EQ, "==")                                                                              \
    X(TOKEN_NE, "!=")                                                                              \
    X(TOKEN_AND_AND, "&&")                                                                         \
    X(TOKEN_OR_OR, "||")                                                                           \
    X(TOKEN_COLONS, "::")                                                                          \
    X(TOKEN_DOTS, "..")                                                                            \
    X(TOKEN_ARROW, "->")                                                                           \
    X(TOKEN_FAT_ARROW, "=>")                                                                       \
    X(TOKEN_ADD_ASSIGN, "+=")                                                                      \
    X(TOKEN_SUB_ASSIGN, "-=")                                                                      \
    X(TOKEN_MUL_ASSIGN, "*=")                                                                      \
    X(TOKEN_DIV_ASSIGN, "/=")                                                                      \
    X(TOKEN_REM_ASSIGN, "%=")                                                                      \
    X(TOKEN_XOR_ASSIGN, "^=")                                                                      \
    X(TOKEN_AND_ASSIGN, "&=")                                                                      \
    X(TOKEN_OR_ASSIGN, "|=")                                                                       \
    X(TOKEN_PLUS, "+")                                                                             \
    X(TOKEN_MINUS, "-")                                                                            \
    X(TOKEN_STAR, "*")                                                                             \
    X(TOKEN_SLASH, "/")                                                                            \
    X(TOKEN_PERCENT, "%")                                                                          \
    X(TOKEN_AND, "&")                                                                              \
    X(TOKEN_OR, "|")                                                                               \
    X(TOKEN_XOR, "^")                                                                              \
    X(TOKEN_BANG, "!")                                                                             \
    X(TOKEN_ASSIGN, "=")                                                                           \
    X(TOKEN_LT, "<")                                                                               \
    X(TOKEN_GT, ">")                                                                               \
    X(TOKEN_DOT, ".")                                                                              \
    X(TOKEN_COMMA, ",")                                                                            \
    X(TOKEN_SEMICOLON, ";")                                                                        \
    X(TOKEN_COLON, ":")                                                                            \
    X(TOKEN_LEFT_PAREN, "(")                                                                       \
    X(TOKEN_RIGHT_PAREN, ")")                                                                      \
    X(TOKEN_LEFT_BRACE, "{")                                                                       \
    X(TOKEN_RIGHT_BRACE, "}")                                                                      \
    X(TOKEN_LEFT_BRACKET, "[")                                                                     \
    X(TOKEN_RIGHT_BRACKET, "]")

/* clang-format off */
typedef enum token_kind {
    TOKEN_END,
    TOKEN_IDENT,
    TOKEN_NUMBER,
#define X(kind, text) kind,
    TOKEN_KEYWORDS(X)
    TOKEN_OPERATORS(X)
#undef X
    TOKEN_N_KINDS
} token_kind;
/* clang-format on */

typedef struct token {
    token_kind kind;
    uint32_t line, column, end_column; /* no token spans lines */
    bool glued;        /* TOKEN_MINUS: a digit follows at once, so before an operand the two are one
                          negative number (L8, Q1) */
    ctype_kind suffix; /* TOKEN_NUMBER; CTYPE_ANY_UNSIGNED: none */
    union {
        const char *name;   /* TOKEN_IDENT: interned */
        uint64_t magnitude; /* TOKEN_NUMBER: fits its suffix, but may be one more than the largest
                               value of a signed one, for the minimum */
    } as;
} token;

/* The spelling of a keyword or operator, or what the kind is called in messages. */
const char *token_kind_text(token_kind kind);

#endif
