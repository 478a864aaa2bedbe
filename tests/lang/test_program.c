/* The public face: constants, entry point, parties, types, decoding, errors. */
#include "base/mem.h"
#include "lang/run.h"

static void parties_and_types(void **state)
{
    (void)state;
    pt_program *program = run_compile("struct S { b: bool, a: [u16; N] } const N: usize = P::N; "
                                      "pub fn main(s: S, k: u8) -> (u8, S) { (k, s) }",
                                      "P::N=2");
    char *text = NULL;
    pt_error error;
    assert_int_equal(pt_program_party_count(program), 2);
    assert_int_equal(pt_type_bits(pt_program_input_type(program, 0)), 33);
    assert_int_equal(pt_circuit_input_bits(pt_program_circuit(program), 0), 33);
    assert_null(pt_program_input_type(program, 2));
    assert_string_equal(pt_program_input_name(program, 1), "k");
    assert_null(pt_program_input_name(program, 2));
    assert_int_equal(pt_type_print(&text, pt_program_output_type(program), &error), PT_OK);
    assert_string_equal(text, "(u8, S)");
    pt_text_free(text);
    pt_program_free(program);
    /* D18: sizes inside structs are known when literals are read */
    assert_runs("struct S { b: bool, a: [u16; N] } const N: usize = P::N; "
                "pub fn main(s: S, k: u8) -> (u8, S) { (k, s) }",
                "P::N=2", "S { b: true, a: [1, 2] } | 3", "(3, S {a: [1, 2], b: true})");
}

static void one_array_gives_one_party_per_element(void **state)
{
    (void)state;
    pt_program *program = run_compile("pub fn main(v: [u8; 3]) -> u8 { v[0] ^ v[2] }", NULL);
    assert_int_equal(pt_program_party_count(program), 3);
    assert_string_equal(pt_program_input_name(program, 0), "v");
    assert_string_equal(pt_program_input_name(program, 2), "v");
    pt_program_free(program);
    program = run_compile("pub fn main(v: [u8; const { 3usize }]) -> u8 { v[0] ^ v[2] }", NULL);
    assert_int_equal(pt_program_party_count(program), 1);
    pt_program_free(program);
}

static void constants_are_supplied_by_name(void **state)
{
    (void)state;
    static const char *const source = "const A: u8 = P::A;\n"
                                      "const B: i16 = Q::B;\n"
                                      "const V: [u16; 2] = P::V;\n"
                                      "pub fn main(n: u8) -> (u8, i16, u16) { (n + A, B, V[1]) }";
    char message[PT_ERROR_MESSAGE_MAX];
    assert_runs(source, "P::A=3; Q::B=-4; P::V=[5, 6]; P::EXTRA=x", "1", "(4, -4, 6)");
    assert_int_equal(run_compile_status(source, "Q::B=-4", message), PT_ERR_CONSTANT);
    assert_string_equal(message, "program:1:15: missing constant P::A");
    assert_int_equal(run_compile_status(source, "P::A=3u16; Q::B=-4; P::V=[5, 6]", message),
                     PT_ERR_CONSTANT);
    assert_string_equal(message, "program:1:15: constant P::A = `3u16`: line 1, column 1: expected "
                                 "a value of type u8, found `3u16`");
}

static void all_missing_constants_are_reported(void **state)
{
    (void)state;
    const char *source = "const A: u8 = P::A;\nconst B: u8 = P::B;\n"
                         "pub fn main(n: u8) -> u8 { n + A + B }";
    const pt_compile_options options = {.source = source, .source_len = strlen(source)};
    pt_program *program = NULL;
    pt_diagnostics *diagnostics = NULL;
    pt_error error;
    assert_int_equal(pt_program_compile(&program, &diagnostics, &options, &error), PT_ERR_CONSTANT);
    assert_int_equal(error.status, PT_ERR_CONSTANT);
    assert_null(program);
    assert_int_equal(pt_diagnostics_count(diagnostics), 2);
    assert_string_equal(pt_diagnostics_get(diagnostics, 0).phase, "compile");
    assert_string_equal(pt_diagnostics_get(diagnostics, 1).message, "missing constant P::B");
    assert_int_equal(pt_diagnostics_get(diagnostics, 1).line, 2);
    assert_int_equal(pt_diagnostics_get(diagnostics, 1).column, 15);
    pt_diagnostics_free(diagnostics);
    assert_int_equal(pt_program_check(NULL, &options, &error), PT_OK);
}

