/* Types know their width and layout, print as the spec says, and keep their limits. */
#include "support/test.h"

#include "base/arena.h"
#include "lang/value/type.h"

static arena memory;

static int setup(void **state)
{
    (void)state;
    arena_init(&memory, (size_t)1 << 24);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_clear(&memory);
    return 0;
}

static const pt_type *tuple(const type_field *fields, size_t n_fields)
{
    const pt_type *type = NULL;
    pt_error error;
    assert_int_equal(type_new_tuple(&type, &memory, fields, n_fields, &error), PT_OK);
    return type;
}

static void assert_prints(const pt_type *type, const char *expected)
{
    char *text = NULL;
    pt_error error;
    assert_int_equal(pt_type_print(&text, type, &error), PT_OK);
    assert_string_equal(text, expected);
    pt_text_free(text);
}

static void scalars_have_names_widths_and_ranges(void **state)
{
    (void)state;
    assert_int_equal(pt_type_bits(type_scalar(TYPE_BOOL)), 1);
    assert_int_equal(pt_type_bits(type_scalar(TYPE_USIZE)), 32);
    assert_ptr_equal(type_scalar_named("i16", 3), type_scalar(TYPE_I16));
    assert_null(type_scalar_named("i1", 2));
    assert_null(type_scalar_named("", 0));
    assert_true(type_max_value(type_scalar(TYPE_U64)) == UINT64_MAX);
    assert_true(type_max_value(type_scalar(TYPE_I64)) == INT64_MAX);
    assert_true(type_max_value(type_scalar(TYPE_I8)) == 127);
    assert_true(type_max_value(type_scalar(TYPE_USIZE)) == UINT32_MAX);
    assert_string_equal(type_json_tag(TYPE_USIZE), "Usize");
}

static void tuples_and_arrays_are_laid_out_in_order(void **state)
{
    (void)state;
    pt_error error;
    const type_field fields[] = {{.type = type_scalar(TYPE_U8)}, {.type = type_scalar(TYPE_BOOL)}};
    const pt_type *pair = tuple(fields, 2);
    assert_int_equal(pt_type_bits(pair), 9);
    assert_int_equal(pair->fields[1].offset, 8);
    const pt_type *array = NULL;
    assert_int_equal(type_new_array(&array, &memory, pair, 3, &error), PT_OK);
    assert_int_equal(pt_type_bits(array), 27);
    assert_prints(array, "[(u8, bool); 3]");
    assert_prints(tuple(fields, 1), "(u8)");
    assert_prints(tuple(NULL, 0), "()");
}

static void struct_fields_are_sorted(void **state)
{
    (void)state;
    pt_error error;
    const type_field fields[] = {{.name = "zed", .type = type_scalar(TYPE_U8)},
                                 {.name = "alf", .type = type_scalar(TYPE_BOOL)}};
    const pt_type *type = NULL;
    assert_int_equal(type_new_struct(&type, &memory, "Rec", fields, 2, &error), PT_OK);
    assert_string_equal(type->fields[0].name, "alf");
    assert_int_equal(type_find_field(type, "zed", 3)->offset, 1);
    assert_null(type_find_field(type, "ze", 2));
    assert_prints(type, "Rec");
}

static void enums_have_a_tag_and_room_for_the_longest_variant(void **state)
{
    (void)state;
    pt_error error;
    type_field move[] = {{.type = type_scalar(TYPE_I8)}, {.type = type_scalar(TYPE_I8)}};
    type_field say[] = {{.type = type_scalar(TYPE_U8)}};
    const type_variant variants[] = {
        {.name = "Quit"},
        {.name = "Move", .is_tuple = true, .n_fields = 2, .fields = move},
        {.name = "Say", .is_tuple = true, .n_fields = 1, .fields = say}};
    const pt_type *type = NULL;
    assert_int_equal(type_new_enum(&type, &memory, "Msg", variants, 3, &error), PT_OK);
    assert_int_equal(pt_type_bits(type), 2 + 16);
    assert_int_equal(type->variants[1].fields[1].offset, 2 + 8);
    assert_int_equal(type_find_variant(type, "Say", 3), 2);
    assert_int_equal(type_find_variant(type, "Sa", 2), 3);
    const pt_type *one = NULL;
    assert_int_equal(type_new_enum(&one, &memory, "One", variants, 1, &error), PT_OK);
    assert_int_equal(pt_type_bits(one), 0);
    assert_false(type_equal(type, one));
}

static void limits_are_errors(void **state)
{
    (void)state;
    pt_error error;
    const pt_type *type = NULL;
    assert_int_equal(type_new_array(&type, &memory, type_scalar(TYPE_U64), 1 << 25, &error),
                     PT_ERR_LIMIT);
    assert_int_equal(type_new_array(&type, &memory, type_scalar(TYPE_U8), UINT64_MAX, &error),
                     PT_ERR_LIMIT);
    const pt_type *units = NULL;
    assert_int_equal(type_new_array(&units, &memory, tuple(NULL, 0), 1 << 26, &error), PT_OK);
    assert_int_equal(type_new_array(&type, &memory, units, 1 << 26, &error), PT_ERR_LIMIT);
    pt_status status = PT_OK;
    const pt_type *deep = type_scalar(TYPE_BOOL);
    for (unsigned i = 0; i < TYPE_MAX_DEPTH + 1 && status == PT_OK; i++)
        status = type_new_array(&deep, &memory, deep, 1, &error);
    assert_int_equal(status, PT_ERR_LIMIT);
    assert_int_equal(deep->depth, TYPE_MAX_DEPTH);
}

static void equality_looks_at_the_parts(void **state)
{
    (void)state;
    pt_error error;
    const pt_type *x = NULL;
    const pt_type *y = NULL;
    assert_int_equal(type_new_array(&x, &memory, type_scalar(TYPE_U8), 2, &error), PT_OK);
    assert_int_equal(type_new_array(&y, &memory, type_scalar(TYPE_U8), 2, &error), PT_OK);
    assert_true(type_equal(x, y));
    assert_int_equal(type_new_array(&y, &memory, type_scalar(TYPE_I8), 2, &error), PT_OK);
    assert_false(type_equal(x, y));
    assert_false(type_equal(type_scalar(TYPE_U32), type_scalar(TYPE_USIZE)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scalars_have_names_widths_and_ranges, setup, teardown),
        cmocka_unit_test_setup_teardown(tuples_and_arrays_are_laid_out_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(struct_fields_are_sorted, setup, teardown),
        cmocka_unit_test_setup_teardown(enums_have_a_tag_and_room_for_the_longest_variant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(limits_are_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(equality_looks_at_the_parts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
