/* Literals: text, JSON and bits say the same; errors name the place and what was expected. */
#include "support/test.h"

#include "base/arena.h"
#include "base/mem.h"
#include "lang/value/literal.h"
#include "support/bits.h"

/* The types of the examples: struct Rec { zed: u8, alf: bool },
 * enum Msg { Quit, Move(i8, i8), Say(u16), Nil() }. */
typedef struct types {
    arena memory;
    const pt_type *unit, *one, *pair, *bytes, *none, *wide, *rec, *msg, *nest, *units;
} types;

static const pt_type *array(types *t, const pt_type *element, uint64_t length)
{
    const pt_type *type = NULL;
    pt_error error;
    assert_int_equal(type_new_array(&type, &t->memory, element, length, &error), PT_OK);
    return type;
}

static const pt_type *tuple(types *t, const type_field *fields, size_t n_fields)
{
    const pt_type *type = NULL;
    pt_error error;
    assert_int_equal(type_new_tuple(&type, &t->memory, fields, n_fields, &error), PT_OK);
    return type;
}

static int setup(void **state)
{
    static types t;
    pt_error error;
    arena_init(&t.memory, (size_t)1 << 20);
    const type_field pair[] = {{.type = type_scalar(TYPE_U8)}, {.type = type_scalar(TYPE_BOOL)}};
    t.unit = tuple(&t, NULL, 0);
    t.one = tuple(&t, pair, 1);
    t.pair = tuple(&t, pair, 2);
    t.bytes = array(&t, type_scalar(TYPE_U8), 3);
    t.none = array(&t, type_scalar(TYPE_U8), 0);
    t.wide = array(&t, type_scalar(TYPE_U64), 2);
    t.units = array(&t, t.unit, 2);
    const type_field rec[] = {{.name = "zed", .type = type_scalar(TYPE_U8)},
                              {.name = "alf", .type = type_scalar(TYPE_BOOL)}};
    assert_int_equal(type_new_struct(&t.rec, &t.memory, "Rec", rec, 2, &error), PT_OK);
    type_field move[] = {{.type = type_scalar(TYPE_I8)}, {.type = type_scalar(TYPE_I8)}};
    type_field say[] = {{.type = type_scalar(TYPE_U16)}};
    const type_variant variants[] = {
        {.name = "Quit"},
        {.name = "Move", .is_tuple = true, .n_fields = 2, .fields = move},
        {.name = "Say", .is_tuple = true, .n_fields = 1, .fields = say},
    };
    assert_int_equal(type_new_enum(&t.msg, &t.memory, "Msg", variants, 3, &error), PT_OK);
    const type_field nest[] = {{.type = array(&t, t.rec, 2)}, {.type = t.msg}, {.type = t.one}};
    t.nest = tuple(&t, nest, 3);
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    types *t = *state;
    arena_clear(&t->memory);
    return 0;
}

static pt_literal *parse(const pt_type *type, const char *text)
{
    pt_literal *literal = NULL;
    pt_error error;
    pt_error_clear(&error);
    if (pt_literal_parse(&literal, type, text, strlen(text), &error) != PT_OK)
        fail_msg("%s: %s", text, error.message);
    return literal;
}

static pt_literal *parse_json(const pt_type *type, const char *json)
{
    pt_literal *literal = NULL;
    pt_error error;
    pt_error_clear(&error);
    if (pt_literal_from_json(&literal, type, json, strlen(json), &error) != PT_OK)
        fail_msg("%s: %s", json, error.message);
    return literal;
}

static void assert_prints(const pt_literal *literal, const char *text, const char *json)
{
    pt_error error;
    char *printed = NULL;
    assert_int_equal(pt_literal_print(&printed, literal, &error), PT_OK);
    assert_string_equal(printed, text);
    pt_text_free(printed);
    assert_int_equal(pt_literal_to_json(&printed, literal, &error), PT_OK);
    assert_string_equal(printed, json);
    pt_text_free(printed);
}

