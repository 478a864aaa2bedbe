#include "lang/front/ctype.h"

#include <inttypes.h>
#include <string.h>

#include "lang/front/ast.h"

typedef struct scalar_row {
    const char *name;
    unsigned bits;
    bool is_signed;
    uint64_t max;          /* largest value that a literal can have */
    uint64_t max_negative; /* largest magnitude of a negative one */
    ctype type;
} scalar_row;

#define UNSIGNED(which, name, bits, max)                                                           \
    [which] = {name, bits, false, max, 0, {.kind = which, .n_nodes = 1, .depth = 1}}
#define SIGNED(which, name, bits)                                                                  \
    [which] = {name,                                                                               \
               bits,                                                                               \
               true,                                                                               \
               ((uint64_t)1 << (bits - 1)) - 1,                                                    \
               (uint64_t)1 << (bits - 1),                                                          \
               {.kind = which, .n_nodes = 1, .depth = 1}}

static const scalar_row scalars[CTYPE_N_SCALARS] = {
    UNSIGNED(CTYPE_BOOL, "bool", 1, 0),
    UNSIGNED(CTYPE_U8, "u8", 8, UINT8_MAX),
    UNSIGNED(CTYPE_U16, "u16", 16, UINT16_MAX),
    UNSIGNED(CTYPE_U32, "u32", 32, UINT32_MAX),
    UNSIGNED(CTYPE_U64, "u64", 64, UINT64_MAX),
    UNSIGNED(CTYPE_USIZE, "usize", 32, UINT32_MAX),
    SIGNED(CTYPE_I8, "i8", 8),
    SIGNED(CTYPE_I16, "i16", 16),
    SIGNED(CTYPE_I32, "i32", 32),
    SIGNED(CTYPE_I64, "i64", 64),
    UNSIGNED(CTYPE_ANY_UNSIGNED, "integer", 32, UINT64_MAX),
    [CTYPE_ANY_SIGNED] = {"signed integer",
                          32,
                          true,
                          UINT64_MAX,
                          UINT64_MAX,
                          {.kind = CTYPE_ANY_SIGNED, .n_nodes = 1, .depth = 1}},
};

const ctype *ctype_scalar(ctype_kind kind)
{
    return &scalars[kind].type;
}

const char *ctype_scalar_name(ctype_kind kind)
{
    return scalars[kind].name;
}

bool ctype_find_scalar(ctype_kind *ret_kind, const char *name, size_t len)
{
    for (ctype_kind kind = CTYPE_BOOL; kind < CTYPE_ANY_UNSIGNED; kind++) {
        if (strlen(scalars[kind].name) == len && memcmp(scalars[kind].name, name, len) == 0) {
            *ret_kind = kind;
            return true;
        }
    }
    return false;
}

const ctype *ctype_unit(void)
{
    static const ctype unit = {.kind = CTYPE_TUPLE, .n_nodes = 1, .depth = 1};
    return &unit;
}

/* NULL and *ret_too_large, or NULL for lack of memory, or a type. */
static ctype *new_type(arena *a, ctype_kind kind, uint64_t n_nodes, uint32_t depth,
                       bool *ret_too_large)
{
    if (n_nodes > CTYPE_MAX_NODES || depth > CTYPE_MAX_DEPTH) {
        *ret_too_large = true;
        return NULL;
    }
    ctype *t = arena_new(a, 1, sizeof *t);
    if (t != NULL)
        *t = (ctype){.kind = kind, .n_nodes = (uint32_t)n_nodes, .depth = depth};
    return t;
}

const ctype *ctype_tuple(arena *a, const ctype **elements, size_t n_elements, bool *ret_too_large)
{
    uint64_t n_nodes = 1;
    uint32_t depth = 0;
    for (size_t i = 0; i < n_elements; i++) {
        n_nodes += elements[i]->n_nodes;
        depth = elements[i]->depth > depth ? elements[i]->depth : depth;
    }
    ctype *t = new_type(a, CTYPE_TUPLE, n_nodes, depth + 1, ret_too_large);
    if (t != NULL) {
        t->as.tuple.elements = elements;
        t->as.tuple.n_elements = n_elements;
    }
    return t;
}

