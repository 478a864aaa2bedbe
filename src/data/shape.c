#include "data/shape.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "data/table.h"

#define SHAPE_MEMORY_MAX ((size_t)64 << 20)

typedef struct shaper {
    arena *memory;
    size_t n_cells;
    pt_error *error;
} shaper;

static pt_status shape_init(shaper *s, shape *ret_shape, const pt_type *type, size_t first_bit,
                            const char *name);

/* A name within `outer`; parts outside of any struct have none. */
static pt_status inner_name(shaper *s, const char **ret_name, const char *outer, const char *field,
                            size_t index)
{
    char number[24];
    *ret_name = NULL;
    if (outer == NULL && field == NULL)
        return PT_OK;
    (void)snprintf(number, sizeof number, "%zu", index);
    const char *inner = field == NULL ? number : field;
    const size_t size = (outer == NULL ? 0 : strlen(outer) + 1) + strlen(inner) + 1;
    char *name = arena_new(s->memory, size, 1);
    if (name == NULL)
        return error_memory(s->error);
    (void)snprintf(name, size, "%s%s%s", outer == NULL ? "" : outer, outer == NULL ? "" : ".",
                   inner);
    *ret_name = name;
    return PT_OK;
}

static pt_status new_parts(shaper *s, shape *g, size_t n)
{
    /* A cell needs a part, and the parts of no cells (of units) are of no use. */
    if (n > TABLE_COLUMNS_MAX)
        return error_set(s->error, PT_ERR_USAGE,
                         "a row with a part of type %s has more than %zu "
                         "columns",
                         g->type, TABLE_COLUMNS_MAX);
    g->parts = arena_new(s->memory, n, sizeof *g->parts);
    g->n_parts = n;
    return g->parts == NULL ? error_memory(s->error) : PT_OK;
}

static pt_status group_array(shaper *s, shape *g, const pt_type *type, const char *name)
{
    const pt_type *element = pt_type_element(type);
    pt_status status = new_parts(s, g, pt_type_length(type));
    for (size_t i = 0; i < g->n_parts && status == PT_OK; i++) {
        const char *inner = NULL;
        status = inner_name(s, &inner, name, NULL, i);
        if (status == PT_OK)
            status = shape_init(s, &g->parts[i], element, g->first_bit + i * pt_type_bits(element),
                                inner);
    }
    return status;
}

/* The fields of a struct, tuple or variant, from `bit` on. */
static pt_status group_fields(shaper *s, shape *g, const pt_type *type, size_t bit,
                              const char *name)
{
    const bool is_struct = pt_type_kind(type) == PT_KIND_STRUCT;
    pt_status status = new_parts(s, g, pt_type_field_count(type));
    for (size_t i = 0; i < g->n_parts && status == PT_OK; i++) {
        const pt_type *field = pt_type_field_type(type, i);
        const char *inner = NULL;
        status = inner_name(s, &inner, name, is_struct ? pt_type_field_name(type, i) : NULL, i);
        if (status == PT_OK)
            status = shape_init(s, &g->parts[i], field, bit, inner);
        bit += pt_type_bits(field);
    }
    return status;
}

static pt_status choice_fields(shaper *s, shape *c, const pt_type *type, const char *name)
{
    size_t bit = c->first_bit + c->tag_bits;
    const size_t n = pt_type_variant_field_count(type, c->full);
    pt_status status = new_parts(s, c, n);
    for (size_t i = 0; i < n && status == PT_OK; i++) {
        const pt_type *field = pt_type_variant_field_type(type, c->full, i);
        const char *inner = name;
        if (n > 1)
            status = inner_name(s, &inner, name, NULL, i);
        if (status == PT_OK)
            status = shape_init(s, &c->parts[i], field, bit, inner);
        bit += pt_type_bits(field);
    }
    return status;
}

/* What a missing value is: the only variant without fields beside one with fields, or the one that
 * is called so. */
static size_t find_empty(const shape *e, const pt_type *type)
{
    static const char *const names[] = {"None", "Empty", "Missing"};
    size_t n_without = 0;
    size_t last = 0;
    for (size_t v = 0; v < e->n_variants; v++) {
        if (pt_type_variant_field_count(type, v) != 0)
            continue;
        n_without++;
        last = v;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            if (strcmp(e->variants[v], names[i]) == 0)
                return v;
        }
    }
    return n_without == 1 && e->kind == SHAPE_CHOICE ? last : SHAPE_NO_VARIANT;
}

