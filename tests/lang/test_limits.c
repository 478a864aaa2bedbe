/* What a caller accepts of programs whose size others choose: each kind of growth stops, soon, and
 * the error says which constant it was. */
#include "polytune/polytune.h"
#include "support/test.h"

#define FEW_ANDS   1000u
#define FEW_BYTES  ((uint64_t)64 << 20)
#define MANY_ANDS  ((uint64_t)1 << 32)
#define MANY_BYTES ((uint64_t)1 << 40)

static pt_status compile_with(const char *source, const char *n, uint64_t max_ands,
                              uint64_t max_bytes, pt_error *error)
{
    const pt_constant constants[] = {{"PARTY_0", "M", "3usize"}, {"PARTY_1", "N", n}};
    const pt_compile_options options = {.source = source,
                                        .source_len = strlen(source),
                                        .constants = constants,
                                        .n_constants = 2,
                                        .max_ands = max_ands,
                                        .max_bytes = max_bytes};
    pt_program *program = NULL;
    pt_error_clear(error);
    const pt_status status = pt_program_compile(&program, NULL, &options, error);
    pt_program_free(program);
    return status;
}

/* A program that is small enough with a small N, and not with a larger one. */
static void assert_stops(const char *source, const char *n, const char *why)
{
    char name[64];
    pt_error error;
    (void)snprintf(name, sizeof name, "PARTY_1::N = %.*s", (int)strcspn(n, "u"), n);
    assert_int_equal(compile_with(source, "4usize", FEW_ANDS, FEW_BYTES, &error), PT_OK);
    assert_int_equal(compile_with(source, n, FEW_ANDS, FEW_BYTES, &error), PT_ERR_LIMIT);
    assert_int_equal(error.status, PT_ERR_LIMIT);
    if (strstr(error.message, why) == NULL || strstr(error.message, name) == NULL)
        fail_msg("%s\n%s", source, error.message);
}

#define HEAD "const N: usize = PARTY_1::N; const M: usize = PARTY_0::M; "

static void each_kind_of_growth_stops(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        const char *n;
        const char *why;
    } rows[] = {
        /* AND gates, and those that are all needed: fewer than may be built */
        {HEAD "pub fn main(a: u32, b: u32) -> u32 { let mut s = b; "
              "for v in [a; N] { s = s + v; } s }",
         "20000usize", "more than the 1000 AND gates that are allowed"},
        {HEAD "pub fn main(a: u32, b: u32) -> u32 { let mut s = b; "
              "for v in [a; N] { s = s + v; } s }",
         "50usize", "more than the 1000 AND gates that are allowed"},
        /* gates without ANDs */
        {HEAD "pub fn main(a: [u64; N], b: u64) -> u64 { let mut s = b; "
              "for i in 0usize..N { for v in a { s = s ^ v; } } s }",
         "200usize", "more than the 64 MiB of memory"},
        /* an array that nobody uses, as a value, an input and a result */
        {HEAD "pub fn main(a: u8, b: u8) -> u8 { let x = [a; N]; b }", "5000000usize",
         "more than the 64 MiB of memory"},
        {HEAD "pub fn main(a: [u8; N], b: u8) -> u8 { b }", "5000000usize",
         "more than the 64 MiB of memory"},
        {HEAD "pub fn main(a: u8, b: u8) -> [u8; N] { [b; N] }", "5000000usize",
         "more than the 64 MiB of memory"},
        {HEAD "pub fn main(a: u8, b: u8) -> u8 { let x = [[a; N]; N]; b }", "500000usize",
         "larger than"},
        /* a loop that builds nothing */
        {HEAD "pub fn main(a: u8, b: u8) -> u8 { for i in 0usize..N { } b ^ a }", "4000000000usize",
         "takes too long to unroll"},
        /* parties */
        {HEAD "pub fn main(a: [u8; N]) -> u8 { a[0] }", "300usize", "300 parties"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_stops(rows[i].source, rows[i].n, rows[i].why);
}

static void what_is_allowed_compiles(void **state)
{
    (void)state;
    static const char source[] = HEAD "pub fn main(a: u32, b: u32) -> u32 { let mut s = b; "
                                      "for v in [a; N] { s = s + v; } s }";
    pt_error error;
    assert_int_equal(compile_with(source, "200usize", 0, 0, &error), PT_OK);
    assert_int_equal(compile_with(source, "200usize", MANY_ANDS, MANY_BYTES, &error), PT_OK);
    assert_int_equal(compile_with(source, "200usize", UINT64_MAX, UINT64_MAX, &error), PT_OK);
    assert_int_equal(compile_with(source, "200usize", 1, 0, &error), PT_ERR_LIMIT);
    assert_int_equal(compile_with(source, "200usize", 0, 1, &error), PT_ERR_LIMIT);
}

/* The limit is on the circuit, not on what was built on the way to it. */
static void the_number_that_compile_shows_is_enough(void **state)
{
    (void)state;
    static const char source[] =
        HEAD "pub fn main(a: u32, b: u32) -> u32 { let mut s = b; "
             "for i in 0usize..N { if a > b { s = s + a; } else { s = s - b; } } s }";
    const pt_constant constant = {"PARTY_1", "N", "9usize"};
    const pt_compile_options options = {.source = source,
                                        .source_len = strlen(source),
                                        .constants =
                                            (pt_constant[]){constant, {"PARTY_0", "M", "1usize"}},
                                        .n_constants = 2};
    pt_program *program = NULL;
    pt_circuit_stats stats;
    pt_error error;
    assert_int_equal(pt_program_compile(&program, NULL, &options, &error), PT_OK);
    pt_circuit_get_stats(&stats, pt_program_circuit(program));
    pt_program_free(program);
    assert_int_equal(compile_with(source, "9usize", stats.and_gates, 0, &error), PT_OK);
    assert_int_equal(compile_with(source, "9usize", stats.and_gates - 1, 0, &error), PT_ERR_LIMIT);
}

/* The largest first; what can be no size is not named. */
static void constants_are_named_in_order(void **state)
{
    (void)state;
    static const char source[] =
        HEAD "const S: i32 = PARTY_0::S; const B: bool = PARTY_0::B;"
             "pub fn main(a: [u8; N], b: [u8; M]) -> bool { B && (S > 0i32) }";
    const pt_constant constants[] = {{"PARTY_0", "M", "900usize"},
                                     {"PARTY_1", "N", "8000000usize"},
                                     {"PARTY_0", "S", "900000i32"},
                                     {"PARTY_0", "B", "true"}};
    const pt_compile_options options = {.source = source,
                                        .source_len = strlen(source),
                                        .constants = constants,
                                        .n_constants = 4,
                                        .max_bytes = FEW_BYTES};
    pt_signature *signature = NULL;
    pt_diagnostics *diagnostics = NULL;
    pt_error error;
    assert_int_equal(pt_signature_new(&signature, &diagnostics, &options, &error), PT_ERR_LIMIT);
    assert_null(signature);
    assert_int_equal(pt_diagnostics_count(diagnostics), 1);
    assert_non_null(strstr(error.message, "; that is with PARTY_1::N = 8000000, PARTY_0::M = 900"));
    assert_null(strstr(error.message, "::S"));
    assert_null(strstr(error.message, "::B"));
    pt_diagnostics_free(diagnostics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_growth_stops),
        cmocka_unit_test(what_is_allowed_compiles),
        cmocka_unit_test(the_number_that_compile_shows_is_enough),
        cmocka_unit_test(constants_are_named_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
