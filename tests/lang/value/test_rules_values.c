/* The rules of the specification on values (garble.md): encoding and parties (B), literals (V),
 * constants (C), each by a program. Names begin with the rule. Results follow from the text of the
 * rules, not from running the compiler. */
#include "support/test.h"

#include "lang/case.h"
#include "support/bits.h"

/* clang-format off */
static const lang_case cases[] = {
    /* ---- B1-B5: encoding and parties ---- */
    CASE("B2 one array is one party for each element",
         "pub fn main(v: [u8; 3]) -> u8 { v[0] ^ v[1] ^ v[2] }",
         "7", "1", "2", "4"),
    CASE("B2 named size",
         "const N: usize = 2usize; pub fn main(v: [(u8, bool); N]) -> u8 { v[0].0 + v[1].0 }",
         "3", "(1, true)", "(2, false)"),
    CASE("B2 two parameters are two parties",
         "pub fn main(v: [u8; 2], w: [u8; 2]) -> u8 { v[1] + w[0] }",
         "5", "[1, 2]", "[3, 4]"),
    CASE("B2 one parameter that is no array",
         "pub fn main(v: (u8, u8)) -> u8 { v.0 + v.1 }",
         "3", "(1, 2)"),
    CASE("B3 a party without bits",
         "pub fn main(u: (), n: u8) -> u8 { n }",
         "5", "()", "5"),
    CASE("B3 no party has bits",
         "pub fn main(u: (), w: [u8; 0]) -> u8 { 1 }",
         "rejected compile 1:1", "()", "[]"),
    CASE("B5 sizes by constants",
         "const N: usize = 2usize; pub fn main(v: [u8; N], k: u8) -> u8 { v[1] }",
         "4", "[3, 4]", "0"),
    CASE("B5 sizes by constants, wrong length",
         "const N: usize = 2usize; pub fn main(v: [u8; N], k: u8) -> u8 { v[1] }",
         "input", "[3, 4, 5]", "0"),
    /* ---- V1-V5: literals ---- */
    CASE("V1 plain",
         "pub fn main(x: i8, k: u8) -> i8 { x }",
         "5", "5", "0"),
    CASE("V1 negative",
         "pub fn main(x: i8, k: u8) -> i8 { x }",
         "-5", "-5", "0"),
    CASE("V1 suffix",
         "pub fn main(x: i8, k: u8) -> i8 { x }",
         "5", "5i8", "0"),
    CASE("V1 other suffix",
         "pub fn main(x: i8, k: u8) -> i8 { x }",
         "input", "5u8", "0"),
    CASE("V1 minus apart",
         "pub fn main(x: i8, k: u8) -> i8 { x }",
         "input", "- 5", "0"),
    CASE("V1 too large",
         "pub fn main(x: i8, k: u8) -> i8 { x }",
         "input", "128", "0"),
    CASE("V1 minimum",
         "pub fn main(x: i64, k: u8) -> i64 { x }",
         "-9223372036854775808", "-9223372036854775808", "0"),
    CASE("V1 maximum",
         "pub fn main(x: u64, k: u8) -> u64 { x }",
         "18446744073709551615", "18446744073709551615", "0"),
    CASE("V1 one more",
         "pub fn main(x: u64, k: u8) -> u64 { x }",
         "input", "18446744073709551616", "0"),
    CASE("V1 usize is 32 bits",
         "pub fn main(x: usize, k: u8) -> usize { x }",
         "input", "4294967296", "0"),
    CASE("V1 array",
         "pub fn main(x: [u8; 3], k: u8) -> [u8; 3] { x }",
         "[1, 2, 3]", "[1, 2, 3]", "0"),
    CASE("V1 repeated",
         "pub fn main(x: [u8; 3], k: u8) -> [u8; 3] { x }",
         "[7, 7, 7]", "[7; 3]", "0"),
    CASE("V1 range",
         "pub fn main(x: [u8; 3], k: u8) -> [u8; 3] { x }",
         "[2, 3, 4]", "2u8..5u8", "0"),
    CASE("V1 too few elements",
         "pub fn main(x: [u8; 3], k: u8) -> [u8; 3] { x }",
         "input", "[1, 2]", "0"),
    CASE("V1 wrong count",
         "pub fn main(x: [u8; 3], k: u8) -> [u8; 3] { x }",
         "input", "[7; 2]", "0"),
    CASE("V1 wrong range",
         "pub fn main(x: [u8; 3], k: u8) -> [u8; 3] { x }",
         "input", "2u8..6u8", "0"),
    CASE("V1 one-tuple",
         "pub fn main(x: (u8), k: u8) -> (u8) { x }",
         "(7)", "(7,)", "0"),
    CASE("V1 parentheses",
         "pub fn main(x: u8, k: u8) -> u8 { x }",
         "7", "(7)", "0"),
    CASE("V1 bool",
         "pub fn main(x: bool, k: u8) -> bool { x }",
         "true", "true", "0"),
    CASE("V1 bool is no number",
         "pub fn main(x: bool, k: u8) -> bool { x }",
         "input", "1", "0"),
    CASE("V1 struct",
         "struct S { b: u8, a: (bool, i8) } pub fn main(x: S, k: u8) -> S { x }",
         "S {a: (true, -2), b: 1}", "S { b: 1, a: (true, -2) }", "0"),
    CASE("V1 missing field",
         "struct S { b: u8, a: (bool, i8) } pub fn main(x: S, k: u8) -> S { x }",
         "input", "S { b: 1 }", "0"),
    CASE("V1 unknown field",
         "struct S { b: u8, a: (bool, i8) } pub fn main(x: S, k: u8) -> S { x }",
         "input", "S { b: 1, a: (true, -2), c: 1 }", "0"),
    CASE("V1 other struct",
         "struct S { b: u8 } struct T { b: u8 } pub fn main(x: S, k: u8) -> S { x }",
         "input", "T { b: 1 }", "0"),
    CASE("V1 variants",
         "enum E { A, B(), C(u8, i8) } pub fn main(x: [E; 3], k: u8) -> [E; 3] { x }",
         "[E::A, E::B(), E::C(1, -1)]", "[E::A, E::B(), E::C(1, -1)]", "0"),
    CASE("V1 variant kinds",
         "enum E { A, B() } pub fn main(x: E, k: u8) -> E { x }",
         "input", "E::A()", "0"),
    CASE("V1 arity",
         "enum E { A, C(u8, i8) } pub fn main(x: E, k: u8) -> E { x }",
         "input", "E::C(1)", "0"),
    CASE("V2 unit",
         "pub fn main(x: ((), u8), k: u8) -> ((), u8) { x }",
         "((), 1)", "((), 1)", "0"),
    CASE("V2 empty array",
         "pub fn main(x: ([u8; 0], u8), k: u8) -> ([u8; 0], u8) { x }",
         "([], 1)", "([], 1)", "0"),
    CASE("V2 repeated zero times",
         "pub fn main(x: ([u8; 0], u8), k: u8) -> ([u8; 0], u8) { x }",
         "([], 1)", "([1; 0], 1)", "0"),
    CASE("V2 not a literal",
         "pub fn main(x: u8, k: u8) -> u8 { x }",
         "input", "1 + 1", "0"),
    CASE("V2 empty text",
         "pub fn main(x: u8, k: u8) -> u8 { x }",
         "input", "", "0"),
    CASE("V2 bounds with two suffixes",
         "pub fn main(x: [u8; 3], k: u8) -> [u8; 3] { x }",
         "input", "2u8..5u16", "0"),
    CASE("V3 nested",
         "pub fn main(x: [((u8), [bool; 2]); 1], k: u8) -> [((u8), [bool; 2]); 1] { x }",
         "[((1), [true, true])]", "[((1,), [true; 2])]", "0"),
    CASE("V3 empty struct",
         "struct S { a: u8 } pub fn main(x: S, k: u8) -> S { x }",
         "input", "S {}", "0"),
    CASE("V3 struct without fields",
         "struct S {} pub fn main(x: (S, u8), k: u8) -> (S, u8) { x }",
         "(S {}, 1)", "(S {}, 1)", "0"),
    CASE("V4 JSON number",
         "pub fn main(x: u8, k: u8) -> u8 { x }",
         "200", "{\"NumUnsigned\":[200,\"U8\"]}", "0"),
    CASE("V4 JSON other type",
         "pub fn main(x: u8, k: u8) -> u8 { x }",
         "input", "{\"NumUnsigned\":[200,\"U16\"]}", "0"),
    CASE("V4 JSON value too large",
         "pub fn main(x: u8, k: u8) -> u8 { x }",
         "input", "{\"NumUnsigned\":[300,\"U8\"]}", "0"),
    CASE("V4 JSON signed",
         "pub fn main(x: i16, k: u8) -> i16 { x }",
         "-7", "{\"NumSigned\":[-7,\"I16\"]}", "0"),
    CASE("V4 JSON bool",
         "pub fn main(x: bool, k: u8) -> bool { x }",
         "true", "\"True\"", "0"),
    CASE("V4 JSON too few fields",
         "enum E { A, C(u8, i8) } pub fn main(x: E, k: u8) -> E { x }",
         "input", "{\"Enum\":[\"E\",\"C\",{\"Tuple\":[{\"NumUnsigned\":[1,\"U8\"]}]}]}", "0"),
    CASE("V4 JSON variant",
         "enum E { A, C(u8, i8) } pub fn main(x: E, k: u8) -> E { x }",
         "E::C(1, -1)", "{\"Enum\":[\"E\",\"C\",{\"Tuple\":[{\"NumUnsigned\":[1,\"U8\"]},{\"NumSigned\":[-1,\"I8\"]}]}]}", "0"),
    CASE("V4 JSON unit variant",
         "enum E { A, C(u8, i8) } pub fn main(x: E, k: u8) -> E { x }",
         "E::A", "{\"Enum\":[\"E\",\"A\",\"Unit\"]}", "0"),
    CASE("V5 JSON range",
         "pub fn main(x: [u8; 3], k: u8) -> [u8; 3] { x }",
         "[2, 3, 4]", "{\"Range\":[2,5,\"U8\"]}", "0"),
    CASE("V5 JSON repeated",
         "pub fn main(x: [bool; 2], k: u8) -> [bool; 2] { x }",
         "[true, true]", "{\"ArrayRepeat\":[\"True\",2]}", "0"),
    CASE("V5 range of another type",
         "pub fn main(x: [u8; 3], k: u8) -> [u8; 3] { x }",
         "input", "{\"Range\":[2,5,\"U16\"]}", "0"),
    CASE("V5 range past the type",
         "pub fn main(x: [u8; 3], k: u8) -> [u8; 3] { x }",
         "input", "{\"Range\":[254,257,\"U8\"]}", "0"),
    /* ---- C1-C5: constants ---- */
    CASE_REJECTED("C2 suffix is needed",
         "const K: usize = 3; pub fn main(n: u8, k: u8) -> u8 { n }",
         "rejected type"),
    CASE_REJECTED("C2 earlier ones only",
         "const A: u8 = B + 1u8; const B: u8 = 1u8; pub fn main(n: u8, k: u8) -> u8 { A }",
         "rejected type"),
    CASE_REJECTED("C2 same type",
         "const B: u16 = 1u16; const A: u8 = B + 1u8; pub fn main(n: u8, k: u8) -> u8 { A }",
         "rejected type"),
    CASE("C3 min and max",
         "const A: u8 = max(3u8, 7u8, 5u8) - min(9u8, 2u8); pub fn main(n: u8, k: u8) -> u8 { A }",
         "5", "0", "0"),
    CASE("C3 usize wraps in 64 bits",
         "const A: usize = 3usize - 5usize; pub fn main(n: u8, k: u8) -> usize { A }",
         "4294967294", "0", "0"),
    CASE("C5 missing value",
         "const A: u8 = P::X; pub fn main(n: u8, k: u8) -> u8 { A }",
         "constant", "0", "0"),
    {.name = "C5 value of another type",
     .source = "const A: u8 = P::X; pub fn main(n: u8, k: u8) -> u8 { A }",
     .inputs = {"0", "0"},
     .expected = "constant", .constants = {{"P", "X", "3u16"}}},
    {.name = "C5 value given",
     .source = "const A: u8 = P::X + 1u8; pub fn main(n: u8, k: u8) -> u8 { A }",
     .inputs = {"0", "0"},
     .expected = "4", .constants = {{"P", "X", "3"}}},
    {.name = "C5 composite value",
     .source = "const A: [u8; 2] = P::X; pub fn main(i: usize, k: u8) -> u8 { A[i] }",
     .inputs = {"1", "0"},
     .expected = "4", .constants = {{"P", "X", "[3, 4]"}}},
    {.name = "C5 more than are needed",
     .source = "const A: u8 = P::X; pub fn main(n: u8, k: u8) -> u8 { A }",
     .inputs = {"0", "0"},
     .expected = "3", .constants = {{"P", "X", "3"}, {"Q", "Y", "true"}}},
    CASE_REJECTED("C6 unknown size",
         "pub fn main(v: [u8; N], k: u8) -> u8 { k }",
         "rejected"),
    CASE_REJECTED("C6 size of another type",
         "const N: u8 = 2u8; pub fn main(v: [u8; N], k: u8) -> u8 { k }",
         "rejected"),
    {.name = "C6 external size",
     .source = "pub fn main(v: [u8; const { P::N + 1usize }], k: u8) -> u8 { v[2] }",
     .inputs = {"[7, 8, 9]", "0"},
     .expected = "9", .constants = {{"P", "N", "2"}}},
};
/* clang-format on */

