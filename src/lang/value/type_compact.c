#include "lang/value/type_compact.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/utf8.h"
#include "base/varint.h"

#define NAME_MAX_BYTES 65535u

/* ---- Texts ---- */

void text_put_compact(buffer *b, const char *text)
{
    const size_t len = strlen(text);
    buffer_put_varint(b, len);
    buffer_put(b, text, len);
}

static pt_status damaged(pt_error *error)
{
    return error_set(error, PT_ERR_CIRCUIT, "what is said of the program's types is damaged");
}

/* Names are shown to people: they have no control characters. */
static bool name_is_plain(const char *name)
{
    const unsigned char *at = (const unsigned char *)name;
    while (*at >= ' ' && *at != 0x7f)
        at++;
    return name[0] != '\0' && *at == '\0';
}

pt_status text_get_compact(const char **ret_text, arena *a, reader *r, size_t max, pt_error *error)
{
    const size_t len = (size_t)reader_varint(r, max);
    const char *text = (const char *)reader_take(r, len);
    if (text == NULL || r->failed || memchr(text, '\0', len) != NULL || !utf8_is_valid(text, len))
        return damaged(error);
    *ret_text = arena_string(a, text, len);
    return *ret_text == NULL ? error_memory(error) : PT_OK;
}

pt_status name_get_compact(const char **ret_name, arena *a, reader *r, pt_error *error)
{
    const pt_status status = text_get_compact(ret_name, a, r, NAME_MAX_BYTES, error);
    return status == PT_OK && !name_is_plain(*ret_name) ? damaged(error) : status;
}

/* ---- Writing ---- */

static void put_field_types(buffer *b, const type_field *fields, size_t n)
{
    buffer_put_varint(b, n);
    for (size_t i = 0; i < n; i++) {
        if (fields[i].name != NULL)
            text_put_compact(b, fields[i].name);
        type_put_compact(b, fields[i].type);
    }
}

static void put_variants(buffer *b, const pt_type *type)
{
    buffer_put_varint(b, type->n_variants);
    for (size_t v = 0; v < type->n_variants; v++) {
        const type_variant *variant = &type->variants[v];
        text_put_compact(b, variant->name);
        buffer_put_u8(b, variant->is_tuple);
        put_field_types(b, variant->fields, variant->n_fields);
    }
}

void type_put_compact(buffer *b, const pt_type *type)
{
    buffer_put_u8(b, (uint8_t)type->kind);
    if (type->kind == TYPE_STRUCT || type->kind == TYPE_ENUM)
        text_put_compact(b, type->name);
    if (type->kind == TYPE_TUPLE || type->kind == TYPE_STRUCT)
        put_field_types(b, type->fields, type->n_fields);
    if (type->kind == TYPE_ENUM)
        put_variants(b, type);
    if (type->kind == TYPE_ARRAY) {
        buffer_put_varint(b, type->length);
        type_put_compact(b, type->element);
    }
}

/* ---- Reading ---- */

/* Types that are nested deeper than any may be end here; each takes a byte at least. */
static pt_status get_type(const pt_type **ret_type, arena *a, reader *r, unsigned depth,
                          pt_error *error);

static size_t get_part_count(reader *r)
{
    return (size_t)reader_varint(r, min_u64(TYPE_MAX_PARTS, reader_left(r)));
}

/* Names of a struct's fields ascend, so that none is there twice. */
static bool name_is_next(const type_field *fields, size_t i)
{
    return i == 0 || strcmp(fields[i - 1].name, fields[i].name) < 0;
}

static pt_status get_fields(type_field **ret_fields, size_t *ret_n, bool has_names, arena *a,
                            reader *r, unsigned depth, pt_error *error)
{
    const size_t n = get_part_count(r);
    type_field *fields = arena_new(a, n, sizeof *fields);
    pt_status status = fields == NULL ? error_memory(error) : PT_OK;
    for (size_t i = 0; status == PT_OK && i < n; i++) {
        if (has_names)
            status = name_get_compact(&fields[i].name, a, r, error);
        if (status == PT_OK && has_names && !name_is_next(fields, i))
            status = damaged(error);
        if (status == PT_OK)
            status = get_type(&fields[i].type, a, r, depth + 1, error);
    }
    *ret_fields = fields;
    *ret_n = n;
    return status;
}

