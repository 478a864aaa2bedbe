/* Types, names and variables of generated programs. */
#include "lang/generate_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const gen_type scalars[] = {
    [GEN_BOOL] = {.kind = GEN_BOOL, .name = "bool"},
    [GEN_U8] = {.kind = GEN_U8, .name = "u8"},
    [GEN_I8] = {.kind = GEN_I8, .name = "i8"},
    [GEN_U16] = {.kind = GEN_U16, .name = "u16"},
    [GEN_I16] = {.kind = GEN_I16, .name = "i16"},
    [GEN_U32] = {.kind = GEN_U32, .name = "u32"},
    [GEN_I32] = {.kind = GEN_I32, .name = "i32"},
    [GEN_U64] = {.kind = GEN_U64, .name = "u64"},
    [GEN_I64] = {.kind = GEN_I64, .name = "i64"},
    [GEN_USIZE] = {.kind = GEN_USIZE, .name = "usize"},
};

static const gen_type unsuffixed = {.kind = GEN_UNSUFFIXED, .name = "?u"};
static const gen_type negative = {.kind = GEN_NEGATIVE, .name = "?i"};

const gen_type *gen_scalar(gen_kind kind)
{
    return kind == GEN_UNSUFFIXED ? &unsuffixed : kind == GEN_NEGATIVE ? &negative : &scalars[kind];
}

bool gen_is_integer(const gen_type *t)
{
    return t->kind > GEN_BOOL && t->kind <= GEN_USIZE;
}

bool gen_is_signed(const gen_type *t)
{
    return t->kind == GEN_I8 || t->kind == GEN_I16 || t->kind == GEN_I32 || t->kind == GEN_I64;
}

unsigned gen_width(const gen_type *t)
{
    static const unsigned widths[] = {
        [GEN_BOOL] = 1, [GEN_U8] = 8,   [GEN_I8] = 8,   [GEN_U16] = 16, [GEN_I16] = 16,
        [GEN_U32] = 32, [GEN_I32] = 32, [GEN_U64] = 64, [GEN_I64] = 64, [GEN_USIZE] = 32};
    return t->kind <= GEN_USIZE ? widths[t->kind] : 0;
}

bool gen_type_equal(const gen_type *a, const gen_type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind)
        return false;
    if (a->kind == GEN_ARRAY)
        return a->length == b->length && a->size_name == b->size_name &&
               gen_type_equal(a->element, b->element);
    if (a->kind != GEN_TUPLE || a->n_parts != b->n_parts)
        return false;
    for (size_t i = 0; i < a->n_parts; i++)
        if (!gen_type_equal(a->parts[i], b->parts[i]))
            return false;
    return true;
}

bool gen_has_struct(const gen_type *t)
{
    if (t->kind == GEN_STRUCT)
        return true;
    if (t->kind == GEN_ARRAY)
        return gen_has_struct(t->element);
    for (size_t i = 0; i < t->n_parts; i++)
        if (gen_has_struct(t->parts[i]))
            return true;
    for (size_t i = 0; i < t->n_variants; i++)
        for (size_t k = 0; k < t->variants[i].n_fields; k++)
            if (gen_has_struct(t->variants[i].fields[k]))
                return true;
    return false;
}

bool gen_has_unsuffixed(const gen_type *t)
{
    if (t->kind == GEN_ARRAY)
        return gen_has_unsuffixed(t->element);
    for (size_t i = 0; i < t->n_parts; i++)
        if (gen_has_unsuffixed(t->parts[i]))
            return true;
    return t->kind == GEN_UNSUFFIXED || t->kind == GEN_NEGATIVE;
}

bool gen_converts(const gen_type *from, const gen_type *to)
{
    if (from->kind == GEN_UNSUFFIXED)
        return gen_is_integer(to);
    if (from->kind == GEN_NEGATIVE)
        return gen_is_signed(to);
    if (gen_type_equal(from, to))
        return true;
    if (from->kind == GEN_ARRAY && to->kind == GEN_ARRAY)
        return from->length == to->length && from->size_name == to->size_name &&
               gen_converts(from->element, to->element);
    if (from->kind != GEN_TUPLE || to->kind != GEN_TUPLE || from->n_parts != to->n_parts)
        return false;
    for (size_t i = 0; i < from->n_parts; i++)
        if (!gen_converts(from->parts[i], to->parts[i]))
            return false;
    return true;
}

bool gen_is_empty(const gen_type *t)
{
    if (t->kind == GEN_ARRAY)
        return t->length == 0 || gen_is_empty(t->element);
    if (t->kind == GEN_ENUM) {
        for (size_t i = 0; i < t->variants[0].n_fields; i++)
            if (!gen_is_empty(t->variants[0].fields[i]))
                return false;
        return t->n_variants == 1;
    }
    if (t->kind != GEN_TUPLE && t->kind != GEN_STRUCT)
        return false;
    for (size_t i = 0; i < t->n_parts; i++)
        if (!gen_is_empty(t->parts[i]))
            return false;
    return true;
}

