/* Expressions of the interpreter (S1-S12), constants (C3), functions. */
#include "lang/interp_impl.h"

#include <stdlib.h>

void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

/* ---- Constants ---- */

/* Wraps to the width arithmetic has in constants of this type: its own, but 64 for usize. */
static uint64_t const_wrap(ctype_kind kind, uint64_t bits)
{
    const unsigned width = kind == CTYPE_USIZE ? 64 : value_scalar_width(kind);
    const unsigned unused = 64 - width;
    if (value_scalar_is_signed(kind))
        return (bits << unused) >> unused | (bits >> (width - 1) & 1 ? ~(UINT64_MAX >> unused) : 0);
    return (bits << unused) >> unused;
}

static bool const_less(ctype_kind kind, uint64_t a, uint64_t b)
{
    const uint64_t flip = value_scalar_is_signed(kind) ? (uint64_t)1 << 63 : 0;
    return (a ^ flip) < (b ^ flip);
}

static uint64_t const_eval(const interp *in, ctype_kind kind, const const_expr *e)
{
    switch (e->kind) {
    case CONST_BOOL:
        return e->as.boolean;
    case CONST_NUMBER:
        return const_wrap(kind, number_bits(&e->as.number));
    case CONST_NAME:
        return in->constants[e->as.name.decl->idx];
    case CONST_EXTERNAL:
        return const_wrap(kind, in->externals[e->as.external.idx]->bits);
    case CONST_ADD:
    case CONST_SUB: {
        const uint64_t a = const_eval(in, kind, e->as.op.operands[0]);
        const uint64_t b = const_eval(in, kind, e->as.op.operands[1]);
        return const_wrap(kind, e->kind == CONST_ADD ? a + b : a - b);
    }
    case CONST_MIN:
    case CONST_MAX: {
        if (e->as.op.n_operands == 0)
            return e->kind == CONST_MAX ? 0 : const_wrap(kind, UINT64_MAX);
        uint64_t best = const_eval(in, kind, e->as.op.operands[0]);
        for (size_t i = 1; i < e->as.op.n_operands; i++) {
            const uint64_t x = const_eval(in, kind, e->as.op.operands[i]);
            if (e->kind == CONST_MIN ? const_less(kind, x, best) : const_less(kind, best, x))
                best = x;
        }
        return best;
    }
    }
    abort();
}

void interp_init(interp *in, arena *memory, const checked_program *program,
                 const value *const *externals)
{
    *in = (interp){.memory = memory, .program = program, .externals = externals};
    in->constants = must(arena_new(memory, program->n_constants + 1, sizeof *in->constants));
    for (size_t i = 0; i < program->n_constants; i++) {
        const const_decl *c = program->constants[i];
        if (value_scalar_width(c->type->kind) != 0)
            in->constants[i] = const_eval(in, c->type->kind, c->value);
    }
}

uint64_t interp_size(const interp *in, const array_size *size)
{
    if (size->kind == SIZE_NUMBER)
        return size->as.number;
    if (size->kind == SIZE_CONSTANT)
        return in->constants[size->as.constant->idx];
    return const_eval(in, CTYPE_USIZE, size->as.expr);
}

static const value *constant_value(interp *in, const const_decl *c)
{
    const unsigned width = value_scalar_width(c->type->kind);
    if (width == 0)
        return in->externals[c->external->as.external.idx];
    return value_scalar(in->memory, in->constants[c->idx] & (UINT64_MAX >> (64 - width)));
}

/* ---- Panics ---- */

const value *interp_panic(interp *in, const char *reason, span at)
{
    in->stopped = true;
    in->panic = reason;
    in->panic_span = at;
    return NULL;
}

bool interp_step(interp *in)
{
    if (in->stopped)
        return false;
    if (in->steps_left == 0)
        in->stopped = true;
    else
        in->steps_left--;
    return !in->stopped;
}

/* ---- Operators ---- */

__extension__ typedef __int128 wide;

static wide wide_of(ctype_kind kind, uint64_t bits)
{
    const unsigned width = value_scalar_width(kind);
    if (value_scalar_is_signed(kind) && bits >> (width - 1) & 1)
        return (wide)bits - ((wide)1 << width);
    return (wide)bits;
}

