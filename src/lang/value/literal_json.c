/* Literals as Garble JSON, spec garble.md V3-V5 made strict (D20), and read as plain JSON too,
 * value by value: since the expected type is known, nothing need say what a value is.
 *
 * The reader takes the text in one pass, led by the expected type, and writes bits as it goes. A
 * tree made by a JSON library would not do: jansson holds integers as signed 64-bit numbers, so it
 * cannot read a u64 past 2^63-1, and takes half a kilobyte for each number of an array. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "lang/value/literal.h"
#include "lang/value/text.h"

/* The reader, and the string read last, decoded. */
typedef struct json_reader {
    literal_reader r;
    buffer string;
} json_reader;

static void json_skip_space(literal_reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n'))
        r->at++;
}

static bool json_accept(literal_reader *r, char c)
{
    json_skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    json_skip_space(r);
    return true;
}

static pt_status json_expect(literal_reader *r, char c)
{
    if (json_accept(r, c))
        return PT_OK;
    const char what[] = {'`', c, '`', '\0'};
    return literal_expected(r, what);
}

/* The four hexadecimal digits of \uXXXX, or -1. */
static int read_hex4(literal_reader *r)
{
    int value = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        if (r->at == r->end)
            return -1;
        const char c = *r->at;
        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            value = value * 16 + ((c | 32) - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static void put_utf8(buffer *out, uint32_t c)
{
    if (c < 0x80) {
        buffer_put_u8(out, (uint8_t)c);
    } else if (c < 0x800) {
        buffer_put_u8(out, (uint8_t)(0xc0 | c >> 6));
        buffer_put_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        if (c < 0x10000) {
            buffer_put_u8(out, (uint8_t)(0xe0 | c >> 12));
        } else {
            buffer_put_u8(out, (uint8_t)(0xf0 | c >> 18));
            buffer_put_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        }
        buffer_put_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        buffer_put_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

/* What follows \u: a character, or two surrogates (RFC 8259). */
static bool read_unicode(json_reader *j)
{
    literal_reader *r = &j->r;
    const int first = read_hex4(r);
    if (first < 0 || (first >= 0xdc00 && first < 0xe000))
        return false;
    if (first < 0xd800 || first >= 0xe000) {
        put_utf8(&j->string, (uint32_t)first);
        return true;
    }
    if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
        return false;
    r->at += 2;
    const int second = read_hex4(r);
    if (second < 0xdc00 || second >= 0xe000)
        return false;
    put_utf8(&j->string,
             0x10000 + ((uint32_t)(first - 0xd800) << 10 | (uint32_t)(second - 0xdc00)));
    return true;
}

/* The character after a backslash, decoded. */
static bool read_escape(json_reader *j)
{
    static const char plain[] = "\"\\/bfnrt";
    static const char meaning[] = "\"\\/\b\f\n\r\t";
    literal_reader *r = &j->r;
    if (r->at == r->end)
        return false;
    const char c = *r->at++;
    if (c == 'u')
        return read_unicode(j);
    const char *found = c == '\0' ? NULL : strchr(plain, c);
    if (found == NULL)
        return false;
    buffer_put_u8(&j->string, (uint8_t)meaning[found - plain]);
    return true;
}

/* Reads a string into j->string; `what` for the message if there is none. */
static pt_status read_string(json_reader *j, const char *what)
{
    literal_reader *r = &j->r;
    json_skip_space(r);
    if (r->at == r->end || *r->at != '"')
        return literal_expected(r, what);
    const char *at = r->at++;
    buffer_reset(&j->string);
    while (r->at < r->end && *r->at != '"') {
        const char c = *r->at++;
        if ((unsigned char)c < 32 || (c == '\\' && !read_escape(j)))
            return literal_fail(r, at, "malformed string");
        if (c != '\\')
            buffer_put_u8(&j->string, (uint8_t)c);
    }
    if (r->at == r->end)
        return literal_fail(r, at, "the string does not end");
    r->at++;
    json_skip_space(r);
    return j->string.failed ? error_memory(r->error) : PT_OK;
}

static const char *string_text(const json_reader *j)
{
    return j->string.len == 0 ? "" : (const char *)j->string.bytes;
}

static bool string_is(const json_reader *j, const char *text)
{
    const size_t len = strlen(text);
    return j->string.len == len && (len == 0 || memcmp(j->string.bytes, text, len) == 0);
}

/* The string `text`, and nothing else. */
static pt_status expect_string(json_reader *j, const char *text, const char *what)
{
    literal_reader *r = &j->r;
    json_skip_space(r);
    const char *at = r->at;
    const pt_status status = read_string(j, what);
    if (status != PT_OK || string_is(j, text))
        return status;
    r->at = at;
    return literal_expected(r, what);
}

/* A JSON integer: no leading zero, fraction or exponent. */
static pt_status json_read_integer(literal_reader *r, literal_number *ret_number)
{
    json_skip_space(r);
    const char *at = r->at;
    const bool is_negative = r->at < r->end && *r->at == '-';
    if (is_negative)
        r->at++;
    const char *digits = r->at;
    if (!literal_read_digits(r, ret_number)) {
        r->at = at;
        return literal_expected(r, "an integer");
    }
    if (*digits == '0' && r->at - digits > 1)
        return literal_fail(r, at, "expected an integer, without a zero in front");
    if (r->at < r->end && (*r->at == '.' || *r->at == 'e' || *r->at == 'E'))
        return literal_fail(r, at, "expected an integer, without a point or exponent");
    ret_number->at = at;
    ret_number->is_negative = is_negative;
    json_skip_space(r);
    return PT_OK;
}

static pt_status json_read_value(json_reader *j, const pt_type *type, size_t to);

static bool accept_word(literal_reader *r, const char *word)
{
    const size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    json_skip_space(r);
    return true;
}

/* true, false, "True" or "False" */
static pt_status json_read_bool(json_reader *j, size_t to)
{
    literal_reader *r = &j->r;
    json_skip_space(r);
    const char *at = r->at;
    if (accept_word(r, "true")) {
        literal_put(r, to, 1, 1);
        return PT_OK;
    }
    if (accept_word(r, "false"))
        return PT_OK;
    static const char expected[] = "true or false";
    const pt_status status = read_string(j, expected);
    if (status != PT_OK)
        return status;
    if (!string_is(j, "True") && !string_is(j, "False")) {
        r->at = at;
        return literal_expected(r, expected);
    }
    literal_put(r, to, 1, string_is(j, "True"));
    return PT_OK;
}

/* [value, "U8"], behind {"NumUnsigned": */
static pt_status json_read_number(json_reader *j, const pt_type *type, size_t to)
{
    literal_reader *r = &j->r;
    literal_number number;
    pt_status status = json_expect(r, '[');
    if (status == PT_OK)
        status = json_read_integer(r, &number);
    if (status == PT_OK)
        status = literal_put_number(r, type, to, &number);
    if (status == PT_OK)
        status = json_expect(r, ',');
    if (status == PT_OK) {
        const char what[] = "the number's type";
        const char *at = r->at;
        status = read_string(j, what);
        if (status == PT_OK && !string_is(j, type_json_tag(type->kind)))
            status = literal_fail(r, at, "expected \"%s\" as the number's type",
                                  type_json_tag(type->kind));
    }
    if (status != PT_OK)
        return status;
    return json_expect(r, ']');
}

/* [value, ...] of an array, behind {"Array": */
static pt_status read_elements(json_reader *j, const pt_type *type, size_t to)
{
    literal_reader *r = &j->r;
    pt_status status = json_expect(r, '[');
    for (size_t i = 0; i < type->length && status == PT_OK; i++) {
        json_skip_space(r);
        if (r->at < r->end && *r->at == ']')
            return literal_wrong_count(r, type->length, i, "element");
        if (i > 0)
            status = json_expect(r, ',');
        if (status == PT_OK)
            status = json_read_value(j, type->element, to + i * type->element->n_bits);
    }
    if (status != PT_OK || json_accept(r, ']'))
        return status;
    return literal_wrong_count(r, type->length, type->length + 1, "element");
}

/* [value, count], behind {"ArrayRepeat": */
static pt_status json_read_repeat(json_reader *j, const pt_type *type, size_t to)
{
    literal_reader *r = &j->r;
    uint8_t *bits = r->bits;
    literal_number count;
    pt_status status = json_expect(r, '[');
    if (status == PT_OK) {
        r->bits = type->length == 0 ? NULL : bits;
        status = json_read_value(j, type->element, to);
        r->bits = bits;
    }
    if (status == PT_OK)
        status = json_expect(r, ',');
    if (status == PT_OK)
        status = json_read_integer(r, &count);
    if (status == PT_OK && count.is_negative)
        status = literal_fail(r, count.at, "expected a number of elements");
    if (status == PT_OK)
        status = literal_put_repeat(r, type, to, &count);
    if (status != PT_OK)
        return status;
    return json_expect(r, ']');
}

/* [first, end, "U8"], behind {"Range": */
static pt_status json_read_range(json_reader *j, const pt_type *type, size_t to)
{
    literal_reader *r = &j->r;
    literal_number first;
    literal_number end;
    if (!type_is_integer(type->element) || type_is_signed(type->element))
        return literal_expected_type(r, type);
    pt_status status = json_expect(r, '[');
    if (status == PT_OK)
        status = json_read_integer(r, &first);
    if (status == PT_OK)
        status = json_expect(r, ',');
    if (status == PT_OK)
        status = json_read_integer(r, &end);
    if (status == PT_OK && (first.is_negative || end.is_negative))
        status = literal_fail(r, first.at, "a range has no negative bounds");
    if (status == PT_OK)
        status = json_expect(r, ',');
    if (status == PT_OK)
        status = expect_string(j, type_json_tag(type->element->kind), "the element's type");
    if (status == PT_OK)
        status = literal_put_range(r, type, to, &first, &end);
    if (status != PT_OK)
        return status;
    return json_expect(r, ']');
}

static pt_status json_read_array(json_reader *j, const pt_type *type, size_t to, const char *key_at)
{
    if (string_is(j, "Array"))
        return read_elements(j, type, to);
    if (string_is(j, "ArrayRepeat"))
        return json_read_repeat(j, type, to);
    if (string_is(j, "Range"))
        return json_read_range(j, type, to);
    return literal_fail(&j->r, key_at, "expected \"Array\", \"ArrayRepeat\" or \"Range\"");
}

/* [value, ...] of a tuple or variant, behind {"Tuple": */
static pt_status json_read_fields(json_reader *j, const type_field *fields, size_t n_fields,
                                  size_t to)
{
    literal_reader *r = &j->r;
    pt_status status = json_expect(r, '[');
    for (size_t i = 0; i < n_fields && status == PT_OK; i++) {
        json_skip_space(r);
        if (r->at < r->end && *r->at == ']')
            return literal_wrong_count(r, n_fields, i, "value");
        if (i > 0)
            status = json_expect(r, ',');
        if (status == PT_OK)
            status = json_read_value(j, fields[i].type, to + fields[i].offset);
    }
    if (status != PT_OK || json_accept(r, ']'))
        return status;
    return literal_wrong_count(r, n_fields, n_fields + 1, "value");
}

/* ["name", value] */
static pt_status json_read_struct_field(json_reader *j, literal_fields *fields, size_t to)
{
    literal_reader *r = &j->r;
    const type_field *field = NULL;
    pt_status status = json_expect(r, '[');
    const char *at = r->at;
    if (status == PT_OK)
        status = read_string(j, "a field's name");
    if (status == PT_OK)
        status = literal_fields_take(&field, fields, r, at, string_text(j), j->string.len);
    if (status == PT_OK)
        status = json_expect(r, ',');
    if (status == PT_OK)
        status = json_read_value(j, field->type, to + field->offset);
    if (status != PT_OK)
        return status;
    return json_expect(r, ']');
}

/* ["Name", [["field", value], ...]], behind {"Struct": */
static pt_status json_read_struct(json_reader *j, const pt_type *type, size_t to)
{
    literal_reader *r = &j->r;
    pt_status status = json_expect(r, '[');
    if (status == PT_OK)
        status = expect_string(j, type->name, "the struct's name");
    if (status == PT_OK)
        status = json_expect(r, ',');
    if (status == PT_OK)
        status = json_expect(r, '[');
    if (status != PT_OK)
        return status;
    literal_fields fields;
    status = literal_fields_init(&fields, type, r->error);
    if (status != PT_OK)
        return status;
    while (status == PT_OK && r->at < r->end && *r->at != ']') {
        if (fields.n_given > 0)
            status = json_expect(r, ',');
        if (status == PT_OK)
            status = json_read_struct_field(j, &fields, to);
    }
    if (status == PT_OK)
        status = literal_fields_finish(&fields, r);
    if (status == PT_OK)
        status = json_expect(r, ']');
    literal_fields_clear(&fields);
    if (status != PT_OK)
        return status;
    return json_expect(r, ']');
}

/* {"Tuple": [value, ...]}, or "Unit" for a variant without a tuple. */
static pt_status read_payload(json_reader *j, const type_variant *variant, size_t to)
{
    literal_reader *r = &j->r;
    if (!variant->is_tuple)
        return expect_string(j, "Unit", "\"Unit\"");
    pt_status status = json_expect(r, '{');
    if (status == PT_OK)
        status = expect_string(j, "Tuple", "\"Tuple\"");
    if (status == PT_OK)
        status = json_expect(r, ':');
    if (status == PT_OK)
        status = json_read_fields(j, variant->fields, variant->n_fields, to);
    if (status != PT_OK)
        return status;
    return json_expect(r, '}');
}

/* ["Name", "Variant", payload], behind {"Enum": */
static pt_status json_read_enum(json_reader *j, const pt_type *type, size_t to)
{
    literal_reader *r = &j->r;
    pt_status status = json_expect(r, '[');
    if (status == PT_OK)
        status = expect_string(j, type->name, "the enum's name");
    if (status == PT_OK)
        status = json_expect(r, ',');
    const char *at = r->at;
    if (status == PT_OK)
        status = read_string(j, "a variant's name");
    if (status != PT_OK)
        return status;
    const size_t tag = type_find_variant(type, string_text(j), j->string.len);
    if (tag == type->n_variants)
        return literal_unknown_variant(r, type, at, string_text(j), j->string.len);
    literal_put(r, to, type->tag_bits, tag);
    status = json_expect(r, ',');
    if (status == PT_OK)
        status = read_payload(j, &type->variants[tag], to);
    if (status != PT_OK)
        return status;
    return json_expect(r, ']');
}

/* What the single key of a value's object has to be. */
static const char *json_key_of(const pt_type *type)
{
    if (type->kind == TYPE_TUPLE)
        return "Tuple";
    if (type->kind == TYPE_STRUCT)
        return "Struct";
    if (type->kind == TYPE_ENUM)
        return "Enum";
    return type_is_signed(type) ? "NumSigned" : "NumUnsigned";
}

static pt_status read_keyed(json_reader *j, const pt_type *type, size_t to, const char *key_at)
{
    if (type->kind == TYPE_ARRAY)
        return json_read_array(j, type, to, key_at);
    if (!string_is(j, json_key_of(type)))
        return literal_fail(&j->r, key_at, "expected \"%s\"", json_key_of(type));
    if (type->kind == TYPE_TUPLE)
        return json_read_fields(j, type->fields, type->n_fields, to);
    if (type->kind == TYPE_STRUCT)
        return json_read_struct(j, type, to);
    if (type->kind == TYPE_ENUM)
        return json_read_enum(j, type, to);
    return json_read_number(j, type, to);
}

/* --- plain values --- */

/* "text" for [u8; N]: its bytes, then zeros. */
static pt_status json_read_text(json_reader *j, const pt_type *type, size_t to)
{
    literal_reader *r = &j->r;
    const char *at = r->at;
    const pt_status status = read_string(j, "a string");
    if (status != PT_OK)
        return status;
    if (j->string.len > type->length)
        return literal_fail(r, at, "the text has %zu bytes, but [u8; %zu] has room for %zu",
                            j->string.len, type->length, type->length);
    if (!utf8_is_valid(string_text(j), j->string.len))
        return literal_fail(r, at, "the text is not UTF-8");
    for (size_t i = 0; i < j->string.len; i++)
        literal_put(r, to + i * 8, 8, j->string.bytes[i]);
    return PT_OK;
}

/* A variant without fields, by its name. */
static pt_status read_unit_variant(json_reader *j, const pt_type *type, size_t to)
{
    literal_reader *r = &j->r;
    const char *at = r->at;
    const pt_status status = read_string(j, "a variant's name");
    if (status != PT_OK)
        return status;
    const size_t tag = type_find_variant(type, string_text(j), j->string.len);
    if (tag == type->n_variants)
        return literal_unknown_variant(r, type, at, string_text(j), j->string.len);
    const type_variant *variant = &type->variants[tag];
    if (variant->is_tuple)
        return literal_fail(r, at, "variant `%s` has values: write {\"%s\":[..]}", variant->name,
                            variant->name);
    literal_put(r, to, type->tag_bits, tag);
    return PT_OK;
}

/* [..] behind {"Variant": */
static pt_status read_tuple_variant(json_reader *j, const pt_type *type, size_t to,
                                    const char *key_at)
{
    literal_reader *r = &j->r;
    const size_t tag = type_find_variant(type, string_text(j), j->string.len);
    if (tag == type->n_variants)
        return literal_unknown_variant(r, type, key_at, string_text(j), j->string.len);
    const type_variant *variant = &type->variants[tag];
    literal_put(r, to, type->tag_bits, tag);
    if (variant->is_tuple)
        return json_read_fields(j, variant->fields, variant->n_fields, to);
    /* Who writes all variants alike gives this one an empty list. */
    if (!json_accept(r, '[') || !json_accept(r, ']'))
        return literal_fail(r, key_at, "variant `%s` has no values: write \"%s\"", variant->name,
                            variant->name);
    return PT_OK;
}

/* : value { , "field" : value }, the first field's name taken */
static pt_status read_members(json_reader *j, literal_fields *fields, size_t to, const char *key_at)
{
    literal_reader *r = &j->r;
    for (;;) {
        const type_field *field = NULL;
        pt_status status =
            literal_fields_take(&field, fields, r, key_at, string_text(j), j->string.len);
        if (status == PT_OK)
            status = json_expect(r, ':');
        if (status == PT_OK)
            status = json_read_value(j, field->type, to + field->offset);
        if (status != PT_OK)
            return status;
        if (!json_accept(r, ','))
            return PT_OK;
        key_at = r->at;
        status = read_string(j, "a field's name");
        if (status != PT_OK)
            return status;
    }
}

/* The members of {"field": value, ..}, the first name taken */
static pt_status read_plain_struct(json_reader *j, const pt_type *type, size_t to,
                                   const char *key_at)
{
    literal_fields fields;
    pt_status status = literal_fields_init(&fields, type, j->r.error);
    if (status != PT_OK)
        return status;
    status = read_members(j, &fields, to, key_at);
    if (status == PT_OK)
        status = literal_fields_finish(&fields, &j->r);
    literal_fields_clear(&fields);
    return status;
}

/* Numbers that came as what other programs make of them. */
static pt_status no_number(const literal_reader *r, const pt_type *type)
{
    char what[96];
    const char *hint = *r->at == '"' ? "a number without quotes" : "1 for true and 0 for false";
    (void)snprintf(what, sizeof what, "a value of type %s, %s", type_scalar_name(type->kind), hint);
    return literal_expected(r, what);
}

/* A value that is no object. */
static pt_status read_plain(json_reader *j, const pt_type *type, size_t to)
{
    literal_reader *r = &j->r;
    const char c = r->at < r->end ? *r->at : '\0';
    literal_number number;
    if (type_is_integer(type) && (c == '-' || (c >= '0' && c <= '9'))) {
        const pt_status status = json_read_integer(r, &number);
        if (status != PT_OK)
            return status;
        return literal_put_number(r, type, to, &number);
    }
    if (type->kind == TYPE_ARRAY && c == '[')
        return read_elements(j, type, to);
    if (type->kind == TYPE_ARRAY && type->element->kind == TYPE_U8 && c == '"')
        return json_read_text(j, type, to);
    if (type->kind == TYPE_TUPLE && c == '[')
        return json_read_fields(j, type->fields, type->n_fields, to);
    if (type->kind == TYPE_ENUM && c == '"')
        return read_unit_variant(j, type, to);
    if (type_is_integer(type) && (c == '"' || c == 't' || c == 'f'))
        return no_number(r, type);
    return literal_expected_type(r, type);
}

/* Whether it goes on with : ["NAME",[[ of a struct, or : ["NAME"," of an enum, as Garble JSON does:
 * plain JSON has for a field that is called Struct, or a variant Enum, something else. Reads
 * nothing. */
static bool garble_follows(const json_reader *j, const pt_type *type)
{
    json_reader ahead = *j;
    literal_reader *r = &ahead.r;
    pt_error unused;
    r->error = &unused;
    buffer_init(&ahead.string, TEXT_MAX);
    bool follows = json_accept(r, ':') && json_accept(r, '[') && r->at < r->end && *r->at == '"' &&
                   read_string(&ahead, "") == PT_OK && string_is(&ahead, type->name) &&
                   json_accept(r, ',') && r->at < r->end;
    buffer_clear(&ahead.string);
    if (!follows)
        return false;
    if (type->kind == TYPE_ENUM)
        return *r->at == '"';
    return json_accept(r, '[') && r->at < r->end && *r->at == '[';
}

/* Whether the type has a field, or a variant with values, of the name in j->string. */
static bool has_member(const json_reader *j, const pt_type *type)
{
    if (type->kind == TYPE_ENUM) {
        const size_t tag = type_find_variant(type, string_text(j), j->string.len);
        return tag < type->n_variants && type->variants[tag].is_tuple;
    }
    for (size_t i = 0; i < type->n_fields; i++) {
        if (string_is(j, type->fields[i].name))
            return true;
    }
    return false;
}

/* Whether an object with this key is Garble JSON for a value of this type, rather than plain. */
static bool is_garble_key(const json_reader *j, const pt_type *type)
{
    if (type->kind != TYPE_STRUCT && type->kind != TYPE_ENUM)
        return true;
    return string_is(j, json_key_of(type)) && (!has_member(j, type) || garble_follows(j, type));
}

/* The rest of an object of one member or, for a struct, of several; its first key is read. */
static pt_status read_object(json_reader *j, const pt_type *type, size_t to, const char *key_at)
{
    literal_reader *r = &j->r;
    const bool is_garble = is_garble_key(j, type);
    if (!is_garble && type->kind == TYPE_STRUCT)
        return read_plain_struct(j, type, to, key_at);
    /* The key stays in j->string: expecting a character does not change it. */
    const pt_status status = json_expect(r, ':');
    if (status != PT_OK)
        return status;
    if (!is_garble)
        return read_tuple_variant(j, type, to, key_at);
    return read_keyed(j, type, to, key_at);
}

static pt_status json_read_value(json_reader *j, const pt_type *type, size_t to)
{
    literal_reader *r = &j->r;
    json_skip_space(r);
    if (type->kind == TYPE_BOOL)
        return json_read_bool(j, to);
    if (!json_accept(r, '{'))
        return read_plain(j, type, to);
    if (type->kind == TYPE_STRUCT && type->n_fields == 0 && json_accept(r, '}'))
        return PT_OK;
    const char *key_at = r->at;
    pt_status status = read_string(j, "a string");
    if (status == PT_OK)
        status = read_object(j, type, to, key_at);
    if (status != PT_OK)
        return status;
    return json_expect(r, '}');
}

static pt_status read_json(literal_reader *r, const pt_type *type)
{
    json_reader j = {.r = *r};
    buffer_init(&j.string, TEXT_MAX);
    pt_status status = json_read_value(&j, type, 0);
    if (status == PT_OK) {
        json_skip_space(&j.r);
        if (j.r.at != j.r.end)
            status = literal_expected(&j.r, "nothing more");
    }
    buffer_clear(&j.string);
    return status;
}

pt_status pt_literal_from_json(pt_literal **ret_literal, const pt_type *type, const char *json,
                               size_t len, pt_error *error)
{
    if (ret_literal == NULL || type == NULL || (json == NULL && len != 0))
        return error_missing(error, "a type, a text and a place for the literal");
    return literal_read_all(ret_literal, type, json, len, read_json, error);
}
