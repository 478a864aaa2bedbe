/* What programs compute: variables and branches, places, loops, calls, patterns, panics. */
#include "base/buffer.h"
#include "lang/run.h"

typedef struct example {
    const char *source;
    const char *inputs;
    const char *result;
} example;

static void check(const example *examples, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_runs(examples[i].source, NULL, examples[i].inputs, examples[i].result);
}

#define CHECK(examples) check(examples, sizeof examples / sizeof examples[0])

static void branches_change_only_what_they_assign(void **state)
{
    (void)state;
    static const example examples[] = {
        {"pub fn main(c: bool, n: u8) -> (u8, u8) { let mut w = n; let mut v = 1u8; "
         "if c { w = 5; v = w; } else { v = 7; } (w, v) }",
         "true | 3", "(5, 5)"},
        {"pub fn main(c: bool, n: u8) -> (u8, u8) { let mut w = n; let mut v = 1u8; "
         "if c { w = 5; v = w; } else { v = 7; } (w, v) }",
         "false | 3", "(3, 7)"},
        {"pub fn main(c: bool, d: bool) -> u8 { let mut w = 0u8; "
         "if c { w = 1; if d { w += 10; w += 10; } else { w += 2; } w += 100; } else if d { w = 9; "
         "}"
         " w }",
         "true | true", "121"},
        {"pub fn main(c: bool, d: bool) -> u8 { let mut w = 0u8; "
         "if c { w = 1; if d { w += 10; w += 10; } else { w += 2; } w += 100; } else if d { w = 9; "
         "}"
         " w }",
         "true | false", "103"},
        {"pub fn main(c: bool, d: bool) -> u8 { let mut w = 0u8; "
         "if c { w = 1; if d { w += 10; w += 10; } else { w += 2; } w += 100; } else if d { w = 9; "
         "}"
         " w }",
         "false | true", "9"},
        /* parts of one array, changed by both branches, some twice */
        {"pub fn main(c: bool, i: usize) -> [u8; 4] { let mut w = [1, 2, 3, 4u8]; "
         "if c { w[0] = 10; w[i] = 20; w[0] += 1; w = [w[3], w[2], w[1], w[0]]; w[1] = 9; } "
         "else { w[3] = 40; w[3] += 1; } w }",
         "true | 2", "[4, 9, 2, 11]"},
        {"pub fn main(c: bool, i: usize) -> [u8; 4] { let mut w = [1, 2, 3, 4u8]; "
         "if c { w[0] = 10; w[i] = 20; w[0] += 1; w = [w[3], w[2], w[1], w[0]]; w[1] = 9; } "
         "else { w[3] = 40; w[3] += 1; } w }",
         "false | 2", "[1, 2, 3, 41]"},
        /* a variable of the branch, bound again in each turn, changed in an inner branch */
        {"pub fn main(c: bool, n: u8) -> u8 { let mut s = 0u8; if c { for i in 0u8..4u8 { "
         "let mut t = i; if i < n { t = t * 2; } let u = t; t = 0; s += u; } } s }",
         "true | 2", "7"},
        /* assignments in the condition stay */
        {"pub fn main(c: bool, n: u8) -> u8 { let mut w = n; if ({ w += 1; c }) { w += 10; } w }",
         "false | 1", "2"},
        {"pub fn main(c: bool, n: u8) -> u8 { let mut w = n; "
         "let g = c || ({ w = 0; if n == 3 { w = 9; } true }); w }",
         "false | 3", "9"},
        {"pub fn main(c: bool, n: u8) -> u8 { let mut w = n; "
         "let g = c || ({ w = 0; if n == 3 { w = 9; } true }); w }",
         "true | 3", "3"},
        /* conditions known at compile time */
        {"pub fn main(n: u8) -> u8 { let mut w = n; for i in 0u8..4u8 { if i == 2 { w += 5; } } w "
         "}",
         "1", "6"},
    };
    CHECK(examples);
}

