/* Types: from how they are written to ctypes; definitions of structs and enums. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "lang/check/checker.h"
#include "lang/front/foreign.h"

static void report_unknown_type(checker *c, const type_expr *written)
{
    const char *name = written->as.name;
    const char *advice = foreign_advice(FOREIGN_TYPE, name);
    if (advice != NULL)
        type_error(c, written->span, "unknown type `%s`: %s", name, advice);
    else
        type_error(c, written->span, "unknown type `%s`%s", name,
                   suggest_name(c, SUGGEST_SCALARS | SUGGEST_STRUCTS | SUGGEST_ENUMS, name));
}

/* A type name means a built-in type, else a struct, else an enum (T2). */
static const ctype *resolve_name(checker *c, const type_expr *written)
{
    ctype_kind scalar;
    if (ctype_find_scalar(&scalar, written->as.name, strlen(written->as.name)))
        return ctype_scalar(scalar);
    const symbol *s = symbol_of(c, written->as.name);
    const ctype *t = NULL;
    if (s->structure != NULL)
        t = ctype_struct(c->a, s->structure);
    else if (s->enumeration != NULL)
        t = ctype_enum(c->a, s->enumeration);
    else
        report_unknown_type(c, written);
    if (t == NULL && (s->structure != NULL || s->enumeration != NULL))
        c->out_of_memory = true;
    return t;
}

static const ctype *resolve_tuple(checker *c, const type_expr *written)
{
    const size_t n = written->as.tuple.n_elements;
    const ctype **elements = checker_new(c, n, sizeof *elements);
    bool ok = elements != NULL;
    for (size_t i = 0; i < n && elements != NULL; i++) {
        elements[i] = resolve_type(c, written->as.tuple.elements[i]);
        ok = ok && elements[i] != NULL;
    }
    return ok ? make_tuple(c, written->span, elements, n) : NULL;
}

/* The constant's own type may not be resolved yet: sizes may name later constants. */
static bool is_usize_constant(const const_decl *decl)
{
    return decl->written->kind == TYPE_EXPR_NAME && strcmp(decl->written->as.name, "usize") == 0;
}

static bool resolve_size_name(checker *c, const size_expr *written, array_size *ret_size)
{
    const const_decl *decl = symbol_of(c, written->name)->constant;
    if (decl == NULL) {
        type_error(c, written->span, "unknown name `%s`: no such constant%s", written->name,
                   suggest_name(c, SUGGEST_CONSTANTS, written->name));
        return false;
    }
    if (!is_usize_constant(decl)) {
        type_error(c, written->span, "expected a constant of type usize; `%s` has another type",
                   written->name);
        return false;
    }
    ret_size->as.constant = decl;
    return true;
}

bool resolve_size(checker *c, const size_expr *written, array_size *ret_size)
{
    *ret_size = (array_size){.kind = written->kind};
    if (written->kind == SIZE_NUMBER)
        ret_size->as.number = written->number;
    if (written->kind == SIZE_EXPR)
        ret_size->as.expr = written->expr;
    if (written->kind == SIZE_CONSTANT)
        return resolve_size_name(c, written, ret_size);
    return written->kind == SIZE_NUMBER || check_size_expr(c, written->expr);
}

const ctype *resolve_type(checker *c, const type_expr *written)
{
    if (written->kind == TYPE_EXPR_NAME)
        return resolve_name(c, written);
    if (written->kind == TYPE_EXPR_TUPLE)
        return resolve_tuple(c, written);
    const ctype *element = resolve_type(c, written->as.array.element);
    array_size size;
    const bool ok = resolve_size(c, &written->as.array.size, &size);
    return ok ? make_array(c, written->span, element, size) : NULL;
}

/* ---- Definitions ---- */

/* A field and where it was written. */
typedef struct field_order {
    field_decl field;
    size_t idx;
} field_order;

static int compare_fields(const void *left, const void *right)
{
    const field_order *const a = left;
    const field_order *const b = right;
    const int order = strcmp(a->field.name.text, b->field.name.text);
    return order != 0 ? order : (a->idx > b->idx) - (a->idx < b->idx);
}

