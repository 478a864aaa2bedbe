/* Types of expressions (spec T20-T38). */
#include <inttypes.h>
#include <string.h>

#include "lang/check/checker.h"
#include "lang/front/foreign.h"

void check_expr_as(checker *c, expr *e, const ctype *t)
{
    check_expr(c, e);
    (void)check_adapt(c, e, t);
}

/* ---- Literals and names ---- */

/* The type that a bound's numbers with suffix and constants have; NULL if there are none. False,
 * reported, if it names a variable. */
static bool find_bound_type(checker *c, const ctype **ret_type, const const_expr *e)
{
    uint32_t local;
    if (e->kind == CONST_NUMBER && !ctype_is_unsuffixed(ctype_scalar(e->as.number.suffix)))
        *ret_type = ctype_scalar(e->as.number.suffix);
    if (e->kind == CONST_NAME && find_local(c, e->as.name.text, &local) != NULL) {
        type_error(c, e->span, "`%s` is a variable; the bounds of a range must be constant",
                   e->as.name.text);
        return false;
    }
    if (e->kind == CONST_NAME && symbol_of(c, e->as.name.text)->constant != NULL)
        *ret_type = symbol_of(c, e->as.name.text)->constant->type;
    if (e->kind == CONST_EXTERNAL && *ret_type == NULL)
        *ret_type = ctype_scalar(CTYPE_USIZE);
    if (e->kind < CONST_ADD)
        return true;
    for (size_t i = e->as.op.n_operands; i-- > 0;) /* the first one counts */
        if (!find_bound_type(c, ret_type, e->as.op.operands[i]))
            return false;
    return true;
}

/* to - from, as a size; from 0 to a constant it is that constant itself, as in a written type. */
static bool range_size(checker *c, array_size *ret_size, const expr *e)
{
    const const_expr *from = e->as.range.from;
    const const_expr *to = e->as.range.to;
    const bool is_from_0 = from->kind == CONST_NUMBER && from->as.number.magnitude == 0;
    if (is_from_0 && to->kind == CONST_NAME && to->as.name.decl->type->kind == CTYPE_USIZE) {
        *ret_size = (array_size){.kind = SIZE_CONSTANT, .as.constant = to->as.name.decl};
        return true;
    }
    const_expr *size = checker_new(c, 1, sizeof *size);
    const_expr **operands = checker_new(c, 2, sizeof *operands);
    if (size == NULL || operands == NULL)
        return false;
    operands[0] = e->as.range.to;
    operands[1] = e->as.range.from;
    *size = (const_expr){.kind = CONST_SUB,
                         .n_nodes = 1 + from->n_nodes + to->n_nodes,
                         .span = e->span,
                         .as.op = {.operands = operands, .n_operands = 2}};
    *ret_size = (array_size){.kind = SIZE_EXPR, .as.expr = size};
    return true;
}

/* A range between constants: what they are shows only when the circuit is built. */
static void check_const_range(checker *c, expr *e)
{
    const ctype *t = NULL;
    array_size size;
    if (!find_bound_type(c, &t, e->as.range.to) || !find_bound_type(c, &t, e->as.range.from))
        return;
    if (t == NULL)
        t = ctype_scalar(CTYPE_ANY_UNSIGNED);
    if (!ctype_is_integer(t) || ctype_is_signed(t)) {
        type_error(c, e->span, "invalid range: the bounds of a range must be unsigned, found %s",
                   type_text(c, t));
        return;
    }
    const bool from_fits = check_bound(c, e->as.range.from, t);
    if (check_bound(c, e->as.range.to, t) && from_fits && range_size(c, &size, e))
        e->type = make_array(c, e->span, t, size);
}

/* T32 */
static void check_range(checker *c, expr *e)
{
    if (e->as.range.from != NULL) {
        check_const_range(c, e);
        return;
    }
    const uint64_t first = e->as.range.first;
    const uint64_t end = e->as.range.end;
    if (first >= end || end - first > UINT32_MAX) {
        type_error(c, e->span,
                   "invalid range: %" PRIu64 "..%" PRIu64
                   " must have at least one element and less "
                   "than 2^32",
                   first, end);
        return;
    }
    const array_size size = {.kind = SIZE_NUMBER, .as.number = end - first};
    e->type = make_array(c, e->span, ctype_scalar(e->as.range.suffix), size);
}

/* Also for a wrong use: a function is not unused because of that. */
static void note_call(checker *c, const fn_decl *function)
{
    const graph_edge call = {c->function->idx, function->idx};
    checker_push(c, &c->calls, &call, sizeof call);
}

