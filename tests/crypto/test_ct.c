/* Constant-time comparison sees a difference at every position; selection takes the right block. */
#include "crypto/vectors.h"

#include "crypto/ct.h"

static void every_position_counts(void **state)
{
    (void)state;
    uint8_t a[70];
    uint8_t b[70];
    for (uint8_t i = 0; i < 70; i++)
        a[i] = b[i] = (uint8_t)(3 * i);
    for (size_t len = 0; len <= 70; len++) {
        assert_true(ct_equal(a, b, len));
        for (size_t i = 0; i < 70; i++) {
            for (unsigned t = 0; t < 8; t++) {
                b[i] ^= (uint8_t)(1u << t);
                assert_true(ct_equal(a, b, len) == (i >= len));
                b[i] ^= (uint8_t)(1u << t);
            }
        }
    }
}

static void blocks_are_compared_and_selected(void **state)
{
    (void)state;
    const block a = block_make(1, 2);
    for (unsigned t = 0; t < 128; t++) {
        const block bit =
            t < 64 ? block_make(0, (uint64_t)1 << t) : block_make((uint64_t)1 << (t - 64), 0);
        assert_false(ct_block_equal(a, block_xor(a, bit)));
        assert_int_equal(block_bit(bit, t), 1);
    }
    const block b = block_make(UINT64_MAX, 77);
    assert_true(ct_block_equal(a, a));
    assert_block_equal(ct_select(1, a, b), a);
    assert_block_equal(ct_select(0, a, b), b);
    assert_block_equal(block_if(1, b), b);
    assert_block_equal(block_if(0, b), block_zero());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_position_counts),
        cmocka_unit_test(blocks_are_compared_and_selected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