static void any_function_may_be_the_entry(void **state)
{
    (void)state;
    const char *source = "fn half(n: u8) -> u8 { n / 2 } pub fn other(n: u8) -> u8 { half(n) }";
    pt_compile_options options = {
        .source = source, .source_len = strlen(source), .function = "half"};
    pt_program *program = NULL;
    pt_diagnostics *diagnostics = NULL;
    pt_error error;
    assert_int_equal(pt_program_compile(&program, &diagnostics, &options, &error), PT_OK);
    assert_null(diagnostics);
    pt_program_free(program);
    program = NULL;
    options.function = NULL;
    assert_int_equal(pt_program_compile(&program, &diagnostics, &options, &error), PT_ERR_PROGRAM);
    assert_null(program);
    assert_string_equal(error.message,
                        "program: there is no function main; choose one of its functions: other");
    pt_diagnostics_free(diagnostics);
}

static void source_errors_are_listed(void **state)
{
    (void)state;
    const char *source = "pub fn main(n: u8) -> u8 { n + true }";
    const pt_compile_options options = {.source = source, .source_len = strlen(source)};
    pt_program *program = NULL;
    pt_diagnostics *diagnostics = NULL;
    pt_error error;
    assert_int_equal(pt_program_compile(&program, &diagnostics, &options, &error), PT_ERR_PROGRAM);
    assert_int_equal(pt_diagnostics_count(diagnostics), 1);
    assert_string_equal(pt_diagnostics_get(diagnostics, 0).phase, "type");
    pt_diagnostics_free(diagnostics);
}

static void decoding_checks_what_it_gets(void **state)
{
    (void)state;
    pt_program *program = run_compile("enum E { A, B, C } pub fn main(n: u8, k: u8, e: E) -> E { "
                                      "let a = n + k; let b = n - k; let c = n / k; e }",
                                      NULL);
    /* three sites: two bits of code; then two bits of tag */
    const size_t n = pt_circuit_output_bits(pt_program_circuit(program));
    uint8_t bits[4] = {0, 0, 1, 0};
    pt_literal *literal = NULL;
    pt_panic panic;
    pt_error error;
    assert_int_equal(n, 4);
    assert_int_equal(pt_program_decode(&literal, NULL, program, bits, 3, &error), PT_ERR_INPUT);
    assert_int_equal(pt_program_decode(&literal, NULL, program, bits, 5, &error), PT_ERR_INPUT);
    assert_int_equal(pt_program_decode(&literal, NULL, program, bits, 4, &error), PT_OK);
    pt_literal_free(literal);
    literal = NULL;
    bits[3] = 1;
    assert_int_equal(pt_program_decode(&literal, NULL, program, bits, 4, &error), PT_ERR_INPUT);
    bits[1] = 1;
    assert_int_equal(pt_program_decode(&literal, &panic, program, bits, 4, &error), PT_ERR_PANIC);
    assert_string_equal(panic.reason, "Overflow");
    assert_string_equal(error.message, "The program panicked at line 1, column 67: Overflow.");
    bits[0] = 2;
    assert_int_equal(pt_program_decode(&literal, NULL, program, bits, 4, &error), PT_ERR_INPUT);
    assert_null(literal);
    pt_program_free(program);
    program = run_compile("pub fn main(n: u8, k: u8) -> u8 { n + k - 1 }", NULL);
    uint8_t unknown[10] = {1, 1};
    assert_int_equal(pt_program_decode(&literal, NULL, program, unknown, 10, &error), PT_ERR_INPUT);
    assert_string_equal(error.message, "the output has the unknown panic code 3");
    pt_program_free(program);
}

