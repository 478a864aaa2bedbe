/* The public calls that tell what a type is made of. */
#include "lang/value/type.h"

pt_kind pt_type_kind(const pt_type *type)
{
    if (type == NULL)
        return PT_KIND_TUPLE;
    switch (type->kind) {
    case TYPE_BOOL:
        return PT_KIND_BOOL;
    case TYPE_TUPLE:
        return PT_KIND_TUPLE;
    case TYPE_ARRAY:
        return PT_KIND_ARRAY;
    case TYPE_STRUCT:
        return PT_KIND_STRUCT;
    case TYPE_ENUM:
        return PT_KIND_ENUM;
#define X(kind, name, tag, bits, is_signed) case kind:
        TYPE_INTEGERS(X)
#undef X
        break;
    }
    return type_is_signed(type) ? PT_KIND_SIGNED : PT_KIND_UNSIGNED;
}

const char *pt_type_name(const pt_type *type)
{
    return type == NULL ? NULL : type->name;
}

const pt_type *pt_type_element(const pt_type *type)
{
    return type == NULL ? NULL : type->element;
}

size_t pt_type_length(const pt_type *type)
{
    return type == NULL ? 0 : type->length;
}

size_t pt_type_field_count(const pt_type *type)
{
    return type == NULL ? 0 : type->n_fields;
}

const char *pt_type_field_name(const pt_type *type, size_t field)
{
    return field < pt_type_field_count(type) ? type->fields[field].name : NULL;
}

const pt_type *pt_type_field_type(const pt_type *type, size_t field)
{
    return field < pt_type_field_count(type) ? type->fields[field].type : NULL;
}

size_t pt_type_variant_count(const pt_type *type)
{
    return type == NULL ? 0 : type->n_variants;
}

const char *pt_type_variant_name(const pt_type *type, size_t variant)
{
    return variant < pt_type_variant_count(type) ? type->variants[variant].name : NULL;
}

size_t pt_type_variant_field_count(const pt_type *type, size_t variant)
{
    return variant < pt_type_variant_count(type) ? type->variants[variant].n_fields : 0;
}

const pt_type *pt_type_variant_field_type(const pt_type *type, size_t variant, size_t field)
{
    if (field >= pt_type_variant_field_count(type, variant))
        return NULL;
    return type->variants[variant].fields[field].type;
}
