/* A thread runs without signals, and the caller keeps those it had. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include <signal.h>

#include "base/halves.h"
#include "base/thread.h"

static void *note_signals(void *argument)
{
    (void)pthread_sigmask(SIG_SETMASK, NULL, argument);
    return argument;
}

static void signals_stay_with_the_caller(void **state)
{
    (void)state;
    sigset_t inside;
    sigset_t after;
    void *returned = NULL;
    pthread_t thread;
    (void)sigemptyset(&inside);
    assert_int_equal(thread_start(&thread, note_signals, &inside, NULL), PT_OK);
    assert_int_equal(pthread_join(thread, &returned), 0);
    assert_ptr_equal(returned, &inside);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_true(sigismember(&inside, SIGINT) && sigismember(&inside, SIGTERM));
    assert_false(sigismember(&after, SIGINT) || sigismember(&after, SIGTERM));
}

static void note_half(void *argument, size_t half)
{
    ((size_t *)argument)[half] += half + 1;
}

static void both_halves_are_done(void **state)
{
    (void)state;
    size_t done[2] = {0};
    for (size_t i = 0; i < 100; i++)
        halves_run(note_half, done);
    assert_int_equal(done[0], 100);
    assert_int_equal(done[1], 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_stay_with_the_caller),
        cmocka_unit_test(both_halves_are_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
