/* The bucket rule at every threshold, and the shifts (protocol spec, sections 4.6, 10.3, 10.4). */
#include "support/test.h"

#include "mpc/session/coin.h"
#include "mpc/triple/bucket.h"

typedef struct threshold {
    unsigned rho;
    unsigned layers;
    uint64_t len_min;
} threshold;

/* The table of section 4.6, with its two rounded numbers in full. */
static const threshold thresholds[] = {
    {40, 3, 370728}, {40, 4, 4096}, {40, 5, 431},     {40, 6, 112},        {40, 7, 46},
    {40, 8, 24},     {40, 9, 15},   {64, 4, 1048576}, {64, 5, 27555},      {64, 6, 3105},
    {64, 7, 725},    {64, 8, 256},  {64, 9, 118},     {64, 3, 1518500250},
};

static void test_thresholds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++) {
        const threshold t = thresholds[i];
        assert_int_equal(bucket_len_min(t.layers, t.rho), t.len_min);
        assert_true(bucket_is_admissible(t.layers, t.len_min, t.rho));
        assert_false(bucket_is_admissible(t.layers, t.len_min - 1, t.rho));
        assert_true(bucket_is_admissible(t.layers, t.len_min + 1, t.rho));
    }
}

/* bucket_choose against the rule's own words, over a range of sizes around each threshold. */
static void check_choice(uint64_t n_and, unsigned rho)
{
    const bucket_size got = bucket_choose(n_and, rho);
    assert_true(bucket_is_admissible(got.layers, got.len, rho));
    assert_true(got.len >= n_and);
    for (unsigned layers = MPC_BUCKET_MIN; layers <= MPC_BUCKET_MAX; layers++) {
        const uint64_t len_min = bucket_len_min(layers, rho);
        const uint64_t len = n_and > len_min ? n_and : len_min;
        if (!bucket_is_admissible(layers, len, rho))
            continue;
        assert_true(got.layers * got.len <= layers * len);
        if (layers == got.layers)
            assert_int_equal(got.len, len);
        if (layers < got.layers)
            assert_true(got.layers * got.len < layers * len);
    }
}

static void test_choice(void **state)
{
    (void)state;
    for (unsigned rho = MPC_RHO_DEFAULT; rho <= MPC_RHO_MAX; rho += 8) {
        for (unsigned layers = MPC_BUCKET_MIN; layers <= MPC_BUCKET_MAX; layers++) {
            const uint64_t len = bucket_len_min(layers, rho);
            check_choice(len - 1, rho);
            check_choice(len, rho);
            if (len < MPC_MAX_AND)
                check_choice(len + 1, rho);
        }
    }
    assert_int_equal(bucket_choose(1, 40).layers, 14);
    assert_int_equal(bucket_choose(1, 40).len, 4);
}

/* chi-square of shift 1 over many coins; 99.99 % of uniform ones stay below the bound. */
static double shift_chi_square(uint64_t len, size_t samples)
{
    session s = {.n = 2};
    size_t *counts = calloc(len, sizeof *counts);
    assert_non_null(counts);
    const bucket_size size = {.layers = 3, .len = len};
    for (size_t i = 0; i < samples; i++) {
        uint8_t coin[COIN_BYTES] = {0};
        memcpy(coin, &i, sizeof i);
        size_t shifts[MPC_BUCKET_MAX];
        bucket_shifts(&s, coin, size, shifts);
        assert_int_equal(shifts[0], 0);
        assert_true(shifts[1] < len && shifts[2] < len);
        counts[shifts[1]]++;
    }
    const double expected = (double)samples / (double)len;
    double sum = 0;
    for (uint64_t v = 0; v < len; v++)
        sum += ((double)counts[v] - expected) * ((double)counts[v] - expected) / expected;
    free(counts);
    return sum;
}

static void test_shifts_uniform(void **state)
{
    (void)state;
    assert_true(shift_chi_square(7, 7000) < 28);       /* 6 degrees of freedom */
    assert_true(shift_chi_square(1000, 20000) < 1170); /* 999 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_shifts_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
