/* What a program's types are made of. */
#include "polytune/polytune.h"
#include "support/test.h"

static const char source[] = "enum Dose { Nothing, Some(u16, i8) }\n"
                             "struct Person { name: [u8; 5], age: usize }\n"
                             "pub fn main(a: [(Person, bool); 3], b: Dose) -> bool { true }\n";

static void test_walk(void **state)
{
    (void)state;
    const pt_compile_options options = {.source = source, .source_len = sizeof source - 1};
    pt_program *program = NULL;
    assert_int_equal(pt_program_compile(&program, NULL, &options, NULL), PT_OK);
    const pt_type *rows = pt_program_input_type(program, 0);
    assert_int_equal(pt_type_kind(rows), PT_KIND_ARRAY);
    assert_int_equal(pt_type_length(rows), 3);
    const pt_type *row = pt_type_element(rows);
    assert_int_equal(pt_type_kind(row), PT_KIND_TUPLE);
    assert_int_equal(pt_type_field_count(row), 2);
    assert_null(pt_type_name(row));
    assert_null(pt_type_field_name(row, 0));
    assert_null(pt_type_field_type(row, 2));
    assert_null(pt_type_element(row));
    assert_int_equal(pt_type_kind(pt_type_field_type(row, 1)), PT_KIND_BOOL);
    const pt_type *person = pt_type_field_type(row, 0);
    assert_int_equal(pt_type_kind(person), PT_KIND_STRUCT);
    assert_string_equal(pt_type_name(person), "Person");
    assert_string_equal(pt_type_field_name(person, 0), "age");
    assert_string_equal(pt_type_field_name(person, 1), "name");
    assert_null(pt_type_field_name(person, 2));
    assert_int_equal(pt_type_kind(pt_type_field_type(person, 0)), PT_KIND_UNSIGNED);
    assert_int_equal(pt_type_bits(pt_type_field_type(person, 0)), 32);
    assert_int_equal(pt_type_variant_count(person), 0);
    pt_program_free(program);
}

static void test_enums(void **state)
{
    (void)state;
    const pt_compile_options options = {.source = source, .source_len = sizeof source - 1};
    pt_program *program = NULL;
    assert_int_equal(pt_program_compile(&program, NULL, &options, NULL), PT_OK);
    const pt_type *dose = pt_program_input_type(program, 1);
    assert_int_equal(pt_type_kind(dose), PT_KIND_ENUM);
    assert_string_equal(pt_type_name(dose), "Dose");
    assert_int_equal(pt_type_bits(dose), 1 + 16 + 8);
    assert_int_equal(pt_type_variant_count(dose), 2);
    assert_string_equal(pt_type_variant_name(dose, 0), "Nothing");
    assert_string_equal(pt_type_variant_name(dose, 1), "Some");
    assert_null(pt_type_variant_name(dose, 2));
    assert_int_equal(pt_type_variant_field_count(dose, 0), 0);
    assert_int_equal(pt_type_variant_field_count(dose, 1), 2);
    assert_int_equal(pt_type_variant_field_count(dose, 2), 0);
    assert_int_equal(pt_type_kind(pt_type_variant_field_type(dose, 1, 1)), PT_KIND_SIGNED);
    assert_null(pt_type_variant_field_type(dose, 1, 2));
    assert_null(pt_type_variant_field_type(dose, 2, 0));
    assert_int_equal(pt_type_field_count(dose), 0);
    pt_program_free(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_walk), cmocka_unit_test(test_enums)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