static void values_are_copies(void **state)
{
    (void)state;
    static const example examples[] = {
        {"pub fn main(n: u8) -> (u8, u8) { let mut w = n; let v = w; w = 9; (v, w) }", "4",
         "(4, 9)"},
        {"pub fn main(n: u8) -> [[u8; 2]; 2] { let mut w = [n, 2]; let v = w; w[0] = 9; [v, w] }",
         "4", "[[4, 2], [9, 2]]"},
        {"pub fn main(n: u8) -> u8 { let mut w = n; w + ({ w = 100; w }) + w }", "4", "204"},
        {"pub fn main(n: u8) -> (u8, u8) { let mut w = (n, n); (w.0, ({ w.0 = 7; w.0 })) }", "4",
         "(4, 7)"},
        {"pub fn main(v: [u8; 3], z: bool) -> u8 { let mut w = v; let mut s = 0u8; "
         "for e in w { w[2] = 50; s += e; } s + w[2] }",
         "[1, 2, 3] | true", "56"},
        {"fn f(mut v: [u8; 2]) -> u8 { v[0] = 9; v[0] } "
         "pub fn main(v: [u8; 2], z: bool) -> (u8, u8) { (f(v), v[0]) }",
         "[1, 2] | true", "(9, 1)"},
    };
    CHECK(examples);
}

static void places(void **state)
{
    (void)state;
    static const example examples[] = {
        {"pub fn main(i: usize, j: usize) -> [[u8; 3]; 2] { let mut w = [[0u8; 3]; 2]; "
         "w[i][j] = 5; w[0][j] += 1; w[i][0] = 2; w }",
         "1 | 2", "[[0, 0, 1], [2, 0, 5]]"},
        {"struct Cell { tag: u8, pts: [(u8, bool); 2] } "
         "pub fn main(i: usize, j: usize) -> [Cell; 2] { "
         "let mut w = [Cell { tag: 1, pts: [(2, false); 2] }; 2]; "
         "w[i].pts[j].0 += 5; w[i].tag = 9; w[1].pts[j].1 = true; w }",
         "0 | 1",
         "[Cell {pts: [(2, false), (7, false)], tag: 9}, "
         "Cell {pts: [(2, false), (2, true)], tag: 1}]"},
        {"pub fn main(i: usize, c: bool) -> [u8; 3] { let mut w = [1, 2, 3u8]; "
         "if c { w[i] = 9; } w }",
         "1 | true", "[1, 9, 3]"},
        {"pub fn main(i: usize, c: bool) -> [u8; 3] { let mut w = [1, 2, 3u8]; "
         "if c { w[i] = 9; } w }",
         "1 | false", "[1, 2, 3]"},
        /* what the right side stores in the same variable is overwritten (S10) */
        {"pub fn main(n: u8) -> [u8; 2] { let mut w = [n, n]; w[0] = ({ w[1] = 7; w[1] }); w }",
         "4", "[7, 4]"},
        /* an index inside the path is evaluated once (D9) */
        {"pub fn main(n: u8) -> ([u8; 3], usize) { let mut w = [n; 3]; let mut i = 0usize; "
         "w[({ i += 1; i })] += 5; (w, i) }",
         "4", "([4, 9, 4], 1)"},
        {"pub fn main(n: u8) -> u8 { let mut w = n; w <<= 2; w |= 1; w ^= 3; w -= 1; w %= 16; w }",
         "4", "1"},
    };
    CHECK(examples);
}

static void arrays_without_elements_or_bits(void **state)
{
    (void)state;
    static const char *const empty =
        "const N: usize = P::N; pub fn main(a: u8, i: usize) -> u8 { let mut w = [a; N]; "
        "let mut v = [[a; N]; 2];\nif a > 3 { $1[w[0] = 1]$1; $2[w[i] += 2]$2; v[i][0] = 3; "
        "v[1][i] ^= w[i]; } "
        "a }";
    assert_runs(empty, "P::N=0", "5 | 0", "PANIC Array Access Out Of Bounds $1");
    assert_runs(empty, "P::N=0", "2 | 0", "2");
    assert_runs(empty, "P::N=1", "5 | 0", "5");
    assert_runs(empty, "P::N=1", "5 | 1", "PANIC Array Access Out Of Bounds $2");
    char message[PT_ERROR_MESSAGE_MAX];
    assert_int_equal(run_compile_status("pub fn main(a: u8, v: [(); 2]) -> u8 { let mut w = v; "
                                        "w[0] = {}; a }",
                                        NULL, message),
                     PT_ERR_PROGRAM); /* Q20 */
}

