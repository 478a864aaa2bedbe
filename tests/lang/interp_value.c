/* Values of the interpreter: shapes, bits (B1), text (V3), conversions (S8). */
#include "lang/interp_impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Shapes ---- */

unsigned value_scalar_width(ctype_kind kind)
{
    switch (kind) {
    case CTYPE_BOOL:
        return 1;
    case CTYPE_U8:
    case CTYPE_I8:
        return 8;
    case CTYPE_U16:
    case CTYPE_I16:
        return 16;
    case CTYPE_U32:
    case CTYPE_I32:
    case CTYPE_USIZE:
    case CTYPE_ANY_UNSIGNED:
    case CTYPE_ANY_SIGNED:
        return 32;
    case CTYPE_U64:
    case CTYPE_I64:
        return 64;
    case CTYPE_TUPLE:
    case CTYPE_ARRAY:
    case CTYPE_STRUCT:
    case CTYPE_ENUM:
        return 0;
    }
    abort();
}

bool value_scalar_is_signed(ctype_kind kind)
{
    return kind == CTYPE_I8 || kind == CTYPE_I16 || kind == CTYPE_I32 || kind == CTYPE_I64 ||
           kind == CTYPE_ANY_SIGNED;
}

const value *value_scalar(arena *memory, uint64_t bits)
{
    value *v = must(arena_new(memory, 1, sizeof *v));
    v->bits = bits;
    return v;
}

value *value_parts(arena *memory, size_t n_parts)
{
    value *v = must(arena_new(memory, 1, sizeof *v));
    v->n_parts = n_parts;
    v->parts = must(arena_new(memory, n_parts + 1, sizeof(value *)));
    return v;
}

size_t value_n_parts(const interp *in, const ctype *type, uint64_t variant)
{
    if (type->kind == CTYPE_TUPLE)
        return type->as.tuple.n_elements;
    if (type->kind == CTYPE_ARRAY)
        return (size_t)interp_size(in, &type->as.array.size);
    if (type->kind == CTYPE_STRUCT)
        return type->as.structure->n_fields;
    if (type->kind == CTYPE_ENUM)
        return type->as.enumeration->variants[variant].n_fields;
    return 0;
}

const ctype *value_part_type(const ctype *type, uint64_t variant, size_t part)
{
    if (type->kind == CTYPE_TUPLE)
        return type->as.tuple.elements[part];
    if (type->kind == CTYPE_ARRAY)
        return type->as.array.element;
    if (type->kind == CTYPE_STRUCT)
        return type->as.structure->fields[part].type;
    assert(type->kind == CTYPE_ENUM);
    return type->as.enumeration->variants[variant].fields[part].type;
}

/* ---- Bits ---- */

static size_t tag_width(const enum_decl *e)
{
    size_t width = 0;
    while (((size_t)1 << width) < e->n_variants)
        width++;
    return width;
}

static size_t parts_width(const interp *in, const ctype *type, uint64_t variant)
{
    size_t width = 0;
    for (size_t i = 0; i < value_n_parts(in, type, variant); i++)
        width += value_width(in, value_part_type(type, variant, i));
    return width;
}

size_t value_width(const interp *in, const ctype *type)
{
    if (type->kind != CTYPE_ENUM)
        return value_scalar_width(type->kind) + parts_width(in, type, 0);
    size_t widest = 0;
    for (size_t i = 0; i < type->as.enumeration->n_variants; i++) {
        const size_t width = parts_width(in, type, i);
        widest = width > widest ? width : widest;
    }
    return tag_width(type->as.enumeration) + widest;
}

static size_t own_width(const ctype *type)
{
    return type->kind == CTYPE_ENUM ? tag_width(type->as.enumeration)
                                    : value_scalar_width(type->kind);
}

void value_encode(uint8_t *ret_bits, const interp *in, const ctype *type, const value *v)
{
    memset(ret_bits, 0, value_width(in, type));
    const size_t own = own_width(type);
    for (size_t i = 0; i < own; i++)
        ret_bits[i] = (uint8_t)(v->bits >> (own - 1 - i) & 1);
    uint8_t *at = ret_bits + own;
    for (size_t i = 0; i < v->n_parts; i++) {
        const ctype *part = value_part_type(type, v->bits, i);
        value_encode(at, in, part, v->parts[i]);
        at += value_width(in, part);
    }
}