static void failed_allocations_are_reported(void **state)
{
    (void)state;
    const char *source =
        "const N: usize = P::N; struct S { a: [u8; N], b: bool } enum E { A, B(u8) }\n"
        "fn f(s: S, i: usize) -> u8 { s.a[i] / 3 }\n"
        "pub fn main(s: S, e: E, i: usize) -> (u8, S) { let mut t = s;\n"
        "for k in 0..2 { if s.b { t.a[i] += f(s, i); } else { t.a[k] = 1; } }\n"
        "let r = match e { E::A => 0, E::B(n) => n * 2 }; (r, t) }";
    const pt_constant constants[] = {{"P", "N", "2"}};
    const pt_compile_options options = {.source = source,
                                        .source_len = strlen(source),
                                        .constants = constants,
                                        .n_constants = 1,
                                        .count_lines = true};
    pt_status status = PT_ERR_MEMORY;
    for (unsigned long n = 1; status != PT_OK; n++) {
        pt_program *program = NULL;
        pt_diagnostics *diagnostics = NULL;
        pt_error error;
        mem_fail_at(n);
        status = pt_program_compile(&program, &diagnostics, &options, &error);
        mem_fail_at(0);
        assert_true(status == PT_OK || status == PT_ERR_MEMORY);
        assert_true((status == PT_OK) == (program != NULL));
        pt_diagnostics_free(diagnostics);
        pt_program_free(program);
    }
}

static pt_status check_program_text(const char *source, const char *function, char *ret_message)
{
    const pt_compile_options options = {
        .source = source, .source_len = strlen(source), .function = function};
    pt_error error;
    pt_error_clear(&error);
    const pt_status status = pt_program_check(NULL, &options, &error);
    (void)snprintf(ret_message, PT_ERROR_MESSAGE_MAX, "%s", error.message);
    return status;
}

/* Checking and compiling agree on what is wrong; `expected` is part of the message, or NULL. */
static void assert_found_by_both(const char *source, pt_status expected_status,
                                 const char *expected)
{
    char checked[PT_ERROR_MESSAGE_MAX];
    char compiled[PT_ERROR_MESSAGE_MAX];
    assert_int_equal(check_program_text(source, NULL, checked), expected_status);
    assert_int_equal(run_compile_status(source, NULL, compiled), expected_status);
    assert_string_equal(checked, compiled);
    if (strstr(checked, expected) == NULL)
        fail_msg("%s\nexpected: %s\nfound: %s", source, expected, checked);
}

static void checking_finds_what_compiling_finds(void **state)
{
    (void)state;
    char source[10000];
    size_t len = (size_t)snprintf(source, sizeof source, "pub fn main(p0: u8");
    for (int i = 1; i < 500; i++)
        len += (size_t)snprintf(source + len, sizeof source - len, ", p%d: u8", i);
    (void)snprintf(source + len, sizeof source - len, ") -> u8 { p0 }");
    assert_found_by_both(source, PT_ERR_LIMIT, "500 parties; at most 255 are supported");
    assert_found_by_both("pub fn main(v: [u8; 256]) -> u8 { v[0] }", PT_ERR_LIMIT, "256 parties");
    assert_found_by_both("pub fn main(v: [u8; 0]) -> u8 { 1 }", PT_ERR_PROGRAM, "no inputs");
    assert_found_by_both("pub fn main(v: ()) -> u8 { 1 }", PT_ERR_PROGRAM, "have no bits");
    assert_found_by_both("pub fn main(v: [u8; 200000000], n: u8) -> u8 { n }", PT_ERR_LIMIT,
                         "more than 134217728 elements");
    assert_found_by_both("pub fn main(v: [[u8; 40000000]; 4], n: u8) -> u8 { n }", PT_ERR_LIMIT,
                         "larger than 1073741824 bits");
    assert_found_by_both("const N: usize = 0usize; pub fn main(v: [[u8; N]; 2], n: u8) -> u8 "
                         "{ let mut w = v; w[0] = w[1]; n }",
                         PT_ERR_PROGRAM, "cannot assign to an element without bits");
    assert_found_by_both("const N: usize = 1usize - 2usize; "
                         "pub fn main(n: u8) -> u8 { let v = [n; N]; n }",
                         PT_ERR_LIMIT, "elements");
}

