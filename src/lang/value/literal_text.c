/* Literals as text, spec garble.md V1-V3 made strict (D19). The reader is led by the type:
 *
 *   literal = "true" | "false" | number | "(" literal ")"
 *           | "(" [ list ] ")"                      a tuple; one element: "(" literal "," ")"
 *           | "[" [ list ] "]" | "[" literal ";" UINT "]" | UINT ".." UINT
 *           | NAME "{" [ NAME ":" literal { "," NAME ":" literal } [ "," ] ] "}"
 *           | NAME "::" NAME [ "(" [ list ] ")" ] .
 *   list    = literal { "," literal } [ "," ] . */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "lang/value/literal.h"
#include "lang/value/text.h"

static bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || text_is_digit(c) || c == '_';
}

/* The character `ahead` places on, or NUL past the end. */
static char peek(const literal_reader *r, size_t ahead)
{
    return (size_t)(r->end - r->at) > ahead ? r->at[ahead] : '\0';
}

/* Moves behind a block comment, which may nest (L3); not at all if it does not end. */
static bool text_skip_comment(literal_reader *r)
{
    size_t depth = 0;
    for (const char *p = r->at; r->end - p >= 2;) {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p += 2;
        } else if (p[0] == '*' && p[1] == '/') {
            p += 2;
            if (--depth == 0) {
                r->at = p;
                return true;
            }
        } else {
            p++;
        }
    }
    return false;
}

static void text_skip_space(literal_reader *r)
{
    for (;;) {
        const char c = peek(r, 0);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            r->at++;
        } else if (c == '/' && peek(r, 1) == '/') {
            while (r->at < r->end && *r->at != '\n')
                r->at++;
        } else if (c != '/' || peek(r, 1) != '*' || !text_skip_comment(r)) {
            return;
        }
    }
}

/* Moves over `c` and the space behind it, if it comes next. */
static bool text_accept(literal_reader *r, char c)
{
    if (peek(r, 0) != c || r->at == r->end)
        return false;
    r->at++;
    text_skip_space(r);
    return true;
}

static pt_status text_expect(literal_reader *r, char c)
{
    if (text_accept(r, c))
        return PT_OK;
    const char what[] = {'`', c, '`', '\0'};
    return literal_expected(r, what);
}

typedef struct word {
    const char *text;
    size_t len;
} word;

/* The identifier at the place reached, empty if there is none. Moves over it, not the space. */
static word read_word(literal_reader *r)
{
    word w = {.text = r->at};
    if (!text_is_digit(peek(r, 0)))
        while (is_name_char(peek(r, w.len)))
            w.len++;
    r->at += w.len;
    return w;
}

static bool word_is(word w, const char *text)
{
    return strlen(text) == w.len && memcmp(w.text, text, w.len) == 0;
}

/* Moves over the name `text`; an error if something else comes. */
static pt_status expect_name(literal_reader *r, const char *text, const pt_type *type)
{
    const char *at = r->at;
    if (!word_is(read_word(r), text)) {
        r->at = at;
        return literal_expected_type(r, type);
    }
    text_skip_space(r);
    return PT_OK;
}

static pt_status text_read_value(literal_reader *r, const pt_type *type, size_t to);

static pt_status text_read_bool(literal_reader *r, const pt_type *type, size_t to)
{
    const char *at = r->at;
    const word w = read_word(r);
    if (!word_is(w, "true") && !word_is(w, "false")) {
        r->at = at;
        return literal_expected_type(r, type);
    }
    literal_put(r, to, 1, word_is(w, "true"));
    text_skip_space(r);
    return PT_OK;
}

/* A number token (L7, L8): digits and a suffix of all identifier characters behind them. */
static bool text_read_number(literal_reader *r, literal_number *ret_number, word *ret_suffix)
{
    const char *at = r->at;
    const bool is_negative = peek(r, 0) == '-' && text_is_digit(peek(r, 1));
    if (is_negative)
        r->at++;
    if (!literal_read_digits(r, ret_number))
        return false;
    ret_number->at = at;
    ret_number->is_negative = is_negative;
    *ret_suffix = read_word(r);
    text_skip_space(r);
    return true;
}

static pt_status text_read_integer(literal_reader *r, const pt_type *type, size_t to)
{
    const char *at = r->at;
    literal_number number;
    word suffix;
    if (!text_read_number(r, &number, &suffix) ||
        (suffix.len > 0 && !word_is(suffix, type->name))) {
        r->at = at;
        return literal_expected_type(r, type);
    }
    return literal_put_number(r, type, to, &number);
}