static const value *fit(interp *in, ctype_kind kind, wide exact, span at)
{
    const unsigned width = value_scalar_width(kind);
    const bool is_signed = value_scalar_is_signed(kind);
    const wide low = is_signed ? -((wide)1 << (width - 1)) : 0;
    const wide high = ((wide)1 << (is_signed ? width - 1 : width)) - 1;
    if (exact < low || exact > high)
        return interp_panic(in, "Overflow", at);
    return value_scalar(in->memory, (uint64_t)exact & (UINT64_MAX >> (64 - width)));
}

static const value *divide(interp *in, bool remainder, ctype_kind kind, wide x, wide y, span at)
{
    if (y == 0)
        return interp_panic(in, "Division By Zero", at);
    const value *quotient = fit(in, kind, x / y, at); /* D5: also for the remainder */
    return quotient == NULL || !remainder ? quotient : fit(in, kind, x % y, at);
}

static const value *shift(interp *in, bool left, ctype_kind kind, uint64_t x, uint64_t by, span at)
{
    const unsigned width = value_scalar_width(kind);
    if (by >= width)
        return interp_panic(in, "Overflow", at);
    const uint64_t mask = UINT64_MAX >> (64 - width);
    if (left)
        return value_scalar(in->memory, x << by & mask);
    /* Shifting right is rounding down, whatever the sign. */
    const wide power = (wide)1 << by;
    const wide exact = wide_of(kind, x);
    const wide floor = (exact - ((exact % power) + power) % power) / power;
    return value_scalar(in->memory, (uint64_t)floor & mask);
}

static bool values_equal(const value *x, const value *y)
{
    if (x->bits != y->bits || x->n_parts != y->n_parts)
        return false;
    for (size_t i = 0; i < x->n_parts; i++)
        if (!values_equal(x->parts[i], y->parts[i]))
            return false;
    return true;
}

const value *interp_operate(interp *in, binary_op op, const ctype *type, const value *left,
                            const value *right, span at)
{
    const ctype_kind kind = type->kind;
    if (op == OP_EQ || op == OP_NE)
        return value_scalar(in->memory, values_equal(left, right) == (op == OP_EQ));
    const wide x = wide_of(kind, left->bits), y = wide_of(kind, right->bits);
    switch (op) {
    case OP_ADD:
        return fit(in, kind, x + y, at);
    case OP_SUB:
        return fit(in, kind, x - y, at);
    case OP_MUL:
        return fit(in, kind, x * y, at);
    case OP_DIV:
        return divide(in, false, kind, x, y, at);
    case OP_REM:
        return divide(in, true, kind, x, y, at);
    case OP_BIT_AND:
        return value_scalar(in->memory, left->bits & right->bits);
    case OP_BIT_OR:
        return value_scalar(in->memory, left->bits | right->bits);
    case OP_BIT_XOR:
        return value_scalar(in->memory, left->bits ^ right->bits);
    case OP_SHL:
    case OP_SHR:
        return shift(in, op == OP_SHL, kind, left->bits, right->bits, at);
    case OP_LT:
        return value_scalar(in->memory, x < y);
    case OP_GT:
        return value_scalar(in->memory, x > y);
    case OP_LE:
        return value_scalar(in->memory, x <= y);
    case OP_GE:
        return value_scalar(in->memory, x >= y);
    case OP_EQ:
    case OP_NE:
    case OP_AND:
    case OP_OR:
        break;
    }
    abort();
}

static const value *eval_binary(interp *in, frame *f, const expr *e)
{
    const binary_op op = e->as.binary.op;
    const value *left = interp_eval(in, f, e->as.binary.left);
    if (left == NULL)
        return NULL;
    if (op == OP_AND || op == OP_OR) /* S7, D8 */
        return left->bits == (op == OP_OR) ? left : interp_eval(in, f, e->as.binary.right);
    const value *right = interp_eval(in, f, e->as.binary.right);
    if (right == NULL)
        return NULL;
    return interp_operate(in, op, e->as.binary.left->type, left, right, e->span);
}

static const value *eval_unary(interp *in, frame *f, const expr *e)
{
    const value *x = interp_eval(in, f, e->as.unary.operand);
    if (x == NULL)
        return NULL;
    const ctype_kind kind = e->as.unary.operand->type->kind;
    if (e->as.unary.op == OP_NEGATE)
        return fit(in, kind, -wide_of(kind, x->bits), e->span); /* D5 */
    return value_scalar(in->memory, ~x->bits & (UINT64_MAX >> (64 - value_scalar_width(kind))));
}

