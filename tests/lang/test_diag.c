/* Errors as people see them: golden wording and layout, order, no repeats, limits. */
#include "lang/rules.h"

#include "support/test.h"

#include "base/mem.h"
#include "lang/diag.h"

static void assert_printed(const char *source, const char *expected)
{
    pt_diagnostics *d = check_bad(source);
    char *text = NULL;
    assert_int_equal(pt_diagnostics_print(&text, d, false, 0, NULL), PT_OK);
    assert_string_equal(text, expected);
    pt_text_free(text);
    pt_diagnostics_free(d);
}

static void common_errors_read_well(void **state)
{
    (void)state;
    assert_printed("pub fn main(n: u8, z: bool) -> u8 {\n"
                   "    let total = n + z;\n"
                   "\ttotl * 2\n"
                   "}\n",
                   "t:2:17: type error: incompatible operands: u8 and bool\n"
                   "    2 |     let total = n + z;\n"
                   "      |                 ^^^^^\n"
                   "t:3:2: type error: unknown name `totl`; did you mean `total`?\n"
                   "    3 | \ttotl * 2\n"
                   "      | \t^^^^\n");
    assert_printed("pub fn main(n: u8) -> u8 {\n"
                   "    let a = n\n"
                   "    a\n"
                   "}",
                   "t:3:5: parse error: expected `;` after the let statement, found `a`\n"
                   "    3 |     a\n"
                   "      |     ^\n");
    assert_printed(
        "pub fn main(n: u8) -> u8 { 5_0 # }",
        "t:1:28: scan error: bad number: digits cannot be separated by `_`\n"
        "    1 | pub fn main(n: u8) -> u8 { 5_0 # }\n"
        "      |                            ^^^\n"
        "t:1:32: scan error: bad character `#`: there are no attributes; a comment begins with //\n"
        "    1 | pub fn main(n: u8) -> u8 { 5_0 # }\n"
        "      |                                ^\n");
    assert_printed(
        "pub fn main(n: u8) -> u8 {",
        "t:1:27: parse error: expected `}` at the end of the block, found the end of the "
        "file\n"
        "    1 | pub fn main(n: u8) -> u8 {\n"
        "      |                           ^\n");
    /* One mistake, one error. */
    assert_printed("fn f(n: u8) -> u8 {\n"
                   "    n\n"
                   "pub fn main(n: u8) -> u8 { f(n) }",
                   "t:3:1: parse error: expected `}` at the end of the block, found `pub`\n"
                   "    3 | pub fn main(n: u8) -> u8 { f(n) }\n"
                   "      | ^^^\n");
    assert_printed("pub fn main(n: u8) -> u8 { n }\n\xff\xfe\n\xff #",
                   "t:2:1: scan error: the file is not valid UTF-8 text\n"
                   "    2 | \xff\xfe\n"
                   "      | ^\n");
    assert_printed("enum E { A, B(u8, bool) }\n"
                   "pub fn main(e: E) -> u8 {\n"
                   "  match e {\n"
                   "    E::B(_, true) => 1\n"
                   "  }\n"
                   "}",
                   "t:3:3: type error: not exhaustive: no arm for `E::A`, `E::B(_, false)`\n"
                   "    3 |   match e {\n"
                   "      |   ^^^^^^^\n");
}

static void long_spans_are_elided(void **state)
{
    (void)state;
    assert_printed(
        "pub fn main(n: u8) -> u8 { (\n1,\n2,\n3,\n4,\n5)\n}",
        "t:1:28: type error: type mismatch: expected u8, found (integer, integer, integer, "
        "integer, integer)\n"
        "    1 | pub fn main(n: u8) -> u8 { (\n"
        "      |                            ^\n"
        "    2 | 1,\n"
        "      | ^^\n"
        "  ... |\n"
        "    6 | 5)\n"
        "      | ^^\n");
}