static pt_status get_product(const pt_type **ret_type, type_kind kind, arena *a, reader *r,
                             unsigned depth, pt_error *error)
{
    const char *name = NULL;
    type_field *fields = NULL;
    size_t n = 0;
    pt_status status = kind == TYPE_STRUCT ? name_get_compact(&name, a, r, error) : PT_OK;
    if (status == PT_OK)
        status = get_fields(&fields, &n, kind == TYPE_STRUCT, a, r, depth, error);
    if (status != PT_OK)
        return status;
    if (kind == TYPE_TUPLE)
        return type_new_tuple(ret_type, a, fields, n, error);
    return type_new_struct(ret_type, a, name, fields, n, error);
}

static pt_status get_array(const pt_type **ret_type, arena *a, reader *r, unsigned depth,
                           pt_error *error)
{
    const uint64_t length = reader_varint(r, TYPE_MAX_PARTS);
    const pt_type *element = NULL;
    const pt_status status = get_type(&element, a, r, depth + 1, error);
    return status == PT_OK ? type_new_array(ret_type, a, element, length, error) : status;
}

static pt_status get_variant(type_variant *ret_variant, arena *a, reader *r, unsigned depth,
                             pt_error *error)
{
    pt_status status = name_get_compact(&ret_variant->name, a, r, error);
    if (status != PT_OK)
        return status;
    const uint8_t is_tuple = reader_u8(r);
    ret_variant->is_tuple = is_tuple != 0;
    status = get_fields(&ret_variant->fields, &ret_variant->n_fields, false, a, r, depth, error);
    if (status == PT_OK && (is_tuple > 1 || (is_tuple == 0 && ret_variant->n_fields != 0)))
        status = damaged(error);
    return status;
}

static pt_status get_enum(const pt_type **ret_type, arena *a, reader *r, unsigned depth,
                          pt_error *error)
{
    const char *name = NULL;
    pt_status status = name_get_compact(&name, a, r, error);
    const size_t n = status == PT_OK ? get_part_count(r) : 0;
    if (status == PT_OK && n == 0)
        status = damaged(error);
    type_variant *variants = arena_new(a, n, sizeof *variants);
    if (status == PT_OK && variants == NULL)
        status = error_memory(error);
    for (size_t v = 0; status == PT_OK && v < n; v++)
        status = get_variant(&variants[v], a, r, depth, error);
    return status == PT_OK ? type_new_enum(ret_type, a, name, variants, n, error) : status;
}

static pt_status get_type(const pt_type **ret_type, arena *a, reader *r, unsigned depth,
                          pt_error *error)
{
    const uint8_t kind = reader_u8(r);
    if (r->failed || kind > TYPE_ENUM || depth > TYPE_MAX_DEPTH)
        return damaged(error);
    pt_status status = PT_OK;
    switch ((type_kind)kind) {
    case TYPE_TUPLE:
    case TYPE_STRUCT:
        status = get_product(ret_type, (type_kind)kind, a, r, depth, error);
        break;
    case TYPE_ARRAY:
        status = get_array(ret_type, a, r, depth, error);
        break;
    case TYPE_ENUM:
        status = get_enum(ret_type, a, r, depth, error);
        break;
    case TYPE_BOOL:
    case TYPE_U8:
    case TYPE_U16:
    case TYPE_U32:
    case TYPE_U64:
    case TYPE_USIZE:
    case TYPE_I8:
    case TYPE_I16:
    case TYPE_I32:
    case TYPE_I64:
        *ret_type = type_scalar((type_kind)kind);
        break;
    }
    return status == PT_OK && r->failed ? damaged(error) : status;
}

pt_status type_get_compact(const pt_type **ret_type, arena *a, reader *r, pt_error *error)
{
    return get_type(ret_type, a, r, 0, error);
}