static void assert_bits(const pt_literal *literal, const char *expected)
{
    uint8_t bits[256];
    const size_t n_bits = pt_type_bits(literal->type);
    assert_int_equal(n_bits, strlen(expected));
    literal_bits(bits, literal);
    for (size_t i = 0; i < n_bits; i++)
        assert_int_equal(bits[i], expected[i] - '0');
}

/* text -> bits -> text and JSON -> bits -> text again. */
static void check(const pt_type *type, const char *text, const char *bits, const char *printed,
                  const char *json)
{
    pt_error error;
    uint8_t unpacked[256];
    pt_literal *literal = parse(type, text);
    assert_bits(literal, bits);
    assert_prints(literal, printed, json);
    literal_bits(unpacked, literal);
    pt_literal_free(literal);
    assert_int_equal(pt_literal_from_bits(&literal, type, unpacked, pt_type_bits(type), &error),
                     PT_OK);
    assert_prints(literal, printed, json);
    pt_literal_free(literal);
    literal = parse_json(type, json);
    assert_bits(literal, bits);
    pt_literal_free(literal);
}

static void values_of_every_type(void **state)
{
    const types *t = *state;
    check(type_scalar(TYPE_BOOL), " true // yes", "1", "true", "\"True\"");
    check(type_scalar(TYPE_U8), "200", "11001000", "200", "{\"NumUnsigned\":[200,\"U8\"]}");
    check(type_scalar(TYPE_I8), "-128i8", "10000000", "-128", "{\"NumSigned\":[-128,\"I8\"]}");
    check(type_scalar(TYPE_I16), "5i16", "0000000000000101", "5", "{\"NumSigned\":[5,\"I16\"]}");
    check(type_scalar(TYPE_USIZE), "4294967295usize", "11111111111111111111111111111111",
          "4294967295", "{\"NumUnsigned\":[4294967295,\"Usize\"]}");
    check(t->unit, "()", "", "()", "{\"Tuple\":[]}");
    check(t->unit, "(())", "", "()", "{\"Tuple\":[]}");
    check(t->one, "(7,)", "00000111", "(7)", "{\"Tuple\":[{\"NumUnsigned\":[7,\"U8\"]}]}");
    check(t->one, "((7,))", "00000111", "(7)", "{\"Tuple\":[{\"NumUnsigned\":[7,\"U8\"]}]}");
    check(t->pair, "(1, (true),)", "000000011", "(1, true)",
          "{\"Tuple\":[{\"NumUnsigned\":[1,\"U8\"]},\"True\"]}");
    check(t->none, "[]", "", "[]", "{\"Array\":[]}");
    check(t->none, "[0; 0]", "", "[]", "{\"Array\":[]}");
    check(t->units, "[(), ()]", "", "[(), ()]", "{\"Array\":[{\"Tuple\":[]},{\"Tuple\":[]}]}");
    check(t->rec, "Rec { zed: 5, alf: false }", "000000101", "Rec {alf: false, zed: 5}",
          "{\"Struct\":[\"Rec\",[[\"alf\",\"False\"],[\"zed\",{\"NumUnsigned\":[5,\"U8\"]}]]]}");
    check(t->msg, "Msg::Quit", "000000000000000000", "Msg::Quit",
          "{\"Enum\":[\"Msg\",\"Quit\",\"Unit\"]}");
    check(t->msg, "Msg::Move(-1, 2)", "011111111100000010", "Msg::Move(-1, 2)",
          "{\"Enum\":[\"Msg\",\"Move\",{\"Tuple\":[{\"NumSigned\":[-1,\"I8\"]},"
          "{\"NumSigned\":[2,\"I8\"]}]}]}");
    check(t->msg, "Msg :: Say ( 513 , )", "100000001000000001", "Msg::Say(513)",
          "{\"Enum\":[\"Msg\",\"Say\",{\"Tuple\":[{\"NumUnsigned\":[513,\"U16\"]}]}]}");
}

