/* Patterns and matches of generated programs. */
#include "lang/generate_impl.h"

#include <inttypes.h>
#include <string.h>

/* Variables of one pattern have different names: those from `mark` on are its own. */
static void bind(generator *g, const gen_type *type, size_t mark)
{
    const char *name = gen_new_name(g);
    for (size_t i = mark; i < g->n_vars; i++)
        if (strcmp(g->vars[i].name, name) == 0)
            name = "_";
    if (chance(g->c, 1, 6) || (name[0] >= 'A' && name[0] <= 'Z')) /* not a constant's (D21) */
        name = "_";
    buffer_printf(g->out, "%s", name);
    if (strcmp(name, "_") != 0)
        gen_add_var(g, name, type, false);
}

static void pattern_of(generator *g, const gen_type *type, bool is_refutable, size_t mark);

/* low..=high or low..high+1 with both ends of the type; `low` and `high` of one sign. */
static void number_pattern(generator *g, const gen_type *type)
{
    const unsigned width = gen_width(type);
    const uint64_t max = UINT64_MAX >> (64 - width + (gen_is_signed(type) ? 1 : 0));
    const bool negative = gen_is_signed(type) && chance(g->c, 1, 3);
    const char *suffix = chance(g->c, 1, 3) ? type->name : "";
    const char *sign = negative ? "-" : "";
    uint64_t low = choose(g->c, 6), high = low + choose(g->c, 5);
    if (chance(g->c, 1, 6))
        high = max;
    if (chance(g->c, 1, 12))
        low = high;
    if (negative) { /* from the larger magnitude to the smaller */
        const uint64_t swap = low;
        low = high == max ? max + 1 : high;
        high = swap;
    }
    switch (choose(g->c, 3)) {
    case 1:
        buffer_printf(g->out, "%s%" PRIu64 "%s..=%s%" PRIu64 "%s", sign, low, suffix, sign, high,
                      suffix);
        return;
    case 2: /* the end is not in the range, which must not be empty (D14) */
        if (low == high)
            break;
        buffer_printf(g->out, "%s%" PRIu64 "%s..%s%" PRIu64 "%s", sign, low, suffix, sign, high,
                      suffix);
        return;
    default:
        break;
    }
    buffer_printf(g->out, "%s%" PRIu64 "%s", sign, low, suffix);
}

static void tuple_pattern(generator *g, const gen_type *type, bool is_refutable, size_t mark)
{
    buffer_printf(g->out, "(");
    for (size_t i = 0; i < type->n_parts; i++) {
        buffer_printf(g->out, i == 0 ? "" : ", ");
        pattern_of(g, type->parts[i], is_refutable, mark);
    }
    buffer_printf(g->out, ")");
}

static void struct_pattern(generator *g, const gen_type *type, bool is_refutable, size_t mark)
{
    const size_t first = choose(g->c, (uint32_t)type->n_parts);
    const size_t n = chance(g->c, 1, 3) ? 1 + choose(g->c, (uint32_t)type->n_parts) : type->n_parts;
    buffer_printf(g->out, "%s { ", type->name);
    for (size_t i = 0; i < n; i++) {
        const size_t k = (first + i) % type->n_parts;
        buffer_printf(g->out, "%s%s: ", i == 0 ? "" : ", ", type->field_names[k]);
        pattern_of(g, type->parts[k], is_refutable, mark);
    }
    buffer_printf(g->out, n < type->n_parts ? ", .. }" : " }");
}

static void variant_pattern(generator *g, const gen_type *type, size_t variant, bool is_refutable,
                            size_t mark)
{
    const gen_variant *v = &type->variants[variant];
    buffer_printf(g->out, "%s::%s", type->name, v->name);
    if (!v->has_parens)
        return;
    buffer_printf(g->out, "(");
    for (size_t i = 0; i < v->n_fields; i++) {
        buffer_printf(g->out, i == 0 ? "" : ", ");
        pattern_of(g, v->fields[i], is_refutable, mark);
    }
    buffer_printf(g->out, ")");
}

static void pattern_of(generator *g, const gen_type *type, bool is_refutable, size_t mark)
{
    const bool open = !chance(g->c, 1, 3);
    if (type->kind == GEN_TUPLE && open)
        tuple_pattern(g, type, is_refutable, mark);
    else if (type->kind == GEN_STRUCT && open)
        struct_pattern(g, type, is_refutable, mark);
    else if (type->kind == GEN_ENUM && open && (is_refutable || type->n_variants == 1))
        variant_pattern(g, type, choose(g->c, (uint32_t)type->n_variants), is_refutable, mark);
    else if (type->kind == GEN_BOOL && open && is_refutable)
        buffer_printf(g->out, chance(g->c, 1, 2) ? "true" : "false");
    else if (gen_is_integer(type) && open && is_refutable)
        number_pattern(g, type);
    else
        bind(g, type, mark);
}

void gen_pattern(generator *g, const gen_type *type, bool is_refutable)
{
    pattern_of(g, type, is_refutable, g->n_vars);
}

/* ---- Pieces: patterns that match each value exactly once, without a catch-all (T46, Q14) ---- */

