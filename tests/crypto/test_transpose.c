/* Transposition: its definition bit by bit, its own inverse, strides, in place, both back-ends. */
#include "crypto/vectors.h"

#include "crypto/transpose.h"

typedef void (*transposition)(block rows[128], const block *planes, size_t stride);

static const transposition back_ends[] = {transpose_128_portable, transpose_128};

static void bits_move_to_their_places(void **state)
{
    (void)state;
    static block planes[128 * 5];
    block rows[128];
    random_blocks(planes, sizeof planes / sizeof planes[0], 1);
    for (size_t i = 0; i < 2; i++) {
        for (size_t stride = 1; stride <= 5; stride++) {
            back_ends[i](rows, planes, stride);
            for (unsigned h = 0; h < 128; h++) {
                for (unsigned p = 0; p < 128; p++)
                    assert_int_equal(block_bit(rows[h], p), block_bit(planes[p * stride], h));
            }
        }
    }
}

static void twice_is_the_identity(void **state)
{
    (void)state;
    block planes[128];
    block rows[128];
    block again[128];
    for (uint64_t seed = 0; seed < 50; seed++) {
        random_blocks(planes, 128, seed);
        transpose_128(rows, planes, 1);
        transpose_128(again, rows, 1);
        assert_memory_equal(again, planes, sizeof again);
        transpose_128_portable(again, planes, 1);
        assert_memory_equal(again, rows, sizeof again);
        for (size_t i = 0; i < 2; i++) { /* in place */
            memcpy(again, planes, sizeof again);
            back_ends[i](again, again, 1);
            assert_memory_equal(again, rows, sizeof again);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_move_to_their_places),
        cmocka_unit_test(twice_is_the_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