static void loops_and_calls(void **state)
{
    (void)state;
    static const example examples[] = {
        {"pub fn main(n: u8) -> u8 { let mut t = n; for i in 1u8..5u8 { t += i; } t }", "1", "11"},
        {"pub fn main(n: u64) -> u64 { let mut t = n; for i in 1..5 { t += i as u64; } t }", "1",
         "11"},
        {"pub fn main(n: u8) -> u8 { let mut t = n; for (a, b) in [(1u8, 2u8), (3, 4)] { t += a * "
         "b; }"
         " t }",
         "0", "14"},
        {"pub fn main(n: u8, v: [(); 2]) -> u8 { let mut t = n; for u in v { t += 1; } t }",
         "0 | [(), ()]", "2"},
        {"fn g(x: u8) -> u8 { x + 1 } fn f(x: u8, y: u8) -> u8 { let z = g(x); g(z) * y } "
         "pub fn main(x: u8, y: u8) -> u8 { f(y, x) + f(1, 2) }",
         "3 | 4", "24"},
        {"pub fn main(n: u8) -> u8 { let a = 0u8..6u8; a[n as usize] }", "5", "5"},
        {"const N: usize = 3usize; pub fn main(n: u8, k: u8) -> [u8; N] { "
         "let mut w = [n; N]; for i in 0..3 { w[i] += k; } w }",
         "5 | 1", "[6, 6, 6]"},
    };
    CHECK(examples);
}

static void matches(void **state)
{
    (void)state;
    static const char *const side =
        "enum E { A, B(u8), C(u8, bool) } pub fn main(e: E, n: u8) -> (u8, u8) { let mut w = n; "
        "let r = match e { E::A => { w += 1; 0 }, E::B(k) => { w = k; $1[k / n]$1 }, "
        "E::C(k, true) => k, E::C(_, f) => { w = 99; 3 } }; (r, w) }";
    assert_runs(side, NULL, "E::A | 0", "(0, 1)");
    assert_runs(side, NULL, "E::B(9) | 2", "(4, 9)");
    assert_runs(side, NULL, "E::B(9) | 0", "PANIC Division By Zero $1");
    assert_runs(side, NULL, "E::C(8, true) | 0", "(8, 0)");
    assert_runs(side, NULL, "E::C(8, false) | 0", "(3, 99)");
    static const char *const ranges =
        "pub fn main(n: u8, z: bool) -> u8 { match n { 10..=19 => 1, 0..=4 => 2, 3..=25 => 3, "
        "26..=254 => 4, 255 => 5 } }";
    assert_runs(ranges, NULL, "15 | true", "1");
    assert_runs(ranges, NULL, "0 | true", "2");
    assert_runs(ranges, NULL, "4 | true", "2");
    assert_runs(ranges, NULL, "5 | true", "3");
    assert_runs(ranges, NULL, "25 | true", "3");
    assert_runs(ranges, NULL, "26 | true", "4");
    assert_runs(ranges, NULL, "254 | true", "4");
    assert_runs(ranges, NULL, "255 | true", "5");
    static const char *const rest =
        "struct S { a: u8, b: bool, c: u8 } pub fn main(s: S, z: bool) "
        "-> u8 { match s { S { b: true, c, .. } => c, S { a, .. } => a } }";
    assert_runs(rest, NULL, "S { a: 1, b: true, c: 3 } | true", "3");
    assert_runs(rest, NULL, "S { a: 1, b: false, c: 3 } | true", "1");
}

