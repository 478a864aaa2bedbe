#include "lang/value/type.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "lang/value/text.h"

/* clang-format off */
static const pt_type scalars[] = {
    {.kind = TYPE_BOOL, .n_bits = 1, .n_parts = 1, .name = "bool"},
#define X(kind_, name_, tag_, bits_, is_signed_)                                                   \
    {.kind = kind_, .n_bits = bits_, .n_parts = 1, .name = name_},
    TYPE_INTEGERS(X)
#undef X
};

static const char *const json_tags[] = {
    "Bool",
#define X(kind_, name_, tag_, bits_, is_signed_) tag_,
    TYPE_INTEGERS(X)
#undef X
};
/* clang-format on */

#define N_SCALARS (sizeof scalars / sizeof scalars[0])
_Static_assert(N_SCALARS == TYPE_TUPLE, "scalars come before the compound kinds");

const pt_type *type_scalar(type_kind kind)
{
    PT_ASSERT(kind < TYPE_TUPLE);
    return &scalars[kind];
}

static bool name_is(const char *name, const char *text, size_t len)
{
    return len > 0 && strncmp(name, text, len) == 0 && name[len] == '\0';
}

const pt_type *type_scalar_named(const char *name, size_t len)
{
    for (size_t i = 0; i < N_SCALARS; i++) {
        if (name_is(scalars[i].name, name, len))
            return &scalars[i];
    }
    return NULL;
}

bool type_is_signed(const pt_type *type)
{
    return type->kind >= TYPE_I8 && type->kind <= TYPE_I64;
}

const char *type_scalar_name(type_kind kind)
{
    return type_scalar(kind)->name;
}

const char *type_json_tag(type_kind kind)
{
    PT_ASSERT(kind < TYPE_TUPLE);
    return json_tags[kind];
}

uint64_t type_max_value(const pt_type *type)
{
    PT_ASSERT(type_is_integer(type));
    return UINT64_MAX >> (64 - type->n_bits + (type_is_signed(type) ? 1 : 0));
}

/* Measures that grow as parts are added to a type: a part past the limits must not wrap them. */
typedef struct extent {
    uint64_t n_bits;
    uint64_t n_parts;
    unsigned depth;
} extent;

static void extent_add(extent *e, const pt_type *part)
{
    /* Parts are within the limits and there are less than 2^32 of them: no overflow. */
    e->n_bits += part->n_bits;
    e->n_parts += part->n_parts;
    if (e->depth < part->depth + 1)
        e->depth = part->depth + 1;
}

static pt_status extent_check(const extent *e, pt_error *error)
{
    if (e->n_bits > TYPE_MAX_BITS)
        return error_set(error, PT_ERR_LIMIT, "a type is larger than %zu bits", TYPE_MAX_BITS);
    if (e->n_parts > TYPE_MAX_PARTS)
        return error_set(error, PT_ERR_LIMIT, "a type has more than %zu parts", TYPE_MAX_PARTS);
    if (e->depth > TYPE_MAX_DEPTH)
        return error_set(error, PT_ERR_LIMIT, "a type is nested deeper than %u levels",
                         TYPE_MAX_DEPTH);
    return PT_OK;
}

/* A new type with the given extent, or an error. */
static pt_status type_new(pt_type **ret_type, arena *a, type_kind kind, const extent *e,
                          pt_error *error)
{
    const pt_status status = extent_check(e, error);
    if (status != PT_OK)
        return status;
    pt_type *type = arena_new(a, 1, sizeof *type);
    if (type == NULL)
        return error_memory(error);
    type->kind = kind;
    type->n_bits = (size_t)e->n_bits;
    type->n_parts = (size_t)e->n_parts;
    type->depth = e->depth;
    *ret_type = type;
    return PT_OK;
}