/* ---- Other expressions ---- */

static const value *eval_list(interp *in, frame *f, expr *const *elements, size_t n)
{
    value *v = value_parts(in->memory, n);
    for (size_t i = 0; i < n; i++) {
        v->parts[i] = interp_eval(in, f, elements[i]);
        if (v->parts[i] == NULL)
            return NULL;
    }
    return v;
}

static const value *eval_repeat(interp *in, frame *f, const expr *e, const ctype *type)
{
    const value *element = interp_eval(in, f, e->as.repeat.element);
    if (element == NULL)
        return NULL;
    value *v = value_parts(in->memory, (size_t)interp_size(in, &type->as.array.size));
    for (size_t i = 0; i < v->n_parts; i++)
        v->parts[i] = element;
    return v;
}

static const value *eval_range(interp *in, const expr *e, const ctype *type)
{
    const uint64_t first = e->as.range.first;
    value *v = value_parts(in->memory, (size_t)(e->as.range.end - first));
    const unsigned width = value_scalar_width(type->as.array.element->kind);
    for (size_t i = 0; i < v->n_parts; i++)
        v->parts[i] = value_scalar(in->memory, (first + i) & (UINT64_MAX >> (64 - width)));
    return v;
}

static const value *eval_variant(interp *in, frame *f, const expr *e)
{
    const value *fields = eval_list(in, f, e->as.variant.args, e->as.variant.n_args);
    if (fields == NULL)
        return NULL;
    value *v = value_parts(in->memory, 0);
    *v = *fields;
    v->bits = e->as.variant.variant;
    return v;
}

static const value *call(interp *in, const fn_decl *function, const value *const *arguments)
{
    frame f = {must(arena_new(in->memory, function->n_locals + 1, sizeof(value *)))};
    for (size_t i = 0; i < function->n_params; i++)
        f.locals[function->params[i].local] = arguments[i];
    return interp_eval(in, &f, function->body);
}

const value *interp_call(interp *in, const fn_decl *function, const value *const *arguments,
                         uint64_t max_steps)
{
    in->steps_left = max_steps;
    in->stopped = false;
    in->panic = NULL;
    return call(in, function, arguments);
}

static const value *eval_call(interp *in, frame *f, const expr *e)
{
    const value *args = eval_list(in, f, e->as.call.args, e->as.call.n_args);
    return args == NULL ? NULL : call(in, e->as.call.function, args->parts);
}

static const value *zero(const interp *in, const ctype *type)
{
    uint8_t *bits = must(arena_new(in->memory, value_width(in, type) + 1, 1));
    return value_decode(in, type, bits);
}

static const value *eval_join(interp *in, frame *f, const expr *e, const ctype *type)
{
    const ctype *left_type = e->as.call.args[0]->type, *right_type = e->as.call.args[1]->type;
    const value *args = eval_list(in, f, e->as.call.args, 2);
    if (args == NULL)
        return NULL;
    size_t n;
    const bool keyed = left_type->as.array.element->kind == CTYPE_TUPLE;
    join_hit *hits =
        join_rows(in, &n, left_type, args->parts[0], right_type, args->parts[1], keyed);
    join_sort(hits, n);
    value *v = value_parts(in->memory, n);
    for (size_t i = 0; i < n; i++) {
        value *row = value_parts(in->memory, keyed ? 3 : 2);
        const ctype *const *parts = type->as.array.element->as.tuple.elements;
        row->parts[0] = value_scalar(in->memory, hits[i].hit);
        row->parts[1] = hits[i].hit ? hits[i].left : zero(in, parts[1]);
        if (keyed)
            row->parts[2] = hits[i].hit ? hits[i].right : zero(in, parts[2]);
        v->parts[i] = row;
    }
    return v;
}

static const value *eval_index(interp *in, frame *f, const expr *e)
{
    const value *array = interp_eval(in, f, e->as.index.array);
    const value *index = array == NULL ? NULL : interp_eval(in, f, e->as.index.index);
    if (index == NULL)
        return NULL;
    if (index->bits >= array->n_parts)
        return interp_panic(in, "Array Access Out Of Bounds", e->span);
    return array->parts[index->bits];
}