/* A program whose only job is to have a type: main takes a value of it, and a byte. */
static pt_program *identity(const char *declarations, const char *type)
{
    char source[1000];
    (void)snprintf(source, sizeof source, "%s pub fn main(x: %s, k: u8) -> %s { x }", declarations,
                   type, type);
    const lang_case c = {.source = source};
    char outcome[CASE_MAX_OUTCOME];
    pt_program *program = NULL;
    if (case_compile(&program, outcome, &c) != PT_OK)
        fail_msg("%s\n%s", source, outcome);
    return program;
}

static pt_literal *literal_of(const pt_program *program, const char *text)
{
    pt_literal *literal = NULL;
    pt_error error;
    const pt_type *type = pt_program_input_type(program, 0);
    if (pt_literal_parse(&literal, type, text, strlen(text), &error) != PT_OK)
        fail_msg("%s: %s", text, error.message);
    return literal;
}

typedef struct encoding {
    const char *declarations;
    const char *type;
    const char *text;
    const char *bits; /* blanks mean nothing */
} encoding;

#define MSG "enum Msg { Quit, Move(i8, i8), Say(u16) }"

static const encoding encodings[] = {
    {"", "bool", "true", "1"},
    {"", "u8", "6", "00000110"},
    {"", "i8", "-2", "11111110"},
    {"", "usize", "1", "00000000 00000000 00000000 00000001"},
    {"", "(bool, u8)", "(true, 1)", "1 00000001"},
    {"", "[bool; 3]", "[true, false, false]", "100"},
    {"struct R { z: u8, q: bool }", "R", "R { z: 1, q: true }", "1 00000001"},
    {MSG, "Msg", "Msg::Quit", "00 00000000 00000000"},
    {MSG, "Msg", "Msg::Move(-1, 2)", "01 11111111 00000010"},
    {MSG, "Msg", "Msg::Say(513)", "10 00000010 00000001"},
    {"enum One { V(u8) }", "One", "One::V(5)", "00000101"},
    {"enum Five { A, B(bool), C, D, E }", "Five", "Five::B(true)", "001 1"},
    {"enum Five { A, B(bool), C, D, E }", "Five", "Five::E", "100 0"},
    {"", "[u8; 2]", "2u8..4u8", "00000010 00000011"},
    {"", "((), [u8; 0], bool)", "((), [], true)", "1"},
};

