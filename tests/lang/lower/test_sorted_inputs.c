/* The order that joins need of inputs, checked by who gives them. */
#include "base/mem.h"
#include "polytune/polytune.h"
#include "support/test.h"

static pt_program *compile(const char *source)
{
    const pt_compile_options options = {.source = source, .source_len = strlen(source)};
    pt_program *program = NULL;
    pt_error error;
    if (pt_program_compile(&program, NULL, &options, &error) != PT_OK)
        fail_msg("%s", error.message);
    return program;
}

static void assert_input(const pt_program *program, size_t party, const char *text,
                         const char *expected)
{
    const pt_type *type = pt_program_input_type(program, party);
    const size_t n_bits = pt_type_bits(type);
    pt_literal *literal = NULL;
    pt_error error;
    uint8_t *bits = mem_new(n_bits, 1);
    assert_int_equal(pt_literal_parse(&literal, type, text, strlen(text), &error), PT_OK);
    assert_int_equal(pt_literal_to_bits(bits, n_bits, literal, &error), PT_OK);
    const pt_status status = pt_program_check_input(program, party, bits, n_bits, &error);
    assert_int_equal(status, expected == NULL ? PT_OK : PT_ERR_INPUT);
    if (expected != NULL && strstr(error.message, expected) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, expected);
    assert_int_equal(pt_program_check_input(program, party, bits, n_bits + 1, &error),
                     PT_ERR_USAGE);
    assert_int_equal(pt_program_check_input(program, 7, bits, n_bits, &error), PT_ERR_USAGE);
    pt_literal_free(literal);
    mem_free(bits);
}

static void test_tuples(void **state)
{
    (void)state;
    pt_program *program =
        compile("pub fn main(a: [(u16, u8); 3], b: [(u16, bool); 2]) -> u8 { let mut n = 0u8; "
                "for _p in join_iter(a, b) { n += 1u8; } for _q in join_iter(a, b) { n += 1u8; } "
                "n }");
    assert_input(program, 0, "[(1, 9), (256, 1), (257, 1)]", NULL);
    assert_input(program, 0, "[(1, 9), (257, 1), (256, 1)]", "row 3 has a smaller key");
    assert_input(program, 0, "[(1, 9), (1, 10), (2, 1)]", "rows 1 and 2 have the same key");
    assert_input(program, 1, "[(9, false), (8, true)]", "row 2 has a smaller key");
    assert_input(program, 1, "[(8, true), (9, false)]", NULL);
    pt_program_free(program);
}

static void test_sets(void **state)
{
    (void)state;
    pt_program *program = compile(
        "pub fn main(a: [i8; 2], b: [i8; 2]) -> [(bool, i8); const { 2usize + 2usize - 1usize }] { "
        "join(a, b) }");
    assert_input(program, 0, "[5, -5]", NULL); /* keys are unsigned */
    assert_input(program, 0, "[-5, 5]", "row 2 has a smaller key");
    pt_program_free(program);
}

static void test_what_is_not_looked_at(void **state)
{
    (void)state;
    /* Nothing is joined; what is joined was computed; one row is always in order. */
    pt_program *program = compile("pub fn main(a: [u8; 2], b: bool) -> u8 { a[0] }");
    assert_input(program, 0, "[2, 1]", NULL);
    pt_program_free(program);
    program =
        compile("pub fn main(a: [(u8, u8); 2], b: [(u8, u8); 1]) -> u8 { let mut n = 0u8; let c "
                "= [a[1usize], a[0usize]]; for _p in join_iter(c, b) { n += 1u8; } n }");
    assert_input(program, 0, "[(2, 1), (1, 1)]", NULL);
    assert_input(program, 1, "[(2, 1)]", NULL);
    pt_program_free(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tuples),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_what_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
