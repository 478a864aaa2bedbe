/* Joins beyond the spec's vectors: matches in Garble's order are for test_random_programs.c; here,
 * what comes of arrays that break the precondition (S32), and of joins so large that gates are not
 * shared. */
#include "lang/run.h"

#include <stdio.h>
#include <stdlib.h>
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
    /* As many wires live at once as the rows have bits, and a few: not those of layers before. */
    pt_circuit_stats stats;
    pt_circuit_get_stats(&stats, pt_program_circuit(p));
    assert_true(stats.registers <= stats.inputs + 2 * 250 + 300);
    pt_program_free(p);
}

/* --- few rows, each compared with each --- */

#define MOST_ROWS 4
#define KEYS      3 /* 0 .. 2 */

/* Keys of both sides; rows are (key, number from 1 on). */
typedef struct few_rows {
    unsigned n[2];
    unsigned keys[2][MOST_ROWS];
    char texts[2][64];
} few_rows;

/* Of all arrangements of keys the one with this number. */
static void arrange(few_rows *f, unsigned number)
{
    for (unsigned side = 0; side < 2; side++) {
        size_t at = 0;
        for (unsigned i = 0; i < f->n[side]; i++) {
            f->keys[side][i] = number % KEYS;
            number /= KEYS;
            at += (size_t)snprintf(f->texts[side] + at, sizeof f->texts[side] - at, "%s(%u, %u)",
                                   i == 0 ? "[" : ", ", f->keys[side][i], i + 1);
        }
        (void)snprintf(f->texts[side] + at, sizeof f->texts[side] - at, "]");
    }
}

static bool is_ascending(const unsigned *keys, unsigned n)
{
    bool is = true;
    for (unsigned i = 1; i < n; i++)
        is = is && keys[i - 1] <= keys[i];
    return is;
}

/* The pairs of arrays in ascending order, in which keys may occur more than once: of each key the
 * last row of the left one and the first of the right one, by ascending key, each 16 bits as the
 * programs of check_shape note them. */
static uint64_t expected_trace(const few_rows *f)
{
    uint64_t trace = 0;
    for (unsigned key = 0; key < KEYS; key++) {
        uint64_t a = 0, b = 0;
        for (unsigned i = 0; i < f->n[0]; i++)
            a = f->keys[0][i] == key ? i + 1 : a;
        for (unsigned k = f->n[1]; k-- > 0;)
            b = f->keys[1][k] == key ? k + 1 : b;
        if (a != 0 && b != 0)
            trace = trace << 16 | (uint64_t)key << 12 | (uint64_t)key << 8 | a << 4 | b;
    }
    return trace;
}

/* Whatever the arrays: pairs are of two given rows with the same key, and no row is in two. */
static void check_trace(const few_rows *f, uint64_t trace)
{
    unsigned seen[2] = {0, 0};
    const bool in_order = is_ascending(f->keys[0], f->n[0]) && is_ascending(f->keys[1], f->n[1]);
    if (in_order)
        assert_int_equal(trace, expected_trace(f));
    for (; trace != 0; trace >>= 16) {
        const unsigned rows[2] = {trace >> 4 & 15, trace & 15};
        assert_int_equal(trace >> 12 & 15, trace >> 8 & 15);
        for (unsigned side = 0; side < 2; side++) {
            assert_in_range(rows[side], 1, f->n[side]);
            assert_int_equal(f->keys[side][rows[side] - 1], trace >> 12 & 15);
            assert_int_equal(seen[side] >> rows[side] & 1, 0);
            seen[side] |= 1u << rows[side];
        }
    }
}

/* The rows of a join, as a trace by ascending key. */
static uint64_t trace_of_rows(const char *result)
{
    uint64_t trace = 0;
    for (unsigned key = 0; key < KEYS; key++) {
        for (const char *at = strstr(result, "(true"); at != NULL; at = strstr(at + 1, "(true")) {
            unsigned k, m, a, b;
            assert_int_equal(sscanf(at, "(true, (%u, %u), (%u, %u))", &k, &a, &m, &b), 4);
            if (k == key)
                trace = trace << 16 | (uint64_t)k << 12 | (uint64_t)m << 8 | a << 4 | b;
        }
    }
    return trace;
}

static void check_shape(unsigned n_a, unsigned n_b)
{
    char source[512];
    char result[RUN_MAX_RESULT];
    few_rows f = {.n = {n_a, n_b}};
    const char *const inputs[2] = {f.texts[0], f.texts[1]};
    (void)snprintf(source, sizeof source,
                   "pub fn main(l: [(u8, u8); %u], r: [(u8, u8); %u]) -> u64 { let mut t = 0u64; "
                   "for ((k, a), (m, b)) in join_iter(l, r) { t = (t << 16) | ((k as u64) << 12) | "
                   "((m as u64) << 8) | ((a as u64) << 4) | (b as u64); } t }",
                   n_a, n_b);
    pt_program *loop = run_compile(source, NULL);
    (void)snprintf(source, sizeof source,
                   "pub fn main(l: [(u8, u8); %u], r: [(u8, u8); %u]) -> [(bool, (u8, u8), (u8, "
                   "u8)); const { %uusize + %uusize - 1usize }] { join(l, r) }",
                   n_a, n_b, n_a, n_b);
    pt_program *rows = run_compile(source, NULL);
    unsigned n_numbers = 1;
    for (unsigned i = 0; i < n_a + n_b; i++)
        n_numbers *= KEYS;
    for (unsigned number = 0; number < n_numbers; number++) {
        arrange(&f, number);
        run_program(result, loop, inputs);
        check_trace(&f, strtoull(result, NULL, 10));
        run_program(result, rows, inputs);
        check_trace(&f, trace_of_rows(result));
    }
    pt_program_free(loop);
    pt_program_free(rows);
}

static void test_few_rows(void **state)
{
    (void)state;
    check_shape(1, 4);
    check_shape(3, 1);
    check_shape(2, 2);
    check_shape(2, 3);
    check_shape(3, 3);
}

/* A body that panics stops the run at the first match, in the order of keys. */
static void test_first_panic(void **state)
{
    (void)state;
    const char *source = "pub fn main(l: [(u8, u8); 2], r: [(u8, u8); 2]) -> u8 { let mut t = 0u8; "
                         "for ((_, a), (_, b)) in join_iter(l, r) { t = t + $1[a / b]$1; "
                         "t = $2[t + 200]$2; } t }";
    assert_runs(source, NULL, "[(1, 100), (2, 9)] | [(1, 1), (2, 0)]", "PANIC Overflow $2");
    assert_runs(source, NULL, "[(1, 10), (2, 9)] | [(1, 1), (2, 0)]", "PANIC Division By Zero $1");
    assert_runs(source, NULL, "[(1, 10), (2, 9)] | [(1, 1), (3, 0)]", "210");
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
        cmocka_unit_test(test_few_rows),
        cmocka_unit_test(test_first_panic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
