/* Types of patterns (spec T45, D14, D15, D16, D21). */
#include <inttypes.h>

#include "lang/check/checker.h"

/* All parts, also when the whole is wrong: their variables must be known (untyped). */
static bool check_parts(checker *c, pattern **parts, size_t n, const ctype *const *types)
{
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        ok = check_pattern(c, parts[i], types == NULL ? NULL : types[i]) && ok;
    return ok;
}

static bool check_bool_pattern(checker *c, const pattern *p, const ctype *t)
{
    if (t != NULL && t->kind != CTYPE_BOOL)
        report_mismatch(c, p->span, t, ctype_scalar(CTYPE_BOOL));
    return t != NULL && t->kind == CTYPE_BOOL;
}

static void print_pattern_number(buffer *out, const number_lit *n)
{
    buffer_printf(out, "%s%" PRIu64, n->negative ? "-" : "", n->magnitude);
}

/* The number before: what an excluded end leaves. */
static number_lit number_before(const number_lit *n)
{
    if (n->negative && n->magnitude > 0)
        return (number_lit){n->magnitude + 1, true, n->suffix};
    if (n->magnitude == 0)
        return (number_lit){1, true, n->suffix};
    return (number_lit){n->magnitude - 1, false, n->suffix};
}

static bool is_number_greater(const number_lit *a, const number_lit *b)
{
    const bool a_negative = a->negative && a->magnitude > 0;
    const bool b_negative = b->negative && b->magnitude > 0;
    if (a_negative != b_negative)
        return b_negative;
    return a_negative ? a->magnitude < b->magnitude : a->magnitude > b->magnitude;
}

/* D15: a number outside the type can never match. */
static bool check_number_fits(checker *c, const pattern *p, const ctype *t, const number_lit *n)
{
    if (ctype_fits(t, n->magnitude, n->negative))
        return true;
    buffer text;
    buffer_init(&text, 100);
    print_pattern_number(&text, n);
    const char *shown = buffer_text(&text);
    type_error(c, p->span, "%s does not fit in %s, so the pattern can never match",
               shown != NULL ? shown : "the number", type_text(c, t));
    buffer_clear(&text);
    return false;
}

static bool check_number_pattern(checker *c, pattern *p, const ctype *t)
{
    const number_lit *const first = &p->as.number.first;
    if (t == NULL)
        return false;
    if (!ctype_is_integer(t)) {
        type_error(c, p->span, "expected a pattern for %s, found a number", type_text(c, t));
        return false;
    }
    if ((first->negative || p->as.number.last.negative) && !ctype_is_signed(t)) {
        type_error(c, p->span, "expected a pattern for %s, found a negative number",
                   type_text(c, t));
        return false;
    }
    if (ctype_is_unsuffixed(t)) /* 32 bits at run time */
        t = ctype_scalar(t->kind == CTYPE_ANY_SIGNED ? CTYPE_I32 : CTYPE_U32);
    const bool inclusive = p->as.number.inclusive;
    const number_lit last = inclusive ? p->as.number.last : number_before(&p->as.number.last);
    if (is_number_greater(first, &last)) {
        type_error(c, p->span, "empty range: no number is in it%s",
                   inclusive ? "" : "; `..` excludes its end, `..=` includes it");
        return false;
    }
    if (!check_number_fits(c, p, t, first) || !check_number_fits(c, p, t, &last))
        return false;
    p->as.number.low = number_bits(first);
    p->as.number.high = number_bits(&last);
    return true;
}

static bool check_tuple_pattern(checker *c, const pattern *p, const ctype *t)
{
    pattern **elements = p->as.tuple.elements;
    const size_t n = p->as.tuple.n_elements;
    if (t != NULL && t->kind == CTYPE_TUPLE && t->as.tuple.n_elements == n)
        return check_parts(c, elements, n, t->as.tuple.elements);
    if (t != NULL && t->kind == CTYPE_TUPLE)
        type_error(c, p->span, "wrong number of fields: %s has %zu elements, the pattern %zu",
                   type_text(c, t), t->as.tuple.n_elements, n);
    else if (t != NULL)
        type_error(c, p->span, "expected a pattern for %s, found one for a tuple%s",
                   type_text(c, t), n == 1 ? "; a pattern cannot stand in parentheses" : "");
    (void)check_parts(c, elements, n, NULL);
    return false;
}

/* Puts the written fields in the order of the struct's; false after an error. */
static bool sort_field_patterns(checker *c, pattern *p, const struct_decl *decl)
{
    bool ok = true;
    for (size_t i = 0; i < p->as.structure.n_fields; i++) {
        const field_pattern *field = &p->as.structure.fields[i];
        const size_t idx = find_field(decl, field->name.text);
        if (idx == decl->n_fields) {
            type_error(c, field->name.span, "unknown field `%s` of struct `%s`%s", field->name.text,
                       decl->name.text, suggest_field(c, decl, field->name.text));
            ok = false;
        } else if (p->as.structure.by_field[idx] != NULL) {
            type_error(c, field->name.span, "field `%s` is matched twice", field->name.text);
            ok = false;
        } else {
            p->as.structure.by_field[idx] = field->pattern;
        }
    }
    for (size_t i = 0; i < decl->n_fields && !p->as.structure.has_rest; i++) {
        if (p->as.structure.by_field[i] == NULL) {
            type_error(c, p->span, "missing field `%s` of struct `%s`; ignore the rest with `..`",
                       decl->fields[i].name.text, decl->name.text);
            ok = false;
        }
    }
    return ok;
}

static bool is_of_struct(const ctype *t, const struct_decl *decl)
{
    return t->kind == CTYPE_STRUCT && t->as.structure == decl;
}