static void several_errors_come_in_order(void **state)
{
    (void)state;
    pt_diagnostics *d = check_bad("pub fn b(n: u8) -> u8 { x + y }\n"
                                  "pub fn a(n: u8) -> u8 { let q = ; z z }\n"
                                  "pub fn c(n: u8 -> u8 { n }\n"
                                  "pub fn e(n: u8) -> u8 { n n }\n");
    static const uint32_t lines[] = {2, 2, 3, 4};
    assert_int_equal(pt_diagnostics_count(d), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pt_diagnostics_get(d, i).line, lines[i]);
        assert_string_equal(pt_diagnostics_get(d, i).phase, "parse");
    }
    assert_int_equal(pt_diagnostics_get(d, 4).line, 0);
    pt_diagnostics_free(d);
    assert_int_equal(pt_diagnostics_count(NULL), 0);
}

static void one_mistake_is_one_error(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "pub fn f(n: u8) -> u8 { let a = oops; let b = a + true; let c = (b, a); c.0[1].x }",
        "pub fn f(n: Oops) -> u8 { n + 1 }",
        "fn g(n: u8) -> Oops { n } pub fn f(n: u8) -> u8 { g(n) + g(n) }",
        "pub fn f(n: u8) -> u8 { match oops { 0 => n, (a, b) => a + b, E => E } }",
        "pub fn f(n: u8) -> u8 { let [a] = n; a }",
        "struct S { a: Oops } pub fn f(s: S) -> u8 { let S { a } = s; a + s.a }",
        "fn g(n: u8) -> u8 { h(n) } fn h(n: u8) -> u8 { n } pub fn f(n: u8) -> u8 { n }",
        "const K: u8 = 1; pub fn f(n: u8) -> u8 { K + n }",
        "pub fn f(n: u8) -> u8 { let mut t = oops; t = 1; t += 2; t[0] = 5; t }",
        "pub fn f(n: u8) -> u8 { for (a, b) in oops { let c = a + b; } n }",
        "pub fn f(n: u8) -> bool { n + true == 3 }",
        "pub fn f(n: u8) -> u8 { if n { 1 } else { 2 } }",
        "pub fn f(n: u8) -> u8 { f(f(n)) }",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        pt_diagnostics *d = check_bad(sources[i]);
        if (pt_diagnostics_count(d) != 1)
            fail_msg("%s: %zu errors: %s; %s", sources[i], pt_diagnostics_count(d),
                     pt_diagnostics_get(d, 0).message, pt_diagnostics_get(d, 1).message);
        pt_diagnostics_free(d);
    }
}

static void the_list_sorts_and_drops_repeats(void **state)
{
    (void)state;
    pt_diagnostics *d = NULL;
    assert_int_equal(diag_new(&d, NULL, "a\nb", 3, NULL), PT_OK);
    pt_error error;
    assert_int_equal(diag_finish(d, &error), PT_OK);
    diag_add(d, DIAG_TYPE, (span){2, 1, 2, 2}, "second");
    diag_add(d, DIAG_TYPE, (span){1, 1, 1, 2}, "first");
    diag_add(d, DIAG_TYPE, (span){2, 1, 2, 2}, "second");
    diag_add(d, DIAG_COMPILE, DIAG_NO_PLACE, "nowhere");
    assert_int_equal(diag_finish(d, &error), PT_ERR_PROGRAM);
    assert_string_equal(error.message, "program: nowhere");
    char *text = NULL;
    assert_int_equal(pt_diagnostics_print(&text, d, false, 0, NULL), PT_OK);
    assert_string_equal(text, "program: compile error: nowhere\n"
                              "program:1:1: type error: first\n    1 | a\n      | ^\n"
                              "program:2:1: type error: second\n    2 | b\n      | ^\n");
    pt_text_free(text);
    pt_diagnostics_free(d);
}

static void the_number_of_errors_is_limited(void **state)
{
    (void)state;
    char source[1000];
    memset(source, '@', sizeof source);
    source[sizeof source - 1] = '\0';
    pt_diagnostics *d = check_bad(source);
    assert_int_equal(pt_diagnostics_count(d), DIAG_MAX_ERRORS);
    char *text = NULL;
    assert_int_equal(pt_diagnostics_print(&text, d, false, 0, NULL), PT_OK);
    assert_non_null(strstr(text, "... and 899 more errors\n"));
    pt_text_free(text);
    pt_diagnostics_free(d);
}