static void arrays_have_three_forms(void **state)
{
    const types *t = *state;
    const char *json = "{\"Array\":[{\"NumUnsigned\":[2,\"U8\"]},{\"NumUnsigned\":[3,\"U8\"]},"
                       "{\"NumUnsigned\":[4,\"U8\"]}]}";
    check(t->bytes, "[2, 3u8, 4,]", "000000100000001100000100", "[2, 3, 4]", json);
    check(t->bytes, "2u8..5u8", "000000100000001100000100", "[2, 3, 4]", json);
    check(t->bytes, "( 2u8 .. 5 )", "000000100000001100000100", "[2, 3, 4]", json);
    pt_literal *literal = parse(t->bytes, "[7; 3usize]");
    assert_bits(literal, "000001110000011100000111");
    pt_literal_free(literal);
    literal = parse_json(t->bytes, " { \"ArrayRepeat\" : [ {\"NumUnsigned\":[7,\"U8\"]} , 3 ] } ");
    assert_bits(literal, "000001110000011100000111");
    pt_literal_free(literal);
    literal = parse_json(t->bytes, "{\"Range\":[253,256,\"U8\"]}");
    assert_bits(literal, "111111011111111011111111");
    pt_literal_free(literal);
}

static void nested_values(void **state)
{
    const types *t = *state;
    const char *text = "([Rec {alf: true, zed: 1}, Rec {alf: false, zed: 2}], Msg::Say(3), (4,))";
    pt_literal *literal = parse(t->nest, text);
    assert_bits(literal, "100000001"
                         "000000010"
                         "100000000000000011"
                         "00000100");
    char *json = NULL;
    pt_error error;
    assert_int_equal(pt_literal_to_json(&json, literal, &error), PT_OK);
    pt_literal *again = parse_json(t->nest, json);
    assert_bits(again, "100000001"
                       "000000010"
                       "100000000000000011"
                       "00000100");
    pt_text_free(json);
    pt_literal_free(again);
    pt_literal_free(literal);
}

static void integers_keep_all_64_bits(void **state)
{
    const types *t = *state;
    pt_literal *literal = parse_json(t->wide, "{\"Array\":[{\"NumUnsigned\":[18446744073709551615,"
                                              "\"U64\"]},{\"NumUnsigned\":[9007199254740993,"
                                              "\"U64\"]}]}");
    assert_prints(literal, "[18446744073709551615, 9007199254740993]",
                  "{\"Array\":[{\"NumUnsigned\":[18446744073709551615,\"U64\"]},"
                  "{\"NumUnsigned\":[9007199254740993,\"U64\"]}]}");
    pt_literal_free(literal);
    literal = parse(type_scalar(TYPE_I64), "-9223372036854775808");
    assert_prints(literal, "-9223372036854775808",
                  "{\"NumSigned\":[-9223372036854775808,\"I64\"]}");
    pt_literal_free(literal);
}

static void json_struct_fields_come_in_any_order(void **state)
{
    const types *t = *state;
    pt_literal *literal = parse_json(t->rec, "{\"Struct\":[\"Rec\",[[\"z\\u0065d\",{\"NumUnsigned\""
                                             ":[5,\"U8\"]}],[\"alf\",\"True\"]]]}");
    assert_bits(literal, "100000101");
    pt_literal_free(literal);
}

typedef struct bad {
    const pt_type *type;
    const char *text;
    const char *message;
} bad;

static void assert_all_fail(const bad *cases, size_t n_cases,
                            pt_status (*read)(pt_literal **, const pt_type *, const char *, size_t,
                                              pt_error *))
{
    for (size_t i = 0; i < n_cases; i++) {
        pt_literal *literal = NULL;
        pt_error error;
        pt_error_clear(&error);
        assert_int_equal(
            read(&literal, cases[i].type, cases[i].text, strlen(cases[i].text), &error),
            PT_ERR_INPUT);
        assert_null(literal);
        assert_string_equal(error.message, cases[i].message);
    }
}