static void B1_encodings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        const encoding *e = &encodings[i];
        pt_program *program = identity(e->declarations, e->type);
        pt_literal *literal = literal_of(program, e->text);
        const size_t n = pt_type_bits(pt_program_input_type(program, 0));
        uint8_t bits[64];
        assert_in_range(n, 0, sizeof bits);
        literal_bits(bits, literal);
        size_t at = 0;
        for (const char *c = e->bits; *c != '\0'; c++) {
            if (*c == ' ')
                continue;
            assert_true(at < n);
            if (bits[at] != *c - '0')
                fail_msg("%s: bit %zu", e->text, at);
            at++;
        }
        assert_int_equal(at, n);
        pt_literal_free(literal);
        pt_program_free(program);
    }
}

typedef struct printed {
    const char *declarations;
    const char *type;
    const char *text;
    const char *json;
} printed;

static const printed prints[] = {
    {"", "bool", "true", "\"True\""},
    {"", "u8", "200", "{\"NumUnsigned\":[200,\"U8\"]}"},
    {"", "usize", "7", "{\"NumUnsigned\":[7,\"Usize\"]}"},
    {"", "u64", "18446744073709551615", "{\"NumUnsigned\":[18446744073709551615,\"U64\"]}"},
    {"", "i16", "-7", "{\"NumSigned\":[-7,\"I16\"]}"},
    {"", "i64", "-9223372036854775808", "{\"NumSigned\":[-9223372036854775808,\"I64\"]}"},
    {"", "[u8; 2]", "[1, 2]",
     "{\"Array\":[{\"NumUnsigned\":[1,\"U8\"]},{\"NumUnsigned\":[2,\"U8\"]}]}"},
    {"", "(u8, bool)", "(1, true)", "{\"Tuple\":[{\"NumUnsigned\":[1,\"U8\"]},\"True\"]}"},
    {"struct Rec { zed: u8, alf: bool }", "Rec", "Rec {alf: false, zed: 5}",
     "{\"Struct\":[\"Rec\",[[\"alf\",\"False\"],[\"zed\",{\"NumUnsigned\":[5,\"U8\"]}]]]}"},
    {MSG, "Msg", "Msg::Quit", "{\"Enum\":[\"Msg\",\"Quit\",\"Unit\"]}"},
    {MSG, "Msg", "Msg::Move(2, -1)",
     "{\"Enum\":[\"Msg\",\"Move\",{\"Tuple\":[{\"NumSigned\":[2,\"I8\"]},{\"NumSigned\":[-1,\"I8\"]"
     "}"
     "]}]}"},
};

