#include "lang/value/literal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/bom.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/nearest.h"

pt_status literal_new(pt_literal **ret_literal, const pt_type *type, pt_error *error)
{
    pt_literal *literal = mem_new(1, sizeof *literal);
    uint8_t *bits = mem_new(bits_bytes(type->n_bits), 1);
    if (literal == NULL || bits == NULL) {
        mem_free(literal);
        mem_free(bits);
        return error_memory(error);
    }
    *literal = (pt_literal){.type = type, .bits = bits};
    *ret_literal = literal;
    return PT_OK;
}

void pt_literal_free(pt_literal *literal)
{
    if (literal == NULL)
        return;
    mem_free_secret(literal->bits, bits_bytes(literal->type->n_bits));
    mem_free(literal);
}

uint64_t literal_get(const uint8_t *bits, size_t at, size_t n_bits)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n_bits; i++)
        value = value << 1 | bits_get(bits, at + i);
    return value;
}

int64_t literal_get_signed(const uint8_t *bits, size_t at, size_t n_bits)
{
    const uint64_t value = literal_get(bits, at, n_bits);
    const uint64_t sign = (uint64_t)1 << (n_bits - 1);
    const uint64_t extended = (value ^ sign) - sign;
    return extended > INT64_MAX ? -(int64_t)~extended - 1 : (int64_t)extended;
}

pt_status pt_literal_to_bits(uint8_t *ret_bits, size_t n_bits, const pt_literal *literal,
                             pt_error *error)
{
    if (literal == NULL || (ret_bits == NULL && n_bits != 0))
        return error_set(error, PT_ERR_USAGE, "a literal and a place for its bits must be given");
    if (n_bits != literal->type->n_bits)
        return error_set(error, PT_ERR_USAGE, "the literal has %zu bits, not %zu",
                         (size_t)literal->type->n_bits, n_bits);
    for (size_t i = 0; i < n_bits; i++)
        ret_bits[i] = (uint8_t)bits_get(literal->bits, i);
    return PT_OK;
}

pt_status pt_literal_to_packed(uint8_t *ret_bytes, size_t n_bytes, const pt_literal *literal,
                               pt_error *error)
{
    if (literal == NULL || (ret_bytes == NULL && n_bytes != 0))
        return error_set(error, PT_ERR_USAGE, "a literal and a place for its bits must be given");
    if (n_bytes != bits_bytes(literal->type->n_bits))
        return error_set(error, PT_ERR_USAGE, "the literal has %zu bits in %zu bytes, not %zu",
                         literal->type->n_bits, bits_bytes(literal->type->n_bits), n_bytes);
    if (n_bytes != 0)
        memcpy(ret_bytes, literal->bits, n_bytes);
    return PT_OK;
}

static pt_status check_tags(const pt_type *type, const uint8_t *bits, size_t at, pt_error *error);

static pt_status check_field_tags(const type_field *fields, size_t n_fields, const uint8_t *bits,
                                  size_t at, pt_error *error)
{
    pt_status status = PT_OK;
    for (size_t i = 0; i < n_fields && status == PT_OK; i++)
        status = check_tags(fields[i].type, bits, at + fields[i].offset, error);
    return status;
}

/* Every enum's tag must name a variant (spec B4). */
static pt_status check_tags(const pt_type *type, const uint8_t *bits, size_t at, pt_error *error)
{
    if (type->kind == TYPE_ARRAY) {
        pt_status status = PT_OK;
        for (size_t i = 0; i < type->length && status == PT_OK; i++)
            status = check_tags(type->element, bits, at + i * type->element->n_bits, error);
        return status;
    }
    if (type->kind == TYPE_TUPLE || type->kind == TYPE_STRUCT)
        return check_field_tags(type->fields, type->n_fields, bits, at, error);
    if (type->kind != TYPE_ENUM)
        return PT_OK;
    const uint64_t tag = literal_get(bits, at, type->tag_bits);
    if (tag >= type->n_variants)
        return error_set(error, PT_ERR_INPUT,
                         "bit %zu: tag %" PRIu64 " is no variant of enum %s, which has %zu", at,
                         tag, type->name, type->n_variants);
    const type_variant *variant = &type->variants[tag];
    return check_field_tags(variant->fields, variant->n_fields, bits, at, error);
}

