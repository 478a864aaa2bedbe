/* Fitting types together: numbers without suffix take the type their surroundings ask for (spec
 * T10-T15).
 *
 * ?u and ?i are 32 bits wide at run time. Where the demand reaches a literal, the literal simply
 * gets the type; through operators, blocks and branches it is passed on; where it reaches a
 * variable, field, element, range or join, the value is converted (T15, D7). */
#include <inttypes.h>

#include "lang/check/checker.h"

const expr *check_blamed(const expr *e)
{
    while (e->kind == EXPR_BLOCK && block_value(e) != NULL)
        e = block_value(e);
    return e;
}

/* Whether a value of type `from` can become `to` by giving types to numbers without suffix. */
static bool can_relabel(const ctype *from, const ctype *to)
{
    if (ctype_equal(from, to))
        return true;
    if (from->kind == CTYPE_ANY_UNSIGNED)
        return ctype_is_integer(to);
    if (from->kind == CTYPE_ANY_SIGNED)
        return ctype_is_signed(to);
    if (from->kind == CTYPE_ARRAY && to->kind == CTYPE_ARRAY)
        return array_size_equal(&from->as.array.size, &to->as.array.size) &&
               can_relabel(from->as.array.element, to->as.array.element);
    if (from->kind != CTYPE_TUPLE || to->kind != CTYPE_TUPLE ||
        from->as.tuple.n_elements != to->as.tuple.n_elements)
        return false;
    for (size_t i = 0; i < from->as.tuple.n_elements; i++)
        if (!can_relabel(from->as.tuple.elements[i], to->as.tuple.elements[i]))
            return false;
    return true;
}

static bool relabel(checker *c, expr *e, const ctype *t);

static bool relabel_number(checker *c, const expr *e, const ctype *t)
{
    const number_lit *n = &e->as.number;
    if (ctype_fits(t, n->magnitude, n->negative))
        return true;
    type_error(c, e->span, "%s%" PRIu64 " does not fit in %s", n->negative ? "-" : "", n->magnitude,
               type_text(c, t));
    return false;
}

static bool relabel_list(checker *c, expr *e, const ctype *t)
{
    bool ok = true;
    for (size_t i = 0; i < e->as.list.n_elements; i++) {
        const ctype *element =
            e->kind == EXPR_ARRAY ? t->as.array.element : t->as.tuple.elements[i];
        ok = relabel(c, e->as.list.elements[i], element) && ok;
    }
    return ok;
}

static bool relabel_arms(checker *c, expr *e, const ctype *t)
{
    bool ok = true;
    for (size_t i = 0; i < e->as.match.n_arms; i++)
        ok = relabel(c, e->as.match.arms[i].body, t) && ok;
    return ok;
}

static bool relabel_binary(checker *c, expr *e, const ctype *t)
{
    const binary_op op = e->as.binary.op;
    const bool ok = relabel(c, e->as.binary.left, t);
    return op == OP_SHL || op == OP_SHR ? ok : relabel(c, e->as.binary.right, t) && ok;
}

/* Not by recursion along a chain of else-ifs. */
static bool relabel_if(checker *c, expr *e, const ctype *t)
{
    bool ok = relabel(c, e->as.if_.then_branch, t);
    expr *next = e->as.if_.else_branch;
    for (;
         next != NULL && next->kind == EXPR_IF && next->type != NULL && !ctype_equal(next->type, t);
         next = next->as.if_.else_branch) {
        next->type = t;
        ok = relabel(c, next->as.if_.then_branch, t) && ok;
    }
    return (next == NULL || relabel(c, next, t)) && ok;
}

/* Passes `t` on to what makes the value of `e`. */
static bool relabel_parts(checker *c, expr *e, const ctype *t)
{
    switch (e->kind) {
    case EXPR_NUMBER:
        return relabel_number(c, e, t);
    case EXPR_TUPLE:
    case EXPR_ARRAY:
        return relabel_list(c, e, t);
    case EXPR_REPEAT:
        return relabel(c, e->as.repeat.element, t->as.array.element);
    case EXPR_UNARY:
        return relabel(c, e->as.unary.operand, t);
    case EXPR_BINARY:
        return relabel_binary(c, e, t);
    case EXPR_IF:
        return relabel_if(c, e, t);
    case EXPR_MATCH:
        return relabel_arms(c, e, t);
    case EXPR_BLOCK:
        return block_value(e) == NULL || relabel(c, block_value(e), t);
    case EXPR_BOOL:
    case EXPR_RANGE:
    case EXPR_NAME:
    case EXPR_STRUCT:
    case EXPR_VARIANT:
    case EXPR_CALL:
    case EXPR_JOIN:
    case EXPR_INDEX:
    case EXPR_TUPLE_FIELD:
    case EXPR_FIELD:
    case EXPR_CAST:
        break;
    }
    if (e->value_type == NULL)
        e->value_type = e->type;
    return true;
}

/* `t` must be one that can_relabel allows. */
static bool relabel(checker *c, expr *e, const ctype *t)
{
    if (e->type == NULL)
        return false;
    if (ctype_equal(e->type, t))
        return true;
    const bool ok = relabel_parts(c, e, t);
    e->type = t;
    return ok;
}