/* Variables first, innermost outwards, then constants (T4). */
static void check_name(checker *c, expr *e)
{
    const local_var *local = find_local(c, e->as.name.text, &e->as.name.local);
    if (local != NULL) {
        e->type = local->type;
        return;
    }
    const symbol *s = symbol_of(c, e->as.name.text);
    const char *advice = foreign_advice(FOREIGN_NAME, e->as.name.text);
    e->as.name.constant = s->constant;
    if (s->constant != NULL) {
        e->type = s->constant->type;
    } else if (s->function != NULL) {
        type_error(c, e->span, "`%s` is a function; call it: `%s(..)`", e->as.name.text,
                   e->as.name.text);
        note_call(c, s->function);
    } else if (advice != NULL) {
        type_error(c, e->span, "there is no `%s`: %s", e->as.name.text, advice);
    } else {
        type_error(c, e->span, "unknown name `%s`%s", e->as.name.text,
                   suggest_name(c, SUGGEST_VARIABLES | SUGGEST_CONSTANTS, e->as.name.text));
    }
}

static void check_tuple(checker *c, expr *e)
{
    const size_t n = e->as.list.n_elements;
    const ctype **elements = checker_new(c, n, sizeof *elements);
    bool ok = elements != NULL;
    for (size_t i = 0; i < n; i++) {
        check_expr(c, e->as.list.elements[i]);
        ok = ok && e->as.list.elements[i]->type != NULL;
        if (elements != NULL)
            elements[i] = e->as.list.elements[i]->type;
    }
    if (ok)
        e->type = make_tuple(c, e->span, elements, n);
}

/* T30 */
static void check_array(checker *c, expr *e)
{
    const size_t n = e->as.list.n_elements;
    for (size_t i = 0; i < n; i++)
        check_expr(c, e->as.list.elements[i]);
    const ctype *element = common_type(e->as.list.elements, n);
    bool ok = element != NULL;
    for (size_t i = 0; i < n; i++)
        ok = check_adapt(c, e->as.list.elements[i], element) && ok;
    const array_size size = {.kind = SIZE_NUMBER, .as.number = n};
    if (ok)
        e->type = make_array(c, e->span, element, size);
}

/* T31 */
static void check_repeat(checker *c, expr *e)
{
    const size_expr *written = &e->as.repeat.size;
    check_expr(c, e->as.repeat.element);
    uint32_t local;
    if (written->kind == SIZE_CONSTANT && find_local(c, written->name, &local) != NULL) {
        type_error(c, written->span, "size not constant: `%s` is a variable", written->name);
        return;
    }
    array_size size;
    if (resolve_size(c, written, &size) && e->as.repeat.element->type != NULL)
        e->type = make_array(c, e->span, e->as.repeat.element->type, size);
}

/* ---- Calls ---- */

static void check_args(checker *c, const expr *e, const fn_decl *function)
{
    const size_t n = e->as.call.n_args;
    const bool fits = function != NULL && function->n_params == n;
    for (size_t i = 0; i < n; i++) {
        check_expr(c, e->as.call.args[i]);
        if (fits)
            (void)check_adapt(c, e->as.call.args[i], function->params[i].type);
    }
    if (function != NULL && !fits)
        type_error(c, e->span, "wrong number of arguments: `%s` takes %zu, found %zu",
                   function->name.text, function->n_params, n);
}

static void report_no_function(checker *c, const ident *name)
{
    ctype_kind unused;
    const symbol *s = symbol_of(c, name->text);
    const char *advice = foreign_advice(FOREIGN_FUNCTION, name->text);
    if (s->structure != NULL)
        type_error(c, name->span, "`%s` is a struct: write `%s { field: value, .. }`", name->text,
                   name->text);
    else if (s->enumeration != NULL)
        type_error(c, name->span, "`%s` is an enum: write `%s::%s`", name->text, name->text,
                   s->enumeration->variants[0].name.text);
    else if (ctype_find_scalar(&unused, name->text, strlen(name->text)))
        type_error(c, name->span, "`%s` is a type; a cast is written `a as %s`", name->text,
                   name->text);
    else if (advice != NULL)
        type_error(c, name->span, "there is no `%s`: %s", name->text, advice);
    else
        type_error(c, name->span, "unknown name `%s`: no such function%s", name->text,
                   suggest_name(c, SUGGEST_FUNCTIONS, name->text));
}