/* Fields in alphabetical order; of several with one name the last counts (T2). */
static void sort_fields(checker *c, struct_decl *decl)
{
    field_order *fields = checker_new(c, decl->n_fields, sizeof *fields);
    if (fields == NULL)
        return;
    for (size_t i = 0; i < decl->n_fields; i++)
        fields[i] = (field_order){decl->fields[i], i};
    qsort(fields, decl->n_fields, sizeof *fields, compare_fields);
    size_t n = 0;
    for (size_t i = 0; i < decl->n_fields; i++) {
        const bool is_last =
            i + 1 == decl->n_fields || fields[i + 1].field.name.text != fields[i].field.name.text;
        if (is_last)
            decl->fields[n++] = fields[i].field;
    }
    decl->n_fields = n;
}

typedef struct variant_order {
    const char *name;
    size_t idx;
} variant_order;

static int compare_variants(const void *left, const void *right)
{
    const variant_order *const a = left;
    const variant_order *const b = right;
    const int order = (a->name > b->name) - (a->name < b->name);
    return order != 0 ? order : (a->idx > b->idx) - (a->idx < b->idx);
}

/* Of several variants with one name the last counts (T2). */
static void drop_repeated_variants(checker *c, enum_decl *decl)
{
    variant_order *order = checker_new(c, decl->n_variants, sizeof *order);
    if (order == NULL)
        return;
    for (size_t i = 0; i < decl->n_variants; i++)
        order[i] = (variant_order){decl->variants[i].name.text, i};
    qsort(order, decl->n_variants, sizeof *order, compare_variants);
    for (size_t i = 0; i + 1 < decl->n_variants; i++)
        if (order[i].name == order[i + 1].name)
            decl->variants[order[i].idx].name.text = NULL;
    size_t n = 0;
    for (size_t i = 0; i < decl->n_variants; i++)
        if (decl->variants[i].name.text != NULL)
            decl->variants[n++] = decl->variants[i];
    decl->n_variants = n;
}

static void resolve_fields(checker *c, field_decl *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fields[i].type = resolve_type(c, fields[i].written);
}

/* Structs are nodes 0 .. n_structs - 1 of the graph of types, enums follow. */
typedef struct type_graph {
    checker *c;
    buffer edges;
    unsigned char *reported;
    size_t *node_of_name; /* by name_idx: structs, then enums */
} type_graph;

static size_t node_count(const checker *c)
{
    return c->program->n_structs + c->program->n_enums;
}

static const ident *node_name(const checker *c, size_t node)
{
    const size_t n_structs = c->program->n_structs;
    return node < n_structs ? &c->program->structs[node]->name
                            : &c->program->enums[node - n_structs]->name;
}

static void add_edges(type_graph *g, size_t from, const ctype *t)
{
    if (t == NULL)
        return;
    if (t->kind == CTYPE_STRUCT || t->kind == CTYPE_ENUM) {
        const size_t n_names = g->c->names->n_names;
        const bool is_enum = t->kind == CTYPE_ENUM;
        const char *name = is_enum ? t->as.enumeration->name.text : t->as.structure->name.text;
        const size_t to = g->node_of_name[name_idx(g->c->names, name) + (is_enum ? n_names : 0)];
        checker_push(g->c, &g->edges, &(graph_edge){from, to}, sizeof(graph_edge));
    } else if (t->kind == CTYPE_ARRAY) {
        add_edges(g, from, t->as.array.element);
    } else if (t->kind == CTYPE_TUPLE) {
        for (size_t i = 0; i < t->as.tuple.n_elements; i++)
            add_edges(g, from, t->as.tuple.elements[i]);
    }
}

