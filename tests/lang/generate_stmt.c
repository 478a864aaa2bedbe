/* Statements of generated programs. */
#include "lang/generate_impl.h"

#include <string.h>

#define MAX_DEPTH 5

void gen_newline(generator *g)
{
    buffer_printf(g->out, "\n%*s", (int)(2 * g->indent), "");
}

/* ---- let ---- */

static void let_annotated(generator *g)
{
    const gen_type *type = gen_random_type(g, 2);
    const bool is_mutable = !chance(g->c, 1, 3);
    const char *name = gen_new_name(g);
    buffer_printf(g->out, "let %s%s: ", is_mutable ? "mut " : "", name);
    gen_print_type(g->out, type);
    buffer_printf(g->out, " = ");
    gen_expr(g, type, true);
    buffer_printf(g->out, ";");
    gen_add_var(g, name, type, is_mutable);
}

static void let_plain(generator *g)
{
    const gen_type *type = gen_random_type(g, 2);
    const bool is_mutable = !chance(g->c, 1, 3);
    const char *name = gen_new_name(g);
    buffer_printf(g->out, "let %s%s = ", is_mutable ? "mut " : "", name);
    gen_expr(g, type, false);
    buffer_printf(g->out, ";");
    gen_add_var(g, name, type, is_mutable);
}

/* A number that keeps no type (T14, T15), or becomes an i32. */
static void let_unsuffixed(generator *g)
{
    const char *name = gen_new_name(g);
    const bool is_mutable = chance(g->c, 1, 3), is_negative = chance(g->c, 1, 4);
    const gen_kind kind = is_mutable ? GEN_I32 : is_negative ? GEN_NEGATIVE : GEN_UNSUFFIXED;
    buffer_printf(g->out, "let %s%s = %s%u;", is_mutable ? "mut " : "", name,
                  is_negative ? "-" : "",
                  chance(g->c, 1, 4) ? 2147483640 + choose(g->c, 8) : choose(g->c, 300));
    gen_add_var(g, name, gen_scalar(kind), is_mutable);
}

/* Several such numbers, which stay what they are in a plain let, and become i32 in a let mut. */
static void let_unsuffixed_parts(generator *g)
{
    const char *name = gen_new_name(g);
    const bool is_mutable = chance(g->c, 1, 3), is_tuple = chance(g->c, 1, 2);
    const bool is_negative = chance(g->c, 1, 3);
    const uint32_t n = 2 + choose(g->c, 2);
    const gen_type *number = gen_scalar(is_negative ? GEN_NEGATIVE : GEN_UNSUFFIXED);
    if (is_mutable)
        number = gen_scalar(GEN_I32);
    const gen_type *parts[3] = {number, number, number};
    buffer_printf(g->out, "let %s%s = %s", is_mutable ? "mut " : "", name, is_tuple ? "(" : "[");
    for (uint32_t i = 0; i < n; i++)
        buffer_printf(g->out, "%s%s%u", i == 0 ? "" : ", ", is_negative ? "-" : "",
                      choose(g->c, 9) * (1 + choose(g->c, 40)));
    buffer_printf(g->out, is_tuple ? ");" : "];");
    gen_add_var(g, name, is_tuple ? gen_tuple(g, parts, n) : gen_array(g, number, n, NULL),
                is_mutable);
}

/* Something to assign to by longer paths. */
static void let_nested(generator *g)
{
    const gen_type *inner = gen_random_type(g, 1);
    inner = gen_array(g, inner, 1 + choose(g->c, 3), NULL);
    if (chance(g->c, 1, 2)) {
        const gen_type *parts[2] = {gen_random_scalar(g), inner};
        inner = gen_tuple(g, parts, 2);
    }
    const gen_type *type = gen_array(g, inner, 1 + choose(g->c, 4), NULL);
    const char *name = gen_new_name(g);
    buffer_printf(g->out, "let mut %s = ", name);
    gen_expr(g, type, false);
    buffer_printf(g->out, ";");
    gen_add_var(g, name, type, true);
}

static void let_pattern(generator *g)
{
    const gen_type *type = gen_random_type(g, 2);
    /* The pattern comes first in the text, but its variables are bound after the value. */
    const size_t mark = g->n_vars;
    buffer_printf(g->out, "let ");
    gen_pattern(g, type, false);
    gen_var bound[GEN_MAX_VARS];
    const size_t n = g->n_vars - mark;
    memcpy(bound, g->vars + mark, n * sizeof *bound);
    g->n_vars = mark;
    buffer_printf(g->out, " = ");
    gen_expr(g, type, false);
    buffer_printf(g->out, ";");
    memcpy(g->vars + mark, bound, n * sizeof *bound);
    g->n_vars = mark + n;
}

