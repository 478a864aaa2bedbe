/* Numbers of 128 bits. */
#include "base/wide.h"
#include "support/test.h"

static const uint64_t numbers[] = {1,
                                   2,
                                   10,
                                   UINT32_MAX,
                                   (uint64_t)UINT32_MAX + 1,
                                   1000000000000000000,
                                   (uint64_t)1 << 63,
                                   ((uint64_t)1 << 63) + 1,
                                   UINT64_MAX - 1,
                                   UINT64_MAX};
#define N_NUMBERS (sizeof numbers / sizeof numbers[0])

/* Bit by bit. */
static wide sum_of_shifts(uint64_t a, uint64_t b)
{
    wide sum = {0, 0};
    for (unsigned i = 64; i-- > 0;) {
        sum = (wide){sum.hi << 1 | sum.lo >> 63, sum.lo << 1};
        if (b >> i & 1)
            sum = (wide){sum.hi + (sum.lo + a < a), sum.lo + a};
    }
    return sum;
}

static void products(void **state)
{
    (void)state;
    const wide square = wide_product(UINT64_MAX, UINT64_MAX);
    assert_true(square.hi == UINT64_MAX - 1 && square.lo == 1);
    for (size_t i = 0; i < N_NUMBERS; i++) {
        for (size_t k = 0; k < N_NUMBERS; k++) {
            const wide got = wide_product(numbers[i], numbers[k]);
            const wide expected = sum_of_shifts(numbers[i], numbers[k]);
            assert_true(got.hi == expected.hi && got.lo == expected.lo);
        }
    }
    const wide longer = wide_multiply((wide){1, UINT64_MAX}, 3);
    assert_true(longer.hi == 5 && longer.lo == UINT64_MAX - 2);
}

static void comparisons(void **state)
{
    (void)state;
    assert_true(wide_less((wide){0, 1}, (wide){0, 2}));
    assert_true(wide_less((wide){0, 2}, (wide){1, 1}));
    assert_false(wide_less((wide){1, 1}, (wide){0, 2}));
    assert_false(wide_less((wide){1, 1}, (wide){1, 1}));
}

/* quotient * divisor + remainder, put together as it was made. */
static void check_division(uint64_t quotient, uint64_t divisor, uint64_t remainder)
{
    wide n = wide_product(quotient, divisor);
    n = (wide){n.hi + (n.lo + remainder < n.lo), n.lo + remainder};
    uint64_t got_remainder;
    assert_true(wide_divide(&got_remainder, n, divisor) == quotient);
    assert_true(got_remainder == remainder);
}

static void divisions(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_NUMBERS; i++) {
        for (size_t k = 0; k < N_NUMBERS; k++) {
            check_division(numbers[k], numbers[i], 0);
            check_division(numbers[k], numbers[i], numbers[i] - 1);
            check_division(numbers[k], numbers[i], numbers[i] / 2);
        }
    }
    /* A quotient of more than 64 bits: only its low ones. */
    uint64_t remainder;
    assert_true(wide_divide(&remainder, (wide){7, 5}, 3) == 0x5555555555555557);
    assert_true(remainder == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(divisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
