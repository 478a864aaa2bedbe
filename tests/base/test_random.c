/* Randomness comes in any length, and a system that gives none is said to. */
#include "base/random.h"
#include "support/test.h"

static void any_length_is_filled(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 16, 255, 256, 257, 700};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t bytes[701] = {0};
        uint8_t seen[701] = {0};
        for (int round = 0; round < 20; round++) {
            assert_int_equal(random_bytes(bytes, lengths[i], NULL), PT_OK);
            for (size_t j = 0; j < sizeof seen; j++)
                seen[j] |= bytes[j];
        }
        for (size_t j = 0; j < sizeof seen; j++)
            assert_int_equal(seen[j] != 0, j < lengths[i]);
    }
}

static void a_failing_generator_is_named(void **state)
{
    (void)state;
    static const uint8_t zeros[16];
    uint8_t bytes[16];
    pt_error error = {0};
    memset(bytes, 1, sizeof bytes);
    random_fail(true);
    assert_int_equal(random_bytes(bytes, sizeof bytes, &error), PT_ERR_RANDOM);
    random_fail(false);
    assert_memory_equal(bytes, zeros, sizeof bytes);
    assert_non_null(strstr(error.message, "no random numbers"));
    assert_int_equal(pt_status_class_of(PT_ERR_RANDOM), PT_CLASS_INTERNAL);
    assert_int_equal(random_bytes(bytes, sizeof bytes, &error), PT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_length_is_filled),
        cmocka_unit_test(a_failing_generator_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