/* The parts of a struct pattern that is wrong as a whole. */
static bool check_lost_fields(checker *c, const pattern *p)
{
    for (size_t i = 0; i < p->as.structure.n_fields; i++)
        (void)check_pattern(c, p->as.structure.fields[i].pattern, NULL);
    return false;
}

static bool check_struct_pattern(checker *c, pattern *p, const ctype *t)
{
    const ident *name = &p->as.structure.name;
    const struct_decl *decl = symbol_of(c, name->text)->structure;
    p->as.structure.decl = decl;
    if (decl == NULL) {
        type_error(c, name->span, "unknown struct `%s`%s", name->text,
                   suggest_name(c, SUGGEST_STRUCTS, name->text));
        return check_lost_fields(c, p);
    }
    if (t != NULL && !is_of_struct(t, decl)) {
        type_error(c, p->span, "expected a pattern for %s, found one for `%s`", type_text(c, t),
                   decl->name.text);
        return check_lost_fields(c, p);
    }
    p->as.structure.by_field = checker_new(c, decl->n_fields, sizeof(pattern *));
    if (p->as.structure.by_field == NULL || !sort_field_patterns(c, p, decl))
        return check_lost_fields(c, p);
    bool ok = t != NULL;
    for (size_t i = 0; i < decl->n_fields; i++)
        if (p->as.structure.by_field[i] != NULL)
            ok = check_pattern(c, p->as.structure.by_field[i],
                               t == NULL ? NULL : decl->fields[i].type) &&
                 ok;
    return ok;
}

static bool check_variant_pattern(checker *c, pattern *p, const ctype *t)
{
    pattern **fields = p->as.variant.fields;
    const size_t n = p->as.variant.n_fields;
    const variant_use use = {
        .enum_name = &p->as.variant.enum_name,
        .variant_name = &p->as.variant.variant_name,
        .has_parens = p->as.variant.has_parens,
        .n_fields = n,
        .ret_decl = &p->as.variant.decl,
        .ret_variant = &p->as.variant.variant,
    };
    const variant_decl *variant = check_variant_use(c, &use);
    if (variant != NULL && t != NULL &&
        !(t->kind == CTYPE_ENUM && t->as.enumeration == p->as.variant.decl)) {
        type_error(c, p->span, "expected a pattern for %s, found one for `%s`", type_text(c, t),
                   p->as.variant.decl->name.text);
        variant = NULL;
    }
    bool ok = variant != NULL && t != NULL;
    for (size_t i = 0; i < n; i++)
        ok = check_pattern(c, fields[i],
                           variant == NULL || t == NULL ? NULL : variant->fields[i].type) &&
             ok;
    return ok;
}

bool check_pattern(checker *c, pattern *p, const ctype *t)
{
    p->type = t;
    switch (p->kind) {
    case PATTERN_BIND:
        p->as.bind.local = define_local(c, p->as.bind.name, p->span, t, p->as.bind.mutable);
        return true;
    case PATTERN_BOOL:
        return check_bool_pattern(c, p, t);
    case PATTERN_NUMBER:
        return check_number_pattern(c, p, t);
    case PATTERN_TUPLE:
        return check_tuple_pattern(c, p, t);
    case PATTERN_STRUCT:
        return check_struct_pattern(c, p, t);
    case PATTERN_VARIANT:
        return check_variant_pattern(c, p, t);
    }
    return false;
}

/* ---- Arms ---- */

/* D21: a new name that matches everything, where the variant or constant of that name is meant. */
static bool check_arm_name(checker *c, const pattern *p)
{
    const char *name = p->as.bind.name;
    const ctype *t = p->type;
    const enum_decl *decl = t != NULL && t->kind == CTYPE_ENUM ? t->as.enumeration : NULL;
    if (decl != NULL && find_variant(decl, name) < decl->n_variants) {
        type_error(c, p->span, "`%s` alone is a new name here, which matches all: write `%s::%s`",
                   name, decl->name.text, name);
        return false;
    }
    if (symbol_of(c, name)->constant == NULL)
        return true;
    type_error(
        c, p->span,
        "`%s` is a new name here, which matches all, and not the constant: compare with that "
        "in an `if`",
        name);
    return false;
}

static bool check_arm_names(checker *c, const pattern *p);

static bool check_arm_parts(checker *c, pattern *const *parts, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        ok = check_arm_names(c, parts[i]) && ok;
    return ok;
}

/* `S { a }` names the field, whatever else is called so. */
static bool check_arm_fields(checker *c, const pattern *p)
{
    bool ok = true;
    for (size_t i = 0; i < p->as.structure.n_fields; i++) {
        const field_pattern *field = &p->as.structure.fields[i];
        const bool is_field = field->pattern->kind == PATTERN_BIND &&
                              field->pattern->as.bind.name == field->name.text;
        ok = (is_field || check_arm_names(c, field->pattern)) && ok;
    }
    return ok;
}

static bool check_arm_names(checker *c, const pattern *p)
{
    switch (p->kind) {
    case PATTERN_BIND:
        return check_arm_name(c, p);
    case PATTERN_TUPLE:
        return check_arm_parts(c, p->as.tuple.elements, p->as.tuple.n_elements);
    case PATTERN_STRUCT:
        return check_arm_fields(c, p);
    case PATTERN_VARIANT:
        return check_arm_parts(c, p->as.variant.fields, p->as.variant.n_fields);
    case PATTERN_BOOL:
    case PATTERN_NUMBER:
        break;
    }
    return true;
}

bool check_arm_pattern(checker *c, pattern *p, const ctype *t)
{
    const bool ok = check_pattern(c, p, t);
    return check_arm_names(c, p) && ok;
}
