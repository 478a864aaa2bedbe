/* Spans of nodes (spec L9, Q17, G17): which text a panic or an error points at. */
#include "lang/rules.h"

#include "support/test.h"

static void assert_span(span s, uint32_t line, uint32_t column, uint32_t end_line,
                        uint32_t end_column)
{
    assert_int_equal(s.line, line);
    assert_int_equal(s.column, column);
    assert_int_equal(s.end_line, end_line);
    assert_int_equal(s.end_column, end_column);
}

typedef struct span_case {
    const char *expression; /* stands at column 10 of line 2 */
    uint32_t first, end;    /* columns counted from the start of the expression, 0-based */
} span_case;

#define PROLOGUE                                                                                   \
    "struct P { a: u8 } enum E { A, B(u8) } fn f(n: u8) -> u8 { n } pub fn g(n: u8) -> u8 { f(n) " \
    "} pub fn main(n: u8, t: (u8, u8), v: [u8; 3], u: usize, p: P, i: i8) -> () {\n"

static void nodes_have_the_spans_of_g17(void **state)
{
    (void)state;
    static const span_case cases[] = {
        {"17", 0, 2},
        {"true", 0, 4},
        {"(n)", 1, 2},
        {"-5", 0, 2},
        {"(n, 1)", 0, 6},
        {"[n, 1]", 0, 6},
        {"[n; 2]", 0, 6},
        {"{ n }", 0, 5},
        {"P { a: n }", 0, 1},
        {"E::B(n)", 0, 4},
        {"E::A", 0, 4},
        {"f(n)", 0, 4},
        {"v[u]", 0, 4},
        {"t.0", 0, 3},
        {"p.a", 2, 3},
        {"p . a", 4, 5},
        {"-i", 0, 2},
        {"!(n)", 0, 3}, /* to the end of n, which has no parentheses */
        {"n + 1", 0, 5},
        {"(n) + (1)", 1, 8},
        {"n <= 1", 0, 6},
        {"n-1", 0, 3},
        {"n as u16", 0, 8},
        {"0..3", 0, 4},
        {"if n == 1 { 1 } else { 2 }", 0, 26},
        {"match n { _ => 1 }", 0, 18},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char source[1000];
        (void)snprintf(source, sizeof source, PROLOGUE " let x = %s; }", cases[i].expression);
        arena a;
        const checked_program *program = check_good(&a, source);
        const fn_decl *function = program->functions[program->n_functions - 1];
        assert_string_equal(function->name.text, "main");
        const stmt *let = function->body->as.block.stmts[0];
        const uint32_t at = 10;
        assert_span(let->as.let.value->span, 2, at + cases[i].first, 2, at + cases[i].end);
        arena_clear(&a);
    }
}

static void statements_and_items(void **state)
{
    (void)state;
    arena a;
    const checked_program *program = check_good(&a, "\n"
                                                    "pub fn main(n: u8, v: [u8; 3]) -> u8 {\n"
                                                    "\tlet mut w = v;\n"
                                                    "  w[0] += n + 1;\n"
                                                    "  for x in v {\n"
                                                    "    w[1] = x;\n"
                                                    "  }\n"
                                                    "  w[2]\n"
                                                    "}\n");
    const fn_decl *function = program->functions[0];
    assert_span(function->span, 2, 1, 9, 2);
    stmt *const *stmts = function->body->as.block.stmts;
    assert_span(stmts[0]->span, 3, 2, 3, 15);
    assert_span(stmts[1]->span, 4, 3, 4, 16);
    assert_span(stmts[2]->span, 5, 3, 7, 4);
    arena_clear(&a);
}

static void columns_count_characters(void **state)
{
    (void)state;
    pt_diagnostics *d = check_bad("/* \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 */\toops");
    const pt_diagnostic first = pt_diagnostics_get(d, 0);
    assert_int_equal(first.column, 11);
    assert_int_equal(first.end_column, 15);
    pt_diagnostics_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_have_the_spans_of_g17),
        cmocka_unit_test(statements_and_items),
        cmocka_unit_test(columns_count_characters),
    };
    return cmocka_run_group_tests_name("lang.spans", tests, NULL, NULL);
}
