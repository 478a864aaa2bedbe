#include "lang/front/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/bom.h"
#include "base/error.h"
#include "base/mem.h"

typedef struct scanner {
    const char *at;
    const char *end;
    uint32_t line, column;
    pt_diagnostics *d;
    token *tokens;
    size_t n_tokens;
    size_t capacity;
    size_t n_idents;
    bool is_not_text; /* said once; what follows is no program */
    bool out_of_memory;
} scanner;

/* Identifiers while they are being interned. */
typedef struct ident_ref {
    const char *text;
    size_t len;
    size_t token;
} ident_ref;

static const char *const kind_texts[TOKEN_N_KINDS] = {[TOKEN_END] = "the end of the file",
                                                      [TOKEN_IDENT] = "a name",
                                                      [TOKEN_NUMBER] = "a number",
#define X(kind, text) [kind] = text,
                                                      TOKEN_KEYWORDS(X) TOKEN_OPERATORS(X)
#undef X
};

const char *token_kind_text(token_kind kind)
{
    return kind_texts[kind];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_ident_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_ident_part(char c)
{
    return is_ident_start(c) || is_digit(c);
}

static bool starts_with(const scanner *s, const char *text)
{
    const size_t len = strlen(text);
    return (size_t)(s->end - s->at) >= len && memcmp(s->at, text, len) == 0;
}

static bool is_continuation(unsigned char c)
{
    return (c & 0xc0u) == 0x80u;
}

/* The length of the UTF-8 character at s->at; 0 if it is malformed: cut short, overlong, a
 * surrogate or past U+10FFFF (RFC 3629). */
static size_t utf8_len(const scanner *s)
{
    const unsigned char *const c = (const unsigned char *)s->at;
    const size_t left = (size_t)(s->end - s->at);
    size_t len = 0;
    if (c[0] < 0x80)
        return 1;
    if (c[0] >= 0xc2 && c[0] <= 0xdf)
        len = 2;
    else if ((c[0] & 0xf0u) == 0xe0u)
        len = 3;
    else if (c[0] >= 0xf0 && c[0] <= 0xf4)
        len = 4;
    if (len == 0 || left < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (!is_continuation(c[i]))
            return 0;
    const bool bad_second = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
                            (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f);
    return bad_second ? 0 : len;
}

static span here(const scanner *s, uint32_t width)
{
    return (span){s->line, s->column, s->line, s->column + width};
}

/* Steps over one character of any kind. */
static void advance(scanner *s)
{
    if (*s->at == '\n') {
        s->line++;
        s->column = 1;
        s->at++;
        return;
    }
    const size_t len = utf8_len(s);
    if (len == 0 && !s->is_not_text) {
        diag_add(s->d, DIAG_SCAN, here(s, 1), "the file is not valid UTF-8 text");
        s->is_not_text = true;
    }
    s->at += len == 0 ? 1 : len;
    s->column++;
}

static token *add_token(scanner *s, token_kind kind, size_t len)
{
    if (s->n_tokens == s->capacity) {
        const size_t capacity = s->capacity == 0 ? 256 : s->capacity * 2;
        token *tokens = mem_resize(s->tokens, capacity, sizeof *tokens);
        if (tokens == NULL) {
            s->out_of_memory = true;
            return NULL;
        }
        s->tokens = tokens;
        s->capacity = capacity;
    }
    token *t = &s->tokens[s->n_tokens++];
    *t = (token){.kind = kind,
                 .line = s->line,
                 .column = s->column,
                 .end_column = s->column + (uint32_t)len,
                 .suffix = CTYPE_ANY_UNSIGNED};
    s->at += len;
    s->column += (uint32_t)len;
    return t;
}

static void skip_line_comment(scanner *s)
{
    while (s->at < s->end && *s->at != '\n')
        advance(s);
}

/* Block comments nest (L3). */
static void skip_block_comment(scanner *s)
{
    const span start = here(s, 2);
    size_t depth = 0;
    do {
        if (s->at == s->end) {
            diag_add(s->d, DIAG_SCAN, start, "this comment never ends: expected `*/`");
            return;
        }
        const bool opens = starts_with(s, "/*");
        const bool closes = starts_with(s, "*/");
        depth += opens ? 1 : 0;
        depth -= closes ? 1 : 0;
        if (opens || closes)
            advance(s);
        advance(s);
    } while (depth > 0);
}

static void bad_suffix(scanner *s, span at, const char *text, size_t len)
{
    const int shown = len > 40 ? 40 : (int)len;
    if (*s->at == '0' && (text[0] == 'x' || text[0] == 'b' || text[0] == 'o'))
        diag_add(s->d, DIAG_SCAN, at, "bad number: only decimal numbers can be written");
    else if (text[0] == '_')
        diag_add(s->d, DIAG_SCAN, at, "bad number: digits cannot be separated by `_`");
    else
        diag_add(s->d, DIAG_SCAN, at,
                 "bad number: unknown suffix `%.*s`; use u8, u16, u32, u64, usize, i8, i16, i32 or "
                 "i64",
                 shown, text);
}

/* digits, then a suffix of all identifier characters that follow (L7). */
static void scan_number(scanner *s)
{
    const char *at = s->at;
    uint64_t magnitude = 0;
    bool overflow = false;
    for (; at < s->end && is_digit(*at); at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        overflow = overflow || magnitude > (UINT64_MAX - digit) / 10;
        magnitude = magnitude * 10 + digit;
    }
    const char *const suffix_at = at;
    while (at < s->end && is_ident_part(*at))
        at++;
    const size_t len = (size_t)(at - s->at);
    const size_t suffix_len = (size_t)(at - suffix_at);
    const span where = here(s, (uint32_t)len);
    ctype_kind suffix = CTYPE_ANY_UNSIGNED;
    if (suffix_len > 0 &&
        (!ctype_find_scalar(&suffix, suffix_at, suffix_len) || suffix == CTYPE_BOOL)) {
        bad_suffix(s, where, suffix_at, suffix_len);
    } else if (overflow) {
        diag_add(s->d, DIAG_SCAN, where, "bad number: too large for 64 bits");
    } else if (suffix != CTYPE_USIZE && !ctype_fits(ctype_scalar(suffix), magnitude, false) &&
               !ctype_fits(ctype_scalar(suffix), magnitude, true)) {
        diag_add(s->d, DIAG_SCAN, where, "bad number: too large for %s", ctype_scalar_name(suffix));
    }
    token *t = add_token(s, TOKEN_NUMBER, len);
    if (t != NULL) {
        t->suffix = suffix;
        t->as.magnitude = magnitude;
    }
}

static void scan_word(scanner *s)
{
    static const struct {
        token_kind kind;
        const char *text;
    } keywords[] = {
#define X(kind, text) {kind, text},
        TOKEN_KEYWORDS(X)
#undef X
    };
    size_t len = 1;
    while (s->at + len < s->end && is_ident_part(s->at[len]))
        len++;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (strlen(keywords[i].text) == len && memcmp(keywords[i].text, s->at, len) == 0) {
            (void)add_token(s, keywords[i].kind, len);
            return;
        }
    }
    const char *const text = s->at;
    token *t = add_token(s, TOKEN_IDENT, len);
    if (t != NULL) {
        t->as.name = text; /* not terminated yet: intern_names */
        s->n_idents++;
    }
}

/* False if no operator stands here. */
static bool scan_operator(scanner *s)
{
    static const struct {
        token_kind kind;
        const char *text;
    } operators[] = {
#define X(kind, text) {kind, text},
        TOKEN_OPERATORS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (starts_with(s, operators[i].text)) {
            token *t = add_token(s, operators[i].kind, strlen(operators[i].text));
            if (t != NULL)
                t->glued = t->kind == TOKEN_MINUS && s->at < s->end && is_digit(*s->at);
            return true;
        }
    }
    return false;
}

/* What to write in place of a character that other languages have. */
static const char *instead_of(char c)
{
    switch (c) {
    case '?':
        return ": a choice is `if a > b { a } else { b }`";
    case '#':
        return ": there are no attributes; a comment begins with //";
    case '\'':
        return ": a letter is its number, 97u8 for a";
    case '"':
        return ": there is no text; bytes are written [104u8, 105u8]";
    default:
        return "";
    }
}

/* To the quote that ends a text or letter: what is between is no error of its own. */
static void skip_text(scanner *s, char quote)
{
    const char *end = s->at + 1;
    while (end < s->end && *end != '\n' && *end != quote)
        end += *end == '\\' && end + 1 < s->end ? 2 : 1;
    while (end < s->end && *end == quote && s->at < end)
        advance(s);
}

static void bad_character(scanner *s)
{
    const unsigned char c = (unsigned char)*s->at;
    if (starts_with(s, "\xef\xbb\xbf"))
        diag_add(s->d, DIAG_SCAN, here(s, 1),
                 "bad character: a byte order mark may only begin a file");
    else if (c > 0x20 && c < 0x7f)
        diag_add(s->d, DIAG_SCAN, here(s, 1), "bad character `%c`%s", (char)c, instead_of((char)c));
    else if (c < 0x80)
        diag_add(s->d, DIAG_SCAN, here(s, 1), "bad character with code %u", c);
    else if (utf8_len(s) != 0)
        diag_add(s->d, DIAG_SCAN, here(s, 1),
                 "bad character `%.*s`: only comments may contain others than ASCII",
                 (int)utf8_len(s), s->at);
    if (c == '"' || c == '\'')
        skip_text(s, (char)c);
    advance(s);
}

static void scan_one(scanner *s)
{
    const char c = *s->at;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
        advance(s);
    else if (starts_with(s, "//"))
        skip_line_comment(s);
    else if (starts_with(s, "/*"))
        skip_block_comment(s);
    else if (is_digit(c))
        scan_number(s);
    else if (is_ident_start(c))
        scan_word(s);
    else if (!scan_operator(s))
        bad_character(s);
}

static int compare_idents(const void *left, const void *right)
{
    const ident_ref *const a = left;
    const ident_ref *const b = right;
    const size_t common = a->len < b->len ? a->len : b->len;
    const int order = memcmp(a->text, b->text, common);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* Copies each different name once, in order, into one block. Sorting rather than hashing: no text
 * can make it slow. */
static bool copy_names(token_list *list, arena *a, const ident_ref *refs, size_t n_refs)
{
    size_t n_bytes = 0;
    size_t n_names = 0;
    for (size_t i = 0; i < n_refs; i++) {
        if (i == 0 || compare_idents(&refs[i - 1], &refs[i]) != 0) {
            n_names++;
            n_bytes += refs[i].len + 1;
        }
    }
    char *text = arena_new(a, n_bytes, 1);
    list->names.names = arena_new(a, n_names, sizeof *list->names.names);
    if (text == NULL || list->names.names == NULL)
        return false;
    for (size_t i = 0; i < n_refs; i++) {
        if (i == 0 || compare_idents(&refs[i - 1], &refs[i]) != 0) {
            memcpy(text, refs[i].text, refs[i].len);
            list->names.names[list->names.n_names++] = text;
            text += refs[i].len + 1;
        }
        list->tokens[refs[i].token].as.name = list->names.names[list->names.n_names - 1];
    }
    return true;
}

static bool intern_names(token_list *list, arena *a, const scanner *s)
{
    ident_ref *refs = mem_new(s->n_idents, sizeof *refs);
    if (refs == NULL)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < list->n_tokens; i++) {
        const token *t = &list->tokens[i];
        if (t->kind == TOKEN_IDENT)
            refs[n++] = (ident_ref){t->as.name, t->end_column - t->column, i};
    }
    qsort(refs, n, sizeof *refs, compare_idents);
    const bool ok = copy_names(list, a, refs, n);
    mem_free(refs);
    return ok;
}

pt_status scan(token_list *ret_list, arena *a, const char *source, size_t len, pt_diagnostics *d,
               pt_error *error)
{
    scanner s = {
        .at = source + bom_len(source, len), .end = source + len, .line = 1, .column = 1, .d = d};
    while (s.at < s.end && !s.is_not_text && !s.out_of_memory)
        scan_one(&s);
    if (!s.out_of_memory)
        (void)add_token(&s, TOKEN_END, 0);
    token_list list = {.tokens = s.tokens, .n_tokens = s.n_tokens};
    if (s.out_of_memory || !intern_names(&list, a, &s)) {
        mem_free(s.tokens);
        return error_memory(error);
    }
    *ret_list = list;
    return PT_OK;
}

void token_list_clear(token_list *list)
{
    mem_free(list->tokens);
    *list = (token_list){0};
}

size_t name_idx(const name_table *table, const char *name)
{
    size_t low = 0;
    size_t high = table->n_names;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (table->names[middle] <= name)
            low = middle;
        else
            high = middle;
    }
    PT_ASSERT(low < table->n_names && table->names[low] == name);
    return low;
}
