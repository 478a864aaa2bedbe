/* Operators and casts (spec S2-S8 with D3-D6): the gates are those of circuit/arith.h. */
#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "circuit/arith.h"
#include "lang/lower/lower_impl.h"

/* Cuts a comparison of long values into pieces that arith takes. */
#define EQUAL_CHUNK ((size_t)64)

static wire all_equal(lowerer *l, const value *x, const value *y)
{
    wire equal = WIRE_TRUE;
    l->n_steps += x->n / 64;
    for (size_t at = 0; at < x->n; at += EQUAL_CHUNK) {
        const size_t n = x->n - at < EQUAL_CHUNK ? x->n - at : EQUAL_CHUNK;
        equal = circuit_and(l->builder, equal,
                            arith_equal(l->builder, x->wires + at, y->wires + at, n));
    }
    return equal;
}

static bool take_wire(lowerer *l, value *ret_value, wire w, value *x, value *y)
{
    value_release(l, x);
    value_release(l, y);
    return value_wire(l, ret_value, w);
}

static bool lower_comparison(lowerer *l, value *ret_value, binary_op op, const ctype *type,
                             value *x, value *y)
{
    const bool is_signed = ctype_is_signed(type);
    const bool exchanged = op == OP_GT || op == OP_LE;
    const value *left = exchanged ? y : x;
    const value *right = exchanged ? x : y;
    wire w = arith_less(l->builder, left->wires, right->wires, x->n, is_signed);
    if (op == OP_LE || op == OP_GE)
        w = wire_not(w);
    return take_wire(l, ret_value, w, x, y);
}

static bool lower_bitwise(lowerer *l, value *ret_value, binary_op op, value *x, value *y)
{
    value r;
    if (!value_new(l, &r, x->n))
        return false;
    for (size_t i = 0; i < x->n; i++) {
        const wire a = x->wires[i];
        const wire b = y->wires[i];
        if (op == OP_BIT_AND)
            r.wires[i] = circuit_and(l->builder, a, b);
        else if (op == OP_BIT_OR)
            r.wires[i] = circuit_or(l->builder, a, b);
        else
            r.wires[i] = circuit_xor(l->builder, a, b);
    }
    value_release(l, x);
    value_release(l, y);
    *ret_value = r;
    return true;
}

static bool raise(lowerer *l, wire condition, panic_reason reason, span at)
{
    return panic_raise(&l->panics, condition, reason, at) || lower_out_of_memory(l);
}

static bool lower_sum_or_product(lowerer *l, value *ret_value, binary_op op, bool is_signed,
                                 value *x, value *y, span at)
{
    value r;
    wire overflow = WIRE_FALSE;
    if (!value_new(l, &r, x->n))
        return false;
    if (op == OP_ADD)
        arith_add(l->builder, r.wires, &overflow, x->wires, y->wires, x->n, is_signed);
    else if (op == OP_SUB)
        arith_sub(l->builder, r.wires, &overflow, x->wires, y->wires, x->n, is_signed);
    else
        arith_mul(l->builder, r.wires, &overflow, x->wires, y->wires, x->n, is_signed);
    value_release(l, x);
    value_release(l, y);
    *ret_value = r;
    return raise(l, overflow, PANIC_OVERFLOW, at);
}

static bool lower_division(lowerer *l, value *ret_value, bool quotient, bool is_signed, value *x,
                           value *y, span at)
{
    value r;
    wire by_zero = WIRE_FALSE;
    wire overflow = WIRE_FALSE;
    if (!value_new(l, &r, x->n))
        return false;
    arith_div(l->builder, quotient ? r.wires : NULL, quotient ? NULL : r.wires, &by_zero, &overflow,
              x->wires, y->wires, x->n, is_signed);
    value_release(l, x);
    value_release(l, y);
    *ret_value = r;
    return raise(l, by_zero, PANIC_DIVISION_BY_ZERO, at) && raise(l, overflow, PANIC_OVERFLOW, at);
}

