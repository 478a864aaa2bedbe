/* Expressions of generated programs. */
#include "lang/generate_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 6

bool gen_spend(generator *g, uint32_t amount)
{
    const uint64_t cost = (uint64_t)amount * g->repetitions;
    if (cost > g->fuel)
        return false;
    g->fuel -= (uint32_t)cost;
    return true;
}

static uint32_t pick(generator *g, size_t n)
{
    return choose(g->c, (uint32_t)n);
}

/* ---- Numbers ---- */

/* Two's complement of the type's width; corner cases most of the time. */
static uint64_t corner_value(generator *g, const gen_type *t)
{
    const unsigned width = gen_width(t);
    const uint64_t mask = UINT64_MAX >> (64 - width);
    const uint64_t max = gen_is_signed(t) ? mask >> 1 : mask;
    switch (choose(g->c, 12)) {
    case 6:
        return max - choose(g->c, 3);
    case 7:
        return (max + 1 + choose(g->c, 2)) & mask; /* the minimum, or 0 */
    case 8:
        return (mask - choose(g->c, 4)) & mask; /* -1, .. */
    case 9:
        return (uint64_t)1 << choose(g->c, width);
    case 10:
        return choose_bits(g->c) & mask;
    case 11:
        return width - 1 + choose(g->c, 2);
    default:
        return choose(g->c, 5);
    }
}

static void print_number(generator *g, const gen_type *t, uint64_t bits, bool suffix)
{
    const unsigned width = gen_width(t);
    const bool negative = gen_is_signed(t) && bits >> (width - 1) & 1;
    const uint64_t magnitude = negative ? (~bits + 1) & (UINT64_MAX >> (64 - width)) : bits;
    buffer_printf(g->out, "%s%" PRIu64 "%s", negative ? "-" : "", magnitude, suffix ? t->name : "");
}

void gen_number(generator *g, const gen_type *type, bool pushed)
{
    const uint64_t bits = corner_value(g, type);
    print_number(g, type, bits, !pushed || choose(g->c, 2));
}

/* ---- Paths ---- */

typedef struct places {
    const gen_type *wanted;
    bool pushed;
    size_t n;
    const char *texts[GEN_MAX_PLACES];
} places;

/* Adds the places of the type wanted at `path` and in its parts. */
static void find_places(generator *g, places *p, const char *path, const gen_type *type,
                        unsigned depth)
{
    if (p->n == GEN_MAX_PLACES)
        return;
    if (gen_type_equal(type, p->wanted) || (p->pushed && gen_converts(type, p->wanted)))
        p->texts[p->n++] = path;
    if (depth == 0)
        return;
    for (size_t i = 0; i < type->n_parts; i++) {
        const char *text = type->kind == GEN_STRUCT
                               ? gen_text(g, "%s.%s", path, type->field_names[i])
                               : gen_text(g, "%s.%zu", path, i);
        find_places(g, p, text, type->parts[i], depth - 1);
    }
    if (type->kind == GEN_ARRAY && type->length > 0)
        find_places(g, p, gen_text(g, "%s[%u]", path, pick(g, type->length)), type->element,
                    depth - 1);
}

static void find_all_places(generator *g, places *p)
{
    for (size_t i = g->n_vars; i > 0; i--)
        if (gen_is_visible(g, i - 1))
            find_places(g, p, g->vars[i - 1].name, g->vars[i - 1].type, 2);
}

bool gen_can_make(const generator *g, const gen_type *type)
{
    if (!g->no_struct_literals || !gen_has_struct(type))
        return true;
    for (size_t i = 0; i < g->n_vars; i++)
        if (gen_is_visible(g, i) && gen_type_equal(g->vars[i].type, type))
            return true;
    return false;
}

/* ---- Literals of all types ---- */

typedef void (*gen_fn)(generator *g, const gen_type *type, bool pushed);

static void variant_of(generator *g, const gen_type *type, gen_fn part)
{
    const gen_variant *v = &type->variants[pick(g, type->n_variants)];
    buffer_printf(g->out, "%s::%s", type->name, v->name);
    if (!v->has_parens)
        return;
    buffer_printf(g->out, "(");
    for (size_t i = 0; i < v->n_fields; i++) {
        buffer_printf(g->out, i == 0 ? "" : ", ");
        part(g, v->fields[i], true);
    }
    buffer_printf(g->out, ")");
}

static void struct_of(generator *g, const gen_type *type, gen_fn part)
{
    const size_t first = pick(g, type->n_parts); /* fields in any order (T36) */
    buffer_printf(g->out, "%s { ", type->name);
    for (size_t i = 0; i < type->n_parts; i++) {
        const size_t k = (first + i) % type->n_parts;
        buffer_printf(g->out, "%s%s: ", i == 0 ? "" : ", ", type->field_names[k]);
        part(g, type->parts[k], true);
    }
    buffer_printf(g->out, " }");
}

