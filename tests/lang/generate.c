/* Items of generated programs. */
#include "lang/generate.h"

#include <stdlib.h>

#include "lang/generate_impl.h"

static const char *const field_names[] = {"q", "f", "z", "h", "m", "a"};

/* A name different from the `n` ones before it. */
static const char *field_name(generator *g, const char *const *used, size_t n)
{
    size_t at = choose(g->c, 6);
    for (size_t i = 0; i < n; i++)
        if (used[i] == field_names[at]) {
            at = (at + 1) % 6;
            i = (size_t)-1;
        }
    return field_names[at];
}

static void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

static void struct_item(generator *g)
{
    gen_type *t = must(arena_new(&g->memory, 1, sizeof *t));
    t->kind = GEN_STRUCT;
    t->name = gen_text(g, "S%zu", g->n_structs);
    t->n_parts = 1 + choose(g->c, 3);
    buffer_printf(g->out, "struct %s {", t->name);
    for (size_t i = 0; i < t->n_parts; i++) {
        t->field_names[i] = field_name(g, t->field_names, i);
        t->parts[i] = gen_random_type(g, 2);
        buffer_printf(g->out, " %s: ", t->field_names[i]);
        gen_print_type(g->out, t->parts[i]);
        buffer_printf(g->out, i + 1 < t->n_parts ? "," : " }\n");
    }
    g->structs[g->n_structs++] = t;
}

static void enum_item(generator *g)
{
    static const char *const names[] = {"V", "A", "T", "B"};
    gen_type *t = must(arena_new(&g->memory, 1, sizeof *t));
    t->kind = GEN_ENUM;
    t->name = gen_text(g, "E%zu", g->n_enums);
    t->n_variants = 1 + choose(g->c, GEN_MAX_PARTS);
    buffer_printf(g->out, "enum %s {", t->name);
    for (size_t i = 0; i < t->n_variants; i++) {
        gen_variant *v = &t->variants[i];
        v->name = names[i];
        v->has_parens = chance(g->c, 2, 3);
        v->n_fields = v->has_parens ? choose(g->c, 3) : 0;
        buffer_printf(g->out, " %s%s", v->name, v->has_parens ? "(" : "");
        for (size_t k = 0; k < v->n_fields; k++) {
            v->fields[k] = gen_random_type(g, 1);
            buffer_printf(g->out, k == 0 ? "" : ", ");
            gen_print_type(g->out, v->fields[k]);
        }
        buffer_printf(g->out, "%s%s", v->has_parens ? ")" : "",
                      i + 1 < t->n_variants ? "," : " }\n");
    }
    g->enums[g->n_enums++] = t;
}

/* Constants are variables of the outermost scope. One of type usize is kept as a size. */
static void constants(generator *g)
{
    for (uint32_t i = choose(g->c, 4); i > 0; i--) {
        const bool is_external = chance(g->c, 1, 3);
        const gen_type *type = is_external ? gen_random_type(g, 1) : gen_random_scalar(g);
        const char *name = gen_text(g, "K%zu", g->n_vars);
        buffer_printf(g->out, "const %s: ", name);
        gen_print_type(g->out, type);
        buffer_printf(g->out, " = ");
        if (is_external) {
            buffer_printf(g->out, "PARTY::X%zu", g->n_vars);
        } else if (type->kind == GEN_BOOL) {
            buffer_printf(g->out, chance(g->c, 1, 2) ? "true" : "false");
        } else {
            gen_number(g, type, false);
            for (uint32_t n = choose(g->c, 3); n > 0; n--) {
                buffer_printf(g->out, chance(g->c, 1, 2) ? " - " : " + ");
                gen_number(g, type, false);
            }
        }
        buffer_printf(g->out, ";\n");
        gen_add_var(g, name, type, false);
    }
    if (chance(g->c, 1, 2)) {
        g->size_name = "SIZE";
        g->size_value = 1 + choose(g->c, 4);
        if (chance(g->c, 1, 3))
            buffer_printf(g->out, "const SIZE: usize = max(PARTY::N%zu, 1usize);\n", g->size_value);
        else
            buffer_printf(g->out, "const SIZE: usize = %zuusize + 1usize;\n", g->size_value - 1);
        gen_add_var(g, g->size_name, gen_scalar(GEN_USIZE), false);
    }
}

static void parameter(generator *g, bool is_first, const char *name, const gen_type *type)
{
    const bool is_mutable = chance(g->c, 1, 2);
    buffer_printf(g->out, "%s%s%s: ", is_first ? "" : ", ", is_mutable ? "mut " : "", name);
    gen_print_type(g->out, type);
    gen_add_var(g, name, type, is_mutable);
}

