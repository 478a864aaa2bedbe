/* What people write who come from other languages: one error, at its place, that says what Garble
 * has instead. */
#include "lang/rules.h"
#include "support/test.h"

typedef struct foreign_case {
    const char *source;
    const char *at; /* "line:column" of the only error */
    const char *expect;
} foreign_case;

#define MAIN(text) "pub fn main(a: u32, b: u32) -> u32 {\n" text "\n}"

static const foreign_case cases[] = {
    {MAIN("a * 1.5"), "2:5", "there are no numbers with a point: scale them to integers"},
    {MAIN("a.max(b)"), "2:3", "there is no method `max`: write `if a > b { a } else { b }`"},
    {MAIN("a.foo(b) + 1"), "2:3", "there are no methods: write a function, and `foo(..)`"},
    {"pub fn main(a: [u32; 3], b: u32) -> u32 {\n a.len() }", "2:4",
     "an array's length is in its type"},
    {"pub fn main(a: [u32; 3], b: u32) -> u32 {\n for x in a.iter() { b; } b }", "2:13",
     "`for x in array` goes through"},
    {MAIN("max(a, b)"), "2:1", "there is no `max`: write `if a > b"},
    {MAIN("std::cmp::max(a, b)"), "2:1", "there are no modules"},
    {MAIN("u32::MAX"), "2:1", "the type `u32` has no members such as `MAX`"},
    {MAIN("u32(a)"), "2:1", "`u32` is a type; a cast is written `a as u32`"},
    {MAIN("(u32) a"), "2:2", "a cast is written behind the value: `a as u32`"},
    {MAIN("let c = (i64)(a) + 1; a"), "2:10", "a cast is written behind the value: `a as i64`"},
    {"pub fn main(a: Vec<u32>, b: u32) -> u32 { b }", "1:16", "there is no `Vec<..>`: arrays have"},
    {"pub fn main(a: Option<u32>, b: u32) -> u32 { b }", "1:16", "write an enum"},
    {"pub fn main(a: HashMap<u32, u8>, b: u32) -> u32 { b }", "1:16", "types have no parameters"},
    {"pub fn main(a: Vec, b: u32) -> u32 { b }", "1:16", "unknown type `Vec`: arrays have a fixed"},
    {"pub fn main(a: &[u32], b: u32) -> u32 { b }", "1:16", "there are no references"},
    {"pub fn main(a: [u32], b: u32) -> u32 { b }", "1:20", "an array type has a size"},
    {"pub fn main(a: (i64), b: i64) -> i64 {\na }", "2:1",
     "expected i64, found (i64); a type in parentheses is a tuple of one: leave them out"},
    {MAIN("match a { 1 | 2 => 1, _ => 2 }"), "2:13", "a pattern has no `|`: write an arm for each"},
    {MAIN("let c = match a { 1 if b > 2 => 1, _ => 2 }; c"), "2:21", "an arm has no `if` before"},
    {MAIN("a > b ? a : b"), "2:7", "a choice is `if a > b { a } else { b }`"},
    {MAIN("println!(\"sum {}\", a); a"), "2:10", "there is no text"},
    {MAIN("println!(a); a"), "2:1", "there are no macros such as `println!`: a program shows"},
    {MAIN("assert!(a > b); a"), "2:1", "there are no macros such as `assert!`: what is wrong"},
    {MAIN("let v = vec![1, 2]; a"), "2:9", "an array is written [1u32, 2u32]"},
    {MAIN("other!(a)"), "2:1", "there are no macros such as `other!`"},
    {MAIN("if a > b { return a; } b"), "2:12", "there is no `return`: a function's last"},
    {MAIN("let mut i = a; while i < 3 { i += 1; } a"), "2:16", "there is no `while`: a loop is"},
    {MAIN("let mut i = a; loop { i += 1; break; } a"), "2:16", "there is no `loop`: a loop is"},
    {MAIN("for i in 0..3 { break; } a"), "2:17", "there is no `break`: loops run to their end"},
    {MAIN("int c = a; c"), "2:1", "a variable is `let x = 1i32;`"},
    {MAIN("a++; a"), "2:3", "there is no `++`: write `i += 1`"},
    {MAIN("a ** 2"), "2:4", "there is no power: multiply"},
    {MAIN("&a + b"), "2:1", "there are no references"},
    {MAIN("let f = |x| x; a"), "2:9", "there are no closures"},
    {MAIN("if a > 1 and b > 1 { a } else { b }"), "2:10", "found `and`; write `&&`"},
    {MAIN("Some(a)"), "2:1", "there is no `Some`: write an enum"},
    {MAIN("None"), "2:1", "there is no `None`: write an enum"},
    {MAIN("a > 'x'"), "2:5", "a letter is its number"},
    {"use std::cmp; pub fn main(a: u32) -> u32 { a }", "1:1", "found `use`; a program is one file"},
    {"#include <x>\npub fn main(a: u32) -> u32 { a }", "1:1", "there are no attributes"},
    {"def main(a, b): return a + b", "1:1", "a function is `pub fn main(a: u32, b: u32)"},
    {"int main(int a, int b) { return a + b; }", "1:1", "a function is `pub fn main("},
    {"impl A { }", "1:1", "there are no methods: write functions"},
    {MAIN("if 5 { a } else { b }"), "2:4", "type mismatch: expected bool, found integer"},
    {MAIN("if a = b { a } else { b }"), "2:6", "`=` assigns; a comparison is `==`"},
    {MAIN("return (a + b) / 2;"), "2:1", "there is no `return`: a function's last"},
    {"struct S { a: u8 } pub fn main(a: u8) -> u8 {\nS(a).a }", "2:1",
     "`S` is a struct: write `S {"},
    {"enum E { A(u8) } pub fn main(a: u8) -> E {\nE(a) }", "2:1", "`E` is an enum: write `E::A`"},
    {MAIN("let c: u64 = a; b"), "2:14", "expected u64, found u32; convert it with `as`"},
    {MAIN("if a { a } else { b }"), "2:4", "expected bool, found u32; compare it, as in `n != 0`"},
    {MAIN("(1, -2)"), "2:1", "expected u32, found (integer, signed integer)"},
};