static void range_of(generator *g, const gen_type *type, bool pushed)
{
    const uint64_t first = choose(g->c, 4);
    const char *suffix = pushed && chance(g->c, 1, 2) ? "" : type->element->name;
    buffer_printf(g->out, "%" PRIu64 "%s..%" PRIu64 "%s", first, suffix, first + type->length,
                  suffix);
}

/* Elements after the first are checked against its type (T30): unless it is a number, that must be
 * complete. */
static void array_of(generator *g, const gen_type *type, bool pushed, gen_fn part)
{
    if (gen_is_integer(type->element) && !gen_is_signed(type->element) && type->size_name == NULL &&
        type->length > 0 && chance(g->c, 1, 6)) {
        buffer_printf(g->out, "(");
        range_of(g, type, pushed);
        buffer_printf(g->out, ")");
        return;
    }
    buffer_printf(g->out, "[");
    if (type->size_name != NULL || type->length == 0 || chance(g->c, 1, 3)) {
        part(g, type->element, pushed);
        if (type->size_name != NULL)
            buffer_printf(g->out, "; %s]", type->size_name);
        else
            buffer_printf(g->out, "; %zu]", type->length);
        return;
    }
    for (size_t i = 0; i < type->length; i++) {
        buffer_printf(g->out, i == 0 ? "" : ", ");
        part(g, type->element, i > 0 || (pushed && type->element->kind <= GEN_USIZE));
    }
    buffer_printf(g->out, "]");
}

static void tuple_of(generator *g, const gen_type *type, bool pushed, gen_fn part)
{
    buffer_printf(g->out, "(");
    for (size_t i = 0; i < type->n_parts; i++) {
        buffer_printf(g->out, i == 0 ? "" : ", ");
        part(g, type->parts[i], pushed);
    }
    buffer_printf(g->out, type->n_parts == 1 ? ",)" : ")");
}

static void composite_of(generator *g, const gen_type *type, bool pushed, gen_fn part)
{
    g->depth++;
    if (type->kind == GEN_TUPLE)
        tuple_of(g, type, pushed, part);
    else if (type->kind == GEN_ARRAY)
        array_of(g, type, pushed, part);
    else if (type->kind == GEN_STRUCT)
        struct_of(g, type, part);
    else
        variant_of(g, type, part);
    g->depth--;
}

void gen_leaf(generator *g, const gen_type *type, bool pushed)
{
    (void)gen_spend(g, 1);
    places p = {.wanted = type, .pushed = pushed};
    find_all_places(g, &p);
    const bool must_read = g->no_struct_literals && gen_has_struct(type);
    if (p.n > 0 && (must_read || !chance(g->c, 1, 4)))
        buffer_printf(g->out, "%s", p.texts[pick(g, p.n)]);
    else if (type->kind == GEN_BOOL)
        buffer_printf(g->out, chance(g->c, 1, 2) ? "true" : "false");
    else if (gen_is_integer(type))
        gen_number(g, type, pushed);
    else
        composite_of(g, type, pushed, gen_leaf);
}

/* ---- Operators ---- */

static void operator_between(generator *g, const char *op)
{
    buffer_printf(g->out, " %s", op);
    if (chance(g->c, 1, 12))
        gen_newline(g);
    else
        buffer_printf(g->out, " ");
}

/* Both operands of one type; at least one of them has it without being told (T11). */
static void unified_operands(generator *g, const gen_type *type, const char *op, bool pushed)
{
    const bool push_left = pushed || (type->kind <= GEN_USIZE && chance(g->c, 1, 4));
    const bool push_right = pushed || (type->kind <= GEN_USIZE && !push_left);
    gen_operand(g, type, push_left);
    operator_between(g, op);
    gen_operand(g, type, push_right);
}

static void arithmetic(generator *g, const gen_type *type, bool pushed)
{
    static const char *const ops[] = {"+", "-", "*", "/", "%", "+", "+"};
    const uint32_t op = choose(g->c, 7);
    const uint32_t width = gen_width(type);
    if (op >= 2 && op <= 4)
        (void)gen_spend(g, width * width / 64);
    if (op >= 3 && op <= 4 && !chance(g->c, 1, 3)) { /* most programs should not panic */
        gen_operand(g, type, pushed);
        if (gen_is_signed(type) && chance(g->c, 1, 4))
            buffer_printf(g->out, " %s -1", ops[op]); /* D5 */
        else
            buffer_printf(g->out, " %s %u", ops[op], 1 + choose(g->c, 20));
        return;
    }
    unified_operands(g, type, ops[op], pushed);
}

