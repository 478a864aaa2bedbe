/* Expressions: one function for each kind, and one that tells them apart (spec section 5). */
#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "lang/lower/lower_impl.h"

bool lower_wire(lowerer *l, wire *ret_wire, const expr *e)
{
    value v;
    if (!lower_expr(l, &v, e))
        return false;
    PT_ASSERT(v.n == 1);
    *ret_wire = v.wires[0];
    value_release(l, &v);
    return true;
}

static const ctype *own_type(const expr *e)
{
    return e->value_type != NULL ? e->value_type : e->type;
}

/* A constant that is a mere name of an external value (C1): the supplied literal's bits. */
static bool lower_literal(lowerer *l, value *ret_value, const pt_literal *literal)
{
    PT_ASSERT(literal != NULL);
    const size_t n = literal->type->n_bits;
    if (!value_new(l, ret_value, n))
        return false;
    l->n_steps += n / 64;
    for (size_t i = 0; i < n; i++)
        ret_value->wires[i] = wire_const(bits_get(literal->bits, i) != 0);
    return true;
}

static bool lower_name(lowerer *l, value *ret_value, const expr *e)
{
    const const_decl *constant = e->as.name.constant;
    if (constant == NULL) {
        const variable *var = variable_at(l, e->as.name.local);
        PT_ASSERT(var->value.storage != NULL);
        *ret_value = value_hold(&var->value);
        return true;
    }
    if (constant->type->kind < CTYPE_TUPLE)
        return value_const(l, ret_value, ctype_scalar_bits(constant->type->kind),
                           l->input->constants[constant->idx]);
    PT_ASSERT(constant->external != NULL);
    return lower_literal(l, ret_value,
                         l->input->external_literals[constant->external->as.external.idx]);
}

static uint64_t bound_value(const lowerer *l, const const_expr *bound)
{
    const array_size size = {.kind = SIZE_EXPR, .as.expr = bound};
    return const_size(&size, l->input->constants, l->input->externals);
}

bool lower_bounds(lowerer *l, uint64_t *ret_first, uint64_t *ret_count, const expr *range)
{
    uint64_t first = range->as.range.first;
    uint64_t end = range->as.range.end;
    if (range->as.range.from != NULL) {
        first = bound_value(l, range->as.range.from);
        end = bound_value(l, range->as.range.to);
    }
    if (first > end || end - first > UINT32_MAX)
        return lower_fail(l, PT_ERR_PROGRAM, range->span,
                          "invalid range: %" PRIu64 "..%" PRIu64
                          " must not end before it begins, and have less than 2^32 elements",
                          first, end);
    *ret_first = first;
    *ret_count = end - first;
    return true;
}

static bool lower_range(lowerer *l, value *ret_value, const expr *e)
{
    const pt_type *type;
    uint64_t first;
    uint64_t count;
    if (!lower_bounds(l, &first, &count, e) || !lower_type(l, &type, own_type(e), e->span) ||
        !lower_count(l, type->length, e->span) || !value_new(l, ret_value, type->n_bits))
        return false;
    const size_t width = type->element->n_bits;
    for (size_t i = 0; i < type->length; i++) {
        uint64_t number = first + i;
        for (size_t bit = width; bit-- > 0; number >>= 1)
            ret_value->wires[i * width + bit] = wire_const((number & 1) != 0);
    }
    return true;
}

/* Lowers `e` into `whole` at `offset`. */
static bool lower_part(lowerer *l, value *whole, size_t offset, const expr *e)
{
    value v;
    if (!lower_expr(l, &v, e))
        return false;
    PT_ASSERT(offset <= whole->n && v.n <= whole->n - offset);
    l->n_steps += v.n / 64;
    if (v.n > 0)
        memcpy(whole->wires + offset, v.wires, v.n * sizeof *v.wires);
    value_release(l, &v);
    return true;
}

static bool lower_list(lowerer *l, value *ret_value, const expr *e)
{
    const pt_type *type;
    value whole;
    if (!lower_type(l, &type, own_type(e), e->span) || !value_new(l, &whole, type->n_bits))
        return false;
    for (size_t i = 0; i < e->as.list.n_elements; i++) {
        const size_t offset =
            type->kind == TYPE_ARRAY ? i * type->element->n_bits : type->fields[i].offset;
        if (!lower_part(l, &whole, offset, e->as.list.elements[i]))
            return false;
    }
    *ret_value = whole;
    return true;
}

static bool lower_repeat(lowerer *l, value *ret_value, const expr *e)
{
    const pt_type *type;
    value element;
    value whole;
    if (!lower_expr(l, &element, e->as.repeat.element) ||
        !lower_type(l, &type, own_type(e), e->span) || !value_new(l, &whole, type->n_bits) ||
        !lower_count(l, type->n_bits / 64, e->span))
        return false;
    if (element.n > 0) {
        for (size_t i = 0; i < type->length; i++)
            memcpy(whole.wires + i * element.n, element.wires, element.n * sizeof *element.wires);
    }
    value_release(l, &element);
    *ret_value = whole;
    return true;
}

static bool lower_struct(lowerer *l, value *ret_value, const expr *e)
{
    const pt_type *type;
    value whole;
    if (!lower_type(l, &type, own_type(e), e->span) || !value_new(l, &whole, type->n_bits))
        return false;
    for (size_t i = 0; i < type->n_fields; i++) {
        if (!lower_part(l, &whole, type->fields[i].offset, e->as.structure.by_field[i]))
            return false;
    }
    *ret_value = whole;
    return true;
}

