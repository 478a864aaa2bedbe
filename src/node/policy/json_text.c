#include "node/policy/json_text.h"

#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"

void json_text_init(json_text *t, const char *text, size_t len)
{
    *t = (json_text){.begin = text, .at = text, .end = text + len};
}

static bool text_fail(json_text *t)
{
    t->failed = true;
    return false;
}

static void skip_blanks(json_text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\t' || *t->at == '\r' || *t->at == '\n'))
        t->at++;
}

static bool text_accept(json_text *t, char c)
{
    skip_blanks(t);
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

static size_t skip_digits(json_text *t)
{
    const char *from = t->at;
    while (t->at < t->end && *t->at >= '0' && *t->at <= '9')
        t->at++;
    return (size_t)(t->at - from);
}

/* number = [ "-" ] ( "0" | digits ) [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] digits ] */
static bool skip_number(json_text *t)
{
    if (*t->at == '-')
        t->at++;
    const bool has_zero = t->at < t->end && *t->at == '0';
    const size_t n = skip_digits(t);
    if (n == 0 || (has_zero && n > 1))
        return text_fail(t);
    if (t->at < t->end && *t->at == '.') {
        t->at++;
        if (skip_digits(t) == 0)
            return text_fail(t);
    }
    if (t->at < t->end && (*t->at == 'e' || *t->at == 'E')) {
        t->at++;
        if (t->at < t->end && (*t->at == '+' || *t->at == '-'))
            t->at++;
        if (skip_digits(t) == 0)
            return text_fail(t);
    }
    return true;
}

static bool skip_escape(json_text *t)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    if (t->at == t->end)
        return text_fail(t);
    const char c = *t->at++;
    if (c != 'u')
        return c != '\0' && strchr("\"\\/bfnrt", c) != NULL ? true : text_fail(t);
    for (int i = 0; i < 4; i++, t->at++) {
        if (t->at == t->end || *t->at == '\0' || strchr(hex, *t->at) == NULL)
            return text_fail(t);
    }
    return true;
}

static bool skip_string(json_text *t)
{
    const char *from = ++t->at;
    while (t->at < t->end && *t->at != '"') {
        const unsigned char c = (unsigned char)*t->at++;
        if (c < 0x20)
            return text_fail(t);
        if (c == '\\' && !skip_escape(t))
            return false;
    }
    if (t->at == t->end || !utf8_is_valid(from, (size_t)(t->at - from)))
        return text_fail(t);
    t->at++;
    return true;
}

static bool skip_word(json_text *t)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t len = strlen(words[i]);
        if ((size_t)(t->end - t->at) >= len && memcmp(t->at, words[i], len) == 0) {
            t->at += len;
            return true;
        }
    }
    return text_fail(t);
}

static bool skip_any(json_text *t, unsigned depth);

/* What follows the opening bracket. */
static bool skip_items(json_text *t, char closing, unsigned depth)
{
    if (depth == JSON_TEXT_DEPTH)
        return text_fail(t);
    if (text_accept(t, closing))
        return true;
    do {
        if (closing == '}') {
            skip_blanks(t);
            if (t->at == t->end || *t->at != '"' || !skip_string(t) || !text_accept(t, ':'))
                return text_fail(t);
        }
        if (!skip_any(t, depth + 1))
            return false;
    } while (text_accept(t, ','));
    return text_accept(t, closing) ? true : text_fail(t);
}

static bool skip_any(json_text *t, unsigned depth)
{
    skip_blanks(t);
    if (t->at == t->end)
        return text_fail(t);
    switch (*t->at) {
    case '{':
        t->at++;
        return skip_items(t, '}', depth);
    case '[':
        t->at++;
        return skip_items(t, ']', depth);
    case '"':
        return skip_string(t);
    case 't':
    case 'f':
    case 'n':
        return skip_word(t);
    default:
        return skip_number(t);
    }
}

bool json_text_value(json_text *t, json_slice *ret_value)
{
    if (t->failed)
        return false;
    skip_blanks(t);
    const char *from = t->at;
    if (!skip_any(t, 0))
        return false;
    *ret_value = (json_slice){from, (size_t)(t->at - from)};
    return true;
}

bool json_text_ends(json_text *t)
{
    skip_blanks(t);
    return !t->failed && t->at == t->end;
}

void json_text_enter(json_text *t, json_slice value)
{
    json_text_init(t, value.at, value.len);
}

/* Passes over the opening bracket or the comma before the next item. */
static bool step_into(json_text *t, char opening, char closing)
{
    const bool is_first = t->at == t->begin;
    if (t->failed || !text_accept(t, is_first ? opening : ','))
        return false;
    return !is_first || !text_accept(t, closing);
}

bool json_text_member(json_text *t, json_slice *ret_key, json_slice *ret_value)
{
    return step_into(t, '{', '}') && json_text_value(t, ret_key) && text_accept(t, ':') &&
           json_text_value(t, ret_value);
}

bool json_text_element(json_text *t, json_slice *ret_value)
{
    return step_into(t, '[', ']') && json_text_value(t, ret_value);
}

bool json_slice_is_object(json_slice s)
{
    return s.len != 0 && s.at[0] == '{';
}

bool json_slice_is_array(json_slice s)
{
    return s.len != 0 && s.at[0] == '[';
}

bool json_slice_is_string(json_slice s)
{
    return s.len != 0 && s.at[0] == '"';
}

bool json_slice_is_null(json_slice s)
{
    return s.len == 4 && memcmp(s.at, "null", 4) == 0;
}

pt_status json_slice_text(char **ret_text, json_slice s, pt_error *error)
{
    if (!json_slice_is_string(s))
        return error_set(error, PT_ERR_INPUT, "expected a string");
    json_t *value = json_loadb(s.at, s.len, JSON_DECODE_ANY, NULL);
    if (value == NULL)
        return error_set(error, PT_ERR_INPUT, "a string must be text without zero characters");
    *ret_text = mem_string(json_string_value(value));
    json_decref(value);
    return *ret_text == NULL ? error_memory(error) : PT_OK;
}

bool json_slice_equals(json_slice s, const char *text)
{
    const size_t len = strlen(text);
    return s.len == len + 2 && s.at[0] == '"' && memcmp(s.at + 1, text, len) == 0;
}
