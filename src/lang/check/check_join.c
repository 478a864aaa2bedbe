/* join and join_iter (spec S30, S31). */
#include "lang/check/checker.h"

/* Both arguments' element types; false after an error. */
static bool check_tables(checker *c, const expr *e, const ctype **ret_rows)
{
    for (size_t i = 0; i < e->as.call.n_args; i++)
        check_expr(c, e->as.call.args[i]);
    if (e->as.call.n_args != 2) {
        type_error(c, e->span, "wrong number of arguments: `%s` takes 2, found %zu",
                   e->as.call.name.text, e->as.call.n_args);
        return false;
    }
    for (size_t i = 0; i < 2; i++)
        ret_rows[i] = element_type(c, e->as.call.args[i]->span, e->as.call.args[i]->type);
    return ret_rows[0] != NULL && ret_rows[1] != NULL;
}

/* The first field of a row, by which tables are joined. */
static const ctype *key_type(checker *c, const expr *table, const ctype *row)
{
    if (row->kind != CTYPE_TUPLE) {
        type_error(c, table->span, "expected an array of tuples, found elements of type %s",
                   type_text(c, row));
        return NULL;
    }
    return tuple_field_type(c, table->span, row, 0);
}

static bool have_same_keys(checker *c, const expr *e, const ctype *const *rows)
{
    const ctype *left = key_type(c, e->as.call.args[0], rows[0]);
    const ctype *right = key_type(c, e->as.call.args[1], rows[1]);
    if (left == NULL || right == NULL)
        return false;
    if (ctype_equal(left, right))
        return true;
    type_error(c, e->span, "incompatible operands: the keys (first fields) are of types %s and %s",
               type_text(c, left), type_text(c, right));
    return false;
}

static const_expr *new_size_term(checker *c, const_expr_kind kind, span at)
{
    const_expr *e = checker_new(c, 1, sizeof *e);
    if (e != NULL) {
        e->kind = kind;
        e->span = at;
        e->n_nodes = 1;
    }
    return e;
}

static const_expr *usize_number(checker *c, span at, uint64_t value)
{
    const_expr *e = new_size_term(c, CONST_NUMBER, at);
    if (e != NULL)
        e->as.number = (number_lit){.magnitude = value, .suffix = CTYPE_USIZE};
    return e;
}

/* A size as a term of a constant expression. */
static const_expr *size_term(checker *c, span at, const array_size *size)
{
    if (size->kind == SIZE_NUMBER)
        return usize_number(c, at, size->as.number);
    if (size->kind == SIZE_CONSTANT) {
        const_expr *e = new_size_term(c, CONST_NAME, at);
        if (e != NULL) {
            e->as.name.text = size->as.constant->name.text;
            e->as.name.decl = size->as.constant;
        }
        return e;
    }
    const_expr *copy = new_size_term(c, size->as.expr->kind, at);
    if (copy != NULL)
        *copy = *size->as.expr;
    return copy;
}

static const_expr *combine(checker *c, const_expr_kind kind, const_expr *left, const_expr *right)
{
    if (left == NULL || right == NULL)
        return NULL;
    const_expr *e = new_size_term(c, kind, left->span);
    const_expr **operands = checker_new(c, 2, sizeof *operands);
    if (e == NULL || operands == NULL)
        return NULL;
    operands[0] = left;
    operands[1] = right;
    e->as.op.operands = operands;
    e->as.op.n_operands = 2;
    e->n_nodes = 1 + left->n_nodes + right->n_nodes;
    if (e->n_nodes <= CONST_EXPR_MAX_NODES)
        return e;
    type_error(c, left->span, "the size of this join is too large an expression");
    return NULL;
}

/* sa + sb - 1usize, spelled so that a declared type can repeat it (S30) */
static const ctype *joined_array(checker *c, const expr *e, const ctype *row)
{
    const ctype *const a = e->as.call.args[0]->type;
    const ctype *const b = e->as.call.args[1]->type;
    const_expr *sum = combine(c, CONST_ADD, size_term(c, e->span, &a->as.array.size),
                              size_term(c, e->span, &b->as.array.size));
    const_expr *size = combine(c, CONST_SUB, sum, usize_number(c, e->span, 1));
    if (size == NULL)
        return NULL;
    return make_array(c, e->span, row, (array_size){.kind = SIZE_EXPR, .as.expr = size});
}

void check_join(checker *c, expr *e)
{
    const ctype *rows[2];
    if (!check_tables(c, e, rows))
        return;
    const bool of_tuples = rows[0]->kind == CTYPE_TUPLE;
    if (of_tuples) {
        if (!have_same_keys(c, e, rows))
            return;
    } else if (!ctype_equal(rows[0], rows[1])) {
        report_mismatch(c, e->as.call.args[1]->span, e->as.call.args[0]->type,
                        e->as.call.args[1]->type);
        return;
    }
    const ctype **fields = checker_new(c, 3, sizeof *fields);
    if (fields == NULL)
        return;
    fields[0] = ctype_scalar(CTYPE_BOOL);
    fields[1] = rows[0];
    fields[2] = rows[1];
    const ctype *row = make_tuple(c, e->span, fields, of_tuples ? 3 : 2);
    if (row != NULL)
        e->type = joined_array(c, e, row);
}

const ctype *check_join_iter(checker *c, expr *call)
{
    const ctype *rows[2];
    if (!check_tables(c, call, rows))
        return NULL;
    for (size_t i = 0; i < 2; i++) {
        const expr *table = call->as.call.args[i];
        if (table->type->as.array.size.kind != SIZE_EXPR)
            continue;
        type_error(c, table->span,
                   "`join_iter` takes arrays whose size is a number or a constant, found %s",
                   type_text(c, table->type));
        return NULL;
    }
    if (!have_same_keys(c, call, rows))
        return NULL;
    const ctype **pair = checker_new(c, 2, sizeof *pair);
    if (pair == NULL)
        return NULL;
    pair[0] = rows[0];
    pair[1] = rows[1];
    return make_tuple(c, call->span, pair, 2);
}