static bool can_split(const gen_type *t)
{
    return t->kind == GEN_BOOL || t->kind == GEN_ENUM || gen_is_integer(t);
}

/* The part of a tuple or struct that is split; n_parts: none. */
static size_t split_part(const gen_type *t)
{
    size_t i = 0;
    while (i < t->n_parts && !can_split(t->parts[i]))
        i++;
    return i;
}

static size_t n_pieces(const gen_type *t)
{
    if (t->kind == GEN_BOOL)
        return 2;
    if (t->kind == GEN_ENUM)
        return t->n_variants;
    if (gen_is_integer(t))
        return 3;
    const size_t part = split_part(t);
    return part < t->n_parts ? n_pieces(t->parts[part]) : 1;
}

static void integer_piece(generator *g, const gen_type *type, size_t piece)
{
    const unsigned width = gen_width(type);
    const uint64_t max = UINT64_MAX >> (64 - width + (gen_is_signed(type) ? 1 : 0));
    if (gen_is_signed(type) && piece == 0)
        buffer_printf(g->out, "-%" PRIu64 "..=-1", max + 1);
    else if (piece == 0)
        buffer_printf(g->out, "0");
    else if (piece == 1)
        buffer_printf(g->out, gen_is_signed(type) ? "0..3" : "1..3");
    else
        buffer_printf(g->out, "3..=%" PRIu64, max);
}

static void piece_pattern(generator *g, const gen_type *type, size_t piece, size_t mark)
{
    if (type->kind == GEN_BOOL) {
        buffer_printf(g->out, piece == 0 ? "true" : "false");
        return;
    }
    if (type->kind == GEN_ENUM) {
        variant_pattern(g, type, piece, false, mark);
        return;
    }
    if (gen_is_integer(type)) {
        integer_piece(g, type, piece);
        return;
    }
    const bool is_struct = type->kind == GEN_STRUCT;
    if (is_struct)
        buffer_printf(g->out, "%s { ", type->name);
    else
        buffer_printf(g->out, "(");
    for (size_t i = 0; i < type->n_parts; i++) {
        buffer_printf(g->out, i == 0 ? "" : ", ");
        if (is_struct)
            buffer_printf(g->out, "%s: ", type->field_names[i]);
        if (i == split_part(type))
            piece_pattern(g, type->parts[i], piece, mark);
        else
            pattern_of(g, type->parts[i], false, mark);
    }
    buffer_printf(g->out, is_struct ? " }" : ")");
}

/* ---- match ---- */

typedef struct arms {
    const gen_type *type; /* NULL: statements */
    bool pushed;
    bool is_first;
} arms;

/* The pattern is written, its variables are bound since `mark`. */
static void arm_body(generator *g, arms *a, size_t mark)
{
    const bool pushed =
        a->type != NULL && a->type->kind <= GEN_USIZE && (a->pushed || !a->is_first);
    buffer_printf(g->out, " => ");
    if (a->type == NULL || chance(g->c, 1, 3))
        gen_block(g, a->type, pushed);
    else
        gen_expr(g, a->type, pushed);
    buffer_printf(g->out, ",");
    gen_newline(g);
    a->is_first = false;
    g->n_vars = mark;
}

static const gen_type *scrutinee_type(generator *g)
{
    const gen_type *type = NULL;
    if (g->n_vars > 0 && !chance(g->c, 1, 4)) {
        const size_t var = choose(g->c, (uint32_t)g->n_vars);
        if (gen_is_visible(g, var))
            type = g->vars[var].type;
    }
    if (type == NULL || gen_has_unsuffixed(type))
        type = gen_random_type(g, 2);
    const bool before = g->no_struct_literals;
    g->no_struct_literals = true;
    const bool possible = gen_can_make(g, type) && type->kind != GEN_ARRAY;
    g->no_struct_literals = before;
    return possible ? type : gen_scalar(GEN_U8);
}

static void all_pieces(generator *g, const gen_type *type, arms *a)
{
    const size_t n = n_pieces(type), first = choose(g->c, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        const size_t mark = g->n_vars;
        piece_pattern(g, type, (first + i) % n, mark);
        arm_body(g, a, mark);
    }
}

static void some_arms(generator *g, const gen_type *type, arms *a)
{
    for (uint32_t n = 1 + choose(g->c, 3); n > 0; n--) {
        const size_t mark = g->n_vars;
        gen_pattern(g, type, true);
        arm_body(g, a, mark);
    }
    const size_t mark = g->n_vars;
    gen_pattern(g, type, false);
    arm_body(g, a, mark);
}

void gen_match(generator *g, const gen_type *type, bool pushed)
{
    arms a = {.type = type, .pushed = pushed, .is_first = true};
    const gen_type *scrutinee = scrutinee_type(g);
    buffer_printf(g->out, "match ");
    gen_head(g, scrutinee);
    buffer_printf(g->out, " {");
    g->indent++;
    gen_newline(g);
    if (chance(g->c, 1, 2))
        all_pieces(g, scrutinee, &a);
    else
        some_arms(g, scrutinee, &a);
    g->indent--;
    buffer_printf(g->out, "}");
}
