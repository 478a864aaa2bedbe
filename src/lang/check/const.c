#include "lang/check/const.h"

#include <stddef.h>

#include "base/assert.h"

/* The low bits of `value` as a value of the type. */
static uint64_t wrap(uint64_t value, ctype_kind kind)
{
    if (kind == CTYPE_USIZE)
        return value;
    const unsigned bits = ctype_scalar_bits(kind);
    if (bits == 64)
        return value;
    const uint64_t mask = ((uint64_t)1 << bits) - 1;
    const uint64_t sign = (uint64_t)1 << (bits - 1);
    value &= mask;
    if (ctype_is_signed(ctype_scalar(kind)) && (value & sign) != 0)
        value |= ~mask;
    return value;
}

static bool is_less(uint64_t a, uint64_t b, ctype_kind kind)
{
    const uint64_t flip = ctype_is_signed(ctype_scalar(kind)) ? (uint64_t)1 << 63 : 0;
    return (a ^ flip) < (b ^ flip);
}

/* max() of nothing is 0, min() of nothing the largest 64-bit value (C3), in the type. */
static uint64_t value_of_nothing(const const_expr *e, ctype_kind kind)
{
    return e->kind == CONST_MAX ? 0 : wrap(UINT64_MAX, kind);
}

static uint64_t evaluate(const const_expr *e, ctype_kind kind, const uint64_t *constants,
                         const uint64_t *externals)
{
    switch (e->kind) {
    case CONST_BOOL:
        return e->as.boolean ? 1 : 0;
    case CONST_NUMBER:
        return wrap(number_bits(&e->as.number), kind);
    case CONST_NAME:
        return constants[e->as.name.decl->idx];
    case CONST_EXTERNAL:
        return wrap(externals[e->as.external.idx], kind);
    case CONST_ADD:
    case CONST_SUB:
    case CONST_MIN:
    case CONST_MAX:
        break;
    }
    if (e->as.op.n_operands == 0)
        return value_of_nothing(e, kind);
    uint64_t result = evaluate(e->as.op.operands[0], kind, constants, externals);
    for (size_t i = 1; i < e->as.op.n_operands; i++) {
        const uint64_t right = evaluate(e->as.op.operands[i], kind, constants, externals);
        if (e->kind == CONST_ADD)
            result = wrap(result + right, kind);
        else if (e->kind == CONST_SUB)
            result = wrap(result - right, kind);
        else if (is_less(right, result, kind) == (e->kind == CONST_MIN))
            result = right;
    }
    return result;
}

void const_values(uint64_t *ret_values, const checked_program *program, const uint64_t *externals)
{
    for (size_t i = 0; i < program->n_constants; i++) {
        const const_decl *decl = program->constants[i];
        const bool is_scalar = decl->type->kind == CTYPE_BOOL || ctype_is_integer(decl->type);
        ret_values[i] =
            is_scalar ? evaluate(decl->value, decl->type->kind, ret_values, externals) : 0;
    }
}

static bool is_known(const const_expr *e, const bool *known, const bool *externals_given)
{
    switch (e->kind) {
    case CONST_BOOL:
    case CONST_NUMBER:
        return true;
    case CONST_NAME:
        return known[e->as.name.decl->idx];
    case CONST_EXTERNAL:
        return externals_given[e->as.external.idx];
    case CONST_ADD:
    case CONST_SUB:
    case CONST_MIN:
    case CONST_MAX:
        break;
    }
    for (size_t i = 0; i < e->as.op.n_operands; i++) {
        if (!is_known(e->as.op.operands[i], known, externals_given))
            return false;
    }
    return true;
}

void const_known(bool *ret_known, const checked_program *program, const bool *externals_given)
{
    for (size_t i = 0; i < program->n_constants; i++)
        ret_known[i] = is_known(program->constants[i]->value, ret_known, externals_given);
}

uint64_t const_size(const array_size *size, const uint64_t *constants, const uint64_t *externals)
{
    if (size->kind == SIZE_NUMBER)
        return size->as.number;
    if (size->kind == SIZE_CONSTANT)
        return constants[size->as.constant->idx];
    return evaluate(size->as.expr, CTYPE_USIZE, constants, externals);
}