static void collect_type_edges(type_graph *g)
{
    checked_program *program = g->c->program;
    const size_t n_names = g->c->names->n_names;
    for (size_t i = 0; i < program->n_structs; i++)
        g->node_of_name[name_idx(g->c->names, program->structs[i]->name.text)] = i;
    for (size_t i = 0; i < program->n_enums; i++)
        g->node_of_name[name_idx(g->c->names, program->enums[i]->name.text) + n_names] =
            program->n_structs + i;
    for (size_t i = 0; i < program->n_structs; i++)
        for (size_t f = 0; f < program->structs[i]->n_fields; f++)
            add_edges(g, i, program->structs[i]->fields[f].type);
    for (size_t i = 0; i < program->n_enums; i++)
        for (size_t v = 0; v < program->enums[i]->n_variants; v++)
            for (size_t f = 0; f < program->enums[i]->variants[v].n_fields; f++)
                add_edges(g, program->n_structs + i, program->enums[i]->variants[v].fields[f].type);
}

static void report_recursive_type(void *user, const size_t *path, size_t n_path)
{
    type_graph *g = user;
    bool is_new = true;
    for (size_t i = 0; i < n_path; i++) {
        is_new = is_new && g->reported[path[i]] == 0;
        g->reported[path[i]] = 1;
    }
    const ident *name = node_name(g->c, path[0]);
    if (!is_new)
        return;
    if (n_path == 1)
        type_error(g->c, name->span, "type `%s` contains itself", name->text);
    else
        type_error(g->c, name->span, "type `%s` contains itself, through `%s`", name->text,
                   node_name(g->c, path[1])->text);
}

bool type_is_empty(const ctype *t)
{
    if (t == NULL)
        return false;
    if (t->kind == CTYPE_STRUCT)
        return t->as.structure->is_empty;
    if (t->kind == CTYPE_ENUM)
        return t->as.enumeration->is_empty;
    if (t->kind == CTYPE_ARRAY)
        return type_is_empty(t->as.array.element) ||
               (t->as.array.size.kind == SIZE_NUMBER && t->as.array.size.as.number == 0);
    if (t->kind != CTYPE_TUPLE)
        return false;
    for (size_t i = 0; i < t->as.tuple.n_elements; i++)
        if (!type_is_empty(t->as.tuple.elements[i]))
            return false;
    return true;
}

static bool fields_are_empty(const field_decl *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!type_is_empty(fields[i].type))
            return false;
    return true;
}

static void note_empty(checker *c, size_t node)
{
    const size_t n_structs = c->program->n_structs;
    if (node < n_structs) {
        struct_decl *decl = c->program->structs[node];
        decl->is_empty = fields_are_empty(decl->fields, decl->n_fields);
    } else {
        enum_decl *decl = c->program->enums[node - n_structs];
        decl->is_empty = decl->n_variants == 1 &&
                         fields_are_empty(decl->variants[0].fields, decl->variants[0].n_fields);
    }
}

/* Finds types that contain themselves, and those without bits. */
static void check_type_graph(checker *c)
{
    type_graph g = {.c = c};
    buffer_init(&g.edges, SIZE_MAX / 4);
    const size_t n = node_count(c);
    size_t *order = checker_new(c, n, sizeof *order);
    g.node_of_name = checker_new(c, c->names->n_names * 2, sizeof *g.node_of_name);
    g.reported = checker_new(c, n, sizeof *g.reported);
    if (order == NULL || g.node_of_name == NULL || g.reported == NULL)
        return;
    collect_type_edges(&g);
    if (!g.edges.failed &&
        graph_order(order, n, (const graph_edge *)(const void *)g.edges.bytes,
                    g.edges.len / sizeof(graph_edge), report_recursive_type, &g, NULL) == PT_OK) {
        for (size_t i = 0; i < n; i++)
            note_empty(c, order[i]);
    } else {
        c->out_of_memory = true;
    }
    buffer_clear(&g.edges);
}

void check_definitions(checker *c)
{
    checked_program *program = c->program;
    for (size_t i = 0; i < program->n_structs; i++) {
        sort_fields(c, program->structs[i]);
        resolve_fields(c, program->structs[i]->fields, program->structs[i]->n_fields);
    }
    for (size_t i = 0; i < program->n_enums; i++) {
        enum_decl *decl = program->enums[i];
        drop_repeated_variants(c, decl);
        for (size_t v = 0; v < decl->n_variants; v++)
            resolve_fields(c, decl->variants[v].fields, decl->variants[v].n_fields);
    }
    check_type_graph(c);
}