/* T6, T38 */
static void check_call(checker *c, expr *e)
{
    const ident *name = &e->as.call.name;
    const fn_decl *function = symbol_of(c, name->text)->function;
    uint32_t local;
    const bool is_hidden = find_local(c, name->text, &local) != NULL;
    if (is_hidden)
        type_error(c, name->span, "`%s` is not a function but a variable", name->text);
    else if (function == NULL)
        report_no_function(c, name);
    check_args(c, e, is_hidden ? NULL : function);
    if (function != NULL)
        note_call(c, function);
    if (function == NULL || is_hidden)
        return;
    e->as.call.function = function;
    e->type = function->result;
}

/* ---- Operators ---- */

static bool is_bool(const ctype *t)
{
    return t->kind == CTYPE_BOOL;
}

/* T22 */
static void check_unary(checker *c, expr *e)
{
    expr *operand = e->as.unary.operand;
    check_expr(c, operand);
    const ctype *t = operand->type;
    if (t == NULL)
        return;
    if (e->as.unary.op == OP_NEGATE && !ctype_is_signed(t))
        type_error(c, operand->span, "expected a signed number after `-`, found %s",
                   type_text(c, t));
    else if (!is_bool(t) && !ctype_is_integer(t))
        type_error(c, operand->span, "expected bool or a number after `!`, found %s",
                   type_text(c, t));
    else
        e->type = t;
}

static void check_shift(checker *c, expr *e)
{
    const expr *left = e->as.binary.left;
    expr *right = e->as.binary.right;
    const bool ok = check_adapt(c, right, ctype_scalar(CTYPE_U8));
    if (left->type == NULL)
        return;
    if (!ctype_is_integer(left->type))
        type_error(c, left->span, "expected a number before the shift, found %s",
                   type_text(c, left->type));
    else if (ok)
        e->type = left->type;
}

static void check_logic(checker *c, expr *e)
{
    const ctype *boolean = ctype_scalar(CTYPE_BOOL);
    (void)check_adapt(c, e->as.binary.left, boolean);
    (void)check_adapt(c, e->as.binary.right, boolean);
    e->type = boolean;
}

/* What an operator that needs equal types takes (T20, T21, T23, T24). */
static bool takes(binary_op op, const ctype *t, const char **ret_expected)
{
    if (op == OP_EQ || op == OP_NE)
        return true;
    const bool bits = op == OP_BIT_AND || op == OP_BIT_OR || op == OP_BIT_XOR;
    *ret_expected = bits ? "bool or numbers" : "numbers";
    return ctype_is_integer(t) || (bits && is_bool(t));
}

static bool is_comparison(binary_op op)
{
    return op == OP_LT || op == OP_GT || op == OP_LE || op == OP_GE || op == OP_EQ || op == OP_NE;
}

static void check_binary(checker *c, expr *e)
{
    const binary_op op = e->as.binary.op;
    expr *left = e->as.binary.left;
    expr *right = e->as.binary.right;
    check_expr(c, left);
    check_expr(c, right);
    if (op == OP_SHL || op == OP_SHR) {
        check_shift(c, e);
        return;
    }
    if (op == OP_AND || op == OP_OR) {
        check_logic(c, e);
        return;
    }
    if (is_comparison(op)) /* bool, also when the operands are wrong: no follow-up errors */
        e->type = ctype_scalar(CTYPE_BOOL);
    const ctype *t = check_unify(c, e->span, left, right);
    const char *expected = "";
    if (t == NULL)
        return;
    if (!takes(op, t, &expected))
        type_error(c, left->span, "expected %s as operands, found %s", expected, type_text(c, t));
    else if (!is_comparison(op))
        e->type = t;
}

/* T27 */
static void check_cast(checker *c, expr *e)
{
    expr *operand = e->as.cast.operand;
    check_expr(c, operand);
    const ctype *target = resolve_type(c, e->as.cast.target);
    if (operand->type != NULL && !is_bool(operand->type) && !ctype_is_integer(operand->type))
        type_error(c, operand->span, "expected bool or a number before `as`, found %s",
                   type_text(c, operand->type));
    if (target != NULL && !is_bool(target) && !ctype_is_integer(target))
        type_error(c, e->as.cast.target->span,
                   "expected bool or a number type after `as`, found %s", type_text(c, target));
    else
        e->type = target;
}

/* ---- Branches ---- */

/* T33 */
static void check_if_type(checker *c, expr *e)
{
    expr *then_branch = e->as.if_.then_branch;
    if (e->as.if_.else_branch != NULL) {
        e->type = check_unify(c, e->span, then_branch, e->as.if_.else_branch);
        return;
    }
    e->type = ctype_unit();
    if (then_branch->type != NULL && !ctype_is_unit(then_branch->type))
        type_error(c, check_blamed(then_branch)->span,
                   "an `if` without `else` must yield (), found %s; end the block with a statement "
                   "that has no value, or add `else`",
                   type_text(c, then_branch->type));
}

