/* The types of a program before it is compiled. */
#include "polytune/polytune.h"
#include "support/test.h"

static pt_signature *signature_of(const char *source, const pt_constant *constants, size_t n)
{
    const pt_compile_options options = {
        .source = source, .source_len = strlen(source), .constants = constants, .n_constants = n};
    pt_signature *signature = NULL;
    pt_error error;
    if (pt_signature_new(&signature, NULL, &options, &error) != PT_OK)
        fail_msg("%s", error.message);
    return signature;
}

static void assert_type(const pt_type *type, const char *expected)
{
    char *text = NULL;
    pt_error error;
    assert_int_equal(pt_type_print(&text, type, &error), PT_OK);
    assert_string_equal(text, expected);
    pt_text_free(text);
}

static void test_types(void **state)
{
    (void)state;
    const pt_constant rows = {"PARTY_0", "ROWS", "3usize"};
    /* Compiling this body would pass every limit. */
    pt_signature *s = signature_of(
        "const N: usize = PARTY_0::ROWS;\n"
        "pub fn main(a: [(u32, bool); N], b: u8) -> [u8; 2] { let mut s = b;\n"
        "for _i in 0..4000000 { for _k in 0..4000000 { s = s / 3u8 + s * 7u8; } } [s, s] }",
        &rows, 1);
    assert_int_equal(pt_signature_party_count(s), 2);
    assert_type(pt_signature_input_type(s, 0), "[(u32, bool); 3]");
    assert_type(pt_signature_input_type(s, 1), "u8");
    assert_null(pt_signature_input_type(s, 2));
    assert_string_equal(pt_signature_input_name(s, 1), "b");
    assert_null(pt_signature_input_name(s, 2));
    assert_type(pt_signature_output_type(s), "[u8; 2]");
    pt_signature_free(s);
    pt_signature_free(NULL);
}

static void test_an_array_of_parties(void **state)
{
    (void)state;
    pt_signature *s = signature_of("pub fn main(a: [i16; 5]) -> i16 { a[0] }", NULL, 0);
    assert_int_equal(pt_signature_party_count(s), 5);
    assert_type(pt_signature_input_type(s, 4), "i16");
    pt_signature_free(s);
}

static void assert_fails(const char *source, pt_status expected)
{
    const pt_compile_options options = {.source = source, .source_len = strlen(source)};
    pt_signature *signature = NULL;
    pt_diagnostics *diagnostics = NULL;
    pt_error error;
    assert_int_equal(pt_signature_new(&signature, &diagnostics, &options, &error), expected);
    assert_null(signature);
    assert_int_equal(pt_diagnostics_count(diagnostics), 1);
    pt_diagnostics_free(diagnostics);
}

static void test_errors(void **state)
{
    (void)state;
    assert_fails("pub fn main(a: u8) -> u8 { a + true }", PT_ERR_PROGRAM);
    assert_fails("pub fn other(a: u8) -> u8 { a }", PT_ERR_PROGRAM);
    assert_fails("const N: usize = PARTY_0::N;\npub fn main(a: [u8; N], b: u8) -> u8 { b }",
                 PT_ERR_CONSTANT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_an_array_of_parties),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
