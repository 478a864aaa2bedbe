/* Copies beside the cache. */
#include "support/test.h"

#include "crypto/copy.h"

#define MOST 70

static void any_number_is_copied_and_nothing_else(void **state)
{
    (void)state;
    static block from[MOST], to[MOST + 2];
    for (size_t i = 0; i < MOST; i++)
        from[i] = block_make(i, ~i);
    for (size_t n = 0; n <= MOST; n++) {
        memset(to, 0x5a, sizeof to);
        const block untouched = to[0];
        copy_past_cache(to + 1, from, n);
        copies_are_done();
        assert_memory_equal(to + 1, from, n * sizeof *to);
        assert_memory_equal(&to[0], &untouched, sizeof *to);
        assert_memory_equal(&to[n + 1], &untouched, sizeof *to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_number_is_copied_and_nothing_else)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