/* UINT ".." UINT with the element's suffix on one of them, or both (G12, V2). */
static pt_status text_read_range(literal_reader *r, const pt_type *type, size_t to)
{
    const char *at = r->at;
    const char *name = type->element->name;
    literal_number first;
    literal_number end;
    word first_suffix;
    word end_suffix;
    if (!type_is_integer(type->element) || type_is_signed(type->element) ||
        !text_read_number(r, &first, &first_suffix) || first.is_negative) {
        r->at = at;
        return literal_expected_type(r, type);
    }
    if (peek(r, 0) != '.' || peek(r, 1) != '.') {
        r->at = at;
        return literal_expected_type(r, type);
    }
    r->at += 2;
    text_skip_space(r);
    const char *end_at = r->at;
    if (!text_read_number(r, &end, &end_suffix) || end.is_negative) {
        r->at = end_at;
        return literal_expected(r, "the end of the range");
    }
    if ((first_suffix.len > 0 && !word_is(first_suffix, name)) ||
        (end_suffix.len > 0 && !word_is(end_suffix, name)) ||
        first_suffix.len + end_suffix.len == 0)
        return literal_fail(r, at, "expected a range with suffix %s", name);
    return literal_put_range(r, type, to, &first, &end);
}

static pt_status text_read_repeat(literal_reader *r, const pt_type *type, size_t to)
{
    const char *at = r->at;
    literal_number count;
    word suffix;
    if (!text_read_number(r, &count, &suffix) || count.is_negative ||
        (suffix.len > 0 && !word_is(suffix, "usize"))) {
        r->at = at;
        return literal_expected(r, "a number of elements");
    }
    const pt_status status = literal_put_repeat(r, type, to, &count);
    if (status != PT_OK)
        return status;
    return text_expect(r, ']');
}

/* The element of an array without elements is read, for `[0; 0]`, and dropped. */
static pt_status read_first_element(literal_reader *r, const pt_type *type, size_t to)
{
    uint8_t *bits = r->bits;
    if (type->length == 0)
        r->bits = NULL;
    const pt_status status = text_read_value(r, type->element, to);
    r->bits = bits;
    return status;
}

static pt_status text_read_array(literal_reader *r, const pt_type *type, size_t to)
{
    if (text_is_digit(peek(r, 0)))
        return text_read_range(r, type, to);
    if (!text_accept(r, '['))
        return literal_expected_type(r, type);
    if (text_accept(r, ']'))
        return type->length == 0 ? PT_OK : literal_wrong_count(r, type->length, 0, "element");
    const char *at = r->at;
    pt_status status = read_first_element(r, type, to);
    if (status != PT_OK)
        return status;
    if (text_accept(r, ';'))
        return text_read_repeat(r, type, to);
    size_t count = 1;
    while (count <= type->length && text_accept(r, ',') && peek(r, 0) != ']') {
        at = r->at;
        if (count == type->length)
            return literal_wrong_count(r, type->length, count + 1, "element");
        status = text_read_value(r, type->element, to + count * type->element->n_bits);
        if (status != PT_OK)
            return status;
        count++;
    }
    if (peek(r, 0) == ']' && count != type->length) {
        r->at = count > type->length ? at : r->at;
        return literal_wrong_count(r, type->length, count, "element");
    }
    return text_accept(r, ']') ? PT_OK : literal_expected(r, "`,` or `]`");
}

/* The values of a tuple or variant, behind its opening parenthesis, and the closing one. */
static pt_status text_read_fields(literal_reader *r, const type_field *fields, size_t n_fields,
                                  size_t to)
{
    for (size_t i = 0; i < n_fields; i++) {
        if (peek(r, 0) == ')')
            return literal_wrong_count(r, n_fields, i, "value");
        const pt_status status = text_read_value(r, fields[i].type, to + fields[i].offset);
        if (status != PT_OK)
            return status;
        if (!text_accept(r, ',') && peek(r, 0) != ')')
            return literal_expected(r, "`,` or `)`");
    }
    return text_accept(r, ')') ? PT_OK : literal_wrong_count(r, n_fields, n_fields + 1, "value");
}

/* Whether the parentheses that open here only group: `(e)` is e, `(e,)` a tuple (G10). */
static bool is_group(const literal_reader *r, const pt_type *type)
{
    if (peek(r, 0) != '(')
        return false;
    if (type->kind != TYPE_TUPLE)
        return true;
    literal_reader ahead = *r;
    size_t depth = 0;
    bool is_empty = true;
    for (; ahead.at < ahead.end; text_skip_space(&ahead)) {
        const char c = *ahead.at++;
        if (c == '(' || c == '[' || c == '{') {
            is_empty = is_empty && depth == 0;
            depth++;
        } else if (c == ')' || c == ']' || c == '}') {
            if (--depth == 0)
                return !is_empty;
        } else if (c == ',' && depth == 1) {
            return false;
        } else {
            is_empty = false;
        }
    }
    return false;
}