static void wrong_text_is_told_where(void **state)
{
    const types *t = *state;
    const pt_type *u8 = type_scalar(TYPE_U8);
    const pt_type *i8 = type_scalar(TYPE_I8);
    const bad cases[] = {
        {u8, "", "line 1, column 1: expected a value of type u8, found the end"},
        {u8, "5 apples", "line 1, column 3: expected nothing more, found `apples`"},
        {u8, "\n  256", "line 2, column 3: expected a number of type u8, 0 to 255"},
        {u8, "99999999999999999999", "line 1, column 1: expected a number of type u8, 0 to 255"},
        {u8, "-1", "line 1, column 1: expected a number of type u8, 0 to 255"},
        {u8, "5u16", "line 1, column 1: expected a value of type u8, found `5u16`"},
        {u8, "/* open", "line 1, column 1: expected a value of type u8, found `/`"},
        {u8, "\xff", "line 1, column 1: expected a value of type u8, found byte 0xff"},
        {i8, "- 5", "line 1, column 1: expected a value of type i8, found `-`"},
        {i8, "5u8", "line 1, column 1: expected a value of type i8, found `5u8`"},
        {i8, "128", "line 1, column 1: expected a number of type i8, -128 to 127"},
        {i8, "-129", "line 1, column 1: expected a number of type i8, -128 to 127"},
        {type_scalar(TYPE_BOOL), "1",
         "line 1, column 1: expected a value of type bool, found `1`; write true or false"},
        {t->one, "(7)",
         "line 1, column 2: expected a value of type (u8), found `7`; a tuple is written (1, 2), "
         "of one element (1,)"},
        {t->pair, "(1)",
         "line 1, column 2: expected a value of type (u8, bool), found `1`; a tuple is written (1, "
         "2), of one element (1,)"},
        {t->pair, "(1,)", "line 1, column 4: expected 2 values, found 1"},
        {t->pair, "(1, true, 2)", "line 1, column 11: expected 2 values, found more"},
        {t->bytes, "[1, 2]", "line 1, column 6: expected 3 elements, found 2"},
        {t->bytes, "[1, 2, 3, 4]", "line 1, column 11: expected 3 elements, found more"},
        {t->bytes, "[1, 2, x]", "line 1, column 8: expected a value of type u8, found `x`"},
        {t->bytes, "[1 2]", "line 1, column 4: expected `,` or `]`, found `2`"},
        {t->bytes, "[1; 4]", "line 1, column 5: expected 3 elements, found another count"},
        {t->bytes, "[]", "line 1, column 3: expected 3 elements, found 0"},
        {t->none, "[1]", "line 1, column 2: expected 0 elements, found more"},
        {t->bytes, "5",
         "line 1, column 1: expected a value of type [u8; 3], found `5`; text is its bytes, as "
         "[104, 105], or a string in JSON"},
        {t->bytes, "hey",
         "line 1, column 1: expected a value of type [u8; 3], found `hey`; text is its bytes, as "
         "[104, 105], or a string in JSON"},
        {t->none, "1, 2",
         "line 1, column 1: expected a value of type [u8; 0], found `1`; text is its bytes, as "
         "[104, 105], or a string in JSON"},
        {t->pair, "1, true",
         "line 1, column 1: expected a value of type (u8, bool), found `1`; a tuple is written (1, "
         "2), of one element (1,)"},
        {t->rec, "{zed: 1}",
         "line 1, column 1: expected a value of type Rec, found `{`; the struct's name stands "
         "before "
         "the `{`"},
        {type_scalar(TYPE_U8), "1.5",
         "line 1, column 2: expected nothing more, found `.`: numbers have no points or commas; "
         "scale them to integers"},
        {type_scalar(TYPE_U8), "1,000",
         "line 1, column 2: expected nothing more, found `,`: numbers have no points or commas; "
         "scale them to integers"},
        {type_scalar(TYPE_U8), "0x10",
         "line 1, column 1: expected a value of type u8, found `0x10`; numbers are decimal"},
        {t->bytes, "0..3", "line 1, column 1: expected a range with suffix u8"},
        {t->bytes, "2u8..5u16", "line 1, column 1: expected a range with suffix u8"},
        {t->bytes, "254u8..257", "line 1, column 8: the range goes past the largest u8"},
        {t->bytes, "2u8..4u8", "line 1, column 1: expected a range of 3 elements, found 2"},
        {t->rec, "Rec {zed: 1}", "line 1, column 12: expected field `alf` of struct Rec"},
        {t->rec, "Rec {zed: 1, zed: 1}", "line 1, column 14: field `zed` is given twice"},
        {t->rec, "Rec {zod: 1}",
         "line 1, column 6: struct Rec has no field `zod`; did you mean `zed`?"},
        {t->rec, "Roc {}", "line 1, column 1: expected a value of type Rec, found `Roc`"},
        {t->rec, "Rec {zed, alf}", "line 1, column 9: expected `:`, found `,`"},
        {t->msg, "Quit",
         "line 1, column 1: expected a value of type Msg, found `Quit`; write Msg::Quit"},
        {t->msg, "Qui", "line 1, column 1: expected a value of type Msg, found `Qui`"},
        {t->msg, "Msg::Go", "line 1, column 6: enum Msg has no variant `Go`"},
        {t->msg, "Msg::Quit()", "line 1, column 10: expected nothing more, found `(`"},
        {t->msg, "Msg::Say", "line 1, column 9: expected `(`, found the end"},
        {t->msg, "Msg::Say(1, 2)", "line 1, column 13: expected 1 value, found more"},
    };
    assert_all_fail(cases, sizeof cases / sizeof cases[0], pt_literal_parse);
}