static void checking_looks_at_the_entry_point(void **state)
{
    (void)state;
    char message[PT_ERROR_MESSAGE_MAX];
    static const char *const bad_other =
        "pub fn main(n: u8) -> u8 { n } pub fn other(v: ()) -> u8 { 1 }";
    static const char *const no_main =
        "pub fn one(n: u8) -> u8 { n } pub fn other(v: ()) -> u8 { 1 }";
    assert_int_equal(check_program_text(bad_other, NULL, message), PT_OK);
    assert_int_equal(check_program_text(bad_other, "other", message), PT_ERR_PROGRAM);
    assert_int_equal(check_program_text(no_main, NULL, message), PT_ERR_PROGRAM);
    assert_non_null(strstr(message, "the inputs of other have no bits"));
    assert_int_equal(check_program_text(no_main, "another", message), PT_ERR_PROGRAM);
    assert_string_equal(message, "program: there is no function another; did you mean other?");
    /* too long to try; and with constants that are not known yet */
    assert_int_equal(check_program_text("pub fn main(n: u8) -> u8 { let mut t = n; for i in "
                                        "0..4000000000 { t = t ^ 1; } t }",
                                        NULL, message),
                     PT_OK);
    assert_int_equal(check_program_text("const N: usize = P::N; pub fn main(v: [u8; N]) -> u8 "
                                        "{ v[0] }",
                                        NULL, message),
                     PT_OK);
}

/* What pt_program_inspect says of `source` with at most one constant. */
static pt_status inspect(pt_program_facts *ret_facts, const char *source, const pt_constant *given)
{
    const pt_compile_options options = {.source = source,
                                        .source_len = strlen(source),
                                        .constants = given,
                                        .n_constants = given == NULL ? 0 : 1};
    pt_diagnostics *diagnostics = NULL;
    pt_error error;
    const pt_status status = pt_program_inspect(ret_facts, &diagnostics, &options, &error);
    assert_true((status == PT_OK || status == PT_ERR_LIMIT) == (diagnostics == NULL));
    pt_diagnostics_free(diagnostics);
    return status;
}

static void assert_facts(const char *source, const pt_constant *given, size_t n_externals,
                         size_t n_parties)
{
    pt_program_facts facts = {99, 99};
    assert_int_equal(inspect(&facts, source, given), PT_OK);
    assert_int_equal(facts.n_externals, n_externals);
    assert_int_equal(facts.n_parties, n_parties);
}

static void facts_are_known_before_the_constants(void **state)
{
    (void)state;
    static const pt_constant n3 = {"P", "N", "3usize"};
    static const pt_constant other = {"P", "M", "3usize"};
    assert_facts("pub fn main(a: u8, b: u8) -> u8 { a ^ b }", NULL, 0, 2);
    assert_facts("pub fn main(v: [u8; 4]) -> u8 { v[0] }", NULL, 0, 4);
    assert_facts("const K: usize = 5usize; const L: usize = K + 1usize;"
                 "pub fn main(v: [u8; L]) -> u8 { v[0] }",
                 NULL, 0, 6);
    assert_facts("const N: usize = P::N; pub fn main(a: [u8; N], b: u8) -> u8 { a[0] ^ b }", NULL,
                 1, 2);
    static const char *const counted = "const N: usize = max(P::N, 2usize) + 1usize; "
                                       "const T: [u8; 2] = Q::T;"
                                       "pub fn main(v: [u8; N]) -> u8 { v[0] ^ T[0] }";
    assert_facts(counted, NULL, 2, 0);
    assert_facts(counted, &other, 2, 0);
    assert_facts(counted, &n3, 2, 4);
}

