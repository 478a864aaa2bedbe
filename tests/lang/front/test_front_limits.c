/* Hostile programs: cut short, nested deeply, explosive, huge; and a lack of memory everywhere. */
#include "lang/rules.h"

#include "support/test.h"

#include "base/buffer.h"
#include "base/mem.h"
#include "lang/front/parse.h"

/* Uses every construct. */
static const char big_program[] =
    "const K: usize = max(P::A, 2usize) - 1usize + min(3usize,);\n"
    "pub const ON: bool = true; /* c */ const PAIR: (u8, [u8; K]) = Q::PAIR;\n"
    "struct P { a: u8, b: (bool, [i8; 2]) }\n"
    "enum E { A, B(u8), C((u8, u8), [u8; 2]), D(), }\n"
    "fn g(mut n: u8, v: [u8; const { K + 1 }]) -> u8 { n += 1; n - v[0] }\n"
    "pub fn main(p: P, e: E, n: u8, i: i16, t: [(u8, u16); 3]) -> (u8, bool) {\n"
    "    let mut w = P { a: n, b: (false, [1, -2]) }; // note\n"
    "    let (x, (y, _)) = (n, (1u8, true));\n"
    "    for ((k, a), (_, b)) in join_iter(t, t) { w.a += k; w.b.1[0] <<= 2; }\n"
    "    let r = match e { E::A => 1, E::B(0..=9) => { 2 } E::B(v) => v, E::C((a, b), c) => a,\n"
    "        E::D() => if n == 3 { 4 } else if i < -4 { 5 } else { 6 } };\n"
    "    let s = match p { P { a: 3..5, .. } => 7, P { a, b: (true, _) } => a, P { a, b } => !a "
    "};\n"
    "    let q = join([1u8, 2], [n; 3])[1usize + 1].0 && ON || !(i as bool);\n"
    "    w.a = g(r, [n; K]) * 2 / s % 3 ^ 5 | 1 & x << 1 >> y;\n"
    "    for j in 0..3 { let z = v_of(j) - -1; }\n"
    "    { let u = (); };\n"
    "    (-(-5i8) as u8, n <= 3 && n >= 1 || n != 2 || q)\n"
    "}\n"
    "fn v_of(n: usize) -> i32 { n as i32 -1 }\n";

static pt_status check_text(const char *text, size_t len, size_t arena_bytes, pt_error *error)
{
    arena a;
    arena_init(&a, arena_bytes);
    checked_program *program = NULL;
    pt_diagnostics *d = NULL;
    const pt_status status = check_source(&program, &d, &a, text, len, NULL, error);
    assert_true((d != NULL) == (status == PT_ERR_PROGRAM));
    assert_true((program != NULL) == (status == PT_OK));
    if (status == PT_ERR_PROGRAM)
        assert_true(pt_diagnostics_count(d) > 0);
    pt_diagnostics_free(d);
    arena_clear(&a);
    return status;
}

#define ARENA ((size_t)256 * 1024 * 1024)

static void the_big_program_is_wrong_only_by_its_size(void **state)
{
    (void)state;
    /* [n; K] is not [u8; const { K + 1 }] (T3); everything else is right. */
    pt_diagnostics *d = check_bad(big_program);
    assert_int_equal(pt_diagnostics_count(d), 1);
    assert_int_equal(pt_diagnostics_get(d, 0).line, 14);
    pt_diagnostics_free(d);
}

static void every_truncation_ends_in_an_error_or_a_program(void **state)
{
    (void)state;
    const size_t start_of_struct = (size_t)(strstr(big_program, "struct") - big_program);
    for (size_t len = 0; len < sizeof big_program; len++) {
        /* A copy of exact size lets the sanitizer see a read past the end. */
        char *text = mem_new(len, 1);
        assert_non_null(text);
        memcpy(text, big_program, len);
        const pt_status status = check_text(text, len, ARENA, NULL);
        assert_true(status == PT_ERR_PROGRAM || (status == PT_OK && len <= start_of_struct + 200));
        mem_free(text);
    }
}

static void every_missing_token_is_survived(void **state)
{
    (void)state;
    char text[sizeof big_program];
    for (size_t at = 0; at + 1 < sizeof big_program; at++) {
        memcpy(text, big_program, sizeof text);
        text[at] = ' ';
        const pt_status status = check_text(text, sizeof text - 1, ARENA, NULL);
        assert_true(status == PT_ERR_PROGRAM || status == PT_OK);
    }
}

