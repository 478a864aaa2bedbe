/* How many threads a party has where parties share the processors. */
#include "support/test.h"

#include "base/processors.h"
#include "cli/flags/threads.h"

static size_t n_processors;

size_t __wrap_processors_usable(void);

size_t __wrap_processors_usable(void)
{
    return n_processors;
}

static void processors_are_shared(void **state)
{
    static const struct {
        size_t processors, sharing;
        unsigned given, each;
    } rows[] = {{1, 3, 0, 1},   {6, 3, 0, 2},    {8, 3, 0, 2},    {64, 2, 0, 32},
                {96, 2, 0, 48}, {128, 2, 0, 64}, {500, 2, 0, 64}, {128, 3, 7, 7}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        n_processors = rows[i].processors;
        assert_int_equal(threads_each(rows[i].given, rows[i].sharing), rows[i].each);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(processors_are_shared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
