/* Joins beyond the spec's vectors: matches in Garble's order are for test_random_programs.c; here,
 * what comes of arrays that break the precondition (S32), and of joins so large that gates are not
 * shared. */
#include "lang/run.h"

#include <stdio.h>
#include <string.h>

#include "polytune/circuit.h"

#define ROWS "l: [(u8, u16); 3], r: [(u8, u16); 2]"
#define SUM  "let mut t = 0u16; for ((_, a), (_, b)) in join_iter(l, r) { t += a * b; } t"

static void test_small_joins(void **state)
{
    (void)state;
    assert_runs("pub fn main(l: [u8; 1], r: [u8; 1]) -> "
                "[(bool, u8); const { 1usize + 1usize - 1usize }] { join(l, r) }",
                NULL, "[7] | [7]", "[(true, 7)]");
    assert_runs("pub fn main(l: [u8; 1], r: [u8; 1]) -> "
                "[(bool, u8); const { 1usize + 1usize - 1usize }] { join(l, r) }",
                NULL, "[7] | [6]", "[(false, 0)]");
    assert_runs("pub fn main(l: [u8; 1], r: [u8; 0]) -> "
                "[(bool, u8); const { 1usize + 0usize - 1usize }] { join(l, r) }",
                NULL, "[7] | []", "[]");
    assert_runs("pub fn main(l: [(u8, u16); 1], r: [(u8, bool); 3]) -> [(bool, (u8, u16), (u8, "
                "bool)); const { 1usize + 3usize - 1usize }] { join(l, r) }",
                NULL, "[(0, 40)] | [(0, true), (5, false), (6, true)]",
                "[(false, (0, 0), (0, false)), (false, (0, 0), (0, false)), "
                "(true, (0, 40), (0, true))]");
}

/* S35: two empty arrays are no rows. */
static void test_no_rows_at_all(void **state)
{
    (void)state;
    assert_runs("pub fn main(l: [(u8, u8); 0], r: [(u8, u8); 0], k: u8) -> u8 { let mut t = k; "
                "for (a, b) in join_iter(l, r) { t = 0u8; } t }",
                NULL, "[] | [] | 9", "9");
}

static void test_one_pair_for_equal_keys(void **state)
{
    (void)state;
    assert_runs("pub fn main(" ROWS ") -> u16 { " SUM " }", NULL,
                "[(2, 3), (2, 5), (9, 7)] | [(2, 10), (2, 100)]", "50");
    assert_runs("pub fn main(l: [u8; 3], r: [u8; 3]) -> "
                "[(bool, u8); const { 3usize + 3usize - 1usize }] { join(l, r) }",
                NULL, "[4, 4, 4] | [4, 4, 4]",
                "[(false, 0), (false, 0), (false, 0), (false, 0), (true, 4)]");
    assert_runs("pub fn main(l: [u8; 2], r: [u8; 2]) -> "
                "[(bool, u8); const { 2usize + 2usize - 1usize }] { join(l, r) }",
                NULL, "[2, 2] | [5, 6]", "[(false, 0), (false, 0), (false, 0)]");
}

/* Rows are (key, key * 3 + side): a pair of the result must be of two rows that were given. */
static void check_true_pairs(const pt_program *p, uint64_t seed)
{
    char inputs[2][256], result[RUN_MAX_RESULT];
    const char *const texts[2] = {inputs[0], inputs[1]};
    for (unsigned side = 0; side < 2; side++) {
        size_t at = 0;
        for (unsigned i = 0; i < 5; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            const unsigned key = (unsigned)(seed >> 61) % 6;
            at += (size_t)snprintf(inputs[side] + at, sizeof inputs[side] - at, "%s(%u, %u)",
                                   i == 0 ? "[" : ", ", key, key * 3 + side + 1);
        }
        (void)snprintf(inputs[side] + at, sizeof inputs[side] - at, "]");
    }
    run_program(result, p, texts);
    for (const char *row = strstr(result, "(true"); row != NULL; row = strstr(row + 1, "(true")) {
        unsigned keys[2], values[2];
        assert_int_equal(
            sscanf(row, "(true, (%u, %u), (%u, %u))", &keys[0], &values[0], &keys[1], &values[1]),
            4);
        assert_int_equal(keys[0], keys[1]);
        assert_int_equal(values[0], keys[0] * 3 + 1);
        assert_int_equal(values[1], keys[0] * 3 + 2);
        char given[16];
        (void)snprintf(given, sizeof given, "(%u,", keys[0]);
        assert_non_null(strstr(inputs[0], given));
        assert_non_null(strstr(inputs[1], given));
    }
}