static void the_first_panic_of_the_path_counts(void **state)
{
    (void)state;
    static const char *const branches = "pub fn main(c: bool, n: u8, d: u8) -> u8 {\n"
                                        "let a = if c { $2[n + 200]$2 } else { $3[8 / d]$3 };\n"
                                        "$1[a + 100]$1 }";
    assert_runs(branches, NULL, "true | 1 | 0", "PANIC Overflow $1");
    assert_runs(branches, NULL, "true | 100 | 0", "PANIC Overflow $2");
    assert_runs(branches, NULL, "false | 100 | 0", "PANIC Division By Zero $3");
    assert_runs(branches, NULL, "false | 100 | 1", "108");
    /* the same condition inside and after a branch that is not taken */
    static const char *const again = "pub fn main(c: bool, n: u8, d: u8) -> u8 {\n"
                                     "let mut a = 0u8; if c {\n"
                                     "a = $1[n / d]$1; }\n"
                                     "let b = $2[n / d]$2;\n"
                                     "let e = n / d; a + b + e }";
    assert_runs(again, NULL, "true | 1 | 0", "PANIC Division By Zero $1");
    assert_runs(again, NULL, "false | 1 | 0", "PANIC Division By Zero $2");
    static const char *const order = "struct R { z: u8, q: u8 } pub fn main(a: u8, b: u8) -> R {\n"
                                     "R { z: a - b,\n q: $1[a / (b - 1]$1) } }";
    assert_runs(order, NULL, "0 | 1", "PANIC Division By Zero $1"); /* Q9 */
    static const char *const always = "pub fn main(a: u8) -> u8 { let b = [1, 2u8]; a + if a > 0 { "
                                      "$1[b[2usize - 0]]$1 } else { 0 } }";
    assert_runs(always, NULL, "1", "PANIC Array Access Out Of Bounds $1");
    static const char *const never = "pub fn main(a: u8) -> u8 { let b = [1, 2u8]; a ^ b[1] }";
    pt_program *program = run_compile(never, NULL);
    assert_int_equal(pt_circuit_output_bits(pt_program_circuit(program)), 8);
    pt_program_free(program);
    static const char *const writes =
        "pub fn main(i: usize, j: usize) -> [[u8; 2]; 2] { let mut w = [[1u8; 2]; 2];\n"
        "$1[w[i][j] += 255]$1; w }";
    assert_runs(writes, NULL, "2 | 0", "PANIC Array Access Out Of Bounds $1");
    assert_runs(writes, NULL, "0 | 2", "PANIC Array Access Out Of Bounds $1");
    assert_runs(writes, NULL, "0 | 0", "PANIC Overflow $1");
    static const char *const lazy = "pub fn main(c: bool, d: bool, n: u8) -> bool { (c && $1[1 / "
                                    "n]$1 == 1) || (d && $2[2 / n]$2 == 2) }";
    assert_runs(lazy, NULL, "false | false | 0", "false");
    assert_runs(lazy, NULL, "true | false | 0", "PANIC Division By Zero $1");
    assert_runs(lazy, NULL, "false | true | 0", "PANIC Division By Zero $2");
    assert_runs(lazy, NULL, "true | true | 1", "true");
    static const char *const loop =
        "pub fn main(v: [u8; 4], d: u8) -> u8 { let mut s = 0u8; for e in v { if e > 1 {\n"
        "$3[s += $2[100 / ($1[e - d]$1]$2]$3); } } s }";
    assert_runs(loop, NULL, "[0, 1, 2, 3] | 3", "PANIC Overflow $1");
    assert_runs(loop, NULL, "[0, 1, 3, 1] | 3", "PANIC Division By Zero $2");
    assert_runs(loop, NULL, "[0, 4, 4, 5] | 3", "250");
    assert_runs(loop, NULL, "[4, 4, 4, 3] | 3", "PANIC Overflow $3");
}

