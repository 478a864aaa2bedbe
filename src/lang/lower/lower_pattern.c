/* Patterns: what they bind and when they match (spec section 3.5, K4). */
#include "circuit/arith.h"
#include "lang/lower/lower_impl.h"

/* What patterns with parts have in common: sub-patterns, NULL where anything matches, and where
 * their values lie. */
typedef struct parts {
    pattern *const *patterns;
    const type_field *fields;
    size_t n;
} parts;

static bool parts_of(lowerer *l, parts *ret_parts, const pattern *p)
{
    const pt_type *type;
    if (!lower_type(l, &type, p->type, p->span))
        return false;
    if (p->kind == PATTERN_TUPLE) {
        *ret_parts = (parts){p->as.tuple.elements, type->fields, type->n_fields};
    } else if (p->kind == PATTERN_STRUCT) {
        *ret_parts = (parts){p->as.structure.by_field, type->fields, type->n_fields};
    } else {
        const type_variant *variant = &type->variants[p->as.variant.variant];
        *ret_parts = (parts){p->as.variant.fields, variant->fields, variant->n_fields};
    }
    return true;
}

static value part_value(const value *v, const parts *ps, size_t i)
{
    value part = value_hold(v);
    value_narrow(&part, ps->fields[i].offset, ps->fields[i].type->n_bits);
    return part;
}

bool pattern_bind(lowerer *l, const pattern *p, const value *v)
{
    if (p->kind == PATTERN_BOOL || p->kind == PATTERN_NUMBER)
        return true;
    if (p->kind == PATTERN_BIND) {
        value held = value_hold(v);
        variable_bind(l, p->as.bind.local, &held);
        return true;
    }
    parts ps;
    if (!parts_of(l, &ps, p))
        return false;
    for (size_t i = 0; i < ps.n; i++) {
        if (ps.patterns[i] == NULL)
            continue;
        value part = part_value(v, &ps, i);
        if (!pattern_bind(l, ps.patterns[i], &part))
            return false;
        value_release(l, &part);
    }
    return true;
}

/* low <= v <= high, without the tests that every value of the type passes. */
static wire test_number(lowerer *l, const pattern *p, const value *v)
{
    const bool is_signed = ctype_is_signed(p->type);
    const uint64_t low = p->as.number.low;
    const uint64_t high = p->as.number.high;
    const uint64_t max = UINT64_MAX >> (64 - v->n + (is_signed ? 1 : 0));
    const uint64_t min = is_signed ? ~max : 0;
    wire bound[64];
    wire matches = WIRE_TRUE;
    if (low == high) {
        arith_const(bound, v->n, low);
        return arith_equal(l->builder, v->wires, bound, v->n);
    }
    if (low != min) {
        arith_const(bound, v->n, low);
        matches = wire_not(arith_less(l->builder, v->wires, bound, v->n, is_signed));
    }
    if (high != max) {
        arith_const(bound, v->n, high);
        const wire above = arith_less(l->builder, bound, v->wires, v->n, is_signed);
        matches = circuit_and(l->builder, matches, wire_not(above));
    }
    return matches;
}

static bool test_tag(lowerer *l, wire *ret_wire, const pattern *p, const value *v)
{
    const pt_type *type;
    wire tag[64];
    if (!lower_type(l, &type, p->type, p->span))
        return false;
    *ret_wire = WIRE_TRUE;
    if (type->tag_bits > 0) {
        arith_const(tag, type->tag_bits, p->as.variant.variant);
        *ret_wire = arith_equal(l->builder, v->wires, tag, type->tag_bits);
    }
    return true;
}

bool pattern_test(lowerer *l, wire *ret_wire, const pattern *p, const value *v)
{
    wire matches = WIRE_TRUE;
    parts ps;
    if (p->kind == PATTERN_BIND || p->kind == PATTERN_BOOL || p->kind == PATTERN_NUMBER) {
        if (p->kind == PATTERN_BOOL)
            matches = v->wires[0] ^ wire_const(!p->as.boolean);
        else if (p->kind == PATTERN_NUMBER)
            matches = test_number(l, p, v);
        *ret_wire = matches;
        return true;
    }
    if (!parts_of(l, &ps, p) || (p->kind == PATTERN_VARIANT && !test_tag(l, &matches, p, v)))
        return false;
    for (size_t i = 0; i < ps.n; i++) {
        wire part_matches;
        if (ps.patterns[i] == NULL)
            continue;
        value part = part_value(v, &ps, i);
        if (!pattern_test(l, &part_matches, ps.patterns[i], &part))
            return false;
        value_release(l, &part);
        matches = circuit_and(l->builder, matches, part_matches);
    }
    *ret_wire = matches;
    return true;
}