static void test_never_a_false_pair(void **state)
{
    (void)state;
    pt_program *p = run_compile(
        "pub fn main(l: [(u8, u8); 5], r: [(u8, u8); 5]) -> [(bool, (u8, u8), (u8, u8)); "
        "const { 5usize + 5usize - 1usize }] { join(l, r) }",
        NULL);
    for (uint64_t seed = 0; seed < 300; seed++)
        check_true_pairs(p, seed * 0x9e3779b97f4a7c15u);
    pt_program_free(p);
}

/* The body sees both rows whole, for matches at even and odd places, and panics only for matches.
 */
static void test_bodies(void **state)
{
    (void)state;
    const char *source = "pub fn main(" ROWS ") -> [u16; 4] { let mut t = [0u16; 4]; "
                         "for ((k, a), (m, b)) in join_iter(l, r) "
                         "{ t[0] += k as u16; t[1] += m as u16; t[2] += a; t[3] += b; } t }";
    assert_runs(source, NULL, "[(1, 10), (2, 20), (3, 30)] | [(1, 100), (2, 200)]",
                "[3, 3, 30, 300]");
    assert_runs(source, NULL, "[(1, 10), (2, 20), (3, 30)] | [(2, 100), (3, 200)]",
                "[5, 5, 50, 300]");
    const char *panics = "pub fn main(" ROWS ") -> u16 { let mut t = 0u16; "
                         "for ((_, a), (_, b)) in join_iter(l, r) { t = a / b; } t }";
    assert_runs(panics, NULL, "[(1, 10), (2, 20), (3, 30)] | [(2, 10), (4, 0)]", "2");
}

/* 200 rows of 40 bits and more: above the size from which gates are not looked up. */
static void test_large_join(void **state)
{
    (void)state;
    static char inputs[2][RUN_MAX_RESULT * 2];
    const char *const texts[2] = {inputs[0], inputs[1]};
    char result[RUN_MAX_RESULT];
    uint32_t expected = 0;
    for (unsigned side = 0; side < 2; side++) {
        size_t at = 0;
        for (unsigned i = 0; i < 250; i++) {
            const unsigned key = i * (side == 0 ? 2 : 3);
            at += (size_t)snprintf(inputs[side] + at, sizeof inputs[side] - at, "%s(%u, %u, %u)",
                                   i == 0 ? "[" : ", ", key, i, key);
            if (side == 0 && key % 3 == 0 && key / 3 < 250)
                expected += i ^ (key / 3);
        }
        (void)snprintf(inputs[side] + at, sizeof inputs[side] - at, "]");
    }
    pt_program *p = run_compile("pub fn main(l: [(u64, u32, u64); 250], r: [(u64, u32, u64); 250]) "
                                "-> u32 { let mut t = 0u32; for ((_, a, _), (_, b, _)) in "
                                "join_iter(l, r) { t += a ^ b; } t }",
                                NULL);
    run_program(result, p, texts);
    char text[16];
    (void)snprintf(text, sizeof text, "%u", expected);
    assert_string_equal(result, text);
    pt_program_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_joins),
        cmocka_unit_test(test_no_rows_at_all),
        cmocka_unit_test(test_one_pair_for_equal_keys),
        cmocka_unit_test(test_never_a_false_pair),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_large_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
