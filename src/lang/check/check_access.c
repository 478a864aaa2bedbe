/* Structs, enums, and reaching into values (spec T28, T29, T36, T37). */
#include <inttypes.h>
#include <string.h>

#include "lang/check/checker.h"

size_t find_field(const struct_decl *decl, const char *name)
{
    size_t low = 0;
    size_t high = decl->n_fields;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(decl->fields[middle].name.text, name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return decl->n_fields;
}

size_t find_variant(const enum_decl *decl, const char *name)
{
    size_t i = 0;
    while (i < decl->n_variants && decl->variants[i].name.text != name)
        i++;
    return i;
}

/* ---- Literals ---- */

static void report_missing_fields(checker *c, const expr *e, const struct_decl *decl)
{
    for (size_t i = 0; i < decl->n_fields; i++)
        if (e->as.structure.by_field[i] == NULL)
            type_error(c, e->span, "missing field `%s` of struct `%s`", decl->fields[i].name.text,
                       decl->name.text);
}

static void check_init(checker *c, expr *e, const struct_decl *decl, const field_init *init)
{
    check_expr(c, init->value);
    if (decl == NULL || e->as.structure.by_field == NULL)
        return;
    const size_t idx = find_field(decl, init->name.text);
    if (idx == decl->n_fields) {
        type_error(c, init->name.span, "unknown field `%s` of struct `%s`%s", init->name.text,
                   decl->name.text, suggest_field(c, decl, init->name.text));
        return;
    }
    (void)check_adapt(c, init->value, decl->fields[idx].type);
    e->as.structure.by_field[idx] = init->value;
}

void check_struct_literal(checker *c, expr *e)
{
    const ident *name = &e->as.structure.name;
    const struct_decl *decl = symbol_of(c, name->text)->structure;
    if (decl == NULL)
        type_error(c, name->span, "unknown struct `%s`%s", name->text,
                   suggest_name(c, SUGGEST_STRUCTS, name->text));
    else
        e->as.structure.by_field = checker_new(c, decl->n_fields, sizeof(expr *));
    e->as.structure.decl = decl;
    for (size_t i = 0; i < e->as.structure.n_inits; i++)
        check_init(c, e, decl, &e->as.structure.inits[i]);
    if (decl == NULL || e->as.structure.by_field == NULL)
        return;
    report_missing_fields(c, e, decl);
    e->type = ctype_struct(c->a, decl);
    c->out_of_memory = c->out_of_memory || e->type == NULL;
}

const variant_decl *check_variant_use(checker *c, const variant_use *use)
{
    const enum_decl *decl = symbol_of(c, use->enum_name->text)->enumeration;
    ctype_kind unused;
    if (ctype_find_scalar(&unused, use->enum_name->text, strlen(use->enum_name->text))) {
        type_error(c, use->enum_name->span,
                   "the type `%s` has no members such as `%s`: write the number, or `as` to "
                   "convert one",
                   use->enum_name->text, use->variant_name->text);
        return NULL;
    }
    if (decl == NULL) {
        type_error(c, use->enum_name->span, "unknown enum `%s`%s", use->enum_name->text,
                   suggest_name(c, SUGGEST_ENUMS, use->enum_name->text));
        return NULL;
    }
    *use->ret_decl = decl;
    const size_t idx = find_variant(decl, use->variant_name->text);
    if (idx == decl->n_variants) {
        type_error(c, use->variant_name->span, "unknown variant `%s` of enum `%s`%s",
                   use->variant_name->text, decl->name.text,
                   suggest_variant(c, decl, use->variant_name->text));
        return NULL;
    }
    *use->ret_variant = idx;
    const variant_decl *variant = &decl->variants[idx];
    const span at = span_join(use->enum_name->span, use->variant_name->span);
    if (variant->has_parens != use->has_parens)
        type_error(c, at,
                   variant->has_parens
                       ? "tuple variant expected: write `%s::%s(..)`"
                       : "unit variant expected: write `%s::%s` without parentheses",
                   decl->name.text, variant->name.text);
    else if (variant->n_fields != use->n_fields)
        type_error(c, at, "wrong number of fields: `%s::%s` has %zu, found %zu", decl->name.text,
                   variant->name.text, variant->n_fields, use->n_fields);
    else
        return variant;
    return NULL;
}

void check_variant_literal(checker *c, expr *e)
{
    const variant_use use = {
        .enum_name = &e->as.variant.enum_name,
        .variant_name = &e->as.variant.variant_name,
        .has_parens = e->as.variant.has_parens,
        .n_fields = e->as.variant.n_args,
        .ret_decl = &e->as.variant.decl,
        .ret_variant = &e->as.variant.variant,
    };
    const variant_decl *variant = check_variant_use(c, &use);
    for (size_t i = 0; i < e->as.variant.n_args; i++) {
        check_expr(c, e->as.variant.args[i]);
        if (variant != NULL)
            (void)check_adapt(c, e->as.variant.args[i], variant->fields[i].type);
    }
    if (e->as.variant.decl == NULL)
        return;
    e->type = ctype_enum(c->a, e->as.variant.decl);
    c->out_of_memory = c->out_of_memory || e->type == NULL;
}

/* ---- Access ---- */

const ctype *element_type(checker *c, span at, const ctype *array)
{
    if (array == NULL)
        return NULL;
    if (array->kind == CTYPE_ARRAY)
        return array->as.array.element;
    type_error(c, at, "expected an array, found %s", type_text(c, array));
    return NULL;
}

void check_index(checker *c, expr *index, const ctype *array)
{
    check_expr(c, index);
    if (index->type != NULL && ctype_is_integer(index->type) && !ctype_is_unsuffixed(index->type) &&
        index->type->kind != CTYPE_USIZE)
        type_error(c, index->span,
                   "type mismatch: expected usize, found %s; an index is a usize: convert it with "
                   "`as usize`",
                   type_text(c, index->type));
    else
        (void)check_adapt(c, index, ctype_scalar(CTYPE_USIZE));
    if (array == NULL || array->kind != CTYPE_ARRAY || array->as.array.size.kind != SIZE_NUMBER ||
        index->kind != EXPR_NUMBER || index->as.number.magnitude < array->as.array.size.as.number)
        return;
    type_error(c, index->span,
               "index out of bounds: there is no element %" PRIu64 " in %s, whose elements are "
               "counted from 0",
               index->as.number.magnitude, type_text(c, array));
}

const ctype *tuple_field_type(checker *c, span at, const ctype *tuple, uint64_t position)
{
    if (tuple == NULL)
        return NULL;
    if (tuple->kind != CTYPE_TUPLE) {
        type_error(c, at, "expected a tuple, found %s", type_text(c, tuple));
        return NULL;
    }
    if (position < tuple->as.tuple.n_elements)
        return tuple->as.tuple.elements[position];
    type_error(c, at,
               "tuple index out of bounds: there is no element %" PRIu64 " in %s, which has %zu",
               position, type_text(c, tuple), tuple->as.tuple.n_elements);
    return NULL;
}

const ctype *field_type(checker *c, const ctype *structure, const ident *name, size_t *ret_idx)
{
    if (structure == NULL)
        return NULL;
    if (structure->kind != CTYPE_STRUCT) {
        type_error(c, name->span, "expected a struct before `.%s`, found %s", name->text,
                   type_text(c, structure));
        return NULL;
    }
    const struct_decl *decl = structure->as.structure;
    *ret_idx = find_field(decl, name->text);
    if (*ret_idx < decl->n_fields)
        return decl->fields[*ret_idx].type;
    type_error(c, name->span, "unknown field `%s` of struct `%s`%s", name->text, decl->name.text,
               suggest_field(c, decl, name->text));
    return NULL;
}

void check_access(checker *c, expr *e)
{
    if (e->kind == EXPR_INDEX) {
        check_expr(c, e->as.index.array);
        check_index(c, e->as.index.index, e->as.index.array->type);
        e->type = element_type(c, e->as.index.array->span, e->as.index.array->type);
    } else if (e->kind == EXPR_TUPLE_FIELD) {
        check_expr(c, e->as.tuple_field.tuple);
        e->type =
            tuple_field_type(c, e->span, e->as.tuple_field.tuple->type, e->as.tuple_field.position);
    } else {
        check_expr(c, e->as.field.structure);
        e->type = field_type(c, e->as.field.structure->type, &e->as.field.name, &e->as.field.idx);
    }
}