/* Tag, fields, zeros up to the longest variant (B1). */
static bool lower_variant(lowerer *l, value *ret_value, const expr *e)
{
    const pt_type *type;
    value whole;
    if (!lower_type(l, &type, own_type(e), e->span) || !value_new(l, &whole, type->n_bits))
        return false;
    const size_t tag = e->as.variant.variant;
    const type_variant *variant = &type->variants[tag];
    for (size_t i = 0; i < whole.n; i++)
        whole.wires[i] = WIRE_FALSE;
    for (unsigned i = 0; i < type->tag_bits; i++)
        whole.wires[i] = wire_const((tag >> (type->tag_bits - 1 - i) & 1) != 0);
    for (size_t i = 0; i < variant->n_fields; i++) {
        if (!lower_part(l, &whole, variant->fields[i].offset, e->as.variant.args[i]))
            return false;
    }
    *ret_value = whole;
    return true;
}

static bool lower_index(lowerer *l, value *ret_value, const expr *e)
{
    const pt_type *type;
    value array;
    value index;
    if (!lower_expr(l, &array, e->as.index.array) || !lower_expr(l, &index, e->as.index.index) ||
        !lower_type(l, &type, e->as.index.array->type, e->span) ||
        !lower_check_index(l, &index, type->length, e->span))
        return false;
    if (type->length == 0) { /* always panics: any wires will do */
        value_release(l, &array);
        value_release(l, &index);
        return value_const(l, ret_value, type->element->n_bits, 0);
    }
    const bool done = lower_select(l, ret_value, &array, type->length, &index);
    value_release(l, &index);
    return done;
}

static bool lower_field(lowerer *l, value *ret_value, const expr *e)
{
    const bool is_tuple = e->kind == EXPR_TUPLE_FIELD;
    const expr *from = is_tuple ? e->as.tuple_field.tuple : e->as.field.structure;
    const size_t idx = is_tuple ? (size_t)e->as.tuple_field.position : e->as.field.idx;
    const pt_type *type;
    value whole;
    if (!lower_expr(l, &whole, from) || !lower_type(l, &type, from->type, e->span))
        return false;
    value_narrow(&whole, type->fields[idx].offset, type->fields[idx].type->n_bits);
    *ret_value = whole;
    return true;
}

static bool lower_cast(lowerer *l, value *ret_value, const expr *e)
{
    value v;
    const expr *operand = e->as.cast.operand;
    return lower_expr(l, &v, operand) &&
           lower_convert(l, ret_value, &v, operand->type, own_type(e), e->span);
}

static bool lower_kind(lowerer *l, value *ret_value, const expr *e)
{
    switch (e->kind) {
    case EXPR_BOOL:
        return value_wire(l, ret_value, wire_const(e->as.boolean));
    case EXPR_NUMBER:
        return value_const(l, ret_value, ctype_scalar_bits(own_type(e)->kind),
                           number_bits(&e->as.number));
    case EXPR_RANGE:
        return lower_range(l, ret_value, e);
    case EXPR_NAME:
        return lower_name(l, ret_value, e);
    case EXPR_TUPLE:
    case EXPR_ARRAY:
        return lower_list(l, ret_value, e);
    case EXPR_REPEAT:
        return lower_repeat(l, ret_value, e);
    case EXPR_STRUCT:
        return lower_struct(l, ret_value, e);
    case EXPR_VARIANT:
        return lower_variant(l, ret_value, e);
    case EXPR_CALL:
        return lower_call(l, ret_value, e);
    case EXPR_JOIN:
        return lower_join(l, ret_value, e);
    case EXPR_INDEX:
        return lower_index(l, ret_value, e);
    case EXPR_TUPLE_FIELD:
    case EXPR_FIELD:
        return lower_field(l, ret_value, e);
    case EXPR_UNARY:
        return lower_unary(l, ret_value, e);
    case EXPR_BINARY:
        return lower_binary(l, ret_value, e);
    case EXPR_CAST:
        return lower_cast(l, ret_value, e);
    case EXPR_IF:
        return lower_if(l, ret_value, e);
    case EXPR_MATCH:
        return lower_match(l, ret_value, e);
    case EXPR_BLOCK:
        return lower_block(l, ret_value, e);
    }
    return lower_fail(l, PT_ERR_INTERNAL, e->span, "unknown kind of expression");
}

/* The line to which gates of `e` itself are counted. Long sums and conditions are written with each
 * operator beside its right operand. */
static uint32_t line_of(const expr *e)
{
    return e->kind == EXPR_BINARY ? e->as.binary.right->span.line : e->span.line;
}

bool lower_expr(lowerer *l, value *ret_value, const expr *e)
{
    value v;
    if (!lower_count(l, 1, e->span))
        return false;
    if (l->depth >= LOWER_MAX_DEPTH)
        return lower_fail(l, PT_ERR_LIMIT, e->span,
                          "expressions and calls are nested deeper than %u levels",
                          LOWER_MAX_DEPTH);
    l->depth++;
    const uint32_t outer_line = circuit_builder_set_line(l->builder, line_of(e));
    if (!lower_kind(l, &v, e))
        return false;
    l->depth--;
    if (e->value_type == NULL)
        *ret_value = v;
    else if (!lower_convert(l, ret_value, &v, e->value_type, e->type, e->span))
        return false;
    (void)circuit_builder_set_line(l->builder, outer_line);
    return true;
}
