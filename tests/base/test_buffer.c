/* A buffer grows, stops at its maximum, and its little-endian writers are undone by the reader. */
#include "support/test.h"

#include "base/buffer.h"
#include "base/mem.h"

static void written_values_are_read_back(void **state)
{
    (void)state;
    buffer b;
    buffer_init(&b, 1000);
    buffer_put_u8(&b, 7);
    buffer_put_u32(&b, 0x01020304);
    buffer_put_u64(&b, UINT64_MAX - 1);
    buffer_printf(&b, "%s-%d", "x", 12);
    assert_false(b.failed);
    assert_int_equal(b.len, 1 + 4 + 8 + 4);
    assert_int_equal(b.bytes[1], 4);

    reader r;
    reader_init(&r, b.bytes, b.len);
    assert_int_equal(reader_u8(&r), 7);
    assert_int_equal(reader_u32(&r), 0x01020304);
    assert_true(reader_u64(&r) == UINT64_MAX - 1);
    assert_memory_equal(reader_take(&r, 4), "x-12", 4);
    assert_true(reader_done(&r));
    assert_int_equal(reader_u32(&r), 0);
    assert_true(r.failed);
    assert_false(reader_done(&r));
    buffer_clear(&b);
}

static void the_maximum_is_kept(void **state)
{
    (void)state;
    buffer b;
    buffer_init(&b, 10);
    buffer_put(&b, "0123456789", 10);
    assert_false(b.failed);
    buffer_put_u8(&b, 1);
    assert_true(b.failed);
    assert_int_equal(b.len, 10);
    assert_null(buffer_extend(&b, 0));
    buffer_clear(&b);
}

static void a_failed_allocation_is_reported(void **state)
{
    (void)state;
    buffer b;
    buffer_init(&b, 1000);
    mem_fail_at(1);
    buffer_put_u64(&b, 1);
    assert_true(b.failed);
    assert_int_equal(b.len, 0);
    mem_fail_at(0);
    buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_values_are_read_back),
        cmocka_unit_test(the_maximum_is_kept),
        cmocka_unit_test(a_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