static void wrong_json_is_told_where(void **state)
{
    const types *t = *state;
    const pt_type *u8 = type_scalar(TYPE_U8);
    const bad cases[] = {
        {u8, "\"5\"",
         "line 1, column 1: expected a value of type u8, a number without quotes, found `\"5\"`"},
        {u8, "true",
         "line 1, column 1: expected a value of type u8, 1 for true and 0 for false, found `true`"},
        {u8, "[", "line 1, column 1: expected a value of type u8, found `[`"},
        {u8, "256", "line 1, column 1: expected a number of type u8, 0 to 255"},
        {u8, "-1", "line 1, column 1: expected a number of type u8, 0 to 255"},
        {u8, "5.0", "line 1, column 1: expected an integer, without a point or exponent"},
        {u8, "5 6", "line 1, column 3: expected nothing more, found `6`"},
        {t->bytes, "[1, 2]", "line 1, column 6: expected 3 elements, found 2"},
        {t->bytes, "[1, 2, 3, 4]", "line 1, column 9: expected 3 elements, found more"},
        {t->bytes, "[1, 2, 3 ",
         "line 1, column 10: expected the bracket that closes 3 elements, found the end"},
        {t->bytes, "\"abcd\"",
         "line 1, column 1: the text has 4 bytes, but [u8; 3] has room for 3"},
        {t->bytes, "\"Z\xfc\"", "line 1, column 1: the text is not UTF-8"},
        {t->bytes, "\"\xe2\x82\"", "line 1, column 1: the text is not UTF-8"},
        {t->bytes, "\"\\ud800\"", "line 1, column 1: malformed string"},
        {t->bytes, "\"\\ud800\\u0041\"", "line 1, column 1: malformed string"},
        {t->pair, "[1]", "line 1, column 3: expected 2 values, found 1"},
        {t->rec, "{\"alf\": true}", "line 1, column 13: expected field `zed` of struct Rec"},
        {t->rec, "{\"alf\": true, \"alf\": true}", "line 1, column 15: field `alf` is given twice"},
        {t->rec, "{\"alf\": true, \"zad\": 1}",
         "line 1, column 15: struct Rec has no field `zad`; did you mean `zed`?"},
        {t->rec, "[true, 1]",
         "line 1, column 1: expected a value of type Rec, found `[`; a struct is written Name "
         "{field: value}, in JSON {\"field\": value}"},
        {t->msg, "\"Go\"", "line 1, column 1: enum Msg has no variant `Go`"},
        {t->msg, "\"Say\"", "line 1, column 1: variant `Say` has values: write {\"Say\":[..]}"},
        {t->msg, "{\"Quit\": [1]}",
         "line 1, column 2: variant `Quit` has no values: write \"Quit\""},
        {t->msg, "{\"Say\": []}", "line 1, column 10: expected 1 value, found 0"},
        {t->msg, "{\"Gone\": []}", "line 1, column 2: enum Msg has no variant `Gone`"},
        {u8, "{\"NumUnsigned\":[300,\"U8\"]}",
         "line 1, column 17: expected a number of type u8, 0 to 255"},
        {u8, "{\"NumUnsigned\":[3,\"U16\"]}",
         "line 1, column 19: expected \"U8\" as the number's type"},
        {u8, "{\"NumUnsigned\":[3.0,\"U8\"]}",
         "line 1, column 17: expected an integer, without a point or exponent"},
        {u8, "{\"NumUnsigned\":[03,\"U8\"]}",
         "line 1, column 17: expected an integer, without a zero in front"},
        {u8, "{\"NumSigned\":[3,\"U8\"]}", "line 1, column 2: expected \"NumUnsigned\""},
        {u8, "{\"NumUnsigned\":[3,\"U8\"]} x",
         "line 1, column 26: expected nothing more, found `x`"},
        {u8, "{\"NumUns", "line 1, column 2: the string does not end"},
        {u8, "{\"Num\\q\"", "line 1, column 2: malformed string"},
        {type_scalar(TYPE_BOOL), "truth",
         "line 1, column 1: expected true or false, found `truth`"},
        {type_scalar(TYPE_BOOL), "1", "line 1, column 1: expected true or false, found `1`"},
        {type_scalar(TYPE_BOOL), "\"1\"",
         "line 1, column 1: expected true or false, found `\"1\"`"},
        {t->bytes, "{\"Tuple\":[]}",
         "line 1, column 2: expected \"Array\", \"ArrayRepeat\" or \"Range\""},
        {t->bytes, "{\"Array\":[]}", "line 1, column 11: expected 3 elements, found 0"},
        {t->none, "{\"Array\":[1]}", "line 1, column 11: expected 0 elements, found more"},
        {t->rec, "{\"Struct\":[\"Rec\",[[\"alf\",\"True\"]]]}",
         "line 1, column 33: expected field `zed` of struct Rec"},
        {t->rec, "{\"Struct\":[\"Rec\",[[\"\",\"True\"]]]}",
         "line 1, column 20: struct Rec has no field ``"},
        {t->rec, "{\"Struct\":[\"Roc\",[]]}",
         "line 1, column 12: expected the struct's name, found `\"Roc\"`"},
        {t->msg, "{\"Enum\":[\"Msg\",\"Go\",\"Unit\"]}",
         "line 1, column 16: enum Msg has no variant `Go`"},
        {t->msg, "{\"Enum\":[\"Msg\",\"Say\",{\"Tuple\":[]}]}",
         "line 1, column 32: expected 1 value, found 0"},
        {t->msg, "{\"Enum\":[\"Msg\",\"Quit\",{\"Tuple\":[]}]}",
         "line 1, column 23: expected \"Unit\", found `{`"},
    };
    assert_all_fail(cases, sizeof cases / sizeof cases[0], pt_literal_from_json);
}