pt_status pt_literal_from_bits(pt_literal **ret_literal, const pt_type *type, const uint8_t *bits,
                               size_t n_bits, pt_error *error)
{
    if (ret_literal == NULL || type == NULL || (bits == NULL && n_bits != 0))
        return error_set(error, PT_ERR_USAGE,
                         "a type, bits and a place for the literal must be given");
    if (n_bits != type->n_bits)
        return error_set(error, PT_ERR_INPUT, "expected %zu bits, found %zu", type->n_bits, n_bits);
    pt_literal *literal = NULL;
    pt_status status = literal_new(&literal, type, error);
    if (status != PT_OK)
        return status;
    for (size_t i = 0; i < n_bits && status == PT_OK; i++) {
        if (bits[i] > 1)
            status = error_set(error, PT_ERR_INPUT, "bit %zu is neither 0 nor 1", i);
        bits_set(literal->bits, i, bits[i]);
    }
    if (status == PT_OK)
        status = check_tags(type, literal->bits, 0, error);
    if (status == PT_OK)
        *ret_literal = literal;
    else
        pt_literal_free(literal);
    return status;
}

pt_status pt_literal_from_packed(pt_literal **ret_literal, const pt_type *type,
                                 const uint8_t *bytes, size_t n_bytes, pt_error *error)
{
    if (ret_literal == NULL || type == NULL || (bytes == NULL && n_bytes != 0))
        return error_set(error, PT_ERR_USAGE,
                         "a type, bits and a place for the literal must be given");
    if (n_bytes != bits_bytes(type->n_bits) || !bits_padding_is_zero(bytes, type->n_bits))
        return error_set(error, PT_ERR_INPUT,
                         "expected %zu bits in %zu bytes, and zeros after them; found %zu bytes",
                         type->n_bits, bits_bytes(type->n_bits), n_bytes);
    pt_literal *literal = NULL;
    pt_status status = literal_new(&literal, type, error);
    if (status != PT_OK)
        return status;
    if (n_bytes != 0)
        memcpy(literal->bits, bytes, n_bytes);
    status = check_tags(type, literal->bits, 0, error);
    if (status == PT_OK)
        *ret_literal = literal;
    else
        pt_literal_free(literal);
    return status;
}

