/* Literals as text and as Garble JSON, spec garble.md V1, V3-V5. Writes what literal_text.c and
 * literal_json.c read. */
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "lang/value/literal.h"
#include "lang/value/text.h"

/* ---- text ---- */

static void text_put_value(buffer *out, const pt_type *type, const uint8_t *bits, size_t at);

static void put_fields(buffer *out, const type_field *fields, size_t n_fields, const uint8_t *bits,
                       size_t at)
{
    for (size_t i = 0; i < n_fields; i++) {
        if (i > 0)
            buffer_put(out, ", ", 2);
        if (fields[i].name != NULL)
            buffer_printf(out, "%s: ", fields[i].name);
        text_put_value(out, fields[i].type, bits, at + fields[i].offset);
    }
}

static void text_put_array(buffer *out, const pt_type *type, const uint8_t *bits, size_t at)
{
    buffer_put_u8(out, '[');
    for (size_t i = 0; i < type->length && !out->failed; i++) {
        if (i > 0)
            buffer_put(out, ", ", 2);
        text_put_value(out, type->element, bits, at + i * type->element->n_bits);
    }
    buffer_put_u8(out, ']');
}

static void text_put_enum(buffer *out, const pt_type *type, const uint8_t *bits, size_t at)
{
    const type_variant *variant = &type->variants[literal_get(bits, at, type->tag_bits)];
    buffer_printf(out, "%s::%s", type->name, variant->name);
    if (!variant->is_tuple)
        return;
    buffer_put_u8(out, '(');
    put_fields(out, variant->fields, variant->n_fields, bits, at);
    buffer_put_u8(out, ')');
}

static void text_put_value(buffer *out, const pt_type *type, const uint8_t *bits, size_t at)
{
    if (type->kind == TYPE_BOOL) {
        buffer_printf(out, "%s", literal_get(bits, at, 1) ? "true" : "false");
    } else if (type->kind == TYPE_ARRAY) {
        text_put_array(out, type, bits, at);
    } else if (type->kind == TYPE_TUPLE) {
        buffer_put_u8(out, '(');
        put_fields(out, type->fields, type->n_fields, bits, at);
        buffer_put_u8(out, ')');
    } else if (type->kind == TYPE_STRUCT) {
        buffer_printf(out, "%s {", type->name);
        put_fields(out, type->fields, type->n_fields, bits, at);
        buffer_put_u8(out, '}');
    } else if (type->kind == TYPE_ENUM) {
        text_put_enum(out, type, bits, at);
    } else if (type_is_signed(type)) {
        buffer_printf(out, "%" PRId64, literal_get_signed(bits, at, type->n_bits));
    } else {
        buffer_printf(out, "%" PRIu64, literal_get(bits, at, type->n_bits));
    }
}

pt_status pt_literal_print(char **ret_text, const pt_literal *literal, pt_error *error)
{
    if (ret_text == NULL || literal == NULL)
        return error_missing(error, "a literal, and a place for the text,");
    buffer out;
    buffer_init(&out, TEXT_MAX);
    text_put_value(&out, literal->type, literal->bits, 0);
    return text_take(ret_text, &out, error);
}

/* ---- JSON ---- */

static void json_put_value(buffer *out, const pt_type *type, const uint8_t *bits, size_t at);

static void json_put_array(buffer *out, const pt_type *type, const uint8_t *bits, size_t at)
{
    buffer_printf(out, "{\"Array\":[");
    for (size_t i = 0; i < type->length && !out->failed; i++) {
        if (i > 0)
            buffer_put_u8(out, ',');
        json_put_value(out, type->element, bits, at + i * type->element->n_bits);
    }
    buffer_printf(out, "]}");
}

static void put_tuple(buffer *out, const type_field *fields, size_t n_fields, const uint8_t *bits,
                      size_t at)
{
    buffer_printf(out, "{\"Tuple\":[");
    for (size_t i = 0; i < n_fields; i++) {
        if (i > 0)
            buffer_put_u8(out, ',');
        json_put_value(out, fields[i].type, bits, at + fields[i].offset);
    }
    buffer_printf(out, "]}");
}

static void put_struct(buffer *out, const pt_type *type, const uint8_t *bits, size_t at)
{
    buffer_printf(out, "{\"Struct\":[\"%s\",[", type->name);
    for (size_t i = 0; i < type->n_fields; i++) {
        buffer_printf(out, "%s[\"%s\",", i > 0 ? "," : "", type->fields[i].name);
        json_put_value(out, type->fields[i].type, bits, at + type->fields[i].offset);
        buffer_put_u8(out, ']');
    }
    buffer_printf(out, "]]}");
}

static void json_put_enum(buffer *out, const pt_type *type, const uint8_t *bits, size_t at)
{
    const type_variant *variant = &type->variants[literal_get(bits, at, type->tag_bits)];
    buffer_printf(out, "{\"Enum\":[\"%s\",\"%s\",", type->name, variant->name);
    if (variant->is_tuple)
        put_tuple(out, variant->fields, variant->n_fields, bits, at);
    else
        buffer_printf(out, "\"Unit\"");
    buffer_printf(out, "]}");
}

static void json_put_value(buffer *out, const pt_type *type, const uint8_t *bits, size_t at)
{
    if (type->kind == TYPE_BOOL)
        buffer_printf(out, "%s", literal_get(bits, at, 1) ? "\"True\"" : "\"False\"");
    else if (type->kind == TYPE_ARRAY)
        json_put_array(out, type, bits, at);
    else if (type->kind == TYPE_TUPLE)
        put_tuple(out, type->fields, type->n_fields, bits, at);
    else if (type->kind == TYPE_STRUCT)
        put_struct(out, type, bits, at);
    else if (type->kind == TYPE_ENUM)
        json_put_enum(out, type, bits, at);
    else if (type_is_signed(type))
        buffer_printf(out, "{\"NumSigned\":[%" PRId64 ",\"%s\"]}",
                      literal_get_signed(bits, at, type->n_bits), type_json_tag(type->kind));
    else
        buffer_printf(out, "{\"NumUnsigned\":[%" PRIu64 ",\"%s\"]}",
                      literal_get(bits, at, type->n_bits), type_json_tag(type->kind));
}

pt_status pt_literal_to_json(char **ret_text, const pt_literal *literal, pt_error *error)
{
    if (ret_text == NULL || literal == NULL)
        return error_missing(error, "a literal, and a place for the text,");
    buffer out;
    buffer_init(&out, TEXT_MAX);
    json_put_value(&out, literal->type, literal->bits, 0);
    return text_take(ret_text, &out, error);
}