static void bitwise(generator *g, const gen_type *type, bool pushed)
{
    static const char *const ops[] = {"&", "|", "^"};
    unified_operands(g, type, ops[choose(g->c, 3)], pushed);
}

static void shift(generator *g, const gen_type *type, bool pushed)
{
    gen_operand(g, type, pushed);
    operator_between(g, chance(g->c, 1, 2) ? ">>" : "<<");
    if (chance(g->c, 1, 6))
        gen_operand(g, gen_scalar(GEN_U8), true);
    else
        buffer_printf(g->out, "%u", pick(g, gen_width(type) + (chance(g->c, 1, 12) ? 2 : 0)));
}

static void compare(generator *g)
{
    static const char *const ops[] = {"<", ">", "<=", ">=", "==", "!="};
    unified_operands(g, gen_random_integer(g), ops[choose(g->c, 6)], false);
}

static void equal(generator *g)
{
    const gen_type *type = gen_random_type(g, 2);
    if (!gen_can_make(g, type))
        type = gen_scalar(GEN_BOOL);
    unified_operands(g, type, chance(g->c, 1, 2) ? "!=" : "==", false);
}

static void lazy(generator *g)
{
    gen_operand(g, gen_scalar(GEN_BOOL), false);
    operator_between(g, chance(g->c, 1, 2) ? "||" : "&&");
    gen_operand(g, gen_scalar(GEN_BOOL), false);
}

static void cast(generator *g, const gen_type *type)
{
    const gen_type *from = gen_random_scalar(g);
    gen_operand(g, from, false);
    buffer_printf(g->out, " as %s", type->name);
}

/* ---- Parts of larger values ---- */

/* Any usize. Numbers past the end of the array would be rejected, so none stands alone. */
static void any_index(generator *g,
                      void (*make)(generator *g, const gen_type *type, bool unsuffixed))
{
    buffer_printf(g->out, "0usize + (");
    make(g, gen_scalar(GEN_USIZE), true);
    buffer_printf(g->out, ")");
}

void gen_index(generator *g, size_t length)
{
    g->depth++;
    switch (choose(g->c, 20)) {
    case 16:
    case 17:
    case 18:
    case 19: /* rarely a usize is at hand */
        buffer_printf(g->out, "(");
        gen_leaf(g, gen_scalar(GEN_U8), false);
        buffer_printf(g->out, " as usize)");
        if (length > 0)
            buffer_printf(g->out, " %% %zu", length);
        break;
    case 9:
        buffer_printf(g->out, "0usize + %zu", length + choose(g->c, 2)); /* out of bounds */
        break;
    case 10:
    case 11:
    case 12:
    case 13:
        if (length > 0) {
            gen_operand(g, gen_scalar(GEN_USIZE), false);
            buffer_printf(g->out, " %% %zu", length);
            break;
        }
        any_index(g, gen_expr);
        break;
    case 14:
        any_index(g, gen_expr);
        break;
    case 15:
        any_index(g, gen_leaf);
        break;
    default:
        if (length > 0)
            buffer_printf(g->out, "%u", pick(g, length));
        else
            buffer_printf(g->out, "0usize + 0");
        break;
    }
    g->depth--;
}

static void index_into(generator *g, const gen_type *type)
{
    const gen_type *array = gen_array(g, type, 1 + choose(g->c, 4), NULL);
    for (size_t i = 0; i < g->n_vars; i++) /* rather a variable, whatever its length */
        if (gen_is_visible(g, i) && g->vars[i].type->kind == GEN_ARRAY &&
            gen_type_equal(g->vars[i].type->element, type)) {
            array = g->vars[i].type;
            break;
        }
    (void)gen_spend(g, (uint32_t)array->length);
    gen_operand(g, array, false);
    buffer_printf(g->out, "[");
    gen_index(g, array->length);
    buffer_printf(g->out, "]");
}

static void part_of_tuple(generator *g, const gen_type *type)
{
    const gen_type *parts[2] = {gen_random_type(g, 1), gen_random_type(g, 1)};
    const size_t wanted = choose(g->c, 2);
    parts[wanted] = type;
    const gen_type *tuple = gen_tuple(g, parts, 2);
    if (!gen_can_make(g, tuple)) {
        gen_leaf(g, type, false);
        return;
    }
    gen_operand(g, tuple, false);
    buffer_printf(g->out, ".%zu", wanted);
}

/* ---- Control ---- */

void gen_head(generator *g, const gen_type *type)
{
    const bool before = g->no_struct_literals;
    g->no_struct_literals = true;
    gen_expr(g, type, false);
    g->no_struct_literals = before;
}

