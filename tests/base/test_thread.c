/* A thread runs without signals, and the caller keeps those it had. */
#define _GNU_SOURCE
#include "support/test.h"

#include <sched.h>
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

static void note_thread(void *argument, size_t half)
{
    ((pthread_t *)argument)[half] = pthread_self();
}

/* Of those this thread may use, for itself alone. */
static void take_one_processor(const cpu_set_t *usable)
{
    cpu_set_t one;
    size_t at = 0;
    while (!CPU_ISSET(at, usable))
        at++;
    CPU_ZERO(&one);
    CPU_SET(at, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
}

/* So that who measures its thread's time sees all that the work takes. */
static void one_processor_has_both_halves_in_one_thread(void **state)
{
    (void)state;
    cpu_set_t usable;
    pthread_t ran[2];
    if (sched_getaffinity(0, sizeof usable, &usable) != 0)
        skip();
    halves_run(note_thread, ran);
    assert_true(pthread_equal(ran[0], pthread_self()));
    assert_int_equal(pthread_equal(ran[1], pthread_self()) != 0, CPU_COUNT(&usable) == 1);
    take_one_processor(&usable);
    halves_run(note_thread, ran);
    assert_int_equal(sched_setaffinity(0, sizeof usable, &usable), 0);
    assert_true(pthread_equal(ran[0], pthread_self()) && pthread_equal(ran[1], pthread_self()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_stay_with_the_caller),
        cmocka_unit_test(both_halves_are_done),
        cmocka_unit_test(one_processor_has_both_halves_in_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