/* prefix, n times `open`, middle, n times `close`, suffix */
static pt_status check_nested(const char *prefix, const char *open, const char *middle,
                              const char *close, const char *suffix, size_t n, pt_error *error)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    buffer_printf(&b, "%s", prefix);
    for (size_t i = 0; i < n; i++)
        buffer_printf(&b, "%s", open);
    buffer_printf(&b, "%s", middle);
    for (size_t i = 0; i < n; i++)
        buffer_printf(&b, "%s", close);
    buffer_printf(&b, "%s", suffix);
    const char *text = buffer_text(&b);
    assert_non_null(text);
    const pt_status status = check_text(text, b.len, (size_t)1 << 30, error);
    buffer_clear(&b);
    return status;
}

typedef struct nested_case {
    const char *prefix, *open, *middle, *close, *suffix;
    size_t fits; /* this deep is accepted; 0: never, but reported */
} nested_case;

static void deep_nesting_is_an_error(void **state)
{
    (void)state;
    static const nested_case cases[] = {
        {"pub fn f(n: u8) -> u8 { ", "(", "n", ")", " }", 400},
        {"pub fn f(n: u8) -> u8 { ", "{", "n", "}", " }", 400},
        {"pub fn f(n: u8) -> u8 { let a = ", "(", "n", ",)", "; n }", 200},
        {"pub fn f(n: u8) -> u8 { let a = ", "[", "n", "]", "; n }", 200},
        {"pub fn f(n: u8) -> u8 { ", "!", "n", "", " }", 400},
        {"pub fn f(n: i8) -> i8 { ", "- ", "n", "", " }", 400},
        {"pub fn f(n: u8) -> u8 { ", "if n == 1 { 2 } else ", "{ n }", "", " }", 20000},
        {"pub fn f(n: u8) -> u8 { ", "if n == 1 { n } else ", "if n == 1 { 2 } else { 3 } + n", "",
         " }", 20000},
        {"pub fn f(n: u64) -> u64 { ", "if n == 1 { 2 } else ", "{ n }", "", " }", 20000},
        {"pub fn f(n: u8) -> u8 { ", "if n == 1 { ", "n", "} else { 2 }", " }", 200},
        {"pub fn f(n: u8) -> u8 { ", "match n { _ => ", "n", "}", " }", 200},
        {"pub fn f(n: u8) -> u8 { n", " + 1", "", "", " }", 900},
        {"pub fn f(n: u8) -> u8 { n", " as u8", "", "", " }", 900},
        {"pub fn f(n: u8) -> u8 { let mut v = n; v", "[0]", " = 1", "", "; n }", 0},
        {"pub fn f(n: u8) -> u8 { n", ".a", "", "", " }", 0},
        {"pub fn f(n: u8) -> u8 { f(", "f(", "n", ")", ") }", 0},
        {"pub fn f(n: ", "(", "u8", ")", ") -> u8 { 1 }", 0},
        {"pub fn f(n: ", "[", "u8", "; 1]", ") -> u8 { 1 }", 200},
        {"pub fn f(n: u8) -> u8 { let ", "(", "a", ")", " = n; n }", 0},
        {"const A: u8 = ", "(", "1u8", ")", "; pub fn f(n: u8) -> u8 { n }", 400},
        {"const A: u8 = 1u8", " + 1u8", "", "", "; pub fn f(n: u8) -> u8 { n }", 400},
        {"const A: u8 = ", "max(", "1u8", ")", "; pub fn f(n: u8) -> u8 { n }", 400},
        {"", "/*", "", "*/", "pub fn f(n: u8) -> u8 { n }", 100000},
        {"pub fn f(n: u8) -> u8 { for x in v { ", "{", "", "}", " } n }", 0},
        {"pub fn f(n: u8) -> u8 { let a = n; ", "let a = (a, a);", "", "", " n }", 0},
        {"pub fn f(n: u8) -> u8 { let a = [(1u8, 1u8)]; ", "let a = join(a, a);", "", "", " n }",
         0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const nested_case *c = &cases[i];
        pt_error error;
        pt_error_clear(&error);
        pt_status status =
            check_nested(c->prefix, c->open, c->middle, c->close, c->suffix, c->fits, &error);
        if (c->fits > 0 && status != PT_OK)
            fail_msg("%s %zu: %s", c->open, c->fits, error.message);
        status = check_nested(c->prefix, c->open, c->middle, c->close, c->suffix, 20000, &error);
        if (status != PT_ERR_PROGRAM && c->fits < 20000)
            fail_msg("%s is not refused", c->open);
    }
}

static void long_chains_of_items_are_no_problem(void **state)
{
    (void)state;
    enum { N = 20000 };
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    for (int i = 0; i < N; i++)
        buffer_printf(&b, "struct S%d { a: %s%d } fn f%d(n: u8) -> u8 { f%d(n) }\n", i,
                      i + 1 < N ? "S" : "u", i + 1 < N ? i + 1 : 8, i, i + 1);
    buffer_printf(&b, "fn f%d(n: u8) -> u8 { n } pub fn main(n: u8) -> u8 { f0(n) }", (int)N);
    pt_error error;
    pt_error_clear(&error);
    assert_int_equal(check_text((const char *)b.bytes, b.len, (size_t)1 << 30, &error), PT_OK);
    buffer_clear(&b);
}

/* Without a budget this takes 2^30 steps: each arm splits one more column of a tuple. */
static void an_explosive_match_is_refused(void **state)
{
    (void)state;
    enum { N = 30 };
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    buffer_printf(&b, "pub fn main(t: (");
    for (int i = 0; i < N; i++)
        buffer_printf(&b, "%sbool, bool", i > 0 ? ", " : "");
    buffer_printf(&b, ")) -> u8 { match t { ");
    for (int arm = 0; arm < N; arm++) {
        buffer_printf(&b, "(");
        for (int i = 0; i < N; i++)
            buffer_printf(&b, i == arm ? "true, true," : "_, _,");
        buffer_printf(&b, ") => 1, ");
    }
    buffer_printf(&b, "} }");
    pt_error error;
    pt_error_clear(&error);
    assert_int_equal(check_text((const char *)b.bytes, b.len, ARENA, &error), PT_ERR_PROGRAM);
    assert_non_null(strstr(error.message, "too complex"));
    buffer_clear(&b);
}

static void large_matches_are_checked(void **state)
{
    (void)state;
    enum { N = 20000 };
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    buffer_printf(&b, "pub fn main(n: u16) -> u16 { match n { ");
    for (int i = 0; i < N; i++)
        buffer_printf(&b, "%d => %d, ", i, N - i);
    buffer_printf(&b, "%d..=65534 => 0 } }", (int)N);
    pt_error error;
    pt_error_clear(&error);
    assert_int_equal(check_text((const char *)b.bytes, b.len, ARENA, &error), PT_ERR_PROGRAM);
    assert_non_null(strstr(error.message, "no arm for `65535u16`"));
    buffer_clear(&b);
}

static void a_source_too_long_is_refused(void **state)
{
    (void)state;
    char *text = mem_new(LANG_MAX_SOURCE_BYTES + 1, 1);
    assert_non_null(text);
    memset(text, ' ', LANG_MAX_SOURCE_BYTES + 1);
    assert_int_equal(check_text(text, LANG_MAX_SOURCE_BYTES + 1, ARENA, NULL), PT_ERR_LIMIT);
    assert_int_equal(check_text(text, LANG_MAX_SOURCE_BYTES, ARENA, NULL), PT_OK);
    mem_free(text);
}

static void a_small_arena_is_an_error(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 400000; bytes += 10000) {
        const pt_status status = check_text(big_program, sizeof big_program - 1, bytes, NULL);
        assert_true(status == PT_ERR_MEMORY || status == PT_ERR_PROGRAM);
    }
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    static const char good[] =
        "const N: usize = P::N; struct S { a: (u8, [u8; N]) }\n"
        "enum E { A(S), B }\n"
        "fn g(s: S) -> u8 { s.a.0 }\n"
        "pub fn main(s: S, e: E) -> u8 {\n"
        "  let mut t = 1u8; for x in s.a.1 { t += x; }\n"
        "  match e { E::A(S { a: (3, _) }) => g(s), E::A(_) => 1, E::B => t }\n"
        "}\n";
    static const char *const sources[] = {good, "pub fn f(n: u8) -> u8 { oops + (1, n) }",
                                          "pub fn f(n: u8) -> u8 { n + }", "@"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const pt_status expected = check_text(sources[i], strlen(sources[i]), ARENA, NULL);
        pt_status status = PT_ERR_MEMORY;
        unsigned long n = 0;
        while (status == PT_ERR_MEMORY && n < 1000) {
            mem_fail_at(++n);
            status = check_text(sources[i], strlen(sources[i]), ARENA, NULL);
            mem_fail_at(0);
        }
        assert_int_equal(status, expected);
        assert_true(n > 5 && n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_big_program_is_wrong_only_by_its_size),
        cmocka_unit_test(every_truncation_ends_in_an_error_or_a_program),
        cmocka_unit_test(every_missing_token_is_survived),
        cmocka_unit_test(deep_nesting_is_an_error),
        cmocka_unit_test(long_chains_of_items_are_no_problem),
        cmocka_unit_test(an_explosive_match_is_refused),
        cmocka_unit_test(large_matches_are_checked),
        cmocka_unit_test(a_source_too_long_is_refused),
        cmocka_unit_test(a_small_arena_is_an_error),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("lang.front_limits", tests, NULL, NULL);
}