static void bounds_of_ranges_are_constant_expressions(void **state)
{
    (void)state;
    char message[PT_ERROR_MESSAGE_MAX];
    static const char *const sum =
        "const N: usize = P::N; pub fn main(v: [u8; N], n: u8) -> u8 { let mut s = n; "
        "for i in 0usize..N { s += v[i]; } s }";
    assert_runs(sum, "P::N=3", "[1, 2, 3] | 10", "16");
    assert_runs(sum, "P::N=0", "[] | 10", "10");
    static const char *const terms =
        "const A: usize = 2usize; pub fn main(n: u8) -> ([usize; const { P::N - A }], u8) { "
        "let mut s = n; for i in A..min(P::N + 1, 9) - 1 { s += i as u8; } (A..P::N, s) }";
    assert_runs(terms, "P::N=5", "0", "([2, 3, 4], 9)");
    assert_runs(terms, "P::N=2", "0", "([], 0)");
    assert_int_equal(run_compile_status("pub fn main(n: u8) -> u8 { for i in 2..P::N { } n }",
                                        "P::N=1", message),
                     PT_ERR_PROGRAM);
    assert_non_null(strstr(message, "invalid range: 2..1 must not end before it begins"));
    assert_runs("const K: u8 = 3u8; pub fn main(n: u8) -> u8 { let mut s = n; "
                "for i in 1..K { s += i; } s }",
                NULL, "1", "4");
}

/* `count` arms for 0, 1, .., whose values are 3, 4, ..; the rest is b. */
static pt_program *compile_arms(bool is_match, unsigned count)
{
    buffer text;
    buffer_init(&text, SIZE_MAX / 4);
    buffer_printf(&text, "pub fn main(a: u16, b: u16) -> u16 { %s", is_match ? "match a { " : "");
    for (unsigned i = 0; i < count; i++)
        buffer_printf(&text, is_match ? "%u => %u, " : "if a == %u { %u } else ", i, i + 3);
    buffer_printf(&text, is_match ? "_ => b } }" : "{ b } }");
    pt_program *program = run_compile(buffer_text(&text), NULL);
    buffer_clear(&text);
    return program;
}

static void long_chains_and_matches_are_no_problem(void **state)
{
    (void)state;
    char result[RUN_MAX_RESULT];
    static const char *const inputs[][3] = {
        {"0", "7", "3"}, {"9999", "7", "10002"}, {"10000", "7", "7"}, {"77", "7", "80"}};
    for (unsigned kind = 0; kind < 2; kind++) {
        pt_program *program = compile_arms(kind == 1, 10000);
        for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
            run_program(result, program, inputs[i]);
            assert_string_equal(result, inputs[i][2]);
        }
        pt_program_free(program);
    }
}

/* Branches are joined all at once, or in turn where each has an if of its own: both are the same,
 * for every number. */