static void long_lines_are_cut_around_the_place(void **state)
{
    (void)state;
    static char source[20000];
    size_t len = (size_t)snprintf(source, sizeof source, "pub fn main(n: u8) -> [u8; 3001] { [");
    for (int i = 0; i < 3000; i++)
        len +=
            (size_t)snprintf(source + len, sizeof source - len, "%s, ", i == 1500 ? "oops" : "7");
    (void)snprintf(source + len, sizeof source - len, "n] }");
    pt_diagnostics *d = check_bad(source);
    char *text = NULL;
    assert_int_equal(pt_diagnostics_print(&text, d, false, 0, NULL), PT_OK);
    assert_true(strlen(text) < 500);
    const char *line = strstr(text, "| ...");
    assert_non_null(line);
    const char *carets = strstr(line, "\n      | ");
    assert_non_null(carets);
    const size_t at = (size_t)(strchr(carets, '^') - carets) - strlen("\n      | ");
    assert_memory_equal(line + strlen("| ") + at, "oops,", 5);
    assert_non_null(strstr(carets, "^^^^\n"));
    assert_memory_equal(carets - 3, "...", 3);
    pt_text_free(text);
    pt_diagnostics_free(d);
}

/* Every line of the text fits, and the carets are under the span. */
static void assert_cut(const char *source, size_t columns, const char *line, const char *carets)
{
    pt_diagnostics *d = check_bad(source);
    char expected[200];
    char *text = NULL;
    assert_int_equal(pt_diagnostics_print(&text, d, false, columns, NULL), PT_OK);
    (void)snprintf(expected, sizeof expected, "\n    1 | %s\n      | %s\n", line, carets);
    assert_string_equal(strchr(text, '\n'), expected);
    assert_true(strlen(line) + strlen("    1 | ") <= (columns < 30 ? 30 : columns));
    pt_text_free(text);
    pt_diagnostics_free(d);
}

static void lines_are_cut_to_the_width(void **state)
{
    (void)state;
    static const char source[] =
        "pub fn main(n: u8) -> u8 { let total = n + oops; let more = 1u8; n }";
    assert_cut(source, 80, source, "                                           ^^^^");
    assert_cut(source, 50, "...et total = n + oops; let more = 1u8;...", "                  ^^^^");
    assert_cut(source, 30, "...l = n + oops; le...", "           ^^^^");
    assert_cut(source, 1, "...l = n + oops; le...", "           ^^^^");
    /* At the start, at the end, behind a tab and among letters of several bytes. */
    assert_cut("oops fn main(n: u8) -> u8 { n + n }", 30, "oops fn main(n: ...", "^^^^");
    assert_cut("pub fn main(n: u8) -> u8 { n + 0000000001u8 + 5u8", 30, "...u8 + 5u8",
               "           ^");
    assert_cut("\tpub fn main(n: u8) -> u8 { n +\t\"\u00e9\u00e9\" }", 50,
               "...8 { n +\t\"\u00e9\u00e9\" }", "          \t^");
}

/* The message of the only error. */
static void assert_message(const char *source, const char *message)
{
    pt_diagnostics *d = check_bad(source);
    assert_int_equal(pt_diagnostics_count(d), 1);
    assert_string_equal(pt_diagnostics_get(d, 0).message, message);
    pt_diagnostics_free(d);
}

#define ITEMS                                                                                      \
    "const LIMIT: u8 = 9u8; const ROWS: usize = 2usize; struct Point { left: u8, right: u8 }\n"    \
    "enum Shape { Circle, Square(u8) } fn double(n: u8) -> u8 { n + n }\n"                         \
    "pub fn main(p: Point, s: Shape, count: u8) -> u8 { let mut total = double(LIMIT);\n"
#define END " total }"

