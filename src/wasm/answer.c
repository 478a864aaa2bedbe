#include "wasm/answer.h"

#include "base/hex.h"
#include "base/mem.h"

char *answer_text(json_t *answer)
{
    json_malloc_t unused;
    json_free_t release;
    json_get_alloc_funcs(&unused, &release);
    char *text = answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT);
    char *copy = text == NULL ? NULL : mem_string(text);
    release(text);
    json_decref(answer);
    return copy;
}

json_t *answer_diagnostics(const pt_diagnostics *diagnostics)
{
    json_t *list = json_array();
    for (size_t i = 0; i < pt_diagnostics_count(diagnostics); i++) {
        const pt_diagnostic d = pt_diagnostics_get(diagnostics, i);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "phase", d.phase, "message",
                            d.message, "line", (int)d.line, "column", (int)d.column, "endLine",
                            (int)d.end_line, "endColumn", (int)d.end_column));
    }
    return list;
}

json_t *answer_error(pt_status status, const pt_error *error, const pt_diagnostics *diagnostics)
{
    json_t *inner = json_pack("{s:s, s:i, s:s, s:s?}", "status", pt_status_name(status), "class",
                              (int)pt_status_class_of(status), "message",
                              error->message[0] == '\0' ? pt_status_text(status) : error->message,
                              "phase", error->phase);
    if (error->party != PT_NO_PARTY)
        (void)json_object_set_new(inner, "party", json_integer(error->party));
    if (diagnostics != NULL)
        (void)json_object_set_new(inner, "diagnostics", answer_diagnostics(diagnostics));
    return json_pack("{s:o}", "error", inner);
}

/* ---- types ---- */

static json_t *fields_of(const pt_type *type)
{
    json_t *list = json_array();
    for (size_t i = 0; i < pt_type_field_count(type); i++) {
        const char *name = pt_type_field_name(type, i);
        json_t *field = answer_type(pt_type_field_type(type, i));
        if (name != NULL)
            field = json_pack("{s:s, s:o}", "name", name, "type", field);
        (void)json_array_append_new(list, field);
    }
    return list;
}

static json_t *variants_of(const pt_type *type)
{
    json_t *list = json_array();
    for (size_t i = 0; i < pt_type_variant_count(type); i++) {
        json_t *fields = json_array();
        for (size_t j = 0; j < pt_type_variant_field_count(type, i); j++)
            (void)json_array_append_new(fields,
                                        answer_type(pt_type_variant_field_type(type, i, j)));
        (void)json_array_append_new(
            list, json_pack("{s:s, s:o}", "name", pt_type_variant_name(type, i), "fields", fields));
    }
    return list;
}

static json_t *shape_of(const pt_type *type, const char *text)
{
    const pt_kind kind = pt_type_kind(type);
    switch (kind) {
    case PT_KIND_BOOL:
        return json_pack("{s:s}", "kind", "bool");
    case PT_KIND_UNSIGNED:
    case PT_KIND_SIGNED:
        return json_pack("{s:s, s:s, s:b, s:i}", "kind", "int", "name", text, "signed",
                         kind == PT_KIND_SIGNED, "bits", (int)pt_type_bits(type));
    case PT_KIND_ARRAY:
        return json_pack("{s:s, s:o, s:I}", "kind", "array", "element",
                         answer_type(pt_type_element(type)), "length",
                         (json_int_t)pt_type_length(type));
    case PT_KIND_TUPLE:
        return json_pack("{s:s, s:o}", "kind", "tuple", "elements", fields_of(type));
    case PT_KIND_STRUCT:
        return json_pack("{s:s, s:s, s:o}", "kind", "struct", "name", pt_type_name(type), "fields",
                         fields_of(type));
    case PT_KIND_ENUM:
        break;
    }
    return json_pack("{s:s, s:s, s:o}", "kind", "enum", "name", pt_type_name(type), "variants",
                     variants_of(type));
}

json_t *answer_type(const pt_type *type)
{
    char *text = NULL;
    if (pt_type_print(&text, type, NULL) != PT_OK)
        return NULL;
    json_t *shape = shape_of(type, text);
    (void)json_object_set_new(shape, "text", json_string(text));
    pt_text_free(text);
    return shape;
}

/* ---- results ---- */

/* In hexadecimal. */
static json_t *bits_of(const pt_literal *literal, const pt_type *type)
{
    const size_t n = PT_PACKED_BYTES(pt_type_bits(type));
    uint8_t *bytes = mem_new(n, 1);
    char *hex = mem_new(HEX_SIZE(n), 1);
    json_t *text = NULL;
    if (bytes != NULL && hex != NULL && pt_literal_to_packed(bytes, n, literal, NULL) == PT_OK) {
        hex_write(hex, bytes, n);
        text = json_string(hex);
    }
    mem_free_secret(bytes, n);
    mem_free_secret(hex, HEX_SIZE(n));
    return text;
}

json_t *answer_result(const pt_literal *literal, const pt_type *type)
{
    char *text = NULL;
    char *json = NULL;
    json_t *result = NULL;
    if (pt_literal_print(&text, literal, NULL) == PT_OK &&
        pt_literal_to_json(&json, literal, NULL) == PT_OK)
        result = json_pack("{s:s, s:s, s:o, s:o}", "text", text, "json", json, "bits",
                           bits_of(literal, type), "type", answer_type(type));
    pt_text_free(text);
    pt_text_free(json);
    return result;
}