static void V3_text_and_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof prints / sizeof *prints; i++) {
        const printed *p = &prints[i];
        pt_program *program = identity(p->declarations, p->type);
        pt_literal *literal = literal_of(program, p->text);
        pt_error error;
        char *json = NULL, *text = NULL;
        assert_int_equal(pt_literal_to_json(&json, literal, &error), PT_OK);
        assert_string_equal(json, p->json);
        pt_literal *again = NULL;
        const pt_type *type = pt_program_input_type(program, 0);
        assert_int_equal(pt_literal_from_json(&again, type, json, strlen(json), &error), PT_OK);
        assert_int_equal(pt_literal_print(&text, again, &error), PT_OK);
        assert_string_equal(text, p->text);
        pt_text_free(json);
        pt_text_free(text);
        pt_literal_free(again);
        pt_literal_free(literal);
        pt_program_free(program);
    }
}

/* The status of decoding what the program yields for these input bits, `n_more` bits added. */
static pt_status decode_status(const pt_program *program, const uint8_t *input_bits, size_t n_more)
{
    uint8_t output_bits[200] = {0};
    const pt_circuit *circuit = pt_program_circuit(program);
    const size_t n = pt_circuit_output_bits(circuit);
    assert_in_range(n, 1, 190);
    pt_error error;
    assert_int_equal(eval_bits(output_bits, circuit, input_bits, &error), PT_OK);
    pt_literal *literal = NULL;
    pt_panic panic;
    const pt_status status =
        pt_program_decode(&literal, &panic, program, output_bits, n + n_more, &error);
    pt_literal_free(literal);
    return status;
}

