/* Results as tables: values of a program's types become rows, and CSV text. */
#include "base/mem.h"
#include "data/csv_write.h"
#include "data/from_bits.h"
#include "polytune/polytune.h"
#include "support/test.h"

#define ITEMS                                                                                      \
    "struct Person { name: [u8; 5], age: u8, home: Place }\n"                                      \
    "struct Place { city: [u8; 4], marks: [i16; 2] }\n"                                            \
    "enum Sex { Female, Male }\n"                                                                  \
    "enum Test { Negative, Positive, Missing }\n"                                                  \
    "enum Dose { None, Unknown, Some(u16) }\n"                                                     \
    "enum Row { Full(u32, Sex), Empty }\n"                                                         \
    "enum On { None, Up, Hi([u8; 6]) }\n"

/* The text that a value of the type is written as. */
static void assert_csv(const char *type, const char *literal_text, const char *expected)
{
    char source[2048];
    (void)snprintf(source, sizeof source,
                   ITEMS "pub fn main(a: %s, b: bool, c: Person, d: Sex, e: Test, f: Dose, g: Row) "
                         "-> bool { b }",
                   type);
    const pt_compile_options options = {.source = source, .source_len = strlen(source)};
    pt_program *program = NULL;
    pt_literal *literal = NULL;
    pt_error error;
    row_shape rows;
    table t;
    buffer text;
    assert_int_equal(pt_program_compile(&program, NULL, &options, &error), PT_OK);
    const pt_type *of = pt_program_input_type(program, 0);
    if (pt_literal_parse(&literal, of, literal_text, strlen(literal_text), &error) != PT_OK)
        fail_msg("%s", error.message);
    uint8_t *bits = mem_new(pt_type_bits(of), 1);
    assert_int_equal(pt_literal_to_bits(bits, pt_type_bits(of), literal, &error), PT_OK);
    assert_int_equal(row_shape_init(&rows, of, &error), PT_OK);
    assert_int_equal(table_from_bits(&t, &rows, bits, &error), PT_OK);
    buffer_init(&text, 100000);
    csv_write_table(&text, &t, ',');
    assert_string_equal(buffer_text(&text), expected);
    buffer_clear(&text);
    table_clear(&t);
    row_shape_clear(&rows);
    mem_free(bits);
    pt_literal_free(literal);
    pt_program_free(program);
}

/* What to_bits reads back: texts as names of variants. */
static void test_texts_like_names(void **state)
{
    (void)state;
    assert_csv("[(On, u8); 5]",
               "[(On::Hi([85, 112, 0, 0, 0, 0]), 1), (On::Hi([72, 105, 40, 85, 112, 41]), 2), "
               "(On::Up, 3), (On::Hi([78, 111, 110, 101, 0, 0]), 4), (On::None, 5)]",
               "1,2\nHi(Up),1\nHi(Hi(Up)),2\nUp,3\nNone,4\n,5\n");
}

static void test_numbers(void **state)
{
    (void)state;
    assert_csv("[u64; 2]", "[0, 18446744073709551615]", "1\n0\n18446744073709551615\n");
    assert_csv("[i64; 2]", "[-9223372036854775808, 9223372036854775807]",
               "1\n-9223372036854775808\n9223372036854775807\n");
    assert_csv("[(i8, u8, bool); 2]", "[(-128, 255, true), (-1, 0, false)]",
               "1,2,3\n-128,255,true\n-1,0,false\n");
    assert_csv("[u32; 0]", "[]", "1\n");
    assert_csv("u16", "7", "1\n7\n");
    assert_csv("(u16, [i8; 2])", "(7, [1, -1])", "1,2,3\n7,1,-1\n");
}

static void test_text(void **state)
{
    (void)state;
    assert_csv("[[u8; 4]; 5]",
               "[[97, 0, 0, 0], [0, 0, 0, 0], [97, 44, 34, 10], [32, 97, 0, 0], [195, 169, 0, 0]]",
               "1\na\n\"\"\n\"a,\"\"\n\"\n\" a\"\n\xc3\xa9\n");
    assert_csv("[[u8; 3]; 2]", "[[0, 1, 0], [255, 0, 0]]", "1\n0x000100\n0xff0000\n");
}

static void test_structs(void **state)
{
    (void)state;
    assert_csv("[Person; 1]",
               "[Person {age: 7, home: Place {city: [66, 101, 114, 110], marks: [3, -4]}, name: "
               "[65, 110, 110, 0, 0]}]",
               "age,home.city,home.marks.0,home.marks.1,name\n7,Bern,3,-4,Ann\n");
}

static void test_enums(void **state)
{
    (void)state;
    assert_csv("[(Sex, Test); 2]", "[(Sex::Male, Test::Missing), (Sex::Female, Test::Positive)]",
               "1,2\nMale,\nFemale,Positive\n");
    assert_csv("[(Dose, u8); 3]", "[(Dose::Some(5), 1), (Dose::None, 2), (Dose::Unknown, 3)]",
               "1,2\n5,1\n,2\nUnknown,3\n");
    assert_csv("[Row; 3]", "[Row::Empty, Row::Full(7, Sex::Male), Row::Empty]", "1,2\n7,Male\n");
    assert_csv("Row", "Row::Empty", "1,2\n,\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_texts_like_names),
        cmocka_unit_test(test_text),    cmocka_unit_test(test_structs),
        cmocka_unit_test(test_enums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