static void facts_need_a_sound_program(void **state)
{
    (void)state;
    static const pt_constant wrong = {"P", "N", "3u8"};
    static const pt_constant many = {"P", "N", "256usize"};
    static const char *const source = "const N: usize = P::N; pub fn main(v: [u8; N]) -> u8 { 1 }";
    pt_program_facts facts = {99, 99};
    assert_int_equal(inspect(&facts, "pub fn main(", NULL), PT_ERR_PROGRAM);
    assert_int_equal(inspect(&facts, "pub fn f(a: u8) -> u8 { a }", NULL), PT_ERR_PROGRAM);
    assert_int_equal(inspect(&facts, source, &wrong), PT_ERR_CONSTANT);
    assert_int_equal(inspect(&facts, source, &many), PT_ERR_LIMIT);
    assert_int_equal(facts.n_parties, 99);
}

static void failed_allocations_are_reported_by_inspect(void **state)
{
    (void)state;
    static const pt_constant n3 = {"P", "N", "3usize"};
    pt_status status = PT_ERR_MEMORY;
    for (unsigned long n = 1; status != PT_OK; n++) {
        const char *source = "const N: usize = P::N; pub fn main(v: [u8; N]) -> u8 { v[0] }";
        const pt_compile_options options = {
            .source = source, .source_len = strlen(source), .constants = &n3, .n_constants = 1};
        pt_program_facts facts = {0};
        mem_fail_at(n);
        status = pt_program_inspect(&facts, NULL, &options, NULL);
        mem_fail_at(0);
        assert_true(status == PT_OK ? facts.n_parties == 3 : status == PT_ERR_MEMORY);
    }
}

/* Sums, branches, shared and dead gates, factoring at the end: every AND has a line. */
static void gates_are_counted_by_line(void **state)
{
    (void)state;
    static const char *const source =
        "enum E { A(u8), B }\n"
        "pub fn main(e: E, v: [u16; 4], i: usize) -> u16 {\n"
        "  let mut s = 0u16;\n"
        "  for x in v { s = s * 3u16 + x / 3u16; }\n"
        "  let k = match e {\n"
        "    E::A(7) => v[i],\n"
        "    E::A(n) => n as u16\n"
        "      + s,\n"
        "    E::B => 1u16,\n"
        "  };\n"
        "  let dead = (k ^ s) & (k ^ v[2]);\n"
        "  if k > s && i != 3usize { k } else { (k & v[1]) ^ (k & s) }\n"
        "}\n";
    pt_compile_options options = {
        .source = source, .source_len = strlen(source), .count_lines = true};
    pt_program *program = NULL;
    pt_program *plain = NULL;
    pt_circuit_stats stats;
    pt_circuit_stats plain_stats;
    pt_error error;
    size_t n = 0;
    uint64_t sum = 0;
    assert_int_equal(pt_program_compile(&program, NULL, &options, &error), PT_OK);
    const pt_line_count *counts = pt_program_line_counts(&n, program);
    assert_non_null(counts);
    for (size_t i = 0; i < n; i++) {
        sum += counts[i].and_gates;
        assert_true(counts[i].and_gates > 0 && counts[i].line >= 4 && counts[i].line <= 12);
        assert_true(counts[i].line != 11);
        assert_true(i == 0 || counts[i - 1].and_gates >= counts[i].and_gates);
    }
    pt_circuit_get_stats(&stats, pt_program_circuit(program));
    assert_int_equal(sum, stats.and_gates);
    options.count_lines = false;
    assert_int_equal(pt_program_compile(&plain, NULL, &options, &error), PT_OK);
    assert_null(pt_program_line_counts(&n, plain));
    assert_int_equal(n, 0);
    pt_circuit_get_stats(&plain_stats, pt_program_circuit(plain));
    assert_memory_equal(&stats, &plain_stats, sizeof stats);
    pt_program_free(program);
    pt_program_free(plain);
}