/* What is read as JSON prints as text. */
static void assert_json(const pt_type *type, const char *json, const char *expected)
{
    pt_literal *literal = NULL;
    char *text = NULL;
    pt_error error;
    if (pt_literal_from_json(&literal, type, json, strlen(json), &error) != PT_OK)
        fail_msg("%s: %s", json, error.message);
    assert_int_equal(pt_literal_print(&text, literal, &error), PT_OK);
    assert_string_equal(text, expected);
    pt_text_free(text);
    pt_literal_free(literal);
}

/* A field called as the key of Garble JSON, and a variant. */
static void plain_json_of_members_called_like_keys(void **state)
{
    types *t = *state;
    const pt_type *s = NULL;
    const pt_type *e = NULL;
    const type_field fields[] = {{.name = "Struct", .type = array(t, t->bytes, 2)},
                                 {.name = "b", .type = type_scalar(TYPE_BOOL)}};
    type_field own[] = {{.type = t->bytes}, {.type = type_scalar(TYPE_U8)}};
    const type_variant variants[] = {
        {.name = "Enum", .is_tuple = true, .n_fields = 2, .fields = own}, {.name = "No"}};
    assert_int_equal(type_new_struct(&s, &t->memory, "S", fields, 2, NULL), PT_OK);
    assert_int_equal(type_new_enum(&e, &t->memory, "E", variants, 2, NULL), PT_OK);
    static const char expected[] = "S {Struct: [[83, 0, 0], [1, 2, 3]], b: true}";
    assert_json(s, "{\"Struct\":[\"S\",[1,2,3]],\"b\":true}", expected);
    assert_json(s, "{\"b\":true,\"Struct\":[\"S\",[1,2,3]]}", expected);
    assert_json(s, "{\"Struct\" : [ \"S\" , [ [\"b\",true], [\"Struct\",[\"S\",[1,2,3]]] ]]}",
                expected);
    assert_json(e, "{\"Enum\":[\"E\",7]}", "E::Enum([69, 0, 0], 7)");
    assert_json(e, "{\"Enum\":[\"E\",\"Enum\",{\"Tuple\":[\"E\",7]}]}", "E::Enum([69, 0, 0], 7)");
    assert_json(e, "{\"Enum\":[\"E\",\"No\",\"Unit\"]}", "E::No");
    const bad cases[] = {
        {s, "{\"Struct\"", "line 1, column 10: expected `:`, found the end"},
        {s, "{\"Struct\":[\"S\"", "line 1, column 15: expected `,`, found the end"},
        {e, "{\"Enum\":[\"E\",", "line 1, column 14: expected a value of type u8, found the end"},
    };
    assert_all_fail(cases, sizeof cases / sizeof cases[0], pt_literal_from_json);
}