static void close_names_are_suggested(void **state)
{
    (void)state;
    assert_message(ITEMS "total += coutn;" END, "unknown name `coutn`; did you mean `count`?");
    assert_message(ITEMS "totl += count;" END, "unknown name `totl`; did you mean `total`?");
    assert_message(ITEMS "total += LIMITS;" END, "unknown name `LIMITS`; did you mean `LIMIT`?");
    assert_message(ITEMS "total += limit;" END, "unknown name `limit`; did you mean `LIMIT`?");
    assert_message(ITEMS "total += doubel(1);" END,
                   "unknown name `doubel`: no such function; did you mean `double`?");
    assert_message(ITEMS "let a = [0u8; ROW];" END,
                   "unknown name `ROW`: no such constant; did you mean `ROWS`?");
    assert_message(ITEMS "total += p.rihgt;" END,
                   "unknown field `rihgt` of struct `Point`; did you mean `right`?");
    assert_message(ITEMS "let q = Point { left: 1, right: 2, rigth: 3 };" END,
                   "unknown field `rigth` of struct `Point`; did you mean `right`?");
    assert_message(ITEMS "let Point { leftt, .. } = p;" END,
                   "unknown field `leftt` of struct `Point`; did you mean `left`?");
    assert_message(ITEMS "let q = Piont { left: 1, right: 2 };" END,
                   "unknown struct `Piont`; did you mean `Point`?");
    assert_message(ITEMS "let q = Points { left: 1, right: 2 };" END,
                   "unknown struct `Points`; did you mean `Point`?");
    assert_message(ITEMS "let q = Shape::Circl;" END,
                   "unknown variant `Circl` of enum `Shape`; did you mean `Circle`?");
    assert_message(ITEMS "let q = Shap::Circle;" END, "unknown enum `Shap`; did you mean `Shape`?");
    assert_message(ITEMS "let q = count as U8;" END, "unknown type `U8`; did you mean `u8`?");
    assert_message(ITEMS "let q: Shapes = s;" END, "unknown type `Shapes`; did you mean `Shape`?");
    assert_message("const LIMIT: u8 = 9u8; const TWICE: u8 = LIMTI + 1u8;"
                   "pub fn main(n: u8) -> u8 { n + TWICE + LIMIT }",
                   "unknown name `LIMTI`: no such constant; did you mean `LIMIT`?");
}

static void names_out_of_scope_are_not_suggested(void **state)
{
    (void)state;
    assert_message(ITEMS "{ let inner = 1u8; } total += innr;" END, "unknown name `innr`");
    assert_message(ITEMS "total += doubl;" END, "unknown name `doubl`");
    assert_message(ITEMS "limit = 2;" END, "unknown name `limit`");
}

static void a_terminal_gets_colours(void **state)
{
    (void)state;
    pt_diagnostics *d = check_bad("pub fn main(n: u8) -> u8 { n + oops }");
    char *text = NULL;
    assert_int_equal(pt_diagnostics_print(&text, d, true, 0, NULL), PT_OK);
    assert_string_equal(text, "\033[1mt:1:32:\033[0m \033[1;31mtype error:\033[0m "
                              "\033[1munknown name `oops`\033[0m\n"
                              "\033[34m    1 |\033[0m pub fn main(n: u8) -> u8 { n + oops }\n"
                              "\033[34m      |\033[0m                                "
                              "\033[1;31m^^^^\033[0m\n");
    pt_text_free(text);
    pt_diagnostics_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_errors_read_well),
        cmocka_unit_test(close_names_are_suggested),
        cmocka_unit_test(names_out_of_scope_are_not_suggested),
        cmocka_unit_test(a_terminal_gets_colours),
        cmocka_unit_test(long_spans_are_elided),
        cmocka_unit_test(long_lines_are_cut_around_the_place),
        cmocka_unit_test(lines_are_cut_to_the_width),
        cmocka_unit_test(several_errors_come_in_order),
        cmocka_unit_test(one_mistake_is_one_error),
        cmocka_unit_test(the_list_sorts_and_drops_repeats),
        cmocka_unit_test(the_number_of_errors_is_limited),
    };
    return cmocka_run_group_tests_name("lang.diag", tests, NULL, NULL);
}