/* Types are not compared below the surface before they are pushed down (T11). */
static void if_of(generator *g, const gen_type *type, bool pushed)
{
    const bool is_scalar = type->kind <= GEN_USIZE;
    pushed = pushed && is_scalar;
    buffer_printf(g->out, "if ");
    gen_head(g, gen_scalar(GEN_BOOL));
    buffer_printf(g->out, " ");
    gen_block(g, type, pushed);
    buffer_printf(g->out, " else ");
    if (chance(g->c, 1, 4) && gen_spend(g, 1) && g->depth < MAX_DEPTH) {
        g->depth++;
        if_of(g, type, pushed);
        g->depth--;
    } else {
        gen_block(g, type, is_scalar);
    }
}

static bool call_of(generator *g, const gen_type *type)
{
    for (size_t i = 0; i < g->n_functions; i++) {
        gen_function *f = &g->functions[i];
        bool usable = gen_type_equal(f->result, type);
        for (size_t k = 0; usable && k < f->n_params; k++)
            usable = gen_can_make(g, f->params[k]);
        if (!usable || !gen_spend(g, f->cost))
            continue;
        f->is_called = true;
        buffer_printf(g->out, "%s(", f->name);
        for (size_t k = 0; k < f->n_params; k++) {
            buffer_printf(g->out, k == 0 ? "" : ", ");
            gen_expr(g, f->params[k], true);
        }
        buffer_printf(g->out, ")");
        return true;
    }
    return false;
}

static void common(generator *g, const gen_type *type, bool pushed)
{
    switch (choose(g->c, 7)) {
    case 0:
        if (call_of(g, type))
            return;
        gen_leaf(g, type, pushed);
        return;
    case 1:
        if_of(g, type, pushed);
        return;
    case 2:
        index_into(g, type);
        return;
    case 3:
        gen_match(g, type, pushed);
        return;
    case 4:
        part_of_tuple(g, type);
        return;
    case 5:
        gen_block(g, type, pushed);
        return;
    default:
        if_of(g, type, pushed);
        return;
    }
}

static void integer(generator *g, const gen_type *type, bool pushed)
{
    switch (choose(g->c, 14)) {
    case 0:
        gen_leaf(g, type, pushed);
        return;
    case 1:
    case 2:
    case 3:
        arithmetic(g, type, pushed);
        return;
    case 4:
    case 5:
    case 6:
        bitwise(g, type, pushed);
        return;
    case 7:
        shift(g, type, pushed);
        return;
    case 8:
        if (gen_is_signed(type) && chance(g->c, 1, 2)) {
            buffer_printf(g->out, "-");
            gen_operand(g, type, false); /* -(2 + 3) needs signed numbers (T22) */
            return;
        }
        buffer_printf(g->out, "!");
        gen_operand(g, type, pushed);
        return;
    case 9:
        cast(g, type);
        return;
    default:
        common(g, type, pushed);
        return;
    }
}

static void boolean(generator *g)
{
    switch (choose(g->c, 10)) {
    case 0:
        gen_leaf(g, gen_scalar(GEN_BOOL), false);
        return;
    case 1:
    case 2:
    case 3:
        compare(g);
        return;
    case 4:
        equal(g);
        return;
    case 5:
    case 6:
        lazy(g);
        return;
    case 7:
        bitwise(g, gen_scalar(GEN_BOOL), false);
        return;
    case 8:
        if (chance(g->c, 1, 3)) {
            cast(g, gen_scalar(GEN_BOOL));
            return;
        }
        buffer_printf(g->out, "!");
        gen_operand(g, gen_scalar(GEN_BOOL), false);
        return;
    default:
        common(g, gen_scalar(GEN_BOOL), false);
        return;
    }
}

void gen_expr(generator *g, const gen_type *type, bool pushed)
{
    const bool must_read = g->no_struct_literals && gen_has_struct(type);
    if (g->depth >= MAX_DEPTH || must_read || !gen_spend(g, 1)) {
        gen_leaf(g, type, pushed);
        return;
    }
    g->depth++;
    if (gen_is_integer(type))
        integer(g, type, pushed);
    else if (type->kind == GEN_BOOL)
        boolean(g);
    else if (chance(g->c, 1, 3))
        common(g, type, pushed);
    else if (chance(g->c, 1, 2))
        composite_of(g, type, pushed, gen_expr);
    else
        gen_leaf(g, type, pushed);
    g->depth--;
}

void gen_operand(generator *g, const gen_type *type, bool pushed)
{
    if (type->kind <= GEN_USIZE && chance(g->c, 1, 2)) {
        gen_leaf(g, type, pushed);
        return;
    }
    buffer_printf(g->out, "(");
    gen_expr(g, type, pushed);
    buffer_printf(g->out, ")");
}