static void function_rest(generator *g, const gen_type *result)
{
    buffer_printf(g->out, ") -> ");
    gen_print_type(g->out, result);
    buffer_printf(g->out, " ");
    gen_block(g, result, true);
    buffer_printf(g->out, "\n");
}

/* Whether a function is called is known only later: its text waits in `ret_text`. */
static void helper(generator *g, buffer *ret_text, uint32_t fuel)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    buffer *out = g->out;
    g->out = ret_text;
    gen_function f = {.name = gen_text(g, "f%zu", g->n_functions),
                      .result = gen_random_type(g, 2),
                      .n_params = 1 + choose(g->c, 3)};
    const size_t mark = g->n_vars;
    const uint32_t all_fuel = g->fuel;
    g->fuel = fuel;
    buffer_printf(g->out, "fn %s(", f.name);
    for (size_t i = 0; i < f.n_params; i++) {
        f.params[i] = gen_random_type(g, 2);
        parameter(g, i == 0, names[i], f.params[i]);
    }
    function_rest(g, f.result);
    f.cost = 1 + fuel - g->fuel;
    g->fuel = all_fuel;
    g->n_vars = mark;
    g->functions[g->n_functions++] = f;
    g->out = out;
}

static void join_parameters(generator *g)
{
    const gen_type *key = chance(g->c, 1, 4) ? gen_scalar(GEN_U16) : gen_scalar(GEN_U8);
    const gen_type *left = key, *right = key;
    if (chance(g->c, 2, 3)) {
        const gen_type *l[2] = {key, gen_random_type(g, 1)}, *r[2] = {key, gen_random_type(g, 1)};
        left = gen_tuple(g, l, 2);
        right = gen_tuple(g, r, 2);
    }
    left = gen_array(g, left, 1 + choose(g->c, 6), NULL);
    right = gen_array(g, right, 1 + choose(g->c, 6), NULL);
    buffer_printf(g->out, ", jl: ");
    gen_print_type(g->out, left);
    buffer_printf(g->out, ", jr: ");
    gen_print_type(g->out, right);
    gen_add_var(g, "jl", left, false);
    gen_add_var(g, "jr", right, false);
}

static void main_function(generator *g)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    buffer_printf(g->out, "pub fn main(");
    const size_t n_params = 1 + choose(g->c, 4);
    const gen_type *first = gen_random_scalar(g); /* never without input bits (B3) */
    if (chance(g->c, 1, 8))
        first = gen_array(g, first, 1 + choose(g->c, 4), NULL);
    parameter(g, true, names[0], first);
    for (size_t i = 1; i < n_params; i++)
        parameter(g, false, names[i], gen_random_type(g, 2));
    if (chance(g->c, 1, 8))
        join_parameters(g);
    /* The result shows what became of the variables. */
    const gen_type *result[3] = {gen_random_type(g, 2)};
    size_t n = 1;
    for (size_t i = 0; i < n_params && n < 3; i++) {
        const gen_var *v = gen_find_var(g, names[i]);
        if (v->is_mutable)
            result[n++] = v->type;
    }
    function_rest(g, n == 1 ? result[0] : gen_tuple(g, result, n));
}

void generate_program(buffer *out, choices *c, uint32_t size)
{
    generator *g = must(calloc(1, sizeof *g));
    *g = (generator){.c = c, .out = out, .repetitions = 1};
    arena_init(&g->memory, (size_t)64 << 20);
    constants(g);
    for (uint32_t n = choose(g->c, GEN_MAX_ITEMS); n > 0; n--)
        struct_item(g);
    for (uint32_t n = choose(g->c, GEN_MAX_ITEMS); n > 0; n--)
        enum_item(g);
    const uint32_t n_helpers = choose(g->c, GEN_MAX_ITEMS + 1);
    buffer helpers[GEN_MAX_ITEMS];
    for (uint32_t i = 0; i < n_helpers; i++) {
        buffer_init(&helpers[i], (size_t)1 << 24);
        helper(g, &helpers[i], size / 8);
    }
    g->fuel = size;
    main_function(g);
    for (uint32_t i = 0; i < n_helpers; i++) {
        /* A function that nothing calls must be public (T6). */
        const char *text = buffer_text(&helpers[i]);
        buffer_printf(out, "%s%s", g->functions[i].is_called ? "" : "pub ",
                      text == NULL ? "" : text);
        buffer_clear(&helpers[i]);
    }
    arena_clear(&g->memory);
    free(g);
}
