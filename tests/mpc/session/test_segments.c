/* How circuits are cut into segments (protocol spec, section 8). */
#include "support/test.h"

#include "mpc/session/params.h"
#include "mpc/session/segments.h"

#define ALIKE MPC_SEGMENT_ANDS_ALIKE

static const struct row {
    uint64_t n_and, most, n, ands;
} rows[] = {
    {0, 350000, 1, 350000},
    {1, 350000, 1, 350000},
    {350000, 350000, 1, 350000},
    {350001, 350000, 2, 350000}, /* halves would not fill buckets of three */
    {2 * ALIKE - 2, 350000, 2, 350000},
    {2 * ALIKE - 1, 350000, 2, ALIKE},
    {2 * ALIKE, 350000, 2, ALIKE},
    {1000000, 350000, 3, 333334},
    {1000000, MPC_SEGMENT_ANDS_MAX, 3, 333334},
    {1000000, ALIKE - 1, 4, ALIKE - 1},
    {900, 300, 3, 300},
    {(uint64_t)1 << 38, ALIKE, 855987, ALIKE},
};

static void as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const segmentation got = segments_of(rows[i].n_and, rows[i].most);
        assert_int_equal(got.n, rows[i].n);
        assert_int_equal(got.ands, rows[i].ands);
    }
}

/* All gates are in one segment, none is larger than allowed, and none but the last is empty; what
 * is cut by the size that came out is cut alike. */
static void covers(void **state)
{
    (void)state;
    for (uint64_t n_and = 1; n_and < 4000000; n_and = n_and * 9 / 8 + 1) {
        for (uint64_t most = MPC_SEGMENT_ANDS_MIN; most <= MPC_SEGMENT_ANDS_MAX;
             most = most * 17 / 16 + 1) {
            const segmentation cut = segments_of(n_and, most);
            const segmentation again = segments_of(n_and, cut.ands);
            uint64_t sum = 0;
            for (uint64_t number = 0; number < cut.n; number++) {
                const uint64_t ands = segments_ands_at(&cut, n_and, number);
                assert_in_range(ands, 1, most);
                sum += ands;
            }
            assert_int_equal(sum, n_and);
            assert_int_equal(cut.n, (n_and + most - 1) / most);
            assert_int_equal(again.n, cut.n);
            assert_int_equal(again.ands, cut.ands);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_written),
        cmocka_unit_test(covers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