static bool lower_shift(lowerer *l, value *ret_value, bool left, bool is_signed, value *x, value *y,
                        span at)
{
    value r;
    wire overflow = WIRE_FALSE;
    PT_ASSERT(y->n == 8);
    if (!value_new(l, &r, x->n))
        return false;
    arith_shift(l->builder, r.wires, &overflow, x->wires, x->n, y->wires, left, is_signed);
    value_release(l, x);
    value_release(l, y);
    *ret_value = r;
    return raise(l, overflow, PANIC_OVERFLOW, at);
}

bool lower_operator(lowerer *l, value *ret_value, binary_op op, const ctype *type, value *x,
                    value *y, span at)
{
    const bool is_signed = ctype_is_signed(type);
    switch (op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
        return lower_sum_or_product(l, ret_value, op, is_signed, x, y, at);
    case OP_DIV:
    case OP_REM:
        return lower_division(l, ret_value, op == OP_DIV, is_signed, x, y, at);
    case OP_SHL:
    case OP_SHR:
        return lower_shift(l, ret_value, op == OP_SHL, is_signed, x, y, at);
    case OP_BIT_AND:
    case OP_BIT_OR:
    case OP_BIT_XOR:
        return lower_bitwise(l, ret_value, op, x, y);
    case OP_LT:
    case OP_GT:
    case OP_LE:
    case OP_GE:
        return lower_comparison(l, ret_value, op, type, x, y);
    case OP_EQ:
    case OP_NE:
        return take_wire(l, ret_value, all_equal(l, x, y) ^ wire_const(op == OP_NE), x, y);
    case OP_AND:
    case OP_OR:
        break;
    }
    return lower_fail(l, PT_ERR_INTERNAL, at, "a lazy operator was lowered eagerly");
}

bool lower_binary(lowerer *l, value *ret_value, const expr *e)
{
    value x;
    value y;
    if (e->as.binary.op == OP_AND || e->as.binary.op == OP_OR)
        return lower_lazy(l, ret_value, e);
    return lower_expr(l, &x, e->as.binary.left) && lower_expr(l, &y, e->as.binary.right) &&
           lower_operator(l, ret_value, e->as.binary.op, e->as.binary.left->type, &x, &y, e->span);
}

bool lower_unary(lowerer *l, value *ret_value, const expr *e)
{
    value v;
    if (!lower_expr(l, &v, e->as.unary.operand) || !value_own(l, &v))
        return false;
    *ret_value = v;
    if (e->as.unary.op == OP_NOT) {
        for (size_t i = 0; i < v.n; i++)
            v.wires[i] = wire_not(v.wires[i]);
        return true;
    }
    wire overflow = WIRE_FALSE;
    arith_neg(l->builder, v.wires, &overflow, v.wires, v.n);
    return raise(l, overflow, PANIC_OVERFLOW, e->span);
}

/* S8: low bits kept; extended by the source's sign if it is signed. */
static bool convert_scalar(lowerer *l, value *ret_value, value *v, const ctype *from,
                           const ctype *to)
{
    const size_t n = ctype_scalar_bits(to->kind);
    value r;
    if (n <= v->n) {
        value_narrow(v, v->n - n, n);
        *ret_value = *v;
        return true;
    }
    if (!value_new(l, &r, n))
        return false;
    const wire fill = ctype_is_signed(from) ? v->wires[0] : WIRE_FALSE;
    for (size_t i = 0; i < n - v->n; i++)
        r.wires[i] = fill;
    memcpy(r.wires + (n - v->n), v->wires, v->n * sizeof *r.wires);
    value_release(l, v);
    *ret_value = r;
    return true;
}

