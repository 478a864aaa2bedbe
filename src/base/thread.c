#define _POSIX_C_SOURCE 200809L
#include "base/thread.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/halves.h"
#include "base/mem.h"
#include "base/processors.h"

pt_status thread_start(pthread_t *ret_thread, void *(*run)(void *), void *argument, pt_error *error)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(ret_thread, NULL, run, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        return error_set(error, PT_ERR_THREAD, "cannot start a thread: %s", strerror(failed));
    return PT_OK;
}

/* ---- halves.h ---- */

typedef struct halves {
    void (*run)(void *argument, size_t half);
    void *argument;
} halves;

static void *run_second(void *user)
{
    const halves *h = user;
    h->run(h->argument, 1);
    mem_wipe_stack();
    return NULL;
}

void halves_run(void (*run)(void *argument, size_t half), void *argument)
{
    halves h = {run, argument};
    pthread_t thread;
    /* On one processor another thread saves nothing, and hides its half from who measures this
     * one's time. */
    const bool has_thread =
        !processor_is_only_one() && thread_start(&thread, run_second, &h, NULL) == PT_OK;
    run(argument, 0);
    if (has_thread)
        (void)pthread_join(thread, NULL);
    else
        run(argument, 1);
}