static pt_status shape_enum(shaper *s, shape *e, const pt_type *type, const char *name)
{
    size_t n_full = 0;
    size_t most_bits = 0;
    e->kind = SHAPE_ENUM;
    e->n_variants = pt_type_variant_count(type);
    e->variants = arena_new(s->memory, e->n_variants, sizeof *e->variants);
    if (e->variants == NULL)
        return error_memory(s->error);
    for (size_t v = 0; v < e->n_variants; v++) {
        const char *variant = pt_type_variant_name(type, v);
        const size_t n_fields = pt_type_variant_field_count(type, v);
        size_t bits = 0;
        e->variants[v] = arena_string(s->memory, variant, strlen(variant));
        if (e->variants[v] == NULL)
            return error_memory(s->error);
        for (size_t i = 0; i < n_fields; i++)
            bits += pt_type_bits(pt_type_variant_field_type(type, v, i));
        most_bits = bits > most_bits ? bits : most_bits;
        if (n_fields != 0) {
            e->kind = SHAPE_CHOICE;
            e->full = v;
            n_full++;
        }
    }
    if (n_full > 1)
        return error_set(s->error, PT_ERR_USAGE,
                         "a table cannot hold values of type %s: more than one of its variants has "
                         "fields",
                         e->type);
    e->tag_bits = e->n_bits - most_bits;
    e->empty = find_empty(e, type);
    return e->kind == SHAPE_CHOICE ? choice_fields(s, e, type, name) : PT_OK;
}

static pt_status take_type_text(shaper *s, shape *sh, const pt_type *type)
{
    char *text = NULL;
    const pt_status status = pt_type_print(&text, type, s->error);
    if (status != PT_OK)
        return status;
    sh->type = arena_string(s->memory, text, strlen(text));
    pt_text_free(text);
    return sh->type == NULL ? error_memory(s->error) : PT_OK;
}

static bool is_text(const pt_type *type)
{
    return pt_type_kind(type) == PT_KIND_ARRAY &&
           pt_type_kind(pt_type_element(type)) == PT_KIND_UNSIGNED &&
           pt_type_bits(pt_type_element(type)) == 8;
}

static pt_status shape_parts(shaper *s, shape *sh, const pt_type *type, const char *name)
{
    switch (pt_type_kind(type)) {
    case PT_KIND_BOOL:
        sh->kind = SHAPE_BOOL;
        return PT_OK;
    case PT_KIND_SIGNED:
    case PT_KIND_UNSIGNED:
        sh->kind = SHAPE_INTEGER;
        sh->is_signed = pt_type_kind(type) == PT_KIND_SIGNED;
        return PT_OK;
    case PT_KIND_ENUM:
        return shape_enum(s, sh, type, name);
    case PT_KIND_ARRAY:
        sh->kind = is_text(type) ? SHAPE_TEXT : SHAPE_GROUP;
        return is_text(type) ? PT_OK : group_array(s, sh, type, name);
    case PT_KIND_STRUCT:
    case PT_KIND_TUPLE:
        break;
    }
    sh->kind = SHAPE_GROUP;
    return group_fields(s, sh, type, sh->first_bit, name);
}

static pt_status shape_init(shaper *s, shape *ret_shape, const pt_type *type, size_t first_bit,
                            const char *name)
{
    shape *sh = ret_shape;
    *sh = (shape){.first_bit = first_bit,
                  .n_bits = pt_type_bits(type),
                  .name = name,
                  .cell = s->n_cells,
                  .empty = SHAPE_NO_VARIANT};
    pt_status status = take_type_text(s, sh, type);
    if (status == PT_OK)
        status = shape_parts(s, sh, type, name);
    if (status != PT_OK)
        return status;
    if (sh->kind != SHAPE_GROUP && sh->kind != SHAPE_CHOICE)
        s->n_cells++;
    if (s->n_cells > TABLE_COLUMNS_MAX)
        return error_set(s->error, PT_ERR_USAGE, "a row has more than %zu columns",
                         TABLE_COLUMNS_MAX);
    sh->n_cells = s->n_cells - sh->cell;
    return PT_OK;
}

static void list_cells(const shape **cells, const shape *s)
{
    if (s->kind != SHAPE_GROUP && s->kind != SHAPE_CHOICE)
        cells[s->cell] = s;
    for (size_t i = 0; i < s->n_parts; i++)
        list_cells(cells, &s->parts[i]);
}

