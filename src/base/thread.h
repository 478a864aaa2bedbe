/* Starting a thread of the library's. Layer: base. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

#include "base/compiler.h"
#include "polytune/status.h"

/* Runs `run(argument)` in a thread that gets no signals: these are for the program's own threads.
 * To be joined. PT_ERR_THREAD, and `ret_thread` is undefined. */
MUST_CHECK pt_status thread_start(pthread_t *ret_thread, void *(*run)(void *), void *argument,
                                  pt_error *error);

#endif