/* What looks like these, and is none. */
static const char *const good[] = {
    MAIN("let u32 = a; (u32) + b"),
    MAIN("let u32 = a; (u32) - b"),
    MAIN("let while = a; let return = b; while + return"),
    MAIN("let and = a; let max = b; and + max"),
    "struct loop { i: u32 } pub fn main(a: u32, b: u32) -> u32 { loop { i: a }.i + b }",
    "struct Vec { i: u32 } pub fn main(a: Vec, b: u32) -> bool { a.i as u32 < b }",
    "fn len(a: u32) -> u32 { a } fn max(a: u32) -> u32 { len(a) } pub fn main(a: u32) -> u32 { "
    "max(a) }",
    "enum Option { None, Some(u32) } pub fn main(a: u32, b: u32) -> Option { Option::Some(a + b) }",
};

static void one_error_says_what_to_write(void **state)
{
    size_t n_wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char at[40];
        pt_diagnostics *d = check_bad(cases[i].source);
        const pt_diagnostic first = pt_diagnostics_get(d, 0);
        (void)snprintf(at, sizeof at, "%u:%u", first.line, first.column);
        if (strstr(first.message, cases[i].expect) == NULL || strcmp(at, cases[i].at) != 0 ||
            pt_diagnostics_count(d) != 1) {
            print_error("%s\n%zu errors, the first %s: %s\n", cases[i].source,
                        pt_diagnostics_count(d), at, first.message);
            n_wrong++;
        }
        pt_diagnostics_free(d);
    }
    assert_int_equal(n_wrong, 0);
}

static void good_programs_stay_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        arena a;
        (void)check_good(&a, good[i]);
        arena_clear(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_error_says_what_to_write),
        cmocka_unit_test(good_programs_stay_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