/* ---- Assignment ---- */

/* A path into the variable; its type is returned. */
static const gen_type *target_of(generator *g, const gen_var *var)
{
    const bool before = g->no_assignments;
    g->no_assignments = true;
    const gen_type *type = var->type;
    buffer_printf(g->out, "%s", var->name);
    for (;;) {
        if (type->kind == GEN_ARRAY && !gen_is_empty(type->element) && !chance(g->c, 1, 4)) {
            buffer_printf(g->out, "[");
            gen_index(g, type->length);
            buffer_printf(g->out, "]");
            (void)gen_spend(g, (uint32_t)type->length);
            type = type->element;
        } else if (type->n_parts > 0 && !chance(g->c, 1, 4)) {
            const size_t part = choose(g->c, (uint32_t)type->n_parts);
            if (gen_is_empty(type->parts[part]))
                break;
            if (type->kind == GEN_STRUCT)
                buffer_printf(g->out, ".%s", type->field_names[part]);
            else
                buffer_printf(g->out, ".%zu", part);
            type = type->parts[part];
        } else {
            break;
        }
    }
    g->no_assignments = before;
    return type;
}

static void compound(generator *g, const gen_type *type)
{
    static const char *const ops[] = {
        "+=", "-=", "^=", "&=", "|=", "*=", "/=", "%=", "<<=", ">>=", "+=", "+="};
    const uint32_t op = type->kind == GEN_BOOL ? 2 + choose(g->c, 3) : choose(g->c, 12);
    const bool is_shift = op == 8 || op == 9;
    buffer_printf(g->out, " %s ", ops[op]);
    if (op >= 6 && op < 10 && !chance(g->c, 1, 4))
        buffer_printf(g->out, "%u", 1 + choose(g->c, gen_width(type) - 1));
    else
        gen_expr(g, is_shift ? gen_scalar(GEN_U8) : type, true);
}

static bool assignment(generator *g)
{
    size_t candidates[GEN_MAX_VARS], n = 0;
    for (size_t i = 0; i < g->n_vars; i++)
        if (g->vars[i].is_mutable && gen_is_visible(g, i) && !gen_is_empty(g->vars[i].type) &&
            !(g->no_struct_literals && gen_has_struct(g->vars[i].type)))
            candidates[n++] = i;
    if (n == 0 || g->no_assignments)
        return false;
    size_t at = choose(g->c, (uint32_t)n);
    while (at > 0 && g->vars[candidates[at]].type->kind != GEN_ARRAY && chance(g->c, 1, 2))
        at--; /* rather an array */
    const gen_var var = g->vars[candidates[at]];
    const gen_type *type = target_of(g, &var);
    if (type->kind <= GEN_USIZE && chance(g->c, 1, 2)) {
        compound(g, type);
    } else {
        buffer_printf(g->out, " = ");
        gen_expr(g, type, true);
    }
    buffer_printf(g->out, ";");
    return true;
}

/* ---- Control ---- */

static void if_stmt(generator *g)
{
    buffer_printf(g->out, "if ");
    gen_head(g, gen_scalar(GEN_BOOL));
    buffer_printf(g->out, " ");
    gen_block(g, NULL, false);
    if (chance(g->c, 1, 2)) {
        buffer_printf(g->out, " else ");
        gen_block(g, NULL, false);
    }
}

/* The sequence of a loop and its length; the variables are bound. */
static size_t loop_head(generator *g)
{
    const size_t mark = g->n_vars;
    const char *name = gen_new_name(g);
    const uint32_t n = 1 + choose(g->c, 4), first = choose(g->c, 3);
    switch (choose(g->c, 4)) {
    case 0: {
        const gen_type *type = gen_scalar(GEN_U8);
        buffer_printf(g->out, "for %s in %uu8..%uu8 ", name, first, first + n);
        gen_add_var(g, name, type, false);
        return n;
    }
    case 1:
        buffer_printf(g->out, "for %s in %u..%u ", name, first, first + n);
        gen_add_var(g, name, gen_scalar(GEN_UNSUFFIXED), false);
        return n;
    default:
        break;
    }
    const gen_type *element = gen_random_type(g, 1);
    const gen_type *array = gen_array(g, element, n, NULL);
    for (size_t i = 0; i < g->n_vars; i++)
        if (g->vars[i].type->kind == GEN_ARRAY && gen_is_visible(g, i) && chance(g->c, 1, 2))
            array = g->vars[i].type;
    const bool before = g->no_struct_literals;
    g->no_struct_literals = true;
    const gen_var *whole = NULL;
    for (size_t i = 0; gen_has_unsuffixed(array) && i < g->n_vars; i++)
        if (gen_is_visible(g, i) && g->vars[i].type == array)
            whole = &g->vars[i];
    if (!gen_can_make(g, array))
        array = gen_array(g, gen_scalar(GEN_I8), n, NULL);
    g->no_struct_literals = before;
    buffer_printf(g->out, "for ");
    gen_pattern(g, array->element, false);
    gen_var bound[GEN_MAX_VARS];
    const size_t n_bound = g->n_vars - mark;
    memcpy(bound, g->vars + mark, n_bound * sizeof *bound);
    g->n_vars = mark;
    buffer_printf(g->out, " in ");
    if (whole != NULL)
        buffer_printf(g->out, "%s", whole->name);
    else
        gen_head(g, array);
    buffer_printf(g->out, " ");
    memcpy(g->vars + mark, bound, n_bound * sizeof *bound);
    g->n_vars = mark + n_bound;
    return array->length;
}

