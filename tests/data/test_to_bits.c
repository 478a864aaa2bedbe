/* Tables as the bits of a program's input: what a literal of the same value has. */
#include "base/bits.h"
#include "base/mem.h"
#include "data/csv_read.h"
#include "data/to_bits.h"
#include "polytune/polytune.h"
#include "support/test.h"

/* What the tests' programs may use. */
#define ITEMS                                                                                      \
    "struct Person { name: [u8; 5], age: u8, born: i32 }\n"                                        \
    "enum Sex { Female, Male }\n"                                                                  \
    "enum Test { Negative, Positive, Missing }\n"                                                  \
    "enum Dose { None, Some(u16) }\n"                                                              \
    "enum Word { None, Hidden, Some([u8; 6]) }\n"                                                  \
    "enum On { None, Up, Hi([u8; 6]) }\n"                                                          \
    "enum Row { Empty, Full(u32, Sex) }\n"                                                         \
    "enum Two { A(u8), B(u8) }\n"                                                                  \
    "enum Long { TheFirstVariantOfThisManyLettersThatItHas, "                                      \
    "TheSecondVariantOfThisManyLettersThatItHas, TheThirdVariantOfThisManyLettersThatItHas }\n"    \
    "struct Place { city: [u8; 4], zip: u16 }\n"                                                   \
    "struct Visit { id: u32, place: Place, marks: [u16; 2] }\n"

/* A program whose first party's input is of the given type. */
static pt_program *program_with(const char *type)
{
    char source[2048];
    (void)snprintf(source, sizeof source,
                   ITEMS "pub fn main(a: %s, b: bool, c: Person, d: Sex, e: Test, f: Dose, g: Row, "
                         "h: Two, i: Visit, j: Word, k: Long) -> bool { b }",
                   type);
    const pt_compile_options options = {.source = source, .source_len = strlen(source)};
    pt_program *program = NULL;
    pt_error error;
    if (pt_program_compile(&program, NULL, &options, &error) != PT_OK)
        fail_msg("%s: %s", source, error.message);
    return program;
}

static pt_status convert(uint8_t **ret_bits, const pt_program *program, const char *csv,
                         const to_bits_options *options, pt_error *error)
{
    table t;
    const csv_options how = {.source = "t.csv", .separator = ','};
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(csv, 1, strlen(csv), file), strlen(csv));
    rewind(file);
    pt_error_clear(error);
    pt_status status = csv_read(&t, file, &how, error);
    assert_int_equal(fclose(file), 0);
    if (status == PT_OK)
        status = table_to_bits(ret_bits, &t, pt_program_input_type(program, 0), options, error);
    table_clear(&t);
    return status;
}

static void assert_value_with(const to_bits_options *options, const char *type, const char *csv,
                              const char *literal_text)
{
    pt_program *program = program_with(type);
    const pt_type *input = pt_program_input_type(program, 0);
    const size_t n_bits = pt_type_bits(input);
    pt_literal *literal = NULL;
    pt_error error;
    uint8_t *packed = NULL;
    uint8_t *bits = mem_new(n_bits, 1);
    if (convert(&packed, program, csv, options, &error) != PT_OK)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < n_bits; i++)
        bits[i] = (uint8_t)bits_get(packed, i);
    char *text = NULL;
    assert_int_equal(pt_literal_from_bits(&literal, input, bits, n_bits, &error), PT_OK);
    assert_int_equal(pt_literal_print(&text, literal, &error), PT_OK);
    assert_string_equal(text, literal_text);
    pt_text_free(text);
    pt_literal_free(literal);
    mem_free(bits);
    mem_free_secret(packed, bits_bytes(n_bits));
    pt_program_free(program);
}

static void assert_value(const char *type, const char *csv, const char *literal)
{
    assert_value_with(&(to_bits_options){0}, type, csv, literal);
}

static void assert_error_with(const to_bits_options *options, const char *type, const char *csv,
                              const char *expected)
{
    pt_program *program = program_with(type);
    uint8_t *bits = NULL;
    pt_error error;
    assert_int_not_equal(convert(&bits, program, csv, options, &error), PT_OK);
    if (strcmp(error.message, expected) != 0)
        fail_msg("'%s' instead of '%s'", error.message, expected);
    assert_null(bits);
    pt_program_free(program);
}