const value *value_decode(const interp *in, const ctype *type, const uint8_t *bits)
{
    uint64_t own_bits = 0;
    const size_t own = own_width(type);
    for (size_t i = 0; i < own; i++)
        own_bits = own_bits << 1 | bits[i];
    if (value_scalar_width(type->kind) != 0)
        return value_scalar(in->memory, own_bits);
    value *v = value_parts(in->memory, value_n_parts(in, type, own_bits));
    v->bits = own_bits;
    const uint8_t *at = bits + own;
    for (size_t i = 0; i < v->n_parts; i++) {
        const ctype *part = value_part_type(type, own_bits, i);
        v->parts[i] = value_decode(in, part, at);
        at += value_width(in, part);
    }
    return v;
}

/* ---- Text ---- */

static void print_scalar(buffer *out, ctype_kind kind, uint64_t bits)
{
    const unsigned width = value_scalar_width(kind);
    if (kind == CTYPE_BOOL)
        buffer_printf(out, "%s", bits ? "true" : "false");
    else if (value_scalar_is_signed(kind) && bits >> (width - 1) & 1)
        buffer_printf(out, "-%" PRIu64, (~bits + 1) & (UINT64_MAX >> (64 - width)));
    else
        buffer_printf(out, "%" PRIu64, bits);
}

static void print_parts(buffer *out, const interp *in, const ctype *type, const value *v,
                        bool readable)
{
    for (size_t i = 0; i < v->n_parts; i++) {
        buffer_printf(out, i == 0 ? "" : ", ");
        if (type->kind == CTYPE_STRUCT)
            buffer_printf(out, "%s: ", type->as.structure->fields[i].name.text);
        value_print(out, in, value_part_type(type, v->bits, i), v->parts[i], readable);
    }
}

void value_print(buffer *out, const interp *in, const ctype *type, const value *v, bool readable)
{
    if (value_scalar_width(type->kind) != 0) {
        print_scalar(out, type->kind, v->bits);
        return;
    }
    const char *open = "(", *close = ")";
    if (type->kind == CTYPE_ARRAY) {
        open = "[", close = "]";
    } else if (type->kind == CTYPE_STRUCT) {
        buffer_printf(out, "%s ", type->as.structure->name.text);
        open = "{", close = "}";
    } else if (type->kind == CTYPE_ENUM) {
        const enum_decl *e = type->as.enumeration;
        buffer_printf(out, "%s::%s", e->name.text, e->variants[v->bits].name.text);
        if (!e->variants[v->bits].has_parens)
            return;
    }
    buffer_printf(out, "%s", open);
    print_parts(out, in, type, v, readable);
    if (readable && type->kind == CTYPE_TUPLE && v->n_parts == 1)
        buffer_printf(out, ",");
    buffer_printf(out, "%s", close);
}

/* ---- Conversions ---- */

static uint64_t convert_scalar(ctype_kind to, ctype_kind from, uint64_t bits)
{
    const unsigned width = value_scalar_width(from);
    if (value_scalar_is_signed(from) && bits >> (width - 1) & 1 && width < 64)
        bits |= UINT64_MAX << width;
    return bits & (UINT64_MAX >> (64 - value_scalar_width(to)));
}

const value *value_convert(interp *in, const ctype *to, const ctype *from, const value *v)
{
    if (value_scalar_width(from->kind) != 0)
        return value_scalar(in->memory, convert_scalar(to->kind, from->kind, v->bits));
    if (from->kind != CTYPE_TUPLE && from->kind != CTYPE_ARRAY)
        return v;
    value *ret = value_parts(in->memory, v->n_parts);
    for (size_t i = 0; i < v->n_parts; i++)
        ret->parts[i] =
            value_convert(in, value_part_type(to, 0, i), value_part_type(from, 0, i), v->parts[i]);
    return ret;
}