static type_field *copy_fields(arena *a, const type_field *fields, size_t n_fields)
{
    type_field *copy = arena_new(a, n_fields, sizeof *copy);
    if (copy != NULL && n_fields != 0)
        memcpy(copy, fields, n_fields * sizeof *copy);
    return copy;
}

/* Lays the fields out one after the other from bit `first` on and adds them to `e`. */
static pt_status place_fields(type_field *fields, size_t n_fields, size_t first, extent *e,
                              pt_error *error)
{
    e->n_bits += first;
    for (size_t i = 0; i < n_fields; i++) {
        fields[i].offset = (size_t)e->n_bits;
        extent_add(e, fields[i].type);
        const pt_status status = extent_check(e, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static void sort_type_fields(type_field *fields, size_t n_fields)
{
    for (size_t i = 1; i < n_fields; i++) {
        const type_field moving = fields[i];
        size_t at = i;
        for (; at > 0 && strcmp(fields[at - 1].name, moving.name) > 0; at--)
            fields[at] = fields[at - 1];
        fields[at] = moving;
    }
}

static pt_status new_product(const pt_type **ret_type, arena *a, type_kind kind, const char *name,
                             const type_field *fields, size_t n_fields, pt_error *error)
{
    type_field *copy = copy_fields(a, fields, n_fields);
    if (copy == NULL)
        return error_memory(error);
    if (kind == TYPE_STRUCT)
        sort_type_fields(copy, n_fields);
    extent e = {.n_parts = 1};
    pt_status status = place_fields(copy, n_fields, 0, &e, error);
    pt_type *type = NULL;
    if (status == PT_OK)
        status = type_new(&type, a, kind, &e, error);
    if (status != PT_OK)
        return status;
    type->name = name;
    type->fields = copy;
    type->n_fields = n_fields;
    *ret_type = type;
    return PT_OK;
}

pt_status type_new_tuple(const pt_type **ret_type, arena *a, const type_field *fields,
                         size_t n_fields, pt_error *error)
{
    return new_product(ret_type, a, TYPE_TUPLE, NULL, fields, n_fields, error);
}

pt_status type_new_struct(const pt_type **ret_type, arena *a, const char *name,
                          const type_field *fields, size_t n_fields, pt_error *error)
{
    return new_product(ret_type, a, TYPE_STRUCT, name, fields, n_fields, error);
}

pt_status type_new_array(const pt_type **ret_type, arena *a, const pt_type *element,
                         uint64_t length, pt_error *error)
{
    if (length > TYPE_MAX_PARTS)
        return error_set(error, PT_ERR_LIMIT, "an array has more than %zu elements",
                         TYPE_MAX_PARTS);
    const extent e = {.n_bits = length * element->n_bits,
                      .n_parts = 1 + length * element->n_parts,
                      .depth = element->depth + 1};
    pt_type *type = NULL;
    const pt_status status = type_new(&type, a, TYPE_ARRAY, &e, error);
    if (status != PT_OK)
        return status;
    type->element = element;
    type->length = (size_t)length;
    *ret_type = type;
    return PT_OK;
}

static unsigned tag_bits_of(size_t n_variants)
{
    unsigned bits = 0;
    while (((size_t)1 << bits) < n_variants)
        bits++;
    return bits;
}

pt_status type_new_enum(const pt_type **ret_type, arena *a, const char *name,
                        const type_variant *variants, size_t n_variants, pt_error *error)
{
    PT_ASSERT(n_variants > 0);
    type_variant *copy = arena_new(a, n_variants, sizeof *copy);
    if (copy == NULL)
        return error_memory(error);
    const unsigned tag_bits = tag_bits_of(n_variants);
    extent whole = {.n_bits = tag_bits, .n_parts = 1};
    for (size_t v = 0; v < n_variants; v++) {
        copy[v] = variants[v];
        copy[v].fields = copy_fields(a, variants[v].fields, variants[v].n_fields);
        if (copy[v].fields == NULL)
            return error_memory(error);
        extent e = {.n_parts = 1};
        const pt_status status =
            place_fields(copy[v].fields, copy[v].n_fields, tag_bits, &e, error);
        if (status != PT_OK)
            return status;
        whole.n_bits = e.n_bits > whole.n_bits ? e.n_bits : whole.n_bits;
        whole.n_parts = e.n_parts > whole.n_parts ? e.n_parts : whole.n_parts;
        whole.depth = e.depth > whole.depth ? e.depth : whole.depth;
    }
    pt_type *type = NULL;
    const pt_status status = type_new(&type, a, TYPE_ENUM, &whole, error);
    if (status != PT_OK)
        return status;
    type->name = name;
    type->variants = copy;
    type->n_variants = n_variants;
    type->tag_bits = tag_bits;
    *ret_type = type;
    return PT_OK;
}

const type_field *type_find_field(const pt_type *type, const char *name, size_t len)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        if (name_is(type->fields[i].name, name, len))
            return &type->fields[i];
    }
    return NULL;
}

size_t type_find_variant(const pt_type *type, const char *name, size_t len)
{
    size_t i = 0;
    while (i < type->n_variants && !name_is(type->variants[i].name, name, len))
        i++;
    return i;
}

static bool fields_equal(const type_field *x, const type_field *y, size_t n_fields)
{
    for (size_t i = 0; i < n_fields; i++) {
        if (x[i].name != NULL && strcmp(x[i].name, y[i].name) != 0)
            return false;
        if (!type_equal(x[i].type, y[i].type))
            return false;
    }
    return true;
}

static bool variants_equal(const pt_type *x, const pt_type *y)
{
    for (size_t v = 0; v < x->n_variants; v++) {
        const type_variant *vx = &x->variants[v];
        const type_variant *vy = &y->variants[v];
        if (strcmp(vx->name, vy->name) != 0 || vx->is_tuple != vy->is_tuple ||
            vx->n_fields != vy->n_fields || !fields_equal(vx->fields, vy->fields, vx->n_fields))
            return false;
    }
    return true;
}

bool type_equal(const pt_type *x, const pt_type *y)
{
    if (x == y)
        return true;
    if (x->kind != y->kind || x->n_bits != y->n_bits)
        return false;
    switch (x->kind) {
    case TYPE_ARRAY:
        return x->length == y->length && type_equal(x->element, y->element);
    case TYPE_STRUCT:
    case TYPE_TUPLE:
        return (x->name == NULL || strcmp(x->name, y->name) == 0) && x->n_fields == y->n_fields &&
               fields_equal(x->fields, y->fields, x->n_fields);
    case TYPE_ENUM:
        return strcmp(x->name, y->name) == 0 && x->n_variants == y->n_variants &&
               variants_equal(x, y);
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
        break;
    }
    return true;
}

void type_put(buffer *out, const pt_type *type)
{
    if (type->kind == TYPE_ARRAY) {
        buffer_put_u8(out, '[');
        type_put(out, type->element);
        buffer_printf(out, "; %zu]", type->length);
    } else if (type->kind == TYPE_TUPLE) {
        buffer_put_u8(out, '(');
        for (size_t i = 0; i < type->n_fields; i++) {
            if (i > 0)
                buffer_put(out, ", ", 2);
            type_put(out, type->fields[i].type);
        }
        buffer_put_u8(out, ')');
    } else {
        buffer_put(out, type->name, strlen(type->name));
    }
}

size_t pt_type_bits(const pt_type *type)
{
    return type == NULL ? 0 : type->n_bits;
}

pt_status pt_type_print(char **ret_text, const pt_type *type, pt_error *error)
{
    if (ret_text == NULL || type == NULL)
        return error_missing(error, "a type, and a place for the text,");
    buffer out;
    buffer_init(&out, TEXT_MAX);
    type_put(&out, type);
    return text_take(ret_text, &out, error);
}
