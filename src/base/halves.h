/* Two halves of some work, at once where the host has threads. Layer: base. In
 * thread.c; a host without threads has its own. */
#ifndef BASE_HALVES_H
#define BASE_HALVES_H

#include <stddef.h>

/* run(argument, 0) and run(argument, 1); returns when both are done. One after the other, in the
 * calling thread, where that has one processor only, on a host without threads, or if there is none
 * to be had. They must not write to the same memory. The other thread's stack is wiped. */
void halves_run(void (*run)(void *argument, size_t half), void *argument);

#endif