/* The scalar that arrays of both types consist of, at the same depth. */
static void strip_arrays(const ctype **a, const ctype **b)
{
    while ((*a)->kind == CTYPE_ARRAY && (*b)->kind == CTYPE_ARRAY) {
        *a = (*a)->as.array.element;
        *b = (*b)->as.array.element;
    }
}

bool check_default(checker *c, const local_var *variable, const ctype *found, const ctype *needed)
{
    if (variable == NULL || variable->defaulted == NULL || found == NULL || needed == NULL)
        return false;
    strip_arrays(&found, &needed);
    if (found->kind != CTYPE_I32 || !ctype_is_integer(needed) || ctype_is_unsuffixed(needed) ||
        needed->kind == CTYPE_I32)
        return false;
    const expr *number = variable->defaulted;
    const char *sign = number->as.number.negative ? "-" : "";
    type_error(c, number->span,
               "`%s` is an i32, as this number has no suffix, but meets %s; write %s%" PRIu64 "%s",
               variable->name, type_text(c, needed), sign, number->as.number.magnitude,
               type_text(c, needed));
    return true;
}

/* The variable whose type decides that of `e`, if it is a variable, an element of one, or made of
 * these by operators; else NULL. */
static const local_var *variable_of(const checker *c, const expr *e)
{
    const local_var *locals = (const local_var *)(const void *)c->locals.bytes;
    for (;;) {
        if (e->type == NULL)
            return NULL;
        if (e->kind == EXPR_NAME) /* known, since it has a type; perhaps out of scope by now */
            return e->as.name.constant == NULL && !c->locals.failed ? &locals[e->as.name.local]
                                                                    : NULL;
        if (e->kind == EXPR_INDEX)
            e = e->as.index.array;
        else if (e->kind == EXPR_UNARY)
            e = e->as.unary.operand;
        else if (e->kind == EXPR_BINARY)
            e = e->as.binary.left;
        else if (e->kind == EXPR_BLOCK && block_value(e) != NULL)
            e = block_value(e);
        else
            return NULL;
    }
}

bool check_adapt(checker *c, expr *e, const ctype *t)
{
    if (e->type == NULL || t == NULL)
        return false;
    /* A literal with suffix usize may be larger than usize and is truncated, but not here (T13). */
    if (e->kind == EXPR_NUMBER && e->type->kind == t->kind && !relabel_number(c, e, t))
        return false;
    if (can_relabel(e->type, t))
        return relabel(c, e, t);
    if (check_default(c, variable_of(c, e), e->type, t))
        return false;
    report_mismatch(c, check_blamed(e)->span, t, e->type);
    return false;
}

/* Whether a side of type `from` follows the other side's type `to` (T11). */
static bool follows(const ctype *from, const ctype *to)
{
    return ctype_is_unsuffixed(from) && ctype_is_integer(to) && can_relabel(from, to);
}

const ctype *check_unify(checker *c, span at, expr *left, expr *right)
{
    const ctype *a = left->type;
    const ctype *b = right->type;
    if (a == NULL || b == NULL)
        return NULL;
    if (ctype_equal(a, b))
        return a;
    if (follows(a, b))
        return check_adapt(c, left, b) ? b : NULL;
    if (follows(b, a))
        return check_adapt(c, right, a) ? a : NULL;
    if (check_default(c, variable_of(c, left), a, b) ||
        check_default(c, variable_of(c, right), b, a))
        return NULL;
    const bool both_numbers = ctype_is_integer(a) && ctype_is_integer(b);
    type_error(c, at, "incompatible operands: %s and %s%s", type_text(c, a), type_text(c, b),
               both_numbers ? "; convert one with `as`" : "");
    return NULL;
}

const ctype *common_type(expr *const *list, size_t n)
{
    const ctype *t = NULL;
    for (size_t i = 0; i < n; i++) {
        const ctype *next = list[i]->type;
        if (next == NULL)
            continue;
        const bool better = t == NULL ||
                            (t->kind == CTYPE_ANY_UNSIGNED && next->kind != CTYPE_ANY_UNSIGNED) ||
                            (t->kind == CTYPE_ANY_SIGNED && !ctype_is_unsuffixed(next));
        if (better)
            t = next;
    }
    return t;
}

static const ctype *default_scalar(const ctype *t)
{
    return ctype_is_unsuffixed(t) ? ctype_scalar(CTYPE_I32) : t;
}

const ctype *default_type(checker *c, span at, const ctype *t)
{
    if (t == NULL || !ctype_has_unsuffixed(t))
        return t;
    if (t->kind == CTYPE_ARRAY)
        return make_array(c, at, default_scalar(t->as.array.element), t->as.array.size);
    if (t->kind != CTYPE_TUPLE)
        return default_scalar(t);
    const size_t n = t->as.tuple.n_elements;
    const ctype **elements = checker_new(c, n, sizeof *elements);
    if (elements == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        elements[i] = default_scalar(t->as.tuple.elements[i]);
    return make_tuple(c, at, elements, n);
}