static pt_status read_tuple(literal_reader *r, const pt_type *type, size_t to)
{
    if (!text_accept(r, '('))
        return literal_expected_type(r, type);
    return text_read_fields(r, type->fields, type->n_fields, to);
}

static pt_status text_read_struct_field(literal_reader *r, literal_fields *fields, size_t to)
{
    const char *at = r->at;
    const word name = read_word(r);
    if (name.len == 0)
        return literal_expected(r, "a field's name or `}`");
    text_skip_space(r);
    const type_field *field = NULL;
    pt_status status = literal_fields_take(&field, fields, r, at, name.text, name.len);
    if (status == PT_OK)
        status = text_expect(r, ':');
    if (status == PT_OK)
        status = text_read_value(r, field->type, to + field->offset);
    if (status == PT_OK && !text_accept(r, ',') && peek(r, 0) != '}')
        status = literal_expected(r, "`,` or `}`");
    return status;
}

static pt_status text_read_struct(literal_reader *r, const pt_type *type, size_t to)
{
    pt_status status = expect_name(r, type->name, type);
    if (status == PT_OK)
        status = text_expect(r, '{');
    if (status != PT_OK)
        return status;
    literal_fields fields;
    status = literal_fields_init(&fields, type, r->error);
    if (status != PT_OK)
        return status;
    while (status == PT_OK && peek(r, 0) != '}')
        status = text_read_struct_field(r, &fields, to);
    if (status == PT_OK)
        status = literal_fields_finish(&fields, r);
    if (status == PT_OK)
        status = text_expect(r, '}');
    literal_fields_clear(&fields);
    return status;
}

static pt_status text_read_enum(literal_reader *r, const pt_type *type, size_t to)
{
    pt_status status = expect_name(r, type->name, type);
    if (status != PT_OK)
        return status;
    if (peek(r, 0) != ':' || peek(r, 1) != ':')
        return literal_expected(r, "`::`");
    r->at += 2;
    text_skip_space(r);
    const char *at = r->at;
    const word name = read_word(r);
    const size_t tag = type_find_variant(type, name.text, name.len);
    if (tag == type->n_variants) {
        r->at = at;
        return literal_unknown_variant(r, type, at, name.text, name.len);
    }
    text_skip_space(r);
    const type_variant *variant = &type->variants[tag];
    literal_put(r, to, type->tag_bits, tag);
    if (!variant->is_tuple)
        return PT_OK;
    status = text_expect(r, '(');
    if (status != PT_OK)
        return status;
    return text_read_fields(r, variant->fields, variant->n_fields, to);
}

static pt_status read_bare_value(literal_reader *r, const pt_type *type, size_t to)
{
    switch (type->kind) {
    case TYPE_BOOL:
        return text_read_bool(r, type, to);
    case TYPE_TUPLE:
        return read_tuple(r, type, to);
    case TYPE_ARRAY:
        return text_read_array(r, type, to);
    case TYPE_STRUCT:
        return text_read_struct(r, type, to);
    case TYPE_ENUM:
        return text_read_enum(r, type, to);
    case TYPE_U8:
    case TYPE_U16:
    case TYPE_U32:
    case TYPE_U64:
    case TYPE_USIZE:
    case TYPE_I8:
    case TYPE_I16:
    case TYPE_I32:
    case TYPE_I64:
        break;
    }
    return text_read_integer(r, type, to);
}

static pt_status text_read_value(literal_reader *r, const pt_type *type, size_t to)
{
    if (r->depth >= LITERAL_MAX_DEPTH)
        return literal_fail(r, r->at, "nested deeper than %u levels", LITERAL_MAX_DEPTH);
    r->depth++;
    pt_status status = PT_OK;
    if (is_group(r, type)) {
        (void)text_accept(r, '(');
        status = text_read_value(r, type, to);
        if (status == PT_OK)
            status = text_expect(r, ')');
    } else {
        status = read_bare_value(r, type, to);
    }
    r->depth--;
    return status;
}

static pt_status read_text(literal_reader *r, const pt_type *type)
{
    text_skip_space(r);
    const pt_status status = text_read_value(r, type, 0);
    if (status != PT_OK || r->at == r->end)
        return status;
    if (type_is_integer(type) && (*r->at == '.' || *r->at == ','))
        return literal_fail(r, r->at,
                            "expected nothing more, found `%c`: numbers have no points or commas; "
                            "scale them to integers",
                            *r->at);
    return literal_expected(r, "nothing more");
}

pt_status pt_literal_parse(pt_literal **ret_literal, const pt_type *type, const char *text,
                           size_t len, pt_error *error)
{
    if (ret_literal == NULL || type == NULL || (text == NULL && len != 0))
        return error_missing(error, "a type, a text and a place for the literal");
    return literal_read_all(ret_literal, type, text, len, read_text, error);
}
