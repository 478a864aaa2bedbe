#define _DEFAULT_SOURCE
/* Guarded memory: kept apart and locked where the system locks, and ordinary where it does not. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

#include "base/mem.h"
#include "support/locked.h"

static void guarded_memory_is_locked_and_zero(void **state)
{
    (void)state;
    static const uint8_t zeros[100];
    locked_reset();
    uint8_t *memory = mem_new_guarded(100, 1);
    assert_non_null(memory);
    assert_true(locked_bytes() >= 100);
    assert_memory_equal(memory, zeros, sizeof zeros);
    assert_int_equal((uintptr_t)memory % 64, 0);
    memset(memory, 7, 100);
    mem_free_guarded(memory, 100);
    mem_free_guarded(NULL, 0);
    assert_null(mem_new_guarded(SIZE_MAX, 2));
}

/* Whether a process that writes just behind `bytes` guarded bytes is stopped. */
static bool is_stopped_behind(size_t bytes)
{
    int how = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        volatile uint8_t *memory = mem_new_guarded(bytes, 1);
        (void)close(STDERR_FILENO); /* sanitizers have much to say */
        (void)signal(SIGSEGV, SIG_DFL);
        memory[(bytes + 64) / 64 * 64] = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    return !(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static void what_runs_out_of_it_stops(void **state)
{
    (void)state;
    assert_true(is_stopped_behind(1));
    assert_true(is_stopped_behind(4096));
}

/* As for a process whose RLIMIT_MEMLOCK is used up: many sessions at once go on, and nothing is
 * said. */
static void without_pages_to_lock_it_goes_on(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static uint8_t *all[MANY];
    locked_refuse(true);
    for (size_t i = 0; i < MANY; i++) {
        all[i] = mem_new_guarded(1, 500);
        assert_non_null(all[i]);
        all[i][499] = (uint8_t)i;
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(all[i][499], (uint8_t)i);
        mem_free_guarded(all[i], 500);
    }
    locked_refuse(false);
}

static void it_can_be_told_to_fail(void **state)
{
    (void)state;
    mem_fail_at(1);
    assert_null(mem_new_guarded(1, 1));
    mem_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guarded_memory_is_locked_and_zero),
        cmocka_unit_test(what_runs_out_of_it_stops),
        cmocka_unit_test(without_pages_to_lock_it_goes_on),
        cmocka_unit_test(it_can_be_told_to_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