static void assert_error(const char *type, const char *csv, const char *expected)
{
    assert_error_with(&(to_bits_options){0}, type, csv, expected);
}

static void test_integers(void **state)
{
    (void)state;
    assert_value("[u8; 2]", "n\n0\n255\n", "[0, 255]");
    assert_value("[i8; 2]", "n\n-128\n127\n", "[-128, 127]");
    assert_value("[u16; 2]", "n\n0\n65535\n", "[0, 65535]");
    assert_value("[i16; 2]", "n\n-32768\n32767\n", "[-32768, 32767]");
    assert_value("[u32; 2]", "n\n0\n4294967295\n", "[0, 4294967295]");
    assert_value("[i32; 2]", "n\n-2147483648\n2147483647\n", "[-2147483648, 2147483647]");
    assert_value("[usize; 2]", "n\n0\n4294967295\n", "[0, 4294967295]");
    assert_value("[u64; 3]", "n\n9007199254740993\n9223372036854775808\n18446744073709551615\n",
                 "[9007199254740993, 9223372036854775808, 18446744073709551615]");
    assert_value("[i64; 2]", "n\n-9223372036854775808\n9223372036854775807\n",
                 "[-9223372036854775808, 9223372036854775807]");
    assert_error("[u8; 1]", "n\n256\n",
                 "t.csv, row 1 (line 2), column 'n': expected u8, found '256', which is out of its "
                 "range");
    assert_error("[u8; 1]", "n\n-1\n",
                 "t.csv, row 1 (line 2), column 'n': expected u8, found '-1', which is out of its "
                 "range");
    assert_error("[i64; 2]", "n\n1\n9223372036854775808\n",
                 "t.csv, row 2 (line 3), column 'n': expected i64, found '9223372036854775808', "
                 "which is out of its range");
    assert_error(
        "[u8; 1]", "n\n 5\n",
        "t.csv, row 1 (line 2), column 'n': expected u8, found ' 5' with blanks around it");
    assert_error("[u8; 1]", "n\n\n",
                 "t.csv, row 1 (line 2), column 'n': expected u8, but the value is missing");
    assert_error("[u8; 1]", "n\n\"\"\n",
                 "t.csv, row 1 (line 2), column 'n': expected u8, found ''");
}

static void test_decimals(void **state)
{
    (void)state;
    const table_scale scale = {.column = "pay", .factor = 100};
    const to_bits_options options = {.scales = &scale, .n_scales = 1};
    assert_value_with(&options, "[(u8, u32); 3]", "n,pay\n1,12.34\n2,7\n3.0,0.10\n",
                      "[(1, 1234), (2, 700), (3, 10)]");
    assert_error_with(
        &options, "[(u8, u32); 1]", "n,pay\n1,12.345\n",
        "t.csv, row 1 (line 2), column 'pay': expected u32, found '12.345', which has "
        "too many decimal places for --scale");
    assert_error_with(
        &options, "[(u8, u8); 1]", "n,pay\n1,2.56\n",
        "t.csv, row 1 (line 2), column 'pay': expected u8, found '2.56', which is out "
        "of its range when scaled");
    assert_error_with(&options, "[(u8, bool); 1]", "n,pay\n1,1\n",
                      "column 'pay' is of type bool: only integers can be scaled");
    assert_error("[u32; 1]", "n\n1.5\n",
                 "t.csv, row 1 (line 2), column 'n': expected u32, found '1.5'; --scale=COLUMN:100 "
                 "keeps two places after the point");
    assert_error("[u32; 1]", "n\n1.234\n",
                 "t.csv, row 1 (line 2), column 'n': expected u32, found '1.234'; if the point "
                 "separates thousands, take it out; "
                 "--scale=COLUMN:1000 keeps three places after it");
}