static void branches_joined_at_once_equal_those_in_turn(void **state)
{
    (void)state;
    static const char *const source =
        "enum E { A, B(u8), C(bool), D }\n"
        "fn chain(a: u8, b: u8) -> (u8, [u8; 3], u8) { let mut x = b; let mut v = [b, 1, 2];\n"
        "  let r = if a == 3 { x = 9; b } else if a < 10 { v[1] = b; 7 }\n"
        "    else if a > 200 { v[0] = x; x ^= 5; 5 } else if a == 100 { v = [0, 0, b]; b ^ 1 }\n"
        "    else { x = a; 200 }; (r, v, x) }\n"
        "fn turns(a: u8, b: u8) -> (u8, [u8; 3], u8) { let mut x = b; let mut v = [b, 1, 2];\n"
        "  let r = if a == 3 { x = 9; b } else { if a < 10 { v[1] = b; 7 }\n"
        "    else { if a > 200 { v[0] = x; x ^= 5; 5 } else { if a == 100 { v = [0, 0, b]; b ^ 1 "
        "}\n"
        "    else { x = a; 200 } } } }; (r, v, x) }\n"
        "fn arms(a: u8, b: u8) -> (u8, [u8; 3], u8) { let mut x = b; let mut v = [b, 1, 2];\n"
        "  let r = match a { 3 => { x = 9; b } 0..=9 => { v[1] = b; 7 }\n"
        "    201..=255 => { v[0] = x; x ^= 5; 5 } 100 => { v = [0, 0, b]; b ^ 1 }\n"
        "    _ => { x = a; 200 } }; (r, v, x) }\n"
        "fn changing(a: u8, b: u8) -> (u8, u8) { let mut x = b & 127; let r = if a == 3 { x }\n"
        "    else if ({ x += 1; a < x }) { x ^ 64 } else if ({ x += 2; a == 255 }) { 1 }\n"
        "    else { x = 0; b }; (r, x) }\n"
        "fn changing_turns(a: u8, b: u8) -> (u8, u8) { let mut x = b & 127; let r = if a == 3 { x "
        "}\n"
        "    else { if ({ x += 1; a < x }) { x ^ 64 } else { if ({ x += 2; a == 255 }) { 1 }\n"
        "    else { x = 0; b } } }; (r, x) }\n"
        "fn numbers(a: u8, b: u8) -> (u8, u8, u8) { let s = a as i8;\n"
        "  (match a { 0 => 1, 1 => b, 2..=7 => 3, 8 => b, 9..=20 => !b, 30 => b, _ => 9 },\n"
        "   match s { -128..=-3 => b, -2 => 2, 0..=5 => b, 7 => 4, -1 => !b, _ => 5 },\n"
        "   match (a > 7, a & 3) { (true, 0) => b, (false, 1) => 2, (_, 2) => b, _ => 3 }) }\n"
        "fn number_turns(a: u8, b: u8) -> (u8, u8, u8) { let s = a as i8;\n"
        "  (if a == 0 { 1 } else { if a == 1 { b } else { if a < 8 { 3 } else { if a == 8 { b } "
        "else\n"
        "   { if a < 21 { !b } else { if a == 30 { b } else { 9 } } } } } },\n"
        "   if s < -2 { b } else { if s == -2 { 2 } else { if s == -1 { !b } else { if s < 6 { b } "
        "else\n"
        "   { if s == 7 { 4 } else { 5 } } } } },\n"
        "   if a > 7 && a & 3 == 0 { b } else { if a <= 7 && a & 3 == 1 { 2 } else\n"
        "   { if a & 3 == 2 { b } else { 3 } } }) }\n"
        "fn variants(e: E, b: u8) -> u8 { match e { E::A => b, E::B(n) => n, E::C(true) => 5,\n"
        "   E::C(false) => b, E::D => 6 } }\n"
        "fn pick(a: u8) -> E { match a & 3 { 0 => E::A, 1 => E::B(a), 2 => E::C(a > 9), _ => E::D "
        "} }\n"
        "fn variant_turns(a: u8, b: u8) -> u8 { if a & 3 == 0 { b } else { if a & 3 == 1 { a } "
        "else\n"
        "   { if a & 3 == 3 { 6 } else { if a > 9 { 5 } else { b } } } } }\n"
        "pub fn main(a: u8, b: u8) -> (bool, bool, bool, bool, bool) {\n"
        "  (chain(a, b) == turns(a, b), arms(a, b) == turns(a, b),\n"
        "   changing(a, b) == changing_turns(a, b), numbers(a, b) == number_turns(a, b),\n"
        "   variants(pick(a), b) == variant_turns(a, b)) }\n";
    char result[RUN_MAX_RESULT];
    char number[8];
    pt_program *program = run_compile(source, NULL);
    for (unsigned a = 0; a < 256; a++) {
        (void)snprintf(number, sizeof number, "%u", a);
        const char *inputs[2] = {number, a % 3 == 0 ? "77" : "200"};
        run_program(result, program, inputs);
        assert_string_equal(result, "(true, true, true, true, true)");
    }
    pt_program_free(program);
    static const char *const panics =
        "pub fn main(a: u8, b: u8) -> u8 { let mut x = b; x ^= if a == 1 { $1[b / a - 9]$1 } else "
        "if\n"
        "a == 2 { $2[10 / (b - 3]$2) } else if a == 3 { x = 7; b } else { $3[b * 2]$3 }; x }";
    assert_runs(panics, NULL, "1 | 3", "PANIC Overflow $1");
    assert_runs(panics, NULL, "2 | 3", "PANIC Division By Zero $2");
    assert_runs(panics, NULL, "3 | 3", "0");
    assert_runs(panics, NULL, "4 | 200", "PANIC Overflow $3");
    assert_runs(panics, NULL, "2 | 4", "14");
}