void gen_print_type(buffer *out, const gen_type *t)
{
    if (t->kind == GEN_TUPLE) {
        buffer_printf(out, "(");
        for (size_t i = 0; i < t->n_parts; i++) {
            buffer_printf(out, i == 0 ? "" : ", ");
            gen_print_type(out, t->parts[i]);
        }
        buffer_printf(out, ")");
    } else if (t->kind == GEN_ARRAY) {
        buffer_printf(out, "[");
        gen_print_type(out, t->element);
        if (t->size_name != NULL)
            buffer_printf(out, "; %s]", t->size_name);
        else
            buffer_printf(out, "; %zu]", t->length);
    } else {
        buffer_printf(out, "%s", t->name);
    }
}

static void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

const gen_type *gen_tuple(generator *g, const gen_type *const *parts, size_t n_parts)
{
    gen_type *t = must(arena_new(&g->memory, 1, sizeof *t));
    t->kind = GEN_TUPLE;
    t->n_parts = n_parts;
    for (size_t i = 0; i < n_parts; i++)
        t->parts[i] = parts[i];
    return t;
}

const gen_type *gen_array(generator *g, const gen_type *element, size_t length,
                          const char *size_name)
{
    gen_type *t = must(arena_new(&g->memory, 1, sizeof *t));
    t->kind = GEN_ARRAY;
    t->element = element;
    t->length = length;
    t->size_name = size_name;
    return t;
}

const gen_type *gen_random_scalar(generator *g)
{
    /* Small types are more likely: their limits are met more often, and they cost less. */
    static const gen_kind kinds[] = {GEN_U8,   GEN_BOOL, GEN_I8,  GEN_U8,    GEN_I8,
                                     GEN_BOOL, GEN_U16,  GEN_I16, GEN_USIZE, GEN_U32,
                                     GEN_I32,  GEN_U64,  GEN_I64, GEN_USIZE};
    return gen_scalar(kinds[choose(g->c, sizeof kinds / sizeof *kinds)]);
}

const gen_type *gen_random_integer(generator *g)
{
    const gen_type *t = gen_random_scalar(g);
    return t->kind == GEN_BOOL ? gen_scalar(GEN_U8) : t;
}

static const gen_type *random_tuple(generator *g, unsigned depth)
{
    const gen_type *parts[GEN_MAX_PARTS];
    const size_t n = chance(g->c, 1, 12) ? choose(g->c, 2) : 2 + choose(g->c, 2);
    for (size_t i = 0; i < n; i++)
        parts[i] = gen_random_type(g, depth - 1);
    return gen_tuple(g, parts, n);
}

static const gen_type *random_array(generator *g, unsigned depth)
{
    const gen_type *element = gen_random_type(g, depth - 1);
    if (g->size_name != NULL && chance(g->c, 1, 4))
        return gen_array(g, element, g->size_value, g->size_name);
    return gen_array(g, element, chance(g->c, 1, 20) ? 0 : 1 + choose(g->c, 5), NULL);
}

const gen_type *gen_random_type(generator *g, unsigned depth)
{
    if (depth > 0) {
        switch (choose(g->c, 12)) {
        case 6:
        case 7:
            return random_tuple(g, depth);
        case 8:
        case 9:
            return random_array(g, depth);
        case 10:
            if (g->n_structs > 0 && !g->no_struct_literals)
                return g->structs[choose(g->c, (uint32_t)g->n_structs)];
            break;
        case 11:
            if (g->n_enums > 0) {
                const gen_type *t = g->enums[choose(g->c, (uint32_t)g->n_enums)];
                if (!g->no_struct_literals || !gen_has_struct(t))
                    return t;
            }
            break;
        default:
            break;
        }
    }
    return gen_random_scalar(g);
}

/* ---- Variables ---- */

const gen_var *gen_find_var(const generator *g, const char *name)
{
    for (size_t i = g->n_vars; i > 0; i--)
        if (strcmp(g->vars[i - 1].name, name) == 0)
            return &g->vars[i - 1];
    return NULL;
}

bool gen_is_visible(const generator *g, size_t var)
{
    return gen_find_var(g, g->vars[var].name) == &g->vars[var];
}

void gen_add_var(generator *g, const char *name, const gen_type *type, bool is_mutable)
{
    if (g->n_vars == GEN_MAX_VARS)
        abort();
    g->vars[g->n_vars++] = (gen_var){name, type, is_mutable};
}

const char *gen_new_name(generator *g)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "x", "y", "K0", "K1", "K2"};
    /* Constants are shadowed rarely. */
    return names[choose(g->c, chance(g->c, 1, 8) ? 10 : 7)];
}

const char *gen_text(generator *g, const char *format, ...)
{
    char text[100];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return must(arena_string(&g->memory, text, strlen(text)));
}