static void plain_json_is_read_by_type(void **state)
{
    types *t = *state;
    const pt_type *u64 = type_scalar(TYPE_U64);
    const pt_type *i64 = type_scalar(TYPE_I64);
    assert_json(u64, "18446744073709551615", "18446744073709551615");
    assert_json(i64, "-9223372036854775808", "-9223372036854775808");
    assert_json(type_scalar(TYPE_BOOL), " true ", "true");
    assert_json(type_scalar(TYPE_BOOL), "false", "false");
    assert_json(t->bytes, "[1, 2, 3]", "[1, 2, 3]");
    assert_json(t->none, "[]", "[]");
    assert_json(t->bytes, "\"ab\"", "[97, 98, 0]");
    assert_json(t->bytes, "\"\\u20ac\"", "[226, 130, 172]");
    assert_json(array(t, type_scalar(TYPE_U8), 4), "\"\\ud83d\\ude00\"", "[240, 159, 152, 128]");
    assert_json(t->pair, "[1, true]", "(1, true)");
    assert_json(t->rec, "{\"zed\": 5, \"alf\": true}", "Rec {alf: true, zed: 5}");
    assert_json(t->msg, "\"Quit\"", "Msg::Quit");
    assert_json(t->msg, "{\"Quit\":[]}", "Msg::Quit");
    assert_json(t->msg, "{\"Say\": [7]}", "Msg::Say(7)");
    /* plain and Garble JSON, mixed */
    assert_json(
        t->nest,
        "[[{\"alf\":\"True\",\"zed\":1},{\"Struct\":[\"Rec\",[[\"alf\",false],[\"zed\",2]]]}],"
        "{\"Say\":[{\"NumUnsigned\":[3,\"U16\"]}]}, [4]]",
        "([Rec {alf: true, zed: 1}, Rec {alf: false, zed: 2}], Msg::Say(3), (4))");
    assert_json(t->bytes, "\xef\xbb\xbf[1,2,3]", "[1, 2, 3]");
}