static void limits_are_errors(void **state)
{
    (void)state;
    char message[PT_ERROR_MESSAGE_MAX];
    assert_int_equal(run_compile_status("pub fn main(n: u8) -> u8 { let mut t = n; "
                                        "for i in 0..4000000000 { for j in 0..4000000000 { } } t }",
                                        NULL, message),
                     PT_ERR_LIMIT);
    assert_int_equal(
        run_compile_status("pub fn main(n: u8) -> [u8; 1000000000] { [n; 1000000000] }", NULL,
                           message),
        PT_ERR_LIMIT);
    assert_int_equal(run_compile_status("pub fn main(v: [u8; 256]) -> u8 { v[0] }", NULL, message),
                     PT_ERR_LIMIT);
    assert_int_equal(run_compile_status("const N: usize = 3usize - 5usize; "
                                        "pub fn main(n: u8) -> [u8; N] { [n; N] }",
                                        NULL, message),
                     PT_ERR_LIMIT);
    /* calls that double the work at each of 64 levels */
    char source[64 * 64 + 256];
    size_t len = (size_t)snprintf(source, sizeof source, "fn f0(n: u8) -> u8 { n ^ 1 } ");
    for (int i = 1; i <= 64; i++)
        len += (size_t)snprintf(source + len, sizeof source - len,
                                "fn f%d(n: u8) -> u8 { f%d(f%d(n)) } ", i, i - 1, i - 1);
    (void)snprintf(source + len, sizeof source - len, "pub fn main(n: u8) -> u8 { f64(n) }");
    assert_int_equal(run_compile_status(source, NULL, message), PT_ERR_LIMIT);
}

/* Blocks in ifs in blocks, in functions that call each other: the stack holds, or a limit says no.
 */
static void depth_is_limited(void **state)
{
    (void)state;
    static char source[1 << 18];
    char message[PT_ERROR_MESSAGE_MAX];
    size_t len = (size_t)snprintf(source, sizeof source, "fn f0(n: u8) -> u8 { n ^ 1 } ");
    for (int i = 1; i <= 20; i++) {
        len += (size_t)snprintf(source + len, sizeof source - len, "fn f%d(n: u8) -> u8 { ", i);
        for (int k = 0; k < 60; k++)
            len +=
                (size_t)snprintf(source + len, sizeof source - len, "if n > %d { n } else { ", k);
        len += (size_t)snprintf(source + len, sizeof source - len, "f%d(n)", i - 1);
        for (int k = 0; k < 60; k++)
            len += (size_t)snprintf(source + len, sizeof source - len, " }");
        len += (size_t)snprintf(source + len, sizeof source - len, " } ");
    }
    (void)snprintf(source + len, sizeof source - len, "pub fn main(n: u8) -> u8 { f20(n) }");
    assert_int_equal(run_compile_status(source, NULL, message), PT_ERR_LIMIT);
}

/* Equal gates are built once, so the circuit stays small: the work is what is limited. */
static void work_is_limited(void **state)
{
    (void)state;
    static char source[8192];
    char message[PT_ERROR_MESSAGE_MAX];
    size_t len = (size_t)snprintf(source, sizeof source, "fn f0(n: u64) -> u64 { n * n } ");
    for (int i = 1; i < 60; i++)
        len += (size_t)snprintf(source + len, sizeof source - len,
                                "fn f%d(n: u64) -> u64 { f%d(n) ^ f%d(n) } ", i, i - 1, i - 1);
    (void)snprintf(source + len, sizeof source - len,
                   "pub fn main(n: u64, k: u8) -> u64 { f59(n) }");
    assert_int_equal(run_compile_status(source, NULL, message), PT_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branches_change_only_what_they_assign),
        cmocka_unit_test(values_are_copies),
        cmocka_unit_test(places),
        cmocka_unit_test(arrays_without_elements_or_bits),
        cmocka_unit_test(loops_and_calls),
        cmocka_unit_test(matches),
        cmocka_unit_test(the_first_panic_of_the_path_counts),
        cmocka_unit_test(bounds_of_ranges_are_constant_expressions),
        cmocka_unit_test(long_chains_and_matches_are_no_problem),
        cmocka_unit_test(branches_joined_at_once_equal_those_in_turn),
        cmocka_unit_test(limits_are_errors),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(work_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