static const value *eval_if(interp *in, frame *f, const expr *e)
{
    while (e != NULL && e->kind == EXPR_IF) {
        const value *condition = interp_eval(in, f, e->as.if_.condition);
        if (condition == NULL)
            return NULL;
        if (condition->bits)
            return interp_eval(in, f, e->as.if_.then_branch);
        e = e->as.if_.else_branch;
    }
    return e == NULL ? value_parts(in->memory, 0) : interp_eval(in, f, e);
}

static const value *eval_match(interp *in, frame *f, const expr *e)
{
    const value *scrutinee = interp_eval(in, f, e->as.match.scrutinee);
    if (scrutinee == NULL)
        return NULL;
    for (size_t i = 0; i < e->as.match.n_arms; i++) {
        const match_arm *arm = &e->as.match.arms[i];
        if (interp_matches(arm->pattern, scrutinee)) {
            interp_bind(f, arm->pattern, scrutinee);
            return interp_eval(in, f, arm->body);
        }
    }
    abort(); /* the checker lets only complete matches pass */
}

static const value *eval_part(interp *in, frame *f, const expr *whole, size_t part)
{
    const value *v = interp_eval(in, f, whole);
    return v == NULL ? NULL : v->parts[part];
}

static const value *eval_number(interp *in, const expr *e, const ctype *type)
{
    const uint64_t bits = number_bits(&e->as.number);
    return value_scalar(in->memory, bits & (UINT64_MAX >> (64 - value_scalar_width(type->kind))));
}

static const value *eval_name(interp *in, const frame *f, const expr *e)
{
    return e->as.name.constant != NULL ? constant_value(in, e->as.name.constant)
                                       : must_value(f->locals[e->as.name.local]);
}

/* `type` is the type before the conversion of T15. */
static const value *eval_plain(interp *in, frame *f, const expr *e, const ctype *type)
{
    switch (e->kind) {
    case EXPR_BOOL:
        return value_scalar(in->memory, e->as.boolean);
    case EXPR_NUMBER:
        return eval_number(in, e, type);
    case EXPR_RANGE:
        return eval_range(in, e, type);
    case EXPR_NAME:
        return eval_name(in, f, e);
    case EXPR_TUPLE:
    case EXPR_ARRAY:
        return eval_list(in, f, e->as.list.elements, e->as.list.n_elements);
    case EXPR_REPEAT:
        return eval_repeat(in, f, e, type);
    case EXPR_STRUCT:
        return eval_list(in, f, e->as.structure.by_field, e->as.structure.decl->n_fields);
    case EXPR_VARIANT:
        return eval_variant(in, f, e);
    case EXPR_CALL:
        return eval_call(in, f, e);
    case EXPR_JOIN:
        return eval_join(in, f, e, type);
    case EXPR_INDEX:
        return eval_index(in, f, e);
    case EXPR_TUPLE_FIELD:
        return eval_part(in, f, e->as.tuple_field.tuple, (size_t)e->as.tuple_field.position);
    case EXPR_FIELD:
        return eval_part(in, f, e->as.field.structure, e->as.field.idx);
    case EXPR_UNARY:
        return eval_unary(in, f, e);
    case EXPR_BINARY:
        return eval_binary(in, f, e);
    case EXPR_CAST: {
        const value *v = interp_eval(in, f, e->as.cast.operand);
        return v == NULL ? NULL : value_convert(in, type, e->as.cast.operand->type, v);
    }
    case EXPR_IF:
        return eval_if(in, f, e);
    case EXPR_MATCH:
        return eval_match(in, f, e);
    case EXPR_BLOCK:
        return interp_block(in, f, e);
    }
    abort();
}

const value *interp_eval(interp *in, frame *f, const expr *e)
{
    if (!interp_step(in))
        return NULL;
    const ctype *type = e->value_type != NULL ? e->value_type : e->type;
    const value *v = eval_plain(in, f, e, type);
    if (v == NULL || e->value_type == NULL)
        return v;
    return value_convert(in, e->type, e->value_type, v);
}

const fn_decl *interp_find(const interp *in, const char *name)
{
    for (size_t i = 0; i < in->program->n_functions; i++)
        if (strcmp(in->program->functions[i]->name.text, name) == 0)
            return in->program->functions[i];
    return NULL;
}