const ctype *ctype_array(arena *a, const ctype *element, array_size size, bool *ret_too_large)
{
    const uint64_t n_size = size.kind == SIZE_EXPR ? size.as.expr->n_nodes : 1;
    ctype *t =
        new_type(a, CTYPE_ARRAY, element->n_nodes + n_size, element->depth + 1, ret_too_large);
    if (t != NULL) {
        t->as.array.element = element;
        t->as.array.size = size;
    }
    return t;
}

const ctype *ctype_struct(arena *a, const struct_decl *decl)
{
    bool too_large = false;
    ctype *t = new_type(a, CTYPE_STRUCT, 1, 1, &too_large);
    if (t != NULL)
        t->as.structure = decl;
    return t;
}

const ctype *ctype_enum(arena *a, const enum_decl *decl)
{
    bool too_large = false;
    ctype *t = new_type(a, CTYPE_ENUM, 1, 1, &too_large);
    if (t != NULL)
        t->as.enumeration = decl;
    return t;
}

bool ctype_is_integer(const ctype *t)
{
    return t->kind < CTYPE_N_SCALARS && t->kind != CTYPE_BOOL;
}

bool ctype_is_signed(const ctype *t)
{
    return t->kind < CTYPE_N_SCALARS && scalars[t->kind].is_signed;
}

bool ctype_is_unsuffixed(const ctype *t)
{
    return t->kind == CTYPE_ANY_UNSIGNED || t->kind == CTYPE_ANY_SIGNED;
}

bool ctype_is_unit(const ctype *t)
{
    return t->kind == CTYPE_TUPLE && t->as.tuple.n_elements == 0;
}

bool ctype_has_unsuffixed(const ctype *t)
{
    if (t->kind == CTYPE_ARRAY)
        return ctype_has_unsuffixed(t->as.array.element);
    if (t->kind != CTYPE_TUPLE)
        return ctype_is_unsuffixed(t);
    for (size_t i = 0; i < t->as.tuple.n_elements; i++)
        if (ctype_has_unsuffixed(t->as.tuple.elements[i]))
            return true;
    return false;
}

unsigned ctype_scalar_bits(ctype_kind kind)
{
    return scalars[kind].bits;
}

bool ctype_fits(const ctype *t, uint64_t magnitude, bool negative)
{
    const scalar_row *row = &scalars[t->kind];
    if (negative && magnitude > 0)
        return row->is_signed && magnitude <= row->max_negative;
    return magnitude <= row->max;
}

bool const_expr_equal(const const_expr *a, const const_expr *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->n_nodes != b->n_nodes)
        return false;
    switch (a->kind) {
    case CONST_BOOL:
        return a->as.boolean == b->as.boolean;
    case CONST_NUMBER:
        return a->as.number.suffix == b->as.number.suffix &&
               a->as.number.negative == b->as.number.negative &&
               a->as.number.magnitude == b->as.number.magnitude;
    case CONST_NAME:
        return a->as.name.text == b->as.name.text;
    case CONST_EXTERNAL:
        return a->as.external.party == b->as.external.party &&
               a->as.external.name == b->as.external.name;
    case CONST_ADD:
    case CONST_SUB:
    case CONST_MIN:
    case CONST_MAX:
        break;
    }
    if (a->as.op.n_operands != b->as.op.n_operands)
        return false;
    for (size_t i = 0; i < a->as.op.n_operands; i++)
        if (!const_expr_equal(a->as.op.operands[i], b->as.op.operands[i]))
            return false;
    return true;
}

bool array_size_equal(const array_size *a, const array_size *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == SIZE_NUMBER)
        return a->as.number == b->as.number;
    if (a->kind == SIZE_CONSTANT)
        return a->as.constant == b->as.constant;
    return const_expr_equal(a->as.expr, b->as.expr);
}

