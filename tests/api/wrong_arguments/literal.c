#include "api/wrong_arguments/table.h"

FREES(pt_literal_free)

CALL(pt_literal_parse)
{
    return pt_literal_parse(PTR(0, &r.literal), PTR(1, w->type), PTR(2, "1"), 1, error);
}

CALL(pt_literal_from_json)
{
    return pt_literal_from_json(PTR(0, &r.literal), PTR(1, w->type), PTR(2, "1"), 1, error);
}

CALL(pt_literal_from_bits)
{
    return pt_literal_from_bits(PTR(0, &r.literal), PTR(1, w->type), PTR(2, w->bits), 8, error);
}

CALL(pt_literal_from_packed)
{
    return pt_literal_from_packed(PTR(0, &r.literal), PTR(1, w->type), PTR(2, w->packed), 1, error);
}

CALL(pt_literal_to_bits)
{
    return pt_literal_to_bits(PTR(0, r.bits), SIZE(1, 8), PTR(2, w->literal), error);
}

CALL(pt_literal_to_packed)
{
    return pt_literal_to_packed(PTR(0, r.bits), SIZE(1, 1), PTR(2, w->literal), error);
}

CALL(pt_literal_print)
{
    return pt_literal_print(PTR(0, &r.text), PTR(1, w->literal), error);
}

CALL(pt_literal_to_json)
{
    return pt_literal_to_json(PTR(0, &r.text), PTR(1, w->literal), error);
}

CALL(pt_type_print)
{
    return pt_type_print(PTR(0, &r.text), PTR(1, w->type), error);
}

/* What tells of a type has nothing to tell of none. */
#define TELLS(name, nothing)                                                                       \
    CALL(name)                                                                                     \
    {                                                                                              \
        (void)w, (void)wrong, (void)error;                                                         \
        assert_true(name(NULL) == (nothing));                                                      \
        return PT_OK;                                                                              \
    }
TELLS(pt_type_bits, 0)
TELLS(pt_type_kind, PT_KIND_TUPLE)
TELLS(pt_type_name, NULL)
TELLS(pt_type_element, NULL)
TELLS(pt_type_length, 0)
TELLS(pt_type_field_count, 0)
TELLS(pt_type_variant_count, 0)

/* The same, past the last. */
#define TELLS_AT(name, nothing)                                                                    \
    CALL(name)                                                                                     \
    {                                                                                              \
        (void)error;                                                                               \
        assert_true(name(PTR(0, w->type), SIZE(1, 0)) == (nothing));                               \
        return PT_OK;                                                                              \
    }
TELLS_AT(pt_type_field_name, NULL)
TELLS_AT(pt_type_field_type, NULL)
TELLS_AT(pt_type_variant_name, NULL)
TELLS_AT(pt_type_variant_field_count, 0)

CALL(pt_type_variant_field_type)
{
    (void)error;
    assert_null(pt_type_variant_field_type(PTR(0, w->type), SIZE(1, 0), SIZE(2, 0)));
    return PT_OK;
}

static const row rows[] = {
    HARMLESS(pt_literal_free, 1),
    FAILS(pt_literal_from_bits, 3),
    FAILS(pt_literal_from_json, 3),
    FAILS(pt_literal_from_packed, 3),
    FAILS(pt_literal_parse, 3),
    FAILS(pt_literal_print, 2),
    FAILS(pt_literal_to_bits, 3),
    FAILS(pt_literal_to_json, 2),
    FAILS(pt_literal_to_packed, 3),
    HARMLESS(pt_type_bits, 1),
    HARMLESS(pt_type_element, 1),
    HARMLESS(pt_type_field_count, 1),
    HARMLESS(pt_type_field_name, 2),
    HARMLESS(pt_type_field_type, 2),
    HARMLESS(pt_type_kind, 1),
    HARMLESS(pt_type_length, 1),
    HARMLESS(pt_type_name, 1),
    FAILS(pt_type_print, 2),
    HARMLESS(pt_type_variant_count, 1),
    HARMLESS(pt_type_variant_field_count, 2),
    HARMLESS(pt_type_variant_field_type, 3),
    HARMLESS(pt_type_variant_name, 2),
};
TABLE(literal);