pt_status literal_fail(const literal_reader *r, const char *at, const char *format, ...)
{
    size_t line = 1;
    size_t column = 1;
    for (const char *p = r->start; p < at; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*p & 0xc0) != 0x80) { /* count characters, not UTF-8 bytes */
            column++;
        }
    }
    char message[PT_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return error_set(r->error, PT_ERR_INPUT, "line %zu, column %zu: %s", line, column, message);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

#define FOUND_MAX 40

/* What stands at the place reached, for messages. */
static const char *describe_found(const literal_reader *r, char text[FOUND_MAX])
{
    if (r->at == r->end)
        return "the end";
    size_t len = 1;
    const size_t left = (size_t)(r->end - r->at);
    if (is_word(*r->at) || *r->at == '"' || *r->at == '-')
        while (len < left && len < 24 && is_word(r->at[len]))
            len++;
    if (*r->at == '"' && len < left && r->at[len] == '"')
        len++;
    if (*r->at < 32 || *r->at > 126)
        (void)snprintf(text, FOUND_MAX, "byte 0x%02x", (unsigned)(unsigned char)*r->at);
    else
        (void)snprintf(text, FOUND_MAX, "`%.*s`", (int)len, r->at);
    return text;
}

pt_status literal_expected(const literal_reader *r, const char *what)
{
    char found[FOUND_MAX];
    return literal_fail(r, r->at, "expected %s, found %s", what, describe_found(r, found));
}

#define HINT_MAX 128

/* "; write Vote::Yes" where the variant stands without its enum. */
static const char *hint_of_variant(const literal_reader *r, const pt_type *type,
                                   char text[HINT_MAX])
{
    const size_t left = (size_t)(r->end - r->at);
    size_t len = 0;
    while (len < left && is_word(r->at[len]))
        len++;
    text[0] = '\0';
    if (type->kind == TYPE_ENUM && len > 0 &&
        type_find_variant(type, r->at, len) < type->n_variants)
        (void)snprintf(text, HINT_MAX, "; write %.50s::%.*s", type->name, (int)min_size(len, 50),
                       r->at);
    return text;
}

static bool is_bytes(const pt_type *type)
{
    return type->kind == TYPE_ARRAY && type_is_integer(type->element) &&
           !type_is_signed(type->element) && type->element->n_bits == 8;
}

/* How a value of the type begins, where something else came. */
static const char *hint_of_form(const literal_reader *r, const pt_type *type)
{
    const char next = r->at < r->end ? *r->at : '\0';
    const char after = r->at + 1 < r->end ? r->at[1] : '\0';
    if (type->kind == TYPE_BOOL)
        return "; write true or false";
    if (type_is_integer(type))
        return next == '0' && (after == 'x' || after == 'b') ? "; numbers are decimal" : "";
    if (is_bytes(type) && next != '[')
        return "; text is its bytes, as [104, 105], or a string in JSON";
    if (type->kind == TYPE_ARRAY && next != '[')
        return "; an array is written [1, 2, 3]";
    if (type->kind == TYPE_TUPLE && next != '(' && next != '[')
        return "; a tuple is written (1, 2), of one element (1,)";
    if (type->kind == TYPE_STRUCT && next == '{')
        return "; the struct's name stands before the `{`";
    if (type->kind == TYPE_STRUCT && (next == '[' || next == '('))
        return "; a struct is written Name {field: value}, in JSON {\"field\": value}";
    return "";
}

pt_status literal_expected_type(const literal_reader *r, const pt_type *type)
{
    buffer name;
    buffer_init(&name, 200); /* a longer type is cut by the message anyway */
    type_put(&name, type);
    char found[FOUND_MAX];
    char hint[HINT_MAX];
    const pt_status status = literal_fail(
        r, r->at, "expected a value of type %.*s%s, found %s%s%s", (int)name.len,
        name.len > 0 ? (const char *)name.bytes : "", name.failed ? "..." : "",
        describe_found(r, found), hint_of_variant(r, type, hint), hint_of_form(r, type));
    buffer_clear(&name);
    return status;
}

pt_status literal_wrong_count(const literal_reader *r, size_t expected, size_t found,
                              const char *what)
{
    const char *plural = expected == 1 ? "" : "s";
    if (found > expected && r->at == r->end)
        return literal_fail(r, r->at, "expected the bracket that closes %zu %s%s, found the end",
                            expected, what, plural);
    if (found > expected)
        return literal_fail(r, r->at, "expected %zu %s%s, found more", expected, what, plural);
    return literal_fail(r, r->at, "expected %zu %s%s, found %zu", expected, what, plural, found);
}

bool literal_read_digits(literal_reader *r, literal_number *ret_number)
{
    literal_number number = {.at = r->at};
    const char *p = r->at;
    for (; p < r->end && *p >= '0' && *p <= '9'; p++) {
        const uint64_t digit = (uint64_t)(*p - '0');
        if (number.magnitude > (UINT64_MAX - digit) / 10)
            number.is_too_large = true;
        number.magnitude = number.magnitude * 10 + digit;
    }
    if (p == r->at)
        return false;
    r->at = p;
    *ret_number = number;
    return true;
}

void literal_put(literal_reader *r, size_t to, size_t n_bits, uint64_t value)
{
    if (r->bits == NULL)
        return;
    for (size_t i = n_bits; i-- > 0; value >>= 1)
        bits_set(r->bits, to + i, (unsigned)(value & 1));
}

pt_status literal_put_number(literal_reader *r, const pt_type *type, size_t to,
                             const literal_number *number)
{
    const uint64_t max = type_max_value(type);
    const bool is_signed = type_is_signed(type);
    /* -0 is a negative number: no value of an unsigned type is written so (T10). */
    const bool fits = !number->is_too_large && (is_signed || !number->is_negative) &&
                      number->magnitude <= (number->is_negative ? max + 1 : max);
    if (!fits && is_signed)
        return literal_fail(r, number->at, "expected a number of type %s, -%" PRIu64 " to %" PRIu64,
                            type->name, max + 1, max);
    if (!fits)
        return literal_fail(r, number->at, "expected a number of type %s, 0 to %" PRIu64,
                            type->name, max);
    literal_put(r, to, type->n_bits,
                number->is_negative ? 0 - number->magnitude : number->magnitude);
    return PT_OK;
}

pt_status literal_put_range(literal_reader *r, const pt_type *type, size_t to,
                            const literal_number *first, const literal_number *end)
{
    const pt_type *element = type->element;
    if (first->is_too_large || end->is_too_large || first->magnitude > end->magnitude)
        return literal_fail(r, first->at, "the range ends before it begins");
    const uint64_t count = end->magnitude - first->magnitude;
    if (count != type->length)
        return literal_fail(r, first->at, "expected a range of %zu elements, found %" PRIu64,
                            type->length, count);
    if (count > 0 && end->magnitude - 1 > type_max_value(element))
        return literal_fail(r, end->at, "the range goes past the largest %s", element->name);
    for (uint64_t i = 0; i < count; i++)
        literal_put(r, to + (size_t)i * element->n_bits, element->n_bits, first->magnitude + i);
    return PT_OK;
}

pt_status literal_put_repeat(literal_reader *r, const pt_type *type, size_t to,
                             const literal_number *count)
{
    if (count->is_too_large || count->magnitude != type->length)
        return literal_fail(r, count->at, "expected %zu elements, found another count",
                            type->length);
    const size_t width = type->element->n_bits;
    const size_t total = type->length * width;
    if (r->bits == NULL)
        return PT_OK;
    for (size_t i = width; i < total; i++)
        bits_set(r->bits, to + i, bits_get(r->bits, to + i - width));
    return PT_OK;
}

pt_status literal_fields_init(literal_fields *ret_fields, const pt_type *type, pt_error *error)
{
    bool *given = mem_new(type->n_fields, sizeof *given);
    if (given == NULL)
        return error_memory(error);
    *ret_fields = (literal_fields){.type = type, .given = given};
    return PT_OK;
}

void literal_fields_clear(literal_fields *fields)
{
    mem_free(fields->given);
    fields->given = NULL;
}

static pt_status unknown_part(const literal_reader *r, const char *at, const char *of,
                              const pt_type *type, const char *what, const nearest *n)
{
    const int shown = (int)(n->len < 64 ? n->len : 64);
    if (n->best != NULL)
        return literal_fail(r, at, "%s %s has no %s `%.*s`; did you mean `%s`?", of, type->name,
                            what, shown, n->name, n->best);
    return literal_fail(r, at, "%s %s has no %s `%.*s`", of, type->name, what, shown, n->name);
}

pt_status literal_unknown_variant(const literal_reader *r, const pt_type *type, const char *at,
                                  const char *name, size_t len)
{
    nearest n;
    nearest_init(&n, name, len);
    for (size_t i = 0; i < type->n_variants; i++)
        nearest_offer(&n, type->variants[i].name);
    return unknown_part(r, at, "enum", type, "variant", &n);
}

static pt_status unknown_field(const literal_reader *r, const pt_type *type, const char *at,
                               const char *name, size_t len)
{
    nearest n;
    nearest_init(&n, name, len);
    for (size_t i = 0; i < type->n_fields; i++)
        nearest_offer(&n, type->fields[i].name);
    return unknown_part(r, at, "struct", type, "field", &n);
}

pt_status literal_fields_take(const type_field **ret_field, literal_fields *fields,
                              const literal_reader *r, const char *at, const char *name, size_t len)
{
    const type_field *field = type_find_field(fields->type, name, len);
    if (field == NULL)
        return unknown_field(r, fields->type, at, name, len);
    bool *given = &fields->given[field - fields->type->fields];
    if (*given)
        return literal_fail(r, at, "field `%s` is given twice", field->name);
    *given = true;
    fields->n_given++;
    *ret_field = field;
    return PT_OK;
}

pt_status literal_fields_finish(const literal_fields *fields, const literal_reader *r)
{
    for (size_t i = 0; fields->n_given < fields->type->n_fields; i++) {
        if (!fields->given[i])
            return literal_fail(r, r->at, "expected field `%s` of struct %s",
                                fields->type->fields[i].name, fields->type->name);
    }
    return PT_OK;
}

pt_status literal_read_all(pt_literal **ret_literal, const pt_type *type, const char *text,
                           size_t len, literal_read_fn read, pt_error *error)
{
    pt_literal *literal = NULL;
    pt_status status = literal_new(&literal, type, error);
    if (status != PT_OK)
        return status;
    const char *first = len > 0 ? text + bom_len(text, len) : text;
    literal_reader r = {.start = first,
                        .at = first,
                        .end = len > 0 ? text + len : text,
                        .bits = literal->bits,
                        .error = error};
    status = read(&r, type);
    if (status == PT_OK)
        *ret_literal = literal;
    else
        pt_literal_free(literal);
    return status;
}
