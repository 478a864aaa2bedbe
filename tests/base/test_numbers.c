/* Little-endian loads and stores, and the smaller of two. */
#include "base/le.h"
#include "base/min.h"
#include "support/test.h"

static void the_lowest_byte_comes_first(void **state)
{
    (void)state;
    uint8_t at[10] = {0};
    le_put_u16(at + 1, 0x0201);
    assert_memory_equal(at, "\0\1\2\0\0\0\0\0\0\0", sizeof at);
    le_put_u32(at + 1, 0x04030201);
    assert_memory_equal(at, "\0\1\2\3\4\0\0\0\0\0", sizeof at);
    le_put_u64(at + 1, 0x0807060504030201);
    assert_memory_equal(at, "\0\1\2\3\4\5\6\7\10\0", sizeof at);
    assert_int_equal(le_get_u16(at + 1), 0x0201);
    assert_int_equal(le_get_u32(at + 1), 0x04030201);
    assert_true(le_get_u64(at + 1) == 0x0807060504030201);
}

static void every_bit_has_its_place(void **state)
{
    (void)state;
    uint8_t at[8];
    for (unsigned i = 0; i < 64; i++) {
        le_put_u64(at, (uint64_t)1 << i);
        assert_int_equal(at[i / 8], 1u << i % 8);
        assert_true(le_get_u64(at) == (uint64_t)1 << i);
        assert_int_equal(le_get_u32(at), i < 32 ? 1u << i : 0);
        assert_int_equal(le_get_u16(at), i < 16 ? 1u << i : 0);
    }
}

static void the_smaller_one(void **state)
{
    (void)state;
    assert_int_equal(min_size(1, 2), 1);
    assert_int_equal(min_size(2, 1), 1);
    assert_int_equal(min_size(3, 3), 3);
    assert_true(min_size(SIZE_MAX, 0) == 0 && min_size(SIZE_MAX, SIZE_MAX) == SIZE_MAX);
    assert_true(min_u64(UINT64_MAX, UINT32_MAX) == UINT32_MAX);
    assert_true(min_u32(UINT32_MAX, 7) == 7 && min_u32(7, UINT32_MAX) == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lowest_byte_comes_first),
        cmocka_unit_test(every_bit_has_its_place),
        cmocka_unit_test(the_smaller_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