/* Rows of jl and jr with equal keys: inside the body, or as the elements of an array (S30, S31). */
static bool join_head(generator *g)
{
    const gen_var *left = gen_find_var(g, "jl"), *right = gen_find_var(g, "jr");
    if (left == NULL || right == NULL)
        return false;
    const gen_type *pair[2] = {left->type->element, right->type->element};
    const bool keyed = pair[0]->kind == GEN_TUPLE;
    (void)gen_spend(g, 60);
    buffer_printf(g->out, "for ");
    if (keyed && chance(g->c, 2, 3)) {
        gen_pattern(g, gen_tuple(g, pair, 2), false);
        buffer_printf(g->out, " in join_iter(jl, jr) ");
    } else {
        const gen_type *row[3] = {gen_scalar(GEN_BOOL), pair[0], pair[1]};
        gen_pattern(g, gen_tuple(g, row, keyed ? 3 : 2), false);
        buffer_printf(g->out, " in join(jl, jr) ");
    }
    return true;
}

static void loop(generator *g)
{
    const size_t mark = g->n_vars;
    const uint32_t repetitions = g->repetitions;
    size_t n = 5;
    if (!chance(g->c, 1, 4) || !join_head(g))
        n = loop_head(g);
    g->repetitions *= n == 0 ? 1 : (uint32_t)n;
    gen_block(g, NULL, false);
    g->repetitions = repetitions;
    g->n_vars = mark;
}

/* ---- Blocks ---- */

/* True when what was written is an if, match or block, which a `-` behind it would prolong. */
static bool statement(generator *g)
{
    const bool can_nest = g->depth < MAX_DEPTH && gen_spend(g, 1);
    if (chance(g->c, 2, 5) && assignment(g))
        return false;
    switch (choose(g->c, can_nest ? 16 : 11)) {
    case 9:
        let_unsuffixed_parts(g);
        return false;
    case 10:
        let_nested(g);
        return false;
    case 5:
        let_unsuffixed(g);
        return false;
    case 6:
        let_pattern(g);
        return false;
    case 0:
    case 7:
        let_plain(g);
        return false;
    case 8:
        let_annotated(g);
        return false;
    case 11:
        if_stmt(g);
        return true;
    case 12:
    case 13:
        loop(g);
        return false;
    case 14:
        gen_match(g, NULL, false);
        return true;
    case 15:
        if_stmt(g);
        return true;
    default:
        if (!assignment(g))
            let_annotated(g);
        return false;
    }
}

void gen_block(generator *g, const gen_type *type, bool pushed)
{
    const size_t mark = g->n_vars;
    const bool nested = g->depth > 0;
    buffer_printf(g->out, "{");
    g->indent++;
    g->depth++;
    uint32_t n = choose(g->c, nested ? 3 : 7);
    if (type == NULL)
        n++;
    for (; n > 0 && g->fuel > 0 && g->n_vars < GEN_MAX_VARS - 30; n--) {
        gen_newline(g);
        const bool is_open = statement(g);
        if (is_open && (type != NULL || chance(g->c, 1, 4)))
            buffer_printf(g->out, ";");
    }
    if (type != NULL) {
        gen_newline(g);
        if (chance(g->c, 1,
                   12)) { /* a `;` does not discard it, if it is no if, match or block (Q2) */
            gen_leaf(g, type, pushed);
            buffer_printf(g->out, ";");
        } else {
            gen_expr(g, type, pushed);
        }
    }
    g->depth--;
    g->indent--;
    gen_newline(g);
    buffer_printf(g->out, "}");
    g->n_vars = mark;
}