/* Converts part `*from_at` of `v` into part `*to_at` of `r` and moves both behind it. */
static bool convert_part(lowerer *l, value *r, size_t *to_at, const value *v, size_t *from_at,
                         const ctype *from, const ctype *to, span at)
{
    const pt_type *from_type;
    const pt_type *to_type;
    value converted;
    if (!lower_type(l, &from_type, from, at) || !lower_type(l, &to_type, to, at))
        return false;
    value part = value_hold(v);
    value_narrow(&part, *from_at, from_type->n_bits);
    if (!lower_convert(l, &converted, &part, from, to, at))
        return false;
    PT_ASSERT(converted.n == to_type->n_bits);
    memcpy(r->wires + *to_at, converted.wires, converted.n * sizeof *r->wires);
    value_release(l, &converted);
    *from_at += from_type->n_bits;
    *to_at += to_type->n_bits;
    return true;
}

static bool convert_parts(lowerer *l, value *r, const value *v, const ctype *from, const ctype *to,
                          size_t length, span at)
{
    size_t to_at = 0;
    size_t from_at = 0;
    if (to->kind == CTYPE_ARRAY) {
        for (size_t i = 0; i < length; i++) {
            if (!convert_part(l, r, &to_at, v, &from_at, from->as.array.element,
                              to->as.array.element, at))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < to->as.tuple.n_elements; i++) {
        if (!convert_part(l, r, &to_at, v, &from_at, from->as.tuple.elements[i],
                          to->as.tuple.elements[i], at))
            return false;
    }
    return true;
}

bool lower_convert(lowerer *l, value *ret_value, value *v, const ctype *from, const ctype *to,
                   span at)
{
    const pt_type *type;
    value r;
    if (to->kind < CTYPE_TUPLE)
        return convert_scalar(l, ret_value, v, from, to);
    if (from == to || (to->kind != CTYPE_TUPLE && to->kind != CTYPE_ARRAY)) {
        *ret_value = *v; /* structs and enums contain no ?u or ?i */
        return true;
    }
    if (!lower_type(l, &type, to, at) || !value_new(l, &r, type->n_bits) ||
        !lower_count(l, type->n_parts, at) || !convert_parts(l, &r, v, from, to, type->length, at))
        return false;
    value_release(l, v);
    *ret_value = r;
    return true;
}

/* A known index past the end, where nothing decides whether it is looked up: no run has a result.
 * In a branch it may be one that is never taken. */
static bool refuse_known_index(lowerer *l, const value *index, size_t length, span at)
{
    uint64_t known;
    if (l->journal != NULL || !value_is_const(index, &known) || known < length)
        return true;
    return lower_fail(l, PT_ERR_PROGRAM, at,
                      "index out of bounds: the index is %" PRIu64
                      ", whatever the inputs, and the array has %zu elements, counted from 0",
                      known, length);
}

bool lower_check_index(lowerer *l, const value *index, size_t length, span at)
{
    wire out_of_bounds;
    if (!refuse_known_index(l, index, length, at))
        return false;
    /* Selecting elements of no width is just the test. */
    arith_select(l->builder, NULL, &out_of_bounds, NULL, length, 0, index->wires, index->n);
    return raise(l, out_of_bounds, PANIC_OUT_OF_BOUNDS, at);
}

bool lower_select(lowerer *l, value *ret_value, value *v, size_t length, const value *index)
{
    const size_t width = length == 0 ? 0 : v->n / length;
    uint64_t constant;
    if (value_is_const(index, &constant)) {
        /* Out of bounds the panic makes the result meaningless; any element will do. */
        if (length > 0)
            value_narrow(v, (constant < length ? (size_t)constant : 0) * width, width);
        *ret_value = *v;
        return true;
    }
    value r;
    wire out_of_bounds;
    if (!value_new(l, &r, width))
        return false;
    l->n_steps += v->n / 64;
    arith_select(l->builder, r.wires, &out_of_bounds, v->wires, length, width, index->wires,
                 index->n);
    value_release(l, v);
    *ret_value = r;
    return true;
}