pt_status row_shape_init(row_shape *ret_shape, const pt_type *type, pt_error *error)
{
    row_shape *r = ret_shape;
    *r = (row_shape){.n_rows = 1, .is_array = pt_type_kind(type) == PT_KIND_ARRAY};
    arena_init(&r->memory, SHAPE_MEMORY_MAX);
    shaper s = {.memory = &r->memory, .error = error};
    if (r->is_array)
        r->n_rows = pt_type_length(type);
    const pt_type *row = r->is_array ? pt_type_element(type) : type;
    r->is_tuple = pt_type_kind(row) == PT_KIND_TUPLE && pt_type_field_count(row) != 0;
    pt_status status = shape_init(&s, &r->row, row, 0, NULL);
    if (status != PT_OK)
        return status;
    if (r->row.n_cells == 0)
        return error_set(error, PT_ERR_USAGE,
                         "a table cannot hold values of type %s: they have "
                         "no columns",
                         r->row.type);
    r->cells = arena_new(&r->memory, r->row.n_cells, sizeof *r->cells);
    r->formats = arena_new(&r->memory, r->row.n_cells, sizeof *r->formats);
    if (r->cells == NULL || r->formats == NULL)
        return error_memory(error);
    list_cells(r->cells, &r->row);
    return PT_OK;
}

const char *shape_cell_name(const row_shape *s, size_t cell, char number[SHAPE_NUMBER_MAX])
{
    (void)snprintf(number, SHAPE_NUMBER_MAX, "%zu", cell + 1);
    return s->cells[cell]->name != NULL ? s->cells[cell]->name : number;
}

pt_status row_shape_format(row_shape *s, const char *column, shape_format format, pt_error *error)
{
    char number[SHAPE_NUMBER_MAX];
    for (size_t i = 0; i < s->row.n_cells; i++) {
        if (strcmp(shape_cell_name(s, i, number), column) != 0)
            continue;
        if (s->cells[i]->kind != SHAPE_INTEGER)
            return error_set(error, PT_ERR_USAGE,
                             "the result's column '%.60s' is of type %s: only integers are scaled "
                             "numbers or dates",
                             column, s->cells[i]->type);
        s->formats[i] = format;
        return PT_OK;
    }
    return error_set(error, PT_ERR_USAGE, "the result has no column '%.60s'", column);
}

void row_shape_clear(row_shape *s)
{
    arena_clear(&s->memory);
    *s = (row_shape){0};
}

bool shape_has_empty(const shape *s)
{
    if (s->kind == SHAPE_ENUM || s->kind == SHAPE_CHOICE)
        return s->empty != SHAPE_NO_VARIANT;
    if (s->kind != SHAPE_GROUP)
        return false;
    for (size_t i = 0; i < s->n_parts; i++) {
        if (!shape_has_empty(&s->parts[i]))
            return false;
    }
    return true;
}

size_t shape_find_variant(const shape *s, const char *text, size_t len)
{
    for (size_t v = 0; v < s->n_variants; v++) {
        const bool has_fields = s->kind == SHAPE_CHOICE && v == s->full;
        if (!has_fields && strlen(s->variants[v]) == len && len != 0 &&
            memcmp(s->variants[v], text, len) == 0)
            return v;
    }
    return SHAPE_NO_VARIANT;
}

bool shape_is_choice_of_text(const shape *s)
{
    return s->kind == SHAPE_CHOICE && s->n_parts == 1 && s->parts[0].kind == SHAPE_TEXT;
}

/* What stands in NAME(..) of the full variant. */
static bool take_from_full(const shape *s, const char **text, size_t *len)
{
    const size_t name = strlen(s->variants[s->full]);
    if (*len < name + 2 || memcmp(*text, s->variants[s->full], name) != 0 || (*text)[name] != '(' ||
        (*text)[*len - 1] != ')')
        return false;
    *text += name + 1;
    *len -= name + 2;
    return true;
}

bool shape_needs_wrap(const shape *s, const char *text, size_t len)
{
    bool more = true;
    while (more)
        more = take_from_full(s, &text, &len);
    const size_t variant = shape_find_variant(s, text, len);
    return variant != SHAPE_NO_VARIANT && variant != s->empty;
}

bool shape_unwrap(const shape *s, const char **text, size_t *len)
{
    const char *inner = *text;
    size_t inner_len = *len;
    if (!take_from_full(s, &inner, &inner_len) || !shape_needs_wrap(s, inner, inner_len))
        return false;
    *text = inner;
    *len = inner_len;
    return true;
}