static void bad_bits_are_refused(void **state)
{
    const types *t = *state;
    pt_literal *literal = NULL;
    pt_error error;
    uint8_t bits[18] = {1, 1};
    assert_int_equal(pt_literal_from_bits(&literal, t->msg, bits, 17, &error), PT_ERR_INPUT);
    assert_string_equal(error.message, "expected 18 bits, found 17");
    assert_int_equal(pt_literal_from_bits(&literal, t->msg, bits, 18, &error), PT_ERR_INPUT);
    assert_string_equal(error.message, "bit 0: tag 3 is no variant of enum Msg, which has 3");
    bits[0] = 2;
    assert_int_equal(pt_literal_from_bits(&literal, t->msg, bits, 18, &error), PT_ERR_INPUT);
    assert_null(literal);
}

static void nesting_is_limited(void **state)
{
    (void)state;
    char text[2 * LITERAL_MAX_DEPTH + 2];
    pt_literal *literal = NULL;
    pt_error error;
    memset(text, '(', LITERAL_MAX_DEPTH);
    text[LITERAL_MAX_DEPTH] = '1';
    memset(text + LITERAL_MAX_DEPTH + 1, ')', LITERAL_MAX_DEPTH);
    assert_int_equal(
        pt_literal_parse(&literal, type_scalar(TYPE_U8), text, 2 * LITERAL_MAX_DEPTH + 1, &error),
        PT_ERR_INPUT);
    assert_int_equal(pt_literal_parse(&literal, type_scalar(TYPE_U8), text + 1,
                                      2 * LITERAL_MAX_DEPTH - 1, &error),
                     PT_OK);
    pt_literal_free(literal);
}

static void a_million_elements_round_trip(void **state)
{
    types *t = *state;
    const size_t count = 1000000;
    const pt_type *type = array(t, type_scalar(TYPE_U32), count);
    buffer text;
    buffer_init(&text, (size_t)1 << 26);
    buffer_put_u8(&text, '[');
    for (size_t i = 0; i < count; i++)
        buffer_printf(&text, i == 0 ? "%zu" : ", %zu", i * 4093);
    buffer_put_u8(&text, ']');
    const char *expected = buffer_text(&text);
    assert_non_null(expected);
    pt_literal *literal = NULL;
    pt_error error;
    assert_int_equal(pt_literal_parse(&literal, type, expected, text.len, &error), PT_OK);
    char *json = NULL;
    assert_int_equal(pt_literal_to_json(&json, literal, &error), PT_OK);
    pt_literal_free(literal);
    assert_int_equal(pt_literal_from_json(&literal, type, json, strlen(json), &error), PT_OK);
    char *printed = NULL;
    assert_int_equal(pt_literal_print(&printed, literal, &error), PT_OK);
    assert_string_equal(printed, expected);
    pt_text_free(printed);
    pt_text_free(json);
    pt_literal_free(literal);
    buffer_clear(&text);
}

static void failed_allocations_are_reported(void **state)
{
    const types *t = *state;
    const char *text = "([Rec {alf: true, zed: 1}, Rec {alf: false, zed: 2}], Msg::Say(3), (4,))";
    pt_status status = PT_ERR_MEMORY;
    for (unsigned long n = 1; status != PT_OK; n++) {
        pt_literal *literal = NULL;
        pt_error error;
        mem_fail_at(n);
        status = pt_literal_parse(&literal, t->nest, text, strlen(text), &error);
        mem_fail_at(0);
        if (status != PT_OK)
            assert_int_equal(status, PT_ERR_MEMORY);
        pt_literal_free(literal);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_of_every_type),
        TEST(arrays_have_three_forms),
        TEST(nested_values),
        TEST(integers_keep_all_64_bits),
        TEST(json_struct_fields_come_in_any_order),
        TEST(plain_json_is_read_by_type),
        TEST(plain_json_of_members_called_like_keys),
        TEST(wrong_text_is_told_where),
        TEST(wrong_json_is_told_where),
        TEST(bad_bits_are_refused),
        TEST(nesting_is_limited),
        TEST(a_million_elements_round_trip),
        TEST(failed_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