static bool is_if(const expr *e)
{
    return e != NULL && e->kind == EXPR_IF;
}

/* The whole chain of else-ifs, without recursion: its types go from the last if to the first. */
static void check_if(checker *c, expr *e)
{
    buffer chain;
    buffer_init(&chain, SIZE_MAX / 4);
    expr *last = e;
    for (; is_if(last) && !c->out_of_memory; last = last->as.if_.else_branch) {
        checker_push(c, &chain, &last, sizeof last);
        check_expr_as(c, last->as.if_.condition, ctype_scalar(CTYPE_BOOL));
        check_expr(c, last->as.if_.then_branch);
    }
    if (last != NULL && !c->out_of_memory)
        check_expr(c, last);
    expr *const *ifs = (expr *const *)(const void *)chain.bytes;
    for (size_t i = chain.failed ? 0 : chain.len / sizeof *ifs; i-- > 0;)
        check_if_type(c, ifs[i]);
    buffer_clear(&chain);
}

/* Arms of another type than the common one: only numbers follow (T35). */
static const ctype *unify_arms(checker *c, const match_arm *arms, size_t n)
{
    expr **bodies = checker_new(c, n, sizeof(expr *));
    if (bodies == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        bodies[i] = arms[i].body;
    const ctype *t = common_type(bodies, n);
    bool ok = t != NULL;
    for (size_t i = 0; i < n; i++) {
        if (bodies[i]->type == NULL || ctype_equal(bodies[i]->type, t))
            continue;
        if (ctype_is_integer(bodies[i]->type)) {
            ok = check_adapt(c, bodies[i], t) && ok;
        } else {
            report_mismatch(c, check_blamed(bodies[i])->span, t, bodies[i]->type);
            ok = false;
        }
    }
    return ok ? t : NULL;
}

static void check_match(checker *c, expr *e)
{
    expr *scrutinee = e->as.match.scrutinee;
    check_expr(c, scrutinee);
    const ctype *t = scrutinee->type;
    if (t != NULL && t->kind == CTYPE_ARRAY) {
        type_error(c, scrutinee->span, "cannot match on an array (%s)", type_text(c, t));
        t = NULL;
    }
    bool ok = t != NULL;
    for (size_t i = 0; i < e->as.match.n_arms; i++) {
        match_arm *arm = &e->as.match.arms[i];
        const size_t mark = scope_open(c);
        ok = check_arm_pattern(c, arm->pattern, t) && ok;
        check_block(c, arm->body);
        scope_close(c, mark);
    }
    const span header = {e->span.line, e->span.column, scrutinee->span.end_line,
                         scrutinee->span.end_column};
    if (ok)
        check_exhaustive(c, header, t, e->as.match.arms, e->as.match.n_arms);
    e->type = unify_arms(c, e->as.match.arms, e->as.match.n_arms);
}

void check_expr(checker *c, expr *e)
{
    switch (e->kind) {
    case EXPR_BOOL:
        e->type = ctype_scalar(CTYPE_BOOL);
        break;
    case EXPR_NUMBER:
        e->type = ctype_scalar(e->as.number.suffix);
        break;
    case EXPR_RANGE:
        check_range(c, e);
        break;
    case EXPR_NAME:
        check_name(c, e);
        break;
    case EXPR_TUPLE:
        check_tuple(c, e);
        break;
    case EXPR_ARRAY:
        check_array(c, e);
        break;
    case EXPR_REPEAT:
        check_repeat(c, e);
        break;
    case EXPR_STRUCT:
        check_struct_literal(c, e);
        break;
    case EXPR_VARIANT:
        check_variant_literal(c, e);
        break;
    case EXPR_CALL:
        check_call(c, e);
        break;
    case EXPR_JOIN:
        check_join(c, e);
        break;
    case EXPR_INDEX:
    case EXPR_TUPLE_FIELD:
    case EXPR_FIELD:
        check_access(c, e);
        break;
    case EXPR_UNARY:
        check_unary(c, e);
        break;
    case EXPR_BINARY:
        check_binary(c, e);
        break;
    case EXPR_CAST:
        check_cast(c, e);
        break;
    case EXPR_IF:
        check_if(c, e);
        break;
    case EXPR_MATCH:
        check_match(c, e);
        break;
    case EXPR_BLOCK:
        check_block(c, e);
        break;
    }
}