static void B4_malformed_outputs(void **state)
{
    (void)state;
    pt_program *program = identity(MSG, "Msg");
    uint8_t input_bits[2 + 16 + 8] = {0};
    assert_int_equal(decode_status(program, input_bits, 0), PT_OK);
    assert_int_not_equal(decode_status(program, input_bits, 1), PT_OK);
    assert_int_not_equal(decode_status(program, input_bits, (size_t)-1), PT_OK);
    input_bits[0] = input_bits[1] = 1; /* there is no fourth variant */
    const pt_status status = decode_status(program, input_bits, 0);
    assert_int_not_equal(status, PT_OK);
    assert_int_not_equal(status, PT_ERR_PANIC);
    pt_program_free(program);
}

/* With a malformed input no arm may match; what comes out then does not matter, but it must not
 * depend on more than the input bits, and must not crash. */
static void S12_malformed_inputs(void **state)
{
    (void)state;
    const lang_case c = {.source = MSG " pub fn main(m: Msg, k: u8) -> u8 { match m { Msg::Quit => "
                                       "k, Msg::Move(a, b) => 1, Msg::Say(n) => 2 } }"};
    char outcome[CASE_MAX_OUTCOME];
    pt_program *program = NULL;
    assert_int_equal(case_compile(&program, outcome, &c), PT_OK);
    uint8_t input_bits[2 + 16 + 8] = {1, 1};
    assert_int_equal(decode_status(program, input_bits, 0), PT_OK);
    pt_program_free(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B1_encodings),
        cmocka_unit_test(V3_text_and_json),
        cmocka_unit_test(B4_malformed_outputs),
        cmocka_unit_test(S12_malformed_inputs),
    };
    const int n_failed = case_run_all("lang.rules_values", cases, sizeof cases / sizeof *cases);
    return n_failed + cmocka_run_group_tests_name("lang.encodings", tests, NULL, NULL);
}
