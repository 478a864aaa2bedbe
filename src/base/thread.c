#define _POSIX_C_SOURCE 200809L
#include "base/thread.h"

#include <signal.h>
#include <string.h>

#include "base/error.h"

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
