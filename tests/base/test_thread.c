#define _POSIX_C_SOURCE 200809L
/* A thread runs without signals, and the caller keeps those it had. */
#include "support/test.h"

#include <signal.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_stay_with_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
