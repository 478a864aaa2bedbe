/* As much of cmocka as unit tests need that run where there is no setjmp: the first failure ends
 * the program. */
#ifndef TESTS_WASM_CMOCKA_H
#define TESTS_WASM_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    CMUnitTestFunction test_func;
    CMFixtureFunction setup_func, teardown_func;
    void *initial_state;
};

#define cmocka_unit_test(f)                                                                        \
    {                                                                                              \
#        f, f, NULL, NULL, NULL                                                                    \
    }
#define cmocka_unit_test_setup_teardown(f, setup, down)                                            \
    {                                                                                              \
#        f, f, setup, down, NULL                                                                   \
    }

#define fail_msg(...)                                                                              \
    (printf("%s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), printf("\n"), exit(1))
#define fail()              fail_msg("failed")
#define skip()              return
#define print_message(...)  printf(__VA_ARGS__)
#define print_error(...)    printf(__VA_ARGS__)
#define cm_check(condition) ((condition) ? (void)0 : fail_msg("not so: %s", #condition))

#define assert_true(c)                   cm_check(c)
#define assert_false(c)                  cm_check(!(c))
#define assert_null(p)                   cm_check((p) == NULL)
#define assert_non_null(p)               cm_check((p) != NULL)
#define assert_ptr_equal(a, b)           cm_check((const void *)(a) == (const void *)(b))
#define assert_int_equal(a, b)           cm_check((unsigned long long)(a) == (unsigned long long)(b))
#define assert_int_not_equal(a, b)       cm_check((unsigned long long)(a) != (unsigned long long)(b))
#define assert_string_equal(a, b)        cm_check(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, n)     cm_check(memcmp(a, b, n) == 0)
#define assert_memory_not_equal(a, b, n) cm_check(memcmp(a, b, n) != 0)
#define assert_in_range(v, a, b)         cm_check(cm_in_range(v, a, b))

static inline int cm_in_range(unsigned long long v, unsigned long long a, unsigned long long b)
{
    return v >= a && v <= b;
}

static inline int cm_run(const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
                         CMFixtureFunction teardown)
{
    void *group = NULL;
    if (setup != NULL && setup(&group) != 0)
        return 1;
    for (size_t i = 0; i < n; i++) {
        const struct CMUnitTest *t = tests + i;
        void *state = t->initial_state == NULL ? group : t->initial_state;
        if (t->setup_func != NULL && t->setup_func(&state) != 0)
            return 1;
        t->test_func(&state);
        if (t->teardown_func != NULL && t->teardown_func(&state) != 0)
            return 1;
    }
    printf("%zu tests\n", n);
    return teardown == NULL ? 0 : teardown(&group);
}

#define _cmocka_run_group_tests(name, tests, n, setup, teardown) cm_run(tests, n, setup, teardown)
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    cm_run(tests, sizeof(tests) / sizeof *(tests), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    cmocka_run_group_tests(tests, setup, teardown)

#endif