bool ctype_equal(const ctype *a, const ctype *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->n_nodes != b->n_nodes)
        return false;
    if (a->kind == CTYPE_STRUCT)
        return a->as.structure == b->as.structure;
    if (a->kind == CTYPE_ENUM)
        return a->as.enumeration == b->as.enumeration;
    if (a->kind == CTYPE_ARRAY)
        return array_size_equal(&a->as.array.size, &b->as.array.size) &&
               ctype_equal(a->as.array.element, b->as.array.element);
    if (a->kind != CTYPE_TUPLE)
        return true;
    if (a->as.tuple.n_elements != b->as.tuple.n_elements)
        return false;
    for (size_t i = 0; i < a->as.tuple.n_elements; i++)
        if (!ctype_equal(a->as.tuple.elements[i], b->as.tuple.elements[i]))
            return false;
    return true;
}

static void print_number(buffer *out, const number_lit *n)
{
    buffer_printf(out, "%s%" PRIu64, n->negative ? "-" : "", n->magnitude);
    if (n->suffix != CTYPE_ANY_UNSIGNED && n->suffix != CTYPE_ANY_SIGNED)
        buffer_printf(out, "%s", scalars[n->suffix].name);
}

static void print_operands(buffer *out, const const_expr *e, const char *between)
{
    for (size_t i = 0; i < e->as.op.n_operands; i++) {
        const const_expr *operand = e->as.op.operands[i];
        const bool nested = between[0] == ' ' && i > 0 &&
                            (operand->kind == CONST_ADD || operand->kind == CONST_SUB);
        buffer_printf(out, "%s%s", i > 0 ? between : "", nested ? "(" : "");
        const_expr_print(out, operand);
        buffer_printf(out, "%s", nested ? ")" : "");
    }
}

void const_expr_print(buffer *out, const const_expr *e)
{
    switch (e->kind) {
    case CONST_BOOL:
        buffer_printf(out, "%s", e->as.boolean ? "true" : "false");
        break;
    case CONST_NUMBER:
        print_number(out, &e->as.number);
        break;
    case CONST_NAME:
        buffer_printf(out, "%s", e->as.name.text);
        break;
    case CONST_EXTERNAL:
        buffer_printf(out, "%s::%s", e->as.external.party, e->as.external.name);
        break;
    case CONST_ADD:
    case CONST_SUB:
        print_operands(out, e, e->kind == CONST_ADD ? " + " : " - ");
        break;
    case CONST_MIN:
    case CONST_MAX:
        buffer_printf(out, "%s(", e->kind == CONST_MIN ? "min" : "max");
        print_operands(out, e, ", ");
        buffer_printf(out, ")");
        break;
    }
}

/* A lone number or name in const { } is shown as such: it differs from the bare one (T3). */
static void print_size(buffer *out, const array_size *size)
{
    if (size->kind == SIZE_NUMBER) {
        buffer_printf(out, "%" PRIu64, size->as.number);
    } else if (size->kind == SIZE_CONSTANT) {
        buffer_printf(out, "%s", size->as.constant->name.text);
    } else {
        const const_expr_kind kind = size->as.expr->kind;
        const bool is_lone = kind == CONST_NUMBER || kind == CONST_NAME;
        buffer_printf(out, "%s", is_lone ? "const { " : "");
        const_expr_print(out, size->as.expr);
        buffer_printf(out, "%s", is_lone ? " }" : "");
    }
}

void ctype_print(buffer *out, const ctype *t)
{
    if (t->kind == CTYPE_STRUCT) {
        buffer_printf(out, "%s", t->as.structure->name.text);
    } else if (t->kind == CTYPE_ENUM) {
        buffer_printf(out, "%s", t->as.enumeration->name.text);
    } else if (t->kind == CTYPE_ARRAY) {
        buffer_printf(out, "[");
        ctype_print(out, t->as.array.element);
        buffer_printf(out, "; ");
        print_size(out, &t->as.array.size);
        buffer_printf(out, "]");
    } else if (t->kind == CTYPE_TUPLE) {
        buffer_printf(out, "(");
        for (size_t i = 0; i < t->as.tuple.n_elements; i++) {
            buffer_printf(out, "%s", i > 0 ? ", " : "");
            ctype_print(out, t->as.tuple.elements[i]);
        }
        buffer_printf(out, ")");
    } else {
        buffer_printf(out, "%s", scalars[t->kind].name);
    }
}