typedef struct watched {
    size_t questions;
    size_t stop_at; /* SIZE_MAX: never */
    uint64_t done;
    const char *phase;
    size_t n_phases;
    bool sane;
} watched;

static bool watched_cancelled(void *user)
{
    watched *w = user;
    return w->questions++ >= w->stop_at;
}

static void watched_progress(void *user, const char *phase, uint64_t done, uint64_t total)
{
    watched *w = user;
    if (w->phase == NULL || strcmp(w->phase, phase) != 0) {
        w->phase = phase;
        w->n_phases++;
        w->done = 0;
    }
    w->sane = w->sane && done >= w->done && (total == 0 || done <= total);
    w->done = done;
}

static pt_status compile_watched(watched *w, const char *text, pt_error *error)
{
    const pt_compile_options options = {.source = text,
                                        .source_len = strlen(text),
                                        .progress = watched_progress,
                                        .progress_user = w,
                                        .cancelled = watched_cancelled,
                                        .cancelled_user = w};
    pt_program *program = NULL;
    const pt_status status = pt_program_compile(&program, NULL, &options, error);
    assert_int_equal(status == PT_OK, program != NULL);
    pt_program_free(program);
    return status;
}

/* Compiling asks in every phase, in loops that build gates and in those that do not, and stops. */
static void test_compiling_is_cancelled(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "pub fn main(a: [u64; 3], b: [u64; 3]) -> u64 { let mut s = 0u64;\n"
        "    for i in 0usize..3usize { s = s ^ (a[i] * b[i] / (a[0] | 1u64)); } s }",
        "pub fn main(a: u8, b: u8) -> u8 { let mut s = a;\n"
        "    for i in 0usize..5000usize { s = b; } s }",
    };
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
        watched all = {.stop_at = SIZE_MAX, .sane = true};
        pt_error error;
        assert_int_equal(compile_watched(&all, texts[t], NULL), PT_OK);
        assert_true(all.questions > 3 && all.sane);
        assert_int_equal(all.n_phases, t == 0 ? 3 : 2);
        for (size_t at = 0; at < all.questions; at++) {
            watched w = {.stop_at = at, .sane = true};
            pt_error_clear(&error);
            assert_int_equal(compile_watched(&w, texts[t], &error), PT_ERR_CANCELLED);
            assert_int_equal(error.status, PT_ERR_CANCELLED);
            assert_int_equal(w.questions, at + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compiling_is_cancelled),
        cmocka_unit_test(parties_and_types),
        cmocka_unit_test(one_array_gives_one_party_per_element),
        cmocka_unit_test(constants_are_supplied_by_name),
        cmocka_unit_test(all_missing_constants_are_reported),
        cmocka_unit_test(any_function_may_be_the_entry),
        cmocka_unit_test(source_errors_are_listed),
        cmocka_unit_test(decoding_checks_what_it_gets),
        cmocka_unit_test(failed_allocations_are_reported),
        cmocka_unit_test(gates_are_counted_by_line),
        cmocka_unit_test(checking_finds_what_compiling_finds),
        cmocka_unit_test(checking_looks_at_the_entry_point),
        cmocka_unit_test(facts_are_known_before_the_constants),
        cmocka_unit_test(facts_need_a_sound_program),
        cmocka_unit_test(failed_allocations_are_reported_by_inspect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