static void test_dates(void **state)
{
    (void)state;
    assert_value("[i32; 3]", "d\n2026-11-29\n1970-01-01\n1969-12-31\n", "[20786, 0, -1]");
    assert_error("[u32; 1]", "d\n1969-12-31\n",
                 "t.csv, row 1 (line 2), column 'd': expected u32, found '1969-12-31': days before "
                 "1970-01-01 need a signed type");
    assert_error("[u8; 1]", "d\n2026-11-29\n",
                 "t.csv, row 1 (line 2), column 'd': expected u8, found '2026-11-29', which is out "
                 "of its range");
    assert_error("[u32; 1]", "d\n2026-02-30\n",
                 "t.csv, row 1 (line 2), column 'd': expected u32, found '2026-02-30', a day that "
                 "does not exist");
}

/* What people write for numbers and dates, and is none. */
static void test_hints(void **state)
{
    (void)state;
#define COMMA_HINT                                                                                 \
    "; if the comma separates thousands, take it out; if decimal places follow it, give "          \
    "--decimal=,"
    static const char *const cases[][2] = {
        {"29.11.2026", "; dates are written like 2026-11-29"},
        {"2/28/26", "; dates are written like 2026-11-29"},
        {"1-2-2026", "; dates are written like 2026-11-29"},
        {"2026-13-01", ", a day that does not exist"},
        {"0000-01-01", ", a day that does not exist"},
        {"2026-01-01T00:00:00", "; a date has no time of day here: cut it off"},
        {"2026-01-01 00:00", "; a date has no time of day here: cut it off"},
        {"2026-02-30 00:00", ""},
        {"1,000", COMMA_HINT},
        {"-12,50", COMMA_HINT},
        {"1,000,000", "; numbers have no commas: 1000.50 is written so"},
        {"1,000.50", "; numbers have no commas: 1000.50 is written so"},
        {"1.000,50", "; 1000,50 is read so where --decimal=, is given"},
        {"1.2.3.4", ""},
        {"1/2.3", ""},
        {"..", ""},
        {",", ""},
        {"12a", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char csv[64];
        char expected[256];
        (void)snprintf(csv, sizeof csv, "d\n\"%s\"\n", cases[i][0]);
        (void)snprintf(expected, sizeof expected,
                       "t.csv, row 1 (line 2), column 'd': expected i32, found '%s'%s", cases[i][0],
                       cases[i][1]);
        assert_error("[i32; 1]", csv, expected);
    }
}

static void test_text(void **state)
{
    (void)state;
    const to_bits_options cut = {.truncate = true};
    assert_value("[[u8; 4]; 3]", "t\nab\n\"\"\nabcd\n",
                 "[[97, 98, 0, 0], [0, 0, 0, 0], [97, 98, 99, 100]]");
    assert_value("[[u8; 3]; 1]", "t\n \xc3\xa9\n", "[[32, 195, 169]]");
    assert_value_with(&cut, "[[u8; 3]; 2]", "t\nabcd\nab\xc3\xa9\n", "[[97, 98, 99], [97, 98, 0]]");
    assert_error("[[u8; 3]; 1]", "t\nabcd\n",
                 "t.csv, row 1 (line 2), column 't': expected [u8; 3], found 'abcd', which is "
                 "longer; --truncate cuts it");
}

static void test_enums(void **state)
{
    (void)state;
    assert_value("[Sex; 2]", "s\nMale\nFemale\n", "[Sex::Male, Sex::Female]");
    assert_value("[Test; 2]", "s\nPositive\n\n", "[Test::Positive, Test::Missing]");
    assert_value("[Dose; 4]", "s\n\n500\nNone\n0\n",
                 "[Dose::None, Dose::Some(500), Dose::None, Dose::Some(0)]");
    assert_value("[Word; 3]", "s\nNone\n\nHidden\n",
                 "[Word::Some([78, 111, 110, 101, 0, 0]), Word::None, Word::Hidden]");
    /* "Hidden" as text, and text that is no name. */
    assert_value(
        "[Word; 3]", "s\nSome(Hidden)\nSome()\nSome(\n",
        "[Word::Some([72, 105, 100, 100, 101, 110]), "
        "Word::Some([83, 111, 109, 101, 40, 41]), Word::Some([83, 111, 109, 101, 40, 0])]");
    assert_value("[On; 3]", "s\nHi(Up)\nHi(Hi(Up))\nUp\n",
                 "[On::Hi([85, 112, 0, 0, 0, 0]), On::Hi([72, 105, 40, 85, 112, 41]), On::Up]");
    assert_value("[Row; 2]", "a,b\n,\n7,Male\n", "[Row::Empty, Row::Full(7, Sex::Male)]");
    assert_error("[Sex; 1]", "s\nmale\n",
                 "t.csv, row 1 (line 2), column 's': expected Sex, found 'male'; is it Male?");
    assert_error("[Sex; 1]", "s\nunknown\n",
                 "t.csv, row 1 (line 2), column 's': expected Sex, found 'unknown'; its variants "
                 "are Female, Male");
    assert_error("[Test; 1]", "s\nunknown\n",
                 "t.csv, row 1 (line 2), column 's': expected Test, found 'unknown'; its variants "
                 "are Negative, Positive, Missing");
    assert_error("[Long; 1]", "s\nunknown\n",
                 "t.csv, row 1 (line 2), column 's': expected Long, found 'unknown'; its variants "
                 "are TheFirstVariantOfThisManyLettersThatItHas, "
                 "TheSecondVariantOfThisManyLettersThatItHas, ..");
    assert_error("[Sex; 1]", "s\n\tMale \n",
                 "t.csv, row 1 (line 2), column 's': expected Sex, found '?Male ' with blanks "
                 "around it");
    assert_error("[Sex; 1]", "s\n\n",
                 "t.csv, row 1 (line 2), column 's': expected Sex, but the value is missing");
    assert_error("[Row; 1]", "a,b\n7,\n",
                 "t.csv, row 1 (line 2), column 'b': expected Sex, but the value is missing");
    assert_error(
        "[Two; 1]", "s\n1\n",
        "a table cannot hold values of type Two: more than one of its variants has fields");
}

static void test_columns_by_name(void **state)
{
    (void)state;
    assert_value("[Person; 1]", "age,extra,born,name\n44,x,1982-05-06,Ann\n",
                 "[Person {age: 44, born: 4508, name: [65, 110, 110, 0, 0]}]");
    assert_value("[(u16, Person); 1]", "age,id,born,name\n44,9,-1,Ann\n",
                 "[(9, Person {age: 44, born: -1, name: [65, 110, 110, 0, 0]})]");
    assert_value("[Visit; 1]", "id,place.zip,place.city,marks.0,marks.1\n1,8001,Bern,3,4\n",
                 "[Visit {id: 1, marks: [3, 4], place: Place {city: [66, 101, 114, 110], zip: "
                 "8001}}]");
    assert_error("[Person; 1]", "agee,born,name\n44,0,Ann\n",
                 "t.csv has no column 'age' for the field of that name; is it 'agee'?");
    assert_error("[Person; 1]", "years,born,name\n44,0,Ann\n",
                 "t.csv has no column 'age' for the field of that name");
    assert_error("[Person; 1]", "age;born;name\n44;0;Ann\n",
                 "t.csv has one column, 'age;born;name'; if ';' stands between its values, give "
                 "--separator=';'");
    assert_error("[Person; 1]", "age\tborn\tname\n44\t0\tAnn\n",
                 "t.csv has one column, 'age\tborn\tname'; if tabs stand between its values, give "
                 "--separator=tab");
    assert_error("[Person; 1]", "age,born,name,age\n44,0,Ann,3\n", "t.csv has two columns 'age'");
}

static void test_columns_by_place(void **state)
{
    (void)state;
    assert_value("[(u8, (bool, u8)); 2]", "x,y,z\n1,true,2\n3,no,4\n",
                 "[(1, (true, 2)), (3, (false, 4))]");
    assert_value("[[u16; 3]; 1]", "x,y,z\n1,2,3\n", "[[1, 2, 3]]");
    assert_error("[(u8, u8); 1]", "x,y,z\n1,2,3\n",
                 "t.csv has 3 columns, but a row of type (u8, u8) needs 2");
    assert_error("[(u8, u8); 1]", "x\n1\n",
                 "t.csv has 1 column, but a row of type (u8, u8) needs 2");
    assert_error(
        "[(u8, u8); 1]", "x;y\n1;2\n",
        "t.csv has 1 column, but a row of type (u8, u8) needs 2; if ';' stands between its "
        "values, give --separator=';'");
    assert_error("u8", "x\n1\n",
                 "a table fills an array of structs, tuples or single values, and the program "
                 "wants u8 here");
}

static void test_numbers_of_rows(void **state)
{
    (void)state;
    const to_bits_options pad = {.pad = true};
    assert_value("[u8; 0]", "n\n", "[]");
    assert_error("[u8; 3]", "n\n1\n2\n",
                 "t.csv has 2 rows, and the program wants 3; --rows=NAME gives the number as the "
                 "constant of that name");
    assert_error_with(&pad, "[u8; 1]", "n\n1\n2\n",
                      "t.csv has 2 rows, and the program wants 1; --rows=NAME gives the number as "
                      "the constant of that name");
    assert_value_with(&pad, "[Row; 3]", "a,b\n7,Male\n",
                      "[Row::Full(7, Sex::Male), Row::Empty, Row::Empty]");
    assert_value_with(&pad, "[(Dose, Test); 2]", "a,b\n7,Positive\n",
                      "[(Dose::Some(7), Test::Positive), (Dose::None, Test::Missing)]");
    assert_error_with(&pad, "[u8; 3]", "n\n1\n2\n",
                      "t.csv has 2 rows of 3, and rows of type u8 have no empty variant to fill up "
                      "with");
}

static void test_sorting(void **state)
{
    (void)state;
    const to_bits_options sort = {.sort = true};
    const to_bits_options sort_pad = {.sort = true, .pad = true};
    assert_value_with(&sort, "[(u16, u8); 5]", "k,v\n700,1\n3,2\n512,3\n4,4\n256,5\n",
                      "[(3, 2), (4, 4), (256, 5), (512, 3), (700, 1)]");
    assert_value_with(&sort, "[i8; 3]", "k\n-1\n5\n-128\n", "[5, -128, -1]");
    assert_value_with(&sort, "[[u8; 3]; 3]", "k\nb\nabc\nab\n",
                      "[[97, 98, 0], [97, 98, 99], [98, 0, 0]]");
    /* Empty rows come last, wherever their variant stands: as without sorting. */
    assert_value_with(&sort_pad, "[Dose; 4]", "k\n9\n3\n",
                      "[Dose::Some(3), Dose::Some(9), Dose::None, Dose::None]");
    assert_value_with(&sort_pad, "[Dose; 4]", "k\n9\n\n3\n",
                      "[Dose::Some(3), Dose::Some(9), Dose::None, Dose::None]");
    assert_value_with(&sort, "[Dose; 3]", "k\n9\n\n3\n",
                      "[Dose::Some(3), Dose::Some(9), Dose::None]");
    assert_value_with(&sort, "[Dose; 2]", "k\n9\n3\n", "[Dose::Some(3), Dose::Some(9)]");
    assert_value_with(&sort_pad, "[(Dose, Dose); 4]", "k,l\n9,1\n3,\n,4\n",
                      "[(Dose::Some(3), Dose::None), (Dose::Some(9), Dose::Some(1)), "
                      "(Dose::None, Dose::Some(4)), (Dose::None, Dose::None)]");
    assert_error_with(&sort_pad, "[Dose; 4]", "k\n\n3\n\n",
                      "t.csv: rows 1 and 3 have the same key; a join needs each key once");
    assert_error_with(&sort, "[(u8, u8); 3]", "k,v\n9,1\n4,2\n9,3\n",
                      "t.csv: rows 1 and 3 have the same key; a join needs each key once");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_enums),
        cmocka_unit_test(test_columns_by_name),
        cmocka_unit_test(test_columns_by_place),
        cmocka_unit_test(test_numbers_of_rows),
        cmocka_unit_test(test_sorting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
